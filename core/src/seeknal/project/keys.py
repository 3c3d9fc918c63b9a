"""The keys that nodes of every kind share, and what sources and exposures add to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import frozen

from seeknal.durations import Duration
from seeknal.options import option


@frozen(kw_only=True)
class InputKeys:
    """One entry of ``inputs:``."""

    ref: str = option(summary="the node that is read: kind.name")
    as_: str | None = option(None, summary="its name in the SQL")


@frozen(kw_only=True)
class ColumnKeys:
    """One entry of ``columns:`` in its long form."""

    type: str | None = option(None, summary="a type of DuckDB's")
    data_type: str | None = option(None, summary="as 2.x names it: float has 64 bits")
    description: str | None = None
    name: str | None = None
    nullable: bool | None = None
    pii: bool = option(False, summary="its values are in no failing rows and on no page")

    def __attrs_post_init__(self) -> None:
        if self.type is not None and self.data_type is not None:
            raise ValueError("type and data_type say the same: write one of them")


@frozen(kw_only=True)
class CommonKeys:
    """What every node may say."""

    kind: str
    name: str
    description: str | None = option(None, summary="what the rows mean")
    owner: str | None = option(None, summary="who answers for it")
    tags: tuple[str, ...] = option((), summary="words to select it by")
    meta: Mapping[str, object] = option(factory=dict, summary="anything; never checked")
    layer: str | None = option(None, summary="staged, bronze, silver, gold or your own")
    domain: str | None = None
    business_purpose: str | None = None
    columns: Mapping[str, str | ColumnKeys | None] | tuple[ColumnKeys, ...] = option(
        factory=dict, summary="name: description or type"
    )
    schema: tuple[ColumnKeys, ...] = option((), summary="columns as seeknal 2.x lists them")
    contract: bool = option(False, summary="the declared types are promises that a run checks")
    audits: tuple[Mapping[str, object], ...] = option((), summary="checks on the rows")
    materialization: Mapping[str, object] | None = option(None, summary="one target")
    materializations: tuple[Mapping[str, object], ...] = option((), summary="targets")
    enabled: bool = option(True, summary="false leaves the node out")
    engine: str | None = None
    schedule: str | None = None
    timezone: str | None = None
    time_column: str | None = None
    lookback: Duration | None = None
    start: str | None = None
    batch_size: int | str | None = None
    allow_partial: bool = False
    restate: str | None = None
    keys: tuple[str, ...] = option((), summary="columns that identify a row")
    volatile: bool | None = option(None, summary="true: runs each time; false: never for now()")
    provenance: bool | None = None
    params: Mapping[str, object] = option(factory=dict, summary="{{ params.X }} in the SQL")
    inputs: tuple[str | InputKeys, ...] = option((), summary="the nodes that are read")
    depends_on: tuple[str | InputKeys, ...] = ()
    transform: str | None = option(None, summary="the SQL")
    sql: str | None = option(None, summary="the SQL")
    sql_file: str | None = option(None, summary="the .sql file that holds the SQL, beside this one")
    dialect: str = "duckdb"
    materialized: Literal["table", "view", "incremental"] = "table"
    files: tuple[str, ...] = option((), summary="files that a Python node reads")
    env: tuple[str, ...] = option((), summary="environment variables that a Python node reads")


NOT_SHARED = frozenset(
    (
        *("kind", "name", "inputs", "depends_on", "transform", "sql", "sql_file"),
        *("columns", "schema", "restate"),
    )
)
"""Common keys that ``defaults:`` of a project cannot give."""


@frozen(kw_only=True)
class SourceKeys:
    """What a source adds."""

    source: str | None = option(None, aliases=("type",), summary="the source type")
    table: tuple[str, ...] = option((), summary="a path, several, or a table name")
    query: str | None = option(None, summary="runs in the database, instead of table")
    connection: str | None = option(None, summary="a connection of profiles.yml")
    version_query: str | None = None
    refresh: str | None = option(None, summary="on_change, always, manual, 6h or cron")
    allow_outside: bool = option(False, summary="the path may lie outside the project")
    freshness: Mapping[str, object] | None = None


@frozen(kw_only=True)
class ExposureKeys:
    """What an exposure adds."""

    type: str | None = option(None, summary="how it is delivered; absent: it only documents")
    url: str | None = None
    maturity: str | None = None


@frozen(kw_only=True)
class NoKeys:
    """A kind that adds nothing here."""


def added_keys(kind: str) -> type[Any]:
    """The class of the keys that core itself adds for ``kind``."""
    return {"source": SourceKeys, "exposure": ExposureKeys}.get(kind, NoKeys)
