"""Lines of a run, from results alone."""

import sys
import time
from pathlib import Path

import pytest

from seeknal.cli.layout import layout_of
from seeknal.cli.live import Live
from seeknal.cli.progress import Lines, audits_text, failures, totals
from seeknal.values.audits import AuditResult
from seeknal.values.deliveries import Delivery
from seeknal.values.faults import Fault
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.node import Node
from seeknal.values.plan import Plan, Step
from seeknal.values.project import Project
from seeknal.values.results import NodeResult, RunSummary
from seeknal.values.targets import Target

ID = NodeId("transform.clean")


def audit(passed, severity="error"):
    return AuditResult(
        audit_type="not_null",
        passed=passed,
        failing_rows=0 if passed else 2,
        severity=severity,
        message="2 rows are NULL",
    )


def reporter(*steps, targets=()):
    node = Node(id=ID, location=Location("a.yml"), options=None, definition="d", targets=targets)
    lines = Lines(Path("/nowhere"))
    project = Project(root=Path("/nowhere"), name="p", nodes={ID: node})
    lines.planned(Plan(environment="prod", steps=steps), project)
    return lines


RUN = Step(node=ID, action="run", reason="content changed")


def test_a_line_has_rows_time_audits_and_deliveries():
    target = Target(
        node=ID,
        type="postgresql",
        options=None,
        key="k",
        label="analytics.clean",
        mode="upsert_by_key",
    )
    delivery = Delivery(
        key="k",
        status="delivered",
        output_id="o",
        delivery_id="d",
        rows=98112,
        label="postgresql analytics.clean",
    )
    result = NodeResult(
        node=ID,
        status="success",
        reason="content changed",
        rows=98112,
        seconds=0.081,
        audits=(audit(True), audit(True)),
        deliveries=(delivery,),
    )

    line = reporter(RUN, targets=(target,)).line(result)

    assert line == (
        "transform.clean  run        content changed         98,112 rows    0.08 s"
        "   2 audits ok   -> postgresql analytics.clean (upsert, 98,112)"
    )


def fitted(columns, *results, targets=()):
    steps = [Step(node=result.node, action="run", reason=result.reason) for result in results]
    lines = Lines(Path("/nowhere"))
    lines._layout = layout_of(steps, columns, {result.node: targets for result in results})
    return [line for result in results for line in lines.line(result).splitlines()]


LONG = NodeResult(
    node=NodeId("transform.clean_orders_without_duplicates_and_returns"),
    status="success",
    reason="inputs changed",
    rows=1_398_112,
    seconds=123.4,
    audits=(audit(True), audit(True)),
    deliveries=(
        Delivery(
            key="k",
            status="delivered",
            output_id="o",
            delivery_id="d",
            label="outputs/silver/clean_orders_without_duplicates_and_returns_of_the_whole_shop.csv",
        ),
    ),
)
TARGET = Target(node=LONG.node, type="file", options=None, key="k", label="x" * 80, mode="full")


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_a_node_is_one_line_within_the_terminal_and_targets_stand_below(columns):
    short = NodeResult(node=ID, status="interrupted", reason="first run")

    lines = fitted(columns, LONG, short, targets=(TARGET,))

    assert max(map(len, lines)) <= columns
    node, *below, last = lines
    assert "inputs changed" in node
    assert "1,398,112 rows" in node
    assert "123.40 s" in node
    assert all(line.startswith("    ") for line in below)
    assert below[-1].startswith("    -> outputs/silver/clean")
    assert below[-1].endswith("shop.csv")
    assert last.split() == ["transform.clean", "interrupted", "first", "run"]


def test_a_long_name_is_cut_in_the_middle():
    line = fitted(80, LONG)[0]

    assert line.startswith("transform.clea…s_and_returns  run")


def test_a_reason_takes_the_room_of_numbers_that_there_are_not():
    step = Step(node=ID, action="run", reason="first run")
    lines = Lines(Path("/nowhere"))
    lines._layout = layout_of([step], 80)
    skipped = NodeResult(node=ID, status="skipped", reason="transform.with_a_long_name failed")

    line = lines.line(skipped)

    assert line == "transform.clean  skipped    transform.with_a_long_name failed"


def test_what_fits_stands_on_the_line():
    lines = fitted(300, LONG, targets=(TARGET,))

    assert len(lines) == 1
    assert lines[0].endswith("whole_shop.csv")


def test_a_conditional_step_that_did_something_else_says_what():
    step = Step(
        node=ID, action="run", reason="inputs changed", conditional=True, otherwise="deliver"
    )
    result = NodeResult(node=ID, status="success", reason="target owed")

    assert reporter(step).verb(result) == "deliver"


def test_audits_are_counted_by_how_they_ended():
    assert audits_text(()) == ""
    assert audits_text((audit(True),)) == "1 audit ok"
    assert audits_text((audit(True), audit(False))) == "1 of 2 audits failed"
    assert audits_text((audit(True), audit(False, "warn"))) == "1 of 2 audits warned"


def test_totals_name_what_did_not_end_well():
    results = [
        NodeResult(node=ID, status=status, reason="")
        for status in ("success", "reused", "failed", "skipped", "interrupted")
    ]

    text = totals(results, 1.25, interrupted=True)

    assert text == (
        "5 nodes: 1 run, 1 reused, 1 failed, 1 skipped, 1 interrupted   1.2 s   interrupted"
    )


def test_failures_name_the_node_the_target_and_the_warning():
    result = NodeResult(
        node=ID,
        status="failed",
        reason="",
        error="boom",
        code="SK0702",
        help="look",
        audits=(audit(False, "warn"),),
        deliveries=(
            Delivery(
                key="k",
                status="owed",
                output_id="o",
                delivery_id="d",
                label="out",
                error=Fault(message="full", code="SK1104", help="make room"),
            ),
        ),
    )

    texts = failures(result, Path("/nowhere"))

    assert texts == [
        "error[SK0702]: transform.clean: boom\n  help: look",
        "error[SK1104]: transform.clean -> out: full\n  help: make room",
        "warning[SK0901]: transform.clean: not_null: 2 rows are NULL",
    ]


def test_the_moving_line_shows_a_bar_and_what_runs(capsys):
    live = Live(4)
    live.start("source.a")
    live.start("source.b")
    live.finish("source.a")

    text = live.text(now=time.monotonic() + 2)

    assert text.startswith("[#####...............] 1/4  source.b 2.")
    assert "source.a" not in text


@pytest.mark.parametrize("columns", [50, 80, 120])
def test_the_moving_line_keeps_the_time_of_what_runs_within_the_terminal(columns):
    live = Live(9)
    names = ["transform.clean_orders_without_returns_of_all_regions", "source.b", "source.c"]
    for name in names:
        live.start(name)

    text = live.text(time.monotonic() + 2, columns)

    assert len(text) <= columns
    assert "…" in text or columns == 120
    assert "ons 2." in text
    assert columns > 50 or text.endswith(", +2 more")


def test_the_moving_line_is_gone_when_the_run_ends(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    lines = reporter(RUN)

    lines.started(ID)
    lines.finished(NodeResult(node=ID, status="success", reason="content changed"))
    lines.ended(RunSummary(run_id="r", environment="prod", started_at="", seconds=0.1, results=()))

    out, err = capsys.readouterr()
    assert err.endswith("\r\x1b[K")
    assert out.splitlines()[0].startswith("transform.clean")
    assert "\x1b[K" not in out
