"""What the processes of a scheduler answer, as values: what is due when, and how a run went."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.graph.agenda import Entry
from seeknal.scheduling.due import Ended
from seeknal.values.errors import LockHeld
from seeknal.values.faults import Fault
from seeknal.values.names import NodeId
from seeknal.values.schedule import Schedule
from seeknal.values.several import a_few

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seeknal.scheduling.child import Answer

_WELL = ("success", "reused")


@frozen(kw_only=True)
class Reading:
    """A project as it was read: its nodes with schedules, and when untracked ones were made.

    Of ``lacking`` nodes no rows are stored. ``warnings`` are what is to be told of it.
    """

    entries: tuple[Entry, ...] = ()
    made_at: Mapping[NodeId, int] = field(factory=dict)
    lacking: frozenset[NodeId] = frozenset()
    project: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def known(self) -> frozenset[NodeId]:
        """The nodes that are due by a schedule, and those that run along with them."""
        along = (id for entry in self.entries for id in entry.along)
        return frozenset((*(entry.node for entry in self.entries), *along))


@frozen(kw_only=True)
class Run:
    """A run that has ended. ``fault``: it went wrong as a whole, and of no node is anything known.

    ``locked``: another command was writing; ``refused``: the project is wrong. ``stopped`` counts
    the nodes that a stop of the scheduler kept from their end.
    """

    ended: Mapping[NodeId, Ended] = field(factory=dict)
    fault: Fault | None = None
    run_id: str | None = None
    seconds: float = 0.0
    stopped: int = 0
    locked: bool = False
    refused: bool = False


def reading_of(answer: Answer) -> Reading | Fault:
    """What ``schedule list`` has found, or why it could not."""
    content = answer.content
    if answer.code or "nodes" not in content:
        return fault_of(answer)
    entries = []
    for found in content["nodes"]:
        id = NodeId(found["node"])
        entries.append(
            Entry(
                node=id,
                schedule=Schedule(text=found["schedule"], timezone=found["timezone"]),
                along=tuple(map(NodeId, found["along"])),
                above=tuple(map(NodeId, found["above"])),
            )
        )
    made_at = {
        NodeId(found["node"]): int(datetime.fromisoformat(found["made_at"]).timestamp())
        for found in (*content["nodes"], *content["others"])
        if found["made_at"] and not found["tracked"]
    }
    lacking = (NodeId(found["node"]) for found in content["nodes"] if not found["stored"])
    return Reading(
        entries=tuple(entries),
        made_at=made_at,
        lacking=frozenset(lacking),
        project=content["project"],
        warnings=tuple(problem["message"] for problem in content["problems"]),
    )


def run_of(answer: Answer, *, stopped: bool) -> Run:
    """How a run went. ``stopped``: the scheduler told it to end, which is no fault of its nodes."""
    content = answer.content
    if "nodes" not in content:
        code = (content.get("error") or {}).get("code")
        return Run(
            fault=None if stopped else fault_of(answer),
            locked=code == LockHeld.default_code,
            refused=answer.code == 2,
        )
    ended = {NodeId(found["node"]): _ended(found) for found in content["nodes"]}
    well = {id: each for id, each in ended.items() if each.status == "ok"} if stopped else ended
    return Run(
        ended=well,
        run_id=content.get("run_id"),
        seconds=content.get("seconds", 0.0),
        stopped=len(ended) - len(well),
    )


def stale_of(answer: Answer) -> tuple[int, dict[NodeId, Fault]] | None:
    """How many nodes ``freshness`` has looked at, and which are too old; None: it could not."""
    nodes = answer.content.get("nodes")
    if nodes is None:
        return None
    stale = {
        NodeId(found["node"]): Fault(message=_aged(found))
        for found in nodes
        if found["status"] == "error"
    }
    return len(nodes), stale


def _aged(found: Mapping[str, Any]) -> str:
    newest = f"newest {found['newest']}: " if found.get("newest") else ""
    return f"{newest}{found['message']}"


def fault_of(answer: Answer) -> Fault:
    """Why a process gave no answer, as far as it said so."""
    error = answer.content.get("error")
    if error:
        return Fault(
            message=what_failed(answer.content),
            code=error.get("code"),
            help=error.get("help"),
        )
    if answer.code < 0:
        # What it said before is no reason.
        return Fault(message=f"the process {answer.ending}")
    said = f": {answer.said.splitlines()[-1]}" if answer.said else ""
    return Fault(message=f"the process {answer.ending}{said}")


def what_failed(content: Mapping[str, Any]) -> str:
    """What a command that failed says in its answer, each thing with its place, in one line."""
    problems: Sequence[Mapping[str, Any]] = content.get("problems") or [content["error"]]
    return a_few([*map(_place, problems)], between="; ")


def _place(problem: Mapping[str, Any]) -> str:
    file, line = problem.get("file"), problem.get("line")
    place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
    return f"{place}{problem.get('message')}"


def _ended(found: Mapping[str, Any]) -> Ended:
    waits = bool((found.get("ranges") or {}).get("waiting"))
    status = found["status"]
    owed = [target for target in found.get("targets") or () if target.get("status") == "owed"]
    if status in _WELL and not owed:
        return Ended(status="ok", waits=waits)
    if status in _WELL:
        return Ended(status="failed", fault=_owed(owed), waits=waits)
    error = found.get("error") or {}
    fault = Fault(
        message=error.get("message") or found.get("reason") or status,
        code=error.get("code"),
        help=error.get("help"),
    )
    return Ended(status="skipped" if status == "skipped" else "failed", fault=fault, waits=waits)


def _owed(owed: Sequence[Mapping[str, Any]]) -> Fault:
    first = owed[0]
    error = first.get("error") or {}
    target = first.get("label") or first.get("type") or "a target"
    return Fault(
        message=f"{target} is owed a delivery: {error.get('message') or 'it was not taken'}",
        code=error.get("code"),
        help=error.get("help"),
    )
