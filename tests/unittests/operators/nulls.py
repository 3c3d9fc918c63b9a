"""NULLs that nobody has thought of."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tests.unittests.around import Around
from tests.unittests.operators.changing import Change, with_args


def null_handling(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """No COALESCE, NULLIF or ELSE, IS NULL for IS NOT NULL, = for IS NOT DISTINCT FROM."""
    for node in tree.find_all(exp.Coalesce, exp.Nullif, exp.IgnoreNulls):
        yield Change(node, node.this)
    for node in tree.find_all(exp.Is):
        if isinstance(node.expression, exp.Null):
            negated = isinstance(node.parent, exp.Not)
            yield Change(node.parent, node) if negated else Change(node, exp.Not(this=node.copy()))
    for node in tree.find_all(exp.NullSafeEQ):
        yield Change(node, exp.EQ(**node.copy().args))
    for node in tree.find_all(exp.NullSafeNEQ):
        yield Change(node, exp.NEQ(**node.copy().args))
    for node in tree.find_all(exp.Case):
        if node.args.get("default") is not None:
            yield Change(node, with_args(node, default=None))
    for node in tree.find_all(exp.Ordered):
        if _decides(node):
            yield Change(node, _other_end(node))


def _decides(node: exp.Ordered) -> bool:
    """Whether an order decides which rows there are, or what is in them."""
    order = node.parent
    holder = order.parent if order is not None else None
    if isinstance(holder, (exp.Select, exp.SetOperation)):
        return holder.args.get("limit") is not None
    return True


def _other_end(node: exp.Ordered) -> exp.Ordered:
    return with_args(node, nulls_first=not node.args.get("nulls_first"))
