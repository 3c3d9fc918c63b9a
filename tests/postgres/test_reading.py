"""Sources: what runs in the server, what is refused, and what is told."""

import pytest

pytestmark = pytest.mark.inside

SEED = (
    "CREATE TABLE orders (id int PRIMARY KEY, customer int, amount numeric(10,2), status text);"
    "INSERT INTO orders SELECT i, i % 10, i * 1.5, CASE WHEN i % 2 = 0 THEN 'done' ELSE 'open' END"
    " FROM generate_series(1, 100) AS s(i);"
    "CREATE TABLE customers (id int, name text);"
    "INSERT INTO customers SELECT i, 'name ' || i FROM generate_series(0, 9) AS s(i);"
    "CREATE FUNCTION evil() RETURNS int LANGUAGE plpgsql VOLATILE AS"
    " $$ BEGIN INSERT INTO customers VALUES (99, 'evil'); RETURN 1; END $$;"
    "CREATE SEQUENCE counter"
)


@pytest.fixture
def seeded(database):
    database.run(SEED)
    return database


def source(query, more=""):
    lines = "\n".join(f"  {line}" for line in query.splitlines())
    return f"kind: source\nname: s\nsource: postgresql\nconnection: pg\nquery: |\n{lines}\n{more}"


def test_filters_aggregates_and_joins_run_in_the_server(project, seeded):
    query = (
        "SELECT c.name, sum(o.amount) AS total FROM orders o"
        " JOIN customers c ON c.id = o.customer"
        " WHERE o.status = 'done' GROUP BY c.name HAVING count(*) > 3"
    )
    made = project({"seeknal/s.yml": source(query)})
    mark = seeded.log_mark()

    made.run("run").assert_ok()

    logged = seeded.logged(mark)
    assert "COPY (SELECT" in logged
    for part in ("JOIN customers c", "WHERE o.status = 'done'", "GROUP BY c.name HAVING"):
        assert part in logged[logged.index("COPY (SELECT") :]
    assert len(made.rows("source.s")) == 5
    assert sorted(made.rows("source.s")) == sorted(seeded.rows(query))


def test_only_the_named_columns_of_a_table_travel(project, seeded):
    made = project(
        {
            "seeknal/s.yml": "kind: source\nname: s\nsource: postgresql\nconnection: pg\n"
            "table: public.orders\ncolumns: {id: BIGINT, amount: DOUBLE}\n"
        }
    )
    mark = seeded.log_mark()

    made.run("run").assert_ok()

    sent = seeded.logged(mark).partition("COPY (SELECT")[2].partition("\n")[0]
    assert "status" not in sent
    assert min(made.rows("source.s")) == (1, 1.5)


def test_a_column_that_is_named_since_is_no_problem_and_is_read(project, seeded):
    text = (
        "kind: source\nname: s\nsource: postgresql\nconnection: pg\n"
        "table: public.customers\nrefresh: manual\ncolumns: {name: {pii: true}}\n"
    )
    made = project({"seeknal/s.yml": text})
    made.run("run").assert_ok()
    made.write({"seeknal/s.yml": text.replace("}}", "}, id: the key}")})

    checked = made.run("validate").assert_ok()
    made.run("run").assert_ok()

    assert "no column" not in checked.stdout + checked.stderr
    assert min(made.rows("source.s")) == ("name 0", 0)


def test_one_connection_serves_every_source_of_a_run(project, seeded):
    nodes = "---\n".join(
        source("SELECT 1 AS a").replace("name: s", f"name: s{n}") for n in range(5)
    )
    made = project({"seeknal/s.yml": nodes})
    mark = seeded.log_mark()

    made.run("run", "--workers", "1").assert_ok()

    # One to ask what there is; one that the rows come through, whose driver first opens
    # another to learn the server's types.
    assert seeded.logged(mark).count("connection authorized: user=") <= 3


def test_no_rows_give_an_empty_output_with_its_columns_and_a_line(project, seeded):
    made = project({"seeknal/s.yml": source("SELECT id, amount FROM orders WHERE id < 0")})

    outcome = made.run("run").assert_ok()

    assert "Pushdown query returned 0 rows for source.s" in outcome.stderr
    shown = made.run("sql", "DESCRIBE source.s", "--format", "json").assert_ok().json()
    assert [(row["column_name"], row["column_type"]) for row in shown] == [
        ("id", "INTEGER"),
        ("amount", "DECIMAL(10,2)"),
    ]


def test_variables_are_filled_in_before_the_server_sees_the_query(project, seeded):
    text = source(
        "SELECT id FROM orders WHERE id <= {{ var('most') }} AND status = '{{ params.s }}'"
    )
    made = project(
        {
            "seeknal_project.yml": "name: t\nvars: {most: 10}\n",
            "seeknal/s.yml": text + "params: {s: done}\n",
        }
    )

    made.run("run").assert_ok()

    assert sorted(made.rows("source.s")) == [(2,), (4,), (6,), (8,), (10,)]


