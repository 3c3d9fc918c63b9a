"""Aggregations over real rows: their columns, their windows, and what they refuse."""

import datetime as dt

import pytest

pytestmark = pytest.mark.versions

BY_DATE = """kind: aggregation
name: a
inputs: [source.events]
id_col: customer_id
feature_date_col: at
application_date_col: due
features:
"""
SECOND = """kind: second_order_aggregation
name: s
inputs: [source.events]
id_col: customer_id
feature_date_col: at
application_date_col: due
features:
"""


def second(made, dicts):
    made.run("run").assert_ok()
    return dicts(made, "second_order_aggregation.s")


def first(made, dicts):
    made.run("run").assert_ok()
    return dicts(made, "aggregation.a")


def test_basic_aggregates_of_2x_keep_their_names_but_leave_the_future_out(over_events, dicts):
    made = over_events(BY_DATE + "  - {name: amount, basic: [sum, mean, std, count_distinct]}\n")

    rows = first(made, dicts)

    assert list(rows[0]) == [
        "customer_id",
        "due",
        "amount_sum",
        "amount_avg",
        "amount_stddev",
        "amount_count_distinct",
    ]
    assert [(row["customer_id"], row["amount_sum"]) for row in rows] == [(1, 35), (2, 10)]


@pytest.mark.parametrize(
    ("feature", "column", "values"),
    [
        ("{name: amount, window: 7d, functions: [sum]}", "amount_sum_7d", [5, None]),
        ("{name: amount, window: 8, agg: sum}", "amount_sum_8d", [25, None]),
        ("{name: amount, window: 9d, agg: sum}", "amount_sum_9d", [25, 10]),
        ("{name: amount, windows: [1 month], agg: max}", "amount_max_1mo", [20, 7]),
        ("{name: amount, window: [1, 7], aggs: [sum]}", "amount_sum_1_7", [25, None]),
        ("{name: v, column: amount, window: 10d, agg: last}", "v_last_10d", [5, 7]),
        (
            "{name: amount, rolling: [{window: [8, 9], aggs: [sum]}]}",
            "amount_sum_8_9",
            [10, 10],
        ),
        ("{name: amount, rolling: {window: 2d, aggs: [sum]}}", "amount_sum_2d", [5, None]),
        (
            "{name: amount, ratio: [{numerator: [0, 1], denominator: [7, 9]}]}",
            "amount_sum_ratio_0_1_7_9",
            [5 / 30, None],
        ),
        ("{name: kind, since: [{condition: kind == 'a'}]}", "kind_count_if", [2, 1]),
        ("{name: amount, since: [{aggs: [sum]}]}", "amount_sum_if", [35, 10]),
        (
            "{name: amount, since: {condition: kind = 'b', aggs: sum}}",
            "amount_sum_if",
            [20, 0],
        ),
    ],
)
def test_windows_end_on_the_application_date(over_events, dicts, feature, column, values):
    made = over_events(BY_DATE + f"  - {feature}\n")

    rows = first(made, dicts)

    assert [row[column] for row in rows] == values


def test_moments_see_what_came_before_them(over_events, dicts):
    made = over_events(
        """kind: aggregation
name: a
inputs: [source.events]
entity: customer
time_column: loaded
features:
  amount: {agg: [sum, last], rolling: [{window: 3d, aggs: [max]}]}
  kind: {agg: count_distinct, since: [{condition: kind = 'a', aggs: [count]}]}
"""
    )

    rows = first(made, dicts)

    assert [(row["customer_id"], row["loaded"].day) for row in rows] == [
        (1, 1),
        (1, 3),
        (1, 9),
        (1, 12),
        (2, 2),
    ]
    assert [row["amount_sum"] for row in rows] == [10, 30, 35, 135, 10]
    assert [row["amount_max_3d"] for row in rows] == [10, 20, 5, 100, 7]
    assert [row["amount_last"] for row in rows[:4]] == [10, 20, 5, 100]
    assert [row["kind_count_distinct"] for row in rows] == [1, 2, 2, 2, 1]
    assert [row["kind_count_if"] for row in rows] == [1, 1, 2, 2, 1]


