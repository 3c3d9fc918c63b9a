"""Nodes that only describe: no steps of a run, known by how they were last defined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal.state.ledger import short
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.plan.categories import Verdict
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Fingerprint

Definitions = Mapping[NodeId, str]
"""Of each such node its definition and the hash of its settings, both short."""


def definitions(
    nodes: Mapping[NodeId, Node], fingerprints: Mapping[NodeId, Fingerprint]
) -> dict[NodeId, str]:
    """How the nodes that only describe are defined now."""
    return {
        id: f"{short(fingerprints[id].content)} {short(fingerprints[id].config)}"
        for id, node in nodes.items()
        if node.does == "describes" and id in fingerprints
    }


def modified(now: Definitions, before: Definitions) -> frozenset[NodeId]:
    """Those whose definition is not the one that was last known, whatever is said of them."""
    return frozenset(
        id for id, text in now.items() if not before.get(id, "").startswith(text.split()[0])
    )


def verdicts(now: Definitions, before: Definitions) -> dict[NodeId, Verdict]:
    """What changed of each since; nothing of those that are as they were."""
    return {
        id: _verdict(text, before.get(id)) for id, text in now.items() if text != before.get(id)
    }


def _verdict(now: str, before: str | None) -> Verdict:
    from seeknal.plan.categories import Verdict
    from seeknal.plan.effects import ALL

    if before is None:
        return Verdict(
            category="ADDED",
            reason="new node",
            explanation="no run of the environment has seen it",
            effect=ALL,
        )
    if before.startswith(now.split()[0]):
        return Verdict(
            category="METADATA",
            reason="description, tags or owner",
            explanation="it means what it meant before",
        )
    return Verdict(
        category="BREAKING",
        reason="definition changed",
        explanation="it may mean something else than before",
        effect=ALL,
    )
