"""What a query gives, and whether another one gives the same."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import duckdb
from attrs import frozen

TOLERANCE = 1e-9


class TooLong(Exception):
    """A query was stopped because it took longer than anybody waits."""


@frozen(kw_only=True)
class Answer:
    """``more``: there are more rows than anybody asked for."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool = False


def answer(
    connection: duckdb.DuckDBPyConnection, sql: str, *, seconds: float = 10, most: int = 1_000_000
) -> Answer:
    """The rows of a query. Raises duckdb.Error, and TooLong for one that had to be stopped."""
    with _stopped_after(connection, seconds):
        found = connection.execute(f"SELECT * FROM ({sql}\n) LIMIT {most + 1}")
        columns = found.description or []
        rows = found.fetchall()
    return Answer(
        columns=tuple(column[0] for column in columns),
        types=tuple(str(column[1]) for column in columns),
        rows=rows[:most],
        more=len(rows) > most,
    )


@contextmanager
def _stopped_after(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield
    except (duckdb.InterruptException, duckdb.OutOfMemoryException, RuntimeError) as error:
        raise TooLong(str(error)) from error
    finally:
        timer.cancel()


def same(one: Answer, other: Answer, tolerance: float = TOLERANCE) -> bool:
    """Whether both have the same columns, and the same rows in any order."""
    if one.columns != other.columns or one.more != other.more or len(one.rows) != len(other.rows):
        return False
    return same_rows(one.rows, other.rows, tolerance)


def same_rows(
    one: Sequence[tuple[Any, ...]], other: Sequence[tuple[Any, ...]], tolerance: float = TOLERANCE
) -> bool:
    """Whether the bags are equal, but for the last digits of floats."""
    left, right = Counter(map(_hashable, one)), Counter(map(_hashable, other))
    here, there = list((left - right).elements()), list((right - left).elements())
    if len(here) != len(there):
        return False
    # Rows that differ in the last digits of a float stand beside each other in this order.
    pairs = zip(sorted(here, key=_order), sorted(there, key=_order), strict=True)
    return all(_alike(a, b, tolerance) for a, b in pairs)


def _hashable(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(map(_hashable, value))
    if isinstance(value, dict):
        return tuple((key, _hashable(part)) for key, part in value.items())
    if isinstance(value, bool):
        return ("bool", value)
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def _order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    exact = tuple(repr(value) for value in row if not isinstance(value, float))
    floats = tuple(value for value in row if isinstance(value, float))
    return exact, tuple(f"{value:.6g}" for value in floats), floats


def _alike(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(
            _alike(a, b, tolerance) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, float) or isinstance(other, float):
        if not all(isinstance(value, (int, float, Decimal)) for value in (one, other)):
            return bool(one == other)
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=0.0)
    return bool(one == other)
