"""How old a node's newest rows may be, and how old they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from seeknal.values.durations import age_text

if TYPE_CHECKING:
    from datetime import datetime

    from seeknal.values.durations import Duration
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot

FreshnessStatus = Literal["pass", "warn", "error"]


@frozen(kw_only=True)
class Freshness:
    """What a node's file says of the age of its rows; one of the limits is there at least.

    Both have a length in seconds. ``column`` holds when a row is from, in ``timezone`` where its
    values name no zone; ``filter`` is SQL for the rows that are looked at. Without a column the
    node's ranges of time tell, or its runs.
    """

    warn_after: Duration | None = None
    error_after: Duration | None = None
    column: str | None = None
    filter: str | None = None
    timezone: str = "UTC"

    def status_of(self, age: float) -> FreshnessStatus:
        """What rows of that many seconds are."""
        if self.error_after is not None and age > self.error_after.seconds:
            return "error"
        return "warn" if self.warn_after is not None and age > self.warn_after.seconds else "pass"

    @property
    def told(self) -> str:
        """Its limits in words."""
        limits = (("warn", self.warn_after), ("error", self.error_after))
        return ", ".join(f"{what} after {limit}" for what, limit in limits if limit is not None)


@frozen(kw_only=True)
class FreshnessResult:
    """How fresh a node is in one environment, at the moment ``at``.

    ``newest`` is the moment that its age counts from and ``age`` that in seconds; None where there
    is none, and where they are values of a column that is shown to nobody. ``why`` says what the
    moment is of, or why there is none.
    """

    node: NodeId
    limits: Freshness
    status: FreshnessStatus
    at: datetime
    why: str
    newest: datetime | None = None
    age: float | None = None

    @property
    def told(self) -> str:
        """The same in a line."""
        aged = f", {age_text(self.age)} old" if self.age is not None else ""
        return f"{self.status}{aged} ({self.limits.told}): {self.why}"

    @property
    def answer(self) -> dict[str, Any]:
        """The same for programs."""
        limits = self.limits
        return {
            "status": self.status,
            "newest": self.newest.isoformat() if self.newest else None,
            "age_seconds": self.age,
            "warn_after_seconds": limits.warn_after.seconds if limits.warn_after else None,
            "error_after_seconds": limits.error_after.seconds if limits.error_after else None,
            "column": limits.column,
            "filter": limits.filter,
            "message": self.why,
        }


def is_moment(type: str) -> bool:
    """Whether a column of that type says when."""
    return type.startswith(("DATE", "TIMESTAMP")) and not type.endswith("]")


def by_runs(node: Node) -> bool:
    """Whether it is runs that tell how fresh a node is: it has neither a column nor ranges."""
    return node.freshness is not None and node.freshness.column is None and node.tracking is None


def is_confirmed(node: Node, snapshot: Snapshot) -> bool:
    """Whether a run that kept the rows of a node has looked at what they were made of.

    It has not where a source is only read when that is due, or by hand.
    """
    if node.source is None:
        return True
    return node.source.refresh in (None, "on_change") and snapshot.source_version is not None
