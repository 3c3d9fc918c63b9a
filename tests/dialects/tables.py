"""The small tables that the corpus is asked over, and how each engine is given them.

Types are written as DuckDB's. Values are texts, or lists and mappings of such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
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
        ),
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

SPELLED = {
    "postgres": {FLOAT: "double precision", TEXT: "text", "JSON": "jsonb", TEXTS: "text[]"},
    "mysql": {
        TEXT: "VARCHAR(100)",
        TRUTH: "TINYINT(1)",
        MOMENT: "DATETIME(6)",
    },
    "sqlite": {
        TEXT: "TEXT",
        "DATE": "TEXT",
        MOMENT: "TEXT",
        MONEY: "REAL",
        FINE: "REAL",
        FLOAT: "REAL",
        TRUTH: "INTEGER",
        "JSON": "TEXT",
    },
    "spark": {
        TEXT: "STRING",
        MOMENT: "TIMESTAMP_NTZ",
        ZONED: "TIMESTAMP",
        "JSON": "STRING",
        WHOLES: "ARRAY<INT>",
        TEXTS: "ARRAY<STRING>",
        PAIR: "STRUCT<a: INT, b: STRING>",
        COUNTS: "MAP<STRING, INT>",
    },
}
"""How an engine writes a type, where it is not as DuckDB does."""

STANDS_FOR = {
    "mysql": {TRUTH: "TINYINT"},
    "sqlite": {
        "DATE": TEXT,
        MOMENT: TEXT,
        MONEY: FLOAT,
        FINE: FLOAT,
        TRUTH: WHOLE,
        "JSON": TEXT,
    },
    "spark": {"JSON": TEXT},
}
"""What DuckDB has in the place of a type when a query of that dialect is asked of it."""


def schema(origin: str) -> dict[str, dict[str, str]]:
    """The columns of every table that a query of ``origin`` may name, with DuckDB's types."""
    stands = STANDS_FOR.get(origin, {})
    return {
        name: {column: stands.get(of, of) for column, of in table.columns_in(origin).items()}
        for name, table in TABLES.items()
        if not table.only or origin in table.only
    }


def statements(engine: str, origin: str) -> Iterator[str]:
    """What makes the tables in ``engine`` for queries that are of ``origin``."""
    for name, columns in schema(origin).items():
        table = TABLES[name]
        if table.only and engine not in table.only:
            continue
        types = columns if engine == "duckdb" else table.columns_in(engine)
        places = [place for place, column in enumerate(table.columns) if column in types]
        kept = list(enumerate(places))
        spelled = [SPELLED.get(engine, {}).get(of, of) for of in types.values()]
        rows = ", ".join(
            "(" + ", ".join(_cell(row[place], spelled[at], engine) for at, place in kept) + ")"
            for row in table.rows
        )
        if engine == "spark":
            parts = [
                f"c{place} AS {column}"
                if of.startswith(("STRUCT<", "MAP<"))
                else f"CAST(c{place} AS {of}) AS {column}"
                for place, (column, of) in enumerate(zip(types, spelled, strict=True))
            ]
            names = ", ".join(f"c{place}" for place in range(len(types)))
            yield (
                f"CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT {', '.join(parts)}"
                f" FROM VALUES {rows} AS v({names})"
            )
            continue
        written = ", ".join(f"{column} {of}" for column, of in zip(types, spelled, strict=True))
        yield f"CREATE TABLE {name} ({written})"
        yield f"INSERT INTO {name} VALUES {rows}"


def _cell(value: Any, of: str, engine: str) -> str:
    numeric = value in ("true", "false") and of in ("INTEGER", "TINYINT", "TINYINT(1)")
    return str(int(value == "true")) if numeric else _literal(value, engine)


def _literal(value: Any, engine: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        text = value.replace("\\", "\\\\") if engine in ("mysql", "spark") else value
        quote = "\\'" if engine == "spark" else "''"
        return "'" + text.replace("'", quote) + "'"
    if engine == "spark":
        return _spark_nested(value)
    if engine == "postgres":
        inner = ",".join(
            "NULL" if part is None else json.dumps(part, ensure_ascii=False) for part in value
        )
        return f"'{{{inner}}}'"
    if isinstance(value, Mapping) and value.keys() == {"a", "b"}:
        return (
            "{" + ", ".join(f"'{key}': {_literal(of, engine)}" for key, of in value.items()) + "}"
        )
    if isinstance(value, Mapping):
        pairs = ", ".join(f"'{key}': {_literal(of, engine)}" for key, of in value.items())
        return f"MAP {{{pairs}}}"
    return "[" + ", ".join(_literal(part, engine) for part in value) + "]"


def _spark_nested(value: Any) -> str:
    if isinstance(value, Mapping) and value.keys() == {"a", "b"}:
        return (
            f"named_struct('a', CAST({_literal(value['a'], 'spark')} AS INT),"
            f" 'b', {_literal(value['b'], 'spark')})"
        )
    if isinstance(value, Mapping):
        pairs = ", ".join(
            f"'{key}', CAST({_literal(of, 'spark')} AS INT)" for key, of in value.items()
        )
        empty = "CAST(map() AS MAP<STRING, INT>)"
        return f"map({pairs})" if pairs else empty
    return f"array({', '.join(_literal(part, 'spark') for part in value)})"


def used(sql: str) -> tuple[str, ...]:
    """The tables whose names stand in a text, to be shown with it."""
    return tuple(name for name in TABLES if re.search(rf"\b{name}\b", sql))
