"""One node run over given rows as a run would, with nothing of the project's touched."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.host import clock
from seeknal.host.files import scratch_folder
from seeknal.plan.ranges import tracking_of
from seeknal.rows.scans import columns_of
from seeknal.run.building import release_function
from seeknal.run.computing import compute, exposed
from seeknal.run.content import Contents
from seeknal.run.engine import Engine, stored_scan, write_rows
from seeknal.run.frozen import freeze_cursor, frozen_clock, may_ask
from seeknal.run.intervals.batch import Batch, compute_batch, condition, time_column
from seeknal.run.intervals.itself import columns_of_itself
from seeknal.run.merging import Earlier
from seeknal.run.outputs import Outputs
from seeknal.run.step_scope import Services, StepScope
from seeknal.sql.quote import quote_literal
from seeknal.state.artifacts import Artifacts
from seeknal.state.batch_files import BatchFiles
from seeknal.unittests.queries import LONG_AGO, question_of
from seeknal.values.errors import UsageError
from seeknal.values.location import Location
from seeknal.values.node import Input
from seeknal.values.plan import Plan
from seeknal.values.relations import Relation, Scan
from seeknal.values.snapshot import Artifact, Fingerprint, Snapshot, View
from seeknal.values.tracking import Reach

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from seeknal.plan.session import Loaded
    from seeknal.run.computing import Remember
    from seeknal.run.python.traced import Traced
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.relations import Interval

ENVIRONMENT = "test"
"""What tests run in: nothing is ever stored under that name."""
_NOWHERE = Location("")


@frozen(kw_only=True)
class Trial:
    """A node, and the rows that it is run over, each as a SELECT that needs nothing else.

    ``earlier`` are the rows that it has so far, for one that goes on from them. ``frozen`` is what
    clocks say, ``interval`` the range of time that a tracked node processes. ``cte`` names a CTE
    of its SQL whose rows are wanted instead of its own. ``query`` is how a metric is asked, by the
    keys of a saved query.
    """

    node: Node
    inputs: Mapping[NodeId, str]
    earlier: str | None = None
    frozen: datetime | None = None
    interval: Interval | None = None
    cte: str | None = None
    query: Mapping[str, object] | None = None


@frozen(kw_only=True)
class Result:
    """What came out: ``scan`` stands after FROM on ``cursor``, for as long as its block lasts.

    ``query`` is the SQL that the rows of a Python node were, where it is known, or of a metric.
    """

    columns: tuple[Column, ...]
    scan: str
    cursor: duckdb.DuckDBPyConnection
    query: str | None = None


class Bench:
    """Runs nodes in a DuckDB of its own and a folder that is gone when it closes."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self._open = ExitStack()
        self._scratch: Path | None = None
        self._engine: Engine | None = None
        self._trials = 0
        self._used: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.close()
        self._open.close()

    @contextmanager
    def result(self, trial: Trial) -> Iterator[Result]:
        """What the node gives. Raises SeeknalError, or what a run would have to explain."""
        scratch, engine = self._place()
        self._trials += 1
        outputs = Outputs({}, engine, Artifacts(scratch / "target"))
        with self._cursor(engine, trial) as cursor, frozen_clock(trial.frozen):
            traced: list[Traced] = []
            scope = self._scope(trial, outputs, cursor, scratch / str(self._trials))
            try:
                found = _computed(scope, trial, outputs, traced.append)
                query = traced[-1].query if traced else None
                yield Result(columns=found.columns, scan=found.scan, cursor=cursor, query=query)
            finally:
                release_function()
                shutil.rmtree(scope.workdir, ignore_errors=True)

    @contextmanager
    def ground(self, trial: Trial) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor on which the node's inputs have their names, and it itself with earlier rows."""
        scratch, engine = self._place()
        self._trials += 1
        outputs = Outputs({}, engine, Artifacts(scratch / "target"))
        with self._cursor(engine, trial) as cursor, frozen_clock(trial.frozen):
            scope = self._scope(trial, outputs, cursor, scratch / str(self._trials))
            _give_inputs(scope, trial)
            if trial.earlier is not None:
                outputs.snapshots[trial.node.id] = _view(trial.node.id, _before(scope, trial))
            outputs.define(outputs.snapshots)
            yield cursor

    def columns(self, inputs: Mapping[NodeId, str]) -> dict[NodeId, tuple[Column, ...]]:
        """The columns that inputs of a trial have. Raises duckdb.Error."""
        _, engine = self._place()
        with closing(engine.cursor()) as cursor:
            return {id: columns_of(cursor.sql(select)) for id, select in inputs.items()}

    def interrupt(self) -> None:
        """Stop what is being run, from another thread."""
        if self._used is not None:
            self._used.interrupt()
        if (own := sys.modules.get("seeknal.run.python.database")) is not None:
            own.interrupt(None)
        if (uv := sys.modules.get("seeknal.project.python.uv")) is not None:
            uv.stop(None)

    def abandon(self) -> None:
        """Leave to itself what still runs, as the process is about to end; its files go."""
        self._open.close()

    def _place(self) -> tuple[Path, Engine]:
        if self._scratch is None or self._engine is None:
            self._scratch = self._open.enter_context(scratch_folder())
            self._engine = Engine(self._scratch, "1GB")
            _close_off(self._engine, self._scratch)
        return self._scratch, self._engine

    @contextmanager
    def _cursor(self, engine: Engine, trial: Trial) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._used = engine.cursor()
        try:
            if trial.frozen is not None and _may_ask_the_time(trial.node):
                freeze_cursor(cursor, trial.frozen)
            yield cursor
        finally:
            self._used = None
            cursor.close()

    def _scope(
        self, trial: Trial, outputs: Outputs, cursor: duckdb.DuckDBPyConnection, workdir: Path
    ) -> StepScope:
        loaded, node = self.loaded, _as_tested(trial)
        log = logging.Logger(f"seeknal.test.{node.id}", logging.ERROR)
        services = Services(
            project=loaded.project,
            plan=Plan(environment=ENVIRONMENT, steps=()),
            plugins=loaded.plugins,
            engine=outputs.engine,
            artifacts=outputs.artifacts,
            batches=BatchFiles(workdir, outputs.artifacts),
            contents=Contents(workdir),
            outputs=outputs,
            connections=_no_connection,
            row_counts=lambda node, limit: [],
            run_id="test",
            moment=trial.frozen or clock.now(),
            frozen=trial.frozen,
            tell=lambda node, level, text: None,
        )
        return StepScope(
            node=node, services=services, cursor=lambda: cursor, workdir=workdir, log=log
        )