def test_a_version_query_decides_whether_anything_is_read(project, seeded):
    made = project(
        {
            "seeknal/s.yml": source(
                "SELECT * FROM orders", "version_query: SELECT max(id) FROM orders\n"
            )
        }
    )
    made.run("run").assert_ok()

    same = made.run("run").assert_ok()
    seeded.run("INSERT INTO orders VALUES (101, 1, 1, 'open')")
    other = made.run("run").assert_ok()

    assert "reused" in same.stdout
    assert "reused     " not in other.stdout
    assert len(made.rows("source.s")) == 101


def test_equal_rows_stop_a_run_at_the_source(project, seeded):
    made = project(
        {
            "seeknal/s.yml": source("SELECT * FROM orders ORDER BY id"),
            "seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT * FROM ref('source.s')\n",
        }
    )
    made.run("run").assert_ok()

    outcome = made.run("run", "--format", "json").assert_ok().json()

    statuses = {node["node"]: node["status"] for node in outcome["nodes"]}
    assert statuses == {"source.s": "success", "transform.t": "reused"}


REFUSED = {
    "DROP TABLE orders": "DROP",
    "DELETE FROM orders": "DELETE",
    "INSERT INTO orders VALUES (0, 0, 0, '') RETURNING id": "INSERT",
    "WITH d AS (DELETE FROM orders RETURNING id) SELECT * FROM d": "DELETE",
    "WITH/**/d AS (UPDATE orders SET amount = 0 RETURNING id) SELECT * FROM d": "UPDATE",
    "SELECT 1 AS a; DROP TABLE orders": "only one statement",
    "SELECT 1 AS a; SELECT 2 AS b": "only one statement",
    "SELECT * INTO stolen FROM orders": "INTO",
    "SELECT * FROM orders FOR UPDATE": "LOCK",
    "SELECT * FROM (SELECT * FROM orders FOR SHARE) x": "LOCK",
    "COPY orders TO STDOUT": "COPY",
    "SET default_transaction_read_only = off": "SET",
    "CALL evil()": "",
    "DO $$ BEGIN DELETE FROM orders; END $$": "",
    "SELECT 1) q; DROP TABLE orders; SELECT * FROM (SELECT 1": "",
    "SELECT 1) AS q --": "",
    "SELECT 1 /* never closed": "",
    "SELECT pg_sleep(10)": "pg_sleep",
    "SELECT dblink_exec('x', 'DROP TABLE orders')": "dblink_exec",
    "SELECT pg_read_file('/etc/passwd')": "pg_read_file",
    "SELECT lo_import('/etc/passwd')": "lo_import",
    "SELECT pg_terminate_backend(1)": "pg_terminate_backend",
    "SELECT pg_advisory_lock(1)": "pg_advisory_lock",
    "SELECT pg_notify('a', 'b')": "pg_notify",
    "SELECT set_config('transaction_read_only', 'off', false)": "set_config",
    "SELECT set_config('role', 'postgres', false)": "set_config",
    "SELECT nextval('counter')": "nextval",
    "SELECT evil()": "read-only transaction",
    "SELECT query_to_xml('SELECT evil()', true, true, '')": "",
    "EXPLAIN ANALYZE DELETE FROM orders": "",
    "TRUNCATE orders": "",
}


@pytest.mark.parametrize("query", REFUSED)
def test_a_query_that_does_more_than_read_is_refused(project, seeded, query):
    made = project({"seeknal/s.yml": source(query)})

    outcome = made.run("run")

    assert outcome.exit_code in (1, 2)
    assert REFUSED[query].lower() in outcome.stderr.lower()
    assert "Traceback" not in outcome.stderr
    counts = "(SELECT count(*) FROM orders), (SELECT count(*) FROM customers)"
    state = f"SELECT {counts}, last_value FROM counter"
    assert seeded.rows(state) == [(100, 10, 1)]


