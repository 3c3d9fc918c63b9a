import pytest

from seeknal.project.raw import RawNode
from seeknal.project.rules import audits_of_rule
from seeknal.values.location import Location
from seeknal.values.marks import Marks
from seeknal.values.problems import Problems

pytestmark = [pytest.mark.inside, pytest.mark.versions]


@pytest.fixture
def audit_types():
    pytest.importorskip("seeknal_audits", reason="a rule's check is an audit of the plugin")


PLACE = Location("seeknal/rules/checks.yml", 3)


def read(rule=None, inputs=("source.orders",), **rest):
    """The audits of a rule node, and what is wrong with it."""
    data = {"kind": "rule", "name": "checks", "inputs": [{"ref": ref} for ref in inputs], **rest}
    data |= {} if rule is None else {"rule": rule}
    raw = RawNode(kind="rule", name="checks", data=data, marks=Marks.at(PLACE), location=PLACE)
    problems = Problems()
    audits = [audit for audit, _ in audits_of_rule(raw, problems)]
    return audits, problems


@pytest.mark.parametrize(
    ("rule", "audit"),
    [
        (
            {"type": "null", "columns": ["a"], "params": {"max_null_percentage": 0.0}},
            {"type": "not_null", "columns": ["a"]},
        ),
        (
            {"type": None, "columns": ["a"], "params": {"max_null_percentage": 0.05}},
            {"type": "not_null", "columns": ["a"], "error_if": "> 5%"},
        ),
        (
            {"type": "not_null", "column": "a", "max_null_percentage": 5},
            {"type": "not_null", "columns": "a", "error_if": "> 5%"},
        ),
        (
            {"type": "range", "column": "a", "params": {"min_val": 0, "max_val": 9}},
            {"type": "between", "columns": "a", "min": 0, "max": 9},
        ),
        (
            {"type": "uniqueness", "columns": ["a", "b"]},
            {"type": "unique", "columns": ["a", "b"]},
        ),
        (
            {"type": "unique", "column": "a", "params": {"max_duplicate_percentage": 0.1}},
            {"type": "unique", "columns": "a", "error_if": "> 10%"},
        ),
        (
            {"type": "freshness", "columns": ["at"], "params": {"max_age": "7d"}},
            {"type": "freshness", "column": "at", "max_age": "7d"},
        ),
        (
            {"type": "freshness", "column": "at"},
            {"type": "freshness", "column": "at", "max_age": "24h"},
        ),
        (
            {"type": "accepted_values", "column": "a", "values": [1]},
            {"type": "accepted_values", "columns": "a", "values": [1]},
        ),
        ({"type": "row_count", "params": {"min": 5}}, {"type": "row_count", "min": 5}),
        (
            {"type": "expression", "expression": "a > 0", "params": {"error_message": "no"}},
            {"type": "expression", "expression": "a > 0", "message": "no"},
        ),
    ],
)
def test_a_check_becomes_an_audit(rule, audit):
    audits, problems = read(rule)

    assert audits == [audit]
    assert not problems


@pytest.mark.parametrize("type", ["sql_assertion", "custom", "custom_sql"])
def test_sql_reads_the_inputs_by_the_names_of_2_x(type):
    rule = {"type": type, "sql": "SELECT * FROM input_data"}

    audits, _ = read(rule, inputs=("source.orders", "source.products"))

    assert audits == [
        {
            "type": "custom_sql",
            "sql": "SELECT * FROM input_data",
            "inputs": {
                "source_orders": "source.orders",
                "source_products": "source.products",
                "input_0": "source.orders",
                "input_1": "source.products",
                "input_data": "source.orders",
            },
        }
    ]


def test_several_checks_and_audits_stand_together():
    rule = [{"type": "null", "columns": ["a"]}, {"type": "range", "column": "b", "min": 1}]

    audits, _ = read(rule, audits=[{"type": "row_count", "min": 1}])

    assert [audit["type"] for audit in audits] == ["not_null", "between", "row_count"]


def test_severity_and_message_of_the_rule_hold_where_a_check_says_nothing():
    params = {"severity": "warn", "error_message": "look at it"}

    audits, _ = read(
        {"type": "null", "columns": ["a"]},
        audits=[{"type": "row_count", "min": 1, "severity": "error"}],
        params=params,
    )

    assert [(audit["severity"], audit["message"]) for audit in audits] == [
        ("warn", "look at it"),
        ("error", "look at it"),
    ]


@pytest.mark.parametrize(
    ("rule", "code", "help"),
    [
        ({"type": "nul", "columns": ["a"]}, "SK0920", "did you mean null"),
        ({"columns": ["a"]}, "SK0920", "known: null"),
        ({"type": "profile_check"}, "SK0923", "checks:"),
        ({"type": "profile_check", "checks": [{"metric": "avg"}]}, "SK0923", "checks:"),
        (
            {"type": "profile_check", "checks": [{"metric": "avg", "fail": "> 1; DROP"}]},
            "SK0923",
            "checks:",
        ),
        (None, "SK0922", "rule: or audits:"),
    ],
)
def test_what_is_no_rule_is_told(rule, code, help):
    audits, problems = read(rule)

    assert not audits
    assert [problem.code for problem in problems] == [code]
    assert help in problems[0].help
    assert problems[0].location.file == PLACE.file


