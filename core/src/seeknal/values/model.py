"""The values that flow through seeknal: from project files to a plan and its results.

All are frozen; none does anything. Ids are text (``transform.orders``), so they travel through
JSON, messages and SQL unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from seeknal.values.digests import digest

PRODUCTION = "prod"
"""The environment that runs use when none is named."""

Severity = Literal["error", "warn"]
Mode = Literal["full", "incremental_by_time", "upsert_by_key", "overwrite_partitions", "append"]
Action = Literal["run", "reuse", "adopt", "audit", "deliver"]
Suffix = Literal["schema", "table", "catalog", "database"]
Status = Literal["success", "reused", "failed", "skipped", "interrupted"]


class NodeId(str):
    """``kind.name``, for example ``transform.orders``."""

    __slots__ = ()

    @classmethod
    def of(cls, kind: str, name: str) -> NodeId:
        return cls(f"{kind}.{name}")

    @property
    def kind(self) -> str:
        return self.partition(".")[0]

    @property
    def name(self) -> str:
        return self.partition(".")[2]


@frozen
class Location:
    """A place in a project file. ``file`` is relative to the project; 1-based, 0 = unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file, *(str(part) for part in (self.line, self.column) if part)]
        return ":".join(parts)


@frozen(kw_only=True)
class Problem:
    """One thing that is wrong in the project's files, or (``severity="warn"``) worth a look."""

    code: str
    message: str
    location: Location | None = None
    help: str | None = None
    node: NodeId | None = None
    severity: Severity = "error"
    lacks: str | None = None
    """What is not installed and would help, such as ``NAME[EXTRA]``."""


@frozen
class Column:
    """A column of a node's output; ``type`` is DuckDB's name for it."""

    name: str
    type: str
    nullable: bool = True


@frozen(kw_only=True)
class ColumnSpec:
    """What a project file says about a column."""

    name: str
    type: str | None = None
    description: str | None = None
    pii: bool = False
    """Its values are in no failing rows that audits show and on no page."""
    location: Location | None = field(default=None, eq=False)
    """Where it is described, if that is in another file than the node."""


@frozen(kw_only=True)
class Interval:
    """A half-open range of time, in UTC."""

    start: datetime
    end: datetime


@frozen(kw_only=True)
class Connection:
    """A named connection of profiles.yml; ``options`` is the attrs class of its type."""

    name: str
    type: str
    options: object


@frozen(kw_only=True)
class Source:
    """Where a source node's rows come from.

    ``options`` is an instance of the options class that the source type declared: a plugin
    recognises its work by ``isinstance(source.options, ...)``.
    """

    node: NodeId
    type: str
    options: object
    table: tuple[str, ...] = ()
    query: str | None = None
    connection: str | None = None
    columns: tuple[ColumnSpec, ...] = ()
    refresh: str | None = None
    version_query: str | None = None
    allow_outside: bool = False


@frozen(kw_only=True)
class Target:
    """One place where a node's rows are delivered.

    ``key`` names the destination and its settings for the state: the same key is the same
    delivery. ``label`` is what people read (``outputs/report.csv``).
    """

    node: NodeId
    type: str
    options: object
    key: str
    label: str
    mode: Mode = "full"
    connection: str | None = None
    reads: NodeId | None = None
    """The input that it delivers, when it is not the node's own rows."""
    place: str = ""
    """Names where the rows go, whatever the other options say: it outlives a change of them."""
    aliases: tuple[str, ...] = ()
    """Other names of the same place: those of other spellings and connections."""
    location: Location | None = None

    @property
    def accumulates(self) -> bool:
        """Whether it holds more than the newest rows, so that it has to get each batch in order."""
        return self.mode != "full"

    @property
    def places(self) -> tuple[str, ...]:
        """Every name under which its place may be on record."""
        return (self.place, *self.aliases)


