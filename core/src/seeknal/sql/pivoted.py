"""The values of which a PIVOT makes names of columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.tokens import tokenize

if TYPE_CHECKING:
    from seeknal.sql.tokens import Token

_PIVOTS = ("pivot", "pivot_wider")
_ENDS = ("using", "group", "order", "limit", "union", "except", "intersect", ";")
_QUERIES = ("select", "from", "with")


@frozen(kw_only=True)
class Named:
    """An expression behind ON whose values become names, at ``offset`` of the query.

    ``select`` gives these values, where it stands for itself; ``words`` are the identifiers in it.
    """

    text: str
    offset: int
    select: str
    words: frozenset[str]


def become_names(sql: str) -> Iterator[Named]:
    """What every PIVOT of ``sql`` takes its columns from that lists no values of it."""
    tokens = tokenize(sql)
    for at, token in enumerate(tokens):
        if token.key in _PIVOTS:
            yield from _of_pivot(sql, tokens, at)


def _of_pivot(sql: str, tokens: Sequence[Token], at: int) -> Iterator[Named]:
    close = _find(tokens, at, ())
    on = _find(tokens[:close], at, ("on",))
    if on == close:
        # As `FROM a PIVOT (...)`, which has to list them.
        return
    end = _find(tokens[:close], on, _ENDS)
    above = sql[: tokens[at].start] if _depth(tokens[:at]) == 0 else ""
    source = sql[tokens[at].end : tokens[on].start]
    while on < end:
        stop = min(end, _find(tokens[:end], on, (",",)))
        listed = _find(tokens[:stop], on, ("in",))
        expression = tokens[on + 1 : min(stop, listed)]
        if expression and not _lists(tokens[listed:stop]):
            text = sql[expression[0].start : expression[-1].end]
            yield Named(
                text=text,
                offset=expression[0].start,
                select=f"{above}SELECT {text} AS named FROM {source}",
                words=frozenset(
                    token.name.lower() for token in expression if token.kind in ("word", "name")
                ),
            )
        on = stop


def _lists(tokens: Sequence[Token]) -> bool:
    """Whether what stands from IN on lists values, and is no query or type that has them."""
    return [token.key for token in tokens[1:2]] == ["("] and not any(
        token.key in _QUERIES for token in tokens[2:3]
    )


def _find(tokens: Sequence[Token], start: int, keys: Sequence[str]) -> int:
    """The next of these words outside of brackets, or where the brackets around it or all ends."""
    depth = 0
    for at in range(start + 1, len(tokens)):
        key = tokens[at].key
        depth += {"(": 1, ")": -1}.get(key, 0)
        if depth < 0 or (depth == 0 and key in keys):
            return at
    return len(tokens)


def _depth(tokens: Sequence[Token]) -> int:
    return sum({"(": 1, ")": -1}.get(token.key, 0) for token in tokens)