HARMLESS = [
    "-- a comment first\nSELECT 1 AS a",
    "/* a /* nested */ comment */ SELECT 1 AS a",
    "(SELECT 1 AS a) UNION (SELECT 2)",
    "VALUES (1), (2)",
    "SELECT 'DROP TABLE orders; DELETE' AS a",
    "SELECT $$delete from orders$$ AS a",
    "SELECT E'it\\'s; drop' AS a",
    'SELECT 1 AS "delete"',
    "SELECT 1 AS a;",
    "SELECT 1 AS a -- the end",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r",
    "SELECT status AS update, count(*) AS set FROM orders GROUP BY 1",
    "SELECT DISTINCT ON (customer) customer, amount FROM orders ORDER BY customer, amount DESC",
    "SELECT amount::text AS a FROM orders WHERE status ~* '^DONE$' LIMIT 1",
    "SELECT x.n FROM LATERAL generate_series(1, 2) AS x(n)",
    "SELECT array_agg(id ORDER BY id) FILTER (WHERE id < 3) AS ids FROM orders",
    "SELECT date_trunc('month', now())::date AS month",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) AS median FROM orders",
    "SELECT '{\"a\": 1}'::jsonb -> 'a' AS a, '{1,2}'::int[] && '{2}' AS b",
    "SELECT row_number() OVER w AS n FROM orders WINDOW w AS (ORDER BY id)",
    "TABLE orders",
]


@pytest.mark.parametrize("query", HARMLESS)
def test_a_harmless_query_is_not_refused(project, seeded, query):
    made = project({"seeknal/s.yml": source(query)})

    made.run("run").assert_ok()


ENDS = {
    "SELECT 1 AS a -- x": 1,
    "SELECT 1 AS a;": 1,
    "SELECT 1 AS a; -- x": 1,
    "SELECT 1 AS a; -- x\n-- y; z": 1,
    "SELECT 1 AS a /* x */": 1,
    "SELECT 1 AS a; /* x; y */": 1,
    "SELECT 1 AS a /* x */ ; /* y */ ; -- z": 1,
    "SELECT 1 AS a;;\n;": 1,
    "-- first;\nSELECT 1 AS a /* a /* nested; */ */;": 1,
    "SELECT ';' AS a; -- ;": ";",
    "SELECT '-- x' AS a -- y": "-- x",
    "SELECT E'it\\'s; -- x' AS a; -- y": "it's; -- x",
    "SELECT $$; -- x$$ AS a; -- $$": "; -- x",
    "SELECT $q$a $$ b; /* $q$ AS a; /* c */": "a $$ b; /* ",
    "SELECT '100%' AS a; -- 5% %s": "100%",
    "SELECT 7 % 4 AS a; -- %(x)s": 3,
    "SELECT 'ż🦆;' AS a; -- ż": "ż🦆;",
    "SELECT 'a\\' AS a; -- '": "a\\",
    "SELECT U&'\\0061;' AS a; -- x": "a;",
}


@pytest.mark.parametrize("key", ["query", "version_query"])
def test_a_query_may_end_in_semicolons_and_comments(project, database, key):
    sources = {}
    for number, query in enumerate(ENDS):
        text = source(query) if key == "query" else source("SELECT 1 AS a")
        if key == "version_query":
            lines = "\n".join(f"  {line}" for line in query.splitlines())
            text += f"version_query: |\n{lines}\n"
        sources[f"seeknal/s{number}.yml"] = text.replace("name: s", f"name: s{number}")
    made = project(sources)

    made.run("run").assert_ok()

    found = {query: made.rows(f"source.s{number}") for number, query in enumerate(ENDS)}
    wanted = ENDS if key == "query" else dict.fromkeys(ENDS, 1)
    assert found == {query: [(value,)] for query, value in wanted.items()}


def test_a_parameter_that_nothing_fills_is_refused(project, database):
    made = project({"seeknal/s.yml": source("SELECT $1::int AS a; -- x")})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "$1" in outcome.stderr or "parameter" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_table_and_query_together_are_an_error(project):
    made = project({"seeknal/s.yml": source("SELECT 1 AS a", "table: public.orders\n")})

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "both table: and query: are given" in outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (source("SELECT * FROM odrers"), 'relation "odrers" does not exist'),
        (source("SELECT amuont FROM orders"), "orders.amount"),
        (source("SELECT 1 / (id - id) AS a FROM orders"), "division by zero"),
        (
            "kind: source\nname: s\nsource: postgresql\nconnection: pg\ntable: public.odrers\n",
            "did you mean public.orders",
        ),
        (
            "kind: source\nname: s\nsource: postgresql\nconnection: pg\ntable: public.orders\n"
            "columns: {amuont: DOUBLE}\n",
            "did you mean amount?",
        ),
        (
            "kind: source\nname: s\nsource: postgresql\ntable: public.orders\n",
            "connection: NAME",
        ),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(project, seeded, text, told):
    made = project({"seeknal/s.yml": text})

    outcome = made.run("run")

    assert outcome.exit_code in (1, 2)
    assert told in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_query_that_takes_too_long_is_stopped(project, seeded):
    text = source("SELECT count(*) AS n FROM generate_series(1, 1000000000) AS s(i)")
    made = project({"seeknal/s.yml": text + "params: {statement_timeout: 1s}\n"})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "timeout" in outcome.stderr


CANARY = "c4n4ry%2Fp@ss word"


