"""Random histories are as the reference says, and the judge notices the usual mistakes."""

import random
from functools import partial

import pytest

from tests.snapshots.engine import QueryEngine
from tests.snapshots.histories import drawn, read, written
from tests.snapshots.judge import Wrong, judged, judged_by_drawing
from tests.snapshots.mutants import MUTANTS, engine_of
from tests.snapshots.project import ProjectEngine

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def test_a_few_random_histories():
    count = judged_by_drawing(QueryEngine, range(15))

    assert count == 15


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 2000, 100))
def test_many_random_histories(first):
    count = judged_by_drawing(QueryEngine, range(first, first + 100))

    assert count == 100


def test_a_whole_project(seeknal_project):
    count = judged_by_drawing(partial(ProjectEngine, seeknal_project), range(2), length=5)

    assert count == 2


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 100, 20))
def test_many_whole_projects(seeknal_project, first):
    make = partial(ProjectEngine, seeknal_project)

    count = judged_by_drawing(make, range(first, first + 20), length=10)

    assert count == 20


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_the_judge_notices(name, monkeypatch):
    monkeypatch.setattr("tests.snapshots.judge.shrunk", lambda make, runs: runs)

    with pytest.raises(Wrong):
        judged_by_drawing(engine_of(name), range(400))


def test_a_history_that_is_wrong_is_made_small_and_can_be_run_alone():
    wrong = engine_of("versions of other keys are lost")

    with pytest.raises(Wrong) as told:
        judged_by_drawing(wrong, range(1), length=6)

    _, _, text = str(told.value).partition("\n")
    runs = read(text)
    assert len(runs) == 2
    judged(QueryEngine, runs)
    with pytest.raises(Wrong):
        judged(wrong, runs)


def test_a_history_is_read_as_it_was_written():
    runs = drawn(random.Random(1), 8)

    again = read(written(runs))

    assert repr(again) == repr(runs)
