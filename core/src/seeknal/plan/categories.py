"""What kind of change a node's new definition is: the one place that decides it."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.fingerprint import audits_key, config_hash
from seeknal.model import Fingerprint, Node, Snapshot

Category = Literal["ADDED", "REMOVED", "METADATA", "NON_BREAKING", "BREAKING", "INDIRECT"]


@frozen(kw_only=True)
class Verdict:
    """A category, what changed in a few words, and why that is the category."""

    category: Category
    reason: str
    explanation: str


def categorise(node: Node, mark: Fingerprint, snapshot: Snapshot | None) -> Verdict | None:
    """The category of a node's own change since ``snapshot``; None for no change.

    What only looks different, such as other spaces or comments, is no change. Every other
    definition is BREAKING: nothing is assumed of rows that were not computed.
    """
    if snapshot is None:
        return Verdict(
            category="ADDED", reason="new node", explanation="the environment has no output of it"
        )
    if mark.content != snapshot.fingerprint.content:
        return _definition(node, snapshot)
    if config_hash(node) == snapshot.fingerprint.config:
        return None
    return Verdict(
        category="METADATA",
        reason=_settings(node, snapshot),
        explanation="its rows are computed as before",
    )


def _definition(node: Node, snapshot: Snapshot) -> Verdict | None:
    if snapshot.dated == node.definition:
        # Another day is no change of the files.
        return None
    what = "SQL" if node.sql else "Python code" if node.python else "definition"
    return Verdict(
        category="BREAKING",
        reason=f"{what} changed",
        explanation="its rows may be others: whatever reads it is looked at again",
    )


def _settings(node: Node, snapshot: Snapshot) -> str:
    changed = []
    if audits_key(node.audits) != snapshot.audits_key:
        changed.append("audits")
    if {target.key for target in node.targets} != set(snapshot.deliveries):
        changed.append("targets")
    return ", ".join(changed) or "description, tags or owner"
