"""What a node's rows are: what a source loads, a function returns, a kind makes of its inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from seeknal.kernel.plugin_types import NodeInputs, Rows
from seeknal.plan.views import is_view
from seeknal.run.engine import settled, stored_scan, write_rows
from seeknal.run.step_scope import Place
from seeknal.values.errors import NodeError
from seeknal.values.model import Relation, Scan

if TYPE_CHECKING:
    from seeknal.run.python.traced import Traced

Remember = Callable[["Traced"], None]
"""Told which query a Python node's rows are, or why that cannot be said."""


def rows_of(place: Place, remember: Remember) -> Rows:
    """The rows of a node that stores them, not yet computed where they are a query."""
    node = place.node
    place.outputs.define(node.parents)
    if node.source is not None:
        return _source_rows(place, remember)
    body = (
        _python_rows(place, remember)
        if node.python
        else Scan(node.sql.executable)
        if node.sql
        else None
    )
    # Such SQL names its inputs itself; describing views for it would cost a bind.
    plain = node.rows_of_body
    needed = () if plain else node.parents
    if not plain and body is not None:
        # What a kind makes of a function's rows is no business of the function's own DuckDB.
        body = settled(place.cursor(), body, place.context().workdir / "body.parquet")
    inputs = NodeInputs(parents={id: place.relation(id) for id in needed}, body=body)
    rows = place.services.plugins.hooks.run_node(node=node, inputs=inputs, context=place.context())
    return _required(place, rows, f"no plugin runs a node of kind {node.kind!r}")


def _source_rows(place: Place, remember: Remember) -> Rows:
    source = place.node.source
    assert source is not None
    loaded = None
    if source.type != "python":
        hooks = place.services.plugins.hooks
        loaded = hooks.load_source(source=source, context=place.context())
        loaded = _required(place, loaded, f"no plugin loads a source of type {source.type!r}")
    if place.node.python is None:
        return loaded
    returned = _python_rows(place, remember, loaded)
    return loaded if returned is None else returned


def _python_rows(place: Place, remember: Remember, loaded: Rows | None = None) -> Rows:
    from seeknal.run.python.database import OwnDuckDB
    from seeknal.run.python.function import run_function

    context = place.context(source_rows=loaded)
    parents = {id: place.relation(id) for id in place.node.parents if place.has_rows(id)}
    engine, spill = place.services.engine, context.workdir / "spill"
    own = OwnDuckDB(
        lambda: engine.open_own(place.outputs.selects(parents), spill), engine.close_own
    )
    return run_function(place.node, parents, context, own, traced=remember)


def _required(place: Place, rows: Rows | None, otherwise: str) -> Rows:
    if rows is None:
        raise NodeError(otherwise, code="SK0710", location=place.node.location)
    return rows


def exposed(place: Place) -> Relation:
    """The rows of a node that only delivers them, in its scratch folder."""
    node = place.node
    place.outputs.define(node.parents)
    parents = [id for id in node.parents if place.has_rows(id)]
    if node.sql is None and not is_view(place.outputs.snapshots.get(parents[0])):
        return place.relation(parents[0])
    from seeknal.sql.quote import quote_name

    first = parents[0] if parents else node.id
    sql = node.sql.executable if node.sql else f"FROM {quote_name(first.kind, first.name)}"
    path = place.context().workdir / "rows.parquet"
    rows, columns = write_rows(place.cursor(), Scan(sql), path, repeatable=True)
    scan = stored_scan(path, columns)
    return Relation(node=node.id, scan=scan, columns=columns, rows=rows, path=path)
