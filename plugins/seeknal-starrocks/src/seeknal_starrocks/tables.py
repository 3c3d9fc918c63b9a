"""The table that a delivery writes: what it is now, and what its columns take."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plugin import DeliveryError
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.marks import mark_of
from seeknal_starrocks.server import text

if TYPE_CHECKING:
    from seeknal_starrocks.marks import Mark
    from seeknal_starrocks.server import Server
    from seeknal_starrocks.tablename import Table
    from seeknal_starrocks.writetypes import Writing

_PATIENCE = 60.0
_PAUSE = 0.2
_INTEGERS = {"tinyint": 1, "smallint": 2, "int": 3, "bigint": 4, "largeint": 5}
_DUCKDB = {"tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "bigint": "BIGINT"}
_LENGTH = re.compile(r"(?:var)?char\((\d+)\)")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_SAME = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"\s*([,<>()])\s*"), r"\1"),
    (re.compile(r"\btinyint\(1\)"), "boolean"),
    (re.compile(r"\b(tinyint|smallint|int|bigint|largeint)\(\d+\)"), r"\1"),
    (re.compile(r"\bdecimal(?:v2|32|64|128|256)\("), "decimal("),
    (re.compile(r"\bstring\b"), "varchar(65533)"),
)


@frozen(kw_only=True)
class TableColumn:
    """``type`` is in small letters, without blanks and what only MySQL's clients ask for."""

    name: str
    type: str
    nullable: bool
    default: str | None = None
    key: str = ""

    @property
    def required(self) -> bool:
        return not self.nullable and self.default is None


@frozen(kw_only=True)
class Standing:
    """A table that is there."""

    table: Table
    columns: tuple[TableColumn, ...]
    comment: str

    @property
    def mark(self) -> Mark | None:
        """What the comment tells of it.

        A table that somebody has made LIKE another, or renamed, has the comment of that one: we
        have not made it, nor does it hold what was delivered there.
        """
        mark = mark_of(self.comment)
        if mark is None or mark.table == str(self.table):
            return mark
        return evolve(mark, made="", delivery="")

    @property
    def primary(self) -> tuple[str, ...]:
        """The columns by which rows are told apart; none of a table without a primary key."""
        return tuple(column.name for column in self.columns if column.key == "PRI")

    @property
    def by_name(self) -> Mapping[str, TableColumn]:
        """By names in small letters: to StarRocks they are the same."""
        return {column.name.lower(): column for column in self.columns}


def plain(type: str) -> str:
    """A type as all versions and all of their tables would write it."""
    found = type.strip().lower()
    for pattern, written in _SAME:
        found = pattern.sub(written, found)
    return found


def standing(server: Server, table: Table) -> Standing | None:
    """The table as it is; None where there is none. Raises DeliveryError for a view."""
    place = f"TABLE_SCHEMA = {text(table.database)} AND TABLE_NAME = {text(table.name)}"
    found = server.ask(
        "SELECT TABLE_TYPE, ENGINE, TABLE_COMMENT FROM information_schema.tables WHERE " + place
    )
    if not found:
        return None
    kind, engine, comment = found[0]
    if "VIEW" in f"{kind} {engine}".upper():
        raise DeliveryError(f"{table} is a view, not a table", code="SK1943")
    rows = server.ask(
        "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, COLUMN_KEY"
        f" FROM information_schema.columns WHERE {place} ORDER BY ORDINAL_POSITION"
    )
    columns = tuple(
        TableColumn(
            name=name, type=plain(type), nullable=null == "YES", default=default, key=key or ""
        )
        for name, type, null, default, key in rows
    )
    return Standing(table=table, columns=columns, comment=str(comment or ""))


@frozen(kw_only=True)
class Fit:
    """How much of what is delivered a column takes. ``unfit`` is true of values it does not."""

    takes: bool
    unfit: str = ""
    why: str = ""


_ALL, _NONE = Fit(takes=True), Fit(takes=False)


def fit_of(type: str, writing: Writing) -> Fit:
    """Whether a column of a type that is there holds each delivered value as it is."""
    wanted = plain(writing.type)
    longest = _LENGTH.fullmatch(type)
    if longest is not None and writing.is_text:
        long = f"strlen({writing.shown}) > {longest[1]}"
        return Fit(takes=True, unfit=long, why=f"which is longer than {type}")
    if type == wanted:
        return _ALL
    if type in _INTEGERS and wanted in _INTEGERS:
        if _INTEGERS[type] >= _INTEGERS[wanted]:
            return _ALL
        value = writing.value
        none = f"{value} IS NOT NULL AND TRY_CAST({value} AS {_DUCKDB[type]}) IS NULL"
        return Fit(takes=True, unfit=none, why=f"which is no {type}")
    there, ours = _DECIMAL.fullmatch(type), _DECIMAL.fullmatch(wanted)
    if there is not None and ours is not None:
        digits, scale, more, finer = map(int, (*there.groups(), *ours.groups()))
        return _ALL if scale >= finer and digits - scale >= more - finer else _NONE
    return _ALL if (type, wanted) == ("double", "float") else _NONE


@frozen(kw_only=True)
class Change:
    """How a table's columns differ from those that are delivered."""

    added: tuple[Writing, ...] = ()
    removed: tuple[TableColumn, ...] = ()
    retyped: tuple[tuple[TableColumn, Writing], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.retyped)

    def __str__(self) -> str:
        parts = [
            *(f"{new.name} is new ({new.type})" for new in self.added),
            *(f"{old.name} is gone" for old in self.removed),
            *(f"{old.name} is {old.type}, delivered {new.type}" for old, new in self.retyped),
        ]
        return "; ".join(parts)


def change_of(there: Standing, writings: Sequence[Writing]) -> Change:
    """What would have to change for the table to take these columns."""
    known = there.by_name
    names = {writing.name.lower() for writing in writings}
    return Change(
        added=tuple(w for w in writings if w.name.lower() not in known),
        removed=tuple(column for column in there.columns if column.name.lower() not in names),
        retyped=tuple(
            (column, w)
            for w in writings
            if (column := known.get(w.name.lower())) and not fit_of(column.type, w).takes
        ),
    )


def add_columns(server: Server, table: Table, writings: Sequence[Writing]) -> None:
    """Add columns, and wait until they are there: some clusters do it a while after they said so.

    Raises DeliveryError where they are not in time.
    """
    for writing in writings:
        server.ask(f"ALTER TABLE {table.quoted} ADD COLUMN {quoted(writing.name)} {writing.type}")
    deadline = time.monotonic() + _PATIENCE
    while writings:
        found = standing(server, table)
        known = found.by_name if found is not None else {}
        if all(writing.name.lower() in known for writing in writings):
            return
        if time.monotonic() > deadline:
            raise DeliveryError(
                f"{table} has no column {writings[-1].name} yet, which was added to it",
                code="SK1942",
                help="run again once SHOW ALTER TABLE COLUMN says that it is finished",
            )
        time.sleep(_PAUSE)
