"""Profiles of real rows, of every type that DuckDB has."""

import json

import pytest
from tests.core.kinds.conftest import EVENTS

pytestmark = [pytest.mark.inside, pytest.mark.versions]

PROFILE = "kind: profile\nname: p\ninputs: [source.events]\n"
ANY = "kind: profile\nname: p\nsql: SELECT * FROM test_all_types()\n"


def metrics(made):
    made.run("run").assert_ok()
    return {
        (column, metric): (value, detail)
        for column, metric, value, detail in made.rows("profile.p")
    }


def test_every_column_has_the_metrics_of_its_type(over_events):
    made = over_events(PROFILE)

    found = metrics(made)

    of = {column: [metric for c, metric in found if c == column] for column, _ in found}
    assert of["_table_"] == ["row_count"]
    assert of["amount"] == [
        *("null_count", "null_percent", "distinct_count", "min", "max", "avg", "sum", "stddev"),
        *("p25", "p50", "p75"),
    ]
    assert of["at"] == ["null_count", "null_percent", "distinct_count", "min", "max"]
    assert of["kind"] == ["null_count", "null_percent", "distinct_count", "top_values"]


def test_top_values_are_the_most_frequent_in_order(over_events):
    made = over_events(PROFILE + "profile: {columns: [kind], params: {max_top_values: 1}}\n")

    found = metrics(made)

    assert found["kind", "null_count"][0] == "1"
    assert json.loads(found["kind", "top_values"][1]) == [
        {"value": "a", "count": 3, "percent": 60.0}
    ]


def test_no_rows_are_a_profile_too(over_events):
    made = over_events(PROFILE + "transform: SELECT * FROM source.events WHERE false\n")

    found = metrics(made)

    assert found["_table_", "row_count"][0] == "0"
    assert found["amount", "null_percent"][0] == "0.0"
    assert found["amount", "max"][0] is None


def test_rows_of_every_type_can_be_profiled(over_events):
    made = over_events(ANY)

    found = metrics(made)

    assert found["hugeint", "max"][0] == str(2**127 - 1)
    assert found["double", "null_count"][0] == "1"
    assert found["struct", "null_percent"][0].startswith("33.3")


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        ("profile: {columns: [amuont]}", 1, "did you mean amount?"),
        ("profile: {params: {max_top_values: 0}}", 2, "at least 1, not 0"),
        ("profile: {colums: [amount]}", 2, "did you mean columns?"),
    ],
)
def test_a_profile_of_what_is_not_there_is_refused(over_events, keys, code, said):
    made = over_events(PROFILE + keys + "\n")

    outcome = made.run("run")

    assert outcome.exit_code == code
    assert said in outcome.stderr


@pytest.mark.parametrize("inputs", ["[]", "[source.events, source.more]"])
@pytest.mark.parametrize(
    "node",
    [
        "kind: profile\nname: n\n",
        "kind: feature_group\nname: n\nentity: kind\n",
        "kind: aggregation\nname: n\ngroup_by: kind\nfeatures: {amount: {agg: sum}}\n",
        "kind: second_order_aggregation\nname: n\nid_col: kind\nfeatures: {amount: {basic: sum}}\n",
    ],
)
def test_a_node_without_sql_reads_one_input(over_events, node, inputs):
    more = "---\nkind: source\nname: more\nsource: csv\ntable: data/events.csv\n"
    made = over_events(f"{node}inputs: {inputs}\n{more}")

    outcome = made.run("run")

    assert outcome.exit_code == 2
    assert "one input" in outcome.stderr


@pytest.mark.parametrize(
    ("check", "passes"),
    [
        ("{metric: row_count, fail: '= 0'}", True),
        ("{metric: row_count, fail: '>= 6'}", False),
        ("{column: amount, metric: avg, fail: 'between 20 and 30'}", False),
        ("{column: kind, metric: null_percent, fail: '> 20%'}", True),
        ("{column: amount, metric: median, fail: '> 1'}", False),
        ("{column: at, metric: freshness_hours, fail: '> 24'}", False),
        ("{column: at, metric: freshness_hours, fail: '< 24'}", True),
        ("{column: loaded, metric: freshness_hours, fail: '< 0'}", True),
    ],
)
def test_a_rule_looks_at_a_profile(over_events, check, passes):
    pytest.importorskip("seeknal_audits", reason="a rule's check is an audit of the plugin")
    rule = (
        "---\nkind: rule\nname: r\ninputs: [profile.p]\n"
        f"rule: {{type: profile_check, checks: [{check}]}}\n"
    )
    made = over_events(PROFILE + rule, EVENTS.replace("2026-", "2020-"))

    outcome = made.run("run")

    assert outcome.exit_code == (0 if passes else 1)
    assert passes or "profile.p: " in outcome.stderr
