"""JSON: members of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.sql.spans import written_for
from seeknal.sql.translating.kinds import LITERAL

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.scopes import Scope


def member(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A member of a document, by its name."""
    from sqlglot import exp

    kind = expressions.translate(node.this, scope)
    key = _key(node)
    if key is None:
        return expressions.refuse_unknown(node)
    return expressions.apply(node, [node.this, exp.Literal.string(key)], [kind, LITERAL])


def arrow(expressions: Expressions, node: Any, scope: Scope) -> str:
    """``->`` among the arguments of a function, which the parser takes for one itself."""
    from sqlglot import exp

    names, key = node.expressions, node.this
    if expressions.pair.origin != "postgres" or len(names) != 1 or not isinstance(key, exp.Literal):
        return expressions.refuse_unsure(node)
    if not key.is_string:
        return expressions.refuse_unsure(node)
    path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=key.name)])
    column = exp.Column(this=names[0].copy())
    member = written_for(exp.JSONExtract(this=column, expression=path, only_json_types=True), node)
    node.replace(member)
    return expressions.translate(member, scope)


def double_of_member(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A number of a document, however many zeros it is written with."""
    from sqlglot import exp

    member = node.this.unnest()
    key = _key(member)
    if key is None:
        return expressions.refuse_unknown(node)
    kind = expressions.translate(member.this, scope)
    operands = [member.this, exp.Literal.string(key)]
    return expressions.apply(node, operands, [kind, LITERAL], "JSONDouble")


def _key(member: Any) -> str | None:
    """The one name that a path has, if it is one name."""
    from sqlglot import exp

    steps = getattr(member.expression, "expressions", ())
    key = steps[-1].this if steps and isinstance(steps[-1], exp.JSONPathKey) else None
    return key if len(steps) == 2 and isinstance(key, str) else None
