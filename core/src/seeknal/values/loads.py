"""Rows that are loaded without a project: what is asked of a source, what a warehouse is given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

LoadMode = Literal["append", "full", "upsert"]
SchemaChange = Literal["evolve", "freeze", "fail"]

SOURCE_FILE = "_source_file"
LOADED_AT = "_loaded_at"
"""The columns that a load adds: the file of the lake, and the moment (``DEFAULT now()``)."""


_CONTENT = re.compile(r"(?P<path>.+)(?P<content>#[0-9a-f]{16})", re.DOTALL)
"""A file that says nothing of itself: its path, and a hash of what it holds."""


@frozen(kw_only=True)
class Since:
    """Of a source's rows those whose ``column`` is at least ``value``, or has no place in its
    order: NULL and infinite ones. ``value`` is a text that the column's type is read from.
    """

    column: str
    value: str


@frozen(kw_only=True)
class Within:
    """Of a source's rows those whose ``column`` is in a range of time, or has no place in time:
    NULL and infinite ones.

    ``start`` and ``end``, which is not in it, have a zone: UTC. A plain TIMESTAMP counts as one
    in UTC, a DATE as midnight of ``timezone``. The column is what the source gives, as the type
    that is declared for it.
    """

    column: str
    start: datetime
    end: datetime
    timezone: str = "UTC"


@frozen(kw_only=True)
class Horizon:
    """How far a source's rows were settled at one moment.

    ``value``: the largest of the column then, as text; None where nothing is settled. ``open``
    names what was at work then and may yet bring smaller ones. ``unseen`` says, for people, what
    may be at work that nobody can see: then rows are read only with a lag for what it brings.
    """

    value: str | None = None
    open: tuple[str, ...] = ()
    unseen: str | None = None


@frozen(kw_only=True)
class Load:
    """One load as a warehouse is asked for it.

    ``table`` is as it was written, or the load's name. ``files`` are those of the lake, as
    ``_source_file`` names them, and ``known_as`` has names that it may have given them before.
    ``types`` are types of columns in the words of ``protocol``, as far as they are known.
    ``landed``: the files lay there before, so that they may have been loaded; ``force`` loads them
    all the same.
    """

    run_id: str
    pipeline: str
    name: str
    protocol: str
    table: str
    mode: LoadMode = "append"
    keys: tuple[str, ...] = ()
    schema_change: SchemaChange = "evolve"
    files: tuple[str, ...] = ()
    known_as: Mapping[str, tuple[str, ...]] = field(factory=dict)
    types: Mapping[str, str] = field(factory=dict)
    landed: bool = False
    force: bool = False
    started_at: datetime

    def loaded_before(self, there: Iterable[str]) -> tuple[str, ...]:
        """Those of its files of which rows are in a table, by the names that ``_source_file``
        has there."""
        known = {part for name in there for part in names_of(name)}
        return tuple(
            file
            for file in self.files
            if not known.isdisjoint((*names_of(file), *self.known_as.get(file, ())))
        )


def names_of(file: str) -> tuple[str, ...]:
    """What names of one file have in common: all, else its path, or the hash of its content."""
    found = _CONTENT.fullmatch(file)
    return (file, found["path"], found["content"]) if found else (file,)


@frozen(kw_only=True)
class Loaded:
    """What a warehouse did: the rows it took, and what people want to know of it."""

    rows: int
    detail: str = ""
