"""What is told of a node that fails while a test of it is made of real rows: no private value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.lineage.private import outdated
from seeknal.run.failures import as_checked, explain, may_be_wrong
from seeknal.values.pii import any_pii, pii_columns
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.values.errors import SeeknalError
    from seeknal.values.node import Node

_OF_SQL = "SK0706"
"""What is wrong with SQL whatever the rows."""


class FailsError(Exception):
    """A node fails over whatever rows a test could be made of; ``rows`` are these, in words."""

    def __init__(self, rows: str, cause: Exception) -> None:
        super().__init__(rows)
        self.rows, self.cause = rows, cause


def explained(loaded: Loaded, node: Node, environment: str, error: Exception) -> SeeknalError:
    """What a run would say of what a node has failed with, with the node's name."""
    rows = ""
    if isinstance(error, FailsError):
        rows, error = f" fails over {error.rows}", error.cause
    private = hidden_in(loaded, node, environment)
    code = loaded.project.root / node.python.file if node.python else None
    found = explain(error, node, loaded.project.target, private, code)
    if node.source is None and may_be_wrong(found):
        snapshots = loaded.snapshots(environment)
        found = as_checked(found, node, loaded.project, loaded.plugins, snapshots)
    over = rows if found.code != _OF_SQL else ""
    found.message = scrub(f"{node.id}{over}: {found.message}")
    return found


def hidden_in(loaded: Loaded, node: Node, environment: str) -> frozenset[str]:
    """The columns whose values no message about the rows that a node reads may show."""
    nodes = loaded.project.nodes
    own = pii_columns(nodes, node.id)
    if own or not any_pii(nodes):
        return own
    old = outdated(loaded.fingerprints(), loaded.snapshots(environment))
    if old.isdisjoint(loaded.graph.ancestors([node.id]) | {node.id}):
        return own
    # Rows of an earlier definition may come from any column of the project.
    return frozenset().union(*(pii_columns(nodes, id) for id in nodes))
