"""How many digits the numbers of a numeric have, where its declaration does not say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import NodeError, quote_identifier
from seeknal_postgres.readtypes import LARGEST, WIDEST, Extent, is_loose

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import Context
    from seeknal_postgres.catalogue import PgColumn

    Server = psycopg.Connection[Any]

_AT_ONCE = 500
"""Columns of which one query asks: it may not give more than 1,664 values."""


def loose(columns: Sequence[PgColumn], declared: Mapping[str, str]) -> list[PgColumn]:
    """The numerics that were declared without digits."""
    return [
        column for column in columns if is_loose(column) and column.name.lower() not in declared
    ]


def extents_of(server: Server, relation: str, columns: Sequence[PgColumn]) -> Mapping[str, Extent]:
    """The digits that numerics have, asked for in as few scans as can be."""
    found: dict[str, Extent] = {}
    for first in range(0, len(columns), _AT_ONCE):
        found |= _extents(server, relation, columns[first : first + _AT_ONCE])
    return found


def _extents(server: Server, relation: str, columns: Sequence[PgColumn]) -> dict[str, Extent]:
    parts = ", ".join(part for column in columns for part in _digits(column))
    row = server.execute(f"SELECT {parts} FROM {relation}".encode()).fetchone()
    assert row is not None
    return {
        column.name: Extent(before=before, after=after, special=special)
        for column, before, after, special in zip(
            columns, row[::3], row[1::3], row[2::3], strict=True
        )
    }


def _digits(column: PgColumn) -> tuple[str, str, str]:
    """How many digits the longest value has before the point, how many behind it, and whether
    there is one that is no number."""
    name = quote_identifier(column.name)
    value = name if column.kind != "a" else "e"
    special = f"{value} IN ('NaN', 'Infinity', '-Infinity')"
    finite = f"FILTER (WHERE NOT {special})"
    before = f"max(CASE WHEN abs({value}) < 1 THEN 0 ELSE length(trunc(abs({value}))::text) END)"
    integral, fractional = f"{before} {finite}", f"max(scale({value})) {finite}"
    endless = f"bool_or({special})"
    if column.kind == "a":
        integral, fractional = (
            f"max((SELECT {each} FROM unnest({name}) AS u(e)))" for each in (integral, fractional)
        )
        endless = f"bool_or((SELECT {endless} FROM unnest({name}) AS u(e)))"
    return (
        f"coalesce({integral}, 0)",
        f"coalesce({fractional}, 0)",
        f"coalesce({endless}, false)",
    )


def tell_rounded(
    extents: Mapping[str, Extent], declared: Mapping[str, str], context: Context
) -> None:
    """Warn of numbers that DOUBLE rounds. Raises NodeError for those that it does not reach."""
    for name, extent in extents.items():
        if extent.before > LARGEST and not declared.get(name.lower()):
            raise NodeError(
                f"column {name!r} holds a number of {extent.before:,} digits, more than any"
                " number type of DuckDB's holds",
                code="SK1355",
                help=f"columns: {{{name}: VARCHAR}} reads it as text",
            )
        if extent.wide:
            context.log.warning(
                "column %r holds numbers of more than %d digits: it becomes DOUBLE, which rounds"
                " them (columns: {%s: VARCHAR} keeps them)",
                name,
                WIDEST,
                name,
            )
