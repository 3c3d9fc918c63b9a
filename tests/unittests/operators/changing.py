"""A change of one place of a query, and what most changes need."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen
from sqlglot import exp

from tests.unittests.around import Around


@frozen
class Change:
    """What stands in the tree, and what stands there instead; None: it goes.

    ``before`` and ``after`` tell it to people where that would be too much text.
    """

    place: exp.Expression
    instead: exp.Expression | None
    before: str = ""
    after: str = ""


Operator = Callable[[exp.Expression, Around], Iterator[Change]]


def with_args(node: exp.Expression, **args: object) -> exp.Expression:
    """A copy of a node with other arguments."""
    copy = node.copy()
    for name, value in args.items():
        copy.set(name, value.copy() if isinstance(value, exp.Expression) else value)
    return copy


def conjuncts(condition: exp.Expression) -> list[exp.Expression]:
    """What all have to be true."""
    return list(condition.flatten()) if isinstance(condition, exp.And) else [condition]


def all_of(conditions: list[exp.Expression]) -> exp.Expression:
    return exp.and_(*[part.copy() for part in conditions], copy=False)


def without_each(condition: exp.Expression) -> Iterator[tuple[exp.Expression, exp.Expression]]:
    """Each conjunct of several, and the condition without it."""
    parts = conjuncts(condition)
    for place, part in enumerate(parts):
        rest = parts[:place] + parts[place + 1 :]
        if rest:
            yield part, all_of(rest)


def in_brackets(node: exp.Expression) -> exp.Expression:
    """As an operand, whatever stands beside it."""
    copy = node.copy()
    return exp.Paren(this=copy) if isinstance(node, (exp.Binary, exp.Not)) else copy


def is_date(node: exp.Expression) -> bool:
    """Whether it is a date or a moment as text with its type."""
    return (
        isinstance(node, exp.Cast)
        and isinstance(node.this, exp.Literal)
        and node.this.is_string
        and node.to.is_type("date", "timestamp", "timestamptz", "timestampntz")
    )
