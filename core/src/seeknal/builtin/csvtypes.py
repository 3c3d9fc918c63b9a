"""The types of a CSV table's columns: guessed from its head, decided by all of its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.builtin.csvkinds import (
    TEXT,
    Kind,
    chosen,
    decimal,
    mask,
    matches,
    numbers,
    places,
    possible,
    quickly,
)
from seeknal.builtin.readers import FILE
from seeknal.plugin import quote_identifier, quote_literal

if TYPE_CHECKING:
    from seeknal.builtin.csvtable import Table

HEAD = 20_480
"""Rows from which the types are guessed."""
_FEW = 50
"""Rows that are looked at one by one, to know what to ask of the others."""
_TASTED = 10
"""Texts of a column by which it is told what most of them may be."""
_RARE = 3
"""Where no more than one value in so many fits no other type, they alone made text of a column."""
_CODE = "0[0-9]+"
"""A numeral such as 007, which a number would not keep."""
MISFIT = "is not exactly of the type"
_SHOWN = 60
"""Characters of a value that an error shows."""

Found = Mapping[str, tuple[Kind, ...]]
"""By column, the kinds that all values seen so far fit; all kinds where none was seen."""


@frozen(kw_only=True)
class Head:
    """What the first rows show; ``whole`` where these are all."""

    found: Found
    empty: frozenset[str]
    whole: bool
    sql: str
    first: Mapping[str, Sequence[str]]
    """Texts of the very first rows, by column."""


def head_of(table: Table, kinds: Sequence[Kind], columns: Sequence[str]) -> Head:
    """The kinds that the first rows leave, or more where the best of them is among these.

    Raises duckdb.Error for what cannot be read.
    """
    first = _first_texts(table)
    known = {name: possible(first[name], kinds) for name in columns}
    best = {name: _best(name, left) for name, left in known.items() if any(first[name])}
    asked = {name: sql for name, sql in best.items() if sql}
    items = ["count(*)", *(f"bool_and({sql})" for sql in asked.values())]
    head = f"SELECT * FROM ({table.sql}) LIMIT {HEAD}"
    (rows, *fit) = _only_row(table, f"SELECT {', '.join(items)} FROM ({head})")
    sure = {name for name, good in zip(asked, fit, strict=True) if good}
    doubtful = {name: left for name, left in known.items() if left and name not in sure}
    found, empty = _kinds_left(table, head, doubtful)
    return Head(
        found={**known, **found}, empty=empty, whole=int(rows) < HEAD, sql=head, first=first
    )


def spoiled(table: Table, head: Head, kinds: Sequence[Kind]) -> dict[str, tuple[Kind, list[str]]]:
    """Columns that a few values of the head make text of: what the others are, and some of these.

    One with numerals such as 007 is text as it should be.
    """
    likely = {
        name: fit
        for name, left in head.found.items()
        if not left and name not in head.empty
        if (fit := _tasted(head.first[name], kinds))
    }
    if not likely:
        return {}
    items = [
        item
        for name, fit in likely.items()
        for text in [quote_identifier(name)]
        for item in (
            f"CASE WHEN bool_or({matches(text, _CODE)}) THEN 0 ELSE count({text}) END",
            *(f"count_if({kind.fits(text)})" for kind in fit),
        )
    ]
    counts = iter(_only_row(table, f"SELECT {', '.join(items)} FROM ({head.sql})"))
    found = {}
    for name, fit in likely.items():
        total = int(next(counts))
        most, kind = max(((int(next(counts)), kind) for kind in fit), key=lambda pair: pair[0])
        if total and (total - most) * _RARE <= total:
            found[name] = kind, _others(table, head, name, kind)
    return found


def _tasted(texts: Sequence[str], kinds: Sequence[Kind]) -> list[Kind]:
    """The kinds that most of some texts may fit."""
    some = texts[:_TASTED]
    return [
        kind
        for kind in kinds
        if sum(map(bool, (possible([t], [kind]) for t in some))) * 2 > len(some)
    ]


def _others(table: Table, head: Head, name: str, kind: Kind) -> list[str]:
    text = quote_identifier(name)
    rows = table.context.duckdb.execute(
        f"SELECT DISTINCT {text} FROM ({head.sql}) WHERE NOT {fitting(name, kind)} LIMIT {_FEW}"
    ).fetchall()
    return [row[0] for row in rows]


def _first_texts(table: Table) -> dict[str, list[str]]:
    """The texts in a few rows, by column."""
    rows = table.context.duckdb.execute(f"SELECT * FROM ({table.sql}) LIMIT {_FEW}").fetchall()
    # Behind the table's own may stand the file that a row is from.
    columns = zip(*rows, strict=True) if rows else ([] for _ in table.names)
    return {
        name: [text for text in texts if text is not None]
        for name, texts in zip(table.names, columns, strict=False)
    }


def _best(name: str, left: Sequence[Kind]) -> str | None:
    """SQL of whether a text is quickly seen to fit the kind that a column is likely to be."""
    kind = chosen(left)
    return quickly(quote_identifier(name), kind) if kind else None


def kinds_of_all_rows(table: Table, known: Found) -> tuple[Found, frozenset[str]]:
    """The kinds that all rows leave of the known ones, and the columns that are NULL throughout."""
    open_ = {name: kinds for name, kinds in known.items() if kinds}
    found, empty = _kinds_left(table, table.sql, open_)
    return {**known, **found}, empty


def _kinds_left(table: Table, select: str, known: Found) -> tuple[Found, frozenset[str]]:
    """Of the known kinds those that all values of ``select`` fit, and columns without a value."""
    if not known:
        return {}, frozenset()
    items = [f"bit_and({mask(quote_identifier(name), kinds)})" for name, kinds in known.items()]
    masks = _only_row(table, f"SELECT {', '.join(items)} FROM ({select})")
    found: dict[str, tuple[Kind, ...]] = {}
    empty = set()
    for (name, kinds), bits in zip(known.items(), masks, strict=True):
        if bits is None:
            empty.add(name)
        found[name] = tuple(
            kind for n, kind in enumerate(kinds) if bits is None or int(bits) >> n & 1
        )
    return found, frozenset(empty)


def decided(table: Table, found: Found, empty: frozenset[str]) -> dict[str, Kind]:
    """What each column is read as, once all values have been seen."""
    kinds = {name: TEXT if name in empty else chosen(left) or TEXT for name, left in found.items()}
    sized = [name for name, kind in kinds.items() if kind.type.startswith("DECIMAL")]
    return {**kinds, **_sized(table, sized)}


def unclear(found: Found, empty: frozenset[str]) -> list[str]:
    """Columns whose days and months may stand in either order."""
    return [name for name, left in found.items() if name not in empty and chosen(left) is None]


def _sized(table: Table, names: Sequence[str]) -> dict[str, Kind]:
    """Columns of numerals as DECIMALs that hold all their digits; text where none does."""
    if not names:
        return {}
    number = numbers(table.options.decimal_separator)
    items = [
        f"max({digits})" for name in names for digits in places(quote_identifier(name), number)
    ]
    sizes = _only_row(table, f"SELECT {', '.join(items)} FROM ({table.sql})")
    found = {}
    for name, before, after in zip(names, sizes[::2], sizes[1::2], strict=True):
        width = max(int(before) + int(after), 1)
        found[name] = decimal(width, int(after), number) if width <= 38 else TEXT
    return found


def guessed(head: Head) -> dict[str, Kind | None]:
    """What each column is read as if the other rows are as the first ones; None where only all of
    them can tell."""
    return {name: _guess(left, name in head.empty) for name, left in head.found.items()}


def _guess(left: Sequence[Kind], empty: bool) -> Kind | None:
    kind = None if empty else chosen(left)
    return None if kind is not None and kind.type.startswith("DECIMAL") else kind


def select_of(
    table: Table, kinds: Mapping[str, Kind | None], checked: frozenset[str] | None = None
) -> str:
    """The table's rows with each column as its kind.

    A value of a ``checked`` column, all when None, that does not fit stops the query, and so
    does any value where there is no kind.
    """
    items = [_item(name, kinds[name], checked is None or name in checked) for name in table.names]
    if table.reading.tells_files:
        items.append(quote_identifier(FILE))
    return f"SELECT {', '.join(items)} FROM ({table.sql})"


def _item(name: str, kind: Kind | None, checked: bool) -> str:
    text = quote_identifier(name)
    if kind is None:
        stop = _stop(name, "VARCHAR")
        return f"CAST(CASE WHEN {text} IS NULL THEN NULL ELSE {stop} END AS VARCHAR) AS {text}"
    if kind is TEXT:
        return text
    value = kind.value(text)
    if not checked:
        return f"{value} AS {text}"
    quick = "".join(f"WHEN {condition} THEN {value} " for condition in kind.quick(text))
    return (
        f"CASE {quick}WHEN {text} IS NULL THEN NULL WHEN {kind.fits(text)} THEN {value}"
        f" ELSE {_stop(name, kind.type)} END AS {text}"
    )


def _stop(name: str, type: str) -> str:
    text = quote_identifier(name)
    before = quote_literal(f"column {name!r}: ")
    after = quote_literal(f" {MISFIT} {type}")
    return f"error({before} || left({text}, {_SHOWN}) || {after})"


def misfits(table: Table, kinds: Mapping[str, Kind], limit: int | None = 1) -> dict[str, list[str]]:
    """Values of some columns that are not of their kinds; of each column at most ``limit``."""
    found = {}
    bound = "" if limit is None else f" LIMIT {limit}"
    for name, kind in kinds.items():
        if kind is TEXT:
            continue
        text = quote_identifier(name)
        rows = table.context.duckdb.execute(
            f"SELECT DISTINCT {text} FROM ({table.sql}) WHERE NOT {fitting(name, kind)}{bound}"
        ).fetchall()
        if rows:
            found[name] = [row[0] for row in rows]
    return found


def fitting(name: str, kind: Kind) -> str:
    """SQL of whether a column's value is NULL or of a kind."""
    text = quote_identifier(name)
    return f"({text} IS NULL OR coalesce({kind.fits(text)}, false))"


def _only_row(table: Table, sql: str) -> Any:
    return table.context.duckdb.execute(sql).fetchall()[0]
