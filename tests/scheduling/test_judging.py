"""The judge of a scheduler finds what is wrong in what was seen, and nothing where all is well."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.scheduling import shop
from tests.scheduling.busy import Busy
from tests.scheduling.evidence import Clock, Evidence, Run
from tests.scheduling.judging_runs import RUNS
from tests.scheduling.shop import Due
from tests.scheduling.ticking import ticks
from tests.scheduling.verdict import Verdict

NODE = "transform.night"
DUE = Due(node=NODE, schedule="0,10,20,30,40,50 0-4 * * *", zone="Europe/Berlin")
BEGIN = datetime(2026, 3, 28, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _one_node(monkeypatch):
    monkeypatch.setattr(shop, "DUE", (DUE,))


def run(begin, status="success", takes=60, hand=False):
    found = Run(
        pid=int(begin.timestamp()),
        begin=begin,
        end=begin + takes * SECOND,
        selected=(NODE,),
        hand=hand,
        parent=1,
        batch="one",
    )
    found.results = {NODE: {"status": status}}
    return found


def well(jumps=()):
    """A run for each tick, seconds after the clock has reached it."""
    clock = Clock(began=0, rate=60, begin=BEGIN, jumps=jumps)
    due = ticks(DUE.schedule, DUE.zone, BEGIN, BEGIN + timedelta(hours=30))
    reached = sorted({clock.reaches(tick) for tick in due})
    return [run(BEGIN), *(run(moment + 3 * SECOND) for moment in reached)]


def faults(runs, events=(), jumps=()):
    evidence = Evidence(
        clock=Clock(began=0, rate=60, begin=BEGIN, jumps=jumps),
        end=BEGIN + timedelta(hours=33),
        heartbeat=300,
        tells=False,
        runs=runs,
        events=list(events),
        seen=[{"what": "begin", "words": ["scheduler"], "real": 0, "pid": 1}],
        readings=[],
        samples=[],
        requests=[],
        told=[],
        history=[],
        intervals={},
        rows={},
    )
    verdict, busy = Verdict(), Busy(evidence)
    for look in RUNS:
        look(evidence, busy, verdict)
    return [fault.seen for fault in verdict.faults]


def test_a_run_for_each_tick_is_well_where_a_clock_is_put_forward_by_law():
    assert faults(well()) == []


def test_a_clock_that_was_set_back_and_put_right_is_no_fault():
    jumps = ((600.0, -1800.0), (700.0, 1800.0))

    assert faults(well(jumps), jumps=jumps) == []


def test_a_tick_without_a_run_is_found():
    runs = well()
    del runs[5]

    found = faults(runs)

    assert len(found) == 1
    assert "ran only at" in found[0]


def test_a_second_run_for_a_tick_is_found():
    runs = well()
    runs.insert(6, run(runs[5].begin + 300 * SECOND))

    found = faults(runs)

    assert len(found) == 1
    assert "ran twice" in found[0]


def test_runs_that_begin_later_and_later_are_found():
    runs = [run(each.begin + number * 8 * SECOND) for number, each in enumerate(well())]

    assert any("later and later" in seen for seen in faults(runs))


def test_two_runs_at_once_are_found():
    runs = well()
    runs[5] = run(runs[5].begin, takes=700)

    assert any("began while run" in seen for seen in faults(runs))


def test_an_attempt_before_its_time_is_found():
    runs = well()
    failed = run(runs[-1].begin, status="failed")
    soon = run(failed.end + 5 * SECOND)

    assert any("tried again after 5 s" in seen for seen in faults([*runs[:-1], failed, soon]))


def test_an_attempt_that_never_comes_is_found():
    runs = well()
    failed = run(runs[-1].begin, status="failed")

    assert any("was at never" in seen for seen in faults([*runs[:-1], failed]))
