"""Which rows of a table or a query the server is asked for, where nobody needs the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import condition_within
from seeknal_postgres.readtypes import TEMPORAL
from seeknal_postgres.settling import since

if TYPE_CHECKING:
    from seeknal.plugin import Source, Within
    from seeknal_postgres.catalogue import PgColumn


def restricted(
    relation: str,
    columns: Sequence[PgColumn],
    source: Source,
    declared: Mapping[str, str] | None = None,
) -> str:
    """What stands after FROM for the rows of ``relation`` that the source asks for.

    ``declared`` are DuckDB's types of columns by name, in lower case.
    """
    if source.since is not None:
        relation = f"({since(relation, columns, source.since)}) AS q"
    where = _within(columns, source.within, declared or {}) if source.within else None
    return f"(SELECT * FROM {relation} WHERE {where}) AS r" if where else relation


def _within(columns: Sequence[PgColumn], wanted: Within, declared: Mapping[str, str]) -> str | None:
    """The condition; None where the server cannot compare what DuckDB will have."""
    name = wanted.column.lower()
    found = next((column for column in columns if column.name.lower() == name), None)
    type = TEMPORAL.get(found.type) if found else None
    if found is None or type is None:
        return None
    return condition_within(wanted, found.name, type, declared.get(name))
