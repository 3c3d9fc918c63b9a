"""Hand-written SQL and the usual wrong answer, the reference, and every key against each other."""

from collections import Counter

import pytest

from tests.semantic import oracle
from tests.semantic.compiled import by_compiler
from tests.semantic.reference import Unjudged

pytestmark = pytest.mark.once

CASES = oracle.all_cases()
# Whoever answers queries is judged by these cases: a function from a case to rows or a refusal.
ANSWERERS = {"reference": oracle.by_reference, "compiler": by_compiler}
KEYS = {
    *("primary_entity", "default_time_dimension", "expr", "time_granularity", "percentile"),
    *("discrete", "filter", "filters", "agg_time_dimension", "non_additive_dimension"),
    *("window_choice", "window_groupings", "join_to_timespine", "fill_nulls_with", "window"),
    *("grain_to_date", "period_agg", "offset", "offset_to_grain", "calculation"),
    *("constant_properties", "validity", "partition", "custom_granularities", "week_start"),
    *("timezone", "fiscal_year_start", "start", "end", "limit", "order_by"),
}


def named(cases):
    return [pytest.param(case, id=f"{case.home}: {case.name}") for case in cases]


def test_there_are_at_least_two_hundred_cases_each_with_a_name_of_its_own():
    names = Counter(case.name for case in CASES)

    repeated = [name for name, count in names.items() if count > 1]

    assert len(CASES) >= 200
    assert repeated == []


@pytest.mark.parametrize("answerer", ANSWERERS)
@pytest.mark.parametrize("case", named(one for one in CASES if not one.unjudged))
def test_each_answer_is_the_one_written_by_hand(case, answerer):
    oracle.check(case, ANSWERERS[answerer])


@pytest.mark.slow
@pytest.mark.parametrize("answerer", ANSWERERS)
@pytest.mark.parametrize("case", named(one for one in CASES if one.right and not one.fixed))
def test_each_answer_is_the_one_written_by_hand_over_other_data_too(case, answerer):
    for seed in range(8):
        other = oracle.shaken(case, seed)
        try:
            oracle.by_reference(other)
        except Unjudged:
            continue
        oracle.check(other, ANSWERERS[answerer])


@pytest.mark.parametrize("case", named(one for one in CASES if one.wrong))
def test_the_usual_wrong_answer_is_another_on_these_data(case):
    right = oracle.ask(case, case.right)

    wrong = oracle.ask(case, case.wrong)

    assert oracle.differ(wrong, right) is not None


@pytest.mark.parametrize(
    ("case", "key"),
    [
        pytest.param(case, key, id=f"{case.home}: {case.name}: {key}")
        for case in CASES
        for key in case.proves
    ],
)
def test_who_ignores_the_key_answers_otherwise(case, key):
    right = oracle.ask(case, case.right)

    try:
        found = oracle.by_reference(oracle.without(case, key))
    except Unjudged:
        return

    assert isinstance(found, oracle.Refusal) or (
        found.columns != right.columns or oracle.differ(found, right) is not None
    )


def test_every_key_has_a_case_that_proves_it():
    proved = {key for case in CASES for key in case.proves}

    assert sorted(KEYS - proved) == []
