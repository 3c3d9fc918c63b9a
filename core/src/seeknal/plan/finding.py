"""Outputs that are stored already: whether they are whole, and which may be used once more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from attrs import evolve, frozen

from seeknal.plan.merging import is_merged_into
from seeknal.state.composing import with_stats
from seeknal.values.names import NodeId
from seeknal.values.node import Node
from seeknal.values.snapshot import Artifact, Snapshot

if TYPE_CHECKING:
    from seeknal.state.artifacts import Artifacts
    from seeknal.values.plan import Step
    from seeknal.values.snapshot import Fingerprint

Health = Literal["ok", "missing", "damaged"]


@frozen
class Found:
    """A snapshot and where it was found: ``dev``, ``prod@12``."""

    snapshot: Snapshot
    where: str


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
        self,
        node: Node,
        definition: str,
        inputs: Mapping[NodeId, str],
        version: object,
        into: str | None = None,
    ) -> Found | None:
        """A whole output of ``definition`` over the same inputs, or None.

        Of a node that merges by key, made from the output ``into`` as well.
        """
        # What others have made of a node that goes on from its rows came at another moment.
        if node.volatile or node.from_earlier:
            return None
        for found in self.candidates(node.id, definition):
            snapshot = found.snapshot
            if (
                snapshot.artifact is not None
                and snapshot.artifact.typed
                and not (snapshot.failing or snapshot.forward_only)
                and dict(snapshot.inputs) == inputs
                and is_merged_into(snapshot, into)
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


class Verified:
    """Looks at each artifact once per command, and remembers what it saw.

    ``touched`` has the artifacts whose file has another time, or another inode, than was noted
    of it though its content is the same: by path, as they are to be noted from now on.
    """

    def __init__(self, artifacts: Artifacts, deep: bool) -> None:
        self._artifacts = artifacts
        self._deep = deep
        self._seen: dict[str, Health] = {}
        self.touched: dict[str, Artifact] = {}

    def health(self, artifact: Artifact) -> Health:
        """Whether the stored file is what was published."""
        if artifact.path not in self._seen:
            health, found = self._artifacts.verify(artifact, deep=self._deep)
            self._seen[artifact.path] = health
            if found != artifact:
                self.touched[artifact.path] = found
        return self._seen[artifact.path]


def as_found(artifact: Artifact, touched: Mapping[str, Artifact]) -> Artifact:
    """The artifact with what `Verified` saw of its files; ``touched`` is what it remembers."""
    found = touched.get(artifact.path)
    if found is None:
        return artifact
    if not artifact.composed:
        return found
    # Others may be of the same parts and know other things of them.
    return with_stats(artifact, {part.path: part.stat for part in found.parts})


def still_current(
    snapshot: Snapshot, step: Step, fingerprint: Fingerprint, touched: Mapping[str, Artifact]
) -> Snapshot:
    """The snapshot of a node that is reused, with what changed though its rows did not.

    It is on record as new, so that it is not looked into again; the very ``snapshot`` when
    nothing changed. ``touched`` is what `Verified` remembers.
    """
    forward_only = snapshot.forward_only or (
        fingerprint.content != snapshot.fingerprint.content and snapshot.artifact is not None
    )
    version = step.source_version or snapshot.source_version
    artifact = snapshot.artifact
    if artifact is not None:
        artifact = as_found(artifact, touched)
    if (fingerprint, version, artifact) == (
        snapshot.fingerprint,
        snapshot.source_version,
        snapshot.artifact,
    ):
        return snapshot
    return evolve(
        snapshot,
        fingerprint=fingerprint,
        source_version=version,
        artifact=artifact,
        forward_only=forward_only,
    )