def test_a_window_of_hours_counts_hours(over_events, dicts):
    data = "id,at,v\n1,2026-01-01 00:00:00,1\n1,2026-01-01 11:59:59,2\n1,2026-01-01 12:00:00,4\n"
    made = over_events(
        "kind: aggregation\nname: a\ninputs: [source.events]\ngroup_by: id\ntime_column: at\n"
        "windows: [12h]\nfeatures: {v: {agg: sum}}\n",
        data,
    )

    rows = first(made, dicts)

    assert [row["v_sum_12h"] for row in rows] == [1, 3, 6]


def test_second_order_columns_have_the_names_of_2x(over_events, dicts):
    made = over_events(
        SECOND
        + """\
  amount:
    basic: [sum, mean]
    window: [1, 7]
    ratio: {numerator: [0, 1], denominator: [7, 9], aggs: [sum]}
    since: {condition: "kind == 'a'", aggs: [count]}
  spent: {basic: [max], source_feature: amount}
"""
    )

    rows = second(made, dicts)

    assert rows == [
        {
            "customer_id": 1,
            "amount_SUM": 35,
            "amount_MEAN": 35 / 3,
            "amount_SUM_1_7": 25,
            "amount_MEAN_1_7": 12.5,
            "amount_SUM0_1_SUM7_9": 5 / 30,
            "SINCE_COUNT_amount_GEO_D": 2,
            "amount_MAX": 20,
        },
        {
            "customer_id": 2,
            "amount_SUM": 10,
            "amount_MEAN": 5.0,
            "amount_SUM_1_7": None,
            "amount_MEAN_1_7": None,
            "amount_SUM0_1_SUM7_9": None,
            "SINCE_COUNT_amount_GEO_D": 1,
            "amount_MAX": 7,
        },
    ]


def test_since_without_a_condition_leaves_the_future_out(over_events, dicts):
    made = over_events(SECOND + "  amount: {since: {aggs: [sum]}}\n")

    rows = second(made, dicts)

    assert [row["SINCE_SUM_amount_GEO_D"] for row in rows] == [35, 10]


@pytest.mark.parametrize("clock", ["now()", "current_date", "ago(INTERVAL 1 DAY)", "random()"])
def test_a_condition_that_no_row_decides_is_refused(over_events, clock):
    feature = f"  amount: {{since: {{condition: at < {clock}, aggs: [sum]}}}}\n"

    outcome = over_events(SECOND + feature).run("validate")

    assert outcome.exit_code == 2
    assert "reads the clock or dice" in outcome.stderr + outcome.stdout


def test_an_aggregation_reads_its_own_sql(over_events, dicts):
    made = over_events(
        "kind: aggregation\nname: a\ninputs: [source.events]\ngroup_by: kind\n"
        "transform: SELECT * FROM source.events WHERE kind IS NOT NULL -- and no more\n"
        "features: {amount: {agg: sum}}\n"
    )

    rows = first(made, dicts)

    assert rows == [{"kind": "a", "amount_sum": 22}, {"kind": "b", "amount_sum": 120}]


def test_names_that_need_quotes_are_quoted(over_events, dicts):
    data = 'select,"a ""b"""\n1,2\n1,3\n'
    made = over_events(
        "kind: aggregation\nname: a\ninputs: [source.events]\ngroup_by: select\n"
        """features: [{name: 'x" y', column: 'a "b"', agg: sum}]\n""",
        data,
    )

    rows = first(made, dicts)

    assert rows == [{"select": 1, 'x" y_sum': 5}]


