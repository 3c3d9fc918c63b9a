"""``seeknal ingest`` into PostgreSQL: lake, audit columns, the log of loads, modes and schemas."""

import json
from decimal import Decimal

import duckdb
import pytest

from seeknal.testing.project import TestProject

ORDERS = (
    "CREATE TABLE orders (id integer PRIMARY KEY, amount numeric(12,2), updated_at timestamptz);"
    "INSERT INTO orders VALUES (1, 1.10, '2026-01-01'), (2, 2.20, '2026-01-02')"
)
CSV = "id,name,amount\n1,Ada,1.5\n2,Bob,\n"


@pytest.fixture
def place(tmp_path, database):
    """A folder that is no project, with profiles.yml: connection ``pg`` is the database."""
    made = TestProject(tmp_path)
    made.write({"profiles.yml": database.profile, "orders.csv": CSV})
    return made


@pytest.fixture
def ingest(place):
    """Runs ``seeknal ingest`` with a lake and JSON."""

    def run(*words, into="pg:dw_orders"):
        return place.run(
            "ingest", "--into", into, "--lake", "lake", "--format", "json", *map(str, words)
        )

    return run


def lake_files(place):
    return sorted(path.relative_to(place.path) for path in place.path.glob("lake/*/**/*.parquet"))


def log(database, columns="status, rows_loaded, parquet_files"):
    return database.rows(f"SELECT {columns} FROM etl_audit_log ORDER BY id")


FROM_TABLE = ("--connection", "pg", "--table", "public.orders", "--name", "orders")
FROM_CSV = ("--path", "orders.csv", "--name", "orders")


def test_a_table_lands_in_the_lake_and_in_the_warehouse_with_its_own_types(ingest, place, database):
    database.run(ORDERS)

    answer = ingest(*FROM_TABLE).assert_ok().json()

    (file,) = lake_files(place)
    assert answer["status"] == "success"
    assert (answer["rows_loaded"], answer["parquet_files"]) == (2, 1)
    assert answer["files"] == [str(file)]
    assert file.parts[:3] == ("lake", "postgresql", "orders")
    assert file.name.startswith("orders_")
    assert len(file.parts[3]) == len("2026-01-01")
    assert duckdb.sql(f"SELECT count(*) FROM '{place.path / file}'").fetchall() == [(2,)]
    assert database.rows("SELECT id, amount FROM dw_orders ORDER BY 1") == [
        (1, Decimal("1.10")),
        (2, Decimal("2.20")),
    ]
    types = database.rows(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 'dw_orders'::regclass AND attnum > 0 ORDER BY attnum"
    )
    assert dict(types) == {
        "id": "integer",
        "amount": "numeric(12,2)",
        "updated_at": "timestamp with time zone",
        "_source_file": "text",
        "_loaded_at": "timestamp with time zone",
    }


def test_a_load_is_on_record_in_the_warehouse_in_one_transaction_with_its_rows(ingest, database):
    database.run(ORDERS)

    answer = ingest(*FROM_TABLE, "--pipeline", "nightly").assert_ok().json()

    columns = "run_id, pipeline_name, source_name, protocol, target_table, status, rows_loaded"
    more = "parquet_files, error_message, finished_at >= started_at"
    assert log(database, f"{columns}, {more}") == [
        (
            *(answer["run_id"], "nightly", "orders", "postgresql", "public.dw_orders"),
            *("success", 2, 1, None, True),
        )
    ]
    xids = database.rows("SELECT DISTINCT xmin FROM dw_orders UNION SELECT xmin FROM etl_audit_log")
    assert len(xids) == 1


def test_each_row_says_from_which_file_and_when_it_came(ingest, place, database):
    ingest(*FROM_CSV).assert_ok()

    rows = database.rows(
        "SELECT DISTINCT _source_file, _loaded_at > now() - interval '1 minute' FROM dw_orders"
    )

    (file,) = lake_files(place)
    assert rows == [(file.relative_to("lake").as_posix(), True)]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("append", [(1, "Ada"), (1, "Ada"), (2, "Bob"), (2, "Bobby"), (3, "Cy")]),
        ("full", [(1, "Ada"), (2, "Bobby"), (3, "Cy")]),
        ("upsert", [(1, "Ada"), (2, "Bobby"), (3, "Cy")]),
    ],
)
def test_a_second_load_does_what_its_mode_says(ingest, place, database, mode, expected):
    keys = ("--keys", "id") if mode == "upsert" else ()
    ingest(*FROM_CSV, "--mode", mode, *keys).assert_ok()
    place.write({"orders.csv": "id,name,amount\n1,Ada,1.5\n2,Bobby,\n3,Cy,2\n"})

    ingest(*FROM_CSV, "--mode", mode, *keys).assert_ok()

    assert database.rows("SELECT id, name FROM dw_orders ORDER BY 1, 2") == expected
    moments = database.value(
        "SELECT count(DISTINCT _loaded_at) FROM dw_orders WHERE _source_file ="
        " (SELECT max(_source_file) FROM dw_orders)"
    )
    assert moments == 1


def test_an_upsert_without_keys_is_refused_before_anything_is_read(ingest, place):
    outcome = ingest(*FROM_CSV, "--mode", "upsert")

    assert outcome.exit_code == 2
    assert "--keys" in outcome.stderr
    assert lake_files(place) == []


def test_an_empty_fetch_makes_the_table_and_no_file(ingest, place, database):
    database.run("CREATE TABLE orders (id integer, amount numeric(12,2))")

    answer = ingest(*FROM_TABLE).assert_ok().json()

    assert (answer["rows_loaded"], answer["parquet_files"], answer["files"]) == (0, 0, [])
    assert lake_files(place) == []
    assert database.value("SELECT count(*) FROM dw_orders") == 0
    assert log(database) == [("success", 0, 0)]


