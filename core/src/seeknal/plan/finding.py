"""Outputs that were built already: by another environment, or before the files changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from attrs import frozen

from seeknal.values.model import Artifact, Node, NodeId, Snapshot

Health = Literal["ok", "missing", "damaged"]


@frozen
class Found:
    """A snapshot and where it was found: ``dev``, ``prod@12``."""

    snapshot: Snapshot
    place: str


@frozen(kw_only=True)
class Finder:
    """Finds what a node would compute again.

    ``candidates`` gives snapshots of a node and a definition, newest first; ``is_fresh`` whether
    what a snapshot read from outside is still what is there.
    """

    candidates: Callable[[NodeId, str], Iterable[Found]]
    is_fresh: Callable[[Node, Snapshot, object], bool]
    health_of: Callable[[Artifact], Health]

    def find(
        self, node: Node, definition: str, inputs: Mapping[NodeId, str], version: object
    ) -> Found | None:
        """A whole output of ``definition`` over the same inputs, or None."""
        if node.volatile:
            return None
        for found in self.candidates(node.id, definition):
            snapshot = found.snapshot
            if (
                snapshot.artifact is not None
                and snapshot.artifact.typed
                and not (snapshot.failing or snapshot.forward_only)
                and dict(snapshot.inputs) == inputs
                and self.is_fresh(node, snapshot, version)
                and self.health_of(snapshot.artifact) == "ok"
            ):
                return found
        return None


NOTHING = Finder(
    candidates=lambda node, definition: (),
    is_fresh=lambda node, snapshot, version: False,
    health_of=lambda artifact: "missing",
)
"""For a run that takes nothing over."""
