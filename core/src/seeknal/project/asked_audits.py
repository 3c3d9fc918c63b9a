"""Audits that nodes of plugins' kinds ask of other nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.values.errors import PluginError

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.audits import Audit
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.problems import Problems
    from seeknal.values.project import Calendar


def with_asked_audits(
    nodes: Mapping[NodeId, Node], calendar: Calendar, plugins: Plugins, problems: Problems
) -> dict[NodeId, Node]:
    """``nodes`` with the audits that others ask of them; what has no rows is told.

    Raises PluginError for an audit of a type that the plugin that asks has not declared.
    """
    found = dict(nodes)
    for node in nodes.values():
        for audit in _asked_by(node, nodes, calendar, plugins):
            asked = found.get(audit.node)
            if asked is None:
                # Why it is not there is told where it is read.
                continue
            if not plugins.kinds[asked.kind].produces_rows:
                message = f"{node.id} asks {audit.node} an audit, and it has no rows to audit"
                help = "name a node that has rows"
                problems.of(node.id).add("SK0904", message, audit.location, help)
            else:
                found[asked.id] = evolve(asked, audits=(*asked.audits, audit))
    return found


def _asked_by(
    node: Node, nodes: Mapping[NodeId, Node], calendar: Calendar, plugins: Plugins
) -> Iterator[Audit]:
    owner = plugins.owner("kind", node.kind)
    for audit in plugins.hooks.node_audits(owner, node=node, nodes=nodes, calendar=calendar) or ():
        declared = plugins.audit_types.get(audit.type)
        if declared is None or not isinstance(audit.options, declared.options):
            raise PluginError(
                f"plugin {owner!r} asks for an audit of type {audit.type!r} with options that"
                " are not of that type",
                code="SK1005",
                help="it is a defect of the plugin: tell those who maintain it",
            )
        location = audit.location or node.location
        yield evolve(audit, declared_by=node.id, location=location)