SOURCES = {
    "csv": ("--path", "orders.csv"),
    "parquet": ("--path", "orders.parquet"),
    "json": ("--path", "orders.jsonl"),
    "sqlite": ("--path", "orders.db", "--table", "orders"),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_every_source_that_core_reads_can_be_loaded(ingest, place, database, kind):
    import sqlite3

    duckdb.sql("SELECT 1 AS id, 'Ada' AS name").write_parquet(str(place.path / "orders.parquet"))
    place.write({"orders.jsonl": '{"id": 1, "name": "Ada"}\n', "orders.csv": "id,name\n1,Ada\n"})
    with sqlite3.connect(place.path / "orders.db") as made:
        made.executescript(
            "CREATE TABLE orders (id INTEGER, name TEXT); INSERT INTO orders VALUES (1, 'Ada')"
        )

    ingest(*SOURCES[kind], "--name", "orders").assert_ok()

    assert database.rows("SELECT id, name FROM dw_orders") == [(1, "Ada")]
    (file,) = lake_files(place)
    assert file.parts[1] == kind


def test_a_landed_file_is_loaded_again_and_the_same_one_twice_is_refused(ingest, place, database):
    ingest(*FROM_CSV).assert_ok()
    (file,) = lake_files(place)
    database.run("DROP TABLE dw_orders")

    ingest("--from-lake", file).assert_ok()
    twice = ingest("--from-lake", file)

    assert twice.exit_code == 1
    assert "was loaded before" in twice.stderr
    assert file.name in twice.stderr
    assert "--force" in twice.stderr
    assert database.value("SELECT count(*) FROM dw_orders") == 2
    ingest("--from-lake", file, "--force").assert_ok()
    assert database.value("SELECT count(*) FROM dw_orders") == 4


@pytest.mark.parametrize("pattern", ["lake", "lake/**/*.parquet"])
def test_a_lake_below_any_folder_is_found(place, database, pattern):
    below = TestProject(place.path / ".seeknal" / "of [me]")
    below.path.mkdir(parents=True)
    below.write({"profiles.yml": database.profile, "orders.csv": CSV})
    below.run("ingest", *FROM_CSV, "--into", "pg:dw_orders").assert_ok()

    below.run("ingest", "--from-lake", pattern, "--into", "pg:again").assert_ok()

    assert database.rows("SELECT id FROM again ORDER BY id") == [(1,), (2,)]


@pytest.mark.parametrize("pattern", [".", "lake", "**/*.parquet", "lake/*/*/*/*.parquet"])
def test_what_loads_keep_for_themselves_is_no_file_of_the_lake(place, database, pattern):
    place.run("ingest", *FROM_CSV, "--into", "pg:dw_orders").assert_ok()
    for folder in (".seeknal/iceberg", "lake/.seeknal/work/a/b"):
        (place.path / folder).mkdir(parents=True)
        duckdb.sql("SELECT 9 AS id").write_parquet(str(place.path / folder / "x.parquet"))

    words = ("ingest", "--from-lake", pattern, "--name", "orders", "--into", "pg:again")
    place.run(*words).assert_ok()

    assert database.rows("SELECT id FROM again ORDER BY id") == [(1,), (2,)]


def test_files_of_several_loads_are_one_upsert_whose_newest_rows_count(ingest, place, database):
    ingest(*FROM_CSV).assert_ok()
    place.write({"orders.csv": "id,name,amount,town\n2,Bobby,2.5,Oslo\n3,Cy,3.5,Rome\n"})
    ingest(*FROM_CSV).assert_ok()
    database.run("DROP TABLE dw_orders")

    answer = ingest("--from-lake", "lake/csv", "--mode", "upsert", "--keys", "id").assert_ok()

    assert answer.json()["parquet_files"] == 2
    assert database.rows("SELECT id, name, town FROM dw_orders ORDER BY id") == [
        (1, "Ada", None),
        (2, "Bobby", "Oslo"),
        (3, "Cy", "Rome"),
    ]


@pytest.mark.parametrize(
    ("keys", "columns"),
    [
        ('"Col 1"', ["Col 1"]),
        ('"Mi,x", id', ["Mi,x", "id"]),
        ('id "a""b"', ["id", 'a"b']),
        ("ID", ["id"]),
        ('"col 1"', ["Col 1"]),
    ],
)
def test_keys_are_named_as_in_sql_and_in_any_case(ingest, database, keys, columns):
    database.run(
        'CREATE TABLE orders (id int, "Col 1" int, "Mi,x" int, "a""b" int, n int);'
        "INSERT INTO orders VALUES (1, 1, 1, 1, 1)"
    )
    words = (*FROM_TABLE, "--mode", "upsert", "--keys", keys)
    ingest(*words).assert_ok()
    database.run("UPDATE orders SET n = 2")

    ingest(*words).assert_ok()

    assert database.rows("SELECT n FROM dw_orders") == [(2,)]


def test_keys_that_stand_twice_in_one_load_are_refused_with_an_example(ingest, place, database):
    place.write({"orders.csv": "id,name\n1,Ada\n1,Bob\n"})

    outcome = ingest(*FROM_CSV, "--mode", "upsert", "--keys", "id")

    assert outcome.exit_code == 1
    assert "id" in outcome.stderr
    assert database.value("SELECT to_regclass('dw_orders')") is None


def test_a_damaged_file_of_the_lake_is_named(ingest, place):
    ingest(*FROM_CSV).assert_ok()
    (file,) = lake_files(place)
    (place.path / file).write_bytes(b"PAR1 no more")

    outcome = ingest("--from-lake", file, into="pg:other")

    assert outcome.exit_code == 1
    assert file.name in outcome.stderr


def test_a_damaged_state_is_refused_and_not_taken_for_a_first_load(ingest, place, database):
    ingest(*FROM_CSV, "--incremental", "id").assert_ok()
    (state,) = place.path.glob("lake/.seeknal/**/state.json")
    state.write_text(state.read_text().replace("dw_orders", "dw_other"))

    outcome = ingest(*FROM_CSV, "--incremental", "id")

    assert outcome.exit_code == 1
    assert "state.json is damaged" in outcome.stderr
    assert database.value("SELECT count(*) FROM dw_orders") == 2


def test_a_landed_file_keeps_the_types_of_its_database(ingest, place, database):
    database.run(
        "CREATE TYPE mood AS ENUM ('sad', 'ok');"
        "CREATE TABLE orders (code varchar(10), at timestamp(3), m mood, n smallint[], j json,"
        " net inet, t time with time zone, i interval, c char(3));"
        "INSERT INTO orders VALUES ('a', '2026-01-01 10:00:00.123', 'ok', '{1,2}', '{\"a\": 1}',"
        " '10.0.0.1', '10:00+02', '1 day', 'xyz')"
    )
    ingest(*FROM_TABLE).assert_ok()
    (_file,) = lake_files(place)
    first = database.rows("SELECT code, at, m::text, n, j, net, t, i, c FROM dw_orders")
    database.run("DROP TABLE dw_orders")

    ingest("--from-lake", "lake").assert_ok()

    types = database.rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 'dw_orders'::regclass AND attnum > 0 ORDER BY attnum LIMIT 9"
    )
    assert [type for (type,) in types] == [
        *("character varying(10)", "timestamp(3) without time zone", "mood", "smallint[]"),
        *("json", "inet", "time with time zone", "interval", "character(3)"),
    ]
    assert database.rows("SELECT code, at, m::text, n, j, net, t, i, c FROM dw_orders") == first
    assert first == database.rows("SELECT code, at, m::text, n, j, net, t, i, c FROM orders")


