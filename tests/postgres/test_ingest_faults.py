"""What ``seeknal ingest`` says of bad input, and that it shows no secret."""

import json

import psycopg
import pytest
from tests.core.files.restserver import Api, Reply

from seeknal.testing.project import TestProject

SECRET = "canary-Zf9wq"
INTO = ("--into", "pg:dw_orders", "--lake", "lake")


@pytest.fixture
def place(tmp_path, database):
    made = TestProject(tmp_path)
    made.write({"profiles.yml": database.profile, "orders.csv": "id,at\n1,2026-01-01\n"})
    return made


@pytest.fixture
def run(place):
    """Runs ``seeknal ingest`` into the warehouse; nothing that it says has a traceback."""

    def ingest(*words, into=INTO):
        outcome = place.run("ingest", *map(str, words), *into)
        assert "Traceback" not in outcome.stderr
        return outcome

    return ingest


TEST = ("connection", "test")
FROM_PG = ("--connection", "pg", "--name", "orders")
FROM_CSV = ("--path", "orders.csv", "--name", "orders")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--connection", "pgg", "--table", "orders", "--name", "o"), 2, ["'pgg'", "pg"]),
        ((*FROM_PG, "--table", "public.ordrs"), 1, ["public.ordrs", "did you mean public.orders"]),
        ((*FROM_PG, "--query", "SELECT nope FROM orders"), 1, ["nope"]),
        ((*FROM_PG, "--query", "DELETE FROM orders"), 1, ["query"]),
        ((*FROM_PG, "--table", "orders", "--incremental", "att"), 1, ["'att'", "did you mean at"]),
        ((*FROM_PG, "--table", "orders", "--incremental", "ok"), 1, ["'ok'", "order"]),
        ((*FROM_PG, "--table", "orders", "--query", "SELECT 1"), 2, ["--table", "--query"]),
        ((*FROM_CSV, "--mode", "upsert", "--keys", "idd"), 1, ["idd", "did you mean id"]),
        ((*FROM_CSV, "--mode", "full", "--incremental", "at"), 2, ["full", "--incremental"]),
        ((*FROM_CSV, "--mode", "merge"), 2, ["merge", "upsert"]),
        ((*FROM_CSV, "--incremental", "at", "--lag", "3 parsecs"), 2, ["parsecs"]),
        (("--path", "gone.csv", "--name", "orders"), 1, ["gone.csv"]),
        (("--path", "orders.csv", "--name", "../orders"), 2, ["../orders"]),
        (("--path", "orders.csv"), 2, ["--name"]),
        (("--name", "orders"), 2, ["--connection"]),
        (("--source", "cvs", "--path", "orders.csv", "--name", "orders"), 2, ["cvs", "csv"]),
        ((*FROM_CSV, "--param", "delimitr=x"), 2, ["delimitr", "delimiter"]),
    ],
)
def test_a_mistake_is_told_with_what_to_do(run, database, words, code, said):
    database.run("CREATE TABLE orders (id int, at timestamptz, ok boolean)")

    outcome = run(*words)

    assert outcome.exit_code == code, outcome.stderr
    assert all(word in outcome.stderr for word in said), outcome.stderr


ROW = f"SELECT 1 AS id, '{SECRET}' AS v, 1 AS n"
KEPT = {
    "missing": (ROW.replace("1 AS n", "NULL::int AS n"), "NOT NULL", ["column n", "23502"]),
    "check": (ROW.replace("1 AS n", "-1 AS n"), "", ["dw_orders_n_check", "23514"]),
    "twice": (f"{ROW} UNION ALL {ROW}", ", UNIQUE (v)", ["dw_orders_v_key", "23505"]),
    "long": (ROW, "(3)", ["dw_orders.v", "is too long"]),
    "parsed": (ROW, "json", ["dw_orders.v", "json"]),
    "literal": (f"SELECT '{SECRET}'::int AS id", "", ["22P02"]),
    "syntax": (f"SELECT 1 FROM a WHERE '{SECRET}' '{SECRET}'", "", ["PostgreSQL refuses it"]),
    "two statements": (f"SELECT '{SECRET}'; SELECT 1", "", ["query"]),
}


@pytest.mark.parametrize("name", KEPT)
def test_the_log_says_what_failed_without_values_of_rows_and_queries(run, database, name):
    query, more, said = KEPT[name]
    type = {"(3)": "varchar(3)", "json": "json"}.get(more, "text")
    rest = more if more.startswith(("NOT", ",")) else ""
    database.run(f"CREATE TABLE dw_orders (id int, v {type}, n int CHECK (n > 0) {rest})")

    outcome = run(*FROM_PG, "--query", query)

    ((kept,),) = database.rows("SELECT error_message FROM etl_audit_log")
    assert outcome.exit_code == 1
    assert all(word in kept for word in said), kept
    assert SECRET not in kept
    if name in ("missing", "check"):
        assert SECRET not in outcome.stderr


