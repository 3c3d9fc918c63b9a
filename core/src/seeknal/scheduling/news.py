"""What is worth telling others: nodes that begin to fail, and nodes that have recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from seeknal.scheduling.memory import Fault, Memory
    from seeknal.values.names import NodeId

Type = Literal["run.failed", "run.recovered"]
_PROJECT = "the project"
_SHOWN = 5


@frozen(kw_only=True)
class News:
    """One message: nodes that begin to fail, or that are well again. Node None is the project."""

    type: Type
    faults: tuple[tuple[NodeId | None, Fault | None], ...]

    def text(self, project: str, environment: str) -> str:
        """In words, for people."""
        names = [str(id or _PROJECT) for id, _ in self.faults]
        shown = ", ".join(names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        verb = "failed" if self.type == "run.failed" else "recovered"
        text = f"{project} ({environment}): {shown}{more} {verb}"
        first = self.faults[0][1]
        return f"{text}: {first.message}" if self.type == "run.failed" and first else text

    def body(
        self, project: str, environment: str, run_id: str | None, now: datetime
    ) -> dict[str, Any]:
        """The message, for programs; ``text`` is what chats show of it."""
        return {
            "type": self.type,
            "timestamp": now.isoformat(),
            "text": self.text(project, environment),
            "data": {
                "project": project,
                "environment": environment,
                "run_id": run_id,
                "nodes": self._nodes(),
            },
        }

    def _nodes(self) -> list[dict[str, Any]]:
        return [
            {
                "node": id,
                "error": fault.message if fault else None,
                "code": fault.code if fault else None,
                "help": fault.help if fault else None,
            }
            for id, fault in self.faults
        ]


def news_of(before: Memory, now: Memory) -> tuple[News, ...]:
    """What nobody was told of yet. Nodes that were only skipped follow others, which are told."""
    failed: list[tuple[NodeId | None, Fault | None]] = [
        (id, standing.fault)
        for id, standing in now.nodes.items()
        if standing.fails and not standing.told and not standing.follows
    ]
    if now.project.fails and not now.project.told:
        failed.insert(0, (None, now.project.fault))
    well: list[tuple[NodeId | None, Fault | None]] = [
        (id, None)
        for id, standing in before.nodes.items()
        if standing.told and not now.of(id).fails
    ]
    if before.project.told and not now.project.fails:
        well.insert(0, (None, None))
    found: Iterable[News] = (
        News(type="run.failed", faults=tuple(failed)),
        News(type="run.recovered", faults=tuple(well)),
    )
    return tuple(each for each in found if each.faults)


def told(memory: Memory) -> Memory:
    """With everything that fails by itself noted as told of."""
    changed = {
        id: evolve(standing, told=True)
        for id, standing in memory.nodes.items()
        if standing.fails and not standing.follows
    }
    project = memory.project
    if project.fails:
        project = evolve(project, told=True)
    return evolve(memory.with_nodes(changed), project=project)
