"""What keeps a test from being made is told: why the node fails, and no value that is private."""

from __future__ import annotations

import json
from hashlib import md5

import pytest

PEOPLE = "id,mail,phone\n1,ann@example.com,030 1\n2,bob@example.com,030 2\n"
SOURCE = """kind: source
name: people
source: csv
table: data/people.csv
columns:
  - {name: mail, pii: true}
"""
CLEAN = "SELECT id, lower(mail) AS mail FROM ref('source.people')"


@pytest.fixture
def people(seeknal_project):
    """Makes a project of the given files beside a source with a private column."""

    def make(files):
        return seeknal_project(
            {"data/people.csv": PEOPLE, "seeknal/sources/people.yml": SOURCE, **files}
        )

    return make


def made_of(project):
    return [path.name for path in (project.path / "tests").rglob("*.yml")]


@pytest.mark.parametrize("more", [(), ("--format", "json"), ("--debug",)])
@pytest.mark.parametrize("where", ["mail = 5", "mail::INTEGER = 1", "mail::DATE > current_date"])
def test_a_condition_that_fails_shows_no_private_value(people, where, more):
    project = people({"seeknal/transforms/clean.sql": CLEAN})
    project.run("run").assert_ok()

    result = project.run("create-test", "transform.clean", "--where", where, *more)

    assert result.exit_code == 2
    told = result.stderr + result.stdout
    assert "SK1707" in told
    assert "Conversion Error; its text is not shown, for it may hold values" in told
    assert "@example.com" not in told
    assert "DELETE" not in result.stderr.partition("Traceback")[0]
    assert "people.yml" not in result.stderr.partition("Traceback")[0]


def test_a_condition_of_a_metric_that_fails_shows_no_private_value(people):
    pytest.importorskip("seeknal_semantic")
    model = (
        "kind: semantic_model\nname: people\nmodel: ref('source.people')\n"
        "entities: [{name: person, type: primary, expr: id}]\n"
        "measures: [{name: heads, agg: count, expr: id}]\n"
    )
    metric = "kind: metric\nname: heads\ntype: simple\nmeasure: heads\n"
    project = people(
        {"seeknal/semantic_models/people.yml": model, "seeknal/metrics/heads.yml": metric}
    )
    project.run("run").assert_ok()

    result = project.run("create-test", "metric.heads", "--where", "mail = 5")

    assert result.exit_code == 2
    assert "SK1707" in result.stderr
    assert "its text is not shown" in result.stderr
    assert "@example.com" not in result.stderr


def test_a_condition_that_fails_over_no_private_column_says_why(people):
    source = SOURCE.partition("columns:")[0]
    project = people({"seeknal/sources/people.yml": source, "seeknal/transforms/clean.sql": CLEAN})
    project.run("run").assert_ok()

    result = project.run("create-test", "transform.clean", "--where", "phone = 5")

    assert result.exit_code == 2
    assert "--where 'phone = 5': Conversion Error: Could not convert string '030 1'" in (
        result.stderr
    )
    assert "DELETE" not in result.stderr


def test_members_of_a_private_enum_are_shown_by_no_error(people):
    typed = (
        "SELECT id, mail::ENUM('ann@example.com', 'bob@example.com') AS mail"
        " FROM ref('source.people')"
    )
    project = people(
        {
            "seeknal/transforms/typed.sql": typed,
            "seeknal/transforms/heads.sql": "SELECT count(*) AS n FROM ref('transform.typed')",
        }
    )
    project.run("run").assert_ok()
    project.write(
        {"seeknal/transforms/heads.sql": "SELECT sum(mail) AS n FROM ref('transform.typed')"}
    )

    told = [
        project.run("create-test", "transform.heads", "--where", "mail + 1 > 0"),
        project.run("create-test", "transform.heads"),
        project.run("run", "--select", "transform.heads"),
    ]

    assert all(each.exit_code for each in told)
    assert all("@example.com" not in each.stderr + each.stdout for each in told)
    assert all("ENUM(***)" in each.stderr + each.stdout for each in told)


VIEW = """kind: transform
name: years
materialized: view
sql: SELECT id, CASE WHEN id < 9 THEN mail ELSE '7' END::INTEGER AS year FROM ref('source.people')
"""


def test_a_view_that_an_input_is_shows_no_private_value(people):
    fits = VIEW.replace("id < 9", "id > 9")
    project = people(
        {
            "seeknal/transforms/years.yml": fits,
            "seeknal/transforms/late.sql": "SELECT max(year) AS last FROM ref('transform.years')",
        }
    )
    project.run("run").assert_ok()
    project.write({"seeknal/transforms/years.yml": VIEW})
    project.run("run", "--select", "transform.years")

    result = project.run("create-test", "transform.late", "--debug")

    assert "@example.com" not in result.stderr + result.stdout


CAST = "SELECT id, CAST({} AS INTEGER) AS number FROM ref('source.people')"


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("mail", "Conversion Error; its text is not shown"),
        ("CASE WHEN id = 2 THEN mail ELSE '1' END", "Conversion Error; its text is not shown"),
    ],
)
def test_a_node_that_fails_over_its_rows_gets_no_test(people, column, words):
    project = people(
        {
            "seeknal/transforms/number.sql": CAST.format(column),
            "seeknal/transforms/clean.sql": CLEAN,
        }
    )
    project.run("run")

    alone = project.run("create-test", "transform.number")
    every = project.run("create-test", "*", "--format", "json")

    assert alone.exit_code == 1
    assert "transform.number fails over the rows of its inputs: " in alone.stderr
    assert words in alone.stderr
    assert "SK0708" in alone.stderr
    assert every.exit_code == 1
    told = {each["node"]: each["error"] for each in json.loads(every.stdout)["tests"]}
    assert told["transform.number"]["code"] == "SK0708"
    assert told["transform.clean"] is None
    assert "@example.com" not in alone.stderr + every.stdout + every.stderr
    assert made_of(project) == ["test_transform_clean.yml"]


