"""SQLite files as sources."""

import datetime as dt
import sqlite3
from contextlib import closing

import pytest

from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def database(files, *statements, path="a.db"):
    full = files.root / path
    with closing(sqlite3.connect(full)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return full


def test_declared_types_hold_where_the_values_fit(files):
    database(
        files,
        """CREATE TABLE t (i INTEGER, r REAL, n NUMERIC, x TEXT, b BLOB, d DATE, at DATETIME,
                           ok BOOLEAN, bare)""",
        """INSERT INTO t VALUES (1, 2, 3, 'a', x'00ff', '2026-01-02', '2026-01-02 03:04:05', 1,
                                 7)""",
    )

    relation = files.relation(files.source("sqlite", "t", path="a.db"))

    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == {
        "i": "BIGINT",
        "r": "DOUBLE",
        "n": "DOUBLE",
        "x": "VARCHAR",
        "b": "BLOB",
        "d": "DATE",
        "at": "TIMESTAMP",
        "ok": "BOOLEAN",
        "bare": "BIGINT",
    }
    assert relation.fetchall() == [
        (
            1,
            2.0,
            3.0,
            "a",
            b"\x00\xff",
            dt.date(2026, 1, 2),
            dt.datetime(2026, 1, 2, 3, 4, 5),
            True,
            7,
        )
    ]


def test_values_that_do_not_fit_are_kept_as_text_with_a_warning(files):
    database(files, "CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (1), ('none'), (2.5)")

    assert files.read("sqlite", "t", path="a.db") == (["n"], [("1",), ("none",), ("2.5",)])
    assert files.warnings == ["column 'n' holds text and numbers: all are text"]


def test_bytes_among_text_stay_bytes(files):
    database(files, "CREATE TABLE t (x TEXT)", "INSERT INTO t VALUES ('a'), (x'ff')")

    assert files.read("sqlite", "t", path="a.db")[1] == [(b"a",), (b"\xff",)]


def test_a_time_in_a_date_column_is_not_cut_off(files):
    database(
        files,
        "CREATE TABLE t (d DATE)",
        "INSERT INTO t VALUES ('2026-01-02'), ('2026-01-02 13:00:00')",
    )

    _, rows = files.read("sqlite", "t", path="a.db")

    assert rows == [(dt.datetime(2026, 1, 2),), (dt.datetime(2026, 1, 2, 13),)]


def test_types_that_the_project_declares_win(files):
    database(files, "CREATE TABLE t (d DATE, n TEXT)", "INSERT INTO t VALUES ('soon', '12')")

    found = files.types("sqlite", "t", path="a.db", columns={"d": "VARCHAR", "N": "DECIMAL(9,2)"})

    assert found == ["VARCHAR", "DECIMAL(9,2)"]


def test_an_empty_table_keeps_its_types(files):
    database(files, "CREATE TABLE t (i INTEGER, x)")

    relation = files.relation(files.source("sqlite", "t", path="a.db"))

    assert [str(type) for type in relation.types] == ["BIGINT", "VARCHAR"]
    assert relation.fetchall() == []


@pytest.mark.parametrize("name", ['we"ird name', "select", "naïve", "T"])
def test_tables_and_columns_of_any_name_are_read(files, name):
    quoted = '"' + name.replace('"', '""') + '"'
    database(files, f"CREATE TABLE {quoted} ({quoted} INTEGER)", f"INSERT INTO {quoted} VALUES (1)")

    assert files.read("sqlite", name, path="a.db") == ([name], [(1,)])


def test_the_file_may_stand_as_the_table(files):
    database(files, "CREATE TABLE t (i INTEGER)", "INSERT INTO t VALUES (1)")

    assert files.read("sqlite", "a.db", options={"table": "t"}) == (["i"], [(1,)])


def test_views_and_generated_columns_are_read(files):
    database(
        files,
        "CREATE TABLE t (i INTEGER, double INTEGER GENERATED ALWAYS AS (i * 2))",
        "INSERT INTO t (i) VALUES (4)",
        "CREATE VIEW v AS SELECT i, double, i || '!' AS text FROM t",
    )

    assert files.read("sqlite", "t", path="a.db") == (["i", "double"], [(4, 8)])
    assert files.read("sqlite", "v", path="a.db") == (["i", "double", "text"], [(4, 8, "4!")])


def test_a_query_gives_typed_columns_also_without_rows(files):
    database(files, "CREATE TABLE t (i INTEGER)", "INSERT INTO t VALUES (1)")
    query = "SELECT i, i / 2.0 AS half FROM t WHERE i > {} -- all of them;"

    full = files.relation(files.source("sqlite", path="a.db", query=query.format(0)))
    empty = files.relation(files.source("sqlite", path="a.db", query=query.format(9)))

    assert [str(type) for type in full.types] == ["BIGINT", "DOUBLE"]
    assert full.fetchall() == [(1, 0.5)]
    assert empty.columns == ["i", "half"]
    assert empty.fetchall() == []


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM t",
        "SELECT 1; DELETE FROM t",
        "ATTACH 'b.db' AS b",
        "PRAGMA journal_mode = DELETE",
        "INSERT INTO t VALUES (2) RETURNING i",
    ],
)
def test_only_queries_that_read_may_stand_as_query(files, query):
    database(files, "CREATE TABLE t (i INTEGER)", "INSERT INTO t VALUES (1)")

    with pytest.raises(NodeError) as caught:
        files.read("sqlite", path="a.db", query=query)

    assert caught.value.code == "SK0748"
    assert files.read("sqlite", "t", path="a.db")[1] == [(1,)]


