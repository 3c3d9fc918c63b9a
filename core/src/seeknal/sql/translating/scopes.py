"""What names mean in a query: which tables are read in it, and which columns those have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from seeknal.sql.translating.kinds import UNKNOWN


@frozen
class Named:
    """A column: its name as it is spelled where it is made, and the kind of its values."""

    name: str
    kind: str


@frozen(kw_only=True)
class Source:
    """What a FROM clause reads under a name."""

    name: str
    columns: tuple[Named, ...]
    stored: bool = False
    """It is a table: all values of a column have as many digits."""

    def find(self, name: str) -> Named | None:
        """The column of that name, in whatever case it is written."""
        return next((one for one in self.columns if one.name.lower() == name.lower()), None)


@frozen(kw_only=True)
class Scope:
    """The names of one SELECT; those of the query around it are visible too.

    ``computed`` are the expressions of its list that have a name, and ``merged`` the columns that
    USING makes one of. ``known`` says whether all columns of its sources are.
    """

    outer: Scope | None = None
    sources: list[Source] = field(factory=list)
    merged: dict[str, Named] = field(factory=dict)
    computed: dict[str, Any] = field(factory=dict)
    tables: Mapping[str, Source] = field(factory=dict)
    """Common table expressions, by their names in lower case."""
    usings: list[Sequence[str]] = field(factory=list)
    """The names of each USING, in lower case."""
    known: list[bool] = field(factory=lambda: [True])
    reached: list[bool] = field(factory=lambda: [False])
    """Whether a query within has named something of these sources."""
    grouped: bool = False
    """In HAVING and QUALIFY, where a name may be a column's or a result's."""

    def source(self, name: str, *, within: bool = False) -> Source | None:
        """What stands under a name, in this SELECT or in one around it."""
        own = (source for source in self.sources if source.name.lower() == name.lower())
        found = next(own, None)
        if found is not None and within:
            self.reached[0] = True
        return found or (self.outer.source(name, within=True) if self.outer else None)

    def columns(self, name: str) -> list[tuple[Source, Named]]:
        """Every column of that name in this SELECT's sources."""
        pairs = ((source, source.find(name)) for source in self.sources)
        return [(source, column) for source, column in pairs if column is not None]

    def all(self, *, merged_first: bool) -> Iterator[tuple[Source | None, Named]]:
        """What ``*`` stands for: columns that USING made one of come once, before all others or
        where the first is."""
        told: set[str] = set()
        for key in (
            [key for names in reversed(self.usings) for key in names] if merged_first else ()
        ):
            if key in self.merged and key not in told:
                told.add(key)
                yield None, self.merged[key]
        for source in self.sources:
            for column in source.columns:
                key = column.name.lower()
                if key not in self.merged:
                    yield source, column
                elif key not in told:
                    told.add(key)
                    yield None, self.merged[key]


def renamed(columns: Sequence[Named], names: Sequence[str]) -> tuple[Named, ...]:
    """The columns under the names of an alias such as ``t(a, b)``."""
    given = [*names, *(column.name for column in columns[len(names) :])]
    return tuple(Named(name, column.kind) for name, column in zip(given, columns, strict=False))


def unknown_source(name: str) -> Source:
    """A source of which nothing is known: it was refused already."""
    return Source(name=name, columns=())


UNKNOWN_COLUMN = Named("", UNKNOWN)
