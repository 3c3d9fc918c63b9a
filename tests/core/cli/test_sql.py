"""``sql``: what can be asked, how it is answered, what is refused."""

import json
import subprocess
import sys
from subprocess import PIPE

import duckdb
import pytest
from tests.terminal import Terminal

pytestmark = pytest.mark.versions


def rows(outcome):
    return outcome.assert_ok().json()


def test_columns_of_one_name_are_all_in_json(shop):
    query = "SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a"

    outcome = shop.run("sql", query, "--format", "json").assert_ok()

    assert outcome.json() == [{"a": 1, "a_2": 2, "a_1": 3, "a_3": 4}]


def test_a_long_value_is_whole_in_a_pipe(shop):
    outcome = shop.run("sql", "SELECT repeat('x', 200) AS long").assert_ok()

    assert outcome.stdout.splitlines()[2] == "x" * 200


def test_a_node_is_a_table_of_its_kind(shop):
    outcome = shop.run("sql", "SELECT * FROM transform.big_orders ORDER BY id", "--format", "json")

    assert rows(outcome) == [
        {"id": 1, "customer": "a", "amount": 10},
        {"id": 2, "customer": "b", "amount": 20},
    ]


def test_a_name_that_one_node_has_stands_alone(shop):
    assert rows(shop.run("sql", "SELECT count(*) AS n FROM orders", "--format", "json")) == [
        {"n": 3}
    ]


def test_a_table_is_aligned_and_shows_times_without_a_time_zone_package(shop):
    outcome = shop.run("sql", "SELECT * FROM by_customer ORDER BY customer").assert_ok()

    assert outcome.stdout == (
        "customer  total  at\n"
        "--------  -----  ----------------------\n"
        "a            15  2026-01-01 00:00:00+00\n"
        "b            20  2026-01-01 00:00:00+00\n"
    )


def test_csv_keeps_duckdbs_spelling_of_values(shop):
    query = "SELECT true AS b, NULL AS n, [1, 2] AS l, DATE '2026-01-02' AS d, 1.50 AS x"

    outcome = shop.run("sql", query, "--format", "csv").assert_ok()

    assert outcome.stdout == 'b,n,l,d,x\ntrue,,"[1, 2]",2026-01-02,1.50\n'


def test_json_keeps_numbers_lists_and_structs(shop):
    query = "SELECT 1 AS i, 2.5 AS d, [1] AS l, {'a': NULL} AS s, 'nan'::DOUBLE AS n, 'ü' AS t"

    outcome = shop.run("sql", query, "--format", "json")

    assert rows(outcome) == [{"i": 1, "d": 2.5, "l": [1], "s": {"a": None}, "n": None, "t": "ü"}]


def test_no_rows_are_an_empty_list(shop):
    assert rows(shop.run("sql", "SELECT 1 WHERE false", "--format", "json")) == []


def test_order_and_duplicate_column_names_survive(shop):
    query = "SELECT id AS a, customer AS a FROM orders ORDER BY id DESC -- newest first"

    outcome = shop.run("sql", query, "--format", "csv").assert_ok()

    assert outcome.stdout == "a,a\n3,a\n2,b\n1,a\n"


def test_a_table_stops_at_a_hundred_rows_and_says_so(shop):
    short = shop.run("sql", "FROM range(150)").assert_ok()
    full = shop.run("sql", "FROM range(150)", "--limit", "0").assert_ok()
    cut = shop.run("sql", "FROM range(150)", "--limit", "2", "--format", "csv").assert_ok()

    assert len(short.stdout.splitlines()) == 102
    assert "the first 100 rows are shown" in short.stderr
    assert len(full.stdout.splitlines()) == 152
    assert full.stderr == ""
    assert cut.stdout == "range\n0\n1\n"


def test_parquet_is_written_to_a_file(shop):
    out = shop.path / "x.parquet"

    shop.run("sql", "FROM orders", "--format", "parquet", "--output", str(out)).assert_ok()

    assert duckdb.sql(f"SELECT count(*) FROM '{out}'").fetchall() == [(3,)]
    assert list(shop.path.glob(".*tmp*")) == []


@pytest.mark.parametrize(
    ("name", "begins"), [("x.json", b"[\n  {"), ("x.CSV", b"id,"), ("x.parquet", b"PAR1")]
)
def test_a_file_is_of_the_format_that_its_name_says(shop, name, begins):
    shop.run("sql", "FROM orders", "--output", name).assert_ok()

    assert (shop.path / name).read_bytes().startswith(begins)


def test_a_format_that_is_named_is_that_of_the_file(shop):
    shop.run("sql", "FROM orders", "--output", "x.json", "--format", "csv").assert_ok()
    shop.run("sql", "FROM orders", "--output", "x.txt").assert_ok()

    assert (shop.path / "x.json").read_text().startswith("id,")
    assert (shop.path / "x.txt").read_text().startswith("id  ")


