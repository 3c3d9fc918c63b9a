"""What is worth telling others: nodes that begin to fail, and nodes that have recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, frozen

if TYPE_CHECKING:
    from datetime import datetime

    from seeknal.scheduling.memory import Fault, Memory, Standing
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


def news_of(memory: Memory) -> tuple[News, ...]:
    """What nobody was told of yet. Nodes that were only skipped follow others, which are told."""
    standings: list[tuple[NodeId | None, Standing]] = [(None, memory.project)]
    standings += memory.nodes.items()
    failed = tuple(
        (id, standing.fault)
        for id, standing in standings
        if standing.fails and not standing.told and not standing.follows
    )
    well = tuple((id, None) for id, standing in standings if standing.told and not standing.fails)
    found = (News(type="run.failed", faults=failed), News(type="run.recovered", faults=well))
    return tuple(each for each in found if each.faults)


def told(memory: Memory, news: News) -> Memory:
    """With it noted that somebody was told so of these nodes."""
    fails = news.type == "run.failed"
    ids = [id for id, _ in news.faults]
    changed = {id: evolve(memory.of(id), told=fails) for id in ids if id is not None}
    project = evolve(memory.project, told=fails) if None in ids else memory.project
    return evolve(memory.with_nodes(changed), project=project)
