"""What a run will do to each node, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from seeknal.values.tracking import Asked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Fingerprint, Snapshot
    from seeknal.values.tracking import Ranges


Action = Literal["run", "reuse", "adopt", "audit", "deliver"]


@frozen(kw_only=True)
class Step:
    """What a plan says about one node: what happens and why.

    ``conditional``: the node runs only if a parent's new output differs from the one it read;
    this is the one decision that a run makes itself.
    """

    node: NodeId
    action: Action
    reason: str
    conditional: bool = False
    otherwise: Action = "reuse"
    """What happens instead when a conditional step finds its inputs unchanged."""
    anew: bool = False
    """A node that merges by key leaves the rows that it has, and starts over."""
    notes: tuple[str, ...] = ()
    """What else has to be known of it, a line each."""
    source_version: object = None
    adopts: Snapshot | None = None
    """For ``adopt``: the output that another environment, or an earlier run, built already."""
    resumes: Snapshot | None = None
    """What the environment had of a node that goes on from its rows, and that was away since."""
    ranges: Ranges | None = None
    """Of a tracked node: what of it is due, as far as that is known before its inputs are."""
    takes: Snapshot | None = None
    """Of a tracked node that is promoted: what the environment has of it that it is taken from."""
    follows: bool = False
    """Of a tracked node: no range is due, it is only redone where its inputs are others."""


@frozen(kw_only=True)
class Plan:
    """The steps of a run in DAG order; a run obeys it."""

    environment: str
    steps: tuple[Step, ...]
    fingerprints: Mapping[NodeId, Fingerprint] = field(factory=dict)
    inlined: frozenset[NodeId] = frozenset()
    """Views that their readers' SQL sees through; they have no artifact."""
    warnings: tuple[str, ...] = ()
    redeliver: bool = False
    """Targets are written again though what they hold is current (``--full``)."""
    asked: Asked = field(factory=Asked)
    """What it is about in time."""
    forward_only: frozenset[NodeId] = frozenset()
    """Nodes that keep the rows of their earlier definition."""
    gone: frozenset[tuple[NodeId, str]] = frozenset()
    """Targets by their keys where nothing stands any more: they are written again too."""

    @property
    def to_run(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action != "reuse")
