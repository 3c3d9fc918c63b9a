"""``engine: postgresql``: the same SQL in the database gives the same rows."""

import pytest

pytestmark = pytest.mark.inside

SEED = (
    "CREATE TABLE orders (id int PRIMARY KEY, day date, customer text, amount numeric(10,2));"
    "INSERT INTO orders SELECT i, date '2024-01-01' + i % 40, 'c' || i % 7, i * 1.25"
    " FROM generate_series(1, 500) AS s(i)"
)
SOURCES = """
kind: source
name: orders
source: postgresql
connection: pg
table: orders
---
kind: source
name: large
source: postgresql
connection: pg
query: SELECT * FROM orders WHERE amount > 100
---
kind: transform
name: daily
inputs: [{ref: source.orders}]
transform: SELECT day, sum(amount) AS amount FROM ref('source.orders') GROUP BY day
materializations: [{type: postgresql, connection: pg, table: out.daily}]
"""
QUERIES = {
    "joins and casts": """
        SELECT o.customer, count(*) AS n, sum(o.amount)::DECIMAL(18,2) AS total,
               max(d.amount)::DECIMAL(18,2) AS best
        FROM ref('source.orders') o JOIN ref('transform.daily') d ON d.day = o.day
        GROUP BY ALL
    """,
    "windows": """
        SELECT customer, day, rank() OVER (PARTITION BY customer ORDER BY day, id) AS place
        FROM ref('source.large') WHERE customer ILIKE 'C_' QUALIFY place <= 3
    """,
    "a pushed query and text": """
        SELECT upper(customer) || '-' || strftime(day, '%Y-%m') AS key, count(DISTINCT id) AS n
        FROM source.large GROUP BY 1
    """,
    "a common table": """
        WITH ranked AS (SELECT id, amount FROM ref('source.orders') ORDER BY amount DESC LIMIT 5)
        SELECT sum(amount)::DECIMAL(18,2) AS total FROM ranked
    """,
}


def node(name, query, engine):
    lines = "\n".join(f"  {line.strip()}" for line in query.strip().splitlines())
    inputs = "[{ref: source.orders}, {ref: source.large}, {ref: transform.daily}]"
    return (
        f"kind: transform\nname: {name}\ninputs: {inputs}\n"
        + (f"engine: {engine}\n" if engine else "")
        + f"transform: |\n{lines}\n"
    )


@pytest.mark.parametrize("query", QUERIES)
def test_the_same_node_gives_the_same_rows_in_both_engines(project, database, query):
    database.run(SEED)
    made = project(
        {
            "seeknal/sources.yml": SOURCES,
            "seeknal/here.yml": node("here", QUERIES[query], None),
            "seeknal/there.yml": node("there", QUERIES[query], "postgresql"),
        }
    )

    made.run("run").assert_ok()

    here, there = made.rows("transform.here"), made.rows("transform.there")
    assert sorted(there, key=repr) == sorted(here, key=repr)
    assert len(here) > 0


def test_its_inputs_are_read_where_they_are(project, database):
    database.run(SEED)
    made = project(
        {
            "seeknal/sources.yml": SOURCES,
            "seeknal/there.yml": node("there", QUERIES["joins and casts"], "postgres"),
        }
    )
    mark = database.log_mark()

    made.run("run").assert_ok()

    asked = [line for line in database.logged(mark).splitlines() if "COPY (SELECT" in line][-1]
    assert '"public"."orders"' in asked
    assert '"out"."daily"' in asked


def test_an_input_that_is_not_in_the_database_is_named(project, database):
    database.run(SEED)
    made = project(
        {
            "seeknal/sources.yml": SOURCES,
            "seeknal/n.yml": "kind: transform\nname: local\ntransform: SELECT 1 AS a\n---\n"
            "kind: transform\nname: there\nengine: postgresql\n"
            "inputs: [{ref: source.orders}, {ref: transform.local}]\n"
            "params: {connection: pg}\n"
            "transform: SELECT * FROM ref('source.orders'), ref('transform.local')\n",
        }
    )

    for command in ("validate", "run"):
        outcome = made.run(command)

        assert outcome.exit_code == 2
        assert "transform.local is not in the database of connection 'pg'" in outcome.stderr
        assert "seeknal/n.yml:8:38" in outcome.stderr


