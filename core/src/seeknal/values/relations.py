"""Rows as plugins give and are given them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId


@frozen(kw_only=True)
class Interval:
    """A half-open range of time, in UTC."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> tuple[int, int]:
        """Its ends as whole seconds since 1970 UTC."""
        return int(self.start.timestamp()), int(self.end.timestamp())


@frozen(kw_only=True)
class Origin:
    """Which files a source's rows are from, for one that keeps provenance.

    ``names`` are paths or URLs as people know them, by the paths that ``column`` holds, which is
    no column of the rows. Without ``column``, all rows are from the only file.
    """

    names: Mapping[str, str]
    column: str | None = None


@frozen
class Scan:
    """Rows as SQL that DuckDB has not run yet: one SELECT, without a trailing semicolon.

    ``instead``, where given, is told the error with which DuckDB stopped; it returns the scan
    to run in its place, or raises what is to be said of it. So a reader may take for granted
    what the rows themselves only show at their end. ``within`` is the connection that the SQL
    is for, where that is not the run's. ``repeatable``: the rows are known to be the same when
    they are read twice. ``nameless``: there are none, and nobody knows all columns that they
    would have had; those of the SQL stand in for them. ``origin``: which files they are from.
    """

    sql: str
    instead: Callable[[Exception], Scan] | None = field(default=None, eq=False, repr=False)
    within: Any = field(default=None, eq=False, repr=False)
    repeatable: bool = field(default=False, eq=False, repr=False)
    nameless: bool = field(default=False, eq=False, repr=False)
    origin: Origin | None = field(default=None, eq=False, repr=False)


@frozen
class ParquetFiles:
    """Rows that already lie in Parquet files. ``origin``: as of a `Scan`."""

    paths: Sequence[str]
    origin: Origin | None = field(default=None, eq=False, repr=False)


@frozen(kw_only=True)
class Relation:
    """A stored output as a plugin sees it.

    ``scan`` stands after FROM on the context's DuckDB cursor. ``rows`` is the exact count, or
    -1 for a view, whose rows nobody has counted. ``path`` is that of the only file that has its
    rows, and no others, and None where there is no such file.
    """

    node: NodeId
    scan: str
    columns: tuple[Column, ...]
    rows: int
    path: Path | None = None
    whole: str | None = None
    """What ``scan`` is a part of, where only the rows of an audit's ``where:`` are asked about."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)
