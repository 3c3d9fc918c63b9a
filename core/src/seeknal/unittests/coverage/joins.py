"""The joins of a query, and queries that tell whether their sides have rows without a match."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.keywords import words
from seeknal.sql.tokens import on_one_line

if TYPE_CHECKING:
    from seeknal.unittests.coverage.structure import Structure

_BEFORE = words("asof left right full outer inner semi anti natural cross positional")
_UNASKED = words("natural cross positional")
MATCHED, ALONE = "matched", "not matched"
LEFT_ALONE, RIGHT_ALONE = "left not matched", "right not matched"
_SHORT = 40


@frozen(kw_only=True)
class Join:
    """``left``, ``right`` and ``condition``, an ON or USING, are from one token to another.

    ``keeps``: as which join it is asked for rows without a match. ``first`` is the first of its
    words, ``place`` the word JOIN, ``last`` its end.
    """

    words: str
    keeps: str
    place: int
    first: int
    last: int
    left: tuple[int, int]
    right: tuple[int, int]
    condition: tuple[int, int]
    text: str

    @property
    def outcomes(self) -> tuple[str, ...]:
        return (MATCHED, LEFT_ALONE, RIGHT_ALONE) if self.words == "FULL JOIN" else (MATCHED, ALONE)


def joins(query: Structure) -> Iterator[Join]:
    """The joins that have a condition, but for those that are joined in the middle of another."""
    for at, key in enumerate(query.keys):
        if key == "join" and (found := _join(query, at)) is not None:
            yield found


def _join(query: Structure, at: int) -> Join | None:
    first = at
    while query.key(first - 1) in _BEFORE:
        first -= 1
    kind = [key for key in query.keys[first:at] if key not in ("outer", "inner")]
    right = at + 1, query.end_of_clause(at + 1)
    begin = right[1] + 1
    unasked = set(kind) & _UNASKED or ("asof" in kind and {"right", "full"} & set(kind))
    if unasked or query.key(begin) not in ("on", "using"):
        return None
    end = begin + 1
    using = query.keys[begin] == "using"
    end = query.closing.get(end, end) if using else _end_of_on(query, end)
    left = _start(query, first), first - 1
    if end <= begin or left[1] < left[0] or query.is_constant(begin + 1, end):
        return None
    said = " ".join([*kind, "join"]).upper()
    table = on_one_line(query.slice(*right))
    table = table if len(table) <= _SHORT else "(...)"
    return Join(
        words=said,
        keeps=_keeping(kind),
        place=at,
        first=first,
        last=end,
        left=left,
        right=right,
        condition=(begin, end),
        text=f"{said} {table} {on_one_line(query.slice(begin, end))}",
    )


def _end_of_on(query: Structure, first: int) -> int:
    """The last token of an ON: before a further join's words."""
    last = query.end_of_clause(first)
    while last > first and query.key(last) in _BEFORE and query.key(last + 1) in {"join", *_BEFORE}:
        last -= 1
    return last


def _keeping(kind: list[str]) -> str:
    if "asof" in kind:
        return "ASOF LEFT"
    if not kind:
        return "FULL"
    return "LEFT" if {"semi", "anti"} & set(kind) else kind[0].upper()


def _start(query: Structure, first: int) -> int:
    """Where the left side begins: behind FROM, a comma or the bracket around."""
    around = query.around[first]
    begin = 0 if around is None else around + 1
    start = begin
    for at in query.level(begin):
        if at >= first:
            break
        key = query.keys[at]
        if key == "," or (key == "from" and query.key(at - 1) != "distinct"):
            start = at + 1
    return start


def probe(query: Structure, join: Join) -> str:
    """How many rows of a join have both sides, only the left and only the right one."""
    left, right = query.slice(*join.left), query.slice(*join.right)
    found = (
        'SELECT count(*) FILTER (WHERE "seeknal left" AND "seeknal right"),'
        ' count(*) FILTER (WHERE "seeknal right" IS NULL),'
        ' count(*) FILTER (WHERE "seeknal left" IS NULL)\nFROM ('
        f'{left}\nCROSS JOIN (SELECT true AS "seeknal left") AS "seeknal l")\n'
        f'{join.keeps} JOIN ({right}\nCROSS JOIN (SELECT true AS "seeknal right") AS "seeknal r")\n'
        f"{query.slice(*join.condition)}"
    )
    around = query.around[join.first]
    while True:
        begin = 0 if around is None else around + 1
        clause = _ctes_before(query, begin, join.first) if query.key(begin) == "with" else ""
        if clause:
            found = f"{clause}\nSELECT * FROM ({found}\n)"
        if around is None:
            return found
        around = query.around[around]


def _ctes_before(query: Structure, begin: int, place: int) -> str:
    """A WITH, as far as its queries are known at a place."""
    last: int | None = None
    for at in query.level(begin):
        if at >= place or (last is not None and at == last + 1 and query.keys[at] != ","):
            break
        if query.keys[at] == "(" and query.tokens[at - 1].key in ("as", "materialized"):
            if query.closing[at] > place:
                break
            last = query.closing[at]
    return "" if last is None else query.slice(begin, last)
