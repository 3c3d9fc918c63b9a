"""``list``: the project's nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import (
    environment_option,
    project_options,
    project_root,
    request,
    selection_options,
)
from seeknal.cli.render import count, print_json, print_table
from seeknal.cli.streams import say
from seeknal.kernel.command_options import format_option

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.node import Node


@click.command("list", cls=Command)
@click.argument("nodes", nargs=-1)
@selection_options
@environment_option
@format_option("table", "json", "names")
@project_options
def list_command(
    nodes: tuple[str, ...],
    select: tuple[str, ...],
    format_: str,
    **options: Any,
) -> None:
    """List the project's nodes.

    NODES are selections, as after --select; state:modified is what differs from --env.
    """
    from seeknal.plan.environments import existing
    from seeknal.plan.planning import selected_nodes
    from seeknal.plan.session import load

    wanted = request(command="list", select=(*nodes, *select), **options)
    loaded = load(project_root(), wanted)
    existing(loaded.state.environments, wanted.environment)
    asked = selected_nodes(loaded, wanted)
    chosen = [loaded.project.nodes[id] for id in loaded.graph.order if id in asked]
    if format_ == "json":
        print_json([_answer(node, loaded, wanted) for node in chosen])
    elif format_ == "names":
        for node in chosen:
            print(node.id)
    else:
        _print(chosen)


def _print(nodes: list[Node]) -> None:
    headers = ("node", "type", "layer", "tags", "inputs", "file")
    rows = [
        (
            node.id,
            _type(node),
            node.layer,
            ", ".join(node.tags),
            len(node.parents) or "",
            node.location.file,
        )
        for node in nodes
    ]
    print_table(headers, rows, numeric=(False, False, False, False, True, False))
    say(count(len(nodes), "node"))


def _type(node: Node) -> str:
    if node.source:
        return node.source.type
    if node.does == "delivers":
        return ", ".join(dict.fromkeys(target.type for target in node.targets))
    return "python" if node.python else node.materialized if node.sql else ""


def _answer(node: Node, loaded: Loaded, wanted: Request) -> dict[str, Any]:
    from seeknal.plan.plugin_queries import label_of

    return {
        "node": node.id,
        "kind": node.kind,
        "name": node.name,
        "type": _type(node),
        "description": node.description,
        "owner": node.owner,
        "layer": node.layer,
        "domain": node.domain,
        "tags": list(node.tags),
        "inputs": list(node.parents),
        "children": list(loaded.graph.children[node.id]),
        "targets": [
            {"type": target.type, "label": label_of(loaded, wanted, node, target)}
            for target in node.targets
        ],
        "audits": [{"type": audit.type, "severity": audit.severity} for audit in node.audits],
        "file": node.location.file,
        "line": node.location.line,
    }
