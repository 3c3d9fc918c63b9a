"""What a node's targets are owed of its outputs."""

import pytest
from tests.core.run.values import artifact, delivery, node, owed, snapshot, target

from seeknal.run.delivery.owing import (
    ALREADY_THERE,
    Output,
    already_there,
    carried_over,
    holds_newer,
    owed_again,
    plan_deliveries,
    spans_at,
    undelivered,
)
from seeknal.values.deliveries import Account, Span
from seeknal.values.faults import Fault


def due(mode, known=(), content="1", backlog=(), **more):
    """What the only target of a node, in this mode, is owed of a new output."""
    stored = artifact(content)
    output = Output(
        node=node(targets=(target(mode),)),
        snapshot=snapshot(
            stored=stored, deliveries={entry.key: entry for entry in known}, backlog=backlog
        ),
        run_id="run9",
        keep=lambda asked: stored,
        same=lambda one, other: one.sha256 == other.sha256,
        **more,
    )
    return plan_deliveries(output)


def test_a_target_that_holds_nothing_is_owed_the_output():
    found = due("full").deliveries["k"]

    assert (found.status, found.output_id) == ("owed", "1" * 16)
    assert found.delivery_id == "run9/transform.a/k"


def test_a_target_that_holds_the_output_is_owed_nothing():
    found = due("full", [delivery()])

    assert found.deliveries["k"].status == "delivered"
    assert not undelivered(node(targets=(target(),)), found)


def test_a_delivery_that_failed_is_tried_again_under_its_own_id():
    failed = delivery(status="owed", error=Fault(message="the disk is full"))

    found = due("full", [failed]).deliveries["k"]

    assert found.delivery_id == failed.delivery_id


def test_each_new_output_is_a_batch_more_for_a_target_that_accumulates():
    first = due("append")
    known = [*first.deliveries.values()]
    second = due("append", known, content="2", backlog=first.backlog)

    batches = [(entry.delivery.number, entry.delivery.output_id) for entry in second.backlog]
    assert batches == [(1, "1" * 16), (2, "2" * 16)]
    assert second.deliveries["k"].number == 2


def test_equal_rows_are_appended_once():
    there = delivery(1, content="2", held=(artifact("1"),))

    found = due("append", [there])

    assert (found.backlog, found.deliveries["k"].status) == ((), "delivered")
    assert found.deliveries["k"].detail == ALREADY_THERE


def test_a_batch_that_waits_stands_for_equal_rows_of_a_later_output():
    waiting = owed(1, "1", output_id="earlier")

    found = due("append", [waiting.delivery], backlog=(waiting,))

    assert len(found.backlog) == 1
    assert found.backlog[0].delivery.output_id == "1" * 16


@pytest.mark.parametrize(("mode", "again"), [("full", "owed"), ("append", "delivered")])
def test_a_run_of_everything_writes_all_but_appends_again(mode, again):
    number = 1 if mode == "append" else 0
    known = delivery(number, mode=mode)

    found = due(mode, [known], again=True)

    assert found.deliveries["k"].status == again


def test_a_target_where_nothing_stands_is_owed_the_output_again():
    found = due("full", [delivery()], gone=frozenset({"k"}))

    assert found.deliveries["k"].status == "owed"


def test_a_refused_batch_goes_when_a_mended_definition_made_other_rows_of_the_same_inputs():
    from seeknal.run.delivery.owing import inputs_id

    refused = owed(1, "2", refused=True)
    refused = type(refused)(
        delivery=refused.delivery,
        artifact=refused.artifact,
        definition="as it was",
        inputs=inputs_id(snapshot()),
    )

    found = due("append", [refused.delivery], backlog=(refused,))

    assert [entry.delivery.output_id for entry in found.backlog] == ["1" * 16]


def test_what_is_written_again_is_forgotten_with_lost_outputs_and_appends_are_not():
    made = node(targets=(target("append"), target("full", key="f", place="other")))
    account = Account(
        deliveries={"k": delivery(1), "f": delivery(key="f", place="other")},
    )

    found = carried_over(made, account)

    assert [*found.deliveries] == ["k"]


def test_an_append_that_was_asked_for_though_it_is_there_is_told():
    made = node(targets=(target("append"),))
    known = delivery(1)

    found = already_there(made, snapshot(deliveries={"k": known}), Account(), True)

    assert [(entry.rows, entry.detail) for entry in found] == [(0, ALREADY_THERE)]


def test_a_target_holds_newer_rows_than_an_earlier_map_says():
    earlier, later = delivery(1, holds_as="one"), delivery(2, holds_as="two")

    assert holds_newer(later, earlier)
    assert not holds_newer(earlier, earlier)


def test_rows_that_had_arrived_are_owed_again_when_a_newer_batch_waits():
    assert owed_again(delivery(2, "owed"), delivery(1))
    assert not owed_again(delivery(1, "owed"), delivery(1))


def test_what_was_owed_at_the_time_and_came_later_stays_in_its_range():
    spans = tuple(Span(output_id=str(number), number=number) for number in (1, 2, 3))
    known = delivery(3, spans=spans)
    wanted = delivery(2, spans=spans[:1])

    found = spans_at(known, wanted)

    assert [span.number for span in found] == [1, 2]
