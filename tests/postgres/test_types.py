"""What survives the way from PostgreSQL through an artifact and back."""

import os

import pytest

pytestmark = [pytest.mark.inside, pytest.mark.versions]

TRANSPORT = os.environ.get("SEEKNAL_TEST_TRANSPORT", "adbc")
"""``duckdb`` tries the extension, where the environment has it."""
SURVIVE = {
    "small": ("smallint", ["-32768", "32767", None]),
    "int4": ("integer", ["-2147483648", "2147483647", None]),
    "big": ("bigint", ["-9223372036854775808", "9223372036854775807", None]),
    "numeric": ("numeric(12,2)", ["-9999999999.99", "0.10", None]),
    "wide": ("numeric(38,10)", ["1234567890123456789012345678.0123456789", None]),
    "whole": ("numeric(38,0)", ["99999999999999999999999999999999999999", None]),
    "loose": ("numeric", ["12345678901234567890.123", "-1.500", "0.000", None]),
    "float4": ("real", ["1.5", "NaN", "Infinity", "-Infinity", "3.4028235e+38", None]),
    "float8": ("double precision", ["0.1", "NaN", "Infinity", "-Infinity", "5e-324", None]),
    "flag": ("boolean", ["true", "false", None]),
    "text": ("text", ["", "a 'quoted' \"text\"", "tab\tline\nend", "żółć 🦆", "\\N", None]),
    "varying": ("character varying(5)", ["abcde", "", None]),
    "fixed": ("character(4)", ["ab", "abcd", None]),
    "bytes": ("bytea", ["\\x00ff10", "\\x", None]),
    "day": ("date", ["2024-02-29", "infinity", "-infinity", "0044-03-15 BC", "99999-01-01", None]),
    "clock": ("time", ["00:00:00", "23:59:59.999999", "24:00:00", None]),
    "zoned_clock": ("timetz", ["12:00:00+02", "23:59:59.5-11:30", None]),
    "moment": (
        "timestamp",
        ["2024-02-29 12:00:00.123456", "infinity", "-infinity", "0044-03-15 00:00:00 BC", None],
    ),
    "instant": ("timestamptz", ["2024-02-29 12:00:00+00", "infinity", "-infinity", None]),
    "span": ("interval", ["1 year 2 mons -3 days 04:05:06.7", "-00:00:01", "00:00:00", None]),
    "id": ("uuid", ["11111111-2222-3333-4444-555555555555", None]),
    "json": ("json", ['{"b":1, "a": [null, 1.50]}', "null", None]),
    "jsonb": ("jsonb", ['{"a": [1, {"b": "ż"}]}', "[]", '"text"', None]),
    "mood": ("mood", ["happy", "it's", None]),
    "numbers": ("integer[]", ["{1,NULL,3}", "{}", None]),
    "matrix": ("integer[][]", ["{{1,2},{3,NULL}}", "{}", None]),
    "cube": ("integer[][][]", ["{{{1,2}},{{3,4}}}", None]),
    "words": ("text[]", ['{a,"b \\"q\\" \\\\ ,","NULL",NULL,""}', None]),
    "amounts": ("numeric(10,2)[]", ["{1.10,NULL,-2.00}", None]),
    "moments": ("timestamptz[]", ['{"2024-01-01 00:00:00+00",infinity}', None]),
    "blobs": ("bytea[]", ['{"\\\\x00ff",NULL}', None]),
    "ids": ("uuid[]", ["{11111111-2222-3333-4444-555555555555}", None]),
    "moods": ("mood[]", ["{happy,sad}", None]),
    "address": ("inet", ["10.0.0.1/24", "::1", None]),
    "network": ("cidr", ["10.0.0.0/8", None]),
    "range_of": ("int4range", ["[1,5)", "empty", None]),
    "times": ("tstzrange", ['["2024-01-01 00:00:00+00","2024-02-01 00:00:00+00")', None]),
    "pair": ("pair", ['(1,"a b")', None]),
    "bits": ("bit varying(8)", ["0101", "", None]),
    "price": ("money", ["$12.34", "-$0.01", None]),
    "number_of": ("oid", ["4294967295", None]),
    "positive": ("positive", ["1", None]),
}
"""Column name: type, and values as PostgreSQL prints them."""
PREPARED = """
    CREATE TYPE mood AS ENUM ('happy', 'sad', 'it''s');
    CREATE TYPE pair AS (a int, b text);
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
"""


