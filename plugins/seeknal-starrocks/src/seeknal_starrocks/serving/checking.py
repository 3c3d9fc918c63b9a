"""What is wrong with nodes that run on StarRocks and can be seen without a server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, Problem, find_word
from seeknal_starrocks.engine import connection_name, nowhere, source_there, targets_there
from seeknal_starrocks.serving.options import StarRocksView
from seeknal_starrocks.typename import NAMES

if TYPE_CHECKING:
    from seeknal.plugin import Node, Project


def problems_of(project: Project) -> Iterator[Problem]:
    """Inputs that are not where StarRocks may read them, and nodes of no connection."""
    for node in project.nodes.values():
        if node.engine not in NAMES or node.sql is None:
            continue
        if any(id not in project.nodes for id in node.parents):
            continue
        try:
            connection = _connection(node, project)
        except NodeError as error:
            yield Problem(
                code=error.code,
                message=error.message,
                location=node.location,
                help=error.help,
                node=node.id,
            )
            continue
        if connection is not None:
            yield from _of_inputs(node, connection, project)


def _connection(node: Node, project: Project) -> str | None:
    """On which it runs; None for a view without one, which is told where targets are."""
    views = [target for target in node.targets if isinstance(target.options, StarRocksView)]
    if views or node.does == "delivers":
        return views[0].connection if views else None
    return connection_name(node, project.nodes.__getitem__)


def _of_inputs(node: Node, connection: str, project: Project) -> Iterator[Problem]:
    for entry in node.inputs:
        parent = project.nodes[entry.ref]
        if source_there(parent, connection) or targets_there(parent, connection):
            continue
        error = nowhere(parent.id, connection)
        yield Problem(
            code=error.code,
            message=error.message,
            location=find_word(project.root, entry.location or node.location, str(entry.ref)),
            help=error.help,
            node=node.id,
        )
