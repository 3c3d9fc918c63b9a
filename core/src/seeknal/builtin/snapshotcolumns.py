"""The columns of a snapshot: what a run finds of them, and what they become."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.builtin.widening import TIMES, decimal_of, wider
from seeknal.plugin import NodeError, quote_identifier

if TYPE_CHECKING:
    from seeknal.builtin.options.snapshot import SnapshotOptions
    from seeknal.plugin import Column, Node, Relation

START, END, CURRENT, DELETED = "valid_from", "valid_to", "is_current", "is_deleted"
MOMENT = "TIMESTAMP WITH TIME ZONE"
ZONED = ("TIMESTAMP", MOMENT)
"""Types that have the moment of a run."""
_TIMES = (*TIMES, MOMENT)
"""Types of ``valid_from``, each of which holds what those before it do."""
_ORIGIN = frozenset(("_source_file", "_ingested_at", "_batch_id"))
"""Columns that say where a row is from, which is no change of it."""
_INEXACT = re.compile(r"\b(FLOAT|DOUBLE|REAL|INTERVAL|VARIANT)\b")
"""Types of which different values are equal, such as 0.0 and -0.0, but written otherwise."""


def ours(options: SnapshotOptions) -> tuple[str, ...]:
    """The names of the columns that a snapshot adds."""
    return (START, END, CURRENT, *([DELETED] if options.deletes == "new_record" else []))


@frozen(kw_only=True)
class Kept:
    """A column of the input or of the earlier rows, and what it is there, None where it is not."""

    name: str
    type: str
    given: Column | None
    past: Column | None
    counts: bool = True
    """Whether another value of it is a change of the row."""

    def of_given(self) -> str:
        """SQL of its value in a row of the input."""
        return self._cast(self.given)

    def of_past(self) -> str:
        """SQL of its value in an earlier row."""
        return self._cast(self.past)

    def _cast(self, column: Column | None) -> str:
        if column is None:
            return f"CAST(NULL AS {self.type})"
        name = quote_identifier(column.name)
        return name if column.type == self.type else f"CAST({name} AS {self.type})"

    def differs(self, one: str, other: str) -> str:
        """SQL that is true where two relations do not have the very same value."""
        name = quote_identifier(self.name)
        left, right = f"{one}.{name}", f"{other}.{name}"
        different = f"{left} IS DISTINCT FROM {right}"
        if not _INEXACT.search(self.type):
            return different
        texts = f"CAST({left} AS VARCHAR) IS DISTINCT FROM CAST({right} AS VARCHAR)"
        return f"({different} OR {texts})"


@frozen(kw_only=True)
class Columns:
    """What a snapshot's rows have: ``kept`` without its own, and the type of ``valid_from``."""

    kept: tuple[Kept, ...]
    time: str
    marks: bool
    """It has ``is_deleted``."""
    marked: bool
    """And so have the earlier rows."""
    earlier_time: str
    """The type of ``valid_from`` in the earlier rows."""

    def named(self, names: Sequence[str]) -> tuple[Kept, ...]:
        """Those of these names, however they are written."""
        known = {column.name.lower(): column for column in self.kept}
        return tuple(known[name.lower()] for name in names)

    @property
    def has_moments(self) -> bool:
        """Whether ``valid_from`` may be the moment of a run."""
        return self.time in ZONED


def columns_of(
    node: Node, options: SnapshotOptions, given: Sequence[Column], past: Sequence[Column]
) -> Columns:
    """The columns of a snapshot over this input and earlier rows, which may be none.

    Raises NodeError for a column whose type is another one that does not hold earlier values.
    """
    past, times, marked = _parted(past)
    old = {column.name.lower(): column for column in past}
    new = {column.name.lower(): column for column in given}
    silent = _ORIGIN if node.provenance else ()
    kept = tuple(
        _kept(node, old.get(name), new.get(name), counts=name in new and name not in silent)
        for name in {**old, **new}
    )
    time = MOMENT if options.when is None else new[options.when.lower()].type
    if times is not None:
        time = _time(node, time, times)
    return Columns(
        kept=kept,
        time=time,
        marks=marked or options.deletes == "new_record",
        marked=marked,
        earlier_time=times or time,
    )


def typed_as(options: SnapshotOptions, given: Relation, past: Relation) -> Relation:
    """An input without rows, with the columns as the earlier rows have them.

    A file without rows says nothing of types, nor of columns that nobody has named.
    """
    from attrs import evolve

    from seeknal.plugin import Column

    old = {column.name.lower(): column for column in _parted(past.columns)[0]}
    named = {name.lower() for name in (*options.told_apart_by, *options.check_columns)}
    columns = tuple(
        Column(column.name, old[name].type) if name in old else column
        for column in given.columns
        for name in [column.name.lower()]
        if name in old or name in named
    )
    items = ", ".join(
        f"CAST({name} AS {column.type}) AS {name}"
        for column in columns
        for name in [quote_identifier(column.name)]
    )
    return evolve(given, scan=f"(SELECT {items} FROM {given.scan})", columns=columns)


def _parted(past: Sequence[Column]) -> tuple[Sequence[Column], str | None, bool]:
    """The columns that were the input's, the type of ``valid_from``, and whether rows are marked.

    What the input has may be called as ours only where ours is not there.
    """
    names = [column.name for column in past]
    if START not in names:
        return past, None, False
    at = names.index(START)
    return past[:at], past[at].type, DELETED in names[at:]


def _kept(node: Node, old: Column | None, new: Column | None, *, counts: bool) -> Kept:
    first = old or new
    assert first is not None
    type = first.type
    if old is not None and new is not None:
        found = wider(old.type, new.type)
        if found is None:
            raise _retyped(node, first.name, old.type, new.type)
        type = found
    return Kept(name=first.name, type=type, given=new, past=old, counts=counts)


def _time(node: Node, now: str, before: str) -> str:
    if now in _TIMES and before in _TIMES:
        return max(now, before, key=_TIMES.index)
    found = wider(now, before)
    if found is None:
        raise NodeError(
            f"earlier versions began at {before} values, and would at {now} ones now",
            code="SK0858",
            location=node.location,
            help="another strategy or updated_at is another snapshot: give it another name; or cast"
            " updated_at to the earlier type, if that changes none of its values",
        )
    return found


def _retyped(node: Node, name: str, before: str, now: str) -> NodeError:
    return NodeError(
        f"column {name!r} was {before} in earlier versions and is {now}, which is no wider type",
        code="SK0858",
        location=node.location,
        help=f"{_cast(name, before, now)}; or give the column another name, and the earlier one"
        " stays",
    )


def _cast(name: str, before: str, now: str) -> str:
    """What to write so that no value becomes another one."""
    both = decimal_of(before, now)
    cast = f"CAST({quote_identifier(name)} AS {both or before}) in the node's SQL"
    return cast if both else f"{cast}, if that changes none of its values"


def as_time(value: str, type: str, wanted: str) -> str:
    """SQL of a time as a wider type of times; without a zone it is UTC."""
    if wanted == MOMENT and type != MOMENT:
        return f"(CAST({value} AS TIMESTAMP) AT TIME ZONE 'UTC')"
    return f"CAST({value} AS {wanted})"
