"""How each engine is given the tables, and what DuckDB has in their place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.dialects.tables import (
    COUNTS,
    FINE,
    FLOAT,
    MOMENT,
    MONEY,
    PAIR,
    TABLES,
    TEXT,
    TEXTS,
    TRUTH,
    WHOLE,
    WHOLES,
    ZONED,
)

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
        spelled = {column: SPELLED.get(engine, {}).get(of, of) for column, of in types.items()}
        rows = ", ".join(_row([row[at] for at in places], spelled, engine) for row in table.rows)
        if engine == "spark":
            yield _view(name, spelled, rows)
        else:
            written = ", ".join(f"{column} {of}" for column, of in spelled.items())
            yield f"CREATE TABLE {name} ({written})"
            yield f"INSERT INTO {name} VALUES {rows}"


def _view(name: str, types: Mapping[str, str], rows: str) -> str:
    """Spark's tables stay; its views go with the session."""
    parts = [
        f"c{at} AS {column}"
        if of.startswith(("STRUCT<", "MAP<"))
        else f"CAST(c{at} AS {of}) AS {column}"
        for at, (column, of) in enumerate(types.items())
    ]
    names = ", ".join(f"c{at}" for at in range(len(types)))
    return (
        f"CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT {', '.join(parts)}"
        f" FROM VALUES {rows} AS v({names})"
    )


def _row(values: list[Any], types: Mapping[str, str], engine: str) -> str:
    cells = (_cell(value, of, engine) for value, of in zip(values, types.values(), strict=True))
    return f"({', '.join(cells)})"


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
