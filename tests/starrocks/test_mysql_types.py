"""Every type of MySQL's, from a real server, is read as it is or refused by name."""

import datetime as dt
import struct
import uuid
from decimal import Decimal

import duckdb
import pytest

UTC = dt.UTC
POINT = struct.pack("<BIdd", 1, 1, 1, 2)
UUID = "123e4567-e89b-12d3-a456-426614174000"
# A column's type in MySQL: its type in DuckDB, and values as they are written and as they arrive.
TYPES = {
    "TINYINT": ("TINYINT", {"-128": -128, "127": 127}),
    "TINYINT(1)": ("TINYINT", {"5": 5, "1": 1}),
    "TINYINT UNSIGNED": ("UTINYINT", {"255": 255}),
    "BOOLEAN": ("TINYINT", {"true": 1, "false": 0}),
    "SMALLINT": ("SMALLINT", {"-32768": -32768}),
    "SMALLINT UNSIGNED": ("USMALLINT", {"65535": 65535}),
    "MEDIUMINT": ("INTEGER", {"-8388608": -8388608}),
    "MEDIUMINT UNSIGNED": ("UINTEGER", {"16777215": 16777215}),
    "INT": ("INTEGER", {"-2147483648": -(2**31)}),
    "INT UNSIGNED": ("UINTEGER", {"4294967295": 2**32 - 1}),
    "INT(8) ZEROFILL": ("UINTEGER", {"42": 42, "0": 0}),
    "BIGINT": ("BIGINT", {"-9223372036854775808": -(2**63), "9223372036854775807": 2**63 - 1}),
    "BIGINT UNSIGNED": ("UBIGINT", {"18446744073709551615": 2**64 - 1}),
    "DECIMAL(10,2)": ("DECIMAL(10,2)", {"-12345678.90": Decimal("-12345678.90")}),
    "DECIMAL(5,0)": ("DECIMAL(5,0)", {"-99999": Decimal(-99999)}),
    "DECIMAL(10,2) UNSIGNED": ("DECIMAL(10,2)", {"12345678.99": Decimal("12345678.99")}),
    "DECIMAL(38,30)": ("DECIMAL(38,30)", {"12345678." + "1" * 30: Decimal("12345678." + "1" * 30)}),
    "DECIMAL(65,30)": ("VARCHAR", {"9" * 35 + "." + "1" * 30: "9" * 35 + "." + "1" * 30}),
    "FLOAT": ("FLOAT", {"16777217": 16777216.0, "1.17549e-38": 1.1754900067970481e-38}),
    "FLOAT(7,4)": ("FLOAT", {"123.4567": 123.45670318603516}),
    "DOUBLE": ("DOUBLE", {"0.1": 0.1, "1.7976931348623157e308": 1.7976931348623157e308}),
    "DOUBLE(10,3)": ("DOUBLE", {"1234567.891": 1234567.891}),
    "BIT(1)": ("BOOLEAN", {"b'1'": True, "b'0'": False}),
    "BIT(9)": ("BIT", {"b'100000001'": "100000001", "b'1'": "000000001"}),
    "BIT(64)": ("BIT", {"18446744073709551615": "1" * 64}),
    "DATE": ("DATE", {"'1000-01-01'": dt.date(1000, 1, 1), "'9999-12-31'": dt.date(9999, 12, 31)}),
    "DATETIME": ("TIMESTAMP", {"'2024-02-29 23:59:59'": dt.datetime(2024, 2, 29, 23, 59, 59)}),
    "DATETIME(6)": (
        "TIMESTAMP",
        {"'9999-12-31 23:59:59.999999'": dt.datetime(9999, 12, 31, 23, 59, 59, 999999)},
    ),
    "TIMESTAMP NULL": (
        "TIMESTAMP WITH TIME ZONE",
        {"'2024-06-01 12:00:00'": dt.datetime(2024, 6, 1, 12, tzinfo=UTC)},
    ),
    "TIMESTAMP(6) NULL": (
        "TIMESTAMP WITH TIME ZONE",
        {"'1970-01-01 00:00:01.5'": dt.datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)},
    ),
    "TIME": ("TIME", {"'23:59:59'": dt.time(23, 59, 59), "'00:00:00'": dt.time(0)}),
    "TIME(6)": ("TIME", {"'01:02:03.000004'": dt.time(1, 2, 3, 4)}),
    "YEAR": ("SMALLINT", {"2024": 2024, "0": 0}),
    "CHAR(5)": ("VARCHAR", {"'ab'": "ab", "''": ""}),
    "VARCHAR(300) CHARACTER SET utf8mb4": (
        "VARCHAR",
        {"'€ 😀'": "€ 😀", f"'{'é' * 300}'": "é" * 300},
    ),
    "VARCHAR(20) CHARACTER SET latin1": ("VARCHAR", {"'Zürich'": "Zürich"}),
    "VARCHAR(20) CHARACTER SET utf16": ("VARCHAR", {"'日本語'": "日本語"}),
    "VARCHAR(20) CHARACTER SET sjis": ("VARCHAR", {"'日本語'": "日本語"}),
    "VARCHAR(20) COLLATE utf8mb4_bin": ("VARCHAR", {"'ß'": "ß"}),
    "TINYTEXT": ("VARCHAR", {"'a\\0b'": "a\0b"}),
    "TEXT": ("VARCHAR", {"repeat('x', 65535)": "x" * 65535}),
    "MEDIUMTEXT": ("VARCHAR", {"repeat('é', 70000)": "é" * 70000}),
    "LONGTEXT": ("VARCHAR", {"'a\\nb\\tc\\\\d'": "a\nb\tc\\d"}),
    "BINARY(4)": ("BLOB", {"'ab'": b"ab\0\0"}),
    "VARBINARY(9)": ("BLOB", {"x'00ff80'": b"\x00\xff\x80", "''": b""}),
    "TINYBLOB": ("BLOB", {"x'ff'": b"\xff"}),
    "BLOB": ("BLOB", {"repeat(x'80', 300)": b"\x80" * 300}),
    "MEDIUMBLOB": ("BLOB", {"x'00'": b"\0"}),
    "LONGBLOB": ("BLOB", {"'long'": b"long"}),
    "ENUM('a', 'ü b')": ("VARCHAR", {"'ü b'": "ü b"}),
    "SET('a', 'b', 'c')": ("VARCHAR", {"'a,c'": "a,c", "''": ""}),
    "JSON": ("VARCHAR", {"""'{"a": [1, null]}'""": '{"a": [1, null]}'}),
    "POINT": ("BLOB", {"ST_GeomFromText('POINT(1 2)', 4326)": POINT}),
    "UUID": ("VARCHAR", {f"'{UUID}'": UUID}),
    "INET6": ("VARCHAR", {"'2001:db8::1'": "2001:db8::1"}),
}


