"""What stands at the targets of a connection, held against what the project's files ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plan.plugin_queries import context_of, label_of
from seeknal.sql.quote import quote_name
from seeknal.values.errors import NodeError, SeeknalError
from seeknal.values.names import NodeId
from seeknal.values.relations import Relation

if TYPE_CHECKING:
    from seeknal.kernel.context import StepContext
    from seeknal.kernel.plugin_types import Look
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.node import Node
    from seeknal.values.targets import Target


@frozen(kw_only=True)
class Deployed:
    """A target that was looked at; ``look`` is None where ``error`` says why it could not be."""

    node: NodeId
    target: str
    look: Look | None = None
    error: str = ""


def deployed(loaded: Loaded, request: Request, connection: str) -> Iterator[Deployed]:
    """The targets of a connection that can be looked at, in the order of the graph."""
    for id in loaded.graph.order:
        node = loaded.project.nodes[id]
        for target in node.targets:
            if target.connection != connection:
                continue
            name, context = target.label, _context(loaded, request, node)
            try:
                name = label_of(loaded, request, node, target)
                look = loaded.plugins.hooks.look_at_target(target=target, context=context)
            except SeeknalError as error:
                yield Deployed(node=id, target=name, error=error.message)
                continue
            if look is not None:
                yield Deployed(node=id, target=name, look=look)


def _context(loaded: Loaded, request: Request, node: Node) -> StepContext:
    snapshots = loaded.snapshots(request.environment)

    def columns_of(id: str) -> Relation:
        found = snapshots.get(NodeId(id))
        if found is None or found.columns is None:
            raise NodeError(f"nothing is stored of {id} yet", code="SK0709", help="seeknal run")
        name = quote_name(NodeId(id).kind, NodeId(id).name)
        return Relation(node=NodeId(id), scan=name, columns=found.columns, rows=0)

    def holder(target: Target) -> str:
        found = snapshots.get(target.node)
        known = found.deliveries.get(target.key) if found is not None else None
        there = known is not None and target.node != node.id
        return known.environment if known is not None and there else request.environment

    return evolve(
        context_of(loaded, request, node),
        project=loaded.project.name,
        relation_of=columns_of,
        definition_of=lambda id: loaded.project.nodes[NodeId(id)],
        holder_of=holder,
    )
