"""What a rule writes, as a tree: its text is read once, and operands are put in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

_HOLE = "seeknal_operand_"
_COUNT = "seeknal_count_"


def filled(template: str, operands: Sequence[Any], dialect: str) -> Any:
    """The tree of ``template`` in ``dialect``, with ``{0}``, ``{1}``... and ``{*}`` for all.

    ``{n1}`` is how many units the span of time ``{1}`` has.
    """
    from sqlglot import exp

    tree = _parsed(template, len(operands), dialect).copy()
    for hole in list(tree.find_all(exp.Column, exp.Var)):
        if hole.name.lower().startswith(_COUNT):
            span = operands[int(hole.name.lower().removeprefix(_COUNT))]
            hole.replace(exp.convert(int(span.this.name)))
        if hole.name.lower().startswith(_HOLE):
            operand = operands[int(hole.name.lower().removeprefix(_HOLE))].copy()
            if isinstance(operand, exp.Distinct) and _is_exact_cast(hole.parent):
                # Whole numbers that differ do so as DECIMALs, too.
                cast = hole.parent
                hole.replace(operand.expressions[0])
                cast.replace(exp.Distinct(expressions=[cast.copy()]))
                continue
            new = exp.Paren(this=operand) if _has_parts(operand) else operand
            if hole is tree:
                return new
            hole.replace(new)
    return tree


def _is_exact_cast(node: Any) -> bool:
    """Whether an aggregate is of a cast that keeps whole numbers apart."""
    from sqlglot import exp

    is_cast = isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.DECIMAL
    return is_cast and isinstance(node.parent, exp.AggFunc)


def beside_others(tree: Any, around: Any) -> Any:
    """A tree as it stands in ``around``: as one operand of an operator."""
    from sqlglot import exp

    inside = exp.Binary | exp.Connector | exp.Unary | exp.Between | exp.In | exp.Bracket
    is_operand = isinstance(around, inside) and not isinstance(around, exp.Paren)
    has_parts = _has_parts(tree) or (isinstance(around, exp.Bracket) and isinstance(tree, exp.Case))
    return exp.Paren(this=tree) if is_operand and has_parts else tree


def _has_parts(tree: Any) -> bool:
    """Whether it needs brackets to be one operand wherever it stands."""
    from sqlglot import exp

    return isinstance(tree, exp.Binary | exp.Connector | exp.Not | exp.Between | exp.In | exp.Neg)


@cache
def _parsed(template: str, count: int, dialect: str) -> Any:
    from sqlglot import parse_one

    names = [f"{_HOLE}{number}" for number in range(count)]
    text = template.replace("{*}", ", ".join(names))
    for number, name in enumerate(names):
        text = text.replace(f"{{{number}}}", name).replace(f"{{n{number}}}", f"{_COUNT}{number}")
    return parse_one(text, read=dialect)
