"""Conditions and choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.sql.spans import written_for
from seeknal.sql.translating.digits import have_room, refuse_cut, with_room
from seeknal.sql.translating.kinds import LITERAL, UNKNOWN, common

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.scopes import Scope


def case(expressions: Expressions, node: Any, scope: Scope) -> str:
    """CASE: the first branch whose condition is true."""
    given = node.this
    compared = expressions.translate(given, scope) if given else None
    for branch in node.args["ifs"]:
        if compared is None:
            expressions.condition(branch.this, scope)
            continue
        condition = expressions.translate(branch.this, scope)
        expressions.compared(branch, condition)
        if common([compared, condition]) is None:
            return expressions.refuse(
                branch, f"{expressions.written(given)} is compared with another type"
            )
        if expressions.pair.cuts_compared and not have_room([compared, condition], True):
            return refuse_cut(expressions, node)
    kinds = [expressions.translate(result, scope) for result in _results_of(node)]
    kinds = expressions.settle(_results_of(node), kinds)
    found = with_room(expressions, "Case", node, _results_of(node), kinds)
    kind = common(found[1]) if found is not None else UNKNOWN
    return kind or expressions.refuse(
        node, f"{expressions.written(node)} has results of several types"
    )


def _results_of(node: Any) -> list[Any]:
    """What stands behind THEN and ELSE now: translating a result may replace it."""
    found = [branch.args["true"] for branch in node.args["ifs"]]
    return [*found, node.args["default"]] if node.args.get("default") is not None else found


def if_(expressions: Expressions, node: Any, scope: Scope) -> str:
    """IF(), which is a CASE of one branch."""
    from sqlglot import exp

    branch = written_for(exp.If(this=node.this.copy(), true=node.args["true"].copy()), node)
    other = node.args.get("false")
    case = exp.Case(ifs=[branch], default=other.copy() if other is not None else None)
    node.replace(written_for(case, node))
    return expressions.translate(case, scope)


def like_with_escape(expressions: Expressions, node: Any, scope: Scope) -> str:
    """LIKE with an escape of its own."""
    from sqlglot import exp

    like = node.this
    if not isinstance(like, exp.Like) or like.args.get("negate"):
        return expressions.refuse_unsure(node)
    kinds = [expressions.translate(one, scope) for one in (like.this, like.expression)]
    operands = [like.this, like.expression, node.expression]
    return expressions.apply(node, operands, [*kinds, LITERAL], "LikeEscape")


def among(expressions: Expressions, node: Any, scope: Scope) -> str:
    """IN, over values or over what a query gives."""
    kind = expressions.translate(node.this, scope)
    query = node.args.get("query")
    if query is not None:
        found = [subquery(expressions, query, scope)]
    else:
        found = [expressions.translate(entry, scope) for entry in node.expressions]
        settled = expressions.settle([node.this, *node.expressions], [kind, *found])
        kind, found = settled[0], settled[1:]
    if node.args.get("unnest") or node.args.get("field"):
        return expressions.refuse_unsure(node)
    for other in found:
        if UNKNOWN in (kind, other):
            return UNKNOWN
        if common([kind, other]) is None:
            return expressions.refuse(node, f"{expressions.written(node)} compares several types")
        expressions.compared(node, kind)
    if query is not None and not have_room([kind, *found], expressions.pair.cuts_compared):
        return refuse_cut(expressions, node)
    if query is None:
        with_room(expressions, "In", node, [node.this, *node.expressions], [kind, *found])
    return "boolean"


def exists(expressions: Expressions, node: Any, scope: Scope) -> str:
    """EXISTS: only whether there are rows."""
    expressions.query(node.this, scope)
    return "boolean"


def subquery(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A query in the place of a value."""
    columns = expressions.query(node, scope)
    return columns[0].kind if len(columns) == 1 else UNKNOWN