def create(database, name, column, filled):
    type, values = SURVIVE[column]
    with database.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE {name} (n integer PRIMARY KEY, v {type})")
        for number, value in enumerate(values if filled else ()):
            text = "NULL" if value is None else "%s"
            given = [number] if value is None else [number, value]
            connection.execute(f"INSERT INTO {name} VALUES (%s, {text}::{type})", given)


def printed(database, name):
    with database.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"SELECT n, v::text FROM {name} ORDER BY n").fetchall()


def pipeline(transport, target=""):
    return (
        "kind: source\nname: origin\nsource: postgresql\nconnection: pg\ntable: public.origin\n"
        f"params: {{transport: {transport}}}\n{target}"
    )


TARGET = "materializations: [{type: postgresql, connection: pg, table: public.copy, mode: MODE}]\n"


@pytest.mark.parametrize("column", SURVIVE)
@pytest.mark.parametrize("mode", ["append", "upsert_by_key, unique_keys: [n]"])
def test_a_value_survives_the_way_into_a_table_of_the_same_type(project, database, column, mode):
    database.run(PREPARED)
    create(database, "origin", column, filled=True)
    create(database, "copy", column, filled=False)
    made = project({"seeknal/a.yml": pipeline(TRANSPORT, TARGET.replace("MODE", mode))})

    made.run("run").assert_ok()

    assert printed(database, "copy") == printed(database, "origin")


SAME_TYPE = [
    *("small", "int4", "big", "numeric", "wide", "whole", "float4", "float8", "flag", "text"),
    *("bytes", "day", "clock", "moment", "instant", "span", "id", "jsonb"),
    *("numbers", "words", "amounts", "moments", "blobs", "ids"),
]


@pytest.mark.parametrize("column", SAME_TYPE)
def test_a_created_table_gets_the_type_that_was_read(project, database, column):
    create(database, "origin", column, filled=True)
    made = project({"seeknal/a.yml": pipeline(TRANSPORT, TARGET.replace("MODE", "full"))})

    made.run("run").assert_ok()

    assert printed(database, "copy") == printed(database, "origin")
    query = (
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attname = 'v'"
    )
    array = "[]" if SURVIVE[column][0].endswith("]") else ""
    there, ours = database.value(query, "origin"), database.value(query, "copy")
    assert ours == (
        there
        if not array
        else there.split("(")[0] + (there.partition("(")[1] and ours[ours.index("(") :])
    )


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("numeric(18,2)", "NaN"),
        ("numeric", "NaN"),
        ("numeric", "Infinity"),
        ("numeric", "-Infinity"),
    ],
)
def test_a_numeric_that_is_no_number_is_refused_and_named(project, database, type, value):
    database.run(f"CREATE TABLE origin (v {type}); INSERT INTO origin VALUES (1.5), ('{value}')")
    made = project({"seeknal/a.yml": pipeline(TRANSPORT)})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "column 'v' is NaN or infinite in some row" in outcome.stderr


def test_on_nan_null_makes_them_null(project, database):
    database.run("CREATE TABLE origin (v numeric(18,2)); INSERT INTO origin VALUES (1.5), ('NaN')")
    text = pipeline(TRANSPORT).replace(
        f"transport: {TRANSPORT}", f"transport: {TRANSPORT}, on_nan: 'null'"
    )
    made = project({"seeknal/a.yml": text})

    made.run("run").assert_ok()

    assert [None if row[0] is None else str(row[0]) for row in made.rows("source.origin")] == [
        "1.50",
        None,
    ]


def test_digits_that_no_decimal_holds_become_double_with_a_warning(project, database):
    database.run("CREATE TABLE origin (v numeric); INSERT INTO origin VALUES (1e40), (0.5)")
    made = project({"seeknal/a.yml": pipeline(TRANSPORT)})

    outcome = made.run("run").assert_ok()

    assert "column 'v' holds numbers of more than 38 digits" in outcome.stderr
    assert sorted(made.rows("source.origin")) == [(0.5,), (1e40,)]


