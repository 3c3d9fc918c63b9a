"""What catalogs hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

from seeknal_starrocks.testing.ddl.statements import CreateView

Place = tuple[str, str, str]
"""Catalog, database and table."""
DEFAULT = "default_catalog"
"""The catalog of StarRocks' own tables."""
INFORMATION = "information_schema"
SYS = "sys"
MADE_ANEW = (INFORMATION, SYS)
"""Databases whose tables are made anew each time that one is read."""


@frozen(kw_only=True)
class Column:
    name: str
    type: str
    nullable: bool = True
    key: bool = False
    default: str | None = None
    comment: str = ""


@frozen(kw_only=True)
class Table:
    """A table, view or materialized view; what was granted on it goes by its ``id``."""

    id: int
    kind: Literal["TABLE", "EXTERNAL", "VIEW", "MATERIALIZED VIEW"] = "TABLE"
    columns: tuple[Column, ...]
    model: str = "DUPLICATE"
    comment: str = ""
    properties: Mapping[str, str] = field(factory=dict)
    partitioned_by: tuple[str, ...] = ()
    """Of an external table Iceberg's transforms, as ``day(at)``; else columns."""
    evolved: bool = False
    """Whether an external table was partitioned otherwise before."""
    query: str | None = None
    database: tuple[str, str] | None = None
    """Where the names of the query were understood."""
    definition: CreateView | None = None
    bases: frozenset[int] = frozenset()
    active: bool = True
    inactive_reason: str = ""
    storage: int | None = None

    @property
    def stored(self) -> str:
        """The table of DuckDB with its rows."""
        return f"t{self.storage or self.id}"

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    def column(self, name: str) -> Column | None:
        """The column of this name, however its letters are written."""
        return next((c for c in self.columns if c.name.lower() == name.lower()), None)


@frozen(kw_only=True)
class Catalog:
    comment: str = ""
    properties: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class TaskRun:
    """A refresh that was tried."""

    view: tuple[str, str]
    state: Literal["SUCCESS", "FAILED"]
    message: str = ""
