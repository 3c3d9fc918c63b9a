"""A project's stored outputs in Python: in scripts, tests and notebooks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, overload

from seeknal.values.errors import NodeError

if TYPE_CHECKING:
    import duckdb

    from seeknal.lineage.model import NodeLineage, ProjectLineage
    from seeknal.query.opened_catalog import OpenedCatalog
    from seeknal.query.stored import Stored
    from seeknal.values.names import NodeId
    from seeknal.values.plan import Plan
    from seeknal.values.project import Project
    from seeknal.values.results import NodeResult, RunSummary
    from seeknal.values.tracking import Batch


def open_project(
    path: str | Path = ".", env: str = "prod", *, db_path: str | Path | None = None
) -> OpenedProject:
    """The project at ``path`` (or around it), to query what its runs stored.

    One DuckDB connection, closed by ``close()`` or at the end of a ``with``. With ``db_path``
    the views are kept in a DuckDB file that other tools can open.
    """
    from seeknal.project.loader import find_root

    return OpenedProject(find_root(Path(path)), env, Path(db_path) if db_path else None)


class OpenedProject:
    """What `open_project` gives."""

    def __init__(self, root: Path, environment: str, database: Path | None) -> None:
        self.root = root
        self.environment = environment
        self._database = database
        self._connection: duckdb.DuckDBPyConnection | None = None

    def sql(self, query: str, provenance: bool = False) -> duckdb.DuckDBPyRelation:
        """The rows of a query over ``kind.name`` tables: ``.df()``, ``.pl()``, ``.arrow()``.

        ``ref('kind.name')`` names such a table too; raises UsageError when there is none, or
        for a node without rows. With ``provenance`` each row says where it is from, whatever the
        query names; UsageError where rows have no single origin, as those of a join or a sum.
        """
        from seeknal.query.database import rowless_refused, without_refs

        text = without_refs(query, self.root, self.environment)
        if provenance:
            from seeknal.query.origins import with_provenance

            text = with_provenance(text, self._outputs())
        with rowless_refused(text, self.root, self.environment):
            return self._views().sql(text)

    def table(self, node: str) -> duckdb.DuckDBPyRelation:
        """A node's rows. Raises UsageError for an unknown node or one that has never run."""
        from seeknal.plan.unstored import unstored
        from seeknal.query.stored import find_output
        from seeknal.sql.quote import quote_name

        target, outputs = self.root / "target", self._outputs()
        id = find_output(outputs, node, lambda id: unstored(id, self.environment, target)).node
        return self._views().sql(f"FROM {quote_name(id.kind, id.name)}")

    def query_metrics(
        self,
        metrics: Sequence[str] | str = (),
        dimensions: Sequence[str] | str = (),
        **more: object,
    ) -> duckdb.DuckDBPyRelation:
        """Metrics by dimensions, as ``seeknal query`` gives them: ``.df()``, ``.pl()``.

        ``more`` are the other keys of a saved query: ``filter``, ``order_by``, ``limit``,
        ``start``, ``end``, ``timezone``; and ``saved_query``, the name of one to begin with.
        Raises SeeknalError for what has no exact answer, UsageError without the plugin for it.
        """
        from seeknal.plan.session import Request, load
        from seeknal.rows.scans import columns_of
        from seeknal.values.errors import UsageError

        loaded = load(self.root, Request())
        sql = loaded.plugins.hooks.compile_metric(
            query={"metrics": metrics, "dimensions": dimensions, **more},
            project=loaded.project,
            columns_of=lambda node: columns_of(self.table(node)),
            dialect="duckdb",
            duckdb=self._views(),
        )
        if sql is None:
            raise UsageError(
                "no plugin that is installed compiles metrics",
                code="SK0358",
                help="seeknal plugins lists those that are there",
            )
        return self._views().sql(sql)

    def provenance(self, node: str) -> duckdb.DuckDBPyRelation:
        """Where a node's rows are from: each source file with its rows, first and last read.

        Raises UsageError for an unknown node, one that has never run, or one whose rows do not say.
        """
        from seeknal.query.origins import origins_of

        table = self.table(node)
        return self._views().sql(origins_of(node, table.columns, table.sql_query()))

    @property
    def catalog(self) -> OpenedCatalog:
        """What the stored tables are, and from which layers their rows came."""
        from seeknal.query.opened_catalog import OpenedCatalog

        return OpenedCatalog(self.root, self.environment)

    def list_tables(self, layer: str | None = None) -> list[str]:
        """The nodes that have stored rows, all of them or those of one layer."""
        return [
            str(entry.node)
            for entry in self._outputs()
            if entry.columns
            if layer is None or entry.layer == layer
        ]

    @overload
    def lineage(self) -> ProjectLineage: ...
    @overload
    def lineage(self, node: str) -> NodeLineage: ...
    def lineage(self, node: str | None = None) -> ProjectLineage | NodeLineage:
        """What a node's columns and rows depend on, or every node's. Nothing runs.

        Raises UsageError for an unknown node, ProjectError when the project's files are wrong.
        """
        from seeknal.plan.session import Request, load
        from seeknal.query.stored import find_node, lineage_of

        loaded = load(self.root, Request())
        found = lineage_of(loaded, self.environment)
        return found if node is None else found.nodes[find_node(node, loaded.project.nodes).id]

    def run(
        self,
        select: Iterable[str] | str = (),
        *,
        full: bool = False,
        variables: Mapping[str, object] | None = None,
        **options: Any,
    ) -> RunSummary:
        """Run the project, as ``seeknal run`` does; ``options`` are those of its request.

        Gives what happened to every node; raises NodeError when one failed.
        """
        from seeknal.plan.session import Request
        from seeknal.run.commands import run_project

        request = Request(
            environment=self.environment,
            select=(select,) if isinstance(select, str) else tuple(select),
            full=full,
            variables=dict(variables or {}),
            command="open_project",
            **options,
        )
        self.close()
        return _successful(run_project(self.root, request, _Nobody()))

    def close(self) -> None:
        """Close the connection; the next query opens it again over what is stored then."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> OpenedProject:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<seeknal project {str(self.root)!r}, environment {self.environment!r}>"

    def _views(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            from seeknal.query.database import open_views

            # Python may read whatever it likes: locking DuckDB would only hinder its caller.
            self._connection = open_views(
                self.root, self.environment, database=self._database, locked=False
            )
        return self._connection

    def _outputs(self) -> list[Stored]:
        from seeknal.plan.session import Request, load
        from seeknal.query.stored import stored_outputs

        return stored_outputs(self.root, self.environment, load(self.root, Request()))


class _Nobody:
    """A reporter that nobody listens to: the summary says everything."""

    def planned(self, plan: Plan, project: Project) -> None: ...
    def started(self, node: NodeId) -> None: ...
    def finished(self, result: NodeResult) -> None: ...
    def stopping(self, nodes: Collection[NodeId]) -> None: ...
    def logged(self, node: NodeId, level: int, text: str) -> None: ...
    def batched(self, node: NodeId, batch: Batch) -> None: ...
    def warn(self, message: str) -> None: ...
    def ended(self, summary: RunSummary) -> None: ...


def _successful(summary: RunSummary) -> RunSummary:
    failed = [result for result in summary.results if not result.ok and result.error]
    if failed:
        first = failed[0]
        others = f" (and {len(failed) - 1} more)" if failed[1:] else ""
        raise NodeError(
            f"{first.node}: {first.error}{others}",
            code=first.code,
            location=first.location,
            help=first.help,
        )
    return summary
