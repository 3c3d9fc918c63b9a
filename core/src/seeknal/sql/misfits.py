"""Columns that a query compares though values of their types cannot be compared."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

from seeknal.sql.faults import COMPARISONS, Fault
from seeknal.sql.tokens import tokenize

if TYPE_CHECKING:
    import duckdb

    from seeknal.sql.tokens import Token

_GIVEN = re.compile(r"argument types 'sin\((.*)\)'")
_SAMPLES = (
    (("TIMESTAMP", "DATE"), "2000-01-01"),
    (("TIME",), "00:00:00"),
    (("INTERVAL",), "1 day"),
    (("UUID",), "00000000-0000-0000-0000-000000000001"),
    (("TINY", "SMALL", "INT", "BIG", "HUGE", "U", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN"), "1"),
)
_BEFORE = ("(", ",", "on", "and", "or", "not", "where", "when", "having", "qualify", "select")
_AFTER = (")", ",", ";", "")
_NOT_AFTER = ("at", "collate", "is", "in", "between", "like", "ilike")

Side = tuple[int, int]


def misfit_faults(
    connection: duckdb.DuckDBPyConnection, sql: str, types: Mapping[str, Collection[str]]
) -> list[Fault]:
    """A fault for each two columns that ``sql``, a query that binds, compares in vain.

    ``types`` are those of the columns that it reads, by names in lower case.
    """
    tokens = tokenize(sql)
    found = []
    for at, left, right in _compared(tokens):
        named = [types.get(tokens[last].name.lower(), ()) for _, last in (left, right)]
        if not any(misfit(*pair) for pair in product(*named)):
            continue
        pair = _types(connection, sql, tokens, left, right)
        reason = misfit(*pair) if pair is not None else None
        if reason is not None:
            start, size = tokens[at].start, len(tokens[at].text)
            found.append(Fault(message=reason, kind="type", offset=start, length=size))
    return found


@lru_cache(1000)
def misfit(left: str, right: str) -> str | None:
    """Why values of two types cannot be compared, whatever they are; None where some can."""
    import duckdb

    from seeknal.sql.syntax import parser

    samples = [_sample(left), _sample(right)]
    if left == right or None in samples:
        return None
    values = ", ".join(
        f"CAST('{sample}' AS {type})" for sample, type in zip(samples, (left, right), strict=True)
    )
    try:
        parser().execute(f"SELECT a = b FROM (VALUES ({values})) AS t(a, b)").fetchall()
    except (duckdb.ConversionException, duckdb.BinderException) as error:
        text = str(error)
        if "Unimplemented type for cast" in text or "Cannot compare" in text:
            return f"Cannot compare values of type {left} and type {right}"
    except duckdb.Error:
        # A type of another name, or one that an extension brings: nothing can be said.
        return None
    return None


def _sample(type: str) -> str | None:
    """A text that is a value of the type; None for text and what is made of several values."""
    if type.endswith("]"):
        return None
    return next((text for starts, text in _SAMPLES if type.startswith(starts)), None)


def _compared(tokens: Sequence[Token]) -> Iterator[tuple[int, Side, Side]]:
    """Each operator that has a bare column on both sides, with the tokens of these."""
    for at, token in enumerate(tokens):
        if token.key in COMPARISONS and 0 < at < len(tokens) - 1:
            first, last = at - 1, at + 1
            while first > 1 and tokens[first - 1].key == ".":
                first -= 2
            while last + 2 < len(tokens) and tokens[last + 1].key == ".":
                last += 2
            if _is_whole(tokens, first, at - 1) and _is_whole(tokens, at + 1, last):
                before = tokens[first - 1].key if first else ""
                after = tokens[last + 1] if last + 1 < len(tokens) else None
                ends = after is None or after.key in _AFTER or after.kind == "word"
                if before in _BEFORE and ends and not (after and after.key in _NOT_AFTER):
                    yield at, (first, at - 1), (at + 1, last)


def _is_whole(tokens: Sequence[Token], first: int, last: int) -> bool:
    return all(tokens[place].kind in ("word", "name") for place in range(first, last + 1, 2))


def _types(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    tokens: Sequence[Token],
    left: Side,
    right: Side,
) -> tuple[str, str] | None:
    """What DuckDB says of the types of two columns where they stand: no sine has two arguments."""
    import duckdb

    mine, other = (sql[tokens[first].start : tokens[last].end] for first, last in (left, right))
    start, end = tokens[left[0]].start, tokens[right[1]].end
    try:
        connection.execute(f"PREPARE seeknal_typed AS {sql[:start]}sin({mine}, {other}){sql[end:]}")
    except duckdb.Error as error:
        given = _GIVEN.search(str(error))
        found = given[1].split(", ") if given else []
        return (found[0], found[1]) if len(found) == 2 else None
    connection.execute("DEALLOCATE seeknal_typed")
    return None