TYPES = {
    "smallint": "1",
    "bigint": "-9223372036854775808",
    "numeric": "12345678901234567890.123456789",
    "numeric(38,10)": "1.0000000001",
    "real": "0.1",
    "double precision": "'NaN'",
    "money": "'12.34'",
    "boolean": "true",
    "bytea": "'\\x00ff'",
    "character varying": "'x'",
    "character(5)": "'ab'",
    "name": "'a name'",
    "uuid": "'11111111-2222-3333-4444-555555555555'",
    "json": '\'{"b":  1, "a": 2}\'',
    "jsonb": "'{\"a\": [1, null]}'",
    "date": "'infinity'",
    "time without time zone": "'24:00'",
    "time(3) without time zone": "'10:00:00.123'",
    "time with time zone": "'10:00:00.123456+05:30'",
    "timestamp without time zone": "'2026-01-01 10:00:00.123456'",
    "timestamp(0) without time zone": "'2026-01-01 10:00:00'",
    "timestamp with time zone": "'-infinity'",
    "interval": "'1 year 2 mons -3 days 04:05:06.789'",
    "inet": "'10.0.0.1/8'",
    "cidr": "'10.0.0.0/8'",
    "macaddr": "'08:00:2b:01:02:03'",
    "macaddr8": "'08:00:2b:01:02:03:04:05'",
    "bit(3)": "B'101'",
    "bit varying(5)": "B'10110'",
    "int4range": "'[1,5)'",
    "tstzrange": "'[2026-01-01,)'",
    "nummultirange": "'{[1.5,2),[3,4)}'",
    "point": "'(1,2)'",
    "tsvector": "'a b'",
    "tsquery": "'a & b'",
    "oid": "42",
    "integer[]": "'{1,NULL,3}'",
    "numeric(12,2)[]": "'{1.10,2.20}'",
    "text[]": "ARRAY['a,b', 'c\"d', NULL]",
    "timestamp with time zone[]": "ARRAY[timestamptz '2026-01-01']",
    "int4range[]": "ARRAY[int4range '[1,2)']",
    "shop.mood": "'ok'",
    "shop.mood[]": "ARRAY['ok', 'sad']::shop.mood[]",
    "shop.pair": "ROW(1, 'x, \"y\"')",
}


def test_every_type_of_postgresql_arrives_as_itself(ingest, database):
    made = ", ".join(f"c{n} {type}" for n, type in enumerate(TYPES))
    database.run(
        "CREATE SCHEMA shop; CREATE TYPE shop.mood AS ENUM ('sad', 'ok');"
        "CREATE TYPE shop.pair AS (a integer, b text);"
        f"CREATE TABLE wide ({made}); INSERT INTO wide VALUES ({', '.join(TYPES.values())});"
        f"INSERT INTO wide SELECT {', '.join(['NULL'] * len(TYPES))}"
    )
    listed = (
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '{}'::regclass"
        " AND attnum BETWEEN 1 AND {} ORDER BY attnum"
    )
    values = ", ".join(f"c{n}::text" for n in range(len(TYPES)))

    outcome = ingest("--connection", "pg", "--table", "wide", "--name", "wide", into="pg:dw")

    assert "becomes" not in outcome.assert_ok().stderr
    assert database.rows(listed.format("dw", len(TYPES))) == database.rows(
        listed.format("wide", len(TYPES))
    )
    assert database.rows(f"SELECT {values} FROM dw ORDER BY c0") == database.rows(
        f"SELECT {values} FROM wide ORDER BY c0"
    )


@pytest.mark.parametrize(
    ("type", "value", "becomes"),
    [
        ("numeric(5,-2)", "1200", "numeric"),
        ('"char"', "'a'", "text"),
        ("jsonb[]", "'{1}'", "jsonb"),
    ],
)
def test_a_type_that_rows_do_not_come_as_is_named(ingest, database, type, value, becomes):
    database.run(f"CREATE TABLE orders (x {type}); INSERT INTO orders VALUES ({value})")

    outcome = ingest(*FROM_TABLE).assert_ok()

    assert f"'x' is of type {type}" in outcome.stderr
    assert database.value("SELECT pg_typeof(x)::text FROM dw_orders") == becomes


def test_a_type_is_named_when_its_column_is_made_and_not_again(ingest, database):
    database.run("CREATE TABLE orders (x jsonb[]); INSERT INTO orders VALUES ('{1}')")
    ingest(*FROM_TABLE).assert_ok()
    database.run("ALTER TABLE orders ADD COLUMN y jsonb[], ADD COLUMN z inet")

    outcome = ingest(*FROM_TABLE).assert_ok()

    assert "'x' is of type" not in outcome.stderr
    assert "'y' is of type jsonb[]" in outcome.stderr
    assert database.value("SELECT pg_typeof(z)::text FROM dw_orders LIMIT 1") == "inet"