def _close_off(engine: Engine, scratch: Path) -> None:
    """Let SQL reach no file and no address but what tests keep for themselves."""
    with closing(engine.cursor()) as cursor:
        cursor.execute(f"SET GLOBAL allowed_directories = [{quote_literal(str(scratch))}]")
        cursor.execute("SET GLOBAL enable_external_access = false")


def _may_ask_the_time(node: Node) -> bool:
    """False of nodes that are known not to: their clock need not be stopped."""
    texts = [each.sql for each in node.queries]
    if not node.rows_of_body or any(sql is None for sql in texts):
        return True
    return any(
        sql.dialect != "duckdb" or sql.calls or may_ask(sql.executable) for sql in texts if sql
    )


def _no_connection(name: str) -> Any:
    raise UsageError(
        f"a test connects to nothing, and its node asks for the connection {name!r}", code="SK1701"
    )


def _computed(scope: StepScope, trial: Trial, outputs: Outputs, remember: Remember) -> Relation:
    """The rows of the trial's node, in a file of its scratch folder."""
    interval = trial.interval
    _give_inputs(scope, trial)
    path = scope.context().workdir / "result.parquet"
    if scope.node.does == "describes":
        return _answered(scope, trial, path, remember)
    if scope.node.does == "delivers":
        return exposed(scope)
    if interval is not None:
        return _of_range(scope, trial, interval, path, remember)
    if trial.earlier is None:
        return compute(scope, path, remember, lambda: None)
    earlier = _stored(scope, trial.earlier)
    view = _view(scope.node.id, "")
    outputs.snapshots[scope.node.id] = evolve(view, view=None, artifact=earlier)
    return compute(scope, path, remember, lambda: None, Earlier(artifact=earlier, edited=False))


def _give_inputs(scope: StepScope, trial: Trial) -> None:
    """Let the inputs of the trial's node be those that it gives."""
    for id, select in trial.inputs.items():
        given = _seen(scope, id, select, trial.interval) if trial.interval else select
        about = _told_of(scope, id)
        scope.outputs.snapshots[about] = _view(about, given)


def _before(scope: StepScope, trial: Trial) -> str:
    """The rows that the node has so far; of a tracked one it sees those before the range."""
    assert trial.earlier is not None
    if trial.interval is None:
        return trial.earlier
    start, _ = trial.interval.seconds
    return _cut(scope, scope.node, trial.earlier, (LONG_AGO, start))