def test_an_input_that_is_appended_holds_other_rows_too(project):
    made = project(
        {
            "seeknal/sources.yml": SOURCES.replace("out.daily}", "out.daily, mode: append}"),
            "seeknal/n.yml": "kind: transform\nname: there\nengine: postgresql\n"
            "params: {connection: pg}\n"
            "transform: |\n  SELECT *\n  FROM ref('transform.daily')\n",
        }
    )

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "transform.daily is appended to out.daily of connection 'pg'" in outcome.stderr
    assert "deliver it there with another mode as well" in outcome.stderr
    assert "seeknal/n.yml:7:" in outcome.stderr


@pytest.mark.parametrize("inputs", ["", "inputs: [{ref: transform.local}]\n"])
def test_an_engine_without_a_database_is_told_before_a_run(project, inputs):
    made = project(
        {
            "seeknal/n.yml": "kind: transform\nname: local\ntransform: SELECT 1 AS a\n---\n"
            f"kind: transform\nname: there\nengine: postgresql\n{inputs}"
            "transform: SELECT 1 AS a\n",
        }
    )

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "SK1361" in outcome.stderr


def test_an_engine_that_nobody_provides_is_refused(project):
    made = project(
        {
            "seeknal/n.yml": node("n", "SELECT 1 AS a", "spark").replace(
                "inputs: [{ref: source.orders}, {ref: source.large}, {ref: transform.daily}]\n", ""
            )
        }
    )

    outcome = made.run("validate")

    assert "no installed plugin provides the engine 'spark'" in outcome.stdout + outcome.stderr


def test_an_environment_reads_what_it_did_not_change_where_production_keeps_it(project, database):
    with database.connect() as connection:
        connection.execute(SEED)
    totals = (
        "kind: transform\nname: totals\nengine: postgresql\nparams: {connection: pg}\n"
        "inputs: [{ref: transform.daily}]\n"
        "transform: SELECT FACTOR * count(*) AS n FROM ref('transform.daily')\n"
    )
    made = project({"seeknal/a.yml": SOURCES, "seeknal/t.yml": totals.replace("FACTOR", "1")})
    made.run("run").assert_ok()
    made.write({"seeknal/t.yml": totals.replace("FACTOR", "2")})

    made.run("run", "--env", "dev").assert_ok()

    (row,) = made.run("sql", "FROM totals", "--env", "dev", "--format", "json").json()
    assert row == {"n": 80}
    made.write({"seeknal/a.yml": SOURCES.replace("GROUP BY day", "WHERE id < 3 GROUP BY day")})
    made.run("run", "--env", "dev").assert_ok()
    (row,) = made.run("sql", "FROM totals", "--env", "dev", "--format", "json").json()
    assert row == {"n": 4}


def test_a_table_that_is_owed_newer_rows_is_not_read(project, database):
    database.run(SEED)
    totals = (
        "kind: transform\nname: totals\nengine: postgresql\nparams: {connection: pg}\n"
        "transform: SELECT count(*) AS n FROM ref('transform.daily')\n"
    )
    made = project({"seeknal/a.yml": SOURCES, "seeknal/t.yml": totals})
    made.run("run").assert_ok()
    database.run("ALTER TABLE out.daily RENAME TO kept; CREATE VIEW out.daily AS TABLE out.kept")
    database.run("DELETE FROM orders WHERE id > 2")

    failed = made.run("run")
    database.run("DROP VIEW out.daily")
    made.run("run").assert_ok()

    (row,) = made.run("sql", "FROM totals", "--format", "json").json()
    assert (failed.exit_code, "SK0718" in failed.stderr) == (1, True)
    assert row == {"n": 2}


COLUMNS = """
kind: transform
name: there
engine: postgresql
params: {connection: pg}
transform: |
  SELECT amount,
    nocol
  FROM ref('INPUT')
"""


def test_a_column_that_no_input_has_is_told_before_a_run(project):
    made = project(
        {
            "seeknal/m.yml": "kind: transform\nname: m\ntransform: SELECT 1 AS id, 2 AS amount\n"
            "materializations: [{type: postgresql, connection: pg, table: out.m}]\n",
            "seeknal/n.yml": COLUMNS.replace("INPUT", "transform.m"),
        }
    )

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert 'Referenced column "nocol" not found in FROM clause' in outcome.stderr
    assert "help: columns: id, amount" in outcome.stderr
    assert "seeknal/n.yml:7:5" in outcome.stderr


