"""Hours of a scheduler by a clock that runs faster, and a judge that finds its mistakes."""

from datetime import timedelta

import pytest

from tests.scheduling import shop
from tests.scheduling.faults import Happens
from tests.scheduling.soak import soaked, told

pytestmark = pytest.mark.once


def happens(after, what, **more):
    return Happens(at=shop.BEGIN + timedelta(minutes=after), what=what, more=more)


def test_a_kill_and_an_outage_leave_each_range_done_once(tmp_path):
    plan = [
        happens(20, "kill scheduler at work", pause=4),
        happens(20, "node fails", node="flaky", minutes=20),
        happens(30, "outage", minutes=5),
    ]

    verdict = soaked(tmp_path, days=0.95 / 24, rate=480, plan=plan)

    assert not verdict.faults, told(verdict)
    assert verdict.figures["ranges judged"] > 300


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(2))
def test_a_day_with_every_kind_of_fault(tmp_path, seed):
    verdict = soaked(tmp_path, days=0.5, rate=60, seed=seed)

    assert not verdict.faults, told(verdict)


MISTAKES = {
    "twice": "ran twice",
    "skips": "due at",
    "drifts": "later and later",
    "second": "began while run",
    "leaks": "kilobytes grew",
    "heartless": "heartbeat is",
    "silent": "was told of 0 failures",
    "repeats": "out of turn",
    "rewrites": "bodies",
    "hurries": "tried again after",
    "forgets": "ran twice",
}
BAD_HOURS = [
    happens(30, "node fails", node="flaky", minutes=40),
    happens(30, "endpoint", mode="fails", minutes=50),
    happens(100, "stop", pause=1),
    happens(120, "node hangs", node="beat", minutes=28),
]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("plant", MISTAKES)
def test_the_judge_finds_a_mistake_that_was_planted(tmp_path, plant):
    verdict = soaked(tmp_path, days=4 / 24, rate=60, plan=BAD_HOURS, plant=plant)

    seen = [fault.seen for fault in verdict.faults]
    assert any(MISTAKES[plant] in each for each in seen), told(verdict)