@pytest.mark.parametrize(
    ("table", "help"), [("ordres", "did you mean orders?"), ("x", "tables: orders")]
)
def test_a_table_that_is_not_there_offers_those_that_are(files, table, help):
    database(files, "CREATE TABLE orders (i INTEGER)")

    with pytest.raises(NodeError) as caught:
        files.read("sqlite", table, path="a.db")

    assert caught.value.help == help


def test_two_columns_of_one_name_are_refused(files):
    database(files, "CREATE TABLE t (i INTEGER)")

    with pytest.raises(NodeError, match="two output columns"):
        files.read("sqlite", path="a.db", query="SELECT i, i AS I FROM t")


def test_rows_in_the_write_ahead_log_are_read_and_change_the_version(files):
    full = database(files, "PRAGMA journal_mode = WAL", "CREATE TABLE t (i INTEGER)")
    source = files.source("sqlite", "t", path="a.db")
    first = files.version(source)

    with closing(sqlite3.connect(full)) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        rows = files.relation(source).fetchall()
        second = files.version(source)

    assert rows == [(1,)]
    assert second != first


def test_text_that_is_no_utf8_is_an_error_that_names_the_file(files):
    database(files, "CREATE TABLE t (x TEXT)", "INSERT INTO t VALUES (CAST(x'ff' AS TEXT))")

    with pytest.raises(NodeError, match=r"a\.db: .*UTF-8"):
        files.read("sqlite", "t", path="a.db")


def test_many_rows_and_large_numbers_arrive_exactly(files):
    full = database(files, "CREATE TABLE t (i INTEGER, x TEXT)")
    rows = [(2**62 + n, f"text {n}") for n in range(25_000)]
    with closing(sqlite3.connect(full)) as connection:
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
        connection.commit()

    assert files.read("sqlite", "t", path="a.db")[1] == rows


@pytest.mark.parametrize(
    ("type", "values", "kind", "expected"),
    [
        ("NUMERIC", "9007199254740993", "BIGINT", [9007199254740993]),
        ("NUMERIC", "9007199254740993, 1.5", "VARCHAR", ["9007199254740993", "1.5"]),
        ("TEXT", "0.1", "VARCHAR", ["0.1"]),
        ("", "0.30000000000000004, 'x'", "VARCHAR", ["0.30000000000000004", "x"]),
        ("", "0.30000000000000004, x'ff'", "BLOB", [b"0.30000000000000004", b"\xff"]),
        ("BOOLEAN", "0, 1, 2", "BIGINT", [0, 1, 2]),
        ("DATETIME", "'2024-01-01T10:00:00+02:00'", "VARCHAR", ["2024-01-01T10:00:00+02:00"]),
        ("DATETIME", "'2024-01-01 10:00:00Z'", "VARCHAR", ["2024-01-01 10:00:00Z"]),
        (
            "DATETIME",
            "'2024-01-01 10:00:00.1234567'",
            "VARCHAR",
            ["2024-01-01 10:00:00.1234567"],
        ),
        ("REAL", "1e308 * 10", "DOUBLE", [float("inf")]),
    ],
)
def test_values_keep_every_digit(files, type, values, kind, expected):
    rows = ", ".join(f"({value})" for value in values.split(", "))
    database(files, f"CREATE TABLE t (v {type})", f"INSERT INTO t VALUES {rows}")

    relation = files.relation(files.source("sqlite", "t", path="a.db"))

    assert str(relation.types[0]) == kind
    assert [row[0] for row in relation.fetchall()] == expected


@pytest.mark.parametrize(
    ("type", "value"),
    [("BIGINT", "1.5"), ("DECIMAL(9,2)", "1.005"), ("DATE", "'2024-01-01 10:00:00'")],
)
def test_a_value_that_a_declared_type_would_change_is_named(files, type, value):
    database(files, "CREATE TABLE t (v)", f"INSERT INTO t VALUES (NULL), ({value})")

    with pytest.raises(NodeError) as caught:
        files.read("sqlite", "t", path="a.db", columns={"v": type})

    assert caught.value.code == "SK0783"
    assert caught.value.message.startswith("row 2, column 'v': ")


def test_a_fraction_is_a_decimal_by_the_digits_that_it_keeps(files):
    database(files, "CREATE TABLE t (v REAL)", "INSERT INTO t VALUES (0.1 + 0.2)")

    (row,) = files.read("sqlite", "t", path="a.db", columns={"v": "DECIMAL(9,2)"})[1]

    assert str(row[0]) == "0.30"
