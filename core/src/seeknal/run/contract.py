"""Does a node's output keep the types that its file promises?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.errors import NodeError
from seeknal.model import Column, Node

if TYPE_CHECKING:
    import duckdb


def check_contract(
    node: Node, columns: Sequence[Column], cursor: duckdb.DuckDBPyConnection
) -> None:
    """Raise NodeError that lists every promised column that is missing or has another type."""
    actual = {column.name.lower(): column.type for column in columns}
    broken = []
    for spec in node.columns:
        found = actual.get(spec.name.lower())
        if found is None:
            broken.append(f"{spec.name} is missing")
        elif spec.type and _canonical(spec.type, cursor) != found:
            broken.append(f"{spec.name} is {found}, not {spec.type}")
    if broken:
        raise NodeError(
            f"contract of {node.id} is broken: {'; '.join(broken)}",
            code="SK0713",
            location=node.location,
            help="cast the columns in the node, or change what its file promises",
        )


def _canonical(type: str, cursor: duckdb.DuckDBPyConnection) -> str:
    """DuckDB's own name for ``type``, which has aliases such as INT and TEXT."""
    return str(cursor.dtype(type))
