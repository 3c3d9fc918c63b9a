"""What a run did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.values.audits import AuditResult
    from seeknal.values.deliveries import Delivery
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.tracking import Spans, Work


Status = Literal["success", "reused", "failed", "skipped", "interrupted"]


@frozen(kw_only=True)
class Read:
    """A node whose rows a step has read, as they were. A view has no count and no artifact."""

    node: NodeId
    layer: str | None = None
    rows: int | None = None
    artifact: str | None = None


@frozen(kw_only=True)
class Transition:
    """From where a step took rows, and which columns came and went on the way.

    ``files`` are those that a source reads, or where else it reads.
    """

    reads: tuple[Read, ...] = ()
    files: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@frozen(kw_only=True)
class NodeResult:
    """How one node's step ended. ``seconds`` is wall time; ``phases`` splits it."""

    node: NodeId
    status: Status
    reason: str
    rows: int | None = None
    seconds: float = 0.0
    phases: Mapping[str, float] = field(factory=dict)
    audits: tuple[AuditResult, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    error: str | None = None
    code: str | None = None
    location: Location | None = None
    help: str | None = None
    notes: tuple[str, ...] = ()
    bytes: int | None = None
    snapshot: Snapshot | None = None
    transition: Transition | None = None
    processed: Spans = ()
    """Of a tracked node: what of it was computed."""
    adopted: Spans = ()
    """And what was built already elsewhere."""
    waiting: Spans = ()
    """And what is due but waits for an input."""
    work: Work | None = None
    """And how much that was."""

    @property
    def ok(self) -> bool:
        return self.status in ("success", "reused") and not self.owed

    @property
    def owed(self) -> tuple[Delivery, ...]:
        """The deliveries that targets did not take."""
        return tuple(entry for entry in self.deliveries if entry.status == "owed")


@frozen(kw_only=True)
class RunSummary:
    """A finished run. ``interrupted`` when a signal ended it."""

    run_id: str
    environment: str
    started_at: str
    seconds: float
    results: tuple[NodeResult, ...]
    interrupted: bool = False
    warnings: tuple[str, ...] = ()
    command: str = ""
    commit: str | None = None
    """The git commit that the files were at."""
    abandoned: tuple[NodeResult, ...] = ()
    """What is owed of nodes that the files do not have any more: nothing can deliver it."""
    left: tuple[str, ...] = ()
    """Targets that a rollback was to take back and could not."""

    @property
    def ok(self) -> bool:
        ended = all(result.ok for result in (*self.results, *self.abandoned))
        return ended and not self.interrupted and not self.left
