"""The hooks that seeknal calls, and when.

Plural nouns *declare* (collected once, cheap, no driver imported); verbs *do* (the first plugin
that does not answer None wins); ``before_``/``after_`` *observe* and can never fail a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from seeknal.kernel.contexts import (
        AuditContext,
        Context,
        DeliveryContext,
        NodeContext,
        SourceContext,
        TargetContext,
    )
    from seeknal.kernel.declared import (
        AuditFile,
        AuditType,
        ConnectionType,
        DiffOption,
        EngineType,
        TargetType,
        TemplateFunction,
    )
    from seeknal.kernel.kinds import NodeKind, SourceType
    from seeknal.kernel.plugin_types import (
        Fate,
        Garbage,
        Look,
        Misfit,
        NodeInputs,
        OnlineStore,
        Outputs,
        Rows,
        Section,
        Session,
        Standing,
        Warehouse,
    )
    from seeknal.values.audits import Audit, AuditResult
    from seeknal.values.changes import Change
    from seeknal.values.column_lineage import QueryLineage
    from seeknal.values.columns import Column
    from seeknal.values.deliveries import Delivered
    from seeknal.values.dialects import DialectPair
    from seeknal.values.loads import Horizon
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.plan import Plan
    from seeknal.values.problems import Problem
    from seeknal.values.project import Calendar, Project
    from seeknal.values.relations import Relation
    from seeknal.values.results import NodeResult, RunSummary
    from seeknal.values.sources import Connection, Source
    from seeknal.values.targets import Target

NAME = "seeknal"
_F = TypeVar("_F", bound=Callable[..., Any])
_marker = pluggy.HookspecMarker(NAME)


def _declares(function: _F) -> _F:
    return _marker(function)


def _first(function: _F) -> _F:
    return _marker(firstresult=True)(function)


@_declares
def node_kinds() -> Iterable[NodeKind]:  # type: ignore[empty-body]
    """Kinds of node that project files may use.

    Called once per process, when a project is loaded; main thread. Must not import a driver.
    A name that another plugin declared too is an error that names both distributions.
    """


@_declares
def source_types() -> Iterable[SourceType]:  # type: ignore[empty-body]
    """Values of a source's ``source:`` key, each with the attrs class of its options.

    Called once per process, when a project is loaded; main thread. Must not import a driver.
    """


@_declares
def target_types() -> Iterable[TargetType]:  # type: ignore[empty-body]
    """Values of a target's ``type:`` key, each with the attrs class of its options.

    Called once per process, when a project is loaded; main thread. Must not import a driver.
    """


@_declares
def audit_types() -> Iterable[AuditType]:  # type: ignore[empty-body]
    """Values of an audit's ``type:`` key, each with the attrs class of its parameters.

    Called once per process, when a project is loaded; main thread. Must not import a driver.
    """


@_declares
def connection_types() -> Iterable[ConnectionType]:  # type: ignore[empty-body]
    """Values of ``type:`` below ``connections:`` in profiles.yml, with their options classes.

    Called once per process, when a connection is first needed. Fields that hold passwords,
    tokens or keys must be of type ``Secret``.
    """


@_declares
def engines() -> Iterable[EngineType]:  # type: ignore[empty-body]
    """Values of a transform's ``engine:``, where its SQL runs instead of in DuckDB.

    Called once per process, when a project is loaded; main thread. Must not import a driver.
    The plugin's ``run_node`` is given such a node before core's own is.
    """


@_declares
def dialect_pairs() -> Iterable[DialectPair]:  # type: ignore[empty-body]
    """Pairs of SQL dialects of which it is known what differs, each with where its table is.

    Called once per process, when a node in another dialect than DuckDB's is read or something is
    translated; any thread. Must not import the tables.
    """


@_declares
def template_functions() -> Iterable[TemplateFunction]:  # type: ignore[empty-body]
    """Functions that templates in nodes' SQL may call: the query that each gives stands there.

    Called once per process, when a project is read from its files or SQL that calls one runs; any
    thread. A name that the project's own templates give a meaning hides the function.
    """


@_first
def load_source(source: Source, context: SourceContext) -> Rows | None:
    """The rows of a source.

    Called once per source that runs, in a worker; of types that read files also when a project is
    checked, to learn the columns: any thread. Return a ``Scan`` (SQL that DuckDB runs while it
    writes the artifact: the cheapest), ``ParquetFiles``, a DuckDB relation of
    ``context.duckdb``, or anything with an Arrow C stream. None: not mine. May raise
    ``NodeError`` or ``ConnectionFailed``; any other exception becomes a ``NodeError``. Within
    ``with context.cancelled_by(cancel):`` Ctrl-C and a time-out end what it waits for.
    Where the source has ``within``, nobody needs rows of other times: ``condition_within`` says in
    SQL, and ``ends_within`` in values, which are needed. Who gives more does no harm.
    """


@_first
def source_version(source: Source, context: SourceContext) -> object | None:
    """A token that changes whenever the source's data may have changed.

    Called for each source when a run is planned; main thread. Must be cheap and read no rows.
    Any value that JSON can hold; the previous token is ``context.known_version``, so that a
    file's hash need not be taken again when nothing moved. None: unknown, then ``refresh:``
    decides. May raise like ``load_source``.
    """


@_first
def source_column_types(source: Source, context: SourceContext) -> Mapping[str, str] | None:
    """The types of a source's columns in the words of its own database.

    Called once per load of ``seeknal ingest``, before ``load_source``; main thread. A warehouse
    that has the same types makes its table with them. None: not mine, or it has no types of its
    own. May raise like ``load_source``.
    """


@_first
def source_horizon(source: Source, column: str, context: SourceContext) -> Horizon | None:
    """How far a source's rows are settled by ``column``, which only grows from row to row.

    Called once per load of ``seeknal ingest --incremental``, right before ``load_source``; main
    thread. What is at work now may bring rows below what others have brought already: the mark
    of the load stays below them until all that ``open`` names has ended. Where it may not be seen,
    ``unseen`` says so, and rows are read with ``--lag`` alone. None: not mine, or rows
    come in their order; then the largest value that was read is the mark. May raise like
    ``load_source``, and ``NodeError`` for a column without an order.
    """


@_first
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    """The rows of a node of a kind that this plugin declared.

    Called once per node that runs, in a worker, and when a project is checked, then with inputs
    that have columns and no rows: any thread. ``inputs`` holds each parent's stored
    output and, as ``inputs.body``, the rows of the node's own SQL or Python function when it
    has one; of a kind that is ``from_earlier`` also the rows that the node has, as
    ``inputs.earlier``. Return as for ``load_source``. None: not mine.
    """


@_first
def materialize(target: Target, relation: Relation, context: DeliveryContext) -> Delivered | None:
    """Write a node's rows to a target, atomically: a reader sees the old or the new rows.

    Called once per target that is owed a delivery, in a worker thread, after the node's audits
    passed and its artifact was published. ``context.delivery_id`` is the same for a retry of
    the same delivery. None: not mine. Raise ``DeliveryError`` when nothing was written.
    ``context.cancelled_by`` is for what can be taken back as a whole.

    A target in mode ``incremental_by_time`` of a node that remembers ranges of time gets what of
    its rows lies in the ranges in which it may hold others: ``context.replaced`` says which, and
    all that is there then goes, also where no row comes. `seeknal.plugin.rows_to_write` tells it
    as the ranges that a delivery replaces, by the type of the column. Where ``context.partial``
    says that this is not all of what the target is to hold, and the target is not there, raise
    ``TargetGone`` instead of making it: all of the rows are then delivered at once, under another
    id. Where that is not done, `Delivered.created` has the same effect, unless the run is killed
    right after.

    Where ``context.anew`` says that the rows may only begin a target, and anything stands at its
    place that is not this very delivery, raise ``TargetStands`` before it is touched: it has rows
    that nobody could make again.
    """


@_first
def isolate_target(target: Target, context: TargetContext) -> str | None:
    """Where a target is written in an environment, as people read it.

    Called for each target of a run in an environment other than ``prod`` before anything runs,
    and for each delivery to keep in mind where it went, also in ``prod``; any thread. ``isolate``
    of ``seeknal.plugin`` makes the name. Must reach no server. Raise ``NodeError`` when the name
    cannot be, such as one that is too long. None: not mine.
    """


@_first
def drop_target(
    target: Target, standing: Standing, context: TargetContext, dry_run: bool
) -> Fate | None:
    """Drop what earlier deliveries of ours made, or with ``dry_run`` say what would be done.

    Called by ``seeknal janitor --targets`` for a target that no node of its environment delivers
    to any more; main thread. Where anything speaks for it being somebody else's, or in use, it
    stays: drop only what we made ourselves and nobody else has written to, and never what other
    objects depend on. Called again after a crash, so that it may find nothing. None: not mine;
    what stands there is then listed and left alone. May raise like ``materialize``.
    """


@_first
def target_stands(target: Target, context: TargetContext) -> bool | None:
    """Whether anything stands at a target's place.

    Called when what is left behind is listed, and of what nodes have delivered to when a run is
    planned: where nothing stands they deliver again. Main thread; must reach no server. None: not
    mine, or not known.
    """


@_first
def look_at_target(target: Target, context: NodeContext) -> Look | None:
    """What stands at a target, and what the next delivery would change of it.

    Called by ``connection test --deployed`` for each target of the connection; main thread. Ask
    its server, and change nothing. ``context.parent`` gives columns alone. May raise like
    ``materialize``. None: not mine, or there is nothing but rows to compare.
    """


@_first
def delivered_rows(target: Target, columns: Sequence[Column], context: TargetContext) -> str | None:
    """These columns of the rows that a target holds, as a query of the SQL that its engine speaks.

    Called for each node that is read where it was delivered; main thread. Names are quoted, and
    values have the types that ``columns`` say, as far as the engine has them. Must reach no
    server. ``context.holder`` says in which environment the target is. Raise ``NodeError`` where
    its connection does not lead there. None: not mine.
    """


@_first
def roll_back_target(
    target: Target,
    delivered: str,
    wanted: str,
    context: TargetContext,
    going: Callable[[Sequence[str]], None],
) -> bool | None:
    """Take a target back to an earlier delivery of ours, as its own history allows.

    Called once per target of a node that ``rollback`` takes back; main thread. ``delivered``
    is the id of the last delivery, ``wanted`` that of the one whose rows it should hold again.
    Right before anything changes call ``going`` with the ids of all deliveries that go, the
    oldest first: they are put on record, so that a crash loses none of them. What it raises is
    not for you. Where the target is back already there is nothing to do.
    True: it holds them. None: not mine, or nothing to go back by; then targets of mode ``full`` and
    ``incremental_by_time`` are delivered again and others are listed. Raise ``DeliveryError``
    when somebody else has written since: the target stays as it is and is listed.
    """


@_declares
def collect_garbage(  # type: ignore[empty-body]
    project: Project, context: Context, dry_run: bool
) -> Iterable[Garbage]:
    """What a plugin keeps for this project that nothing needs any more.

    Called once by ``seeknal janitor``, never at the end of a run; main thread, under the
    project's lock. Remove it unless ``dry_run``, and say what it was with its bytes; a generator
    says it piece by piece. What cannot be removed is given with its ``error`` and stops nothing
    else. What is raised is listed in the same way, after what was given before: the other
    plugins are still called, and the command ends with 1.
    """


@_first
def audit(
    audits: Sequence[Audit], relation: Relation, context: AuditContext
) -> Sequence[AuditResult] | None:
    """Results for a node's audits, in the order of ``audits``.

    Called once per node, plugin and ``where:``, in a worker, on the candidate artifact before
    anything outside sees it, and when a project is checked, then on no rows: any thread.
    ``audits`` holds only those whose types this plugin declared; ``relation`` has the rows that
    their ``where:`` is true for, and all in ``whole``.
    A node fails when an audit gets no result. A ``NodeError`` at an audit's ``location`` with a
    ``key`` of the audit, and ``words`` of its value, is told where that stands. None: not mine.
    """


@_first
def audit_file(file: AuditFile) -> AuditType | None:
    """The audit type that a file of the project's folder ``seeknal/audits/`` is.

    Called once per such file, when a project is read; main thread. Its ``keep`` is called for
    each audit of the type. Both raise ``SqlRefused`` with the line of what is wrong in the file.
    None: not mine.
    """


@_first
def audit_columns(audit: Audit) -> Sequence[str] | None:
    """The columns that an audit names, so that a wrong name is refused before any SQL runs.

    Called when a node's output columns are known; any thread. None: not mine.
    """


@_first
def audit_nodes(audit: Audit) -> Sequence[str] | None:
    """The other nodes that an audit reads (``kind.name``), so that they run before its node.

    Called once per audit, when a project is loaded; main thread. None: not mine.
    """


@_first
def node_inputs(node: Node, nodes: Mapping[NodeId, Node]) -> Iterable[NodeId] | None:
    """Nodes that a node reads and that none of its keys names, such as who has what it speaks of.

    Called once per node of a kind that this plugin declared, when a project is read; main thread.
    ``nodes`` are all nodes, as far as they are right. They come after the inputs that are
    named; one that is not there is told at the node's place. None: no more than its keys say.
    """


@_first
def node_audits(
    node: Node, nodes: Mapping[NodeId, Node], calendar: Calendar
) -> Iterable[Audit] | None:
    """Audits that a node asks of others: they run with these, and hold them back as their own do.

    Called once per node of a kind that this plugin declared, when a project is read; main thread.
    ``nodes`` are all that are right, with what they wait for: an audit of another node that reads
    one which waits for that is a circle. ``Audit.node`` is the one that is asked, which has to
    have rows; the types are those that this plugin declared. ``declared_by`` and a missing
    ``location`` are filled in. ``calendar`` is the project's. None: none.
    """


@_first
def node_lineage(
    node: Node, parents: Mapping[NodeId, Sequence[Column]], nodes: Mapping[NodeId, Node]
) -> QueryLineage | None:
    """What the columns of a node, and its rows, depend on.

    Called for each node of a kind that this plugin declared and that is not just its own SQL,
    when lineage is asked for, a plan is explained or inputs have changed, and again when the
    node or the columns of its inputs have; any thread. ``parents`` are those
    whose columns are known; the relations of what is returned are their ids. ``nodes`` are all
    nodes, of which a node that only describes may depend on those beneath it. Rows of a node
    are reused while nothing has changed that it says it reads. None: what its kind computes
    in SQL is traced, a node without rows has the columns of its inputs. What is raised says why
    nothing is known; then all columns of all inputs count.
    """


@_first
def node_misfits(
    node: Node, columns: Sequence[Column], nodes: Mapping[NodeId, Node]
) -> Iterable[Misfit] | None:
    """What a node's own options name and ``columns``, those of the rows it reads, do not have.

    Called once per node of a kind that this plugin declared, when a project is checked and the
    columns are known without running anything; main thread. A column whose type is not known
    has the type ``""``. What reads a node that only describes has the columns of what that one
    reads. ``nodes`` are all nodes. None: not mine.
    """


@_first
def target_misfits(target: Target, columns: Sequence[Column]) -> Iterable[Misfit] | None:
    """What a target's options name and ``columns``, those of the rows it is given, do not have.

    Called as ``node_misfits`` is, once per target. None: not mine.
    """


@_first
def compile_metric(
    query: Mapping[str, object],
    project: Project,
    columns_of: Callable[[NodeId], Sequence[Column]],
    dialect: str,
    duckdb: DuckDBPyConnection | None,
) -> str | None:
    """The SQL of a question for metrics, over the rows of nodes as ``kind.name``.

    Called once per question that Python code asks; any thread. ``query`` has the keys of a saved
    query, and ``saved_query``, the name of one that it adds to; ``columns_of`` gives the columns
    of a node's rows, and ``duckdb``, where it is given, has the rows that are read: what the
    question takes for keys of them has to be that. Raise ``SeeknalError`` for what has no exact
    answer. None: not mine.
    """


@_first
def open_session(connection: Connection, project_root: Path) -> Session | None:
    """A read-only session for ``sql``/``repl --connection`` and ``connection test``.

    Called when a connection is first asked, and again after it was lost; main thread. None: not
    mine. May raise ``ConnectionFailed``.
    """


@_first
def open_warehouse(connection: Connection, context: DeliveryContext) -> Warehouse | None:
    """A place that ``seeknal ingest`` loads rows into.

    Called once per command before anything is read; main thread. The connection is tried, so that
    nothing is read in vain. None: not mine. May raise ``ConnectionFailed``.
    """


@_first
def open_online_store(connection: Connection, context: Context) -> OnlineStore | None:
    """A place where the newest rows of feature groups are kept and looked up.

    Called once per command or opening in Python, before anything is kept or looked up; any thread.
    It serves until it is closed. The connection is tried, so that nothing is read in vain. None:
    not mine. May raise ``ConnectionFailed``.
    """


@_declares
def plan_sections(  # type: ignore[empty-body]
    project: Project, environment: str, changes: Sequence[Change]
) -> Iterable[Section]:
    """What a plan touches that this plugin knows of; nothing where it touches nothing.

    Called once by ``plan``, ``apply`` and ``run --dry-run``; main thread. ``changes`` are all nodes
    that change and all that read them, those with action ``AFFECT`` among them: no run has a
    step for these. Must read no rows. What is raised becomes a warning.
    """


@_declares
def diff_options() -> Iterable[DiffOption]:  # type: ignore[empty-body]
    """Options of ``seeknal diff`` that ask for what this plugin knows of, instead of rows.

    Called when that command is used or its help is shown; main thread. Must not import a driver.
    """


@_declares
def diff_sections(  # type: ignore[empty-body]
    project: Project, a: Outputs, b: Outputs, asked: Mapping[str, Sequence[str]], limit: int
) -> Iterable[Section]:
    """How what this plugin knows of differs between two environments or generations.

    Called once by ``seeknal diff``, unless the project's files are wrong; main thread. ``asked``
    has the words of each option of `diff_options` that was given, by its name: then no rows are
    compared, and a SeeknalError or an error of click's ends the command. What is raised else
    becomes a warning. Of many differences ``limit`` are to be shown; 0 is all.
    """


@_declares
def validate_project(project: Project) -> Iterable[Problem]:  # type: ignore[empty-body]
    """Further problems of a project, reported together with core's own.

    Called once after the files were read, before planning; main thread. Must read no data.
    """


@_declares
def before_run(plan: Plan) -> None:
    """A run is about to execute ``plan``. Called once; main thread. Errors become warnings."""


@_declares
def after_node(node: Node, result: NodeResult) -> None:
    """A node's step ended. Called once per step; main thread. Errors become warnings."""


@_declares
def after_run(summary: RunSummary) -> None:
    """A run ended, well or not. Called once; main thread. Errors become warnings."""