def test_parquet_without_a_file_is_a_usage_error(shop):
    outcome = shop.run("sql", "FROM orders", "--format", "parquet")

    assert outcome.exit_code == 2
    assert "--output" in outcome.stderr


@pytest.mark.parametrize("format_", ["csv", "json", "table"])
def test_text_can_be_written_to_a_file(shop, format_):
    out = shop.path / "answer"

    outcome = shop.run("sql", "SELECT 7 AS n", "--format", format_, "-o", str(out)).assert_ok()

    assert outcome.stdout == ""
    assert "7" in out.read_text()


def test_the_query_may_come_from_stdin(shop, monkeypatch):
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT 1 AS n"))

    assert rows(shop.run("sql", "-", "--format", "json")) == [{"n": 1}]


@pytest.mark.parametrize(
    "query",
    [
        "EXPLAIN SELECT * FROM orders",
        "EXPLAIN ANALYZE SELECT * FROM orders",
        "DESCRIBE transform.by_customer",
        "DESCRIBE SELECT 1",
        "SHOW TABLES",
        "SHOW ALL TABLES",
        'SUMMARIZE "source"."orders"',
        "VALUES (1)",
        "WITH a AS (SELECT 1 AS x) FROM a;",
    ],
)
def test_statements_that_only_read_are_answered(shop, query):
    assert shop.run("sql", query).assert_ok().stdout


@pytest.mark.parametrize(
    "query",
    [
        "CREATE TABLE x AS SELECT 1",
        "DROP VIEW transform.by_customer",
        "INSERT INTO source.orders VALUES (1)",
        "EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1",
        "COPY (SELECT 1) TO 'x.csv'",
        "ATTACH 'x.db'",
        "SET memory_limit = '1GB'",
        "PRAGMA version",
        "CALL pragma_version()",
        "INSTALL httpfs",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP VIEW orders",
        "SELECT * FROM read_csv('data/orders.csv')",
        "SELECT * FROM 'data/orders.csv'",
        "DESCRIBE SELECT * FROM 'data/orders.csv'",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM glob('/*')",
        "SELECT getenv('HOME')",
        "",
    ],
)
def test_everything_else_is_refused(shop, query):
    outcome = shop.run("sql", query)

    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert "error[SK0480]" in outcome.stderr
    assert not (shop.path / "x.csv").exists()


def test_files_can_be_allowed(shop):
    query = f"SELECT count(*) AS n FROM read_csv('{shop.path}/data/orders.csv')"

    assert rows(shop.run("sql", query, "--allow-files", "--format", "json")) == [{"n": 3}]


def test_views_are_locked_even_when_a_check_is_passed(shop):
    from seeknal.query.database import open_views

    with open_views(shop.path) as views:
        statements = (
            "SELECT * FROM read_csv('data/orders.csv')",
            "SET memory_limit = '1GB'",
            f"COPY (SELECT 1) TO '{shop.path}/x.csv'",
        )
        for statement in statements:
            with pytest.raises(duckdb.Error):
                views.execute(statement).fetchall()

    assert not (shop.path / "x.csv").exists()


def test_a_wrong_query_keeps_duckdbs_words(shop):
    unknown = shop.run("sql", "SELECT * FROM by_custmer")
    syntax = shop.run("sql", "SELEC 1")
    failing = shop.run("sql", "SELECT 'x'::INTEGER")

    assert (unknown.exit_code, syntax.exit_code, failing.exit_code) == (2, 2, 1)
    assert "by_customer" in unknown.stderr
    assert "^" in syntax.stderr
    assert "error[SK0482]" in failing.stderr


def test_the_history_can_be_queried(shop):
    query = "SELECT node, status, rows FROM seeknal_history WHERE node LIKE 'transform%'"

    found = rows(shop.run("sql", f"{query} ORDER BY node", "--format", "json"))

    assert found == [
        {"node": "transform.big_orders", "status": "success", "rows": 2},
        {"node": "transform.by_customer", "status": "success", "rows": 2},
    ]


def test_the_history_of_a_project_that_never_ran_is_empty(fresh):
    found = rows(fresh.run("sql", "SELECT count(*) AS n FROM seeknal_history", "--format", "json"))

    assert found == [{"n": 0}]


def test_an_environment_that_is_not_there_is_named(shop):
    outcome = shop.run("sql", "SELECT 1", "--env", "dev")

    assert outcome.exit_code == 2
    assert "no environment 'dev'" in outcome.stderr
    assert "prod" in outcome.stderr


