import pytest

pytestmark = pytest.mark.versions

PEOPLE = "data/people.csv"
GOOD = "id,email,status,age\n1,a@x,active,30\n2,b@x,inactive,40\n3,c@x,active,50\n"
BAD = "id,email,status,age\n1,,active,30\n1,b@x,gone,200\n3,,gone,50\n"
FIVE = """
    kind: source
    name: people
    source: csv
    table: data/people.csv
    audits:
      - type: not_null
        columns: [id, email]
      - type: unique
        columns: [id]
      - type: accepted_values
        column: status
        values: [active, inactive]
      - type: row_count
        min: 3
        max: 5
      - type: custom_sql
        sql: SELECT * FROM __THIS__ WHERE age < 0 OR age > 150
"""


@pytest.fixture
def people(seeknal_project):
    """A project of one source with the five usual audits, and a transform that reads it."""
    return seeknal_project(
        {
            "seeknal_project.yml": "name: people\n",
            PEOPLE: GOOD,
            "seeknal/sources/people.yml": FIVE,
            "seeknal/transforms/adults.yml": """
                kind: transform
                name: adults
                inputs: [{ref: source.people}]
                transform: SELECT * FROM ref('source.people') WHERE age >= 18
            """,
        }
    )


def audits_of(outcome, node="source.people"):
    (found,) = [entry for entry in outcome.json()["nodes"] if entry["node"] == node]
    return {audit["type"]: audit for audit in found["audits"]}


def test_good_rows_pass_the_five_usual_audits(people):
    outcome = people.run("run", "--format", "json")

    audits = audits_of(outcome.assert_ok())
    assert list(audits) == ["not_null", "unique", "accepted_values", "row_count", "custom_sql"]
    assert all(
        audit["status"] == "passed" and not audit["failing_rows"] for audit in audits.values()
    )


def test_bad_rows_stop_the_node_and_what_reads_it(people):
    people.run("run").assert_ok()
    people.write({PEOPLE: BAD})

    outcome = people.run("run", "--format", "json")

    audits = audits_of(outcome)
    assert outcome.exit_code == 1
    assert {type: audit["failing_rows"] for type, audit in audits.items()} == {
        "not_null": 2,
        "unique": 1,
        "accepted_values": 2,
        "row_count": 0,
        "custom_sql": 1,
    }
    assert [row[0] for row in people.rows("source.people")] == [1, 2, 3]


def test_the_error_names_each_audit_and_its_sample(people):
    people.write({PEOPLE: BAD})

    outcome = people.run("run")

    assert "not_null(id, email): email is NULL in 2 rows (66.7% of 3)" in outcome.stderr
    assert (
        "accepted_values(status): status has other values in 2 rows: 'gone' (2)" in outcome.stderr
    )
    assert "source.people.1-not_null.parquet" in outcome.stderr
    assert people.run("sql", "SELECT 1 FROM transform.adults").exit_code != 0


def test_a_warning_lets_the_run_go_on(people):
    people.write(
        {
            PEOPLE: BAD,
            "seeknal/sources/people.yml": """
                kind: source
                name: people
                source: csv
                table: data/people.csv
                audits:
                  - {type: not_null, column: email, severity: warn, message: who is it}
                  - {type: between, column: age, max: 150, warn_if: "> 10%", error_if: "> 50%"}
            """,
        }
    )

    outcome = people.run("run", "--format", "json").assert_ok()

    audits = audits_of(outcome)
    assert [audit["severity"] for audit in audits.values()] == ["warn", "warn"]
    assert (people.path / audits["between"]["sample"]).is_file()


def test_a_column_that_is_not_there_is_named_before_anything_runs(people):
    file = "seeknal/sources/people.yml"
    people.write({file: FIVE.replace("columns: [id]", "columns: [idd]")})

    outcome = people.run("run")

    assert "names column 'idd', which is not there" in outcome.stderr
    assert "did you mean id?" in outcome.stderr


