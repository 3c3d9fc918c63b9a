"""Every kind of feature against a model in plain Python: no row after the date counts."""

import datetime as dt
import random
import statistics
from functools import cache

import duckdb
import pytest

from seeknal.builtin.aggregatesql import aggregation, second_order
from seeknal.builtin.options.aggregation import (
    AggregationOptions,
    FeatureSpec,
    Ratio,
    Rolling,
    SecondOrderOptions,
    SecondOrderSpec,
    Since,
)

pytestmark = [pytest.mark.inside, pytest.mark.versions]

AGGS = ("sum", "count", "avg", "min", "max", "median", "count_distinct", "last")
START = dt.date(2024, 3, 1)


def events(seed):
    """Rows before, on and after two application dates; some without a time."""
    chance = random.Random(seed)
    found = []
    for n in range(60):
        at = dt.datetime(2024, 3, 1) + dt.timedelta(days=chance.randint(0, 40), seconds=n)
        due = START + dt.timedelta(days=chance.choice((15, 30)))
        found.append((chance.randint(1, 3), None if n % 17 == 9 else at, due, n, "ab"[n % 2]))
    return found


ROWS = events(4)
QUERY = "FROM events"


@cache
def history():
    connection = duckdb.connect()
    connection.execute(
        'CREATE TABLE events (id INT, "at" TIMESTAMP, due DATE, v INT, kind VARCHAR)'
    )
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", ROWS)
    return connection


def result(query):
    found = history().execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def age(row):
    """Days from a row's time to its application date; None where it has no time."""
    return None if row[1] is None else (row[2] - row[1].date()).days


def value(agg, rows):
    given = [row[3] for row in rows]
    if agg == "count":
        return len(given)
    if agg == "count_distinct":
        return len(set(given))
    if not given:
        return None
    if agg == "last":
        return max(rows, key=lambda row: row[1])[3]
    return {
        "sum": sum,
        "avg": statistics.fmean,
        "min": min,
        "max": max,
        "median": statistics.median,
    }[agg](given)


def past(rows, low=0, high=10_000, kind=None):
    return [
        row
        for row in rows
        if age(row) is not None
        and max(low, 0) <= age(row) <= high
        and (kind is None or row[4] == kind)
    ]


def ratio(agg, rows, above, below):
    one, other = value(agg, past(rows, *above)), value(agg, past(rows, *below))
    return None if one is None or not other else one / other


FIRST = [
    *((FeatureSpec(name="v", agg=(agg,)), f"v_{agg}", agg, (), None) for agg in AGGS),
    *(
        (FeatureSpec(name="v", agg=(agg,), window="7d"), f"v_{agg}_7d", agg, (0, 6), None)
        for agg in AGGS
    ),
    *(
        (FeatureSpec(name="v", agg=(agg,), window=(2, 9)), f"v_{agg}_2_9", agg, (2, 9), None)
        for agg in AGGS
    ),
    *(
        (FeatureSpec(name="v", agg=(agg,), window=(-9, 5)), f"v_{agg}_-9_5", agg, (-9, 5), None)
        for agg in AGGS
    ),
    *(
        (
            FeatureSpec(name="v", rolling=Rolling(window=(-5, 3), aggs=(agg,))),
            f"v_{agg}_-5_3",
            agg,
            (-5, 3),
            None,
        )
        for agg in AGGS
    ),
    *(
        (FeatureSpec(name="v", since=Since(aggs=(agg,))), f"v_{agg}_if", agg, (), None)
        for agg in AGGS
    ),
    *(
        (
            FeatureSpec(name="v", since=Since(condition="kind = 'a' OR v < 0", aggs=(agg,))),
            f"v_{agg}_if",
            agg,
            (),
            "a",
        )
        for agg in AGGS
    ),
]


@pytest.mark.parametrize(
    ("spec", "column", "agg", "days", "kind"),
    FIRST,
    ids=[f"{n}-{c[1]}" for n, c in enumerate(FIRST)],
)
def test_a_feature_counts_the_days_up_to_the_application_date(spec, column, agg, days, kind):
    options = AggregationOptions(
        id_col="id", time_column="at", application_date_col="due", features=(spec,)
    )

    found = result(aggregation(options, QUERY))

    expected = {}
    for key in {(row[0], row[2]) for row in ROWS}:
        mine = [row for row in ROWS if (row[0], row[2]) == key]
        expected[key] = value(agg, past(mine, *days, kind=kind))
        if agg == "sum" and column.endswith("_if"):
            expected[key] = expected[key] or 0
    assert {(row["id"], row["due"]): row[column] for row in found} == expected


@pytest.mark.parametrize("agg", AGGS)
@pytest.mark.parametrize("days", [((0, 5), (3, 30)), ((-8, 5), (-30, 30))])
def test_a_ratio_counts_the_days_up_to_the_application_date(agg, days):
    spec = FeatureSpec(name="v", ratio=Ratio(numerator=days[0], denominator=days[1], aggs=(agg,)))
    options = AggregationOptions(
        id_col="id", time_column="at", application_date_col="due", features=(spec,)
    )

    found = result(aggregation(options, QUERY))

    column = next(name for name in found[0] if "ratio" in name)
    for row in found:
        mine = [other for other in ROWS if (other[0], other[2]) == (row["id"], row["due"])]
        assert row[column] == pytest.approx(ratio(agg, mine, *days))