def test_equal_rows_give_an_equal_artifact(over_events):
    data = "id,v\n" + "".join(f"{n % 5000},{n}\n" for n in range(50_000))
    made = over_events(
        "kind: aggregation\nname: a\ninputs: [source.events]\ngroup_by: id\n"
        "features: {v: {agg: sum}}\n",
        data,
    )

    made.run("run").assert_ok()
    before = made.rows("aggregation.a")
    made.run("run", "--full").assert_ok()

    assert made.rows("aggregation.a") == before
    assert [row[0] for row in before] == sorted(row[0] for row in before)


def test_a_changed_description_of_a_feature_rebuilds_nothing(over_events):
    made = over_events(SECOND + "  amount: {basic: [sum], description: one}\n")
    made.run("run").assert_ok()
    file = made.path / "seeknal/nodes.yml"
    file.write_text(file.read_text().replace("description: one", "description: another"))

    outcome = made.run("run", "--format", "json").assert_ok()

    assert {entry["status"] for entry in outcome.json()["nodes"]} == {"reused"}


PLAIN = "kind: aggregation\nname: a\ninputs: [source.events]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAIN + "features: {amount: {agg: sum}}", "by which columns it groups"),
        (PLAIN + "group_by: kind\nfeatures: {}", "features is empty"),
        (PLAIN + "group_by: kind\nfeatures: {amount: {}}", "has no aggregate"),
        (PLAIN + "group_by: kind\nfeatures: [{agg: sum}]", "needs its name or column"),
        (PLAIN + "group_by: kind\nfeatures: {amount: {agg: summ}}", "did you mean sum"),
        (PLAIN + "group_by: kind\nfeatures: {amount: {agg: last}}", "needs time_column"),
        (PLAIN + "group_by: kind\nwindows: [1d]\nfeatures: {amount: {agg: sum}}", "time_column"),
        (
            PLAIN + "group_by: kind\nfeatures: {amount: {agg: sum, window: 7d}}",
            "window of feature 'amount' needs time_column",
        ),
        (
            PLAIN
            + "group_by: kind\ntime_column: at\nfeatures: {amount: {agg: sum, window: [1, 7]}}",
            "needs application_date_col",
        ),
        (
            PLAIN + "group_by: kind\ntime_column: at\nwindows: [soon]\n"
            "features: {amount: {agg: sum}}",
            "'soon' is not a duration",
        ),
        (BY_DATE + "  - {name: amount, agg: sum, window: [7, 1]}", "the smaller first"),
        (BY_DATE + "  - {name: amount, agg: sum, window: 12h}", "whole days, not 12h"),
        (BY_DATE + "  - {name: amount, agg: [mean, avg]}", "two columns would be named amount_avg"),
        (
            BY_DATE + "  - {name: amount, since: [{condition: '1=1) ; DROP TABLE x; --'}]}",
            "is no condition",
        ),
        (
            BY_DATE + "  - {name: amount, since: [{condition: '(SELECT 1) = 1'}]}",
            "is no condition",
        ),
        (SECOND + "  amount: {windows: [7d], basic: [sum]}", "unknown key 'windows'"),
        (
            "kind: second_order_aggregation\nname: s\ninputs: [source.events]\nid_col: kind\n"
            "features: {amount: {basic: [sum], window: [1, 7]}}",
            "needs time_column and application_date_col",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused_before_anything_runs(over_events, text, said):
    made = over_events(text + "\n")

    outcome = made.run("run")

    assert outcome.exit_code == 2
    assert said in outcome.stderr
    assert "seeknal/nodes.yml:" in outcome.stderr


def test_a_column_that_is_not_there_fails_the_node_with_what_there_is(over_events):
    made = over_events(PLAIN + "group_by: kind\nfeatures: {amonut: {agg: sum}}\n")

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "amonut" in outcome.stderr
    assert "amount" in outcome.stderr


def test_dates_are_dates_in_the_rows(over_events, dicts):
    made = over_events(BY_DATE + "  - {name: amount, agg: sum}\n")

    rows = first(made, dicts)

    assert rows[0]["due"] == dt.date(2026, 1, 10)
