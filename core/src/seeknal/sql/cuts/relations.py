"""What is known of relations' columns: of which inputs' times, and of which moments, they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from attrs import define, field

if TYPE_CHECKING:
    from seeknal.sql.cuts.edges import Edge
    from seeknal.sql.cuts.moments import Moment
    from seeknal.values.names import NodeId


class Unclear(NamedTuple):
    """A comparison of an input's time that is no condition of what is read of it."""

    place: int | None
    why: str = ""
    instead: str = ""
    below: bool = True
    """Whether it may be about where the rows begin."""
    above: bool = True


@define(eq=False)
class Scan:
    """One reading of a tracked input, and what its rows' times are compared with."""

    input: NodeId
    column: str
    place: int | None
    lower: list[Edge] = field(factory=list)
    upper: list[Edge] = field(factory=list)
    unclear: list[Unclear] = field(factory=list)

    def copy(self) -> Scan:
        return Scan(
            self.input, self.column, self.place, [*self.lower], [*self.upper], [*self.unclear]
        )

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for scans of which the same is known."""
        edges = (frozenset(self.lower), frozenset(self.upper), frozenset(self.unclear))
        return self.input, *edges


Scans = frozenset[Scan]
NO_SCANS: Scans = frozenset()


class Made(NamedTuple):
    """What a value is made of: the times of some scans, and (``marked``) an end of the range."""

    times: Scans = NO_SCANS
    marked: bool = False

    def __or__(self, other: object) -> Made:
        assert isinstance(other, Made)
        return Made(self.times | other.times, self.marked or other.marked)


class Col(NamedTuple):
    """A column. ``exact``: scans whose times are its values; ``many``: some, of unknown names."""

    name: str | None
    made: Made = Made()
    exact: Scans = NO_SCANS
    moment: Moment | None = None
    many: bool = False

    @property
    def key(self) -> str | None:
        return None if self.name is None or self.many else self.name.lower()

    def inexact(self) -> Col:
        return Col(self.name, self.made, many=self.many)


class Relation(NamedTuple):
    """What a query gives, and all scans that it makes."""

    cols: tuple[Col, ...] = ()
    scans: tuple[Scan, ...] = ()

    @property
    def made(self) -> Made:
        return made_of(self.cols)

    def copied(self) -> Relation:
        """The same, read once more."""
        copies = {scan: scan.copy() for scan in self.scans}
        return self.with_scans(copies)

    def distinct(self) -> Relation:
        """With one of those scans of which the same is known, in every column."""
        kept: dict[object, Scan] = {}
        same = {}
        for scan in self.scans:
            shown = tuple((scan in col.exact, scan in col.made.times) for col in self.cols)
            same[scan] = kept.setdefault((scan.key, shown), scan)
        return self.with_scans(same)

    def with_scans(self, scans: dict[Scan, Scan]) -> Relation:
        cols = tuple(
            col._replace(
                made=Made(_swapped(col.made.times, scans), col.made.marked),
                exact=_swapped(col.exact, scans),
            )
            for col in self.cols
        )
        return Relation(cols, tuple(dict.fromkeys(scans.values())))

    def renamed(self, names: Sequence[str]) -> Relation:
        """Under the names of ``AS t(a, b)``; later columns keep theirs."""
        if not names:
            return self
        if any(col.many for col in self.cols):
            # Which of them is renamed cannot be told: every name may be any column.
            named = [Col(name, self.made) for name in names]
            return Relation((*named, Col(None, self.made, many=True)), self.scans)
        given = [col._replace(name=name) for col, name in zip(self.cols, names, strict=False)]
        return Relation((*given, *self.cols[len(given) :]), self.scans)


def _swapped(scans: Scans, by: dict[Scan, Scan]) -> Scans:
    return frozenset(by.get(scan, scan) for scan in scans)


def all_of(parts: Iterable[Made]) -> Made:
    """What some values are made of together."""
    made = Made()
    for part in parts:
        made |= part
    return made


def made_of(cols: Iterable[Col]) -> Made:
    return all_of(col.made for col in cols)


def both(left: Col, right: Col) -> Col:
    """A column whose values are those of one or of the other."""
    moment = left.moment if left.moment == right.moment else None
    return Col(left.name, left.made | right.made, left.exact | right.exact, moment, left.many)


def stacked(left: Relation, right: Relation, *, by_name: bool) -> Relation:
    """The columns of a set operation."""
    scans = (*left.scans, *right.scans)
    if not by_name and not any(col.many for col in (*left.cols, *right.cols)):
        pairs = zip(left.cols, right.cols, strict=False)
        return Relation(tuple(both(one, other) for one, other in pairs), scans)
    # SELECT * over inputs whose columns are not known: those of one name are taken for alike.
    theirs = {col.key: col for col in right.cols if col.key is not None}
    lost = {**theirs}
    cols = []
    for col in left.cols:
        if col.key in theirs:
            cols.append(both(col, theirs[col.key]))
            lost.pop(col.key, None)
        else:
            cols.append(col)
    unknown = made_of(lost.values())
    if not by_name:
        cols = [col._replace(made=col.made | unknown) for col in cols]
    else:
        cols += lost.values()
    return Relation(tuple(cols), scans)


class Binding(NamedTuple):
    """A relation under its names in a FROM clause, lower case, outermost first."""

    names: tuple[str, ...]
    relation: Relation

    def is_called(self, path: Sequence[str]) -> bool:
        return bool(path) and tuple(path) == self.names[-len(path) :]

    def col(self, name: str) -> Col | None:
        return next((col for col in self.relation.cols if col.key == name), None)

    def unknown(self, name: str) -> list[Col]:
        """Columns that may have a name which no other has."""
        plain = _PLAIN.fullmatch(name) is not None
        return [col for col in self.relation.cols if col.many or (col.name is None and not plain)]


_PLAIN = re.compile(r"\w+")
"""DuckDB calls a column as it is computed: no such name is a plain word."""


class Scope:
    """The names that are visible where an expression stands, and the scans made so far."""

    def __init__(self, outer: Scope | None = None) -> None:
        self.outer = outer
        self.bindings: list[Binding] = []
        self.scans: list[Scan] = []
        self.using: dict[str, Col] = {}
        self.aliases: dict[str, Col] = {}

    def add(self, names: Sequence[str], relation: Relation) -> None:
        self.bindings.append(Binding(tuple(name.lower() for name in names), relation))
        self.scans += relation.scans

    @property
    def own(self) -> Scans:
        """The scans of its FROM clause."""
        return scans_of(self.bindings)

    def find(self, names: Sequence[str]) -> Col:
        """What a dotted name means here; a column of nothing where that is unknown."""
        lower = [name.lower() for name in names]
        made = Made()
        for level in self._levels():
            known = level._known(lower)
            if known is not None:
                return Col(known.name, known.made | made) if made != Made() else known
            made |= made_of(level._unknown(lower))
            if level._has(lower):
                break
        return Col(names[-1], made)

    def _levels(self) -> Iterator[Scope]:
        level: Scope | None = self
        while level is not None:
            yield level
            level = level.outer

    def _known(self, lower: list[str]) -> Col | None:
        for depth in (3, 2, 1):
            for binding in self.bindings if len(lower) > depth else ():
                if binding.is_called(lower[:depth]) and (col := binding.col(lower[depth])):
                    return col if len(lower) == depth + 1 else col.inexact()
        if any(binding.is_called(lower[:-1]) for binding in self.bindings):
            return None
        found = self._plain(lower[0])
        return found if found is None or len(lower) == 1 else found.inexact()

    def _plain(self, name: str) -> Col | None:
        if name in self.using:
            return self.using[name]
        found = [col for binding in self.bindings if (col := binding.col(name)) is not None]
        for col in found[1:]:
            found[0] = both(found[0], col)
        if found:
            return found[0]
        if (alias := self.aliases.get(name)) is not None:
            # It may be a column of an input as well.
            return alias.inexact()
        return None

    def _unknown(self, lower: list[str]) -> list[Col]:
        called = [each for each in self.bindings if each.is_called(lower[: len(lower) - 1])]
        rows = [each for each in self.bindings if each.is_called(lower)]
        return [
            *(col for each in rows for col in each.relation.cols),
            *(col for each in called or self.bindings for col in each.unknown(lower[-1])),
        ]

    def _has(self, lower: list[str]) -> bool:
        """Whether the name is one of a relation here, whatever its column."""
        return any(each.is_called(lower[:-1]) for each in self.bindings)


def scans_of(bindings: Collection[Binding]) -> Scans:
    return frozenset(scan for each in bindings for scan in each.relation.scans)