def test_a_column_that_an_input_did_not_have_in_the_last_run_is_told(project, database):
    database.run(SEED)
    made = project({"seeknal/sources.yml": SOURCES})
    made.run("run").assert_ok()
    made.write({"seeknal/n.yml": COLUMNS.replace("INPUT", "source.orders")})

    outcome = made.run("validate")

    assert 'Referenced column "nocol" not found in FROM clause' in outcome.stderr
    assert "seeknal/n.yml:7:5" in outcome.stderr


@pytest.mark.parametrize(
    ("dialect", "line", "why"),
    [
        ("postgres", 8, 'column "nocol" does not exist'),
        ("duckdb", 8, "no table has a column 'nocol'"),
    ],
)
def test_a_column_that_is_not_known_before_a_run_has_its_place_in_it(
    project, database, dialect, line, why
):
    database.run(SEED)
    text = COLUMNS.replace("INPUT", "source.orders")
    text = text.replace("params:", f"dialect: {dialect}\nparams:")
    made = project({"seeknal/sources.yml": SOURCES, "seeknal/n.yml": text})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert why in outcome.stderr
    assert f"seeknal/n.yml:{line}:5" in outcome.stderr


def test_sql_that_may_mean_something_else_there_is_refused_at_its_place(project, database):
    database.run(SEED)
    made = project(
        {
            "seeknal/sources.yml": SOURCES,
            "seeknal/n.yml": "kind: transform\nname: there\nengine: postgresql\n"
            "params: {connection: pg}\n"
            "transform: |\n  SELECT id,\n    amount // id AS q\n  FROM ref('source.orders')\n",
        }
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "SK1364" in outcome.stderr
    assert "of decimal, whole gives there is not known" in outcome.stderr
    assert "seeknal/n.yml:7:5" in outcome.stderr
    assert "dialect: postgres runs PostgreSQL's own SQL" in outcome.stderr


def test_all_that_may_mean_something_else_there_is_told_at_its_place(project, database):
    database.run(SEED)
    node = "/* ---\nengine: postgresql\nparams: {connection: pg}\n--- */\n"
    query = "SELECT id, amount // id AS q, parse_path('a/b') AS f FROM ref('source.orders')"
    made = project({"seeknal/sources.yml": SOURCES, "seeknal/there.sql": f"{node}{query}\n"})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert f"seeknal/there.sql:5:{query.index('amount') + 1}" in outcome.stderr
    assert f"seeknal/there.sql:5:{query.index('parse_path') + 1}: what parse_path('a/b')" in (
        outcome.stderr
    )


def test_what_may_mean_something_else_there_is_told_before_a_run(project, database):
    database.run(SEED)
    made = project({"seeknal/sources.yml": SOURCES})
    made.run("run").assert_ok()
    node = "kind: transform\nname: there\nengine: postgresql\nparams: {connection: pg}\n"
    made.write({"seeknal/n.yml": f"{node}transform: SELECT amount // id AS q FROM source.orders\n"})

    outcome = made.run("validate")

    assert "seeknal/n.yml:5:19" in outcome.stderr
    assert "amount // id of decimal, whole gives there is not known" in outcome.stderr


ONLY_THERE = {
    "a system column": "SELECT o.ctid::text AS place, tableoid::text AS t FROM source.orders o",
    "the database's own name": "SELECT n.count FROM (SELECT count(*) FROM source.orders) n",
    "the database's own function": "SELECT to_char(day, 'YYYY') AS y FROM source.orders",
    "its own table": "SELECT relname::text AS name FROM pg_catalog.pg_class, source.orders",
    "a series": "SELECT g FROM source.orders, generate_series(1, 2) AS g",
    "values": "SELECT column1 FROM source.orders, (VALUES (1)) AS v",
    "the user": "SELECT session_user::text AS u, current_catalog::text AS c FROM source.orders",
    "a row": "SELECT (o).id, row_to_json(o)::text AS j FROM source.orders o",
}


@pytest.mark.parametrize("query", ONLY_THERE)
def test_what_only_the_database_knows_is_no_mistake(project, database, query):
    database.run(SEED)
    made = project({"seeknal/sources.yml": SOURCES})
    made.run("run").assert_ok()
    node = "kind: transform\nname: there\nengine: postgresql\nparams: {connection: pg}\n"
    node += "dialect: postgres\n"
    made.write({"seeknal/n.yml": f"{node}transform: |\n  {ONLY_THERE[query]}\n"})

    outcome = made.run("validate")

    assert outcome.stderr == ""
    assert "no problems" in outcome.stdout
    made.run("run").assert_ok()
