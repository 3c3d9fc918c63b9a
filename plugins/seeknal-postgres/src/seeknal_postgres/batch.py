"""What is looked at in the rows themselves before any table is touched."""

from __future__ import annotations

from collections.abc import Sequence

from seeknal.plugin import Column, Context, DeliveryError, Relation, quote_identifier
from seeknal_postgres.writetypes import Writing, writing_of

_TEMPORAL = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


def writings_of(relation: Relation, context: Context) -> tuple[Writing, ...]:
    """How each column is sent; raises DeliveryError for text that PostgreSQL cannot hold."""
    infinite = _columns_where(
        relation, context, [c for c in relation.columns if c.type in _TEMPORAL], "isinf({})"
    )
    return tuple(
        writing_of(column, infinite=column.name in infinite) for column in relation.columns
    )


def refuse_nul(relation: Relation, context: Context) -> None:
    """Raises DeliveryError that names the columns whose text holds a NUL character."""
    texts = [
        column for column in relation.columns if "VARCHAR" in column.type or column.type == "JSON"
    ]
    found = _columns_where(relation, context, texts, "contains(CAST({} AS VARCHAR), chr(0))")
    if found:
        raise DeliveryError(
            f"text in {', '.join(sorted(found))} holds a NUL character, which PostgreSQL cannot"
            " store",
            code="SK1333",
            help="replace(column, chr(0), '') in the node's SQL",
        )


def _columns_where(
    relation: Relation, context: Context, columns: Sequence[Column], test: str
) -> set[str]:
    if not columns or relation.rows == 0:
        return set()
    asked = ", ".join(
        f"coalesce(bool_or({test.format(quote_identifier(column.name))}), false)"
        for column in columns
    )
    (row,) = context.duckdb.execute(f"SELECT {asked} FROM {relation.scan}").fetchall()
    return {column.name for column, found in zip(columns, row, strict=True) if found}
