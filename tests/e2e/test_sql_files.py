"""Nodes that are .sql files, from the run to lineage; and that moving SQL rebuilds nothing."""

import pytest
from tests.e2e.conftest import executed, steps

PLACE = "seeknal/transforms/by_region"
SQL = """\
/* ---
description: Revenue of each region
columns: {region: where, total: how much}
audits:
  - {type: unique, columns: [region]}
  - {type: between, column: total, min: 0, max: 25}
--- */

-- one row for each region
SELECT region, sum(amount) AS total
FROM ref('transform.enriched')
GROUP BY region;
"""


@pytest.fixture
def moved(sales):
    """The project that has run, with one of its nodes now in an .sql file."""
    (sales.path / f"{PLACE}.yml").unlink()
    sales.write({f"{PLACE}.sql": SQL.replace("max: 25", "max: 100")})
    return sales


def test_sql_that_moves_to_a_file_is_not_computed_again(moved):
    outcome = moved.run("run", "--format", "json")

    assert outcome.exit_code == 0
    assert steps(outcome)["transform.by_region"][1] == "audits changed"
    assert {id for id, (_, why) in steps(outcome).items() if "definition" in why} == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-- one row for each region", "-- a row each"),
        ("of each region", "by region"),
        ("total: how much", "total: in euros"),
        ("GROUP BY region;", "\n  GROUP BY region"),
    ],
)
def test_comments_docs_and_layout_rebuild_nothing(moved, old, new):
    moved.run("run").assert_ok()
    moved.write({f"{PLACE}.sql": SQL.replace("max: 25", "max: 100").replace(old, new)})

    outcome = moved.run("run", "--format", "json")

    assert executed(outcome) == set()


def test_changed_sql_runs(moved):
    moved.run("run").assert_ok()
    moved.write({f"{PLACE}.sql": SQL.replace("max: 25", "max: 100").replace("sum(", "min(")})

    outcome = moved.run("run", "--format", "json")

    assert executed(outcome) == {"transform.by_region"}
    assert sorted(moved.rows("transform.by_region")) == [("north", 5), ("south", 20)]


def test_a_failing_audit_is_told_at_its_line_of_the_file(moved):
    moved.write({f"{PLACE}.sql": SQL.replace("max: 25", "max: 12")})

    outcome = moved.run("run")

    assert outcome.exit_code == 1
    assert f"{PLACE}.sql:6:5" in outcome.stderr
    assert "   6 |   - {type: between" in outcome.stderr


def test_a_syntax_error_has_its_line_and_caret(moved):
    moved.write({f"{PLACE}.sql": SQL.replace("GROUP BY region;", "GROUP BI region;")})

    outcome = moved.run("validate")

    assert outcome.exit_code == 2
    assert f"{PLACE}.sql:12:7\n  12 | GROUP BI region;\n     |       ^^" in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("render", "by_region"), '"transform"."enriched"'),
        (("inspect", "by_region"), "north"),
        (("lineage", "by_region", "--format", "json"), "transform.enriched"),
        (("lineage", "by_region", "--column", "total"), "amount"),
        (("impact", "source.orders"), "transform.by_region"),
        (("list", "--select", f"file:{PLACE}.sql"), "transform.by_region"),
        (("plan",), "by_region"),
    ],
)
def test_every_command_knows_such_a_node(moved, arguments, words):
    moved.run("run").assert_ok()

    outcome = moved.run(*arguments)

    outcome.assert_ok()
    assert words in outcome.stdout


@pytest.mark.parametrize("file", [f"{PLACE}.sql", "seeknal/transforms/names.yml"])
def test_a_node_of_two_files_is_selected_by_either(moved, file):
    sql = SQL.partition("--- */\n")[2]
    named = "{kind: transform, name: regions, sql_file: by_region.sql}\n"
    moved.write({f"{PLACE}.sql": sql, "seeknal/transforms/names.yml": named})

    outcome = moved.run("list", "--select", f"file:{file}", "--format", "json").assert_ok()

    assert [entry["node"] for entry in outcome.json()] == ["transform.regions"]


def test_a_password_in_a_file_is_masked(moved):
    url = "https://me:hunter22222@example.com/x.csv"
    moved.write({f"{PLACE}.sql": f"SELECT hunter22222 AS x,\n  FROM read_csv('{url}') WHERE (\n"})

    outcome = moved.run("validate")

    assert outcome.exit_code == 2
    assert "hunter22222" not in outcome.stderr + outcome.stdout
