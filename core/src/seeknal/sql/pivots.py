"""A PIVOT that takes its columns from the data, as one that names them and can be bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.tokens import tokenize

if TYPE_CHECKING:
    from seeknal.sql.positions import Edit
    from seeknal.sql.tokens import Token

_NAMED = " IN (NULL)"
"""Names one value, whichever: with the columns named, DuckDB binds the PIVOT without any rows."""
# What stands behind a PIVOT and reads its rows; before that, what ends the list behind ON.
_READING = ("order", "limit", "union", "except", "intersect", ";")
_ENDS = ("using", "group", *_READING)


@frozen(kw_only=True)
class Pivot:
    """``sql`` in which a PIVOT names values. Before ``end`` of the original nothing reads it."""

    sql: str
    edits: tuple[Edit, ...]
    end: int


def named_pivot(sql: str) -> Pivot | None:
    """``sql`` with values where its PIVOT names none; None where it does not stand alone.

    What reads the rows of a PIVOT may name columns that only its data tells.
    """
    tokens = tokenize(sql)
    begins = [at for at, token in enumerate(tokens) if token.key == "pivot"]
    if len(begins) != 1 or _is_inside(tokens[: begins[0]]):
        return None
    on = _next(tokens, begins[0], ("on",))
    end = _next(tokens, on, _ENDS)
    places = []
    while on < end:
        stop = min(end, _next(tokens, on, (",",)))
        if "in" not in [token.key for token in tokens[on + 1 : stop]]:
            places.append(tokens[stop - 1].end)
        on = stop
    text = sql
    for place in reversed(places):
        text = text[:place] + _NAMED + text[place:]
    after = _next(tokens, end - 1, _READING)
    return Pivot(
        sql=text,
        edits=tuple((place, place, len(_NAMED)) for place in places),
        end=tokens[after].start if after < len(tokens) else len(sql),
    )


def _next(tokens: Sequence[Token], start: int, keys: Sequence[str]) -> int:
    """The next of these words outside of brackets, or the end."""
    depth = 0
    for at in range(start + 1, len(tokens)):
        depth += _depth(tokens[at])
        if depth == 0 and tokens[at].key in keys:
            return at
    return len(tokens)


def _is_inside(before: Sequence[Token]) -> bool:
    return sum(map(_depth, before)) > 0


def _depth(token: Token) -> int:
    return {"(": 1, ")": -1}.get(token.key, 0)
