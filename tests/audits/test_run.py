import pytest

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
    return {audit["audit_type"]: audit for audit in found["audits"]}


def test_good_rows_pass_the_five_usual_audits(people):
    outcome = people.run("run", "--format", "json")

    audits = audits_of(outcome.assert_ok())
    assert list(audits) == ["not_null", "unique", "accepted_values", "row_count", "custom_sql"]
    assert all(audit["passed"] and not audit["failing_rows"] for audit in audits.values())


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
