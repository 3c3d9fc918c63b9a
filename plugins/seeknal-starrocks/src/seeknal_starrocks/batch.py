"""What is looked at in the rows themselves before any table is touched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import RowsRefused, value_of
from seeknal_starrocks.writetypes import writing_of

if TYPE_CHECKING:
    from seeknal.plugin import Context, Relation
    from seeknal_starrocks.writetypes import Writing

_SHOWN = 80
_LONGEST_NAME = 1024
_BAD_NAME = re.compile(r"[\x00-\x1f\x7f=<>!*`,()]|^\s|\s$|^__(?:op|row)$", re.IGNORECASE)


def writings_of(relation: Relation, context: Context) -> tuple[Writing, ...]:
    """How each column is sent; raises RowsRefused for what StarRocks does not have."""
    for name in relation.names:
        if len(name) > _LONGEST_NAME or _BAD_NAME.search(name):
            raise RowsRefused(
                f"{name[:_SHOWN]!r} is no name of a column in StarRocks",
                code="SK1935",
                help="give it another name in the node's SQL",
            )
    found = tuple(map(writing_of, relation.columns))
    refuse(
        relation,
        context,
        {writing: writing.wrong for writing in found},
        {writing: f"which is no {writing.type}" for writing in found},
    )
    return found


def refuse(
    relation: Relation,
    context: Context,
    conditions: Mapping[Writing, str],
    why: Mapping[Writing, str],
) -> None:
    """Raises RowsRefused that names the columns with values of their condition, and one of each."""
    found = _met(relation, context, conditions)
    if not found:
        return
    private = context.pii(relation.node)
    told = "; ".join(
        f"{writing.name} holds {value_of(writing.name, value, private)}, {why[writing]}"
        for writing, value in _shown(relation, context, found).items()
    )
    raise RowsRefused(
        told,
        code="SK1936",
        help="filter or change them in the node's SQL, or cast the column",
        kept="; ".join(f"{writing.name} holds a value {why[writing]}" for writing in found),
    )


def _met(
    relation: Relation, context: Context, conditions: Mapping[Writing, str]
) -> dict[Writing, str]:
    """Those that are true of some row, asked for in one scan."""
    asked = {writing: test for writing, test in conditions.items() if test}
    if not asked or relation.rows == 0:
        return {}
    tests = ", ".join(f"coalesce(bool_or({test}), false)" for test in asked.values())
    row = _one(relation, context, tests)
    return {entry: test for (entry, test), met in zip(asked.items(), row, strict=True) if met}


def _shown(
    relation: Relation, context: Context, conditions: Mapping[Writing, str]
) -> dict[Writing, str]:
    asked = ", ".join(
        f"any_value(left({writing.shown}, {_SHOWN})) FILTER (WHERE {test})"
        for writing, test in conditions.items()
    )
    return dict(zip(conditions, map(str, _one(relation, context, asked)), strict=True))


def _one(relation: Relation, context: Context, asked: str) -> Sequence[object]:
    (row,) = context.duckdb.execute(f"SELECT {asked} FROM {relation.scan}").fetchall()
    found: Sequence[object] = row
    return found
