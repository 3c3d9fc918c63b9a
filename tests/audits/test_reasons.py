"""What is told of an audit that cannot be asked: whose it is, where, and no private value."""

import duckdb
import pytest

pytestmark = pytest.mark.versions

PRIVATE = """
kind: source
name: people
source: csv
table: data/people.csv
columns:
  email: {type: VARCHAR, pii: true}
---
kind: transform
name: t
sql: SELECT * FROM ref('source.people')
audits:
  - {type: not_null, column: email}
  - {AUDIT}
"""
NODE = """
kind: transform
name: t
sql: SQL
audits:
"""


@pytest.fixture
def private(seeknal_project):
    """A project whose addresses nobody may see, with an audit of them on line 13."""

    def private(audit, text=PRIVATE):
        rows = "id,email\n1,a@x.com\n2,b@x.com\n"
        text = text.replace("AUDIT", audit).lstrip()
        return seeknal_project({"data/people.csv": rows, "seeknal/t.yml": text})

    return private


@pytest.fixture
def project(seeknal_project):
    """A node with these rows and audits; the first audit is on line 5."""

    def project(sql, *audits, **files):
        text = NODE.lstrip().replace("SQL", sql) + "".join(f"  - {{{audit}}}\n" for audit in audits)
        return seeknal_project({"seeknal/t.yml": text, **files})

    return project


def failed(outcome):
    """Code, line and message of the one node that failed."""
    (node,) = [entry for entry in outcome.json()["nodes"] if entry["status"] == "failed"]
    return tuple(node["error"][key] for key in ("code", "line", "message"))


@pytest.mark.parametrize(
    "audit",
    [
        'type: custom_sql, sql: "SELECT CAST(email AS INT) FROM __THIS__"',
        'type: custom_sql, sql: "SELECT * FROM __THIS__ WHERE CAST(email AS INT) > 1"',
        'type: custom_sql, sql: "SELECT * FROM __THIS__ WHERE error(email)"',
        "type: custom_sql, sql: SELECT * FROM __THIS__, where: CAST(email AS INT) > 1",
        "type: row_count, min: 1, where: CAST(email AS DATE) > '2020-01-01'",
        "type: expression, expression: CAST(email AS INT) > 1",
        "type: not_null, column: id, where: error(email)",
    ],
)
def test_an_error_over_private_values_does_not_show_them(private, audit):
    made = private(audit)

    outcome = made.run("run", "--format", "json")
    screen = made.run("run")

    _, line, message = failed(outcome)
    stored = b"".join(p.read_bytes() for p in (made.path / "target").rglob("*.json*"))
    assert outcome.exit_code == screen.exit_code == 1
    assert line == 13
    assert "email has pii: true" in message
    assert "x.com" not in outcome.stdout + outcome.stderr + screen.stdout + screen.stderr
    assert b"x.com" not in stored


def test_an_error_of_a_nodes_own_sql_over_private_inputs_does_not_show_them(private):
    made = private(
        "type: unique, column: id",
        PRIVATE.replace("SELECT *", "SELECT CAST(email AS INT) AS email"),
    )

    outcome = made.run("run", "--format", "json")

    code, _, message = failed(outcome)
    assert code == "SK0708"
    assert "Conversion Error" in message
    assert "email has pii: true" in message
    assert "x.com" not in outcome.stdout + outcome.stderr


def test_an_error_over_other_values_shows_them(private):
    made = private(
        'type: custom_sql, sql: "SELECT CAST(email AS INT) FROM __THIS__"',
        PRIVATE.replace(", pii: true", ""),
    )

    code, line, message = failed(made.run("run", "--format", "json"))

    assert (code, line) == ("SK0912", 13)
    assert "'a@x.com'" in message


untyped = pytest.mark.skipif(duckdb.__version__ < "2", reason="NULL is an INTEGER there")


@pytest.mark.parametrize(
    "audit",
    [
        pytest.param("type: accepted_values, column: nul, values: [1, x]", marks=untyped),
        "type: accepted_values, column: nul, values: [1]",
        "type: between, column: nul, min: 1, max: '9'",
        pytest.param("type: between, column: nul, min: 2020-01-01", marks=untyped),
        "type: regex, column: nul, pattern: ^a",
        "type: unique, column: nul",
    ],
)
def test_a_column_of_nothing_but_nulls_passes(project, audit):
    made = project("SELECT 1 AS id, NULL AS nul UNION ALL SELECT 2, NULL", audit)

    checked = made.run("validate")
    outcome = made.run("run")

    assert (checked.exit_code, outcome.exit_code) == (0, 0), outcome.stderr


