"""The small tables that the corpus is asked over.

Types are written as DuckDB's. Values are texts, or lists and mappings of such.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

TEXT, WHOLE, LONG, FLOAT, TRUTH = "VARCHAR", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN"
MOMENT, ZONED = "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"
MONEY, FINE = "DECIMAL(10,2)", "DECIMAL(12,4)"
WHOLES, TEXTS = "INTEGER[]", "VARCHAR[]"
PAIR, COUNTS = "STRUCT(a INTEGER, b VARCHAR)", "MAP(VARCHAR, INTEGER)"


@frozen(kw_only=True)
class Table:
    columns: Mapping[str, str]
    rows: tuple[tuple[Any, ...], ...]
    leaves: Mapping[str, tuple[str, ...]] = {}
    """Columns that a dialect has no type for."""
    only: tuple[str, ...] = ()
    """The dialects that can have it; empty: all of them."""

    def columns_in(self, dialect: str) -> dict[str, str]:
        left = self.leaves.get(dialect, ())
        return {name: of for name, of in self.columns.items() if name not in left}


N = None
TABLES = {
    "numbers": Table(
        columns={
            "id": WHOLE,
            "a": WHOLE,
            "b": WHOLE,
            "big": LONG,
            "d": MONEY,
            "e": FINE,
            "x": FLOAT,
            "g": TEXT,
        },
        rows=(
            ("1", "7", "2", "9000000000", "1.50", "0.3333", "2.5", "u"),
            ("2", "-7", "2", "-9000000000", "-1.50", "-0.5000", "-2.5", "u"),
            ("3", "7", "-2", "5", "2.25", "10.0000", "0.5", "v"),
            ("4", "-7", "-2", "0", "0.05", "3.0000", "1000000", "v"),
            ("5", N, "3", N, N, "1.2345", N, N),
            ("6", "5", N, "3", "10.00", N, "1", "u"),
            ("7", "2", "2", "2", "2.50", "2.0000", "3.5", N),
            ("8", "0", "7", "2147483648", "0.00", "0.0001", "-0.1", "w"),
            ("9", "2", "1", "2", "2.50", "7.7777", "1.25", "w"),
        ),
    ),
    "texts": Table(
        columns={"id": WHOLE, "s": TEXT, "t": TEXT, "n": TEXT},
        rows=(
            ("1", "abc", "b", "12"),
            ("2", "ABC", "c", "-3"),
            ("3", "", "x", "007"),
            ("4", N, "y", "1.5"),
            ("5", "Äpfel é", "ä", " 8 "),
            ("6", "a%b_c", "%", "abc"),
            ("7", "abc ", "abc", ""),
            ("8", "b", "B", N),
            ("9", "日本語😀", "本", "1e2"),
            ("10", "x\\y'z", "\\", "99999999999"),
            ("11", "foo,bar,,baz", ",", "0x1F"),
        ),
    ),
    "dates": Table(
        columns={"id": WHOLE, "d": "DATE", "e": "DATE", "ts": MOMENT, "u": MOMENT, "tz": ZONED},
        rows=(
            (
                "1",
                "2024-01-31",
                "2024-02-29",
                "2024-01-31 23:59:59.5",
                "2024-02-01 00:00:00",
                "2024-01-31 22:30:00+00",
            ),
            (
                "2",
                "2023-12-31",
                "2024-01-01",
                "2023-12-31 12:00:00",
                "2024-01-01 11:59:59",
                "2023-12-31 12:00:00+00",
            ),
            (
                "3",
                "2024-02-29",
                "2023-02-28",
                "2024-02-29 00:00:00",
                "2023-02-28 06:07:08.123456",
                "2024-07-01 00:00:00+00",
            ),
            (
                "4",
                "2024-03-31",
                "2024-05-30",
                "2024-03-31 01:30:00",
                "2024-05-30 01:29:59",
                "2024-03-31 01:30:00+00",
            ),
            ("5", N, "2024-06-15", N, "2024-06-15 10:00:00", N),
            (
                "6",
                "1969-07-20",
                "2000-02-29",
                "1969-07-20 20:17:40",
                "2000-02-29 23:00:00",
                "1969-07-20 20:17:40+00",
            ),
            (
                "7",
                "2024-12-29",
                "2025-01-05",
                "2024-12-29 09:05:03",
                "2025-01-05 00:00:00",
                "2024-12-29 23:59:59.999999+00",
            ),
        ),
        leaves={"mysql": ("tz",), "sqlite": ("tz",), "starrocks": ("tz",)},
    ),
    "flags": Table(
        columns={"id": WHOLE, "p": TRUTH, "q": TRUTH, "i": WHOLE},
        rows=(
            ("1", "true", "true", "1"),
            ("2", "true", "false", "0"),
            ("3", "false", N, "2"),
            ("4", N, "true", N),
            ("5", "false", "false", "-1"),
        ),
    ),
    "staff": Table(
        columns={
            "id": WHOLE,
            "name": TEXT,
            "team": TEXT,
            "boss": WHOLE,
            "pay": MONEY,
            "hired": "DATE",
            "rate": FLOAT,
        },
        rows=(
            ("1", "Ada", "core", N, "5000.00", "2019-01-31", "0.5"),
            ("2", "bob", "core", "1", "3000.50", "2020-02-29", "0.25"),
            ("3", "Cleo", "ops", "1", "3000.50", "2021-07-01", N),
            ("4", "dan", "ops", "3", N, "2021-07-01", "1.5"),
            ("5", "Eve", N, "3", "1200.00", "2023-12-31", "0.25"),
            ("6", "Änne", "lab", "2", "0.00", N, "-1"),
            ("7", "ada", "Lab", "2", "700.25", "2022-05-15", "2"),
        ),
    ),
    "teams": Table(
        columns={"team": TEXT, "city": TEXT},
        rows=(("core", "Bonn"), ("ops", N), ("lab", "Ulm"), ("law", "Bonn"), (N, "Rom")),
    ),
    "orders": Table(
        columns={
            "id": WHOLE,
            "staff": WHOLE,
            "amount": MONEY,
            "qty": WHOLE,
            "day": "DATE",
            "happened": MOMENT,
            "paid": TRUTH,
        },
        rows=(
            ("1", "1", "10.00", "1", "2024-01-31", "2024-01-31 08:00:00", "true"),
            ("2", "1", "20.50", "3", "2024-02-29", "2024-02-29 09:30:00", "false"),
            ("3", "2", "20.50", "-2", "2024-02-29", "2024-02-29 23:59:59", "true"),
            ("4", "2", N, "4", "2024-03-01", "2024-03-01 00:00:00", N),
            ("5", "3", "0.01", N, "2024-03-31", "2024-03-31 12:00:00", "true"),
            ("6", N, "7.77", "5", N, N, "false"),
            ("7", "9", "100.00", "7", "2023-12-31", "2023-12-31 23:00:00", "true"),
            ("8", "3", "20.50", "3", "2024-04-30", "2024-04-30 15:45:10.25", "false"),
        ),
    ),
    # One of each type, for random expressions.
    "mixed": Table(
        columns={
            "id": WHOLE,
            "i": WHOLE,
            "j": WHOLE,
            "big": LONG,
            "c": MONEY,
            "f": FINE,
            "x": FLOAT,
            "y": FLOAT,
            "s": TEXT,
            "t": TEXT,
            "p": TRUTH,
            "q": TRUTH,
            "d": "DATE",
            "e": "DATE",
            "ts": MOMENT,
            "u": MOMENT,
        },
        rows=(
            (
                *("1", "7", "2", "40", "1.50", "0.3333", "2.5", "0.1", "abc", "b"),
                *("true", "false", "2024-01-31", "2024-02-29"),
                *("2024-01-31 23:59:59.5", "2024-02-01 00:00:00"),
            ),
            (
                *("2", "-7", "2", "-9000000000", "-2.25", "-0.5000", "-2.5", "3.5", "ABC", "a,b"),
                *("false", "true", "2023-12-31", "2024-01-01"),
                *("2023-12-31 12:00:00", "2024-01-01 11:59:59"),
            ),
            (
                *("3", "-7", "-2", "9000000000", "2.25", "10.0000", "0.5", "-1", "", "ä"),
                *("true", "true", "2024-02-29", "2023-02-28"),
                *("2024-02-29 00:00:00", "2023-02-28 06:07:08.123456"),
            ),
            ("4", *(N,) * 15),
            (
                *("5", "0", "-1", "0", "0.00", "0.0000", "0", "0", "a%b_c", "%"),
                *(N, "false", "1969-07-20", "2000-02-29"),
                *("1969-07-20 20:17:40", "2000-02-29 23:00:00"),
            ),
            (
                *(
                    "6",
                    "2147483647",
                    "1",
                    "2",
                    "99999999.99",
                    "1.2345",
                    "1e15",
                    "1e-7",
                    "Äé ",
                    " é",
                ),
                *("false", "false", "2024-12-30", "2025-01-05"),
                *("2024-12-30 09:05:03", "2025-01-05 00:00:00"),
            ),
            (
                *("7", "3", N, "3", "0.05", N, "1.25", N, "12", N),
                *("true", N, "2024-05-31", N, "2024-05-31 01:30:00", N),
            ),
            (
                *("8", "5", "3", "5", "0.15", "2.5000", "3.5", "2.5", "foo bar", "o"),
                *(N, N, "2024-03-31", "2024-03-31", "2024-03-31 01:30:00", "2024-03-31 01:30:00"),
            ),
            (
                *("9", "4", "-3", "-1", "-0.05", "-1.0000", "-0.0", "NaN", "\u00a0b ", "ß"),
                *("false", "true", "1899-12-31", "2199-12-31"),
                *("1899-12-31 23:59:59.999999", "1582-10-10 12:00:00"),
            ),
            (
                *("10", "-1", "0", "7", "0.50", "99999999.9999", "1e19", "-Infinity", "İ\t", "\\"),
                *("true", "false", "2000-02-29", "2021-01-03"),
                *("2000-02-29 00:00:00", "2021-01-03 23:59:59.999999"),
            ),
        ),
        only=("postgres", "spark", "duckdb"),
    ),
    "prices": Table(
        columns={"staff": WHOLE, "happened": MOMENT, "price": MONEY},
        rows=(
            ("1", "2024-01-01 00:00:00", "1.00"),
            ("1", "2024-02-10 00:00:00", "1.10"),
            ("2", "2024-02-29 23:59:59", "2.00"),
            ("3", "2024-05-01 00:00:00", "3.00"),
        ),
    ),
    "lists": Table(
        columns={"id": WHOLE, "l": WHOLES, "w": TEXTS},
        rows=(
            ("1", ("1", "2", "3"), ("a", "b")),
            ("2", (), ()),
            ("3", N, N),
            ("4", ("3", N, "1", "3"), ("x", N, "")),
            ("5", ("-5",), ("é", "B", "a")),
        ),
        only=("postgres", "spark", "duckdb", "bigquery", "snowflake", "starrocks"),
    ),
    "structs": Table(
        columns={"id": WHOLE, "st": PAIR, "m": COUNTS},
        rows=(
            ("1", {"a": "1", "b": "x"}, {"k": "1", "j": "2"}),
            ("2", {"a": N, "b": "y"}, {}),
            ("3", N, N),
        ),
        only=("spark", "duckdb"),
    ),
    "docs": Table(
        columns={"id": WHOLE, "j": "JSON"},
        rows=(
            ("1", '{"a": 1, "b": "x", "c": [1, 2, {"k": null}], "t": true}'),
            ("2", '{"a": 1.50, "b": null, "c": [], "n": {"m": "é"}}'),
            ("3", N),
            ("4", '[10, "20", null]'),
            ("5", '"text"'),
            ("6", '{"a": "7", "b": "", "t": false}'),
        ),
    ),
}