def test_a_name_that_two_nodes_have_is_no_table(shop):
    shop.write(
        {
            "seeknal/transforms/orders.yml": (
                "kind: transform\nname: orders\ninputs: [{ref: source.orders}]\n"
                "sql: SELECT id FROM ref('source.orders')\n"
            )
        }
    )
    shop.run("run").assert_ok()

    outcome = shop.run("sql", "SELECT * FROM orders")

    assert outcome.exit_code == 2
    assert "source.orders" in outcome.stderr


def test_a_view_is_read_through(shop):
    shop.write(
        {
            "seeknal/transforms/seen.yml": (
                "kind: transform\nname: seen\nmaterialized: view\n"
                "inputs: [{ref: transform.big_orders}]\n"
                "sql: SELECT id + 100 AS id FROM ref('transform.big_orders')\n"
            )
        }
    )
    shop.run("run").assert_ok()

    found = rows(shop.run("sql", "SELECT id FROM seen ORDER BY id", "--format", "json"))

    assert found == [{"id": 101}, {"id": 102}]


def test_views_can_be_kept_in_a_file_for_other_tools(shop):
    file = shop.path / "views.duckdb"

    shop.run("sql", "SELECT 1", "--db", str(file)).assert_ok()

    with duckdb.connect(str(file), read_only=True) as other:
        assert other.execute("SELECT count(*) FROM source.orders").fetchall() == [(3,)]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.db", b"some notes that are no database\n", "it is no DuckDB database"),
        ("empty.db", b"", "it is no DuckDB database"),
        ("target/run_state.json", None, "DuckDB takes a .json file for a table"),
        ("new.csv", None, "DuckDB takes a .csv file for a table"),
        ("missing/views.duckdb", None, "there is no folder missing"),
        ("seeknal", None, "it is a folder"),
        (":memory:", None, "a database in memory is kept nowhere"),
    ],
)
def test_a_file_that_cannot_keep_views_is_refused(shop, name, content, reason):
    if content is not None:
        (shop.path / name).write_bytes(content)

    outcome = shop.run("sql", "SELECT 1", "--db", name)

    assert outcome.exit_code == 2
    assert f"error[SK0487]: views cannot be kept in {name}: {reason}" in outcome.stderr
    assert "help: name a DuckDB database" in outcome.stderr
    assert content is None or (shop.path / name).read_bytes() == content


def test_a_database_that_is_open_elsewhere_is_told_with_the_process(shop):
    holding = "import duckdb; kept = duckdb.connect('views.duckdb'); print(1, flush=True); input()"

    with subprocess.Popen(
        [sys.executable, "-c", holding], cwd=shop.path, stdin=PIPE, stdout=PIPE
    ) as other:
        other.stdout.readline()
        outcome = shop.run("sql", "SELECT 1", "--db", "views.duckdb")
        other.communicate(b"\n")

    assert outcome.exit_code == 2
    assert "error[SK0487]" in outcome.stderr
    assert "another process has it open: " in outcome.stderr
    assert f"(PID {other.pid})" in outcome.stderr


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("CREATE TABLE orders AS SELECT 7 AS mine", "table orders"),
        ("CREATE VIEW Orders AS SELECT 7 AS mine", "view Orders"),
        (
            "CREATE SCHEMA source; CREATE VIEW source.orders AS SELECT 7 AS mine",
            "view source.orders",
        ),
        ("CREATE TABLE seeknal_catalog AS SELECT 7 AS mine", "table seeknal_catalog"),
    ],
)
def test_what_is_of_ones_own_in_a_database_is_never_replaced(shop, made, told):
    file = shop.path / "views.duckdb"
    with duckdb.connect(str(file)) as own:
        own.execute(made)

    outcome = shop.run("sql", "SELECT 1", "--db", "views.duckdb")

    assert outcome.exit_code == 2
    assert f"error[SK0488]: the database has a {told} of its own" in outcome.stderr
    with duckdb.connect(str(file), read_only=True) as own:
        assert own.execute(f"SELECT mine FROM {told.split()[1]}").fetchall() == [(7,)]
        assert own.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall() == [
            ("VIEW" in made,)
        ]


def test_views_that_could_not_all_be_made_are_in_nobodys_way_the_next_time(shop):
    damaged = shop.path / "target/history/damaged.parquet"
    damaged.write_text("no rows")
    early = shop.run("sql", "SELECT 1", "--db", "views.duckdb")
    damaged.unlink()

    outcome = shop.run("sql", "SELECT count(*) AS n FROM orders", "--db", "views.duckdb")

    assert early.exit_code != 0
    assert outcome.assert_ok()


def test_a_database_called_as_a_kind_is_refused(shop):
    outcome = shop.run("sql", "SELECT 1", "--db", "source.duckdb")

    assert outcome.exit_code == 2
    assert "error[SK0488]" in outcome.stderr
    assert "give source.duckdb another name" in outcome.stderr
    assert not (shop.path / "source.duckdb").exists()