@pytest.fixture
def table(maria):
    """Makes a table ``t`` of a column ``v``."""

    def make(type, *values):
        rows = ", ".join(f"({value})" for value in values)
        maria.execute(
            "SET SESSION sql_mode = ''",
            f"CREATE TABLE t (v {type})",
            f"INSERT INTO t VALUES {rows}",
        )
        return maria

    return make


@pytest.mark.parametrize("type", TYPES)
def test_a_type_is_read_as_it_is(type, table, ask):
    expected, values = TYPES[type]
    server = table(type, *values, "NULL")

    columns, rows = ask(server, "t")

    assert columns == [("v", expected)]
    assert rows == [(value,) for value in values.values()] + [(None,)]


def test_all_types_are_the_same_in_a_query(maria, ask):
    columns = {f"c{at}": type for at, type in enumerate(TYPES)}
    first = {name: next(iter(TYPES[type][1].items())) for name, type in columns.items()}
    maria.execute(
        "SET sql_mode = ''",
        f"CREATE TABLE t ({', '.join(f'{name} {type}' for name, type in columns.items())})",
        f"INSERT INTO t VALUES ({', '.join(written for written, _ in first.values())})",
    )

    found, rows = ask(maria, f"SELECT {', '.join(columns)}, 1 AS one FROM t")

    expected = [(name, TYPES[type][0]) for name, type in columns.items()]
    assert found == [*expected, ("one", "INTEGER")]
    assert rows == [(*(value for _, value in first.values()), 1)]