@pytest.mark.parametrize(
    ("type", "text", "failing"),
    [
        ("BIGINT", "2", 1),
        ("BIGINT", "-2", 0),
        ("DECIMAL(9, 2)", "1.5", 1),
        ("DOUBLE", "15e-1", 1),
        ("HUGEINT", "+2", 1),
    ],
)
def test_a_text_that_is_a_number_is_that_number(project, type, text, failing):
    rows = f"SELECT UNNEST([1, 2])::{type} AS id"
    made = project(rows, f"type: between, column: id, min: '{text}'")

    (node,) = made.run("run", "--format", "json").json()["nodes"]

    assert [audit["failing_rows"] for audit in node["audits"]] == [failing]


@pytest.mark.parametrize("text", ["x", "0.5", "", "1 OR 1=1", "1_000"])
def test_a_text_that_is_no_such_number_stays_an_error(project, text):
    made = project("SELECT 1::BIGINT AS id", f"type: between, column: id, min: '{text}'")

    code, line, message = failed(made.run("run", "--format", "json"))

    assert (code, line) == ("SK0911", 5)
    assert repr(text) in message


def test_a_run_names_every_audit_that_does_not_fit(project):
    made = project(
        "SELECT 1 AS id",
        "type: between, column: id, min: x",
        "type: not_null, column: id",
        "type: between, column: id, max: y",
    )

    code, line, message = failed(made.run("run", "--format", "json"))

    assert (code, line) == ("SK0911", 5)
    assert "'x' cannot be compared" in message
    assert "'y' cannot be compared" in message
    assert "seeknal/t.yml:7" in message


@pytest.mark.parametrize(
    "audit",
    ["type: row_count, min: 1", "type: not_null, column: id", "type: unique, column: id"],
)
def test_a_condition_that_breaks_on_values_is_its_audits_own_and_hides_no_other(project, audit):
    made = project(
        "SELECT 1 AS id UNION ALL SELECT 1",
        f"{audit}, where: id > 'abc'",
        "type: unique, column: id",
        "type: between, column: id, max: 0",
    )

    code, line, message = failed(made.run("run", "--format", "json"))

    assert (code, line) == ("SK0912", 5)
    assert "Could not convert string 'abc'" in message
    assert "unique(id): 1 key occurs more than once" in message
    assert "between(id): id is greater than 0 in 2 rows" in message
    assert "LINE" not in message
    assert "SELECT" not in message


def test_a_node_that_is_not_there_is_told_once(project):
    sql = "-- params: to\nSELECT * FROM __THIS__ ANTI JOIN ref({{ to }}) USING (id)\n"
    made = project("SELECT 1 AS id", "type: rel, to: source.x", **{"seeknal/audits/rel.sql": sql})

    found = made.run("validate", "--format", "json").json()["problems"]

    assert [(one["code"], one["line"]) for one in found] == [("SK0915", 5)]


def test_a_pattern_that_cannot_be_read_is_told_once_and_where_it_stands(project):
    made = project("SELECT 'a' AS id", 'type: regex, column: id, pattern: "([a"')

    found = made.run("validate", "--format", "json").json()["problems"]

    assert [(one["code"], one["line"], one["column"]) for one in found] == [("SK0910", 5, 41)]


@pytest.mark.parametrize(
    "use",
    ["{{ val[0] }}", "{{ val.x }}", "{{ val|list }}", "{{ [val] }}", "{{ val + 1 }}", "{{ -val }}"],
)
def test_a_parameter_is_used_alone_and_the_error_says_so(project, use):
    sql = f"-- params: val\nSELECT * FROM __THIS__\nWHERE id = {use}\n"
    made = project("SELECT 1 AS id", "type: own, val: 5", **{"seeknal/audits/own.sql": sql})

    (found,) = made.run("validate", "--format", "json").json()["problems"]

    assert (found["file"], found["line"]) == ("seeknal/audits/own.sql", 3)
    assert "write {{ name }} alone" in found["message"]
    assert not {"Marked", "sqlglot", "seeknal_"} & set(found["message"].replace(".", " ").split())


def test_a_run_names_every_column_that_is_not_there(project):
    made = project(
        "SELECT 1 AS id", "type: not_null, column: gone", "type: unique, columns: [id, lost]"
    )

    code, line, message = failed(made.run("run", "--format", "json"))

    assert (code, line) == ("SK0903", 5)
    assert "'gone'" in message
    assert "'lost'" in message
    assert "seeknal/t.yml:6" in message
