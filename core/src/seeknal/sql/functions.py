"""What DuckDB's functions do besides computing: read the clock, dice, files or engine state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seeknal.sql.keywords import words
from seeknal.sql.scopes import TableRef
from seeknal.sql.tokens import Token

VOLATILE = words(
    """
    current_query_id current_transaction_id currval gen_random_uuid get_current_time
    get_current_timestamp nextval now random setseed transaction_timestamp txid_current uuid
    uuidv4 uuidv7
    """
)
VOLATILE_WORDS = words("current_time current_timestamp localtime localtimestamp")
"""Volatile without brackets."""
DATES = frozenset(["today"])
DATE_WORDS = frozenset(["current_date"])

OUTSIDE = words(
    """
    delta_scan glob iceberg_metadata iceberg_scan iceberg_snapshots json_execute_serialized_sql
    mysql_query mysql_scan parquet_bloom_probe parquet_file_metadata parquet_full_metadata
    parquet_kv_metadata parquet_metadata parquet_scan parquet_schema postgres_query postgres_scan
    postgres_scan_pushdown query query_table read_avro read_blob read_csv read_csv_auto
    read_duckdb read_gsheet read_json read_json_auto read_json_objects read_json_objects_auto
    read_ndjson read_ndjson_auto read_ndjson_objects read_parquet read_text read_xlsx sniff_csv
    sqlite_query sqlite_scan st_read
    """
)
"""Table functions that read from outside of the database, or run text that nobody checked."""

_OUTSIDE_PREFIXES = ("read_", "parquet_")
_OUTSIDE_SUFFIXES = ("_scan", "_scan_pushdown")
# Scans of what is in the database already.
_INSIDE = frozenset(["seq_scan"])

FILE_ENDINGS = (
    ".arrow",
    ".avro",
    ".csv",
    ".db",
    ".duckdb",
    ".feather",
    ".geojson",
    ".gz",
    ".json",
    ".jsonl",
    ".ndjson",
    ".parquet",
    ".sqlite",
    ".tsv",
    ".txt",
    ".xlsx",
    ".zst",
)


def reads_outside(function: str) -> bool:
    """Whether a table function reads files, servers, or text that was not checked."""
    name = function.lower()
    if name in OUTSIDE:
        return True
    if name in _INSIDE:
        return False
    return name.startswith(_OUTSIDE_PREFIXES) or name.endswith(_OUTSIDE_SUFFIXES)


def outside_name(table: TableRef, tokens: Sequence[Token]) -> str | None:
    """What a table reference reads that is not in the database, as the user wrote it."""
    if not table.parts:
        return tokens[table.first].text
    name = ".".join(table.parts)
    if table.function:
        return f"{name}(...)" if reads_outside(table.parts[-1]) else None
    is_path = name.lower().endswith(FILE_ENDINGS) or "/" in name
    return name if is_path and not table.shadowed else None


class Effects(NamedTuple):
    """What of a query does not depend on its inputs alone."""

    volatile: str | None = None
    time_dependent: bool = False


def effects_of(tokens: Sequence[Token]) -> Effects:
    """The volatile function of a query, if any, and whether it reads today's date."""
    volatile: str | None = None
    dated = False
    for position, token in enumerate(tokens):
        if token.kind != "word":
            continue
        called = position + 1 < len(tokens) and tokens[position + 1].key == "("
        before = tokens[position - 1].key if position else ""
        if called:
            volatile = volatile or (f"{token.key}()" if token.key in VOLATILE else None)
            dated = dated or token.key in DATES or _is_age_today(tokens, position)
        if before not in (".", "as"):
            volatile = volatile or (token.key if token.key in VOLATILE_WORDS else None)
            dated = dated or token.key in DATE_WORDS
            volatile = volatile or _unseeded_sample(tokens, position)
    return Effects(volatile, dated)


def _is_age_today(tokens: Sequence[Token], position: int) -> bool:
    """``age(x)`` counts from today; ``age(x, y)`` does not."""
    return tokens[position].key == "age" and len(arguments(tokens, position + 1)) == 1


def _unseeded_sample(tokens: Sequence[Token], position: int) -> str | None:
    """A sample is another one each time, unless it names a seed."""
    key = tokens[position].key
    after_using = key == "sample" and position > 0 and tokens[position - 1].key == "using"
    if key != "tablesample" and not after_using:
        return None
    rest = tokens[position + 1 : position + 10]
    seeded = any(token.key == "repeatable" for token in rest)
    return None if seeded or _has_seed(rest) else "a sample without a seed"


def _has_seed(rest: Sequence[Token]) -> bool:
    """``10% (bernoulli, 42)``"""
    keys = [token.key for token in rest]
    return any(
        keys[place] == "("
        and keys[place + 2 : place + 3] == [","]
        and rest[place + 1].kind == "word"
        for place in range(len(keys))
    )


def arguments(tokens: Sequence[Token], open: int) -> list[tuple[int, int]]:
    """The (start, end) token positions of each argument in the brackets that open here."""
    found: list[tuple[int, int]] = []
    depth, start = 0, open + 1
    for position in range(open, len(tokens)):
        key = tokens[position].key
        if key in ("(", "[", "{"):
            depth += 1
        elif key in (")", "]", "}"):
            depth -= 1
        if depth == 0 or (depth == 1 and key == ","):
            if position > start or depth == 1:
                found.append((start, position))
            start = position + 1
        if depth == 0:
            break
    return found
