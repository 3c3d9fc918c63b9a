"""What DuckDB's functions do besides computing: read the clock, files or what the engine has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from seeknal.sql.catalogue import FUNCTIONS
from seeknal.sql.keywords import KEYWORDS, words

if TYPE_CHECKING:
    from seeknal.sql.scopes import TableRef
    from seeknal.sql.tokens import Token

VOLATILE = words(
    """
    ago clock_timestamp current_catalog current_connection_id current_database current_localtime
    current_localtimestamp current_query current_query_id current_schema current_schemas
    current_setting current_transaction_id currval format_type gen_random_uuid get_block_size
    get_current_time get_current_timestamp getenv getvariable in_search_path localtime
    localtimestamp nextval now pg_conf_load_time pg_get_constraintdef pg_get_viewdef
    pg_postmaster_start_time pg_sleep pg_timezone_names platform python_map_function random
    set_config setseed setval sleep_ms statement_timestamp stats timeofday transaction_timestamp
    txid_current user_agent uuid uuidv4 uuidv7 vector_type version which_secret write_log
    """
)
"""Functions of the clock, of random numbers, and of what the engine is or has at the moment.

DuckDB's catalogue calls them volatile or consistent within one query; or it says nothing, as of
macros and table functions.
"""
_ENGINE = words(
    """
    add_grammar_extension add_parquet_key checkpoint create_external_resource
    deregister_external_resource destroy_external_resource disable_logging disable_profiling
    enable_logging enable_profiling force_checkpoint register_external_resource
    register_external_resource_type remove_grammar_extension sqlite_master sqlite_schema
    sqlite_temp_master sqlite_temp_schema truncate_duckdb_logs
    """
)
_ENGINE_PREFIXES = ("duckdb_", "pragma_")
_ENGINE_SCHEMAS = ("information_schema", "pg_catalog")
_ENGINE_VIEWS = words(
    """
    pg_am pg_attrdef pg_attribute pg_class pg_collation pg_constraint pg_database pg_depend
    pg_description pg_enum pg_index pg_indexes pg_namespace pg_prepared_statements pg_proc
    pg_sequence pg_sequences pg_settings pg_tables pg_tablespace pg_type pg_views
    """
)
VOLATILE_WORDS = words(
    "current_catalog current_schema current_time current_timestamp localtime localtimestamp"
)
"""Volatile without brackets, in quotes too where no column has the name."""
DATES = frozenset(["today"])
DATE_WORDS = frozenset(["current_date"])
_OF_THE_GRAMMAR = words(
    """
    array bernoulli bool boolean date ifnull json map percentile_cont percentile_disc ref reservoir
    row struct system try union
    """
)
"""What brackets may follow though the catalogue has no such function."""

UNKNOWN = ", which seeknal does not know"
"""What ends the name of a function that may do anything."""

OUTSIDE = words(
    """
    arrow_scan arrow_scan_dumb delta_scan glob iceberg_metadata iceberg_scan iceberg_snapshots
    json_execute_serialized_sql mysql_query mysql_scan parquet_bloom_probe parquet_file_metadata
    parquet_full_metadata parquet_kv_metadata parquet_metadata parquet_scan parquet_schema
    postgres_query postgres_scan postgres_scan_pushdown query query_table read_avro read_blob
    read_csv read_csv_auto read_duckdb read_gsheet read_json read_json_auto read_json_objects
    read_json_objects_auto read_ndjson read_ndjson_auto read_ndjson_objects read_parquet read_text
    read_xlsx sniff_csv sqlite_query sqlite_scan st_read
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


def effects_of(tokens: Sequence[Token], tables: Sequence[TableRef] = ()) -> Effects:
    """The volatile function of a query, if any, and whether it reads today's date.

    ``tables`` are those that are no inputs.
    """
    volatile: str | None = None
    dated = False
    for position, token in enumerate(tokens):
        if token.kind not in ("word", "name"):
            continue
        name = token.key or token.name.lower()
        before = tokens[position - 1].key if position else ""
        if position + 1 < len(tokens) and tokens[position + 1].key == "(":
            volatile = volatile or _volatile_call(tokens, position, name)
            dated = dated or name in DATES or name in DATE_WORDS
            dated = dated or (name == "age" and _is_age_today(tokens, position))
        elif before not in (".", "as"):
            volatile = volatile or (name if name in VOLATILE_WORDS else None)
            dated = dated or name in DATE_WORDS
        if before not in (".", "as"):
            volatile = volatile or _unseeded_sample(tokens, position)
    return Effects(volatile or _engine_view(tables), dated)


def _volatile_call(tokens: Sequence[Token], position: int, name: str) -> str | None:
    if name in VOLATILE or name in _ENGINE or name.startswith(_ENGINE_PREFIXES):
        return f"{name}()"
    if name in FUNCTIONS or name in KEYWORDS or name in _OF_THE_GRAMMAR or reads_outside(name):
        return None
    return f"{name}(){UNKNOWN}" if _is_call(tokens, position) else None


def _is_call(tokens: Sequence[Token], position: int) -> bool:
    """Whether a name with brackets is called, and does not name a table and its columns."""
    before = tokens[position - 1] if position else None
    if before is None or before.key == ".":
        return True
    if before.key in ("as", "with", "recursive", "::", ")") or before.kind in ("name", "string"):
        return False
    if before.kind == "word" and before.key not in KEYWORDS:
        return False
    end = _closing(tokens, position + 1)
    following = [token.key for token in tokens[end + 1 : end + 5]]
    without = [key for key in following[1:] if key not in ("not", "materialized")]
    return not (following[:1] == ["as"] and without[:1] == ["("])


def _closing(tokens: Sequence[Token], open: int) -> int:
    """The position of the bracket that closes the one at ``open``; the last where none does."""
    depth = 0
    for position in range(open, len(tokens)):
        key = tokens[position].key
        depth += (key in ("(", "[", "{")) - (key in (")", "]", "}"))
        if depth == 0:
            return position
    return len(tokens) - 1


def _engine_view(tables: Sequence[TableRef]) -> str | None:
    """A view of the engine's own catalogue, which changes with whatever ran before."""
    for table in tables:
        if table.shadowed or table.function or not table.parts:
            continue
        *schemas, name = (part.lower() for part in table.parts)
        own = name in _ENGINE or name in _ENGINE_VIEWS or name.startswith(_ENGINE_PREFIXES)
        in_schema = bool(schemas) and schemas[-1] in _ENGINE_SCHEMAS
        if in_schema or (own and (not schemas or schemas[-1] == "main")):
            return ".".join(table.parts)
    return None


def _is_age_today(tokens: Sequence[Token], position: int) -> bool:
    """``age(x)`` and ``x.age()`` count from today; ``age(x, y)`` does not."""
    given = [entry for entry in arguments(tokens, position + 1) if entry[0] < entry[1]]
    return len(given) < 2


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
