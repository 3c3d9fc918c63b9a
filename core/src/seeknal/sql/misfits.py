"""Columns that a query compares though values of their types cannot be compared."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.faults import Fault
from seeknal.sql.mending import COMPARISONS, closing
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


@frozen(kw_only=True)
class Compared:
    """Two columns that are compared: their names, and where that is told.

    ``asking`` is the query with a function there that takes both and cannot be.
    """

    names: tuple[str, str]
    place: tuple[int, int]
    text: str
    asking: str


def misfit_faults(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    types: Mapping[str, Collection[str]] | None = None,
    *,
    mended: bool = False,
) -> list[Fault]:
    """A fault for each two columns that ``sql``, a query that binds, compares in vain.

    ``types`` are those of the columns that it reads, by names in lower case, where they are known.
    Where NULL stands for what was wrong (``mended``), only columns that have one of these are
    judged. A fault's ``name`` is what is compared, as it is written.
    """
    found: list[Fault] = []
    if not any(mark in sql for mark in "=<>") and "using" not in sql.lower():
        return found
    for compared in _compared(sql, tokenize(sql)):
        named = [(types or {}).get(name, ()) for name in compared.names]
        if types is not None and not any(misfit(*pair) for pair in product(*named)):
            continue
        pair = _types(connection, compared.asking)
        if pair is None or (mended and not (pair[0] in named[0] and pair[1] in named[1])):
            continue
        reason = misfit(*pair)
        if reason is not None:
            start, stop = compared.place
            found.append(
                Fault(
                    message=reason,
                    kind="type",
                    offset=start,
                    length=stop - start,
                    name=compared.text,
                )
            )
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


def _compared(sql: str, tokens: Sequence[Token]) -> Iterator[Compared]:
    for at, token in enumerate(tokens):
        if token.key in COMPARISONS and 0 < at < len(tokens) - 1:
            yield from _by_operator(sql, tokens, at)
        elif token.key == "using" and [t.key for t in tokens[at + 1 : at + 2]] == ["("]:
            yield from _by_join(sql, tokens, at)


def _by_operator(sql: str, tokens: Sequence[Token], at: int) -> Iterator[Compared]:
    """An operator that has a bare column on both sides."""
    first, last = at - 1, at + 1
    while first > 1 and tokens[first - 1].key == ".":
        first -= 2
    while last + 2 < len(tokens) and tokens[last + 1].key == ".":
        last += 2
    if not (_is_whole(tokens, first, at - 1) and _is_whole(tokens, at + 1, last)):
        return
    before = tokens[first - 1].key if first else ""
    after = tokens[last + 1] if last + 1 < len(tokens) else None
    ends = after is None or after.key in _AFTER or after.kind == "word"
    if before not in _BEFORE or not ends or (after and after.key in _NOT_AFTER):
        return
    start, end = tokens[first].start, tokens[last].end
    left, right = sql[start : tokens[at - 1].end], sql[tokens[at + 1].start : end]
    yield Compared(
        names=(tokens[at - 1].name.lower(), tokens[last].name.lower()),
        place=(tokens[at].start, tokens[at].end),
        text=sql[start:end],
        asking=f"{sql[:start]}sin({left}, {right}){sql[end:]}",
    )


def _by_join(sql: str, tokens: Sequence[Token], at: int) -> Iterator[Compared]:
    """Each column that a join with USING is by, whose right side has a name."""
    right, end = tokens[at - 1], closing(tokens, at + 1)
    if right.kind not in ("word", "name"):
        return
    stop = tokens[end].end
    for column in tokens[at + 2 : end]:
        if column.kind in ("word", "name"):
            both = f"{column.text}, {right.text}.{column.text}"
            yield Compared(
                names=(column.name.lower(), column.name.lower()),
                place=(column.start, column.end),
                text=column.text,
                asking=f"{sql[:stop]} JOIN (SELECT 1) AS seeknal_one ON sin({both}){sql[stop:]}",
            )


def _is_whole(tokens: Sequence[Token], first: int, last: int) -> bool:
    return all(tokens[place].kind in ("word", "name") for place in range(first, last + 1, 2))


def _types(connection: duckdb.DuckDBPyConnection, asking: str) -> tuple[str, str] | None:
    """What DuckDB says of the types of two columns where they stand: no sine has two arguments."""
    import duckdb

    try:
        connection.execute(f"PREPARE seeknal_typed AS {asking}")
    except duckdb.Error as error:
        given = _GIVEN.search(str(error))
        found = given[1].split(", ") if given else []
        return (found[0], found[1]) if len(found) == 2 else None
    connection.execute("DEALLOCATE seeknal_typed")
    return None