@pytest.mark.parametrize("agg", AGGS)
def test_a_second_order_feature_counts_the_days_up_to_the_application_date(agg):
    spec = SecondOrderSpec(
        name="v",
        agg=(agg,),
        window=(-3, 8),
        since=(Since(condition="kind = 'a'", aggs=(agg,)),),
        ratio=Ratio(numerator=(-4, 5), denominator=(0, 30), aggs=(agg,)),
    )
    options = SecondOrderOptions(
        id_col="id", time_column="at", application_date_col="due", features=(spec,)
    )

    found = result(second_order(options, QUERY))

    upper = agg.upper()
    for row in found:
        mine = [other for other in ROWS if other[0] == row["id"]]
        assert row[f"v_{upper}"] == value(agg, past(mine))
        assert row[f"v_{upper}_-3_8"] == value(agg, past(mine, -3, 8))
        assert row[f"SINCE_{upper}_v_GEO_D"] == value(agg, past(mine, kind="a"))
        wanted = ratio(agg, mine, (-4, 5), (0, 30))
        assert row[f"v_{upper}-4_5_{upper}0_30"] == pytest.approx(wanted)


@pytest.mark.parametrize("agg", AGGS)
def test_without_an_application_date_each_moment_sees_what_came_before_it(agg):
    specs = (
        FeatureSpec(name="v", agg=(agg,)),
        FeatureSpec(name="w", column="v", agg=(agg,), window="7d"),
        FeatureSpec(name="x", column="v", since=Since(condition="kind = 'a'", aggs=(agg,))),
    )
    options = AggregationOptions(id_col="id", time_column="at", features=specs)

    found = result(aggregation(options, QUERY))

    for row in found:
        mine = [r for r in ROWS if r[0] == row["id"] and r[1] is not None and r[1] <= row["at"]]
        week = [r for r in mine if r[1] > row["at"] - dt.timedelta(days=7)]
        some = value(agg, [r for r in mine if r[4] == "a"])
        assert row[f"v_{agg}"] == value(agg, mine)
        assert row[f"w_{agg}_7d"] == value(agg, week)
        assert row[f"x_{agg}_if"] == ((some or 0) if agg == "sum" else some)


@pytest.mark.parametrize("agg", [agg for agg in AGGS if agg != "last"])
def test_without_any_time_all_rows_of_a_group_count(agg):
    specs = (
        FeatureSpec(name="v", agg=(agg,)),
        FeatureSpec(name="x", column="v", since=Since(condition="kind = 'a'", aggs=(agg,))),
    )
    options = AggregationOptions(id_col="id", features=specs)

    found = result(aggregation(options, QUERY))

    for row in found:
        mine = [other for other in ROWS if other[0] == row["id"]]
        assert row[f"v_{agg}"] == value(agg, mine)
        assert row[f"x_{agg}_if"] == value(agg, [r for r in mine if r[4] == "a"])


AGGREGATION = """kind: aggregation
name: a
inputs: [source.events]
group_by: [customer_id]
time_column: at
application_date_col: due
"""


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ("features: {amount: {agg: [sum]}}", "amount: no row after due counts"),
        ("features: {n: {column: amount, since: {condition: amount > 1}}}", "n: no row after due"),
    ],
)
def test_who_comes_from_2x_is_told_once_that_the_future_does_not_count(over_events, features, said):
    made = over_events(AGGREGATION + features + "\n")

    first, again = made.run("run").assert_ok(), made.run("run").assert_ok()

    assert said in first.stdout + first.stderr
    assert said not in again.stdout + again.stderr


def test_nothing_is_told_of_features_that_2x_counts_as_well(over_events):
    made = over_events(AGGREGATION + "windows: [7d]\nfeatures: {amount: {agg: [sum]}}\n")

    found = made.run("run").assert_ok()

    assert "2.x" not in found.stdout + found.stderr


@pytest.mark.parametrize("spec", ["agg: [count]", "since: {condition: amount > 0}"])
def test_an_application_date_that_is_a_moment_ends_within_its_day(seeknal_project, dicts, spec):
    files = {
        "seeknal_project.yml": "name: p\n",
        "data/e.csv": (
            "k,at,due,amount\n1,2026-01-05 08:00:00,2026-01-05 09:00:00,1\n"
            "1,2026-01-05 10:00:00,2026-01-05 09:00:00,1\n"
        ),
        "seeknal/n.yml": (
            "kind: source\nname: e\nsource: csv\ntable: data/e.csv\n---\n"
            "kind: aggregation\nname: a\ninputs: [source.e]\ngroup_by: [k]\ntime_column: at\n"
            f"application_date_col: due\nfeatures: {{n: {{column: amount, {spec}}}}}\n"
        ),
    }
    made = seeknal_project(files)

    made.run("run").assert_ok()

    (row,) = dicts(made, "aggregation.a")
    assert [value for name, value in row.items() if name.startswith("n_")] == [1]
