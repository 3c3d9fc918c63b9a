"""Feature groups, aggregations and profiles, run over real files."""

import datetime as dt

import pytest

pytestmark = pytest.mark.versions

EVENTS = """
    customer_id,at,amount,ok
    1,2026-01-01,10,true
    1,2026-01-03,20,false
    1,2026-01-08,5,true
    2,2026-01-02,7,true
    2,2026-01-02,3,true
"""


def project(seeknal_project, text, data=EVENTS):
    return seeknal_project(
        {
            "seeknal_project.yml": "name: kinds\n",
            "data/events.csv": data.strip().replace(" ", ""),
            "seeknal/nodes.yml": (
                "kind: source\nname: events\nsource: csv\ntable: data/events.csv\n---\n" + text
            ),
        }
    )


def day(number):
    return dt.date(2026, 1, number)


def test_an_aggregation_gives_a_row_for_each_key_and_moment_over_half_open_windows(
    seeknal_project,
):
    made = project(
        seeknal_project,
        """kind: aggregation
name: a
inputs: [{ref: source.events}]
entity: {name: customer, join_keys: [customer_id]}
time_column: at
windows: [2d, 7d]
features: {amount: {agg: [sum, count]}}
""",
    )

    made.run("run").assert_ok()

    assert sorted(made.rows("aggregation.a")) == [
        (1, day(1), 10, 10, 1, 1),
        (1, day(3), 20, 30, 1, 2),
        (1, day(8), 5, 25, 1, 2),
        (2, day(2), 10, 10, 2, 2),
    ]


def test_an_aggregation_without_time_groups_by_its_keys(seeknal_project):
    made = project(
        seeknal_project,
        """kind: aggregation
name: a
source: source.events
group_by: customer_id
features:
  - {name: spent, column: amount, agg: [sum, avg]}
  - {name: days, column: at, agg: count_distinct}
""",
    )

    made.run("run").assert_ok()

    assert sorted(made.rows("aggregation.a")) == [(1, 35, 35 / 3, 3), (2, 10, 5.0, 1)]


def test_windows_may_end_on_an_application_date(seeknal_project):
    data = "id,at,due,v\n1,2026-01-01,2026-01-10,5\n1,2026-01-09,2026-01-10,7\n"
    made = project(
        seeknal_project,
        """kind: aggregation
name: a
inputs: [source.events]
id_col: id
feature_date_col: at
application_date_col: due
features:
  - name: v
    basic: [sum]
    rolling: [{window: [1, 3], aggs: [max]}]
    since: [{condition: "v == 7", aggs: [count]}]
  - {name: w, column: v, window: 7d, functions: [sum]}
""",
        data,
    )

    made.run("run").assert_ok()

    assert made.rows("aggregation.a") == [(1, day(10), 12, 7, 1, 7)]


def test_a_second_order_aggregation_names_its_columns_as_2x_did(seeknal_project):
    made = project(
        seeknal_project,
        """kind: second_order_aggregation
name: s
source: source.events
id_col: ok
features: {amount: {basic: [sum, mean, max]}}
""",
    )

    made.run("run").assert_ok()
    schema = made.run("inspect", "second_order_aggregation.s", "--schema").stdout

    assert sorted(made.rows("second_order_aggregation.s")) == [
        (False, 20, 20.0, 20),
        (True, 25, 6.25, 10),
    ]
    assert all(name in schema for name in ("amount_SUM", "amount_MEAN", "amount_MAX"))


def test_a_condition_with_a_statement_in_it_is_refused(seeknal_project):
    made = project(
        seeknal_project,
        """kind: second_order_aggregation
name: s
source: source.events
id_col: ok
features: {amount: {since: {condition: "1=1) ; DROP TABLE x; --", aggs: [sum]}}}
""",
    )

    outcome = made.run("run")

    assert outcome.exit_code in (1, 2)
    assert "condition" in outcome.stderr


FEATURES = """kind: feature_group
name: f
entity: {name: customer, join_keys: [customer_id]}
event_time: at
features: {amount: {dtype: double}, ok: {dtype: bool}}
inputs: [{ref: source.events}]
"""


def test_a_feature_group_holds_keys_event_time_and_features_in_their_types(seeknal_project):
    made = project(seeknal_project, FEATURES)

    made.run("run").assert_ok()
    schema = made.run("inspect", "feature_group.f", "--schema").stdout

    assert made.rows("feature_group.f")[0] == (1, day(1), 10.0, True)
    assert "DOUBLE" in schema


def test_a_null_key_fails_the_feature_group_and_says_which_column(seeknal_project):
    made = project(seeknal_project, FEATURES, EVENTS.replace("2,2026-01-02,3", ",2026-01-02,3"))

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "feature_group.f: customer_id is NULL in 1 of 5 rows" in outcome.stderr


def test_a_missing_event_time_column_offers_the_nearest(seeknal_project):
    made = project(seeknal_project, FEATURES.replace("event_time: at", "event_time: att"))

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "did you mean at?" in outcome.stderr


def test_event_time_may_stand_below_materialization_as_in_2x(seeknal_project):
    text = FEATURES.replace(
        "event_time: at", "materialization: {event_time_col: at, offline: true}"
    )
    made = project(seeknal_project, text)

    made.run("run").assert_ok()

    assert len(made.rows("feature_group.f")[0]) == 4


def test_a_profile_has_a_row_for_each_column_and_metric(seeknal_project):
    made = project(
        seeknal_project,
        "kind: profile\nname: p\ninputs: [{ref: source.events}]\n"
        "profile: {columns: [amount, ok], params: {max_top_values: 1}}\n",
    )

    made.run("run").assert_ok()
    rows = {
        (column, metric): (value, detail)
        for column, metric, value, detail in made.rows("profile.p")
    }

    assert rows["_table_", "row_count"][0] == "5"
    assert rows["amount", "max"][0] == "20"
    assert rows["amount", "null_percent"][0] == "0.0"
    assert '"value":"true"' in rows["ok", "top_values"][1].replace(" ", "")


@pytest.mark.parametrize("window", ["soon", "7 parsecs"])
def test_a_window_that_is_no_duration_is_an_error(seeknal_project, window):
    made = project(
        seeknal_project,
        f"""kind: aggregation
name: a
source: source.events
group_by: customer_id
time_column: at
windows: [{window}]
features: {{amount: {{agg: sum}}}}
""",
    )

    outcome = made.run("run")

    assert outcome.exit_code in (1, 2)
    assert window in outcome.stderr
