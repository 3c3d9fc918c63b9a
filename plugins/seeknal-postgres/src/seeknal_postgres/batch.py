"""What is looked at in the rows themselves before any table is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seeknal.plugin import Column, Context, DeliveryError, Relation, quote_identifier
from seeknal_postgres.writetypes import Writing, may_be_infinite, writing_of

_SHOWN = 80
_ESCAPED_NUL = r"""'(^|[^\\])(\\\\)*\\u0000'"""


def writings_of(relation: Relation, context: Context) -> tuple[Writing, ...]:
    """How each column is sent; raises DeliveryError for values that PostgreSQL does not have."""
    columns = [column for column in relation.columns if may_be_infinite(column)]
    infinite = _columns_where(relation, context, columns, "isinf({})")
    writings = tuple(
        writing_of(column, infinite=column.name in infinite) for column in relation.columns
    )
    suspects = {writing: writing.wrong for writing in writings if writing.wrong}
    found = examples(relation, context, suspects)
    if found:
        told = "; ".join(
            f"{writing.name} holds {value}, which no {writing.type} is"
            for writing, value in found.items()
        )
        raise DeliveryError(
            told, code="SK1351", help="filter or change them in the node's SQL, or cast the column"
        )
    return writings


def examples(
    relation: Relation, context: Context, conditions: Mapping[Writing, str]
) -> dict[Writing, str]:
    """For each column that has such values the text of one of them."""
    if not conditions or relation.rows == 0:
        return {}
    asked = ", ".join(
        f"any_value(left({writing.shown}, {_SHOWN})) FILTER (WHERE {condition})"
        for writing, condition in conditions.items()
    )
    (row,) = context.duckdb.execute(f"SELECT {asked} FROM {relation.scan}").fetchall()
    return {
        writing: value for writing, value in zip(conditions, row, strict=True) if value is not None
    }


def refuse_nul(relation: Relation, context: Context) -> None:
    """Raises DeliveryError that names the columns whose text holds a NUL character."""
    texts = [
        column
        for column in relation.columns
        if "VARCHAR" in column.type or "JSON" in column.type or "ENUM" in column.type
    ]
    plain = "contains(CAST({} AS VARCHAR), chr(0))"
    found = _columns_where(relation, context, texts, plain)
    documents = [column for column in texts if "JSON" in column.type]
    escaped = f"regexp_matches(CAST({{}} AS VARCHAR), {_ESCAPED_NUL})"
    found |= _columns_where(relation, context, documents, escaped)
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
        f"coalesce(bool_or({test.replace('{}', quote_identifier(column.name))}), false)"
        for column in columns
    )
    (row,) = context.duckdb.execute(f"SELECT {asked} FROM {relation.scan}").fetchall()
    return {column.name for column, found in zip(columns, row, strict=True) if found}
