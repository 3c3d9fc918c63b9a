"""Nodes that only describe: no steps of a run, known by how they were last defined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal.state.ledger import short
from seeknal.values.digests import digest
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.plan.categories import Verdict
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Fingerprint

Definitions = Mapping[NodeId, str]
"""Of each such node its definition and the hash of its settings, both short.

Then the definition of each column alone, and of the rest, where its options tell them apart.
"""


def definitions(
    nodes: Mapping[NodeId, Node],
    fingerprints: Mapping[NodeId, Fingerprint],
    before: Definitions,
) -> dict[NodeId, str]:
    """How the nodes that only describe are defined now, as they were ``before`` where they are."""
    return {
        id: _defined(node, fingerprints[id], before.get(id, ""))
        for id, node in nodes.items()
        if node.does == "describes" and id in fingerprints
    }


def _defined(node: Node, fingerprint: Fingerprint, before: str) -> str:
    said = [short(fingerprint.content), short(fingerprint.config)]
    # Options are made of what is remembered of a project only where they are asked for.
    return before if before.split()[:2] == said else " ".join((*said, *_parts(node)))


def modified(now: Definitions, before: Definitions) -> frozenset[NodeId]:
    """Those whose definition is not the one that was last known, whatever is said of them."""
    return frozenset(
        id for id, text in now.items() if not before.get(id, "").startswith(text.split()[0])
    )


def verdicts(
    now: Definitions, before: Definitions, nodes: Mapping[NodeId, Node]
) -> dict[NodeId, Verdict]:
    """What changed of each since; nothing of those that are as they were."""
    return {
        id: _verdict(text, before.get(id), nodes[id])
        for id, text in now.items()
        if text.split()[:2] != before.get(id, "").split()[:2]
    }


def _columns(node: Node) -> Mapping[str, str]:
    """What each column means alone, as the node's options say, with the rest under ``""``."""
    told = getattr(node.options, "by_column", None)
    return told() if callable(told) else {}


def _parts(node: Node) -> list[str]:
    return [f"{short(digest(name))}:{short(digest(text))}" for name, text in _columns(node).items()]


def _changed(now: str, before: str, node: Node) -> frozenset[str] | None:
    """The columns that are new or mean something else; None: anything may."""
    old, new = (dict(each.split(":") for each in text.split()[2:]) for text in (before, now))
    names = {short(digest(name)): name for name in _columns(node)}
    changed = {names[key] for key, text in new.items() if old.get(key) != text}
    return (
        frozenset(changed) if changed and "" not in changed and old.keys() <= new.keys() else None
    )


def _verdict(now: str, before: str | None, node: Node) -> Verdict:
    from seeknal.plan.categories import Verdict
    from seeknal.plan.effects import ALL, Effect

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
    if (changed := _changed(now, before, node)) is not None:
        return Verdict(
            category="NON_BREAKING",
            reason=f"definition changed: {', '.join(sorted(changed))}",
            explanation="all else means what it meant before",
            effect=Effect(columns=changed),
        )
    return Verdict(
        category="BREAKING",
        reason="definition changed",
        explanation="it may mean something else than before",
        effect=ALL,
    )