REFUSED = {
    ("DATE", "'0000-00-00'"): "column 'v' holds 0000-00-00, which no DATE is",
    ("DATETIME", "'2024-00-10 01:00:00'"): "column 'v' holds 2024-00-10 01:00:00, which no",
    ("TIMESTAMP", "'0000-00-00 00:00:00'"): "column 'v' holds 0000-00-00 00:00:00, which no",
    (
        "TIME",
        "'-00:00:01'",
    ): r"column 'v' holds -00:00:01, .* \(declare it as INTERVAL",
    ("TIME", "'838:59:59'"): "column 'v' holds 838:59:59, which no TIME is",
}


@pytest.mark.parametrize(("type", "value"), REFUSED)
def test_a_value_that_no_type_has_is_refused_with_its_column(type, value, table, ask):
    server = table(type, value)

    with pytest.raises(duckdb.Error, match=REFUSED[type, value]):
        ask(server, "t")


@pytest.mark.parametrize("type", ["DATE", "DATETIME", "TIMESTAMP"])
def test_dates_that_are_none_are_null_where_that_is_asked_for(type, table, ask):
    server = table(type, "'0000-00-00'", "'2024-06-01'")

    _, rows = ask(server, "t", on_zero_date="null")

    assert rows[0] == (None,)
    assert str(rows[1][0]).startswith("2024-06-01")


DECLARED = {
    ("TIME", "INTERVAL", "'-838:59:59'"): -dt.timedelta(hours=838, minutes=59, seconds=59),
    ("TIME", "VARCHAR", "'-838:59:59'"): "-838:59:59",
    ("DATE", "VARCHAR", "'0000-00-00'"): "0000-00-00",
    ("TINYINT(1)", "BOOLEAN", "1"): True,
    ("INT", "BIGINT", "7"): 7,
    ("DECIMAL(65,30)", "DECIMAL(38,10)", "1.5"): Decimal("1.5"),
    ("DECIMAL(10,2)", "INTEGER", "3.00"): 3,
    ("DATETIME", "DATE", "'2024-06-01'"): dt.date(2024, 6, 1),
    ("VARCHAR(9)", "INTEGER", "'12'"): 12,
    ("LONGTEXT", "JSON", "'[1]'"): "[1]",
    ("BLOB", "VARCHAR", "'abc'"): "abc",
    ("BIT(9)", "USMALLINT", "300"): 300,
    ("FLOAT", "DOUBLE", "0.1"): 0.10000000149011612,
    ("UUID_TEXT", "UUID", f"'{UUID}'"): uuid.UUID(UUID),
}


@pytest.mark.parametrize(("type", "declared", "value"), DECLARED)
def test_a_declared_type_is_what_is_read(type, declared, value, table, ask):
    server = table(type.replace("UUID_TEXT", "CHAR(36)"), value)

    columns, rows = ask(server, "t", columns={"v": declared})

    assert columns == [("v", declared)]
    assert rows == [(DECLARED[type, declared, value],)]


@pytest.mark.parametrize(
    ("type", "declared", "value"),
    [
        ("INT", "TINYINT", "300"),
        ("DECIMAL(10,2)", "INTEGER", "3.50"),
        ("DECIMAL(65,30)", "DECIMAL(38,10)", "1.00000000001"),
        ("DATETIME", "DATE", "'2024-06-01 12:00:00'"),
        ("DATETIME", "TIME", "'2024-06-01 12:00:00'"),
        ("DOUBLE", "FLOAT", "1e300"),
        ("VARCHAR(9)", "INTEGER", "'twelve'"),
        ("TINYINT(1)", "BOOLEAN", "2"),
        ("BIT(9)", "UTINYINT", "300"),
    ],
)
def test_a_value_is_not_rounded_into_a_declared_type(type, declared, value, table, ask):
    server = table(type, value)

    with pytest.raises(duckdb.Error, match="column 'v' holds"):
        ask(server, "t", columns={"v": declared})


