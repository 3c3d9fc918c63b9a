"""What a plan changes and what follows from that: by node, with an action each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from attrs import evolve, field, frozen

from seeknal.graph import Graph
from seeknal.model import Column, Node, NodeId, Plan, Snapshot, Step
from seeknal.plan.categories import Category, categorise

Action = Literal["BUILD", "REBUILD", "REUSE", "REDELIVER", "AUDIT", "UPDATE", "REMOVE"]


@frozen(kw_only=True)
class ColumnChange:
    """A column that comes, goes, or gets another type. ``old``/``new`` are types."""

    name: str
    old: str | None = None
    new: str | None = None
    was: str | None = None
    """The column's earlier name, when only that changed."""


@frozen(kw_only=True)
class Change:
    """One node that a plan affects. ``inherits``: the changed nodes that it reads."""

    node: NodeId
    category: Category
    reason: str
    explanation: str = ""
    action: Action = "REUSE"
    sql_diff: str = ""
    columns: tuple[ColumnChange, ...] = ()
    inherits: tuple[NodeId, ...] = ()
    conditional: bool = False


@frozen(kw_only=True)
class Consequences:
    """Everything that a plan changes. ``seconds``: an estimate, None where nothing is known."""

    changes: tuple[Change, ...] = ()
    seconds: float | None = None
    counts: Mapping[str, int] = field(factory=dict)

    @property
    def direct(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.category != "INDIRECT")


@frozen(kw_only=True)
class Known:
    """What is known beside a plan: old SQL by definition, new columns, earlier durations."""

    sql_of: Callable[[str], str | None] = lambda definition: None
    columns_of: Callable[[NodeId], tuple[Column, ...] | None] = lambda node: None
    durations: Mapping[NodeId, float] = field(factory=dict)


def consequences(
    plan: Plan,
    nodes: Mapping[NodeId, Node],
    graph: Graph,
    snapshots: Mapping[NodeId, Snapshot],
    known: Known,
    *,
    whole: bool = True,
) -> Consequences:
    """What ``plan`` does to ``snapshots``. ``whole``: nodes that are not in it are removed."""
    direct: dict[NodeId, Change] = {}
    for step in plan.steps:
        node, mark = nodes[step.node], plan.fingerprints[step.node]
        verdict = categorise(node, mark, snapshots.get(node.id))
        if verdict is not None:
            direct[node.id] = Change(
                node=node.id,
                category=verdict.category,
                reason=verdict.reason,
                explanation=verdict.explanation,
                action=_action(step, node, snapshots),
                conditional=step.conditional,
            )
    changed = {id for id, change in direct.items() if change.category != "METADATA"}
    found = [
        _detailed(change, nodes[id], snapshots.get(id), known) for id, change in direct.items()
    ]
    found += _indirect(plan, nodes, graph, snapshots, changed, direct)
    if whole:
        found += [_removed(id) for id in snapshots if id not in nodes]
    return Consequences(
        changes=tuple(found),
        seconds=_estimate(plan, known.durations),
        counts=_counts(plan, found),
    )


def _indirect(
    plan: Plan,
    nodes: Mapping[NodeId, Node],
    graph: Graph,
    snapshots: Mapping[NodeId, Snapshot],
    changed: set[NodeId],
    direct: Mapping[NodeId, Change],
) -> list[Change]:
    causes: dict[NodeId, tuple[NodeId, ...]] = {id: (id,) for id in changed}
    found = []
    for step in plan.steps:
        inherited = [
            cause for parent in graph.parents[step.node] for cause in causes.get(parent, ())
        ]
        if not inherited:
            continue
        inherits = tuple(dict.fromkeys(inherited))
        causes[step.node] = tuple(dict.fromkeys((*causes.get(step.node, ()), *inherits)))
        if step.node not in direct:
            found.append(
                Change(
                    node=step.node,
                    category="INDIRECT",
                    reason=f"reads {', '.join(inherits)}",
                    explanation="it runs only if the rows that it reads turn out to be others"
                    if step.conditional
                    else "",
                    action=_action(step, nodes[step.node], snapshots),
                    inherits=inherits,
                    conditional=step.conditional,
                )
            )
    return found


def _removed(id: NodeId) -> Change:
    return Change(
        node=id,
        category="REMOVED",
        reason="no file defines it",
        explanation="it leaves the environment; its targets stay as they are",
        action="REMOVE",
    )


def _action(step: Step, node: Node, snapshots: Mapping[NodeId, Snapshot]) -> Action:
    if step.action == "run":
        if node.kind == "exposure":
            return "UPDATE"
        return "REBUILD" if node.id in snapshots else "BUILD"
    if step.action == "deliver":
        return "UPDATE" if node.kind == "exposure" else "REDELIVER"
    return "AUDIT" if step.action == "audit" else "REUSE"


def _detailed(change: Change, node: Node, snapshot: Snapshot | None, known: Known) -> Change:
    if change.category not in ("BREAKING", "NON_BREAKING") or node.sql is None or snapshot is None:
        return change
    old = known.sql_of(snapshot.fingerprint.content)
    diff = unified(old, node.sql.rendered) if old is not None else ""
    columns = known.columns_of(node.id)
    if columns is None or snapshot.artifact is None:
        return evolve(change, sql_diff=diff)
    return evolve(change, sql_diff=diff, columns=column_changes(snapshot.artifact.columns, columns))


def unified(old: str, new: str) -> str:
    """A unified diff of two texts; empty where they are equal but for spaces at their ends."""
    from difflib import unified_diff

    before, after = old.strip().splitlines(), new.strip().splitlines()
    return "\n".join(list(unified_diff(before, after, lineterm="", n=2))[2:])


def column_changes(old: tuple[Column, ...], new: tuple[Column, ...]) -> tuple[ColumnChange, ...]:
    """Columns by name: those that come, those that go, those of another type."""
    before = {column.name: column.type for column in old}
    after = {column.name: column.type for column in new}
    return (
        *(ColumnChange(name=name, new=kind) for name, kind in after.items() if name not in before),
        *(ColumnChange(name=name, old=kind) for name, kind in before.items() if name not in after),
        *(
            ColumnChange(name=name, old=before[name], new=kind)
            for name, kind in after.items()
            if name in before and before[name] != kind
        ),
    )


def _estimate(plan: Plan, durations: Mapping[NodeId, float]) -> float | None:
    runs = [step.node for step in plan.steps if step.action == "run"]
    known = [durations[id] for id in runs if id in durations]
    return sum(known) if known or not runs else None


def _counts(plan: Plan, changes: list[Change]) -> dict[str, int]:
    found: dict[str, int] = {}
    for change in changes:
        for word in (change.category, change.action):
            found[word] = found.get(word, 0) + 1
    found["reused"] = sum(step.action in ("reuse", "adopt") for step in plan.steps)
    return found
