"""Filters as SQL: rendered from their trees, never from their texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING

from attrs import frozen
from sqlglot import exp

from seeknal_semantic.compiling.moments import first_of, literal, moment_of
from seeknal_semantic.compiling.refusing import refused
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


_TEXTS = ("lower", "upper", "trim", "length")


@frozen(kw_only=True)
class Named:
    """What a name of a filter stands for; beside a time, texts are dates and moments."""

    value: exp.Expr
    family: str | None = None


Look = Callable[[Name | MetricOf], Named]


def condition_sql(condition: Condition, look: Look) -> exp.Expr:
    """The condition as SQL. ``look`` gives what its names stand for.

    Raises QueryRefused where it compares what is not alike: engines find that out row by row.
    """
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
            given = [_of("text", each, look) for each in (condition.value, condition.pattern)]
            return exp.Like(this=given[0].value, expression=given[1].value)
        case Is(value=value, what="null"):
            return exp.Is(this=_enclosed(_value(value, look).value), expression=exp.Null())
        case Is(value=value, what=what):
            tree = _of("boolean", value, look).value
            return exp.Is(this=_enclosed(tree), expression=exp.Boolean(this=what == "true"))
        case _:
            return _of("boolean", condition, look).value


def _inner(parts: tuple[Condition, ...], look: Look) -> list[exp.Expr]:
    return [_enclosed(condition_sql(part, look)) for part in parts]


def _enclosed(tree: exp.Expr) -> exp.Expr:
    # AND and OR are functions, too, to the parser.
    simple = isinstance(tree, exp.Column | exp.Func | exp.Literal | exp.Paren)
    return tree if simple and not isinstance(tree, exp.Connector) else exp.Paren(this=tree)


def _beside(values: tuple[Value, ...], look: Look) -> list[exp.Expr]:
    """Values that are compared; a text beside a time is read as one. Raises QueryRefused."""
    found = [_value(value, look) for value in values]
    if any(each.family == "time" for each in found):
        found = [_moment(*pair) for pair in zip(values, found, strict=True)]
    _check_alike(found)
    return [each.value for each in found]


def _check_alike(found: Sequence[Named]) -> str | None:
    """What all of them are, as far as that is known. Raises QueryRefused where they differ."""
    known = {each.family: each for each in found if each.family is not None}
    if len(known) > 1:
        said = " with ".join(
            f"{each.value.sql(dialect='duckdb')}, a {family}" for family, each in known.items()
        )
        raise refused("SK1505", f"a filter cannot compare {said}")
    return next(iter(known), None)


def _of(family: str, value: Value | Condition, look: Look) -> Named:
    """A value that has to be of a family. Raises QueryRefused."""
    found = _value(value, look)
    if found.family not in (None, family):
        words = found.value.sql(dialect="duckdb")
        raise refused("SK1505", f"a filter needs a {family} there: {words} is a {found.family}")
    return found


def _moment(value: Value, found: Named) -> Named:
    if not (isinstance(value, Constant) and value.type == "text"):
        return found
    moment = moment_of(str(value.value), "filter")
    tree = literal(first_of(moment), days=not isinstance(moment, datetime))
    return Named(value=tree, family="time")


def _value(value: Value | Condition, look: Look) -> Named:
    match value:
        case Name() | MetricOf():
            return look(value)
        case Constant():
            kind = "time" if value.type in _CASTS else value.type
            return Named(value=_constant(value), family=None if value.value is None else kind)
        case Call(function=function, arguments=arguments):
            return _called(function, arguments, look)
        case _:
            return Named(value=exp.Paren(this=condition_sql(value, look)), family="boolean")


def _called(function: str, arguments: tuple[Value, ...], look: Look) -> Named:
    if function in ("coalesce", "nullif"):
        given = [_value(each, look) for each in arguments]
        if any(each.family == "time" for each in given):
            given = [_moment(*pair) for pair in zip(arguments, given, strict=True)]
        family = _check_alike(given)
    else:
        taken = "text" if function in _TEXTS else "number"
        given = [_of(taken, each, look) for each in arguments]
        family = "number" if function == "length" else taken
    built = call(function.upper(), *(each.value for each in given))
    return Named(value=built, family=family)


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