def test_a_type_that_the_warehouse_lacks_becomes_text_and_is_named(ingest, place, database, server):
    from tests.postgres.server import Database

    other = Database(server)
    try:
        other.run("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE orders (m mood)")
        other.run("INSERT INTO orders VALUES ('ok')")
        place.write(
            {
                "profiles.yml": database.profile
                + other.profile.partition("\n")[2].replace("pg:", "far:")
            }
        )

        outcome = ingest("--connection", "far", "--table", "orders").assert_ok()
    finally:
        from seeknal_postgres.pool import close_idle

        close_idle()
        other.drop()

    assert "'m' is of type public.mood" in outcome.stderr
    assert database.rows("SELECT m, pg_typeof(m)::text FROM dw_orders") == [("ok", "text")]


def test_a_missing_path_of_the_lake_is_named_before_anything_is_loaded(ingest, place, database):
    ingest(*FROM_CSV).assert_ok()
    (file,) = lake_files(place)
    database.run("DROP TABLE dw_orders")

    outcome = ingest("--from-lake", file, "--from-lake", "lake/gone.parquet")

    assert outcome.exit_code == 2
    assert "lake/gone.parquet" in outcome.stderr
    assert database.value("SELECT to_regclass('dw_orders')") is None


def test_a_new_column_arrives_as_one_that_may_be_null(ingest, place, database):
    ingest(*FROM_CSV).assert_ok()
    place.write({"orders.csv": "id,name,amount,town\n3,Cy,1.0,Oslo\n"})

    outcome = ingest(*FROM_CSV).assert_ok()

    assert "ADD COLUMN" in outcome.stderr
    assert "town" in outcome.stderr
    assert database.rows("SELECT id, town FROM dw_orders ORDER BY 1") == [
        (1, None),
        (2, None),
        (3, "Oslo"),
    ]


def test_freeze_leaves_a_new_column_out_and_says_so(ingest, place, database):
    ingest(*FROM_CSV).assert_ok()
    place.write({"orders.csv": "id,name,amount,town\n3,Cy,1.0,Oslo\n"})

    outcome = ingest(*FROM_CSV, "--schema-change", "freeze").assert_ok()

    assert "town" in outcome.stderr
    columns = database.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'dw_orders'::regclass AND attnum > 0"
    )
    assert ("town",) not in columns
    assert database.value("SELECT count(*) FROM dw_orders") == 3


def test_fail_refuses_a_new_column_by_name(ingest, place, database):
    ingest(*FROM_CSV).assert_ok()
    place.write({"orders.csv": "id,name,amount,town\n3,Cy,1.0,Oslo\n"})

    outcome = ingest(*FROM_CSV, "--schema-change", "fail")

    assert outcome.exit_code == 1
    assert "town" in outcome.stderr
    assert database.value("SELECT count(*) FROM dw_orders") == 2
    assert log(database, "status") == [("success",), ("failure",)]


@pytest.mark.parametrize("mode", ["append", "full"])
def test_a_type_that_would_lose_data_is_refused_by_its_column(ingest, place, database, mode):
    ingest(*FROM_CSV, "--mode", mode).assert_ok()
    place.write({"orders.csv": "id,name,amount\nx1,Cy,1.0\n"})

    outcome = ingest(*FROM_CSV, "--mode", mode)

    assert outcome.exit_code == 1
    assert "id is bigint" in outcome.stderr
    assert database.value("SELECT count(*) FROM dw_orders") == 2


def test_a_failed_load_is_on_record_and_loses_nothing(ingest, place, database):
    database.run(ORDERS)
    ingest(*FROM_TABLE, "--incremental", "updated_at").assert_ok()
    database.run("INSERT INTO orders VALUES (3, 3, '2026-01-03')")
    database.run("ALTER TABLE dw_orders ADD CONSTRAINT few CHECK (id < 3)")

    failed = ingest(*FROM_TABLE, "--incremental", "updated_at")
    database.run("ALTER TABLE dw_orders DROP CONSTRAINT few")
    ingest(*FROM_TABLE, "--incremental", "updated_at").assert_ok()

    assert failed.exit_code == 1
    assert failed.json()["status"] == "failed"
    assert log(database) == [("success", 2, 1), ("failure", 0, 0), ("success", 1, 1)]
    assert "few" in log(database, "error_message")[1][0]
    assert database.rows("SELECT id FROM dw_orders ORDER BY 1") == [(1,), (2,), (3,)]
    assert len(lake_files(place)) == 2, "what was not loaded is not in the lake twice"


def test_several_tables_are_loaded_in_one_call(ingest, place, database):
    database.run(
        "CREATE SCHEMA shop; CREATE TABLE shop.a (x int); INSERT INTO shop.a VALUES (1), (2);"
        "CREATE TABLE shop.b (y int); INSERT INTO shop.b VALUES (3); CREATE TABLE shop.c (z int)"
    )

    answer = ingest("--connection", "pg", "--tables", "shop.[ab]", into="pg:dw.*")

    found = answer.assert_ok().json()
    assert (found["rows_loaded"], found["parquet_files"]) == (3, 2)
    assert [load["name"] for load in found["loads"]] == ["a", "b"]
    assert database.rows("SELECT x FROM dw.a UNION ALL SELECT y FROM dw.b") == [(1,), (2,), (3,)]
    assert database.value("SELECT to_regclass('dw.c')") is None


def test_a_table_that_fails_does_not_stop_the_others(ingest, database):
    database.run(
        "CREATE SCHEMA shop; CREATE TABLE shop.a (_source_file int); CREATE TABLE shop.b (y int)"
    )

    outcome = ingest("--connection", "pg", "--tables", "shop.*", into="pg:dw.*")

    assert outcome.exit_code == 1
    found = outcome.json()
    assert [(load["name"], load["status"]) for load in found["loads"]] == [
        ("a", "failed"),
        ("b", "success"),
    ]
    assert "_source_file" in found["loads"][0]["error"]["message"]
    assert database.value("SELECT to_regclass('dw.b') IS NOT NULL")