def test_a_node_that_fails_says_what_of_and_where_as_a_run_does(people):
    source = SOURCE.partition("columns:")[0]
    sql = "SELECT id,\n  CAST(phone AS INTEGER) AS number\nFROM ref('source.people')"
    project = people({"seeknal/sources/people.yml": source, "seeknal/transforms/number.sql": sql})
    project.run("run")

    result = project.run("create-test", "transform.number")

    assert "Could not convert string '030 1' to INT32" in result.stderr
    assert "seeknal/transforms/number.sql:2" in result.stderr


BOOM = """
from seeknal import transform


@transform(name="boom", inputs=["source.people"])
def boom(ctx):
    print("boom runs")
    row = ctx.ref("source.people").fetchall()[0]
    raise ValueError("the first is %s" % (row[1],))
"""


def test_a_function_that_always_raises_is_told_as_a_run_tells_it(people):
    project = people({"seeknal/pipelines/boom.py": BOOM})
    project.run("run")

    result = project.run("create-test", "transform.boom")

    assert result.exit_code == 1
    assert "transform.boom fails over the rows of its inputs, with fakes for " in result.stderr
    assert "ValueError; its text is not shown" in result.stderr
    assert "IndexError" not in result.stderr
    assert "boom runs" not in result.stderr + result.stdout
    assert made_of(project) == []


def test_a_function_that_always_raises_is_told_with_its_words_where_nothing_is_private(people):
    source = SOURCE.partition("columns:")[0]
    project = people({"seeknal/sources/people.yml": source, "seeknal/pipelines/boom.py": BOOM})
    project.run("run")

    result = project.run("create-test", "transform.boom")

    assert "inputs: ValueError: the first is ann@example.com" in result.stderr
    assert "seeknal/pipelines/boom.py:8" in result.stderr


def test_a_node_that_fails_over_fakes_alone_gets_no_empty_test(people):
    known = [md5(mail.encode()).hexdigest() for mail in ("ann@example.com", "bob@example.com")]
    sql = (
        f"SELECT id, if(md5(mail) IN ('{known[0]}', '{known[1]}'), 1, error('nobody')) AS one"
        " FROM ref('source.people')"
    )
    project = people({"seeknal/transforms/odd.sql": sql})
    project.run("run").assert_ok()

    result = project.run("create-test", "transform.odd")

    assert result.exit_code == 1
    assert (
        "transform.odd fails over the rows of its inputs, with fakes for private values: "
        "Invalid Input Error; its text is not shown" in result.stderr
    )
    assert made_of(project) == []


SAYS = """
from seeknal import transform


@transform(name="says", inputs=["source.people"])
def says(ctx):
    print("says runs")
    return [{"id": row[0]} for row in ctx.ref("source.people").fetchall()]
"""


def test_what_a_function_prints_does_not_mix_with_the_answer(people):
    project = people({"seeknal/pipelines/says.py": SAYS})
    project.run("run").assert_ok()

    result = project.run("create-test", "transform.says", "--format", "json")

    assert result.json()["tests"][0]["error"] is None
    assert "says runs" not in result.stdout + result.stderr


def note_of(project, sql, *arguments):
    """What is told of changes that no row shows, of a node of this SQL."""
    project.write({"seeknal/transforms/noted.sql": sql})
    result = project.run("create-test", "transform.noted", "--overwrite", *arguments)
    result.assert_ok()
    return result.stderr


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, phone FROM ref('source.people')"
        " QUALIFY row_number() OVER (PARTITION BY left(phone, 3) ORDER BY id) = 1",
        "SELECT left(phone, 3) AS area, max(mail) AS mail FROM ref('source.people') GROUP BY 1",
        "SELECT id, strptime('2026-01-0' || id, '%Y-%m-%d') AS day FROM ref('source.people')",
    ],
)
def test_a_change_that_cannot_be_or_that_rows_show_is_not_told_to_be_shown_by_none(people, sql):
    project = people({"seeknal/transforms/clean.sql": CLEAN})
    project.run("run").assert_ok()

    told = note_of(project, sql)

    assert "without the condition" not in told
    assert "SUM" not in told
    assert "all rows in ROW_NUMBER" not in told
    assert "swapped in STRPTIME" not in told


def test_a_much_shorter_time_is_a_change_that_rows_show(people):
    sql = (
        "SELECT id FROM ref('source.people')"
        " WHERE DATE '2026-06-01' + id::INTEGER > DATE '2026-12-31' - INTERVAL '365' DAY"
    )
    project = people({"seeknal/transforms/clean.sql": CLEAN})
    project.run("run").assert_ok()

    told = note_of(project, sql)

    assert "smaller value than '365'" not in told


def test_rows_that_were_not_looked_at_are_not_told_to_show_nothing(people):
    sql = "SELECT id, coalesce(mail, 'none') AS mail FROM ref('source.people') WHERE id < 90"
    project = people({"seeknal/transforms/clean.sql": CLEAN})
    project.run("run").assert_ok()

    every, some = note_of(project, sql), note_of(project, sql, "--where", "id > 0")

    assert "no row of the inputs shows" in every
    assert "no row that was looked at shows" in some