def test_a_rule_without_inputs_is_told():
    _, problems = read({"type": "null", "columns": ["a"]}, inputs=())

    assert [problem.code for problem in problems] == ["SK0921"]


STATS = {
    "seeknal_project.yml": "name: shop\n",
    "data/products.csv": "name,price,empty\na,10,\nb,30,\n",
    "seeknal/sources/products.yml": """
        kind: source
        name: products
        source: csv
        table: data/products.csv
    """,
    "seeknal/profiles/stats.yml": """
        kind: profile
        name: stats
        inputs: [{ref: source.products}]
    """,
}


@pytest.mark.parametrize(
    ("check", "failing"),
    [
        ("{metric: row_count, fail: '= 0'}", 0),
        ("{metric: row_count, fail: '<= 2'}", 1),
        ("{column: price, metric: avg, fail: '> 19.5'}", 1),
        ("{column: price, metric: avg, fail: 'between 25 and 30'}", 0),
        ("{column: price, metric: avg, fail: 'BETWEEN 15 AND 25'}", 1),
        ("{column: price, metric: null_percent, fail: '> 0%'}", 0),
        ("{column: prices, metric: avg, fail: '> 100'}", 1),
        ("{column: price, metric: mode, fail: '> 100'}", 1),
        ("{column: name, metric: distinct_count, fail: '!= 2'}", 0),
    ],
)
@pytest.mark.usefixtures("audit_types")
def test_a_profile_check_looks_at_the_profiles_rows(seeknal_project, check, failing):
    project = seeknal_project(STATS)
    project.write(
        {
            "seeknal/rules/sane.yml": f"""
                kind: rule
                name: sane
                inputs: [{{ref: profile.stats}}]
                rule:
                  type: profile_check
                  checks: [{check}]
            """
        }
    )

    outcome = project.run("run", "--format", "json")

    (profile,) = [node for node in outcome.json()["nodes"] if node["node"] == "profile.stats"]
    assert [audit["failing_rows"] for audit in profile["audits"]] == [failing]
    assert outcome.exit_code == failing


@pytest.mark.usefixtures("audit_types")
def test_a_rule_stops_its_input_before_it_is_published(seeknal_project):
    project = seeknal_project(STATS)
    project.write(
        {
            "seeknal/rules/cheap.yml": """
                kind: rule
                name: cheap
                inputs: [{ref: source.products}]
                rule: {type: range, column: price, params: {max_val: 20}}
                params: {severity: error, error_message: too dear}
            """
        }
    )

    outcome = project.run("run")

    assert outcome.exit_code == 1
    assert "between(price): too dear (price is greater than 20 in 1 row (50% of 2))" in (
        outcome.stderr
    )
    assert not (project.path / "target/intermediate/source_products.parquet").exists()


@pytest.mark.usefixtures("audit_types")
def test_an_sql_assertion_reads_its_input(seeknal_project):
    project = seeknal_project(STATS)
    project.write(
        {
            "seeknal/rules/average.yml": """
                kind: rule
                name: average
                inputs: [{ref: source.products}]
                rule:
                  type: sql_assertion
                  sql: |
                    SELECT 1
                    WHERE (SELECT avg(price) FROM input_data) > 15
                params: {severity: warn}
            """
        }
    )

    outcome = project.run("run").assert_ok()

    assert "the query returns 1 row" in outcome.stderr


@pytest.mark.usefixtures("audit_types")
def test_what_waits_for_a_rule_is_computed_again_when_its_other_input_changes(seeknal_project):
    project = seeknal_project(
        {
            "a.csv": "id\n1\n",
            "seeknal/a.yml": "{kind: source, name: a, source: csv, table: a.csv}\n",
            "seeknal/r.yml": "{kind: rule, name: r, inputs: [source.a],"
            " audits: [{type: unique, columns: id}]}\n",
            "seeknal/t.yml": "{kind: transform, name: t, inputs: [rule.r],"
            " sql: SELECT id FROM ref('source.a')}\n",
        }
    )
    project.run("run").assert_ok()
    project.write({"a.csv": "id\n1\n2\n"})

    project.run("run").assert_ok()

    assert project.rows("transform.t") == [(1,), (2,)]


@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_range_of_numbers_over_text_is_refused_before_and_in_a_run(seeknal_project, command):
    pytest.importorskip("seeknal_audits", reason="a rule's check is an audit of the plugin")
    project = seeknal_project(
        {
            "data/x.csv": "id,qty\n1,5\n2,100\n3,x\n",
            "seeknal/x.yml": "kind: source\nname: x\nsource: csv\ntable: data/x.csv\n",
            "seeknal/rules/few.yml": """
                kind: rule
                name: few
                inputs: [{ref: source.x}]
                rule: {type: range, column: qty, params: {max_val: 30}}
            """,
        }
    )

    outcome = project.run(command)

    assert outcome.exit_code != 0
    assert "error[SK0911]: " in outcome.stderr
    assert "30 cannot be compared with qty, a column of type VARCHAR" in outcome.stderr
    assert "--> seeknal/rules/few.yml:4" in outcome.stderr
