"""SQL in another dialect: a node gives that dialect's values, or says what it may not give."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.versions

ORDERS = "id,a,b,name,day\n1,7,2,x,2024-01-31\n2,-7,2,y,2023-12-31\n3,7,0,z,2024-02-29\n"
SOURCE = "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n"


def node(sql, dialect="postgres", **keys):
    said = "".join(f"{key}: {value}\n" for key, value in keys.items())
    lines = "\n".join(f"  {line}" for line in sql.split("\n"))
    return f"kind: transform\nname: t\ndialect: {dialect}\n{said}transform: |\n{lines}\n"


@pytest.fixture
def made(seeknal_project):
    return lambda sql, **more: seeknal_project(
        {"data/orders.csv": ORDERS, "seeknal/o.yml": SOURCE, "seeknal/t.yml": node(sql, **more)}
    )


def test_whole_numbers_are_divided_as_in_the_dialect(made):
    shop = made("SELECT id, a / 2 AS half, a % 2 AS rest FROM ref('source.orders')")

    shop.run("run").assert_ok()

    assert shop.rows("transform.t") == [(1, 3, 1), (2, -3, -1), (3, 3, 1)]


def test_an_error_of_the_dialect_is_one_here(made):
    shop = made("SELECT id, a / b AS q FROM ref('source.orders')")

    outcome = shop.run("run")

    assert outcome.exit_code == 1
    assert "division by zero" in outcome.stderr


@pytest.mark.parametrize("command", ["validate", "run"])
def test_what_may_mean_something_else_is_told_where_it_stands(made, command):
    shop = made("SELECT id,\n  upper(name) AS u\nFROM ref('source.orders') AS o")

    outcome = shop.run(command)

    assert outcome.exit_code != 0
    assert "SK0456" in outcome.stderr
    assert "which letters have another case" in outcome.stderr
    assert "seeknal/t.yml:6:5" in outcome.stderr


def test_what_the_dialects_own_parser_does_not_read_is_told_where_it_stands(made):
    shop = made("SELECT id,\n  list_filter([1], lambda x: x > 1) AS l\nFROM ref('source.orders')")

    checked = shop.run("validate")
    ran = shop.run("run")

    assert (checked.exit_code, ran.exit_code) == (2, 2)
    for outcome in (checked, ran):
        assert "SK0450" in outcome.stderr
        assert "(read as postgres)" in outcome.stderr
        assert "seeknal/t.yml:6:" in outcome.stderr


@pytest.mark.parametrize(
    ("sql", "parsed"),
    [("SELECT id, a / 2 AS half", False), ("SELECT id, a / 2 AS half, 'a\\\\b' AS t", True)],
)
def test_a_text_of_words_that_are_everywhere_the_same_is_parsed_when_it_is_checked(
    made, sql, parsed
):
    shop = made(f"{sql} FROM source.orders", dialect="mysql")
    listing = "import sys; from seeknal.cli import main; main(['list'])"

    listed = subprocess.run(
        [sys.executable, "-c", f"{listing}; print('parsed', 'sqlglot' in sys.modules)"],
        cwd=shop.path,
        capture_output=True,
        text=True,
        check=True,
    )
    checked = shop.run("validate")

    assert f"parsed {parsed}" in listed.stdout
    assert "a quotient or average of whole numbers and DECIMALs" in checked.stderr


def test_validate_tells_all_of_it(made):
    shop = made("SELECT max(name) AS m, avg(a) AS v, name::varchar(1) AS c FROM source.orders")

    outcome = shop.run("validate")

    assert outcome.stderr.count("SK0456") == 2
    assert "in the order of a database's language" in outcome.stderr
    assert "cuts texts" in outcome.stderr


@pytest.mark.parametrize("command", ["validate", "run", "plan"])
def test_all_that_is_refused_of_all_nodes_is_told_before_anything_runs(made, command):
    shop = made("SELECT lower(name) AS l, max(name) AS m FROM ref('source.orders')")
    other = node("SELECT name, count(*) AS n\nFROM ref('source.orders') GROUP BY 1", "mysql")
    shop.write({"seeknal/u.yml": other.replace("name: t", "name: u")})

    outcome = shop.run(command)

    assert outcome.exit_code == 2
    assert [f"seeknal/{place}" in outcome.stderr for place in PLACES] == [True] * 3
    assert outcome.stdout == ""


PLACES = ("t.yml:5:10", "t.yml:5:28", "u.yml:6:38")


def test_render_tells_all_that_is_refused(made):
    shop = made("SELECT lower(name) AS l, max(name) AS m FROM ref('source.orders')")

    outcome = shop.run("render", "transform.t")

    assert outcome.exit_code == 2
    assert outcome.stderr.count("SK0456") == 2


def test_a_result_without_a_name_is_called_as_in_the_dialect(made):
    shop = made("SELECT count(*) FROM ref('source.orders')")

    shop.run("run").assert_ok()

    assert shop.run("sql", "SELECT count FROM transform.t", "--format", "csv").stdout.split() == [
        "count",
        "3",
    ]


def test_a_view_in_another_dialect_gives_its_values(made):
    shop = made("SELECT id, a / 2 AS half FROM ref('source.orders')", materialized="view")

    shop.run("run").assert_ok()

    assert [row["half"] for row in shop.run("sql", "FROM t", "--format", "json").json()] == [
        *(3, -3, 3)
    ]


def test_the_dialect_may_be_that_of_the_whole_project(seeknal_project):
    shop = seeknal_project(
        {
            "seeknal_project.yml": "name: shop\ndefaults: {dialect: postgres}\n",
            "seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT 7 / 2 AS half\n",
        }
    )

    shop.run("run").assert_ok()

    assert shop.rows("transform.t") == [(3,)]


def test_a_dialect_of_which_only_the_syntax_is_known_warns(made):
    shop = made("SELECT id, if(a > 0, 1, 0) AS p FROM ref('source.orders')", dialect="trino")

    outcome = shop.run("validate")

    assert outcome.exit_code == 0
    assert "SK0457" in outcome.stderr
    assert "what of trino means something else in DuckDB" in outcome.stderr


def test_render_shows_what_is_executed(made):
    shop = made("SELECT id, a / 2 AS half FROM ref('source.orders')")

    outcome = shop.run("render", "t").assert_ok()

    assert '"a" // 2 AS "half"' in outcome.stdout
    assert '"source"."orders"' in outcome.stdout


def test_render_writes_what_gives_the_same_elsewhere(made):
    shop = made("SELECT id, a / 2 AS half FROM ref('source.orders')", dialect="duckdb")

    outcome = shop.run("render", "t", "--dialect", "postgres").assert_ok()

    assert outcome.stderr == ""
    assert 'CAST("orders"."a" AS DOUBLE PRECISION)' in outcome.stdout
    assert outcome.stdout.startswith("SELECT\n")


def test_render_lists_what_may_mean_something_else_with_its_place(made):
    shop = made("SELECT id,\n  a // b AS q\nFROM ref('source.orders')", dialect="duckdb")

    loose = shop.run("render", "t", "--dialect", "postgres")
    strict = shop.run("render", "t", "--dialect", "postgres", "--strict")

    assert (loose.exit_code, strict.exit_code) == (0, 1)
    assert "SK0486" in loose.stderr
    assert "IntDiv: by 0 it is NULL in some versions of DuckDB" in loose.stderr
    assert "seeknal/t.yml:6:5" in loose.stderr


def test_render_gives_a_node_in_its_own_dialect_as_it_was_written(made):
    shop = made("SELECT id, a / 2 AS half FROM ref('source.orders')")

    outcome = shop.run("render", "t", "--dialect", "postgres").assert_ok()

    assert "a / 2 AS half" in outcome.stdout


@pytest.mark.parametrize("above", ["", "engines:\n  dev: {engine: duckdb}\n  "])
def test_an_engine_that_nobody_provides_is_rendered_for_and_not_run_on(made, above):
    shop = made("SELECT id FROM ref('source.orders')", dialect="duckdb")
    prod = "prod: {engine: snowflake, account: acme, warehouse: w}\n"
    shop.write({"profiles.yml": f"{above}{prod}"})

    shop.run("validate").assert_ok()
    rendered = shop.run("render", "t", "--target", "prod").assert_ok()
    ran = shop.run("run", "--engine", "prod")

    assert rendered.stdout.startswith("SELECT")
    assert ran.exit_code == 2
    assert "runs on snowflake, which no installed plugin provides" in ran.stderr


def test_what_was_translated_by_other_rules_is_computed_again(made, monkeypatch):
    shop = made("SELECT id, a / 2 AS half FROM ref('source.orders')")
    shop.run("run").assert_ok()

    monkeypatch.setattr("seeknal.sql.translating.pairs.VERSION", 0)
    # Another version of seeknal reads all files again.
    sql = "SELECT id, a / 2 AS half FROM ref('source.orders')"
    shop.write({"seeknal/t.yml": node(sql, description="the same")})
    outcome = shop.run("plan").assert_ok()

    assert "definition changed" in outcome.stdout


ROWS = {
    "lateral": "SELECT o.id, l.n FROM ref('source.orders') AS o"
    " CROSS JOIN LATERAL (SELECT o.a * 10 AS n) AS l WHERE o.id < 3",
    "recursive": "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 3)"
    " SELECT o.id, n.v FROM ref('source.orders') AS o JOIN n ON n.v = o.id",
    "values": "SELECT o.id, t.label FROM ref('source.orders') AS o"
    " JOIN (VALUES (1, 'one'), (2, 'two')) AS t(id, label) ON t.id = o.id",
    "series": "SELECT o.id, g.n FROM ref('source.orders') AS o, generate_series(1, o.id) AS g(n)"
    " WHERE o.id < 3",
}


@pytest.mark.parametrize(
    ("form", "rows"),
    [
        ("lateral", [(1, 70), (2, -70)]),
        ("recursive", [(1, 1), (2, 2), (3, 3)]),
        ("values", [(1, "one"), (2, "two")]),
        ("series", [(1, 1), (2, 1), (2, 2)]),
    ],
)
def test_rows_that_stand_in_a_query_are_read_as_in_the_dialect(made, form, rows):
    shop = made(ROWS[form])

    shop.run("run").assert_ok()

    assert sorted(shop.rows("transform.t")) == rows


def test_a_pattern_that_fits_other_letters_is_told_by_its_name(made):
    shop = made(r"SELECT id, name ~ '\w' AS found FROM ref('source.orders')")

    outcome = shop.run("validate")

    assert "SK0456" in outcome.stderr
    assert r"\w is up to a language: write the letters, such as [0-9]" in outcome.stderr
