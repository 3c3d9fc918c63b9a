"""What a node's rows are: what a source loads, a function returns, a kind makes of its inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.kernel.plugin_types import NodeInputs
from seeknal.plan.views import is_view
from seeknal.run.engine import settle, store, stored_scan, write_rows
from seeknal.run.frozen import freeze_instance
from seeknal.run.merging import check_batch, merge
from seeknal.run.provenance import stamp_of
from seeknal.sql.quote import quote_identifier, quote_name
from seeknal.values.errors import NodeError
from seeknal.values.relations import Relation, Scan

if TYPE_CHECKING:
    import duckdb

    from seeknal.kernel.plugin_types import Rows
    from seeknal.run.merging import Earlier
    from seeknal.run.provenance import Stamp
    from seeknal.run.python.traced import Traced
    from seeknal.run.step_scope import StepScope
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId

Remember = Callable[["Traced"], None]
"""Told which query a Python node's rows are, or why that cannot be said."""

_COLLATE = re.compile(r"\bCOLLATE\b", re.IGNORECASE)
_COLLATED = re.compile(r'("(?:[^"]|"")+"|\w+) VARCHAR COLLATE ([\w.]+)')
_TABLE = "seeknal_collations"


def compute(
    scope: StepScope,
    path: Path,
    remember: Remember,
    arrived: Callable[[], None],
    earlier: Earlier | None = None,
) -> Relation:
    """Write the rows of a node that stores them to ``path``.

    ``arrived`` is called once they are there, and raises when nobody waits for them any more.
    Into ``earlier`` ones they are merged by the node's keys, where its kind does not make them
    from these.
    """
    if not scope.node.merges_by:
        return compute_rows(scope, path, remember, arrived, past=earlier)
    if earlier is None:
        rows = compute_rows(scope, path, remember, arrived)
        check_batch(scope, rows)
        return rows
    scope.outputs.define([scope.node.id])
    step = evolve(scope, node=scope.node.increment)
    aside = scope.context().workdir / "batch.parquet"
    batch = compute_rows(step, aside, remember, arrived, earlier=True)
    check_batch(scope, batch)
    return merge(scope, earlier.artifact, batch, path)


def compute_rows(
    scope: StepScope,
    path: Path,
    remember: Remember,
    arrived: Callable[[], None],
    *,
    earlier: bool = False,
    only: Stamp | None = None,
    past: Earlier | None = None,
) -> Relation:
    """Write the rows that a node's query or function gives to ``path``.

    ``earlier``: the node has rows already, which it may look at. ``only`` makes of the rows those
    that are wanted. ``past`` are those that its kind makes them from.
    """
    node, stamp = scope.node, _both(only, stamp_of(scope))
    found = _rows_of(scope, remember, past, earlier=earlier)
    cursor = scope.cursor()
    rows, columns = write_rows(
        cursor,
        found,
        path,
        # Of stored rows alone: a loader's or a function's may be a stream.
        repeatable=node.source is None and node.python is None,
        stamp=stamp,
    )
    arrived()
    for note in _unkept(cursor, found, columns, scope.outputs.texts(node)):
        scope.log.warning("%s", note)
    if rows == 0 and node.source is not None and node.source.query is not None:
        scope.log.warning("Pushdown query returned 0 rows for %s", node.id)
    scan = stored_scan(path, columns)
    return Relation(node=node.id, scan=scan, columns=columns, rows=rows, path=path)


def _both(one: Stamp | None, other: Stamp | None) -> Stamp | None:
    """What makes of rows what both do, one after the other."""
    if one is None or other is None:
        return one or other
    return lambda rows, columns, origin: other(*one(rows, columns, origin), origin)


def _rows_of(scope: StepScope, remember: Remember, past: Earlier | None, *, earlier: bool) -> Rows:
    """The rows of a node that stores them, not yet computed where they are a query."""
    node = scope.node
    scope.outputs.define(node.parents)
    if node.source is not None:
        return _source_rows(scope, remember)
    _refuse_private_names(scope)
    body = (
        _python_rows(scope, remember, earlier=earlier)
        if node.python
        else Scan(executable(scope))
        if node.sql
        else None
    )
    # Such SQL names its inputs itself; describing views for it would cost a bind.
    plain = node.rows_of_body
    nodes = scope.services.project.nodes
    needed = () if plain else [id for id in node.parents if nodes[id].does != "describes"]
    if not plain and body is not None:
        # What a kind makes of a function's rows is no business of the function's own DuckDB. Rows
        # that are compared with earlier ones are looked at several times.
        keep = store if node.from_earlier else settle
        body = keep(scope.cursor(), body, scope.context().workdir / "body.parquet")
    inputs = NodeInputs(
        parents={id: _input(scope, id) for id in needed},
        body=body,
        earlier=scope.relation_of(past.artifact) if past else None,
        edited=past is not None and past.edited,
        moment=scope.services.moment,
    )
    rows = scope.services.plugins.hooks.run_node(node=node, inputs=inputs, context=scope.context())
    return _required(scope, rows, f"no plugin runs a node of kind {node.kind!r}")


def _input(scope: StepScope, id: NodeId) -> Relation:
    """The rows of a parent as a kind is given them: stored ones where it reads them repeatedly."""
    found = scope.relation(id)
    if not scope.node.from_earlier or not is_view(scope.outputs.snapshots.get(id)):
        return found
    path = scope.context().workdir / f"{id}.parquet"
    rows, columns = write_rows(scope.cursor(), Scan(f"FROM {found.scan}"), path)
    return evolve(found, scan=stored_scan(path, columns), columns=columns, rows=rows, path=path)