@frozen(kw_only=True)
class Audit:
    """One check on a node's rows; ``options`` is the attrs class of its audit type."""

    type: str
    options: object
    node: NodeId
    severity: Severity = "error"
    warn_if: str | None = None
    error_if: str | None = None
    message: str | None = None
    where: str | None = None
    """A condition, checked: only rows that it is true for are audited."""
    declared_by: NodeId | None = None
    kept_as: str = ""
    """The declared type that ``options`` are of, where ``type`` is one of the project's own."""
    location: Location | None = None

    @property
    def declared_type(self) -> str:
        return self.kept_as or self.type


@frozen(kw_only=True)
class AuditResult:
    """What one audit found. ``failing_rows`` = 0 is a pass."""

    audit_type: str
    columns: tuple[str, ...] = ()
    passed: bool
    failing_rows: int
    severity: Severity = "error"
    message: str = ""
    duration_ms: float = 0.0
    sample: str | None = None


@frozen(kw_only=True)
class Input:
    """A node that another one reads, and the name it has there when it was given one."""

    ref: NodeId
    alias: str | None = None
    location: Location | None = None


@frozen(kw_only=True)
class Sql:
    """A node's SQL in three forms.

    ``text`` is what the user wrote; ``rendered`` is it after templating, with refs as the user
    wrote them; ``executable`` names inputs as ``"kind"."name"``, ready for DuckDB.
    ``location`` is the line of the file on which ``text`` begins.
    """

    text: str
    rendered: str
    executable: str
    location: Location
    dialect: str = "duckdb"
    edits: tuple[tuple[int, int, int], ...] | None = None
    """What of ``rendered`` was replaced, and by how many characters; None: it was written anew."""


@frozen(kw_only=True)
class PythonCode:
    """The function behind a Python node. ``script`` is its PEP 723 header, if it has one.

    ``reads`` are ends of paths of files that its code names, ``*`` standing for anything.
    ``outside``: code beside the folder ``seeknal/`` counts for it. ``computed``: what its
    decorators say may follow from files or the environment.
    """

    file: str
    function: str
    line: int
    script: str | None = None
    reads: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    outside: bool = False
    computed: bool = False


Does = Literal["loads", "computes", "checks", "delivers", "describes"]
"""What a kind's nodes do: bring rows from outside, compute some, ask audits of their inputs,
deliver their inputs' rows, or only say something of them, which is no step of a run."""


@frozen(kw_only=True)
class Node:
    """One node of the pipeline, wherever it was written.

    ``definition`` is what its content hash was taken of, already hashed: it changes when the
    rows may change and only then. ``options`` is an instance of its kind's options class.
    """

    id: NodeId
    location: Location
    options: object
    definition: str
    frame: str = ""
    """The same without the SQL: two nodes of one frame differ in their SQL alone."""
    inputs: tuple[Input, ...] = ()
    source: Source | None = None
    sql: Sql | None = None
    python: PythonCode | None = None
    audits: tuple[Audit, ...] = ()
    targets: tuple[Target, ...] = ()
    columns: tuple[ColumnSpec, ...] = ()
    contract: bool = False
    materialized: str = "table"
    description: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    meta: Mapping[str, object] = field(factory=dict)
    keys: tuple[str, ...] = ()
    """Columns that identify a row."""
    time_column: str | None = None
    """The column that says when, for people."""
    layer: str | None = None
    domain: str | None = None
    business_purpose: str | None = None
    engine: str | None = None
    params: Mapping[str, object] = field(factory=dict)
    volatile: str | None = None
    """Why the node runs each time (``now()``), or None when it does not."""
    time_dependent: Literal["date"] | None = None
    """``date`` when the node reads today's date, which is then part of its fingerprint."""
    files: tuple[str, ...] = ()
    """Files that a Python node declares to read."""
    env: tuple[str, ...] = ()
    """Environment variables that a Python node declares to read."""
    notes: Mapping[str, str] = field(factory=dict)
    """A hash for each key that says nothing of the rows, so that a plan can name what changed."""
    does: Does = "computes"
    """What a run does with a node of its kind."""
    rows_of_body: bool = False
    """Whether its rows are just those of its SQL or function, as its kind says."""

    @property
    def kind(self) -> str:
        return self.id.kind

    @property
    def name(self) -> str:
        return self.id.name

    @property
    def parents(self) -> tuple[NodeId, ...]:
        return tuple(dict.fromkeys(entry.ref for entry in self.inputs))