@pytest.mark.parametrize("name", ["o.csv", "o.json"])
def test_the_log_says_which_value_of_a_file_fails_without_it(run, place, database, name):
    text = f"id\n{SECRET}\n" if name == "o.csv" else json.dumps([{"id": SECRET}])
    place.write({name: text})

    outcome = run("--path", name, "--name", "o", "--column-type", "id=BIGINT")

    ((kept,),) = database.rows("SELECT error_message FROM etl_audit_log")
    assert SECRET in outcome.stderr
    assert "column 'id'" in kept
    assert SECRET not in kept


def test_keys_that_stand_twice_are_in_the_log_without_their_values(run, place, database):
    place.write({"o.csv": f"id\n{SECRET}\n{SECRET}\n"})

    outcome = run("--path", "o.csv", "--name", "o", "--mode", "upsert", "--keys", "id")

    ((kept,),) = database.rows("SELECT error_message FROM etl_audit_log")
    assert SECRET in outcome.stderr
    assert kept == "several rows have one key (id)"


@pytest.mark.parametrize(
    ("into", "said"),
    [
        ("warehous:dw", "'warehous'"),
        ("pg:a.b.c", "a.b.c"),
        ("pg:", "no table behind its colon"),
        ("pg:pg_catalog.x", "pg_catalog"),
    ],
)
def test_a_warehouse_that_cannot_be_is_told_before_the_source_is_read(run, place, into, said):
    outcome = run(*FROM_CSV, into=("--into", into, "--lake", "lake"))

    assert outcome.exit_code in (1, 2)
    assert said in outcome.stderr
    assert not list(place.path.glob("lake/csv/**/*.parquet"))


def test_a_name_that_no_table_can_have_is_refused(place):
    load = {"path": "orders.csv", "name": "orders", "into": "pg:a\0b"}
    place.write({"orders.csv": "id\n1\n", "load.json": json.dumps(load)})

    outcome = place.run("ingest", "--config", "load.json")

    assert outcome.exit_code == 1
    assert "is not the name of a table" in outcome.stderr


def test_a_source_that_cannot_be_a_warehouse_says_so(run, place):
    place.write({"files.yml": "protocol: csv\npath: orders.csv\n"})

    outcome = run(*FROM_CSV, into=("--into", "files.yml:dw", "--lake", "lake"))

    assert outcome.exit_code == 2
    assert "warehouse" in outcome.stderr


@pytest.mark.parametrize("side", ["source", "tables", "warehouse"])
def test_a_wrong_password_is_told_without_it(run, place, database, side):
    wrong = database.profile.split("    password:")[0] + f"    password: {SECRET}\n"
    place.write(
        {"profiles.yml": database.profile + wrong.partition("\n")[2].replace("pg:", "bad:")}
    )
    database.run("CREATE TABLE orders (id int)")
    words = ("--connection", "bad", "--table", "orders", "--name", "orders")
    from_csv, to_bad = FROM_CSV, ("--into", "bad:dw", "--lake", "lake")

    if side == "source":
        outcome = run(*words)
    elif side == "tables":
        outcome = run(
            *("--connection", "bad", "--tables", "public.*"), into=("--into", "pg:dw.*", *INTO[2:])
        )
    else:
        outcome = run(*from_csv, into=to_bad)

    assert outcome.exit_code == 1
    assert "password authentication failed" in outcome.stderr
    assert "check user and password" in outcome.stderr
    assert SECRET not in outcome.stderr + outcome.stdout
    if side != "warehouse":
        ((message,),) = database.rows("SELECT error_message FROM etl_audit_log")
        assert "password authentication failed" in message
        assert SECRET not in message


@pytest.mark.parametrize(
    "url", [f"postgresql://u:{SECRET}@localhost/db", f"postgresql://localhost/db?password={SECRET}"]
)
@pytest.mark.parametrize("words", [("ingest", "--table", "orders", "--connection"), TEST])
def test_a_password_in_a_url_on_the_command_line_is_refused_and_not_shown(place, url, words):
    outcome = place.run(*words, url)

    assert outcome.exit_code == 2
    assert SECRET not in outcome.stderr
    assert "${" in outcome.stderr


