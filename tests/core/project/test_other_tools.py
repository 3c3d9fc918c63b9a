"""SQL as seeknal 2.x and dbt write it: it works, or the problem names what to write here."""

import pytest

pytestmark = pytest.mark.inside

SOURCE = "kind: source\nname: raw_orders\nsource: csv\ntable: raw.csv\n"


@pytest.fixture
def project(seeknal_project):
    """A project with one source, and a transform of the given SQL."""

    def make(sql, more=""):
        body = "".join(f"  {line}\n" for line in sql.splitlines())
        node = f"kind: transform\nname: t\n{more}sql: |\n{body}"
        return seeknal_project(
            {"raw.csv": "id,status\n1,a\n2,b\n", "seeknal/s.yml": SOURCE, "seeknal/t.yml": node}
        )

    return make


def problems(made):
    return made.run("validate", "--format", "json").json()["problems"]


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT * FROM "source.raw_orders"',
        'SELECT "source.raw_orders".id, status FROM "source.raw_orders"',
        'SELECT o.* FROM "SOURCE.raw_orders" AS o',
        'WITH a AS (FROM "source.raw_orders") SELECT * FROM a',
    ],
)
@pytest.mark.parametrize("more", ["", "inputs: [{ref: source.raw_orders}]\n"])
def test_a_node_in_quotes_as_one_name_is_that_node(project, sql, more):
    made = project(sql, more)

    made.run("run").assert_ok()

    assert problems(made) == []
    assert sorted(made.rows("transform.t")) == [(1, "a"), (2, "b")]


def test_a_quoted_name_of_no_node_is_told_from_a_column(project):
    (problem,) = problems(project('SELECT 1 AS "source.x" FROM "source.raw_ordes"'))

    assert problem["code"] == "SK0310"
    assert problem["message"] == "source.raw_ordes names no node"
    assert problem["help"] == "did you mean source.raw_orders?"


def test_the_alias_of_a_common_table_may_hold_a_dot(project):
    made = project('WITH "source.raw_orders" AS (SELECT 7 AS x) SELECT * FROM "source.raw_orders"')

    made.run("run").assert_ok()

    assert made.rows("transform.t") == [(7,)]


@pytest.mark.parametrize(
    ("sql", "line", "help"),
    [
        ("SELECT *\nFROM {{ source('raw', 'raw_orders') }}", 5, "ref('source.raw_orders')"),
        ('SELECT * FROM {{ source("raw", "raw_orders") }}', 4, "ref('source.raw_orders')"),
        ("SELECT * FROM source('raw', 'raw_orders')", 4, "ref('source.raw_orders')"),
        ("{{ config(materialized='view') }}\nSELECT 1 AS a", 4, "materialized: view"),
        ("config(materialized='view')\nSELECT 1 AS a", 4, "materialized: view"),
        ("SELECT 1 AS a WHERE is_incremental()", 4, "materialized: incremental"),
        (
            "SELECT 1 AS a\n{% if is_incremental() %} WHERE true {% endif %}",
            5,
            "materialized: incremental and unique_keys",
        ),
        ("SELECT max(id) FROM {{ this }}", 4, "{% if is_incremental() %}"),
        ("SELECT max(id) FROM {{ this.schema }}.x", 4, "{% if is_incremental() %}"),
        ("SELECT max(id) FROM this", 4, "{% if is_incremental() %}"),
        ("SELECT '{{ target.name }}' AS a", 4, "seeknal apply ENV"),
        ("{% set x = run_query('SELECT 1') %}SELECT 1 AS a", 4, "ctx.duckdb.sql"),
        ("SELECT {{ dbt_utils.star(ref('raw_orders')) }}", 4, "seeknal/macros/"),
        ("SELECT '{{ doc('x') }}' AS a", 4, "description:"),
        ("{% snapshot x %}SELECT 1 AS a{% endsnapshot %}", 4, "kind: snapshot"),
        ("{% test x(model) %}SELECT 1 AS a{% endtest %}", 4, "audits:"),
        ("MODEL (name shop.t, kind FULL);\nSELECT 1 AS a", 4, "name: t"),
    ],
)
def test_a_word_of_another_tool_is_answered_with_ours_at_its_line(project, sql, line, help):
    found = problems(project(sql))

    assert [entry["line"] for entry in found] == [line]
    assert help in found[0]["help"]


def test_a_macro_of_the_projects_own_may_have_such_a_name(project):
    made = project("SELECT {{ config('a') }} AS a")
    made.write({"seeknal/macros/m.sql": "{% macro config(x) %}'{{ x }}'{% endmacro %}"})

    made.run("run").assert_ok()

    assert made.rows("transform.t") == [("a",)]


@pytest.mark.parametrize(
    "sql",
    [
        "WITH this AS (SELECT 1 AS source, 2 AS config) SELECT source, config FROM this",
        "WITH config(x, y) AS (SELECT 1, 2) SELECT * FROM config",
        "SELECT source.* FROM (SELECT 1 AS x, 2 AS y) AS source",
        "SELECT config.* FROM (VALUES (1, 2)) AS config(x, y)",
    ],
)
def test_columns_and_tables_may_have_such_names(project, sql):
    made = project(sql)

    made.run("run").assert_ok()

    assert made.rows("transform.t") == [(1, 2)]