@frozen(kw_only=True)
class Execution:
    """How a run uses the machine (``execution:`` of seeknal_project.yml)."""

    parallel: bool = True
    max_workers: int | Literal["auto"] = "auto"
    memory_limit: str | None = None
    timeout: float | None = None
    """Seconds that one node may take."""
    retries: int = 0


@frozen(kw_only=True)
class Environments:
    """How environments keep apart from production (``environments:`` of seeknal_project.yml)."""

    suffix: Suffix = "schema"
    materialize: bool = True


@frozen(kw_only=True)
class Retention:
    """What the janitor keeps, in seconds, generations and bytes (``janitor:``)."""

    environment_ttl: float | None = 7 * 86400.0
    output_retention: int = 30
    state_history: float | None = 90 * 86400.0
    auto_run: bool = True
    orphan_detection: bool = True
    max_cache_size: int | None = None


@frozen(kw_only=True)
class Project:
    """A project as its files say it. Nothing here knows whether a node was YAML or Python."""

    root: Path
    name: str
    version: str = "1.0.0"
    nodes: Mapping[NodeId, Node]
    disabled: frozenset[NodeId] = frozenset()
    """Nodes that files define with ``enabled: false``."""
    variables: Mapping[str, object] = field(factory=dict)
    execution: Execution = field(factory=Execution)
    environments: Environments = field(factory=Environments)
    retention: Retention = field(factory=Retention)
    warnings: tuple[Problem, ...] = ()
    profile: Path | None = None
    """The profiles.yml in force; its connections are read when one is used."""

    @property
    def target(self) -> Path:
        return self.root / "target"


@frozen(kw_only=True)
class Fingerprint:
    """What a node is, in three hashes (hex text). ``notes`` only say which keys ``config`` is of.

    ``content``: what changes its rows. ``config``: what does not (description, tags, audits,
    targets). ``upstream``: its parents' content, in order.
    """

    content: str
    config: str
    upstream: str
    notes: Mapping[str, str] = field(factory=dict, eq=False)

    @property
    def short(self) -> str:
        """Content and upstream together, short enough for a file name."""
        return digest(self.content, self.upstream)[:16]


@frozen(kw_only=True)
class Artifact:
    """One stored output: an immutable Parquet file that its hash vouches for.

    ``path`` is relative to the project's ``target``. ``stat`` is (size, mtime_ns, ctime_ns,
    inode, device) as last verified: while it holds, the hash is not taken again.
    """

    path: str
    size: int
    sha256: str
    rows: int
    columns: tuple[Column, ...]
    stat: tuple[int, int, int, int, int]
    typed: bool = True
    """Readers get the types of ``columns``; what older versions stored came back as others."""

    @property
    def output_id(self) -> str:
        """Names the content: equal bytes are equal rows in equal order."""
        return self.sha256[:16]


@frozen(kw_only=True)
class Span:
    """The time that a delivered batch replaced, its ends included, and the output that it was.

    The ends are texts that the time column's type is read from. All is empty for the moment at
    which seeknal made the table: nothing was in it before.
    """

    output_id: str = ""
    start: str = ""
    end: str = ""
    number: int = 0
    """That of the batch."""


@frozen(kw_only=True)
class Delivery:
    """What is known of one node's delivery to one target: the newest that it was handed.

    ``number`` counts the batches of a target that accumulates; it is 0 for others.
    ``label`` is what people call the target, ``detail`` what it said of this delivery.
    """

    key: str
    status: Literal["delivered", "owed", "dropped"]
    output_id: str
    delivery_id: str
    rows: int = 0
    label: str = ""
    detail: str = ""
    error: str | None = None
    at: str = ""
    environment: str = PRODUCTION
    """Whose target it is: an environment takes over what it has not changed."""
    undoes: tuple[Span, ...] = ()
    """What a rollback puts back to what it was; until that is done."""
    back: tuple[Span, ...] = ()
    """What `spans` are once that is done."""
    place: str = ""
    mode: str = ""
    number: int = 0
    refused: bool = False
    """The target will not take these rows as they are, however often they are sent."""
    holds_as: str = ""
    """Of a target that accumulates: the id of the delivery that it was written by last."""
    held: tuple[Artifact, ...] = ()
    """Of an append target: the batch that it took last, and those that a rollback left in it."""
    recalled: tuple[Owed, ...] = ()
    """Of an append target: batches that a rollback took back while they were owed.

    A run that was killed may have delivered them: under their ids the target knows.
    """
    spans: tuple[Span, ...] = ()
    """Of an incremental_by_time target: what its rows come from, in order; later ones replace.

    Where the first is not the making of the table, there may be other rows.
    """

    @property
    def order(self) -> tuple[str, ...]:
        """Sorts deliveries by age: an id begins with the second in which its run did."""
        return self.delivery_id[:15], self.at, self.delivery_id


