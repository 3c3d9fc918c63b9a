"""Puts rows into tables, by the rules of their types and keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from seeknal_starrocks.testing.engine.queries import run
from seeknal_starrocks.testing.types import bytes_of_text, duckdb_type

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.things import Column, Table

ORDER = "__at"
"""The column of a stage that says which row came later."""


@contextmanager
def stage(cursor: Any, table: Table) -> Iterator[str]:
    """A table of DuckDB for texts that are to become rows of another, in the order they came in."""
    name = f"stage_{table.id}_{id(cursor)}"
    columns = ", ".join(f"{quoted(column.name)} VARCHAR" for column in table.columns)
    run(cursor, f"CREATE OR REPLACE TEMP TABLE {name} ({ORDER} BIGINT, {columns})")
    try:
        yield name
    finally:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")


def quoted(name: str) -> str:
    from seeknal.plugin import quote_identifier

    return quote_identifier(name)


def cast(column: Column, written: str) -> str:
    """SQL for a value of a column, of text; NULL where the text is none."""
    type = duckdb_type(column.type)
    if type == "BLOB":
        return f"encode({written})"
    if type.endswith("[]") or type.startswith(("MAP", "STRUCT", "JSON")):
        return f"TRY_CAST(TRY_CAST({written} AS JSON) AS {type})"
    return f"TRY_CAST({written} AS {type})"


def unfit(columns: Sequence[Column]) -> str:
    """A condition that rows of a stage meet which the table does not take.

    It is stricter than StarRocks, which without strict_mode makes NULL of what it cannot read.
    """
    found = ["FALSE"]
    for column in columns:
        name = quoted(column.name)
        if not column.nullable:
            found.append(f"{name} IS NULL")
        longest = bytes_of_text(column.type)
        if longest is not None:
            found.append(f"octet_length(encode({name})) > {longest}")
            continue
        found.append(f"({name} IS NOT NULL AND {cast(column, name)} IS NULL)")
        if "json" in column.type:
            found.append(_BEYOND.replace("{}", name))
        if (pattern := _pattern(column.type)) is not None:
            found.append(f"NOT regexp_full_match({name}, '{pattern}')")
    return " OR ".join(f"coalesce({condition}, false)" for condition in found)


_STRINGLESS = r"""regexp_replace({}, '"(?:[^"\\]|\\.)*"', '', 'g')"""
_NUMBERS = f"regexp_extract_all({_STRINGLESS}, '-?[0-9][0-9.eE+-]*')"
_BEYOND = (
    f"len(list_filter({_NUMBERS}, lambda n: CASE WHEN regexp_matches(n, '[.eE]')"
    " THEN coalesce(isinf(TRY_CAST(n AS DOUBLE)), true)"
    " ELSE coalesce(TRY_CAST(n AS BIGINT)::HUGEINT, TRY_CAST(n AS UBIGINT)::HUGEINT) IS NULL"
    " END)) > 0"
)
"""That a text of JSON has a number beyond 64 bits or a double."""
_LONGEST_KEY = 128
_BYTES = {
    **{"boolean": 1, "tinyint": 1, "smallint": 2, "int": 4, "bigint": 8, "largeint": 16},
    **{"date": 4, "datetime": 8},
}
LONG_KEY = "primary key size exceed the limit."


def too_long(table: Table) -> str:
    """A condition that rows meet whose primary key has more bytes than one may have."""
    keys = [column for column in table.columns if column.key]
    if table.model != "PRIMARY":
        return "FALSE"
    # Two bytes say where a text ends that something follows.
    sizes = [
        str(_BYTES[key.type])
        if key.type in _BYTES
        else f"octet_length(encode({quoted(key.name)})) + {0 if key is keys[-1] else 2}"
        for key in keys
    ]
    return f"{' + '.join(sizes)} > {_LONGEST_KEY}"


_WHOLE = "-?[0-9]+"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PATTERNS = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint", "largeint"), _WHOLE),
    **dict.fromkeys(("float", "double"), r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"),
    "boolean": "true|false|0|1",
    "date": _DAY,
    "datetime": _DAY + r"( [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)?",
    # How its bytes are written is not known here.
    "varbinary": "",
}
"""How values are written of which nothing is lost: StarRocks rounds, or makes NULL of others."""


def _pattern(type: str) -> str | None:
    if type.startswith("decimal"):
        scale = int(type.rstrip(")").split(",")[1])
        return _WHOLE + (rf"(\.[0-9]{{1,{scale}}})?" if scale else "")
    return _PATTERNS.get(type)


def put(cursor: Any, table: Table, rows: str, *, order: str | None = None) -> int:
    """Inserts what a query gives, as many columns in the table's order; how many rows those are.

    Of rows with one key, of a table that has keys, the last stays.
    """
    names = ", ".join(quoted(column.name) for column in table.columns)
    if table.model != "PRIMARY":
        run(cursor, f"INSERT INTO {table.stored} ({names}) SELECT {names} FROM ({rows})")
        return int(cursor.fetchone()[0])
    keys = ", ".join(map(quoted, table.keys))
    same = " AND ".join(f"old.{quoted(key)} = new.{quoted(key)}" for key in table.keys)
    latest = f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {order or ORDER} DESC) = 1"
    run(cursor, f"CREATE OR REPLACE TEMP TABLE incoming AS SELECT * FROM ({rows}) {latest}")
    run(cursor, f"DELETE FROM {table.stored} AS old USING incoming AS new WHERE {same}")
    run(cursor, f"INSERT INTO {table.stored} ({names}) SELECT {names} FROM incoming")
    cursor.execute("DROP TABLE incoming")
    run(cursor, f"SELECT count(*) FROM ({rows})")
    return int(cursor.fetchone()[0])
