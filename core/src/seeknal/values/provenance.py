"""Four columns that say where a row is from: file, moment, run and layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seeknal.values.columns import Column
from seeknal.values.errors import NodeError

if TYPE_CHECKING:
    from seeknal.values.node import Node

SOURCE_FILE, INGESTED_AT, BATCH_ID, LAYER = "_source_file", "_ingested_at", "_batch_id", "_layer"

PROVENANCE = (
    Column(SOURCE_FILE, "VARCHAR"),
    Column(INGESTED_AT, "TIMESTAMP WITH TIME ZONE"),
    Column(BATCH_ID, "VARCHAR"),
    Column(LAYER, "VARCHAR"),
)
NO_CONTENT = frozenset((SOURCE_FILE, INGESTED_AT, BATCH_ID))
"""Those that may differ in rows that count as equal; a layer is said in files, as SQL is."""


def with_provenance(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The columns of a source that adds the four. Raises NodeError where one is there already."""
    found = tuple(columns)
    names = {column.name for column in PROVENANCE}
    for column in found:
        if column.name.lower() in names:
            raise NodeError(
                f"the source has a column {column.name!r} of its own, which provenance: adds",
                code="SK0717",
                help="give it another name with query:, or say provenance: false",
            )
    return (*found, *PROVENANCE)


def carries(node: Node, columns: Iterable[Column]) -> bool:
    """Whether a node's rows have all four, from a source that adds them."""
    return node.provenance and set(PROVENANCE) <= set(columns)


def own_layer(node: Node, columns: Iterable[Column]) -> str | None:
    """The layer that the node's rows are said to be of instead of its inputs'."""
    return node.layer if node.source is None and carries(node, columns) else None


def content(node: Node, columns: Iterable[Column]) -> list[Column]:
    """The columns by which a node's rows are compared."""
    found = list(columns)
    if not carries(node, found):
        return found
    return [column for column in found if column.name not in NO_CONTENT]