@pytest.mark.parametrize(
    "query",
    ["api_key=", "id=1&token=", "X-Amz-Signature=", "sig=", "access-key=", "X-Amz-Security-Token="],
)
@pytest.mark.parametrize("option", ["--path", "--connection", "--into"])
def test_a_secret_parameter_of_a_url_on_the_command_line_is_refused(place, query, option):
    outcome = place.run("ingest", "--name", "o", option, f"https://localhost/x.csv?{query}{SECRET}")

    assert outcome.exit_code == 2
    assert "SK1606" in outcome.stderr
    assert query.rpartition("&")[2].rstrip("=") in outcome.stderr
    assert SECRET not in outcome.stderr
    assert "${" in outcome.stderr


def test_a_secret_of_a_source_on_the_command_line_is_refused(place):
    words = ("ingest", "--name", "o", "--connection", "pg", "--table", "o", "--into", "pg")

    outcome = place.run(*words, "--param", f"password={SECRET}")

    assert outcome.exit_code == 2
    assert "SK1606" in outcome.stderr
    assert SECRET not in outcome.stderr


def test_a_url_with_a_variable_for_its_key_is_taken(place, run, database, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    monkeypatch.setenv("SHOP_KEY", SECRET)
    api = Api()
    csv = Reply(body=b"id\n1\n", headers=(("Content-Type", "text/csv"),))
    known = {"api_key": SECRET}
    api.on("/o.csv", lambda asked: csv if asked.params == known else Reply(status=401))

    done = run("--path", f"{api.url}/o.csv?api_key=${{SHOP_KEY}}", "--name", "o")
    api.on("/o.csv", Reply(status=401))
    refused = run("--path", f"{api.url}/o.csv?api_key=${{SHOP_KEY}}", "--name", "o")
    api.close()

    assert done.exit_code == 0
    assert database.rows("SELECT id FROM dw_orders") == [(1,)]
    assert refused.exit_code == 1
    everything = done.stderr + refused.stderr + str(database.rows("SELECT * FROM etl_audit_log"))
    assert SECRET not in everything
    for file in place.path.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()


def test_a_url_with_a_variable_for_its_password_is_taken(run, database, monkeypatch):
    database.run("CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)")
    at = database.parameters
    monkeypatch.setenv("SHOP_PW", at["password"])
    url = f"postgresql://{at['user']}:${{SHOP_PW}}@127.0.0.1:{at['port']}/{at['dbname']}"

    run(
        *("--connection", url, "--table", "orders", "--name", "orders"),
        into=("--into", f"{url}:public.dw", "--lake", "lake"),
    ).assert_ok()

    assert database.rows("SELECT id FROM dw") == [(1,)]


def test_connection_test_takes_a_url_and_a_file_and_needs_no_project(place, database, monkeypatch):
    at = database.parameters
    monkeypatch.setenv("SHOP_PASSWORD", at["password"])
    place.write(
        {
            "shop.yml": (
                f"protocol: postgresql\nenv_prefix: SHOP\nhost: 127.0.0.1\nport: {at['port']}\n"
                f"database: {at['dbname']}\nuser: {at['user']}\n"
            )
        }
    )

    by_file = place.run("connection", "test", "shop.yml", "--format", "json")
    by_name = place.run("connection", "test", "pg")
    url = f"postgresql://{at['user']}:${{SHOP_PASSWORD}}@127.0.0.1:{at['port']}/{at['dbname']}"
    by_url = place.run("connection", "test", url)

    assert by_file.assert_ok().json()[0]["status"] == "success"
    assert "PostgreSQL" in by_name.assert_ok().stdout
    assert "PostgreSQL" in by_url.assert_ok().stdout
    everything = by_file.stdout + by_url.stdout + by_url.stderr
    assert at["password"] not in everything


def test_a_traceback_of_debug_shows_no_secret(place, database):
    wrong = database.profile.split("    password:")[0] + f"    password: {SECRET}\n"
    place.write({"profiles.yml": wrong})

    outcome = place.run("ingest", *FROM_CSV, *INTO, "--debug")

    assert outcome.exit_code == 1
    assert "Traceback" in outcome.stderr
    assert SECRET not in outcome.stderr


def test_no_secret_is_in_the_lake_the_state_or_the_log(run, place, database):
    database.run("CREATE TABLE orders (id int, at int); INSERT INTO orders VALUES (1, 1)")
    password = database.parameters["password"].encode()

    run(*FROM_PG, "--table", "orders", "--incremental", "at").assert_ok()

    files = [path for path in place.path.glob("lake/**/*") if path.is_file()]
    assert files
    assert not [path for path in files if password in path.read_bytes()]
    with psycopg.connect(**database.parameters) as connection:
        logged = connection.execute("SELECT etl_audit_log::text FROM etl_audit_log").fetchall()
    assert password.decode() not in str(logged)


def test_a_disk_that_takes_nothing_is_told(run, place):
    (place.path / "lake").write_text("a file")

    outcome = run(*FROM_CSV)

    assert outcome.exit_code == 1
    assert "lake" in outcome.stderr
