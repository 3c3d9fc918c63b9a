"""Filters as SQL: rendered from their trees, never from their texts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING

from attrs import frozen
from sqlglot import exp

from seeknal_semantic.compiling.moments import first_of, literal, moment_of
from seeknal_semantic.compiling.trees import call, text
from seeknal_semantic.conditions import (
    And,
    Between,
    Call,
    Comparison,
    Constant,
    In,
    Is,
    Like,
    MetricOf,
    Name,
    Not,
    Or,
)

if TYPE_CHECKING:
    from seeknal_semantic.conditions import Condition, Value

_OPERATORS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "<>": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
    "IS NOT DISTINCT FROM": exp.NullSafeEQ,
    "IS DISTINCT FROM": exp.NullSafeNEQ,
}
_CASTS = {"date": "DATE", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ", "time": "TIME"}


@frozen(kw_only=True)
class Named:
    """What a name of a filter stands for; beside a time, texts are dates and moments."""

    value: exp.Expr
    is_time: bool = False


Look = Callable[[Name | MetricOf], Named]


def condition_sql(condition: Condition, look: Look) -> exp.Expr:
    """The condition as SQL. ``look`` gives what its names stand for."""
    match condition:
        case And(parts=parts):
            return reduce(lambda a, b: exp.And(this=a, expression=b), _inner(parts, look))
        case Or(parts=parts):
            return reduce(lambda a, b: exp.Or(this=a, expression=b), _inner(parts, look))
        case Not(part=part):
            return exp.Not(this=exp.Paren(this=condition_sql(part, look)))
        case Comparison(operator=operator, left=left, right=right):
            one, other = _beside((left, right), look)
            return _OPERATORS[operator](this=one, expression=other)
        case In(value=value, options=options):
            one, *others = _beside((value, *options), look)
            return exp.In(this=one, expressions=others)
        case Between(value=value, low=low, high=high):
            one, least, most = _beside((value, low, high), look)
            return exp.Between(this=one, low=least, high=most)
        case Like():
            given = _value(condition.value, look), _value(condition.pattern, look)
            return exp.Like(this=given[0].value, expression=given[1].value)
        case Is(value=value, what=what):
            tree = (
                condition_sql(value, look)
                if not isinstance(value, _VALUES)
                else _value(value, look).value
            )
            stands = exp.Null() if what == "null" else exp.Boolean(this=what == "true")
            return exp.Is(this=_enclosed(tree), expression=stands)
        case _:
            return _value(condition, look).value


_VALUES = (Name, MetricOf, Constant, Call)


def _inner(parts: tuple[Condition, ...], look: Look) -> list[exp.Expr]:
    return [_enclosed(condition_sql(part, look)) for part in parts]


def _enclosed(tree: exp.Expr) -> exp.Expr:
    # AND and OR are functions, too, to the parser.
    simple = isinstance(tree, exp.Column | exp.Func | exp.Literal | exp.Paren)
    return tree if simple and not isinstance(tree, exp.Connector) else exp.Paren(this=tree)


def _beside(values: tuple[Value, ...], look: Look) -> list[exp.Expr]:
    """Values that are compared; a text beside a time is read as one. Raises QueryRefused."""
    found = [_value(value, look) for value in values]
    if not any(each.is_time for each in found):
        return [each.value for each in found]
    return [
        _moment(value.value) if isinstance(value, Constant) and value.type == "text" else each.value
        for value, each in zip(values, found, strict=True)
    ]


def _moment(words: object) -> exp.Expr:
    found = moment_of(str(words), "filter")
    return literal(first_of(found), days=not isinstance(found, datetime))


def _value(value: Value | Condition, look: Look) -> Named:
    match value:
        case Name() | MetricOf():
            return look(value)
        case Constant():
            return Named(value=_constant(value))
        case Call(function=function, arguments=arguments):
            given = [_value(each, look) for each in arguments]
            built = call(function.upper(), *(each.value for each in given))
            kept = function in ("coalesce", "nullif") and any(each.is_time for each in given)
            return Named(value=built, is_time=kept)
        case _:
            return Named(value=exp.Paren(this=condition_sql(value, look)))


def _constant(constant: Constant) -> exp.Expr:
    if constant.value is None:
        return exp.Null()
    if constant.type == "boolean":
        return exp.Boolean(this=constant.value)
    if constant.type == "number":
        literal_ = exp.Literal.number(str(constant.value).removeprefix("-"))
        return exp.Neg(this=literal_) if str(constant.value).startswith("-") else literal_
    written = text(str(constant.value))
    return exp.cast(written, _CASTS[constant.type]) if constant.type in _CASTS else written