@pytest.mark.parametrize(
    "connection",
    [
        "{type: postgresql, host: 127.0.0.1, port: PORT, database: DB, user: USER,"
        " password: 'SECRET'}",
        "{type: postgresql, host: nowhere.invalid, password: 'SECRET', user: u}",
        "{type: postgresql, host: 127.0.0.1, port: 1, password: 'SECRET', connect_timeout: 2}",
        "{type: postgresql, url: 'postgresql://u:SECRET@127.0.0.1:PORT/DB'}",
        "{type: postgresql, url: 'postgres//u:SECRET@h:x/y?z'}",
        "{type: postgresql, url: 'postgresql://u:SECRET@[bad/DB'}",
        "{type: postgresql, url: 'host=h password=SECRET'}",
        "{type: postgresql, host: 127.0.0.1, port: PORT, sslmode: require, password: 'SECRET'}",
        "{type: postgresql, host: 127.0.0.1, hots: x, password: 'SECRET'}",
    ],
)
@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_a_password_appears_nowhere(seeknal_project, database, connection, debug):
    at = database.parameters
    profile = connection.replace("PORT", str(at["port"])).replace("DB", at["dbname"])
    profile = profile.replace("USER", at["user"]).replace("SECRET", CANARY)
    made = seeknal_project(
        {
            "profiles.yml": f"connections:\n  pg: {profile}\n",
            "seeknal/s.yml": source("SELECT 1 AS a"),
            "seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT 1 AS a\n"
            "materializations: [{type: postgresql, connection: pg, table: a.b}]\n",
        }
    )

    outcomes = [
        made.run(*debug, "run"),
        made.run(*debug, "connection", "test", "pg"),
        made.run(*debug, "sql", "--connection", "pg", "SELECT 1"),
        made.run(*debug, "connection", "list"),
        made.run(*debug, "plan"),
    ]

    told = "".join(each.stdout + each.stderr for each in outcomes)
    assert outcomes[0].exit_code != 0
    written = "".join(
        path.read_text(errors="replace") for path in made.path.glob("target/**/*") if path.is_file()
    )
    for form in (CANARY, "c4n4ry", "ss word"):
        assert form not in told
        assert form not in written


def test_libpqs_own_variables_and_a_url_work(seeknal_project, database, monkeypatch):
    at = database.parameters
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", str(at["port"]))
    monkeypatch.setenv("PGUSER", at["user"])
    monkeypatch.setenv("PGPASSWORD", at["password"])
    monkeypatch.setenv("PGDATABASE", at["dbname"])
    monkeypatch.setenv(
        "DATABASE_URL",
        f"postgresql://{at['user']}:{at['password']}@127.0.0.1:{at['port']}/{at['dbname']}",
    )
    made = seeknal_project(
        {
            "profiles.yml": "connections:\n  pg: {type: postgresql}\n"
            "  by_url: {type: postgres, url: '${DATABASE_URL}'}\n",
            "seeknal/s.yml": source("SELECT current_database() AS a"),
            "seeknal/u.yml": source("SELECT current_database() AS a")
            .replace("name: s", "name: u")
            .replace("connection: pg", "connection: by_url"),
        }
    )

    made.run("run").assert_ok()

    assert made.rows("source.s") == made.rows("source.u") == [(at["dbname"],)]


def test_a_role_that_is_superuser_is_warned_of(project):
    made = project({})

    outcome = made.run("connection", "test", "pg", "--format", "json").assert_ok()

    (checked,) = outcome.json()
    assert "superuser" in checked["detail"]
    assert "PostgreSQL" in checked["detail"]


@pytest.mark.parametrize(
    ("target", "is_named"),
    [
        ("{type: iceberg, table: atlas.out.gone}", False),
        ("{type: postgresql, table: other.gone}", False),
        ("{type: postgres, table: OUT.gone}", True),
    ],
)
def test_only_a_node_that_writes_what_a_query_misses_is_named(project, target, is_named):
    node = "kind: transform\nname: a\nsql: SELECT 1 AS id\nenabled: false\n"
    source = "kind: source\nname: s\nsource: postgresql\nconnection: pg\n"
    made = project(
        {
            "seeknal/s.yml": f"{source}query: SELECT * FROM out.gone\n",
            "seeknal/a.yml": f"{node}materializations: [{target}]\n",
        }
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert ("transform.a writes it" in outcome.stdout + outcome.stderr) == is_named


def test_a_query_that_does_not_parse_is_told_at_its_text(project, database):
    made = project({"seeknal/s.yml": source("SELEC 1")})

    (problem,) = made.run("validate", "--format", "json").json()["problems"]

    assert (problem["code"], problem["line"], problem["column"]) == ("SK1315", 6, 3)