@frozen(kw_only=True)
class Owed:
    """A batch that a target which accumulates has yet to get, and its rows.

    ``definition`` and ``inputs`` say what they were computed by and from. ``passed``: later
    batches went before it, so that only the user may say that it is sent.
    """

    delivery: Delivery
    artifact: Artifact
    definition: str = ""
    inputs: str = ""
    passed: bool = False


@frozen(kw_only=True)
class Account:
    """What the targets of a node in one environment hold and are owed.

    It outlives the node's outputs, which can be rebuilt: this cannot.
    """

    deliveries: Mapping[str, Delivery] = field(factory=dict)
    backlog: tuple[Owed, ...] = ()


@frozen(kw_only=True)
class View:
    """What a view stands for where it was defined; what the files say later does not count.

    ``sql`` is complete: templates are filled in, and inputs are named ``"kind"."name"``, which
    mean the nodes of the same environment. ``columns`` and ``location`` are those of its
    definition.
    """

    sql: str
    columns: tuple[Column, ...]
    location: Location
    run: str = ""
    """Of a volatile view: the run that defined it. What it gives is other rows in each."""


@frozen(kw_only=True)
class Snapshot:
    """A node's current output in an environment, and all that its reuse depends on.

    ``inputs`` maps each parent to the output id that was read. A view has no artifact but a
    ``view``; its ``output_id`` is derived from its definition and inputs.
    """

    node: NodeId
    fingerprint: Fingerprint
    inputs: Mapping[NodeId, str]
    output_id: str
    artifact: Artifact | None = None
    source_version: object = None
    audits: tuple[AuditResult, ...] = ()
    audits_key: str = ""
    """Hash of the audits that ``audits`` answers."""
    failing: bool = False
    """An error-severity audit fails on the current rows: they are not delivered or read."""
    deliveries: Mapping[str, Delivery] = field(factory=dict)
    backlog: tuple[Owed, ...] = ()
    """The batches that targets which accumulate are owed, oldest first."""
    run_id: str = ""
    finished_at: str = ""
    seconds: float = 0.0
    dated: str | None = None
    """The definition, when its rows hold for one day only."""
    query: str | None = None
    """The SQL that a Python node's rows are, where its function only put queries together."""
    untraced: str | None = None
    """Why no such SQL is known of a Python node."""
    delivers: bool = False
    """The node has targets."""
    forward_only: bool = False
    """Rows of an earlier definition that were kept: they are not what this one computes."""
    view: View | None = None

    @property
    def columns(self) -> tuple[Column, ...] | None:
        """Those of its output, stored or not; None for a node without rows."""
        if self.artifact is not None:
            return self.artifact.columns
        return self.view.columns if self.view else None


@frozen(kw_only=True)
class Step:
    """What a plan says about one node: what happens and why.

    ``conditional``: the node runs only if a parent's new output differs from the one it read;
    this is the one decision that a run makes itself.
    """

    node: NodeId
    action: Action
    reason: str
    conditional: bool = False
    otherwise: Action = "reuse"
    """What happens instead when a conditional step finds its inputs unchanged."""
    source_version: object = None
    adopts: Snapshot | None = None
    """For ``adopt``: the output that another environment, or an earlier run, built already."""