def test_no_table_that_matches_is_an_error_with_those_that_are_there(ingest, database):
    database.run("CREATE TABLE orders (x int)")

    outcome = ingest("--connection", "pg", "--tables", "shop.*", into="pg:dw.*")

    assert outcome.exit_code == 2
    assert "shop.*" in outcome.stderr
    assert "public.orders" in outcome.stderr


def test_the_options_may_stand_in_a_file_and_the_connection_in_another(
    place, database, monkeypatch
):
    database.run(ORDERS)
    at = database.parameters
    monkeypatch.setenv("SHOP_PASSWORD", at["password"])
    monkeypatch.setenv("SHOP_USER", at["user"])
    place.write(
        {
            "shop.json": json.dumps(
                {
                    "protocol": "postgresql",
                    "env_prefix": "SHOP",
                    "host": "127.0.0.1",
                    "port": int(at["port"]),
                    "database": at["dbname"],
                }
            ),
            "load.yml": (
                "connection: shop.json\nquery: SELECT id FROM orders WHERE id > 1\nname: orders\n"
                "into: shop.json:dw_orders\nlake: lake\nmode: full\n"
            ),
        }
    )

    place.run("ingest", "--config", "load.yml").assert_ok()
    place.run("ingest", "--config", "load.yml", "--query", "SELECT 7 AS id").assert_ok()

    assert database.rows("SELECT id FROM dw_orders") == [(7,)]


def test_two_connections_of_one_name_stay_two(place, database, server):
    from tests.postgres.server import Database

    from seeknal_postgres.pool import close_idle

    other = Database(server)
    try:
        other.run("CREATE TABLE orders (id int); INSERT INTO orders VALUES (7)")
        at = other.parameters
        keys = {
            "protocol": "postgresql",
            **{"host": "127.0.0.1", "port": int(at["port"]), "database": at["dbname"]},
            **{"user": at["user"], "password": at["password"]},
        }
        place.write({"pg.json": json.dumps(keys)})

        place.run(
            *("ingest", "--connection", "pg.json", "--table", "orders", "--into", "pg:dw_orders")
        ).assert_ok()

        assert database.rows("SELECT id FROM dw_orders") == [(7,)]
        assert other.value("SELECT to_regclass('dw_orders')") is None
    finally:
        close_idle()
        other.drop()


def test_a_wrong_key_of_a_file_is_told_with_its_line(place):
    place.write({"load.yml": "name: orders\nmodus: full\n"})

    outcome = place.run("ingest", "--config", "load.yml")

    assert outcome.exit_code == 2
    assert "load.yml:2" in outcome.stderr
    assert "modus" in outcome.stderr
    assert "mode" in outcome.stderr


def test_from_python_it_gives_the_same_and_raises_what_is_wrong(place, database, monkeypatch):
    import seeknal
    from seeknal.plugin import SeeknalError

    monkeypatch.chdir(place.path)

    answer = seeknal.ingest(path="orders.csv", name="orders", into="pg:dw_orders", lake="lake")

    assert {key: answer[key] for key in ("status", "rows_loaded", "parquet_files")} == {
        "status": "success",
        "rows_loaded": 2,
        "parquet_files": 1,
    }
    with pytest.raises(SeeknalError, match=r"gone\.csv"):
        seeknal.ingest(path="gone.csv", name="orders", into="pg:dw_orders", lake="lake")
    assert log(database, "status") == [("success",), ("failure",)]


@pytest.mark.parametrize(
    ("text", "said"), [(None, "cannot be read"), ("nope: 1", "yml:3"), ("- 1", "yml:3")]
)
def test_what_is_wrong_with_a_file_of_options_names_it_in_python(place, monkeypatch, text, said):
    import seeknal
    from seeknal.plugin import SeeknalError

    monkeypatch.chdir(place.path)
    if text is not None:
        place.write({"load.yml": f"into: pg:x\nconnection: pg\n{text}\n"})

    with pytest.raises(SeeknalError) as caught:
        seeknal.ingest(config="load.yml")

    assert "load.yml" in str(caught.value)
    assert said in str(caught.value)


OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
BY_ARROW = ("--param", "transport=adbc")


def test_a_load_that_has_ended_leaves_no_session(ingest, database):
    database.run(ORDERS)

    ingest(*FROM_TABLE, *BY_ARROW).assert_ok()

    assert database.rows(f"SELECT state, query {OTHERS}") == []


def test_while_rows_are_loaded_their_source_is_in_no_transaction(ingest, database):
    database.run(
        f"{ORDERS}; CREATE TABLE dw_orders (LIKE orders); CREATE TABLE seen (state text);"
        "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN INSERT INTO seen SELECT state {OTHERS}; RETURN NULL; END $$;"
        "CREATE TRIGGER look AFTER INSERT ON dw_orders EXECUTE FUNCTION look()"
    )

    ingest(*FROM_TABLE, *BY_ARROW).assert_ok()

    assert set(database.rows("SELECT DISTINCT state FROM seen")) == {("idle",)}


def test_names_of_any_shape_and_many_columns_arrive(ingest, database):
    columns = ", ".join(f"{n} AS c{n}" for n in range(1500))
    database.run('CREATE TABLE "Or.d""ers" AS SELECT 1 AS "Select", 2 AS "MixedCase", 3 AS "a b"')

    ingest(
        *("--connection", "pg", "--table", '"Or.d""ers"', "--name", "odd"), into='pg:"Dw.Odd"'
    ).assert_ok()
    ingest(
        *("--connection", "pg", "--query", f"SELECT {columns}", "--name", "wide"), into="pg:wide"
    ).assert_ok()

    assert database.rows('SELECT "Select", "MixedCase", "a b" FROM "Dw.Odd"') == [(1, 2, 3)]
    assert database.rows("SELECT c0, c1499 FROM wide") == [(0, 1499)]


