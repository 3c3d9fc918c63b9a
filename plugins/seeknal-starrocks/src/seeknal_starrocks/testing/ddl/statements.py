"""What a statement of DDL says, once it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

Name = tuple[str, ...]
"""``(table,)``, ``(database, table)`` or ``(catalog, database, table)``."""


@frozen(kw_only=True)
class Hash:
    """``DISTRIBUTED BY HASH(columns)``."""

    columns: tuple[str, ...]
    buckets: int | None = None


@frozen(kw_only=True)
class Random:
    """``DISTRIBUTED BY RANDOM``."""

    buckets: int | None = None


@frozen(kw_only=True)
class Partition:
    """An expression of PARTITION BY: a column, or functions around one."""

    column: str
    function: str | None = None
    unit: str | None = None
    """Of date_trunc."""
    format: str | None = None
    """Of str2date."""
    inner: str | None = None
    """The function between date_trunc and the column."""
    written: str


@frozen(kw_only=True)
class Refresh:
    """When a view is refreshed."""

    moment: Literal["IMMEDIATE", "DEFERRED"] | None = None
    kind: Literal["ASYNC", "MANUAL", "INCREMENTAL"]
    start: str | None = None
    every: tuple[int, str] | None = None


@frozen(kw_only=True)
class CreateView:
    """``CREATE MATERIALIZED VIEW``."""

    name: Name
    if_not_exists: bool
    columns: tuple[tuple[str, str], ...] | None
    """Names, each with its comment."""
    comment: str
    partition_by: tuple[Partition, ...]
    distribution: Hash | Random | None
    order_by: tuple[str, ...]
    refresh: Refresh | None
    properties: Mapping[str, str]
    query: str


@frozen(kw_only=True)
class Rename:
    to: str


@frozen(kw_only=True)
class Swap:
    other: str


@frozen(kw_only=True)
class SetProperties:
    properties: Mapping[str, str]


@frozen(kw_only=True)
class SetActive:
    active: bool


@frozen(kw_only=True)
class AlterView:
    name: Name
    change: Refresh | Rename | Swap | SetProperties | SetActive


@frozen(kw_only=True)
class Drop:
    """Of a table, a view, a materialized view, a database or a catalog."""

    what: Literal["TABLE", "VIEW", "MATERIALIZED VIEW", "DATABASE", "CATALOG"]
    name: Name
    if_exists: bool


@frozen(kw_only=True)
class RefreshView:
    name: Name
    forced: bool = False
    waits: bool = False
    """WITH SYNC MODE: the statement ends when the refresh does."""
    partition: tuple[str, str] | None = None


@frozen(kw_only=True)
class RefreshTable:
    """``REFRESH EXTERNAL TABLE``."""

    name: Name


@frozen(kw_only=True)
class ColumnOfTable:
    name: str
    type: str
    nullable: bool | None
    """None where it is not said."""
    default: str | None = None
    comment: str = ""


@frozen(kw_only=True)
class CreateTable:
    name: Name
    if_not_exists: bool
    columns: tuple[ColumnOfTable, ...]
    """None for those of a query."""
    model: Literal["DUPLICATE", "AGGREGATE", "UNIQUE", "PRIMARY"] | None
    keys: tuple[str, ...]
    comment: str
    partition_by: tuple[Partition, ...]
    distribution: Hash | Random | None
    order_by: tuple[str, ...]
    properties: Mapping[str, str]
    like: Name | None = None
    query: str | None = None


@frozen(kw_only=True)
class SetComment:
    comment: str


@frozen(kw_only=True)
class AddColumn:
    column: ColumnOfTable


@frozen(kw_only=True)
class AlterTable:
    name: Name
    change: Rename | Swap | SetProperties | SetComment | AddColumn


@frozen(kw_only=True)
class CreatePlainView:
    name: Name
    or_replace: bool
    if_not_exists: bool
    columns: tuple[tuple[str, str], ...] | None
    comment: str
    query: str


@frozen(kw_only=True)
class CreateDatabase:
    name: Name
    if_not_exists: bool


@frozen(kw_only=True)
class CreateCatalog:
    """``CREATE EXTERNAL CATALOG``."""

    name: str
    if_not_exists: bool
    comment: str
    properties: Mapping[str, str]


@frozen(kw_only=True)
class Truncate:
    name: Name


Statement = (
    CreateView
    | AlterView
    | Drop
    | RefreshView
    | RefreshTable
    | CreateTable
    | AlterTable
    | CreatePlainView
    | CreateDatabase
    | CreateCatalog
    | Truncate
)