@frozen(kw_only=True)
class Plan:
    """The steps of a run in DAG order; a run obeys it."""

    environment: str
    steps: tuple[Step, ...]
    fingerprints: Mapping[NodeId, Fingerprint] = field(factory=dict)
    inlined: frozenset[NodeId] = frozenset()
    """Views that their readers' SQL sees through; they have no artifact."""
    warnings: tuple[str, ...] = ()
    redeliver: bool = False
    """Targets are written again though what they hold is current (``--full``)."""
    gone: frozenset[tuple[NodeId, str]] = frozenset()
    """Targets by their keys where nothing stands any more: they are written again too."""

    @property
    def to_run(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action != "reuse")


@frozen(kw_only=True)
class Delivered:
    """What a target plugin did: the rows it wrote and what a reader wants to know."""

    rows: int
    detail: str = ""
    created: bool = False
    """There was no table before it, so that no other rows are there."""
    wrote: bool = True
    """False where there was nothing to write: the table is as the delivery before left it."""
    span: Span | None = None
    """The time that it replaced."""
    proof: str = ""
    """What tells later that the target holds this delivery, where it keeps no record itself."""


@frozen(kw_only=True)
class Kept:
    """What a table's rows in a span come from; ``relation`` is None where they are gone."""

    span: Span
    relation: Relation | None = None


@frozen(kw_only=True)
class Undone:
    """What a rollback puts right: the spans, and what their rows are to come from, in order."""

    spans: tuple[Span, ...]
    kept: tuple[Kept, ...]


@frozen(kw_only=True)
class NodeResult:
    """How one node's step ended. ``seconds`` is wall time; ``phases`` splits it."""

    node: NodeId
    status: Status
    reason: str
    rows: int | None = None
    seconds: float = 0.0
    phases: Mapping[str, float] = field(factory=dict)
    audits: tuple[AuditResult, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    error: str | None = None
    code: str | None = None
    location: Location | None = None
    help: str | None = None
    notes: tuple[str, ...] = ()
    bytes: int | None = None
    snapshot: Snapshot | None = None

    @property
    def ok(self) -> bool:
        return self.status in ("success", "reused") and not self.owed

    @property
    def owed(self) -> tuple[Delivery, ...]:
        """The deliveries that targets did not take."""
        return tuple(entry for entry in self.deliveries if entry.status == "owed")


@frozen(kw_only=True)
class RunSummary:
    """A finished run. ``interrupted`` when a signal ended it."""

    run_id: str
    environment: str
    started_at: str
    seconds: float
    results: tuple[NodeResult, ...]
    interrupted: bool = False
    warnings: tuple[str, ...] = ()
    command: str = ""
    commit: str | None = None
    """The git commit that the files were at."""
    abandoned: tuple[NodeResult, ...] = ()
    """What is owed of nodes that the files do not have any more: nothing can deliver it."""
    left: tuple[str, ...] = ()
    """Targets that a rollback was to take back and could not."""

    @property
    def ok(self) -> bool:
        ended = all(result.ok for result in (*self.results, *self.abandoned))
        return ended and not self.interrupted and not self.left


@frozen
class Scan:
    """Rows as SQL that DuckDB has not run yet: one SELECT, without a trailing semicolon.

    ``instead``, where given, is told the error with which DuckDB stopped; it returns the scan
    to run in its place, or raises what is to be said of it. So a reader may take for granted
    what the rows themselves only show at their end. ``within`` is the connection that the SQL
    is for, where that is not the run's. ``repeatable``: the rows are known to be the same when
    they are read twice.
    """

    sql: str
    instead: Callable[[Exception], Scan] | None = field(default=None, eq=False, repr=False)
    within: Any = field(default=None, eq=False, repr=False)
    repeatable: bool = field(default=False, eq=False, repr=False)


@frozen
class ParquetFiles:
    """Rows that already lie in Parquet files."""

    paths: Sequence[str]


@frozen(kw_only=True)
class Relation:
    """A stored output as a plugin sees it.

    ``scan`` stands after FROM on the context's DuckDB cursor. ``rows`` is the exact count, or
    -1 for a view, whose rows nobody has counted.
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