def _refuse_private_names(scope: StepScope) -> None:
    """Raise NodeError where a PIVOT would make names of columns of private values."""
    from seeknal.lineage.pivoted import has_pivot, pivot_problems

    node = scope.node
    if node.sql is None or not has_pivot(node, scope.cursor()):
        return
    columns = {
        id: [column.name for column in scope.relation(id).columns]
        for id in node.with_itself.parents
        if scope.has_rows(id)
    }
    for problem in pivot_problems(node, columns, scope.private, scope.services.project.root):
        raise problem.as_error(NodeError)


def _source_rows(scope: StepScope, remember: Remember) -> Rows:
    source = scope.node.source
    assert source is not None
    if scope.node.python is not None:
        # What its function makes of the rows is from no file.
        source = evolve(source, provenance=False)
    loaded = None
    if source.type != "python":
        hooks = scope.services.plugins.hooks
        loaded = hooks.load_source(source=source, context=scope.context())
        loaded = _required(scope, loaded, f"no plugin loads a source of type {source.type!r}")
    if scope.node.python is None:
        return loaded
    returned = _python_rows(scope, remember, loaded)
    return loaded if returned is None else returned


def _python_rows(
    scope: StepScope, remember: Remember, loaded: Rows | None = None, *, earlier: bool = False
) -> Rows:
    from seeknal.run.python.database import OwnDuckDB
    from seeknal.run.python.function import run_function

    context = scope.context(source_rows=loaded)
    parents = {id: scope.relation(id) for id in scope.node.parents if scope.has_rows(id)}
    engine, spill = scope.services.engine, context.workdir / "spill"
    this = scope.relation(scope.node.id) if earlier else None
    seen = [*parents, scope.node.id] if this else [*parents]
    frozen = scope.services.frozen
    own = OwnDuckDB(
        lambda: engine.open_own(scope.outputs.selects(seen), spill),
        engine.close_own,
        partial(freeze_instance, moment=frozen),
    )
    return run_function(
        scope.node, parents, context, own, this=this, frozen=frozen, traced=remember
    )


def executable(scope: StepScope) -> str:
    """What DuckDB runs of the node's SQL, over its inputs as they are now.

    Raises NodeError where SQL in another dialect may mean something else in DuckDB's, and for a
    query of a plugin's function that has no exact answer over these.
    """
    node = scope.node
    assert node.sql is not None
    plain = node.sql.dialect == "duckdb" and not node.sql.calls
    if plain or node.runs_elsewhere:
        return node.sql.executable
    from seeknal.project.translated import in_duckdb

    columns = {
        id: scope.relation(id).columns for id in node.with_itself.parents if scope.has_rows(id)
    }
    found = in_duckdb(node, columns, scope.services.project, scope.services.plugins)
    found.raise_problems(NodeError)
    assert found.node.sql is not None
    return found.node.sql.executable


def _required(scope: StepScope, rows: Rows | None, otherwise: str) -> Rows:
    if rows is None:
        raise NodeError(otherwise, code="SK0710", location=scope.node.location)
    return rows


def exposed(scope: StepScope) -> Relation:
    """The rows of a node that only delivers them, in its scratch folder."""
    node = scope.node
    scope.outputs.define(node.parents)
    parents = [id for id in node.parents if scope.has_rows(id)]
    if node.sql is None and not is_view(scope.outputs.snapshots.get(parents[0])):
        return scope.relation(parents[0])
    path = scope.context().workdir / "rows.parquet"
    rows, columns = write_rows(scope.cursor(), _delivered(scope, parents), path, repeatable=True)
    scan = stored_scan(path, columns)
    return Relation(node=node.id, scan=scan, columns=columns, rows=rows, path=path)


def _delivered(scope: StepScope, parents: Sequence[NodeId]) -> Rows:
    """What a node without rows of its own delivers: those of its SQL, where it runs, or input."""
    node = scope.node
    if node.sql is None:
        return Scan(f"FROM {quote_name(parents[0].kind, parents[0].name)}")
    if not node.runs_elsewhere:
        return Scan(executable(scope))
    inputs = NodeInputs(moment=scope.services.moment)
    rows = scope.services.plugins.hooks.run_node(node=node, inputs=inputs, context=scope.context())
    return _required(scope, rows, f"no plugin runs SQL on {node.engine!r}")


def _unkept(
    cursor: duckdb.DuckDBPyConnection, rows: Rows, columns: Sequence[Column], texts: Iterable[str]
) -> Iterator[str]:
    """A line for each column of which storing it loses something.

    ``texts``: the SQL that ``rows`` are, with its views'.
    """
    for column in columns:
        if column.type == "VARIANT":
            yield (
                f"column {column.name!r}: of a VARIANT, integers of 128 bits and unsigned ones of"
                " 64 are stored as BIGINT"
            )
    if isinstance(rows, Scan) and any(_COLLATE.search(text) for text in texts):
        for name, collation in _collations(cursor, rows.sql):
            yield (
                f"column {name}: its collation {collation} is not stored; who reads it compares"
                " it letter by letter"
            )


def _collations(cursor: duckdb.DuckDBPyConnection, select: str) -> list[tuple[str, str]]:
    """Columns with a collation, which only the text of a table tells."""
    table = f"temp.{quote_identifier(_TABLE)}"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM ({select}\n) LIMIT 0")
    try:
        found = cursor.execute(
            "SELECT sql FROM duckdb_tables() WHERE temporary AND table_name = ?", [_TABLE]
        ).fetchall()
    finally:
        cursor.execute(f"DROP TABLE {table}")
    return _COLLATED.findall(found[0][0])
