"""What is looked at in the rows themselves before any table is touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from seeknal.plugin import RowsRefused, quote_identifier, value_of
from seeknal_postgres.writetypes import may_be_infinite, writing_of

if TYPE_CHECKING:
    from seeknal.plugin import Column, Context, Relation
    from seeknal_postgres.writetypes import Writing

_SHOWN = 80
_ESCAPED_NUL = r"""'(^|[^\\])(\\\\)*\\u0000'"""


def writings_of(relation: Relation, context: Context) -> tuple[Writing, ...]:
    """How each column is sent; raises DeliveryError for values that PostgreSQL does not have."""
    plain = [writing_of(column) for column in relation.columns]
    endless = [
        f"isinf({quote_identifier(column.name)})" if may_be_infinite(column) else ""
        for column in relation.columns
    ]
    found = _met(relation, context, {*endless, *(writing.wrong for writing in plain)})
    wrong = {writing: writing.wrong for writing in plain if writing.wrong in found}
    if wrong:
        private = context.pii(relation.node)
        told = "; ".join(
            f"{writing.name} holds {value_of(writing.name, value, private)},"
            f" which no {writing.type} is"
            for writing, value in _shown(relation, context, wrong).items()
        )
        raise RowsRefused(
            told,
            code="SK1351",
            help="filter or change them in the node's SQL, or cast the column",
            kept="; ".join(f"{entry.name} holds what no {entry.type} is" for entry in wrong),
        )
    return tuple(
        writing_of(column, infinite=True) if test in found else writing
        for column, writing, test in zip(relation.columns, plain, endless, strict=True)
    )


def examples(
    relation: Relation, context: Context, conditions: Mapping[Writing, str]
) -> dict[Writing, str]:
    """For each column that has values of its condition the text of one of them."""
    found = _met(relation, context, set(conditions.values()))
    return _shown(
        relation,
        context,
        {writing: test for writing, test in conditions.items() if test in found},
    )


def _shown(
    relation: Relation, context: Context, conditions: Mapping[Writing, str]
) -> dict[Writing, str]:
    if not conditions:
        return {}
    asked = ", ".join(
        f"any_value(left({writing.shown}, {_SHOWN})) FILTER (WHERE {condition})"
        for writing, condition in conditions.items()
    )
    (row,) = context.duckdb.execute(f"SELECT {asked} FROM {relation.scan}").fetchall()
    return dict(zip(conditions, row, strict=True))


def refuse_nul(relation: Relation, context: Context) -> None:
    """Raises DeliveryError that names the columns whose text holds a NUL character."""
    texts = [
        column
        for column in relation.columns
        if "VARCHAR" in column.type or "JSON" in column.type or "ENUM" in column.type
    ]
    tests = {column.name: _holds_nul(column) for column in texts}
    met = _met(relation, context, set(tests.values()))
    found = sorted(name for name, test in tests.items() if test in met)
    if found:
        raise RowsRefused(
            f"text in {', '.join(found)} holds a NUL character, which PostgreSQL cannot store",
            code="SK1333",
            help="replace(column, chr(0), '') in the node's SQL",
        )


def _holds_nul(column: Column) -> str:
    text = f"CAST({quote_identifier(column.name)} AS VARCHAR)"
    plain = f"contains({text}, chr(0))"
    if "JSON" not in column.type:
        return plain
    return f"({plain} OR regexp_matches({text}, {_ESCAPED_NUL}))"


def _met(relation: Relation, context: Context, tests: Iterable[str]) -> set[str]:
    """Those of the conditions that are true of some row, asked for in one scan."""
    asked = sorted(test for test in tests if test)
    if not asked or relation.rows == 0:
        return set()
    parts = ", ".join(f"coalesce(bool_or({test}), false)" for test in asked)
    (row,) = context.duckdb.execute(f"SELECT {parts} FROM {relation.scan}").fetchall()
    return {test for test, found in zip(asked, row, strict=True) if found}
