"""What a scheduler remembers of nodes: for which tick each was run, and what fails since when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, field, frozen

from seeknal.host.files import write_text
from seeknal.scheduling.delays import Delay, is_over
from seeknal.values.faults import Fault
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from pathlib import Path

DELAY = Delay(60)


@frozen(kw_only=True)
class Standing:
    """What is remembered of one node, or of the project as a whole.

    ``tick`` is the last tick of its schedule for which it was run well, in seconds since 1970 UTC.
    ``failures`` counts attempts since then that went wrong, ``retry_at`` is when the next is due.
    ``waits``: ranges of it lack an input. ``told``: somebody was told that it fails, and
    not yet that it is well; ``fault`` says then why it is, where no run of it has ended well.
    ``follows``: it was only skipped, since another node failed. ``failed_at`` is when the last
    attempt that went wrong had ended.
    """

    tick: int | None = None
    failures: int = 0
    retry_at: int = 0
    fault: Fault | None = None
    follows: bool = False
    waits: bool = False
    told: bool = False
    failed_at: int = 0

    @property
    def fails(self) -> bool:
        return self.failures > 0

    def failed(self, fault: Fault, now: int, *, follows: bool = False) -> Standing:
        """After one more attempt that went wrong."""
        return evolve(
            self,
            failures=self.failures + 1,
            retry_at=now + DELAY.after(self.failures),
            fault=fault,
            follows=follows,
            failed_at=now,
        )

    def may_retry(self, now: int) -> bool:
        """Whether it is time for the next attempt."""
        return is_over(self.retry_at, now)


@frozen(kw_only=True)
class Memory:
    """What is remembered of all nodes, and of the project: that it could not be read.

    ``stale`` are nodes whose rows are older than they may be.
    """

    nodes: Mapping[NodeId, Standing] = field(factory=dict)
    project: Standing = Standing()
    stale: Mapping[NodeId, Standing] = field(factory=dict)

    def of(self, id: NodeId) -> Standing:
        """What is remembered of a node, nothing among it."""
        return self.nodes.get(id, Standing())

    def with_nodes(self, changed: Mapping[NodeId, Standing]) -> Memory:
        """With these nodes as they are now; of one about which there is nothing to say, nothing."""
        return evolve(self, nodes=_worth({**self.nodes, **changed}))

    def with_stale(self, found: Mapping[NodeId, Fault]) -> Memory:
        """With these nodes as the ones whose rows are too old."""
        fresh = {id: Standing(told=kept.told) for id, kept in self.stale.items()}
        stale = {
            id: evolve(fresh.get(id, Standing()), failures=1, fault=fault)
            for id, fault in found.items()
        }
        return evolve(self, stale=_worth({**fresh, **stale}))

    def told_stale(self, ids: Iterable[NodeId], *, bad: bool) -> Memory:
        """With it noted that somebody was told that rows are too old, or are that no longer."""
        told = {id: evolve(self.stale[id], told=bad) for id in ids}
        return evolve(self, stale=_worth({**self.stale, **told}))

    def retried(self) -> Memory:
        """With everything that fails due at once."""
        failing = {id: evolve(kept, retry_at=0) for id, kept in self.nodes.items() if kept.fails}
        return self.with_nodes(failing)


def save(path: Path, memory: Memory) -> None:
    """Write what is remembered, atomically and durably. Raises OSError."""
    content = {"schema_version": 1, **asdict(memory)}
    write_text(path, json.dumps(content, indent=1))


def remembered(path: Path) -> Memory | None:
    """What is remembered; None where nothing is yet. Raises ValueError for a damaged file."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    try:
        if content["schema_version"] != 1:
            raise ValueError("of another version of seeknal")
        nodes = {NodeId(id): _standing(kept) for id, kept in content["nodes"].items()}
        stale = {NodeId(id): _standing(kept) for id, kept in content["stale"].items()}
        return Memory(nodes=nodes, project=_standing(content["project"]), stale=stale)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"not what a scheduler has written: {error}") from error


def _worth(nodes: Mapping[NodeId, Standing]) -> dict[NodeId, Standing]:
    """Those of which there is something to say."""
    return {id: kept for id, kept in nodes.items() if kept != Standing()}


def _standing(kept: Mapping[str, Any]) -> Standing:
    fault = kept["fault"]
    return Standing(**{**kept, "fault": Fault(**fault) if fault else None})
