"""What holds of any right answer: the reference is held to it on random queries."""

from dataclasses import replace

import pytest

from tests.semantic import drawing, oracle
from tests.semantic.reference import Unjudged

# They judge the judge, which says nothing of versions.
pytestmark = pytest.mark.once

SEEDS = [
    pytest.param(range(at, at + 20), marks=[pytest.mark.slow] if at >= 20 else [])
    for at in range(0, 2000, 20)
]
PLAIN = ("region", "customer__country", "customer", "flag", "store__format")


def answer(case):
    try:
        return oracle.by_reference(case)
    except Unjudged:
        return None


def answered(seeds):
    """Drawn cases without a limit, with the rows of each."""
    for seed in seeds:
        case = drawing.draw(seed)
        query = {
            name: value for name, value in case.query.items() if name not in ("limit", "order_by")
        }
        case = replace(case, query=query)
        found = answer(case)
        if isinstance(found, oracle.Rows) and query.get("metrics"):
            yield case, found


def uses(case, *keys: str) -> bool:
    """Whether a project's text holds one of the words."""
    return any(word in str(case.project) for word in keys)


@pytest.mark.parametrize("seeds", SEEDS)
def test_the_order_of_rows_in_tables_does_not_matter(seeds):
    for case, found in answered(seeds):
        turned = {}
        for name, text in case.tables.items():
            header, *lines = text.strip().splitlines()
            turned[name] = "\n".join([header, *reversed(lines)]) + "\n"

        again = answer(replace(case, tables=turned))

        assert oracle.differ(again, found) is None, drawing.as_yaml(case)


@pytest.mark.parametrize("seeds", SEEDS)
def test_a_metric_is_the_same_beside_other_metrics(seeds):
    for case, found in answered(seeds):
        width = len(case.query.get("dimensions", ()))
        # Its grain bare is the coarsest default of all the query's metrics.
        if "metric_time" in case.query.get("dimensions", ()):
            continue
        for at, metric in enumerate(case.query["metrics"]):
            alone = answer(replace(case, query={**case.query, "metrics": [metric]}))
            values = {row[:width]: row[width] for row in alone.rows}
            beside = {row[:width]: row[width + at] for row in found.rows}

            assert values.keys() <= beside.keys(), drawing.as_yaml(case)
            assert all(
                oracle.same(beside[group], value)
                for group, value in values.items()
                if group in beside
            )


@pytest.mark.parametrize("seeds", SEEDS)
def test_a_filter_on_a_value_equals_the_group_of_the_value(seeds):
    for case, found in answered(seeds):
        dimensions = case.query.get("dimensions", [])
        name = next((one for one in dimensions if one in PLAIN), None)
        if name is None or uses(case, "non_additive_dimension", "join_to_timespine"):
            continue
        at = dimensions.index(name)
        for value in {row[at] for row in found.rows}:
            extra = f"{name} IS NULL" if value is None else f"{name} = {literal(value)}"
            drawn = case.query.get("filter", [])
            filters = [*([drawn] if isinstance(drawn, str) else drawn), extra]
            filtered = answer(replace(case, query={**case.query, "filter": filters}))
            group = oracle.Rows(found.columns, [row for row in found.rows if row[at] == value])

            assert oracle.differ(filtered, group) is None, drawing.as_yaml(case)


def literal(value) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value).upper()


@pytest.mark.parametrize("seeds", SEEDS)
def test_bounds_choose_periods_and_change_no_value(seeds):
    for case, found in answered(seeds):
        dimensions = case.query.get("dimensions", [])
        if "metric_time__month" not in dimensions or {"start", "end"} & case.query.keys():
            continue
        # They are widened to the coarsest grain that is shown.
        coarser = any(one.endswith(("quarter", "year", "metric_time")) for one in dimensions)
        if uses(case, "join_to_timespine") or coarser:
            continue
        at = dimensions.index("metric_time__month")
        bounds = {"start": "2024-02-15", "end": "2024-03-02"}

        bounded = answer(replace(case, query={**case.query, **bounds}))

        months = ("2024-02-01", "2024-03-01")
        within = [row for row in found.rows if str(row[at]) in months]
        difference = oracle.differ(bounded, oracle.Rows(found.columns, within))
        assert difference is None, drawing.as_yaml(case)


@pytest.mark.parametrize("seeds", SEEDS)
def test_what_is_shown_by_month_follows_from_what_is_shown_by_day(seeds):
    for case, _ in answered(seeds):
        # A spine of months has other periods than one of days.
        project = [one for one in case.project if one["kind"] != "time_spine"]
        for metric, how in every_day(case):
            query = {"metrics": [metric["name"]], "dimensions": ["metric_time__month", "region"]}
            daily = {**query, "dimensions": [*query["dimensions"], "metric_time__day"]}

            months, days = (
                answer(replace(case, project=[*project, metric], query=one))
                for one in (query, daily)
            )

            if isinstance(months, oracle.Rows) and isinstance(days, oracle.Rows):
                rolled = oracle.Rows(months.columns, rolled_up(days.rows, how))
                difference = oracle.differ(months, rolled)
                assert difference is None, drawing.as_yaml(case)


def every_day(case):
    """The cumulative metrics of a case, each day of them shown, with their period_agg."""
    for drawn in case.project:
        if drawn.get("type") == "cumulative":
            metric = {**drawn, "name": "by_day", "join_to_timespine": True}
            metric.pop("time_granularity", None)
            yield metric, metric.get("period_agg", "first")


def rolled_up(rows, how: str) -> list[tuple]:
    """Rows of month, region, day and value, as one for each month and region."""
    groups = {}
    for month, region, _, value in sorted(rows, key=lambda row: row[2]):
        groups.setdefault((month, region), []).append(value)
    return [(*group, one_of(values, how)) for group, values in groups.items()]


def one_of(values: list, how: str):
    if how != "average":
        return values[0 if how == "first" else -1]
    present = [value for value in values if value is not None]
    return sum(map(float, present)) / len(present) if present else None