def test_the_log_is_in_the_schema_of_the_connection(place, database):
    place.write({"profiles.yml": database.profile + "    schema: dwh\n"})

    place.run("ingest", *FROM_CSV, "--into", "pg", "--lake", "lake").assert_ok()

    assert database.value("SELECT target_table FROM dwh.etl_audit_log") == "dwh.orders"
    assert database.value("SELECT count(*) FROM dwh.orders") == 2


def test_two_loads_of_one_name_at_once_are_not_possible(ingest, place):
    from seeknal.ingesting.state import name_lock

    with name_lock(place.path / "lake", "default", "orders"):
        outcome = ingest(*FROM_CSV)

    assert outcome.exit_code == 1
    assert "orders" in outcome.stderr
    assert "--lock-timeout" in outcome.stderr


def test_statements_of_a_load_that_was_refused_are_not_said(ingest, database):
    database.run(
        "CREATE TABLE orders (id int, note text); INSERT INTO orders VALUES (1, 'x');"
        "CREATE TABLE dw_orders (id int CHECK (id > 1))"
    )

    refused = ingest(*FROM_TABLE)
    database.run("UPDATE orders SET id = 2")
    loaded = ingest(*FROM_TABLE)

    assert refused.exit_code == 1
    assert "ALTER TABLE" not in refused.stderr
    assert loaded.assert_ok().stderr.count("ALTER TABLE") >= 1


def test_progress_and_a_summary_are_said_beside_the_answer(place, database):
    outcome = place.run(
        *("ingest", *FROM_CSV, "--into", "pg:dw_orders", "--lake", "lake")
    ).assert_ok()

    assert outcome.stdout == ""
    assert "2 rows" in outcome.stderr
    assert "rows/s" in outcome.stderr
    assert "public.dw_orders" in outcome.stderr
    assert "CREATE TABLE" in outcome.stderr


def test_the_tables_of_seeknals_own_are_no_place_for_rows(ingest, database):
    outcome = ingest(*FROM_CSV, into="pg:public.etl_audit_log")

    assert outcome.exit_code == 1
    assert "etl_audit_log" in outcome.stderr


def typed(database, table):
    """The columns of a table with their types, but those that a load adds."""
    return dict(
        database.rows(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            f" WHERE attrelid = '{table}'::regclass AND attnum > 0 AND attname NOT LIKE '\\_%'"
        )
    )


def test_a_declared_type_is_that_of_its_column_and_all_columns_arrive(ingest, database):
    database.run(
        "CREATE TABLE orders (id int, n numeric(10,2), tags text[], note text);"
        "INSERT INTO orders VALUES (1, 1.10, '{{a,b}}', 'keep me')"
    )
    types = ("--column-type", "tags=VARCHAR", "--column-type", "ID=BIGINT")

    ingest(*FROM_TABLE, *types).assert_ok()

    assert typed(database, "dw_orders") == {
        "id": "bigint",
        "n": "numeric(10,2)",
        "tags": "text",
        "note": "text",
    }
    assert database.rows("SELECT id, n::text, tags, note FROM dw_orders") == [
        (1, "1.10", "{{a,b}}", "keep me")
    ]


def test_a_declared_type_leaves_the_other_columns_of_a_replaced_table(ingest, database):
    database.run("CREATE TABLE orders (id int, note text); INSERT INTO orders VALUES (1, 'keep')")
    ingest(*FROM_TABLE).assert_ok()

    ingest(*FROM_TABLE, "--mode", "full", "--column-type", "id=INTEGER").assert_ok()

    assert database.rows("SELECT id, note FROM dw_orders") == [(1, "keep")]


def test_a_declared_type_that_does_not_hold_a_value_is_refused_by_name(ingest, database):
    database.run("CREATE TABLE orders (id int, n numeric); INSERT INTO orders VALUES (1, 1.5)")

    outcome = ingest(*FROM_TABLE, "--column-type", "n=BIGINT")

    assert outcome.exit_code == 1
    assert "column 'n' holds 1.5, which BIGINT does not hold" in outcome.stderr
    assert database.value("SELECT to_regclass('dw_orders')") is None


LONG = "100000000000000000000000000000000000001.001"


@pytest.mark.parametrize(
    ("type", "values"),
    [
        ("numeric", [LONG, "1.5", "NULL"]),
        ("numeric", ["1e200", "1e-200"]),
        ("numeric", ["1e400"]),
        ("numeric", ["'NaN'", "7", "-1.50"]),
        ("numeric", ["'-Infinity'", "2.000"]),
        ("numeric(50,5)", [LONG, "1.5"]),
        ("numeric[]", [f"ARRAY[{LONG}, 1.50]", "'{NaN,NULL}'", "'{}'"]),
        ("numeric(50,5)[]", [f"ARRAY[{LONG}]", "NULL"]),
    ],
)
def test_numbers_that_no_decimal_holds_arrive_as_they_are(ingest, place, database, type, values):
    rows = ", ".join(f"({number}, {value})" for number, value in enumerate(values))
    database.run(f"CREATE TABLE orders (id int, v {type}); INSERT INTO orders VALUES {rows}")
    listed = "SELECT id, v::text FROM {} ORDER BY id"

    outcome = ingest(*FROM_TABLE).assert_ok()
    first = database.rows(listed.format("dw_orders"))
    ingest(*FROM_TABLE, "--mode", "full").assert_ok()
    second = database.rows(listed.format("dw_orders"))
    database.run("DROP TABLE dw_orders")
    ingest("--from-lake", str(sorted(place.path.glob("lake/*/**/*.parquet"))[0])).assert_ok()

    assert "becomes" not in outcome.stderr
    assert first == second == database.rows(listed.format("orders"))
    assert database.rows(listed.format("dw_orders")) == first
    assert typed(database, "dw_orders") == typed(database, "orders")


def test_any_number_of_columns_of_plain_numbers_arrive(ingest, database):
    columns = [f"c{number}" for number in range(1_400)]
    database.run(
        f"CREATE TABLE orders ({', '.join(f'{name} numeric' for name in columns)});"
        f"INSERT INTO orders (c0, c1399) VALUES (1.5, {LONG})"
    )

    ingest(*FROM_TABLE).assert_ok()

    assert database.rows("SELECT c0, c1399 FROM dw_orders") == database.rows(
        "SELECT c0, c1399 FROM orders"
    )


