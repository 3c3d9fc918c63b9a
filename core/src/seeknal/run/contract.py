"""Does a node's output keep the types that its file promises?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.errors import NodeError
from seeknal.lineage.beside import CONTRACT_HELP, broken_promises, contract_message
from seeknal.model import Column, Node

if TYPE_CHECKING:
    import duckdb


def check_contract(
    node: Node, columns: Sequence[Column], cursor: duckdb.DuckDBPyConnection
) -> None:
    """Raise NodeError that lists every promised column that is missing or has another type."""
    broken = [text for _, text in broken_promises(node, columns, cursor)]
    if broken:
        raise NodeError(
            contract_message(node, broken),
            code="SK0713",
            location=node.location,
            help=CONTRACT_HELP,
        )
