"""The keys that a query joins by, and the question whether each of their values is in one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen
from sqlglot import exp

from seeknal_semantic.compiling.trees import aliased, column, grouped, where

if TYPE_CHECKING:
    from seeknal.plugin import NodeId

SINCE, UNTIL, NEXT = "since", "until", "next"


@frozen(kw_only=True)
class UsedKey:
    """What a join takes for one row: the entity or column ``name`` of a model or time spine.

    ``within`` are partitions. ``question`` has one row: the number of values that are in several
    rows, or in rows that hold at one time, and the number of rows that have to have one and do not.
    """

    owner: NodeId
    name: str
    rows: NodeId
    within: tuple[str, ...] = ()
    question: exp.Select = field(repr=False)

    def __str__(self) -> str:
        within = f" within {', '.join(self.within)}" if self.within else ""
        return f"{self.name} of {self.owner}{within}"


def several(keys: Sequence[exp.Expr], rows: exp.Expr, *, needed: bool = False) -> exp.Select:
    """How many values are in several rows; with ``needed`` also how many rows have none.

    NULL joins nothing, and may be in as many rows as it likes where it is not ``needed``.
    """
    words = _words(keys)
    every = _named(keys, words).from_(rows)
    repeated: exp.Expr = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))
    found = exp.select(*map(column, words), aliased(exp.Count(this=exp.Star()), "n"))
    found = found.from_(every.subquery("every_row"))
    if needed:
        repeated = exp.Or(this=repeated, expression=_is_none(words[0]))
    else:
        found = where(found, [exp.Not(this=_is_none(word)) for word in words])
    found = grouped(found, len(words)).having(repeated)
    lost = exp.Case(ifs=[exp.If(this=_is_none(words[0]), true=column("n"))])
    return exp.select(
        aliased(exp.Count(this=column(words[0])), "several"),
        aliased(exp.Sum(this=lost), "missing"),
    ).from_(found.subquery("found"))


def overlapping(
    keys: Sequence[exp.Expr], since: exp.Expr, until: exp.Expr, rows: exp.Expr
) -> exp.Select:
    """How many values have rows that hold at one time.

    In the order in which they begin, of rows that overlap there are two beside each other.
    """
    words = _words(keys)
    every = _named([*keys, since, until], [*words, SINCE, UNTIL]).from_(rows)
    holds = exp.Or(
        this=_is_none(UNTIL), expression=exp.GT(this=column(UNTIL), expression=column(SINCE))
    )
    following = exp.Window(
        this=exp.Lead(this=column(SINCE)),
        partition_by=list(map(column, words)),
        order=exp.Order(expressions=[exp.Ordered(this=column(SINCE))]),
    )
    ordered = exp.select(*map(column, words), column(UNTIL), aliased(following, NEXT))
    given = [exp.Not(this=_is_none(word)) for word in (*words, SINCE)]
    ordered = where(ordered.from_(every.subquery("every_row")), [*given, holds])
    still = exp.Or(
        this=_is_none(UNTIL), expression=exp.LT(this=column(NEXT), expression=column(UNTIL))
    )
    crossed = exp.select(*map(column, words)).from_(ordered.subquery("ordered")).distinct()
    crossed = where(crossed, [exp.Not(this=_is_none(NEXT)), still])
    return exp.select(
        aliased(exp.Count(this=exp.Star()), "several"),
        aliased(exp.Literal.number(0), "missing"),
    ).from_(crossed.subquery("found"))


def _words(keys: Sequence[exp.Expr]) -> list[str]:
    return [f"k{number}" for number in range(len(keys))]


def _named(values: Sequence[exp.Expr], words: Sequence[str]) -> exp.Select:
    return exp.select(*(aliased(each, word) for each, word in zip(values, words, strict=True)))


def _is_none(word: str) -> exp.Expr:
    return exp.Is(this=column(word), expression=exp.Null())
