"""The time that a delivery replaces, with the ends that Python has no values for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import quote_identifier, range_of
from seeknal_postgres.writetypes import may_be_infinite

if TYPE_CHECKING:
    from seeknal.plugin import DeliveryContext, Range, Relation


def replaced_range(
    relation: Relation, column: str, lookback: object, context: DeliveryContext
) -> Range | None:
    """As `seeknal.plugin.range_of`; an infinite end is the text that PostgreSQL reads."""
    found = range_of(relation, column, lookback, context)
    kind = next(entry for entry in relation.columns if entry.name == column)
    if found is None or not found.closed or not may_be_infinite(kind):
        return found
    # To Python, infinity is the last moment of the year 9999: rows at it would stay.
    low, high = _ends(relation, column, context)
    return evolve(
        found,
        start=low if "infinity" in low else found.start,
        end=high if "infinity" in high else found.end,
    )


def _ends(relation: Relation, column: str, context: DeliveryContext) -> tuple[str, str]:
    name = quote_identifier(column)
    query = f"SELECT CAST(min({name}) AS VARCHAR), CAST(max({name}) AS VARCHAR)"
    ((low, high),) = context.duckdb.execute(f"{query} FROM {relation.scan}").fetchall()
    return str(low), str(high)
