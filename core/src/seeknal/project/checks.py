"""What can be wrong between the nodes of a project, and what is only a consequence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.graph.dag import build_graph
from seeknal.kernel.options import MISREAD
from seeknal.values.errors import ProjectError
from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node

_MISREAD = ("SK0105", MISREAD)
UNKNOWN_REF = "SK0310"


def graph_problems(
    nodes: Mapping[NodeId, Node], failed: Collection[NodeId], disabled: Collection[NodeId]
) -> list[Problem]:
    """Inputs that lead nowhere, and circles. ``failed`` nodes exist, but could not be built."""
    found = [
        _disabled(node, entry.ref, entry.location)
        for node in nodes.values()
        for entry in node.inputs
        if entry.ref in disabled
    ]
    nodes = _without(nodes, {*failed, *disabled})
    unresolved = _graph(nodes)
    if not unresolved or unresolved[0].code != UNKNOWN_REF:
        return found + unresolved
    named = {entry.ref for node in nodes.values() for entry in node.inputs}
    return found + unresolved + _graph(_without(nodes, named - nodes.keys()))


def _graph(nodes: Mapping[NodeId, Node]) -> list[Problem]:
    try:
        build_graph(nodes)
    except ProjectError as error:
        return list(error.problems)
    return []


def _without(nodes: Mapping[NodeId, Node], lost: Collection[NodeId]) -> Mapping[NodeId, Node]:
    """``nodes`` as if nobody read ``lost`` ones."""
    if not lost:
        return nodes
    return {
        id: evolve(node, inputs=tuple(entry for entry in node.inputs if entry.ref not in lost))
        for id, node in nodes.items()
    }


def _disabled(node: Node, ref: NodeId, place: Location | None) -> Problem:
    return Problem(
        code="SK0219",
        message=f"{node.id} reads {ref}, which is disabled",
        location=place or node.location,
        help=f"disable {node.id} too, or remove enabled: false from {ref}",
        node=node.id,
    )


def without_consequences(problems: Sequence[Problem], unread: Iterable[str]) -> list[Problem]:
    """``problems`` without those that only follow from others.

    A value that was misread is not complained about again for what it was read as, and a node
    in one of the ``unread`` texts is not said to be missing.
    """
    misread = {problem.location for problem in problems if problem.code in _MISREAD}
    names = {name for text in unread for name in _NAME.findall(text)}
    kept = [
        problem
        for problem in problems
        if (problem.code in _MISREAD or problem.location not in misread)
        and not (problem.code == UNKNOWN_REF and names & _named_in(problem))
    ]
    # A mistake in a macro is found again by every node that uses it.
    once: dict[object, Problem] = {}
    for entry in kept:
        once.setdefault((entry.code, entry.location, entry.message), entry)
    return list(once.values()) or list(problems)


def _named_in(problem: Problem) -> set[str]:
    """Words of a message, but for the node that it is about."""
    return set(_WORD.findall(problem.message)) - {problem.node.name if problem.node else ""}


_NAME = re.compile(r"""\bname\s*[:=]\s*["']?(\w+)""")
_WORD = re.compile(r"\w+")
