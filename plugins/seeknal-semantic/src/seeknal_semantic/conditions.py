"""What a filter is once it is understood: a tree of these and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from attrs import field, fields, frozen, has

Operator = Literal["=", "<>", "<", "<=", ">", ">="]


@frozen(kw_only=True)
class Name:
    """A dimension or an entity, as a query names it; ``line`` and ``column`` are of the filter."""

    text: str
    line: int = field(default=0, eq=False)
    column: int = field(default=0, eq=False)


@frozen(kw_only=True)
class MetricOf:
    """A metric of each of some entities: ``metric('bookings', 'listing')``."""

    metric: str
    entities: tuple[str, ...]
    line: int = field(default=0, eq=False)
    column: int = field(default=0, eq=False)


@frozen(kw_only=True)
class Constant:
    """A value. Of dates and times it is the text between the quotes."""

    value: str | int | Decimal | bool | None
    type: Literal["text", "number", "boolean", "null", "date", "timestamp"]


@frozen(kw_only=True)
class Call:
    """A function of the list that filters may use."""

    function: str
    arguments: tuple[Value, ...]


@frozen(kw_only=True)
class Comparison:
    operator: Operator
    left: Value
    right: Value


@frozen(kw_only=True)
class In:
    value: Value
    options: tuple[Constant, ...]


@frozen(kw_only=True)
class Between:
    value: Value
    low: Value
    high: Value


@frozen(kw_only=True)
class Like:
    value: Value
    pattern: Value


@frozen(kw_only=True)
class Is:
    value: Value | Condition
    what: Literal["null", "true", "false"]


@frozen(kw_only=True)
class And:
    parts: tuple[Condition, ...]


@frozen(kw_only=True)
class Or:
    parts: tuple[Condition, ...]


@frozen(kw_only=True)
class Not:
    part: Condition


Value = Name | MetricOf | Constant | Call
Condition = And | Or | Not | Comparison | In | Between | Like | Is | Name | Constant | Call
"""Names, constants and calls stand for themselves where they are true or false."""


def same_condition(left: object, right: object) -> bool:
    """Whether two trees are the same, but that a text may be a date or a time in the other."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        both = {left.type, right.type}
        moments = "text" in both and both <= {"text", "date", "timestamp"}
        return left == right or (moments and left.value == right.value)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same_condition, left, right))
    kind: Any = type(left)
    if kind is not type(right) or not has(kind):
        return left == right
    keys = [each.name for each in fields(kind) if each.eq]
    return all(same_condition(getattr(left, key), getattr(right, key)) for key in keys)


def leaves(condition: Condition | Value) -> Iterator[Name | MetricOf]:
    """The dimensions, entities and metrics that a filter names, in order."""
    match condition:
        case Name() | MetricOf():
            yield condition
        case And(parts=parts) | Or(parts=parts) | Call(arguments=parts):
            for part in parts:
                yield from leaves(part)
        case Not(part=part) | Is(value=part):
            yield from leaves(part)
        case Comparison(left=left, right=right) | Like(value=left, pattern=right):
            yield from leaves(left)
            yield from leaves(right)
        case In(value=value, options=options):
            for each in (value, *options):
                yield from leaves(each)
        case Between(value=value, low=low, high=high):
            for each in (value, low, high):
                yield from leaves(each)
