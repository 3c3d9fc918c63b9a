"""Does a node's output have the columns that its file speaks of, with the types it promises?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.lineage.beside import (
    CONTRACT_HELP,
    broken_promises,
    contract_message,
    described_problems,
)
from seeknal.values.errors import NodeError
from seeknal.values.model import Column, Node

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


def check_described(node: Node, columns: Sequence[Column], root: Path) -> None:
    """Raise NodeError for a column of keys, of times or with values to hide that is missing."""
    names = [column.name for column in columns]
    wrong = [entry for entry in described_problems(node, names, root) if entry.severity == "error"]
    if wrong:
        raise NodeError(
            "; ".join(entry.message for entry in wrong),
            code=wrong[0].code,
            location=wrong[0].location,
            help=wrong[0].help,
        )
