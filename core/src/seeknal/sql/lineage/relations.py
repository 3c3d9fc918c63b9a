"""Relations with the dependencies of their columns, and how names find columns in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from seeknal.values.column_lineage import ColumnRef, Untraceable

Refs = frozenset[ColumnRef]
NONE: Refs = frozenset()


class Sink:
    """Collects what an expression depends on.

    ``exact``: equal values of it are one value, and a sum of them does not round.
    """

    __slots__ = ("exact", "influences", "values")

    def __init__(self, values: set[ColumnRef] | None = None) -> None:
        self.values: set[ColumnRef] = set() if values is None else values
        self.influences: set[ColumnRef] = set()
        self.exact = True

    @classmethod
    def into(cls, everything: set[ColumnRef]) -> Sink:
        """One that puts values and influences into the same set."""
        sink = cls(everything)
        sink.influences = everything
        return sink

    def aside(self) -> Sink:
        """One whose values are influences here."""
        return Sink.into(self.influences)

    def add(self, column: Col) -> None:
        self.values |= column.values
        self.influences |= column.influences
        self.exact &= column.exact

    def add_sink(self, other: Sink) -> None:
        self.values |= other.values
        self.influences |= other.influences
        self.exact &= other.exact


class Col(NamedTuple):
    """A column of a relation. ``name`` is None where DuckDB makes one up.

    ``many``: one or more columns (the fields of a struct, say), of which only the sum is known.
    ``exact``: as of a `Sink`.
    """

    name: str | None
    values: Refs = NONE
    influences: Refs = NONE
    many: bool = False
    exact: bool = True

    @property
    def everything(self) -> Refs:
        return self.values | self.influences

    @property
    def vague(self) -> bool:
        return self.name is None or self.many


class Relation(NamedTuple):
    """What a query or table gives: columns, what decides its rows, what decides their order.

    ``settled``: the rows' order does not depend on that of the rows that were read.
    """

    cols: tuple[Col, ...]
    rows: Refs = NONE
    order: Refs = NONE
    settled: bool = False


def col_of(name: str | None, sink: Sink, many: bool = False) -> Col:
    return Col(name, frozenset(sink.values), frozenset(sink.influences), many, sink.exact)


def merged(name: str | None, cols: Iterable[Col], many: bool = False) -> Col:
    """One column that depends on all that ``cols`` do."""
    sink = Sink()
    for col in cols:
        sink.add(col)
    return col_of(name, sink, many)


def renamed(cols: Sequence[Col], names: Sequence[str]) -> tuple[Col, ...]:
    """Columns under the names of ``AS t(a, b)``; later ones keep theirs."""
    if not names:
        return tuple(cols)
    if any(col.many for col in cols):
        # Which of them is renamed cannot be told: every name may be any column.
        return (*(merged(name, cols) for name in names), merged(None, cols, many=True))
    given = [col._replace(name=name) for col, name in zip(cols, names, strict=False)]
    return (*given, *cols[len(given) :])


class Binding:
    """A relation under its names in a FROM clause."""

    __slots__ = ("by_name", "cols", "names", "vague")

    def __init__(self, names: tuple[str, ...], cols: Sequence[Col]) -> None:
        self.names = names
        """Lower case, outermost first: ``("transform", "orders")``."""
        self.by_name: dict[str, Col] = {}
        self.cols: list[Col] = []
        self.vague: list[Col] = []
        for col in cols:
            self._add(col)

    def _add(self, col: Col) -> None:
        key = col.name.lower() if col.name is not None else None
        if key in self.by_name:
            # DuckDB gives the second column of a name a new name.
            col, key = col._replace(name=None), None
        self.cols.append(col)
        if key is None or col.many:
            self.vague.append(col)
        if key is not None:
            self.by_name[key] = col

    def is_called(self, path: Sequence[str]) -> bool:
        return bool(path) and tuple(path) == self.names[-len(path) :]


class Scope:
    """The names that are visible where an expression stands.

    ``star`` is what ``*`` expands to. ``rows`` and ``order`` grow while the FROM clause, and
    functions such as ``unnest``, are looked at. ``windows`` are columns that windows sort by.
    """

    def __init__(self, outer: Scope | None = None) -> None:
        self.outer = outer
        self.bindings: list[Binding] = []
        self.using: dict[str, Col] = {}
        self.star: list[tuple[Binding, Col]] = []
        self.rows: set[ColumnRef] = set()
        self.order: set[ColumnRef] = set()
        self.windows: set[ColumnRef] = set()
        self.aliases: Callable[[str], Sink | None] = _no_alias
        self.alias_wins = False
        """Whether an alias may be meant although a column has the name, too."""

    def add(self, binding: Binding) -> None:
        self.bindings.append(binding)
        self.star += [(binding, col) for col in binding.cols]

    def star_cols(self) -> list[Col]:
        """The columns of ``*``; what USING merges stands once."""
        cols: list[Col] = []
        seen: set[str] = set()
        for _, col in self.star:
            key = col.name.lower() if col.name is not None else ""
            if key in self.using:
                if key in seen:
                    continue
                seen.add(key)
                col = self.using[key]
            cols.append(col)
        return cols

    def binding(self, path: Sequence[str]) -> Binding | None:
        lower = [part.lower() for part in path]
        return next((entry for entry in self.bindings if entry.is_called(lower)), None)

    def find(self, names: Sequence[str]) -> list[Col]:
        """The columns that a dotted name means here, in DuckDB's order of preference."""
        lower = [name.lower() for name in names]
        return (
            self._qualified(lower)
            or self._plain(lower[0])
            or self._vague_of(lower)
            or self._row(lower)
        )

    def _qualified(self, lower: list[str]) -> list[Col]:
        for depth in (3, 2, 1):
            for binding in self.bindings if len(lower) > depth else ():
                if binding.is_called(lower[:depth]) and lower[depth] in binding.by_name:
                    return [binding.by_name[lower[depth]]]
        return []

    def _plain(self, name: str) -> list[Col]:
        if name in self.using:
            return [self.using[name]]
        return [entry.by_name[name] for entry in self.bindings if name in entry.by_name]

    def _vague_of(self, lower: list[str]) -> list[Col]:
        """``t.x`` where t has columns whose names are not known."""
        for depth in (2, 1):
            for binding in self.bindings if len(lower) > depth else ():
                if binding.is_called(lower[:depth]) and binding.vague:
                    return binding.vague
        return []

    def _row(self, lower: list[str]) -> list[Col]:
        """A relation's name where a column is expected: its row as a struct."""
        for depth in (2, 1):
            for binding in self.bindings if len(lower) >= depth else ():
                if binding.is_called(lower[:depth]):
                    return [merged(None, binding.cols)]
        return []

    def vague(self) -> list[Col]:
        return [col for binding in self.bindings for col in binding.vague]


def _no_alias(name: str) -> Sink | None:
    return None


def levels(scope: Scope) -> Iterator[Scope]:
    """A scope and those around it, inside out."""
    current: Scope | None = scope
    while current is not None:
        yield current
        current = current.outer


def resolve(names: Sequence[str], scope: Scope, sink: Sink) -> bool:
    """Add what a dotted name depends on; False when nothing has the name.

    A name that only a column without a known name can have is counted as all of those, and as
    what it would mean further out.
    """
    found = False
    for level in levels(scope):
        cols = level.find(names)
        alias = level.aliases(names[0].lower()) if not cols or level.alias_wins else None
        if cols:
            sink.add(merged(None, cols))
        if alias is not None:
            sink.add_sink(alias)
        if not cols and (vague := level.vague()):
            sink.add(merged(None, vague))
            found = True
        if cols or alias is not None:
            return True
    return found


def refuse_vague(cols: Iterable[Col], why: str) -> None:
    """Raise Untraceable when the names or the number of columns are not known."""
    if any(col.vague for col in cols):
        raise Untraceable(why)
