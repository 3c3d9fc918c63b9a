"""A PIVOT that would make names of columns of values that nobody may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.sql.lineage.trace import trace_query
from seeknal.sql.pivoted import become_names
from seeknal.sql.positions import place_in
from seeknal.sql.syntax import takes_columns_from_data
from seeknal.values.names import NodeId
from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from seeknal.sql.pivoted import Named
    from seeknal.values.node import Node

Columns = Mapping[NodeId, Sequence[str]]
Private = Callable[[NodeId], Collection[str]]


def has_pivot(node: Node, connection: duckdb.DuckDBPyConnection | None = None) -> bool:
    """Whether the node's SQL has one that takes names from the data; others need no look."""
    return node.sql is not None and takes_columns_from_data(node.sql.executable, connection)


def pivot_problems(node: Node, columns: Columns, private: Private, root: Path) -> list[Problem]:
    """A problem for each expression of a node that `has_pivot` whose values become names and are
    private.

    ``columns`` are those of the node's inputs, as far as they are known, and ``private`` tells
    which of an input's are, in lower case.
    """
    if node.sql is None:
        return []
    found = [
        (named, column)
        for named in become_names(node.sql.executable)
        if (column := _private_of(named, node, columns, private)) is not None
    ]
    return [
        Problem(
            code="SK0757",
            message=f"PIVOT ON {named.text} makes names of columns of the values of {column},"
            " which nobody may see: pii: true",
            location=place_in(root, node.sql, named.offset),
            help=f"list the values: ON {named.text} IN ('a', 'b')",
            node=node.id,
        )
        for named, column in found
    ]


def _private_of(named: Named, node: Node, columns: Columns, private: Private) -> str | None:
    """A private column that the values of an expression are made of."""
    tables: dict[tuple[str, ...], tuple[str, Sequence[str]]] = {
        (id.kind.lower(), id.name.lower()): (str(id), names) for id, names in columns.items()
    }
    traced = trace_query(named.select, tables, ["named"])
    if traced.unknown is None:
        refs = [ref for column in traced.columns for ref in sorted(column.values)]
        told = (ref for ref in refs if ref.column.lower() in private(NodeId(ref.relation)))
        return next((f"{ref.relation}.{ref.column}" for ref in told), None)
    hits = ((id, word) for id in node.parents for word in sorted(named.words & set(private(id))))
    return next((f"{id}.{word}" for id, word in hits), None)
