"""What a query gives, as a bag of rows that can be compared with another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from attrs import frozen

_TOLERANCE = 1e-9


@frozen(eq=False)
class Outcome:
    """Column names and rows; ``rows`` is None where there were too many, or only a print is had."""

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...] | None
    print: tuple[Any, ...] = ()


def outcome(
    names: Sequence[str], rows: Sequence[Sequence[Any]], ignored: Collection[int] = ()
) -> Outcome:
    """What was fetched, without the columns that are ``ignored``."""
    places = [place for place in range(len(names)) if place not in ignored]
    kept = tuple(tuple(_plain(row[place]) for place in places) for row in rows)
    return Outcome(tuple(names[place].lower() for place in places), kept)


def same(left: Outcome, right: Outcome) -> bool:
    """Whether both have the same columns and the same bag of rows; floats may differ a little."""
    if left.names != right.names or left.print != right.print:
        return False
    if left.rows is None or right.rows is None:
        return left.rows is right.rows
    if len(left.rows) != len(right.rows):
        return False
    if left.rows == right.rows:
        return True
    mine, yours = Counter(left.rows), Counter(right.rows)
    if mine == yours:
        return True
    rest = sorted((mine - yours).elements(), key=_order)
    other = sorted((yours - mine).elements(), key=_order)
    return all(_alike(one, two) for one, two in zip(rest, other, strict=True))


def _alike(one: Any, two: Any) -> bool:
    if isinstance(one, tuple) and isinstance(two, tuple):
        return len(one) == len(two) and all(map(_alike, one, two))
    if isinstance(one, float) and isinstance(two, float):
        return math.isclose(one, two, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE**2)
    return bool(one == two)


def _order(row: tuple[Any, ...]) -> tuple[str, ...]:
    """A place for a row, which a small difference of a float seldom changes."""
    return tuple(f"{one:.6g}" if isinstance(one, float) else repr(one) for one in row)


def _plain(value: Any) -> Any:
    """A value that can be hashed and is equal to itself."""
    if isinstance(value, float):
        return "nan" if value != value else value
    if isinstance(value, list | tuple):
        return ("list", *map(_plain, value))
    if isinstance(value, dict):
        return ("struct", *((_plain(key), _plain(one)) for key, one in value.items()))
    if isinstance(value, bytearray):
        return bytes(value)
    return value