def test_a_declared_type_keeps_every_digit(project, database):
    database.run(
        "CREATE TABLE origin (v numeric, w numeric);"
        "INSERT INTO origin VALUES (12345678901234567890123456789012345678901234567890, 'NaN')"
    )
    text = pipeline(TRANSPORT) + "columns: {v: VARCHAR, w: DOUBLE}\n"
    made = project({"seeknal/a.yml": text})

    outcome = made.run("run").assert_ok()

    ((digits, number),) = made.rows("source.origin")
    assert digits == "12345678901234567890123456789012345678901234567890"
    assert number != number
    assert "warning" not in outcome.stderr


@pytest.mark.parametrize(
    ("type", "value"),
    [("integer[]", "{{1,2},{3,4}}"), ("text[]", "{{a},{b}}"), ("text[][]", "{a}")],
)
def test_an_array_of_another_depth_is_refused_not_flattened(project, database, type, value):
    database.run(f"CREATE TABLE origin (v {type}); INSERT INTO origin VALUES ('{value}')")
    made = project({"seeknal/a.yml": pipeline(TRANSPORT)})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "column 'v' holds an array that is not" in outcome.stderr


def test_an_array_of_any_depth_is_read_as_declared(project, database):
    database.run("CREATE TABLE origin (v integer[]); INSERT INTO origin VALUES ('{{1,2},{3,4}}')")
    made = project({"seeknal/a.yml": pipeline(TRANSPORT) + "columns: {v: 'INTEGER[][]'}\n"})

    made.run("run").assert_ok()

    assert made.rows("source.origin") == [([[1, 2], [3, 4]],)]


@pytest.mark.parametrize("value", ["294276-12-31", "294247-01-11"])
def test_a_time_beyond_duckdbs_range_is_refused_not_wrapped(project, database, value):
    database.run(f"CREATE TABLE origin (v timestamp); INSERT INTO origin VALUES ('{value}')")
    made = project({"seeknal/a.yml": pipeline(TRANSPORT)})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "column 'v' is beyond the year" in outcome.stderr


def test_text_with_a_nul_character_is_refused_before_the_table_is_touched(project, database):
    made = project(
        {
            "seeknal/a.yml": "kind: transform\nname: t\ntransform: SELECT 'a' || chr(0) AS v\n"
            + TARGET.replace("MODE", "full")
        }
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "text in v holds a NUL character" in outcome.stderr
    assert database.value("SELECT to_regclass('public.copy')") is None


DUCKDB = {
    "1::TINYINT": ("smallint", "1"),
    "255::UTINYINT": ("smallint", "255"),
    "65535::USMALLINT": ("integer", "65535"),
    "4294967295::UINTEGER": ("bigint", "4294967295"),
    "18446744073709551615::UBIGINT": ("numeric(20,0)", "18446744073709551615"),
    "170141183460469231731::HUGEINT": ("numeric(38,0)", "170141183460469231731"),
    "'x'::ENUM('x', 'y')": ("text", "x"),
    "TIMESTAMP_S '2024-01-01 00:00:01'": ("timestamp without time zone", "2024-01-01 00:00:01"),
    "TIMESTAMP_MS '2024-01-01 00:00:01.5'": (
        "timestamp without time zone",
        "2024-01-01 00:00:01.5",
    ),
    "{'a': 1, 'b': [DATE '2024-01-01']}": ("jsonb", '{"a": 1, "b": ["2024-01-01"]}'),
    "MAP {'k': 1.5}": ("jsonb", '{"k": 1.5}'),
    "[{'a': 1}]": ("jsonb", '[{"a": 1}]'),
    "[1, 2]::INTEGER[2]": ("integer[]", "{1,2}"),
    "'101'::BIT": ("bit varying", "101"),
}


@pytest.mark.parametrize("expression", DUCKDB)
def test_a_type_that_only_duckdb_has_gets_the_nearest_column(project, database, expression):
    made = project(
        {
            "seeknal/a.yml": f"kind: transform\nname: t\ntransform: |\n  SELECT {expression} AS v\n"
            + TARGET.replace("MODE", "full")
        }
    )

    made.run("run").assert_ok()

    assert database.rows("SELECT pg_typeof(v)::text, v::text FROM public.copy")[0][1:] == (
        DUCKDB[expression][1],
    )
    shown = database.value(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 'public.copy'::regclass AND attname = 'v'"
    )
    assert shown == DUCKDB[expression][0]
