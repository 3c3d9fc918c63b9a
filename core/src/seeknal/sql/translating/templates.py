"""What a rule writes, as a tree: its text is read once, and operands are put in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

_HOLE = "seeknal_operand_"


def filled(template: str, operands: Sequence[Any], dialect: str) -> Any:
    """The tree of ``template`` in ``dialect``, with ``{0}``, ``{1}``... and ``{*}`` for all."""
    from sqlglot import exp

    tree = _parsed(template, len(operands), dialect).copy()
    for hole in list(tree.find_all(exp.Column, exp.Var)):
        if hole.name.lower().startswith(_HOLE):
            operand = operands[int(hole.name.lower().removeprefix(_HOLE))].copy()
            # Under its own brackets it is one operand wherever it stands.
            inside = isinstance(
                operand, exp.Binary | exp.Connector | exp.Not | exp.Between | exp.In
            )
            new = exp.Paren(this=operand) if inside else operand
            if hole is tree:
                return new
            hole.replace(new)
    return tree


@cache
def _parsed(template: str, count: int, dialect: str) -> Any:
    from sqlglot import parse_one

    names = [f"{_HOLE}{number}" for number in range(count)]
    text = template.replace("{*}", ", ".join(names))
    for number, name in enumerate(names):
        text = text.replace(f"{{{number}}}", name)
    return parse_one(text, read=dialect)
