"""The keys that nodes of every kind share, and what sources and exposures add to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from seeknal.kernel.options import option
from seeknal.values.durations import Duration
from seeknal.values.errors import did_you_mean

if TYPE_CHECKING:
    from seeknal.kernel.kinds import NodeKind

_PERIODS = ("minute", "hour", "day")
UNUSED = "of seeknal 2.x; accepted and not used"


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
    description: str | None = option(None, summary="what its values mean")
    name: str | None = option(None, summary="the column, where the columns are a list")
    nullable: bool | None = option(None, summary="for people; the audit not_null checks it")
    pii: bool = option(False, summary="its values are in no failing rows and on no page")

    def __attrs_post_init__(self) -> None:
        if self.type is not None and self.data_type is not None:
            raise ValueError("type and data_type say the same: write one of them")


@frozen(kw_only=True)
class PeriodKeys:
    """A duration as dbt writes it."""

    count: int = option(summary="how many: 12")
    period: str = option(summary="of what: minute, hour or day")

    def __attrs_post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count: {self.count} is less than one")
        try:
            self.duration()
        except ValueError:
            near = did_you_mean(self.period, _PERIODS) or f"one of {', '.join(_PERIODS)}"
            raise ValueError(f"period cannot be {self.period!r}: {near}") from None

    def duration(self) -> Duration:
        """The same in one."""
        return Duration.parse(f"{self.count} {self.period}")


@frozen(kw_only=True)
class FreshnessKeys:
    """How old the newest rows may be."""

    warn_after: Duration | PeriodKeys | None = option(
        None, summary="an age that is warned of: 12h, or {count: 12, period: hour}"
    )
    error_after: Duration | PeriodKeys | None = option(
        None, summary="an age with which seeknal freshness ends with 1"
    )
    column: str | None = option(
        None,
        aliases=("loaded_at_field", "time_column"),
        summary="the column that says when a row is from; else ranges and runs tell",
    )
    filter: str | None = option(None, summary="a condition: only rows that it is true for count")


@frozen(kw_only=True)
class CommonKeys:
    """What every node may say."""

    kind: str = option(summary="what it is: source, transform, exposure, ...")
    name: str = option(summary="what it is called: letters, digits and _")
    description: str | None = option(None, summary="what the rows mean")
    owner: str | None = option(None, summary="who answers for it")
    tags: tuple[str, ...] = option((), summary="words to select it by")
    meta: Mapping[str, object] = option(factory=dict, summary="anything; never checked")
    layer: str | None = option(None, summary="staged, bronze, silver, gold or your own")
    domain: str | None = option(None, summary="what part of the business it belongs to")
    business_purpose: str | None = option(None, summary="what it is for, in words")
    columns: Mapping[str, str | ColumnKeys | None] | tuple[ColumnKeys, ...] = option(
        factory=dict, summary="name: description or type"
    )
    schema: tuple[ColumnKeys, ...] = option((), summary="columns as seeknal 2.x lists them")
    contract: bool = option(False, summary="the declared types are promises that a run checks")
    audits: tuple[Mapping[str, object] | str, ...] = option((), summary="checks on the rows")
    materialization: Mapping[str, object] | None = option(None, summary="one target")
    materializations: tuple[Mapping[str, object], ...] = option((), summary="targets")
    enabled: bool = option(True, summary="false leaves the node out")
    engine: str | None = option(None, summary="where the SQL runs: duckdb, or a plugin's engine")
    schedule: str | None = option(
        None,
        summary='when it is due: cron, "@daily", or a duration; with time_column its rows are'
        " processed by ranges of time",
    )
    timezone: str | None = option(None, summary="of schedule, start and ranges; else UTC")
    time_column: str | None = option(None, summary="the column that says when")
    lookback: int | Duration | None = option(
        None, summary="ranges, or a duration, before new ranges that are processed again"
    )
    start: str | None = option(None, summary="the date or moment of the first range: 2024-01-01")
    batch_size: int | str | None = option(None, summary="the most ranges processed at once")
    allow_partial: bool = option(False, summary="ranges that have not ended are processed too")
    restate: Literal["never"] | None = option(
        None, summary="never: ranges whose inputs came late are only reported"
    )
    freshness: FreshnessKeys | None = option(
        None, summary="how old the newest rows may be: warn_after, error_after, column, filter"
    )
    loaded_at_field: str | None = option(
        None, summary="as dbt writes column: of freshness, beside it"
    )
    keys: tuple[str, ...] = option((), summary="columns that identify a row")
    volatile: bool | None = option(None, summary="true: runs each time; false: never for now()")
    provenance: bool | None = option(
        None, summary="a source's rows get columns that say where they are from"
    )
    params: Mapping[str, object] = option(factory=dict, summary="{{ params.X }} in the SQL")
    inputs: tuple[str | InputKeys, ...] = option((), summary="the nodes that are read")
    depends_on: tuple[str | InputKeys, ...] = option((), summary="further inputs")
    transform: str | None = option(None, summary="the SQL")
    sql: str | None = option(None, summary="the SQL")
    sql_file: str | None = option(None, summary="the .sql file that holds the SQL, beside this one")
    dialect: str = option("duckdb", summary="the dialect that the SQL is written in")
    materialized: Literal["table", "view", "incremental"] = option(
        "table",
        summary="view: computed where it is read; incremental: merged into earlier rows",
    )
    unique_keys: tuple[str, ...] = option(
        (),
        aliases=("unique_key",),
        summary="with materialized: incremental, the columns by which rows replace earlier ones",
    )
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
    version_query: str | None = option(
        None, summary="SQL whose answer changes whenever the data does"
    )
    refresh: str | None = option(None, summary="on_change, always, manual, 6h or cron")
    allow_outside: bool = option(False, summary="the path may lie outside the project")


@frozen(kw_only=True)
class ExposureKeys:
    """What an exposure adds."""

    type: str | None = option(None, summary="how it is delivered; absent: it only documents")
    url: str | None = option(None, summary="where people see it")
    maturity: str | None = option(None, summary="how far it may be relied on: low, medium, high")


@frozen(kw_only=True)
class TargetKeys:
    """What every target may say, beside the options of its type."""

    type: str = option(
        summary="one of the types below; else that of profiles.yml's materialization:"
    )
    mode: str = option("full", summary="how rows are written; each type says which it has")
    connection: str | None = option(None, summary="a connection of profiles.yml")
    enabled: bool = option(True, summary="false leaves the target out")


@frozen(kw_only=True)
class AuditKeys:
    """What every audit may say, beside the parameters of its type."""

    type: str = option(summary="one of the types below")
    severity: Literal["error", "warn"] = option(
        "error", summary="error keeps the rows from being published; warn only says so"
    )
    error_if: str | None = option(None, summary="failing rows that make it an error: > 10, or > 1%")
    warn_if: str | None = option(None, summary="failing rows that make it a warning")
    where: str | None = option(
        None,
        summary="a condition over the columns: only rows that it is true for are checked, and"
        " percentages are of them; anomaly takes none",
    )
    message: str | None = option(None, summary="what people read when it fails")
    name: str | None = option(None, summary="what it is called, for people")
    description: str | None = option(None, summary="why it is there, for people")


@frozen(kw_only=True)
class NoKeys:
    """A kind that adds nothing here."""


def added_keys(kind: NodeKind) -> type[Any]:
    """The class of the keys that core itself adds for nodes of ``kind``."""
    return {"loads": SourceKeys, "delivers": ExposureKeys}.get(kind.does, NoKeys)
