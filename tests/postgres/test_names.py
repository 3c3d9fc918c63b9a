"""Names that are longer than PostgreSQL keeps are refused, wherever they stand."""

import re

import pytest

LONG, FITS = "x" * 64, "y" * 63
WIDE = "ż" * 32
"""64 bytes in 32 letters."""


def transform(select, table="public.t", more=""):
    return (
        f"kind: transform\nname: t\ntransform: |\n  {select}\nmaterializations:\n"
        f"  - {{type: postgresql, connection: pg, table: '{table}'{more}}}\n"
    )


def source(what):
    return f"kind: source\nname: s\nsource: postgresql\nconnection: pg\n{what}\n"


BEFORE = {
    "a table": transform("SELECT 1 AS a", LONG),
    "a table of wide letters": transform("SELECT 1 AS a", WIDE),
    "a schema": transform("SELECT 1 AS a", f"{LONG}.t"),
    "the node's own name": transform("SELECT 1 AS a")
    .replace("name: t", f"name: {LONG}")
    .replace(", table: 'public.t'", ""),
    "a column": transform(f'SELECT 1 AS "{LONG}"'),
    "a column without quotes": transform(f"SELECT 1 AS {LONG}"),
    "a column of wide letters": transform(f'SELECT 1 AS "{WIDE}"'),
    "a declared column": transform(f"SELECT * FROM (SELECT 1 AS {LONG})").replace(
        "transform:", f"columns: {{{LONG}: INTEGER}}\ntransform:", 1
    ),
    "a source's table": source(f"table: public.{LONG}"),
    "a source's schema": source(f"table: {LONG}.t"),
    "an alias in a query": source(f"query: SELECT 1 AS {LONG}"),
    "a table in a query": source(f'query: SELECT 1 AS a FROM "{WIDE}"'),
    "a version query": source(f"table: public.t\nversion_query: SELECT 1 AS {LONG}"),
}


def test_a_name_that_would_be_cut_off_is_refused_before_anything_runs(project, database):
    files = {}
    for number, text in enumerate(BEFORE.values()):
        name = LONG if LONG in text.partition("\n")[2].partition("\n")[0] else f"n{number}"
        files[f"seeknal/n{number}.yml"] = re.sub(r"name: \w+", f"name: {name}", text, count=1)
    made = project(files)
    mark = database.log_mark()

    outcome = made.run("run")

    assert outcome.exit_code == 2
    found = outcome.stderr.split("error[SK1321]")
    missing = [
        case
        for number, case in enumerate(BEFORE)
        if not any(f"n{number}.yml:" in each and "has 64 bytes" in each for each in found)
    ]
    assert missing == []
    assert database.name not in database.logged(mark)


@pytest.mark.parametrize("mode", ["full", "append", "upsert_by_key, unique_keys: [a]"])
def test_a_column_that_only_the_rows_name_is_refused_before_the_table_is_touched(
    project, database, mode
):
    select = f"SELECT * FROM (SELECT 1 AS a, 2 AS {LONG})"
    made = project({"seeknal/t.yml": transform(select, more=f", mode: {mode}")})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert f"column '{LONG}' has 64 bytes" in outcome.stderr
    assert database.value("SELECT to_regclass('public.t')") is None


def test_a_templated_name_is_refused_when_it_is_filled_in(project, database):
    made = project(
        {
            "seeknal_project.yml": f"name: t\nvars: {{name: {LONG}}}\n",
            "seeknal/t.yml": source("query: SELECT 1 AS {{ var('name') }}"),
        }
    )

    outcome = made.run("run")

    assert outcome.exit_code != 0
    assert "has 64 bytes" in outcome.stderr


def test_names_as_long_as_they_may_be_work_both_ways(project, database):
    database.run(f'CREATE SCHEMA "{FITS}"; CREATE TABLE "{FITS}"."{FITS}" AS SELECT 1 AS "{FITS}"')
    node = f"materializations: [{{type: postgresql, connection: pg, table: {FITS}.copy}}]"
    made = project({"seeknal/s.yml": source(f"table: {FITS}.{FITS}\n{node}")})

    made.run("run").assert_ok()

    assert database.rows(f'SELECT "{FITS}" FROM "{FITS}".copy') == [(1,)]


def test_text_of_any_length_is_no_name(project, database):
    query = f"query: SELECT '{LONG}' AS a, $${LONG}$$ AS b -- {LONG}"
    made = project({"seeknal/s.yml": source(query)})

    made.run("run").assert_ok()

    assert made.rows("source.s") == [(LONG, LONG)]


@pytest.mark.parametrize("suffix", ["schema", "table"])
def test_a_name_that_an_environment_makes_too_long_is_refused(project, database, suffix):
    table = f"{'s' * 60}.{'t' * 60}"
    made = project(
        {
            "seeknal_project.yml": f"name: t\nenvironments: {{suffix: {suffix}}}\n",
            "seeknal/t.yml": transform("SELECT 1 AS a", table),
        }
    )
    made.run("run").assert_ok()

    outcome = made.run("env", "plan", "development")

    assert outcome.exit_code != 0
    assert "is longer than the 63 bytes that a name may have" in outcome.stderr + outcome.stdout


def test_the_schema_of_deliveries_may_not_be_too_long_either(project, database):
    made = project(
        {
            "profiles.yml": database.profile + f"    delivery_schema: {LONG}\n",
            "seeknal/t.yml": transform("SELECT 1 AS a"),
        }
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert f"schema '{LONG}' has 64 bytes" in outcome.stderr
