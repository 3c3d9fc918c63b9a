"""Lists: their elements, one by one and as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.sql.translating.kinds import UNKNOWN, common, element_of

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.scopes import Scope


def element(expressions: Expressions, node: Any, scope: Scope) -> str:
    """One element, counted from the first."""
    from sqlglot import exp

    places = node.expressions
    known = isinstance(places[0], exp.Literal) and places[0].name.isdigit()
    if len(places) != 1 or not known or node.args.get("safe") or node.args.get("offset"):
        return expressions.refuse_unsure(node)
    kind = expressions.translate(node.this, scope)
    return expressions.apply(node, [node.this, places[0]], [kind, "whole"])


def equal(expressions: Expressions, node: Any, scope: Scope) -> str:
    """``=``, where what it is compared with may be any element of a list."""
    from sqlglot import exp

    if not isinstance(node.expression, exp.Any):
        return expressions.by_rule(node, scope)
    inner = node.expression.this
    while isinstance(inner, exp.Paren):
        inner = inner.this
    if isinstance(inner, exp.Query):
        return expressions.refuse_unsure(node)
    kinds = [expressions.translate(node.this, scope), expressions.translate(inner, scope)]
    inner = node.expression.this.unnest() if node.expression.this else inner
    element = element_of(kinds[1])
    if UNKNOWN not in (*kinds, element) and common([kinds[0], element]) is None:
        return expressions.refuse(node, f"{expressions.written(node)} compares several types")
    return expressions.apply(node, [node.this, inner], kinds, "Any")


def exploded(expressions: Expressions, node: Any, scope: Scope) -> str:
    """Rows for the elements of a list: one list, beside what each row has."""
    from sqlglot import exp

    whole = node.parent if isinstance(node.parent, exp.Alias) else node
    select = whole.parent
    if not isinstance(select, exp.Select):
        return expressions.refuse_unsure(node)
    fits = not any(
        select.args.get(key)
        for key in ("group", "having", "qualify", "distinct", "limit", "offset")
    )
    if not fits or any(
        found is not node and found.parent_select is select
        for found in select.find_all(exp.Explode, exp.AggFunc, exp.Window)
    ):
        return expressions.refuse_unsure(node)
    return expressions.by_rule(node, scope)
