"""WITH RECURSIVE: a query that reads its own rows, in the form that engines run alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.translating.kinds import (
    COLLATED,
    NUMERIC,
    QUOTIENT,
    UNKNOWN,
    kind_alone,
    undigited,
)
from seeknal.sql.translating.scopes import Named, renamed

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions

_STEP = frozenset(("expressions", "from_", "joins", "where"))
_UNION = frozenset(("this", "expression", "distinct"))


def reads(tree: Any, name: str) -> list[Any]:
    """Where a query reads a table of that name."""
    from sqlglot import exp

    return [
        table
        for table in tree.find_all(exp.Table)
        if not table.args.get("db") and table.name.lower() == name.lower()
    ]


def unsure_of(query: Any, name: str) -> str:
    """Why a query that reads its own rows as ``name`` may give others there; "" if it may not."""
    from sqlglot import exp

    if not isinstance(query, exp.Union) or {key for key, of in query.args.items() if of} - _UNION:
        return "only what UNION makes of two queries is known to read its own rows alike"
    step, found = query.expression.unnest(), reads(query, name)
    if len(found) != 1 or not isinstance(step, exp.Select):
        return "its own rows are read once, by the last SELECT"
    if {key for key, of in step.args.items() if of} - _STEP or step.find(exp.AggFunc, exp.Window):
        return "a SELECT that reads its own rows only joins and filters them alike"
    clause = found[0].parent
    beside = clause.parent is step and isinstance(clause, exp.From | exp.Join)
    sides = [str(join.args.get("side") or "") for join in step.args.get("joins") or ()]
    if not beside or not set(sides) <= {"", "LEFT"} or clause.args.get("side"):
        return "its own rows are read where rows may be missing"
    if not step.args.get("where") and not step.args.get("joins"):
        return "it may not end: what reads it does not stop it there"
    return ""


def first_columns(
    query: Any, columns: Sequence[Named], names: Sequence[str], expressions: Expressions
) -> tuple[Named, ...]:
    """The columns that a recursive query reads of itself: those of its first part."""
    found = renamed([Named(one.name, kind_alone(one.kind)) for one in columns], names)
    for column in found:
        if undigited(column.kind) in ("decimal", QUOTIENT, NUMERIC, "huge"):
            expressions.refuse(query, f"{column.name!r} has other digits there in each round")
        if expressions.pair.cuts_rounds and column.kind in ("text", COLLATED):
            expressions.refuse(query, f"texts of {column.name!r} are as long as the first ones")
    return found


def compare(
    query: Any, one: Sequence[Named], other: Sequence[Named], expressions: Expressions
) -> None:
    """Refuse rounds of which a column has another kind than the first rows."""
    if one and other and len(one) != len(other):
        expressions.refuse(query, "its queries have other numbers of columns")
    for left, right in zip(one, other, strict=False):
        if UNKNOWN not in (left.kind, right.kind) and undigited(left.kind) != undigited(
            kind_alone(right.kind)
        ):
            expressions.refuse(query, f"column {left.name!r} is of several types")
        if query.args.get("distinct"):
            expressions.compared(query, left.kind)
