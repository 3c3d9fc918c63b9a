"""The columns that SQL gives which has not run yet, by binding it over its inputs' columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from seeknal.graph import Graph
from seeknal.model import Column, Node, NodeId, Snapshot
from seeknal.scans import columns_of
from seeknal.sql.quote import quote_identifier, quote_name

if TYPE_CHECKING:
    import duckdb


def bound_columns(
    wanted: Collection[NodeId],
    nodes: Mapping[NodeId, Node],
    graph: Graph,
    snapshots: Mapping[NodeId, Snapshot],
) -> dict[NodeId, tuple[Column, ...]]:
    """The columns of ``wanted`` as they will be; without those that cannot be told.

    Reads no rows: each input is an empty view with the columns that are stored or bound.
    """
    if not wanted:
        return {}
    import duckdb

    found: dict[NodeId, tuple[Column, ...]] = {}
    needed = {*wanted, *graph.ancestors(wanted)}
    with duckdb.connect(":memory:") as connection:
        for id in graph.order:
            if id in needed and (columns := _bind(connection, id, nodes, snapshots, wanted)):
                found[id] = columns
    return {id: columns for id, columns in found.items() if id in wanted}


def _bind(
    connection: duckdb.DuckDBPyConnection,
    id: NodeId,
    nodes: Mapping[NodeId, Node],
    snapshots: Mapping[NodeId, Snapshot],
    wanted: Collection[NodeId],
) -> tuple[Column, ...] | None:
    import duckdb

    node, snapshot = nodes[id], snapshots.get(id)
    stored = snapshot.artifact.columns if snapshot and snapshot.artifact else None
    if id not in wanted and stored:
        select = _empty(stored)
    elif node.sql is not None and node.kind == "transform" and node.python is None:
        select = node.sql.executable
    else:
        return None
    name = quote_name(id.kind, id.name)
    try:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(id.kind)}")
        connection.execute(f"CREATE VIEW {name} AS {select}\n")
        return columns_of(connection.sql(f"FROM {name}"))
    except duckdb.Error:
        # Whatever is wrong is said by the run; a plan only does not know these columns.
        return None


def _empty(columns: tuple[Column, ...]) -> str:
    listed = ", ".join(
        f"CAST(NULL AS {column.type}) AS {quote_identifier(column.name)}" for column in columns
    )
    return f"SELECT {listed} WHERE false"
