"""Numbers, texts and truths that are others."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from seeknal.values.tracking import END_MARK, START_MARK
from tests.unittests.around import Around
from tests.unittests.operators.changing import Change, is_date

_ELSEWHERE = (exp.Interval, exp.WindowSpec, exp.DataTypeParam, exp.DataType, exp.Bracket)


def constant(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """A number one more or less, a text in other letters, TRUE for FALSE."""
    for node in tree.find_all(exp.Literal):
        if _is_constant(node):
            yield from _text(node) if node.is_string else _number(node)
    for node in tree.find_all(exp.Boolean):
        yield Change(node, exp.Boolean(this=not node.this))


def _is_constant(node: exp.Literal) -> bool:
    parent = node.parent
    if node.arg_key == "unit" or isinstance(parent, _ELSEWHERE) or is_date(parent):
        return False
    if node.name in (START_MARK, END_MARK):
        return False
    # Positions of columns.
    return not isinstance(parent, (exp.Ordered, exp.Group))


def _number(node: exp.Literal) -> Iterator[Change]:
    try:
        value = Decimal(node.name)
    except InvalidOperation:
        return
    places = -int(value.as_tuple().exponent)
    step = Decimal(1).scaleb(-places) if places > 0 else Decimal(1)
    # 100.00 is a number whose last digits nobody gets wrong.
    step = Decimal(1) if value == value.to_integral_value() else step
    for other in (value + step, value - step):
        if other >= 0:
            yield Change(node, exp.Literal.number(str(other)))


def _text(node: exp.Literal) -> Iterator[Change]:
    text = node.name
    if "%" in text:
        for other in (text.removeprefix("%"), text.removesuffix("%")):
            yield Change(node, exp.Literal.string(other))
    other = text.swapcase()
    yield Change(node, exp.Literal.string(other if other != text else f"{text}x"))
