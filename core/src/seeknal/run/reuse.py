"""Nodes that are reused: what is remembered of them, and their results."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from seeknal.values.model import Artifact, Fingerprint, NodeResult, Snapshot, Step


def still_current(
    snapshot: Snapshot, step: Step, fingerprint: Fingerprint, moved: Mapping[str, Artifact]
) -> Snapshot:
    """``snapshot`` with what moved without changing rows, so that it is not looked into again.

    Equal to ``snapshot`` when nothing did. ``moved`` are artifacts that stat shows differently
    though their content is the same, by path.
    """
    forward_only = snapshot.forward_only or (
        fingerprint.content != snapshot.fingerprint.content and snapshot.artifact is not None
    )
    version = step.source_version or snapshot.source_version
    artifact = snapshot.artifact
    if artifact is not None:
        artifact = moved.get(artifact.path, artifact)
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


def reused(step: Step) -> NodeResult:
    """The result of a step that had nothing to do."""
    return NodeResult(node=step.node, status="reused", reason=step.reason)