def test_sql_answers_are_valid_json_however_odd_the_names(shop):
    query = 'SELECT 1 AS "a ""b"" c", 2 AS "ü\\n"'

    outcome = shop.run("sql", query, "--format", "json").assert_ok()

    assert json.loads(outcome.stdout) == [{'a "b" c': 1, "ü\\n": 2}]


def many(count):
    nodes = "\n---\n".join(
        f"kind: transform\nname: n{number}\nsql: SELECT {number} AS a" for number in range(count)
    )
    view = (
        "kind: transform\nname: through\nmaterialized: view\ninputs: [{ref: transform.n1}]\n"
        "sql: SELECT a + 1 AS a FROM ref('transform.n1')"
    )
    return {"seeknal_project.yml": "name: many\n", "seeknal/n.yml": f"{nodes}\n---\n{view}\n"}


def test_only_the_views_that_a_query_may_mean_are_opened(seeknal_project):
    from seeknal.query.database import open_views

    project = seeknal_project(many(120))
    project.run("run").assert_ok()
    count = "SELECT count(*) FROM duckdb_views() WHERE schema_name = 'transform'"

    opened = {}
    for about in ("FROM n119", "FROM through", "SHOW TABLES"):
        with open_views(project.path, about=about) as views:
            opened[about] = views.execute(count).fetchall()[0][0]

    # n1, n11 and n119 are all in the text; a view brings what it reads.
    assert opened == {"FROM n119": 3, "FROM through": 2, "SHOW TABLES": 121}
    assert rows(project.run("sql", "FROM through", "--format", "json")) == [{"a": 2}]


def test_views_are_read_while_the_files_are_broken(seeknal_project):
    project = seeknal_project(many(3))
    project.run("run").assert_ok()
    project.write({"seeknal/broken.yml": "kind: [\n"})

    stored = project.run("sql", "FROM n1", "--format", "json")
    view = project.run("sql", "FROM through", "--format", "json")

    assert rows(stored) == [{"a": 1}]
    assert rows(view) == [{"a": 2}]


def test_parquet_can_be_limited(shop):
    out = shop.path / "one.parquet"

    shop.run("sql", "FROM orders", "--format", "parquet", "-o", str(out), "--limit", "1")

    assert duckdb.sql(f"SELECT count(*) FROM '{out}'").fetchall() == [(1,)]


def test_an_explanation_can_be_json(shop):
    outcome = shop.run("sql", "EXPLAIN FROM orders", "--format", "json").assert_ok()

    assert outcome.json()[0]["explain_value"]


def test_the_history_is_short_at_first_and_full_by_its_name(shop):
    short = rows(shop.run("sql", "SELECT * FROM seeknal_history", "--format", "json"))
    full = rows(shop.run("sql", "SELECT * FROM seeknal_history_full", "--format", "json"))

    assert len(short) == len(full) == 5
    assert list(short[0]) == [
        "finished_at",
        "environment",
        "node",
        "status",
        "reason",
        "rows",
        "seconds",
        "error",
    ]
    assert set(short[0]) < set(full[0])
    assert "phases" in full[0]
    times = [row["finished_at"] for row in short]
    assert times == sorted(times, reverse=True)


def test_who_asks_the_short_history_for_more_is_told_of_the_full_one(shop):
    outcome = shop.run("sql", "SELECT phases FROM seeknal_history")

    assert outcome.exit_code == 2
    assert "help: seeknal_history_full has every column" in outcome.stderr


def test_the_history_fits_a_terminal(shop):
    with Terminal(shop.path, "sql", "SELECT * FROM seeknal_history", columns=120) as wide:
        assert wide.end() == 0
    with Terminal(shop.path, "sql", "SELECT * FROM seeknal_history", columns=60) as narrow:
        assert narrow.end() == 0

    assert max(map(len, wide.lines)) <= 120
    assert wide.lines[0].split()[:2] == ["finished_at", "environment"]
    assert max(map(len, narrow.lines)) <= 60
    assert narrow.lines[0].startswith("-[ 1 ]---")
    assert "node         source.orders" in narrow.lines


def test_a_wide_table_in_a_pipe_is_one_line_a_row(shop):
    names = ", ".join(f"{number} AS column_{number}" for number in range(30))

    outcome = shop.run("sql", f"SELECT {names}")

    assert len(outcome.stdout.splitlines()) == 3


def test_a_wide_table_on_a_terminal_stands_upright_and_shows_fewer_rows(shop):
    names = ", ".join(f"range AS column_{number}" for number in range(30))

    with Terminal(shop.path, "sql", f"SELECT {names} FROM range(50)") as terminal:
        assert terminal.end() == 0

    assert "the first 20 rows are shown; --limit 0 shows all" in terminal.lines
    assert sum(line.startswith("-[") for line in terminal.lines) == 20
    assert "column_29  19" in terminal.lines
