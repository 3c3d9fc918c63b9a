"""Casts: a value as another type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.sql.spans import written_for
from seeknal.sql.translating.documents import double_of_member
from seeknal.sql.translating.kinds import UNKNOWN, kind_of, undigited

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.scopes import Scope


def cast(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A value as another type, whose digits and length may be said."""
    from sqlglot import exp

    to = node.args["to"]
    inner = node.this.unnest()
    if kind_of(to) == "double":
        as_double = f"{type(inner).__name__}Double"
        if as_double in expressions.rules:
            return _double_of(expressions, node, inner, as_double, scope)
        if isinstance(inner, exp.JSONExtractScalar) and "JSONDouble" in expressions.rules:
            return double_of_member(expressions, node, scope)
    kind = expressions.translate(node.this, scope)
    if kind == UNKNOWN:
        return UNKNOWN
    others = {key for key, value in node.args.items() if value} - {"this", "to"}
    if others:
        return expressions.refuse(node, f"{expressions.written(node)} with {', '.join(others)}")
    if to.expressions and kind_of(to) in ("timestamp", "instant", "time", "interval"):
        return expressions.refuse(node, f"{expressions.written(node)} leaves out parts of a second")
    if expressions.pair.cuts_texts and to.expressions and kind_of(to) in ("text", "padded"):
        return expressions.refuse(
            node, f"{expressions.written(node)} cuts texts, which is not done there"
        )
    if to.this == exp.DataType.Type.DECIMAL and not to.expressions:
        if expressions.pair.decimal is None:
            return expressions.apply(node, [node.this, exp.var("NUMERIC")], [kind, "word"])
        to.replace(exp.DataType.build(f"DECIMAL{expressions.pair.decimal}"))
    to = kind_of(node.args["to"])
    return _with_digits(expressions.apply(node, [node.this, node.args["to"]], [kind, to]), to)


def _with_digits(kind: str, to: str) -> str:
    """A DECIMAL that a rule gives has the digits that the cast says."""
    return to if kind == "decimal" and undigited(to) == "decimal" else kind


def _double_of(
    expressions: Expressions, node: Any, inner: Any, construct: str, scope: Scope
) -> str:
    """A quotient or an average as a DOUBLE, which has its digits at once."""
    parts = [inner.this, inner.expression] if inner.args.get("expression") else [inner.this]
    kinds = [expressions.translate(part, scope) for part in parts]
    parts = [inner.this, inner.expression] if len(parts) > 1 else [inner.this]
    return expressions.apply(node, parts, kinds, construct)


def try_cast(expressions: Expressions, node: Any, scope: Scope) -> str:
    """Of Spark, whose CAST did not always fail, the parser takes it for TRY_CAST."""
    from sqlglot import exp

    if node.args.get("safe"):
        kind = expressions.translate(node.this, scope)
        to = kind_of(node.to)
        if node.to.expressions and undigited(to) != "decimal":
            return expressions.refuse_unsure(node)
        return _with_digits(expressions.apply(node, [node.this, node.args["to"]], [kind, to]), to)
    plain = written_for(exp.Cast(**{key: of for key, of in node.args.items() if of}), node)
    node.replace(plain)
    return cast(expressions, plain, scope)
