"""The generator finds mistakes: planted ones are noticed, shrunk, and run alone as YAML."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.semantic import drawing, oracle
from tests.semantic.reference import Unjudged

# They judge the judge, which says nothing of versions.
pytestmark = pytest.mark.once

FEW, MANY = range(120), range(3000)
# Keys that a generator of queries has to notice when an answerer ignores them.
NOTICED = (
    *("filter", "window", "grain_to_date", "period_agg", "offset", "offset_to_grain"),
    *("join_to_timespine", "fill_nulls_with", "non_additive_dimension", "window_groupings"),
    *("agg_time_dimension", "time_granularity", "week_start", "timezone", "start", "end"),
    *("calculation", "constant_properties", "discrete", "validity", "custom_granularities"),
    *("fiscal_year_start", "order_by", "limit"),
)


def without_null_groups(case):
    """An answerer that loses NULL groups."""
    found = oracle.by_reference(case)
    if isinstance(found, oracle.Refusal):
        return found
    width = len(case.query.get("dimensions", ()))
    return replace(found, rows=[row for row in found.rows if None not in row[:width]])


def first_that_is_noticed(answer, seeds, concerns=lambda case: True):
    """The first seed whose case an answerer gets wrong, and what was said of it."""
    for seed in seeds:
        case = drawing.draw(seed)
        if concerns(case):
            said = drawing.verdict(case, answer)
            if drawing.is_wrong(said):
                return case, said
    return None


def holds_key(value, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(holds_key(part, key) for part in value.values())
    return isinstance(value, list) and any(holds_key(part, key) for part in value)


def test_a_seed_draws_the_same_case_each_time():
    first, second = drawing.draw(7), drawing.draw(7)

    assert first == second
    assert first != drawing.draw(8)


def test_most_draws_have_an_answer_and_most_answers_have_rows():
    found = [judged(drawing.draw(seed)) for seed in FEW]

    answered = [one for one in found if isinstance(one, oracle.Rows)]

    assert len(answered) > 0.7 * len(found)
    assert sum(1 for one in answered if one.rows) > 0.55 * len(answered)


def judged(case):
    try:
        return oracle.by_reference(case)
    except Unjudged:
        return None


def test_an_answerer_that_loses_null_groups_is_shrunk_to_a_case_that_runs_alone(tmp_path):
    case, said = first_that_is_noticed(without_null_groups, FEW[9:])
    path = tmp_path / "shrunk.yml"

    small = drawing.shrink(case, drawing.fails_alike(without_null_groups, said))
    path.write_text(drawing.as_yaml(small))
    (alone,) = oracle.load(path)

    assert drawing.is_wrong(drawing.verdict(alone, without_null_groups))
    assert drawing.verdict(alone, oracle.by_reference) == "equal"
    assert len(alone.header) <= 2
    assert sum(len(text.strip().splitlines()) - 1 for text in alone.tables.values()) == 1
    assert len(alone.project) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("key", NOTICED)
def test_an_answerer_that_ignores_a_key_is_noticed(key):
    def ignoring(case):
        return oracle.by_reference(oracle.without(case, key))

    def concerns(case):
        return holds_key([case.project, case.query, case.settings], key)

    assert first_that_is_noticed(ignoring, MANY, concerns) is not None


@pytest.mark.slow
def test_every_draw_is_answered_or_refused_for_a_reason():
    counts = Counter(type(judged(drawing.draw(seed))).__name__ for seed in MANY)

    assert counts["Rows"] > 2 * counts["Refusal"]


NORTH, SOUTH, ALONE, OTHER = ("ID", "n", 1), ("ID", "s", 2), ("SG", "n", 3), ("SG", "s", 4)


@pytest.mark.parametrize(
    ("rows", "beyond", "said"),
    [
        ([SOUTH, NORTH, ALONE], [], None),
        ([NORTH, ALONE, SOUTH], [], f"{ALONE}, not {SOUTH}"),
        ([NORTH, NORTH, ALONE], [], f"{NORTH}, not {SOUTH}"),
        ([NORTH, SOUTH, OTHER], [], f"{OTHER}, not {ALONE}"),
        ([NORTH, SOUTH, OTHER], [OTHER], None),
    ],
    ids=["tied", "out of order", "one twice", "another", "tied at the limit"],
)
def test_rows_that_tie_may_come_in_any_order_and_no_others(rows, beyond, said):
    columns, order = ("country", "region", "n"), ("country",)
    right = oracle.Rows(columns, [NORTH, SOUTH, ALONE], order, beyond)

    difference = oracle.differ(oracle.Rows(columns, rows), right)

    assert difference == said
