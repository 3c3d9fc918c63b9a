from __future__ import annotations

from pathlib import Path

import pytest

from seeknal.state import history as history_module
from seeknal.state.history import History
from seeknal.values.errors import StateError
from seeknal.values.names import NodeId


def record(node: str | None, batch: str, **more: object) -> dict[str, object]:
    return {"batch_id": batch, "node": node, "status": "success", "environment": "prod"} | more


@pytest.fixture
def history(target: Path) -> History:
    return History(target)


def test_a_project_that_never_ran_has_no_history(target, history):
    assert history.read() == []
    assert history.durations() == {}
    history.append([])
    assert not target.exists()


def test_records_come_back_newest_first_over_files(target, history):
    (target / "history").mkdir(parents=True)
    (target / "history" / "2020-01.ndjson").write_text('{"n":0}\n{"n":1}\n')
    (target / "history" / "2019-12.ndjson").write_text('{"n":-1}\n')
    history.append([{"n": 2}, {"n": 3}])
    history.append([{"n": 4}])

    assert [entry["n"] for entry in history.read()] == [4, 3, 2, 1, 0, -1]
    assert [entry["n"] for entry in history.read(limit=2)] == [4, 3]


def test_records_are_found_by_node_and_by_batch(history):
    history.append([record("transform.a", "r1"), record("transform.ab", "r1")])
    history.append([record("transform.a", "r2", note='{"node":"transform.b"}')])

    assert [entry["batch_id"] for entry in history.read(node="transform.a")] == ["r2", "r1"]
    assert [entry["node"] for entry in history.read(batch="r1")] == ["transform.ab", "transform.a"]
    assert history.read(node="transform.b") == []
    assert len(history.read(node="transform.a", batch="r2")) == 1


def test_text_of_any_kind_survives(history):
    text = 'ü "quoted" \n\u2028 \x00 \\'

    history.append([record("transform.a", "r1", error=text)])

    assert history.read()[0]["error"] == text


def test_a_record_that_was_cut_short_is_left_out_and_the_next_one_is_whole(target, history):
    history.append([{"n": 1}, {"n": 2}])
    (path,) = (target / "history").iterdir()
    path.write_bytes(path.read_bytes()[:-4])

    torn = history.read()
    history.append([{"n": 3}])

    assert torn == [{"n": 1}]
    assert history.read() == [{"n": 3}, {"n": 1}]


def test_lines_longer_than_a_block_and_many_short_ones_are_read(history, monkeypatch):
    monkeypatch.setattr(history_module, "_BLOCK", 64)
    records = [{"n": n, "text": "x" * (n * 37 % 300)} for n in range(50)]

    history.append(records)

    assert history.read() == records[::-1]


def test_a_nodes_duration_is_that_of_its_last_success(history):
    history.append([record("transform.a", "r1", seconds=5.0), record(None, "r1", seconds=9.0)])
    history.append(
        [record("transform.a", "r2", seconds=2.0), record("source.b", "r2", seconds=1.0)]
    )
    history.append([record("transform.a", "r3", seconds=0.1, status="failed")])

    assert history.durations() == {NodeId("transform.a"): 2.0, NodeId("source.b"): 1.0}


def test_row_counts_are_of_successes_newest_first(history):
    for number in range(5):
        history.append([record("source.a", f"r{number}", rows_out=number * 10)])
    history.append([record("source.a", "r6", rows_out=99, status="failed")])
    history.append([record("source.a", "r7", rows_out=None)])
    history.append([record("source.a", "r8", rows_out=7, environment="dev")])

    assert history.row_counts(NodeId("source.a"), 3) == [7, 40, 30]
    assert history.row_counts(NodeId("source.a"), 2, environment="prod") == [40, 30]
    assert history.row_counts(NodeId("source.none"), 3) == []


def test_estimates_look_back_on_a_bounded_number_of_records(history, monkeypatch):
    monkeypatch.setattr(history_module, "_FOR_DURATIONS", 10)
    monkeypatch.setattr(history_module, "_FOR_COUNTS", 10)
    history.append([record("source.old", "r1", seconds=1.0, rows_out=1)])
    history.append([record(f"source.n{n}", "r2", seconds=1.0, rows_out=1) for n in range(10)])

    assert NodeId("source.old") not in history.durations()
    assert history.row_counts(NodeId("source.old"), 3) == []
    assert len(history.read(node="source.old")) == 1


def test_a_history_that_cannot_be_written_is_an_error_that_names_it(target, history):
    target.mkdir()
    (target / "history").write_text("a file")

    with pytest.raises(StateError, match=r"history/.* cannot be written") as caught:
        history.append([{"n": 1}])

    assert caught.value.code == "SK0804"