def test_long_numbers_are_keys_of_their_own(ingest, database):
    database.run(
        f"CREATE TABLE orders (k numeric, v text, u int); INSERT INTO orders VALUES"
        f" ({LONG}, 'a', 1), ({LONG} + 1, 'b', 2), (1, 'c', 3)"
    )
    words = (*FROM_TABLE, "--mode", "upsert", "--keys", "k", "--incremental", "u")
    ingest(*words).assert_ok()
    database.run("INSERT INTO orders VALUES (2.5, 'd', 4); UPDATE orders SET v = 'e' WHERE u = 3")

    ingest(*words).assert_ok()

    assert database.rows("SELECT k, v FROM dw_orders ORDER BY u") == database.rows(
        "SELECT k, v FROM orders ORDER BY u"
    )


def test_beside_long_numbers_nan_may_be_none(ingest, database):
    database.run(f"CREATE TABLE orders (v numeric); INSERT INTO orders VALUES ({LONG}), ('NaN')")

    ingest(*FROM_TABLE, "--param", "on_nan=null").assert_ok()

    assert database.rows("SELECT v::text FROM dw_orders ORDER BY 1") == [(LONG,), (None,)]


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("numeric", LONG),
        ("numeric", "'NaN'"),
        ("numeric(10,2)", "'NaN'"),
        ("numeric", "'-Infinity'"),
    ],
)
def test_long_numbers_are_no_mark(ingest, database, type, value):
    database.run(f"CREATE TABLE orders (k {type}); INSERT INTO orders VALUES (1), ({value})")

    outcome = ingest(*FROM_TABLE, "--incremental", "k")

    assert outcome.exit_code == 1
    assert "SK1356" in outcome.stderr
    assert "'k'" in outcome.stderr


@pytest.mark.parametrize("value", ["1.555", "123456789.5", "abc"])
def test_text_that_a_column_of_numbers_would_change_is_refused(ingest, database, value):
    database.run(
        f"CREATE TABLE orders (v text); INSERT INTO orders VALUES ('1.50'), ('{value}');"
        "CREATE TABLE dw_orders (v numeric(10,2))"
    )

    outcome = ingest(*FROM_TABLE)

    assert outcome.exit_code == 1
    assert "dw_orders.v" in outcome.stderr
    assert database.value("SELECT count(*) FROM dw_orders") == 0


DROPPING = (
    "CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN IF coalesce(NEW.id, OLD.id) = 2 THEN RETURN NULL; END IF;"
    " RETURN coalesce(NEW, OLD); END';"
    "CREATE TRIGGER leave BEFORE {} ON dw_orders FOR EACH ROW EXECUTE FUNCTION leave_out()"
)
RULE = "CREATE RULE nothing AS ON {} TO dw_orders DO INSTEAD NOTHING"
UPSERT = ("--mode", "upsert", "--keys", "id")


@pytest.mark.parametrize(
    ("made", "mode", "kept"),
    [
        *(
            (f"CREATE TABLE dw_orders (id {type}, v text); {keeping.format('INSERT')}", (), [])
            # Where the types are the same rows are copied, which no rule takes the place of.
            for type, keeping in (("integer", DROPPING), ("bigint", DROPPING), ("bigint", RULE))
        ),
        *(
            (f"CREATE TABLE dw_orders (id {type}, v text); {DROPPING.format('INSERT')}", UPSERT, [])
            for type in ("integer", "integer PRIMARY KEY", "bigint PRIMARY KEY")
        ),
        *(
            (
                f"CREATE TABLE dw_orders (id {type}, v text);"
                f"INSERT INTO dw_orders VALUES (2, 'old'); {DROPPING.format('UPDATE')}",
                UPSERT,
                [(2, "old")],
            )
            for type in ("integer", "integer PRIMARY KEY")
        ),
        *(
            (
                "CREATE TABLE dw_orders (id integer, v text);"
                f"INSERT INTO dw_orders VALUES (2, 'old'); {keeping.format('DELETE')}",
                ("--mode", "full"),
                [(2, "old")],
            )
            for keeping in (DROPPING, RULE)
        ),
        (
            "CREATE TABLE dw_orders (id integer, v text) PARTITION BY LIST (id);"
            "CREATE TABLE dw_part PARTITION OF dw_orders DEFAULT;"
            f"{DROPPING.format('INSERT').replace('ON dw_orders', 'ON dw_part')}",
            UPSERT,
            [],
        ),
    ],
)
def test_rows_that_a_table_keeps_back_are_a_failure_that_changes_nothing(
    ingest, database, made, mode, kept
):
    database.run("CREATE TABLE orders (id int, v text); INSERT INTO orders VALUES (1,'a'),(2,'b')")
    database.run(made)

    outcome = ingest(*FROM_TABLE, *mode)

    assert outcome.exit_code == 1
    assert "SK1331" in outcome.stderr
    assert database.rows("SELECT id, v FROM dw_orders") == kept