CHANGED = [
    ("[1.5,2.5]", "INTEGER[]"),
    ('{"a":1.9,"b":"x"}', "STRUCT(a INTEGER, b VARCHAR)"),
    ('[{"a":[1.5]}]', "STRUCT(a INTEGER[])[]"),
    ("{1=1.5}", "MAP(INTEGER, INTEGER)"),
    ("[2024-01-01 10:00:00]", "TIME[]"),
    ("[1]", "INTEGER[2]"),
    ("2024-01-01 10:00:00", "TIME"),
    ("2024-01-01T10:00:00+02:00", "TIME"),
    ("10:00:00+02", "TIME"),
    ("2024-01-01 10:00:00", "TIME WITH TIME ZONE"),
    ("2024-01-01T00:00:00+02:00", "DATE"),
    ("2024-01-01T10:00:00+02:00", "TIMESTAMP"),
    ("2024-01-01T10:00:00+02:00", "TIMESTAMP_S"),
    ("2024-01-01T10:00:00+02:00", "TIMESTAMP_NS"),
    ("2024-01-01 10:00:00 Europe/Rome", "TIMESTAMP"),
    ("2024-01-01 10:00:00 Europe/Rome", "TIMESTAMP_MS"),
    ("2024-01-01 10:00:00.5", "TIMESTAMP_S"),
    ("2024-01-01 10:00:00.1234", "TIMESTAMP_MS"),
    ("2024-01-01 10:00:00.1234567891", "TIMESTAMP_NS"),
    ("12:34:56.1234567", "INTERVAL"),
    ("0.1234567", "INTERVAL"),
    ("1.1 months", "INTERVAL"),
    ("1.5", "BIGNUM"),
    ("1e400", "DOUBLE"),
    ("1e39", "FLOAT"),
]


@pytest.mark.parametrize(("text", "declared"), CHANGED)
def test_a_text_that_a_declared_type_would_change_stops_the_reading(text, declared, maria, ask):
    with pytest.raises(duckdb.Error, match=r"column 'x' holds .*, which .* does not hold"):
        ask(maria, f"SELECT '{text}' AS x", columns={"x": declared})


KEPT = [
    ("[1.0,null]", "INTEGER[]", [1, None]),
    ('{"a":1,"b":"x"}', "STRUCT(a INTEGER, b VARCHAR)", {"a": 1, "b": "x"}),
    ('[{"a":[1]},{"a":null}]', "STRUCT(a INTEGER[])[]", [{"a": [1]}, {"a": None}]),
    ("{k={1=1.5}}", "MAP(VARCHAR, MAP(INTEGER, DOUBLE))", {"k": {1: 1.5}}),
    ("[1,2]", "INTEGER[2]", (1, 2)),
    ("10:00:00.123456", "TIME", dt.time(10, 0, 0, 123456)),
    ("2024-01-01T10:00:00", "TIMESTAMP_S", dt.datetime(2024, 1, 1, 10)),
    ("2024-01-01 10:00:00.5", "TIMESTAMP", dt.datetime(2024, 1, 1, 10, 0, 0, 500000)),
    ("2024-01-01 00:00:00", "DATE", dt.date(2024, 1, 1)),
    (
        "2024-01-01T10:00:00+02:00",
        "TIMESTAMP WITH TIME ZONE",
        dt.datetime(2024, 1, 1, 8, tzinfo=UTC),
    ),
    ("1.5 days", "INTERVAL", dt.timedelta(days=1, hours=12)),
    ("Infinity", "DOUBLE", float("inf")),
]


@pytest.mark.parametrize(("text", "declared", "value"), KEPT)
def test_a_text_that_a_declared_type_holds_is_read(text, declared, value, maria, ask):
    columns, rows = ask(maria, f"SELECT '{text}' AS x", columns={"x": declared})

    assert columns == [("x", declared)]
    assert rows == [(value,)]


@pytest.mark.parametrize(
    ("value", "text"),
    [("16777216", "16777216"), ("-3.4028234663852886e38", "-3.4028234663852886e38")],
)
def test_a_float_that_is_declared_as_text_has_all_its_digits(value, text, table, ask):
    server = table("FLOAT", value)

    tabular = ask(server, "t", columns={"v": "VARCHAR"})
    queried = ask(server, "SELECT v FROM t", columns={"v": "VARCHAR"})

    assert tabular == queried == ([("v", "VARCHAR")], [(text,)])


def test_what_no_type_holds_is_text_where_all_is_wanted(table, ask):
    server = table("TIME", "'-00:00:01'", "'10:00:00'")

    columns, rows = ask(server, "t", whole=True)

    assert columns == [("v", "VARCHAR")]
    assert rows == [("-00:00:01",), ("10:00:00",)]
