"""Few rows among many that show a change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from seeknal.sql.quote import quote_identifier
from seeknal.unittests.choosing.looking import Seen
from seeknal.unittests.choosing.pools import listed, relations, spread
from seeknal.unittests.choosing.stage import PLACE, ROW, Parts

if TYPE_CHECKING:
    from seeknal.unittests.choosing.keys import Edge
    from seeknal.unittests.choosing.looking import Look
    from seeknal.unittests.choosing.stage import Stage, Subset

FEW = 400
_FEW_HERE = 60
_KEYS = 3
T = TypeVar("T")


class TooManyLooksError(Exception):
    """What is wanted takes more looks than there is time for."""


def narrowed(
    look: Look,
    sql: str,
    parts: Parts,
    kept: Subset,
    edges: Sequence[Edge],
    over: Callable[[], bool],
) -> Parts:
    """Relations with fewer rows that show it still: halves of halves, of the biggest table first.

    The rows that are ``kept`` stay in each half. When few rows of one table are left, those that
    they meet in the others are tried. A table whose halves do not show it, in none of its orders,
    stays as it is.
    """
    stuck: set[int] = set()
    while sum(parts.counts) > FEW and not over():
        left = [
            place for place, count in enumerate(parts.counts) if place not in stuck and count > 1
        ]
        if not left:
            break
        place = max(left, key=lambda one: parts.counts[one])
        half = _half(look, sql, parts, place, kept, edges)
        if half is None:
            stuck.add(place)
        else:
            parts = half
        if half is None or half.counts[place] <= _FEW_HERE:
            parts = _around(look, sql, parts, place, kept, edges) or parts
    return parts


def joined(stage: Stage, parts: Parts, kept: Subset) -> Parts:
    """Relations with the kept rows besides; the counts are of the others."""
    names, counts = [], []
    for place, name in enumerate(parts.names):
        kept_here = f"{ROW} IN ({listed(kept[place])})"
        both = stage.made(
            f"SELECT * FROM {stage.whole.names[place]} WHERE {kept_here}"
            f" OR {ROW} IN (SELECT {ROW} FROM {name}) ORDER BY {PLACE}"
        )
        names.append(both)
        counts.append(stage.count(both) - len(kept[place]))
    return Parts(tuple(names), tuple(counts))


def _half(
    look: Look, sql: str, parts: Parts, place: int, kept: Subset, edges: Sequence[Edge]
) -> Parts | None:
    """The relations with a half of one of them, if there is one that shows it."""
    stage, name, count = look.stage, parts.names[place], parts.counts[place]
    node = stage.nodes[place]
    keys = dict.fromkeys(edge.left.column for edge in edges if edge.left.table == node)
    hashed = [f"hash({quote_identifier(key)})" for key in list(keys)[:_KEYS]]
    for order in ([PLACE], *([one, PLACE] for one in hashed)):
        for most, way in ((count // 2, ""), (count - count // 2, " DESC")):
            ways = ", ".join(part + way for part in order)
            stay = f"{ROW} IN ({listed(kept[place])})"
            half = stage.made(
                f"SELECT * FROM (SELECT * FROM {name} ORDER BY {stay} DESC, {ways}"
                f" LIMIT {most + len(kept[place])}) ORDER BY {PLACE}"
            )
            names, counts = list(parts.names), list(parts.counts)
            names[place], counts[place] = half, most
            found = Parts(tuple(names), tuple(counts))
            if look.at(sql, found) is Seen.OTHER:
                return found
            stage.dropped(half)
    return None


def _around(
    look: Look, sql: str, parts: Parts, place: int, kept: Subset, edges: Sequence[Edge]
) -> Parts | None:
    """The rows of one relation and what they meet in the others, if that shows it."""
    stage = look.stage
    if sum(parts.counts) <= FEW or parts.counts[place] > FEW:
        return None
    held = [
        set(stage.rows(name)) if at == place else set[int]() for at, name in enumerate(parts.names)
    ]
    near = spread(stage, held, edges, FEW)
    near[place] = held[place]
    near = [rows | stay for rows, stay in zip(near, kept, strict=True)]
    if sum(map(len, near)) >= sum(parts.counts):
        return None
    found = relations(stage, near)
    return found if look.at(sql, found) is Seen.OTHER else None


def enough(
    candidates: Sequence[T], meets: Callable[[Sequence[T]], bool], over: Callable[[], bool]
) -> Sequence[T]:
    """Candidates that meet together: all of them, or some, where others spoil it; none else."""
    count = len(candidates)
    while count and not over():
        for start in {0: None, (len(candidates) - count) // 2: None, len(candidates) - count: None}:
            some = candidates[start : start + count]
            if meets(some):
                return some
        count //= 2
    return ()


def least(candidates: Sequence[T], meets: Callable[[Sequence[T]], bool]) -> list[T]:
    """A least part of the candidates that still meets, where more of them never spoil it.

    Each half is searched while the other stays, so what is needed may be in both.
    """

    def search(base: list[T], changed: bool, among: list[T]) -> list[T]:
        if changed and meets(base):
            return []
        if len(among) == 1:
            return among
        middle = len(among) // 2
        first, second = among[:middle], among[middle:]
        later = search([*base, *first], True, second)
        earlier = search([*base, *later], bool(later), first)
        return [*earlier, *later]

    return search([], False, list(candidates)) if candidates else []
