from __future__ import annotations

import json

import attrs
import pytest

from seeknal.state.codec import Snapshots, decode_snapshot, encode_snapshot
from seeknal.values.errors import StateError
from seeknal.values.faults import Fault
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Fingerprint, Snapshot

pytestmark = pytest.mark.inside


def through_json(snapshot: Snapshot) -> Snapshot:
    return decode_snapshot(json.loads(json.dumps(encode_snapshot(snapshot))))


def test_a_snapshot_with_every_field_set_comes_back_equal(make_snapshot):
    snapshot = make_snapshot()

    back = through_json(snapshot)

    assert back == snapshot
    assert isinstance(back.node, NodeId)
    assert [type(parent) for parent in back.inputs] == [NodeId]


def test_every_field_is_set_in_the_snapshot_that_the_tests_use(make_snapshot):
    snapshot = make_snapshot()

    unset = [
        entry.name
        for entry in attrs.fields(Snapshot)
        if getattr(snapshot, entry.name) == entry.default
    ]

    assert unset == []


def test_a_snapshot_without_rows_comes_back_equal_and_is_small():
    mark = Fingerprint(content="c", config="k", upstream="u")
    snapshot = Snapshot(node=NodeId("transform.v"), fingerprint=mark, inputs={}, output_id="o")

    data = encode_snapshot(snapshot)

    assert through_json(snapshot) == snapshot
    assert set(data) == {"node", "fingerprint", "inputs", "output_id"}


def test_a_fingerprint_that_was_written_with_a_fourth_part_is_read(make_snapshot):
    snapshot = make_snapshot()
    data = encode_snapshot(snapshot)

    data["fingerprint"].append("")

    assert decode_snapshot(data) == snapshot


def test_an_error_of_a_delivery_that_was_written_as_words_alone_is_read(make_snapshot):
    data = encode_snapshot(make_snapshot())
    data["deliveries"][0]["error"] = "no room (make some)"

    (found,) = decode_snapshot(data).deliveries.values()

    assert found.error == Fault(message="no room (make some)", code="SK1101")


def test_data_that_is_no_snapshot_is_an_error_that_names_the_node():
    with pytest.raises(StateError, match=r"transform\.x") as caught:
        decode_snapshot({"node": "transform.x", "fingerprint": ["only one"]})

    assert caught.value.code == "SK0805"


def test_snapshots_are_decoded_when_looked_at_and_only_once(make_snapshot):
    good = encode_snapshot(make_snapshot("transform.good"))
    snapshots = Snapshots({NodeId("transform.good"): good, NodeId("transform.bad"): {"node": "x"}})

    first = snapshots[NodeId("transform.good")]

    assert snapshots[NodeId("transform.good")] is first
    assert NodeId("transform.bad") in snapshots
    assert len(snapshots) == 2
    assert snapshots.get(NodeId("transform.none")) is None
