"""Column types that a source's file declares, as casts of the rows that its reader gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.builtin.naming import listed
from seeknal.plugin import NodeError, Scan, did_you_mean, quote_identifier

if TYPE_CHECKING:
    from seeknal.plugin import Context, Source


def declared_types(source: Source, context: Context) -> dict[str, str]:
    """Declared types by column, in DuckDB's own spelling.

    Raises NodeError for a type that DuckDB does not have.
    """
    return {
        column.name: _spelled(column.name, column.type, source, context)
        for column in source.columns
        if column.type
    }


def _spelled(column: str, type: str, source: Source, context: Context) -> str:
    import duckdb

    connection: Any = context.duckdb
    try:
        return str(connection.type(type))
    except duckdb.Error as error:
        raise NodeError(
            f"it declares {column!r} as {type!r}, which is no type of DuckDB's",
            code="SK0740",
            help=f"such as VARCHAR, BIGINT, DECIMAL(10,2), DATE ({str(error).splitlines()[-1]})",
        ) from error


def match_columns(
    declared: Mapping[str, str], names: Iterable[str], source: Source
) -> dict[str, str]:
    """``declared`` under the names that the columns really have, upper and lower case aside.

    Raises NodeError for a declared column that is not among ``names``, unless it is where the rows
    go: then these lack it.
    """
    real = {name.lower(): name for name in names}
    elsewhere = {name.lower() for name in source.expected}
    for name in declared:
        if name.lower() not in real and name.lower() not in elsewhere:
            near = did_you_mean(name, real.values())
            raise NodeError(
                f"there is no column {name!r}, whose type is declared",
                code="SK0741",
                help=near or f"columns: {listed([*real.values()])}{_folders(source)}",
            )
    return {real[name.lower()]: type for name, type in declared.items() if name.lower() in real}


def _folders(source: Source) -> str:
    options = source.options
    if not hasattr(options, "hive_partitioning") or options.hive_partitioning:
        return ""
    return "; params: {hive_partitioning: true} makes columns of folders such as day=1"


def cast(select: str, types: Mapping[str, str]) -> str:
    """``select`` with the columns of ``types`` cast."""
    if not types:
        return select
    replaced = ", ".join(
        f"CAST({quote_identifier(name)} AS {type}) AS {quote_identifier(name)}"
        for name, type in types.items()
    )
    return f"SELECT * REPLACE ({replaced}) FROM ({select})"


def no_records(source: Source, context: Context) -> Scan:
    """No rows where the source itself tells of no column: those that are declared stand in."""
    return evolve(no_rows(declared_types(source, context) or {"json": "JSON"}), nameless=True)


def no_rows(types: Mapping[str, str]) -> Scan:
    """No rows of the declared columns."""
    columns = ", ".join(
        f"CAST(NULL AS {type}) AS {quote_identifier(name)}" for name, type in types.items()
    )
    return Scan(f"SELECT {columns} WHERE false")
