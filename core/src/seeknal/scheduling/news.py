"""What is worth telling others: nodes that fail or grow stale, and nodes that have recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, frozen

from seeknal.values.several import a_few

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from seeknal.scheduling.memory import Memory, Standing
    from seeknal.values.faults import Fault
    from seeknal.values.names import NodeId

Type = Literal["run.failed", "run.recovered", "freshness.failed", "freshness.recovered"]
_VERBS: dict[Type, str] = {
    "run.failed": "failed",
    "run.recovered": "recovered",
    "freshness.failed": "too old",
    "freshness.recovered": "fresh again",
}
Faults = tuple[tuple["NodeId | None", "Fault | None"], ...]
_PROJECT = "the project"


@frozen(kw_only=True)
class News:
    """One message: nodes that begin to fail or to be too old, or that are well again.

    Node None is the project.
    """

    type: Type
    faults: Faults

    def text(self, project: str, environment: str) -> str:
        """In words, for people."""
        names = a_few([str(id or _PROJECT) for id, _ in self.faults])
        text = f"{project} ({environment}): {names} {_VERBS[self.type]}"
        first = self.faults[0][1]
        return f"{text}: {first.message}" if first else text

    @property
    def is_bad(self) -> bool:
        return self.type in ("run.failed", "freshness.failed")

    @property
    def is_of_age(self) -> bool:
        return self.type in ("freshness.failed", "freshness.recovered")

    def body(
        self, project: str, environment: str, run_id: str | None, now: datetime
    ) -> dict[str, Any]:
        """The message, for programs; ``text`` is what chats show of it."""
        data = {"run_id": run_id, "nodes": self._nodes()}
        return _body(self.type, self.text(project, environment), project, environment, now, data)

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


def test_message(project: str, environment: str, now: datetime) -> dict[str, Any]:
    """A message that tells of nothing, to see that it arrives."""
    text = f"{project} ({environment}): a test message of seeknal scheduler notify"
    return _body("test", text, project, environment, now, {"run_id": None, "nodes": []})


def _body(
    type: str,
    text: str,
    project: str,
    environment: str,
    now: datetime,
    data: Mapping[str, Any],
) -> dict[str, Any]:
    about = {"project": project, "environment": environment, **data}
    return {"type": type, "timestamp": now.isoformat(), "text": text, "data": about}


def news_of(memory: Memory) -> tuple[News, ...]:
    """What nobody was told of yet. Nodes that were only skipped follow others, which are told."""
    runs: list[tuple[NodeId | None, Standing]] = [(None, memory.project), *memory.nodes.items()]
    found = (
        News(type="run.failed", faults=_bad(runs)),
        News(type="run.recovered", faults=_well(runs)),
        News(type="freshness.failed", faults=_bad(memory.stale.items())),
        News(type="freshness.recovered", faults=_well(memory.stale.items())),
    )
    return tuple(each for each in found if each.faults)


def _bad(standings: Iterable[tuple[NodeId | None, Standing]]) -> Faults:
    return tuple(
        (id, standing.fault)
        for id, standing in standings
        if standing.fails and not standing.told and not standing.follows
    )


def _well(standings: Iterable[tuple[NodeId | None, Standing]]) -> Faults:
    return tuple(
        (id, standing.fault) for id, standing in standings if standing.told and not standing.fails
    )


def told(memory: Memory, news: News) -> Memory:
    """With it noted that somebody was told so of these nodes."""
    ids = [id for id, _ in news.faults if id is not None]
    if news.is_of_age:
        return memory.told_stale(ids, bad=news.is_bad)
    changed = {id: _told(memory.of(id), news) for id in ids}
    project = memory.project
    if any(id is None for id, _ in news.faults):
        project = evolve(project, told=news.is_bad)
    return evolve(memory.with_nodes(changed), project=project)


def _told(standing: Standing, news: News) -> Standing:
    return evolve(standing, told=news.is_bad, fault=standing.fault if news.is_bad else None)
