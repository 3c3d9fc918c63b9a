"""``where:`` limits any audit to some of the rows."""

import pytest

pytestmark = pytest.mark.versions

DATA = "id,parent,email,status,age,seen\n"
ROWS = (
    "1,,,paid,30,2020-01-01\n"
    "1,1,b@x,open,40,2020-01-01\n"
    "3,1,,open,200,2020-01-01\n"
    "4,9,d@x,gone,20,2020-01-01\n"
)
NODE = """
    kind: source
    name: people
    source: csv
    table: data/people.csv
    audits:
      - {{{audit}}}
"""


@pytest.fixture
def audited(seeknal_project):
    """The result of one audit on the four people, or what the run said of it."""

    def audited(audit, command="run"):
        files = {"data/people.csv": DATA + ROWS, "seeknal/p.yml": NODE.format(audit=audit)}
        return seeknal_project(files).run(command, "--format", "json")

    return audited


def failing(outcome):
    (node,) = outcome.json()["nodes"]
    return [audit["failing_rows"] for audit in node["audits"]]


@pytest.mark.parametrize(
    ("audit", "everywhere", "there"),
    [
        ("type: not_null, columns: [email]", 2, 1),
        ("type: unique, columns: [id]", 1, 0),
        ("type: accepted_values, column: status, values: [paid]", 3, 2),
        ("type: row_count, min: 3", 0, 1),
        ("type: expression, expression: age > 100", 3, 1),
        ("type: between, column: age, max: 100", 1, 1),
        ("type: regex, column: email, pattern: ^b", 1, 0),
        ("type: freshness, column: seen, max_age: 1d", 1, 1),
        ("type: custom_sql, sql: SELECT * FROM __THIS__", 4, 2),
    ],
)
def test_only_rows_that_it_is_true_for_are_asked_about(audited, audit, everywhere, there):
    assert failing(audited(audit)) == [everywhere]
    assert failing(audited(f"{audit}, where: status = 'open'")) == [there]


def test_a_reference_leads_into_all_rows(audited):
    audit = "type: relationships, column: parent, to: source.people, field: id, where: age > 35"

    outcome = audited(audit)

    assert failing(outcome) == [0]


def test_a_percentage_is_of_the_rows_that_count(audited):
    audit = "type: not_null, columns: [email], where: status = 'open', error_if: '> 49%'"

    outcome = audited(audit)

    (node,) = outcome.json()["nodes"]
    assert node["audits"][0]["message"].endswith("(50% of 2), where status = 'open'")


def test_audits_of_different_rows_have_samples_of_their_own(seeknal_project):
    audits = "".join(
        f"\n  - {{type: not_null, columns: [email], where: status = '{status}'}}"
        for status in ("paid", "open")
    )
    text = f"kind: source\nname: people\nsource: csv\ntable: data/people.csv\naudits:{audits}\n"
    project = seeknal_project({"data/people.csv": DATA + ROWS, "seeknal/p.yml": text})

    (node,) = project.run("run", "--format", "json").json()["nodes"]

    samples = {audit["sample"] for audit in node["audits"]}
    assert len(samples) == 2
    assert all((project.path / sample).is_file() for sample in samples)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("'status ='", "no condition"),
        ("'1; DROP TABLE x'", "no condition"),
        ("'id IN (SELECT 1)'", "no condition"),
        ("[a]", "expects a condition"),
        ("sum(age) > 1", "more than one row"),
        ("\"getenv('X') = ''\"", "getenv"),
    ],
)
def test_what_is_no_condition_is_found_by_validate(audited, where, words):
    outcome = audited(f"type: row_count, min: 1, where: {where}", "validate")

    (problem,) = outcome.json()["problems"]
    assert (outcome.exit_code, problem["code"]) == (2, "SK0917")
    assert words in problem["message"]


def test_a_column_that_is_not_there_names_the_audit(audited):
    outcome = audited("type: row_count, min: 1, where: stats = 'open'")

    (node,) = outcome.json()["nodes"]
    assert outcome.exit_code == 1
    assert "where: of audit row_count" in node["error"]["message"]
    assert "stats" in node["error"]["message"]


def test_validate_knows_a_column_that_is_not_there(audited):
    outcome = audited("type: row_count, min: 1, where: stats = 'open'", "validate")

    (problem,) = outcome.json()["problems"]
    assert (problem["code"], problem["line"], problem["column"]) == ("SK0917", 6, 38)
    assert problem["help"] == "did you mean status?"


def test_a_rule_reads_the_columns_of_where_too(seeknal_project):
    rule = """
        kind: rule
        name: r
        inputs: [source.people]
        audits: [{type: not_null, columns: [email], where: status = 'open'}]
    """
    text = NODE.format(audit="type: row_count, min: 1")
    project = seeknal_project(
        {"data/people.csv": DATA + ROWS, "seeknal/p.yml": text, "seeknal/r.yml": rule}
    )

    outcome = project.run("impact", "source.people.status").assert_ok()

    assert "rule.r" in outcome.stdout


def test_row_counts_of_earlier_runs_are_of_all_rows(audited):
    outcome = audited("type: anomaly, where: age > 1", "validate")

    (problem,) = outcome.json()["problems"]
    assert problem["code"] == "SK0917"


def test_a_changed_where_asks_again_and_rebuilds_nothing(seeknal_project):
    def text(where):
        return NODE.format(audit=f"type: row_count, min: 1, where: {where}")

    project = seeknal_project({"data/people.csv": DATA + ROWS, "seeknal/p.yml": text("age > 1")})
    project.run("run").assert_ok()
    project.write({"seeknal/p.yml": text("age > 500")})

    outcome = project.run("run", "--format", "json")

    (node,) = outcome.json()["nodes"]
    assert (outcome.exit_code, node["reason"]) == (1, "audits changed")
