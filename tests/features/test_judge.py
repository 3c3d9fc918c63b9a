"""The judge of features passes what is right, and notices the usual mistakes."""

import random

import pytest

from tests.features.cases import drawn, drawn_large, expected, read, written
from tests.features.judge import (
    Wrong,
    judged,
    judged_by_changing,
    judged_by_drawing,
    judged_by_the_future,
)
from tests.features.mutants import MUTANTS, mutant
from tests.features.naive import naive

pytestmark = pytest.mark.inside

FOUND_BY = {
    "a row of the very moment is not seen": 1,
    "a row that became known at the very moment is not seen": 8,
    "created times are ignored": 1,
    "only created times count": 1,
    "the future is seen": 1,
    "of equal event times the first created is taken": 1,
    "the last created is taken before the newest event": 1,
    "a late correction hides the row that was visible": 1,
    "ttl does not hold at its bound": 13,
    "ttl counts from the created time": 14,
    "a month of ttl has thirty days": 29,
    "ttl counts dates": 14,
    "ttl is ignored": 6,
    "the first group's ttl is that of all": 6,
    "a NULL feature is filled from an older row": 6,
    "keys are run together": 8,
    "keys are run together with bars": 8,
    "only the first key counts": 0,
    "NULL keys match empty ones": 1,
    "keys are compared as doubles": 9,
    "keys are trimmed": 5,
    "keys are compared without case": 8,
    "numbers of any kind are compared": 0,
    "rows without a match are dropped": 0,
    "rows that are there twice come once": 0,
    "rows come in another order": 0,
    "any of two rows of one time is taken": 6,
    "rows are refused that differ in what is not asked": 74,
    "no created time is always": 26,
    "a date is its first moment": 4,
    "days are not compared as days": 33,
    "a date of entities is its last moment": 33,
    "zones are ignored": 1,
    "the group's zone is that of the entities": 1,
    "a zone moves what has one": 14,
    "what has a zone is compared with what has none": 2,
    "as_of without a zone is local": 19,
    "the zone of as_of is dropped": 3,
    "times are cut to milliseconds": 1,
    "no moment is now": 4,
    "only the first group's keys come": 34,
    "features come in the group's order": 1,
    "two columns have one name": 9,
    "features of one name are mixed up": 6,
}
"""Seeds of cases in which the judge sees the mistakes: another drawing needs others."""
FOUND_LATER = {
    "created times are ignored": 1,
    "only created times count": 153,
    "the future is seen": 1,
    "a late correction hides the row that was visible": 22,
    "a date is its first moment": 62,
}
"""Seeds for mistakes that are seen when what is later has changed."""


def test_a_join_by_hand_is_right():
    count = judged_by_drawing(naive, range(20))

    assert count == 20


def test_what_is_later_changes_no_answer_of_a_join_by_hand():
    count = judged_by_changing(naive, range(15))

    assert count == 15


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 5000, 500))
def test_a_join_by_hand_is_right_in_many_cases(first):
    count = judged_by_drawing(naive, range(first, first + 500))

    assert count == 500


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 2000, 500))
def test_what_is_later_changes_no_answer_in_many_cases(first):
    count = judged_by_changing(naive, range(first, first + 500))

    assert count == 500


@pytest.mark.parametrize("name", MUTANTS)
def test_the_judge_notices_that(name):
    case = drawn(random.Random(FOUND_BY[name]))

    with pytest.raises(Wrong):
        judged(mutant(name), case)


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_the_judge_soon_comes_to_notice_that(name):
    first = next((seed for seed in range(300) if _is_wrong(mutant(name), seed)), None)

    assert first is not None


@pytest.mark.parametrize("name", FOUND_LATER)
def test_an_answer_that_depends_on_what_is_later_is_noticed_whatever_is_right(name):
    seed = FOUND_LATER[name]
    case = drawn(random.Random(seed), 2)

    with pytest.raises(Wrong):
        judged_by_the_future(mutant(name), case, seed)


def test_a_case_that_is_wrong_is_made_small_and_can_be_run_alone():
    wrong = mutant("ttl does not hold at its bound")

    with pytest.raises(Wrong) as told:
        judged_by_drawing(wrong, range(100))

    _, _, text = str(told.value).partition("\n")
    case = read(text)
    assert len(case.groups) == len(case.asks) == len(case.groups[0].events) == 1
    judged(naive, case)
    with pytest.raises(Wrong):
        judged(wrong, case)


def test_a_case_is_read_as_it_was_written():
    case = drawn(random.Random(3), 5)

    again = read(written(case))

    assert repr(again) == repr(case)


def _is_wrong(make, seed):
    try:
        judged(make, drawn(random.Random(seed)))
    except Wrong:
        return True
    return False


def test_a_case_of_many_rows_is_judged_quickly():
    case = drawn_large(random.Random(1), 1500, 1200)

    judged(naive, case)

    assert len(expected(case.groups, case.asks[0]).rows) == 1200