def _of_range(
    scope: StepScope, trial: Trial, interval: Interval, path: Path, remember: Remember
) -> Relation:
    """The rows of one range of time of a tracked node."""
    node, snapshots = scope.node, scope.outputs.snapshots
    tracking = tracking_of(node)
    start, end = interval.seconds
    batch = Batch(start=start, end=end)
    if trial.earlier is not None:
        # As if they were another node's.
        snapshots[node.id] = _view(node.id, _before(scope, trial))
        scope = evolve(scope, node=evolve(node, inputs=(*node.inputs, Input(ref=node.id))))
    elif tracking.reads_itself:
        batch = evolve(batch, own=evolve(_none_yet(node), columns=_own_columns(scope, batch)))
    return compute_batch(scope, batch, path, remember, lambda: None)


def _own_columns(scope: StepScope, batch: Batch) -> tuple[Column, ...]:
    return columns_of_itself(scope, batch, _none_yet(scope.node))


def _none_yet(node: Node) -> Artifact:
    """The rows of a tracked node that has none."""
    return Artifact(
        path="",
        size=0,
        sha256="",
        rows=0,
        columns=(),
        stat=(0, 0, 0, 0, 0),
        time_column=tracking_of(node).column,
        timezone=tracking_of(node).timezone,
    )


def _told_of(scope: StepScope, id: NodeId) -> NodeId:
    """The node whose rows are meant: those of a model are those of the only node that it reads."""
    nodes = scope.services.project.nodes
    node = nodes[id]
    if (
        node.does == "describes"
        and len(rows := [p for p in node.parents if scope.has_rows(p)]) == 1
    ):
        return rows[0]
    return id


def _answered(scope: StepScope, trial: Trial, path: Path, remember: Remember) -> Relation:
    """What a question for the metric gives, over the rows of the nodes that its models are of."""
    from seeknal.run.python.traced import Traced

    cursor, given = scope.cursor(), scope.outputs.snapshots
    scope.outputs.define(given)

    def columns_of(id: NodeId) -> tuple[Column, ...]:
        if id not in given:
            raise UsageError(
                f"{scope.node.id} reads {id}, of which the test gives no rows",
                code="SK1704",
                help=f"inputs: {{{id}: {{rows: [...]}}}}; rows: [] for none",
            )
        return scope.relation(id).columns

    sql = scope.services.plugins.hooks.compile_metric(
        query=question_of(scope.node, trial.query),
        project=scope.services.project,
        columns_of=columns_of,
        dialect="duckdb",
        duckdb=cursor,
    )
    if sql is None:
        raise UsageError(
            f"no plugin that is installed answers for {scope.node.id}",
            code="SK1705",
            help="test the nodes that it is about",
        )
    remember(Traced(query=sql))
    rows, columns = write_rows(cursor, Scan(sql), path, repeatable=True)
    return Relation(
        node=scope.node.id, scan=stored_scan(path, columns), columns=columns, rows=rows, path=path
    )


def _as_tested(trial: Trial) -> Node:
    """The node on DuckDB, whichever engine it is for, or what one of its CTEs gives."""
    node = evolve(trial.node, engine=None)
    if trial.cte is None:
        return node
    from seeknal.unittests.ctes import with_cte

    return with_cte(node, trial.cte)


def _view(id: NodeId, select: str) -> Snapshot:
    return Snapshot(
        node=id,
        fingerprint=Fingerprint(content="", config="", upstream=""),
        inputs={},
        output_id="",
        view=View(sql=select, columns=(), location=_NOWHERE),
    )


def _seen(scope: StepScope, id: NodeId, select: str, interval: Interval) -> str:
    """What a node that is processed by ranges sees of an input that is, too."""
    parent, tracking = scope.services.project.nodes[id], scope.node.tracking
    if parent.tracking is None or tracking is None:
        return select
    start, end = interval.seconds
    return _cut(scope, parent, select, tracking.cuts.get(id, Reach()).of(start, end))


def _cut(scope: StepScope, node: Node, select: str, span: tuple[int, int]) -> str:
    """The rows of a tracked node in a span of time."""
    column = time_column(node, columns_of(scope.cursor().sql(select)))
    return f"SELECT * FROM ({select}\n) WHERE {condition(tracking_of(node), column, *span)}"


def _stored(scope: StepScope, select: str) -> Artifact:
    """Rows that the node goes on from, as its own output would be stored."""
    artifacts, node = scope.services.artifacts, scope.node.id
    path = artifacts.candidate(node, scope.services.run_id)
    rows, columns = write_rows(scope.cursor(), Scan(select), path, repeatable=True)
    return artifacts.publish(node, path, fingerprint="test", rows=rows, columns=columns)