@pytest.mark.parametrize(
    ("audit", "code", "said"),
    [
        ("{type: not_nul, columns: [id]}", "SK0905", "did you mean not_null"),
        ("{type: not_null}", "SK0202", "missing parameter 'columns'"),
        ("{type: not_null, columns: []}", "SK0203", "columns is empty"),
        ("{type: row_count}", "SK0203", "row_count needs min, max or both"),
        ("{type: row_count, min: 5, max: 1}", "SK0203", "a min that is greater"),
        ("{type: row_count, mni: 5}", "SK0201", "did you mean min"),
        ("{type: freshness, column: id, max_age: soon}", "SK0203", "a duration such as"),
        ("{type: not_null, column: id, error_if: lots}", "SK0914", "is not a limit"),
        ("{type: row_count, min: 1, warn_if: '> 1%'}", "SK0914", "no percentage"),
        ("{type: custom_sql, sql: 'SELECT 1'}", "SK0910", "reads no __THIS__"),
        ("{type: custom_sql, sql: \"SELECT '__THIS__'\"}", "SK0910", "reads no __THIS__"),
        ("{type: custom_sql, sql: 'SELECT * FROM __THIS__; DROP TABLE x'}", "SK0910", "one stat"),
        ("{type: custom_sql, sql: 'DELETE FROM __THIS__'}", "SK0910", "a query is needed"),
        (
            "{type: custom_sql, sql: \"SELECT * FROM __THIS__, read_csv('/etc/passwd')\"}",
            "SK0910",
            "reads from outside",
        ),
        ("{type: custom_sql, sql: 'SELECT * FROM (__THIS__'}", "SK0910", "syntax error"),
        ("{type: custom_sql, sql: 'SELECT * FROM __THIS__) x, (SELECT 1'}", "SK0910", "syntax"),
        ("{type: expression, expression: 'id > 1; DROP TABLE x'}", "SK0910", "no condition"),
        ("{type: expression, expression: 'id IN (SELECT 1)'}", "SK0910", "no condition"),
        ("{type: expression, expression: 'id > 1) OR (1 = 1'}", "SK0910", "no condition"),
        ("{type: expression, expression: 'sum(id) > 1'}", "SK0910", "more than one row"),
        ("{type: expression, expression: 'count(*) OVER () > 1'}", "SK0910", "more than one row"),
        ("{type: regex, column: id, pattern: '(a'}", "SK0910", "missing )"),
        ("{type: relationships, column: id, to: source.peple}", "SK0915", "source.people"),
    ],
)
def test_what_is_wrong_with_an_audit_is_told_with_its_place(people, audit, code, said):
    people.write(
        {
            "seeknal/sources/people.yml": f"""
                kind: source
                name: people
                source: csv
                table: data/people.csv
                audits:
                  - {audit}
            """
        }
    )

    outcome = people.run("validate")

    assert outcome.exit_code == 2
    assert f"error[{code}]" in outcome.stderr
    assert said in outcome.stderr
    assert "seeknal/sources/people.yml:6:" in outcome.stderr


def test_relationships_reads_another_node(people):
    people.write(
        {
            "seeknal/transforms/ages.yml": """
                kind: transform
                name: ages
                inputs: [{ref: transform.adults}]
                transform: SELECT id + 1 AS person FROM ref('transform.adults')
                audits:
                  - {type: relationships, column: person, to: transform.adults, field: id}
            """
        }
    )

    outcome = people.run("run", "--format", "json")

    audit = audits_of(outcome, "transform.ages")["relationships"]
    assert audit["message"] == "1 row without a match in transform.adults (id) (33.3% of 3)"


def test_audits_run_on_the_stored_rows_alone(people):
    people.run("run").assert_ok()
    people.write({"seeknal/sources/people.yml": FIVE.replace("age > 150", "age > 45")})

    outcome = people.run("audit", "--format", "json")

    assert outcome.exit_code == 1
    assert "the query returns 1 row" in outcome.stdout
