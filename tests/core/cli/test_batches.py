"""How far a backfill has come is told while it works."""

from pathlib import Path

import pytest

from seeknal.cli.batches import PATIENCE, Batches
from seeknal.cli.live import Live
from seeknal.cli.progress import Lines
from seeknal.values.names import NodeId
from seeknal.values.tracking import Batch

pytestmark = pytest.mark.inside

ID = NodeId("source.events")
DAY = 86400


def batch(number, total):
    return Batch(number=number, total=total, start=number * DAY, end=(number + 1) * DAY)


def test_a_long_backfill_has_about_ten_lines():
    moments = (n * 0.5 for n in range(366))
    batches = Batches(lambda: next(moments))

    told = [n for n in range(1, 366) if batches.worth_a_line(ID, batch(n, 365))]

    assert told == list(range(38, 366, 37))


def test_batches_that_take_no_time_are_not_told():
    batches = Batches(lambda: 0.0)

    told = [n for n in range(1, 366) if batches.worth_a_line(ID, batch(n, 365))]

    assert told == []


def test_a_few_batches_are_told_only_when_they_take_long():
    moments = iter([0.0, 1.0, 2.0, PATIENCE + 1, PATIENCE + 2])
    batches = Batches(lambda: next(moments))

    told = [n for n in range(1, 6) if batches.worth_a_line(ID, batch(n, 5))]

    assert told == [4]


def test_a_line_names_the_batch_and_its_span(capsys, monkeypatch):
    monkeypatch.setattr("seeknal.cli.batches.APART", 0.0)

    Lines(Path("/nowhere")).batched(ID, batch(1, 365))

    assert capsys.readouterr().err == "source.events: batch 1 of 365, 1970-01-02\n"


def test_the_moving_line_has_the_batch_beside_its_node(capsys):
    lines = Lines(Path("/nowhere"))
    lines._live = Live(1)
    lines._live.start(ID)

    lines.batched(ID, batch(3, 12))

    assert lines._live.text(0.0).endswith("s batch 3 of 12, 1970-01-04")
    assert capsys.readouterr().err == ""


def test_who_wants_quiet_hears_of_no_batch(capsys):
    Lines(Path("/nowhere"), quiet=True).batched(ID, batch(1, 365))

    assert capsys.readouterr().err == ""


def test_a_run_tells_its_batches(seeknal_project, at, monkeypatch):
    from tests.core.cli.tracked import EVENTS, FILES

    monkeypatch.setattr("seeknal.cli.batches.APART", 0.0)
    small = {**FILES, "seeknal/events.yml": f"{EVENTS}    batch_size: 2\n"}

    outcome = seeknal_project(small).run("run").assert_ok()

    assert "source.events: batch 1 of 51, 2024-06-01 00:00 to 2024-06-01 02:00\n" in outcome.stderr
    assert outcome.stderr.count("source.events: batch") == 9