@pytest.mark.parametrize("key", ["", "PRIMARY KEY"])
@pytest.mark.parametrize("event", ["INSERT", "UPDATE", "INSERT OR UPDATE"])
def test_a_trigger_that_changes_values_keeps_no_row_back(ingest, database, key, event):
    database.run(
        "CREATE TABLE orders (id int, v text); INSERT INTO orders VALUES (1,'a'),(2,'b');"
        f"CREATE TABLE dw_orders (id int {key}, v text, at timestamptz);"
        "CREATE FUNCTION upper_case() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN NEW.v := upper(NEW.v); NEW.at := now(); RETURN NEW; END';"
        f"CREATE TRIGGER change BEFORE {event} ON dw_orders"
        " FOR EACH ROW EXECUTE FUNCTION upper_case()"
    )
    ingest(*FROM_TABLE, *UPSERT).assert_ok()
    database.run("UPDATE orders SET v = 'c' WHERE id = 2; INSERT INTO orders VALUES (3, 'd')")

    ingest(*FROM_TABLE, *UPSERT).assert_ok()

    rows = database.rows("SELECT id, upper(v) FROM dw_orders ORDER BY 1")
    assert rows == [(1, "A"), (2, "C"), (3, "D")]


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("numeric(10,2)", "'NaN'"),
        ("interval", "'infinity'"),
        ("integer[]", "'[0:1]={1,2}'"),
        ("integer[]", "'{{1,2},{3,4}}'"),
        ("text[]", "'{{a,b}}'"),
        ("numeric[]", "'{{1.10,NaN}}'"),
    ],
)
def test_a_value_that_no_type_of_the_lake_holds_is_text_in_it_and_arrives_as_it_is(
    ingest, database, type, value
):
    database.run(
        f'CREATE TABLE orders (id int, "the v" {type}, "it\'s" {type}, n numeric(10,2));'
        f"INSERT INTO orders VALUES (1, {value}, NULL, 1.5), (2, NULL, NULL, 'NaN')"
    )
    listed = 'SELECT id, "the v"::text, n::text FROM {} ORDER BY id'

    outcome = ingest(*FROM_TABLE).assert_ok()
    ingest(*FROM_TABLE, "--mode", "full").assert_ok()

    assert "column 'the v' " in outcome.stderr
    assert "it is read as text" in outcome.stderr
    assert database.rows(listed.format("dw_orders")) == database.rows(listed.format("orders"))
    assert typed(database, "dw_orders") == typed(database, "orders")


@pytest.mark.parametrize(
    ("type", "value"),
    [("numeric(10,2)[]", "'{1.10,NaN}'"), ("character varying(3)[]", "'{{a,b}}'")],
)
def test_an_array_that_text_would_be_cut_off_for_becomes_text_and_is_named(
    ingest, database, type, value
):
    database.run(f"CREATE TABLE orders (v {type}); INSERT INTO orders VALUES ({value})")

    outcome = ingest(*FROM_TABLE).assert_ok()

    assert f"'v' is of type {type}, which comes as another: it becomes text" in outcome.stderr
    assert database.rows("SELECT v FROM dw_orders") == database.rows("SELECT v::text FROM orders")


def test_a_value_that_a_declared_type_does_not_hold_has_a_way_out(ingest, database):
    database.run('CREATE TABLE orders ("the n" numeric(4,1)); INSERT INTO orders VALUES (1.5)')

    refused = ingest(*FROM_TABLE, "--column-type", "the n=BIGINT")
    ingest(*FROM_TABLE, "--column-type", "the n=VARCHAR").assert_ok()

    assert refused.exit_code == 1
    assert "--column-type 'the n=VARCHAR' reads it as text" in refused.stderr
    assert database.rows('SELECT "the n" FROM dw_orders') == [("1.5",)]


def test_columns_whose_names_differ_in_case_alone_are_refused_with_a_way_out(ingest, database):
    database.run('CREATE TABLE orders ("A" int, a int); INSERT INTO orders VALUES (1, 2)')

    refused = ingest(*FROM_TABLE)
    query = 'SELECT "A" AS upper_a, a FROM orders'
    ingest("--connection", "pg", "--query", query, "--name", "orders").assert_ok()

    assert refused.exit_code == 1
    assert "'A' and 'a'" in refused.stderr
    assert "--query gives one of them another name with AS" in refused.stderr
    assert database.rows("SELECT upper_a, a FROM dw_orders") == [(1, 2)]


def test_a_column_that_the_table_makes_itself_is_refused_with_a_way_out(ingest, database):
    database.run(
        "CREATE TABLE orders (id int, n int); INSERT INTO orders VALUES (2, 1);"
        "CREATE TABLE dw_orders (id int GENERATED ALWAYS AS (n * 2) STORED, n int)"
    )

    refused = ingest(*FROM_TABLE)
    query = "SELECT n FROM orders"
    ingest("--connection", "pg", "--query", query, "--name", "orders").assert_ok()

    assert refused.exit_code == 1
    assert "it makes the values of id itself" in refused.stderr
    assert "leave the column out with --query" in refused.stderr
    assert database.rows("SELECT id, n FROM dw_orders") == [(2, 1)]


@pytest.mark.parametrize("type", ["integer", "bigint"])
@pytest.mark.parametrize("mode", [(), UPSERT])
def test_an_identity_is_what_the_rows_say(ingest, database, type, mode):
    database.run(
        "CREATE TABLE orders (id int, n int); INSERT INTO orders VALUES (20, 1), (30, 2);"
        f"CREATE TABLE dw_orders (id {type} GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int)"
    )

    ingest(*FROM_TABLE, *mode).assert_ok()

    assert database.rows("SELECT id, n FROM dw_orders ORDER BY 1") == [(20, 1), (30, 2)]


def test_rows_are_replaced_by_an_identity_and_another_value_of_one_is_refused(ingest, database):
    database.run(
        "CREATE TABLE orders (id int, n int); INSERT INTO orders VALUES (20, 1);"
        "CREATE TABLE dw_orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int UNIQUE)"
    )
    ingest(*FROM_TABLE, *UPSERT).assert_ok()
    database.run("UPDATE orders SET n = 2")
    ingest(*FROM_TABLE, *UPSERT).assert_ok()
    replaced = database.rows("SELECT id, n FROM dw_orders")
    database.run("UPDATE orders SET id = 21")

    refused = ingest(*FROM_TABLE, "--mode", "upsert", "--keys", "n")

    assert replaced == [(20, 2)]
    assert refused.exit_code == 1
    assert "let it be GENERATED BY DEFAULT" in refused.stderr
    assert database.rows("SELECT id, n FROM dw_orders") == replaced


def test_a_parameter_in_a_query_is_refused_and_no_lost_connection(ingest):
    outcome = ingest("--connection", "pg", "--query", "SELECT $1 AS x", "--name", "orders")

    assert outcome.exit_code == 1
    assert "SK1313" in outcome.stderr
    assert "nothing fills $1" in outcome.stderr
