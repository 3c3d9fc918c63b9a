"""What a plan changes and what follows from that: by node, with an action each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.kernel.plugin_types import Section
from seeknal.lineage.model import NodeLineage
from seeknal.plan.categories import Before, categorise
from seeknal.plan.described import definitions
from seeknal.plan.described import verdicts as those_described
from seeknal.plan.effects import ALL, NONE, inherited
from seeknal.values.changes import Change, ColumnChange
from seeknal.values.names import NodeId
from seeknal.values.plan import Step

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.plan.categories import Verdict
    from seeknal.plan.effects import Effect
    from seeknal.values.changes import Action
    from seeknal.values.column_lineage import ColumnRef
    from seeknal.values.columns import Column
    from seeknal.values.estimates import Estimate
    from seeknal.values.node import Node
    from seeknal.values.plan import Plan
    from seeknal.values.snapshot import Snapshot


@frozen(kw_only=True)
class Consequences:
    """Everything that a plan changes. ``seconds``: an estimate, None where nothing is known.

    ``estimates`` are those of the ranges that tracked nodes process, where any are known.

    ``sections`` is what plugins say of it, and ``warnings`` which of them could not.
    """

    changes: tuple[Change, ...] = ()
    seconds: float | None = None
    estimates: Mapping[NodeId, Estimate] = field(factory=dict)
    counts: Mapping[str, int] = field(factory=dict)
    sections: tuple[Section, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def direct(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.category != "INDIRECT")


@frozen(kw_only=True)
class Known:
    """What is known beside a plan.

    ``before`` is what a definition was, ``sql_of`` its SQL as users wrote it. ``lineage`` gives
    what a node reads as it is now, ``lineage_before`` what it read of its inputs as they were;
    ``other_meaning`` whether its SQL means something else over the new columns of its inputs.
    """

    before: Callable[[str], Before | None] = lambda definition: None
    sql_of: Callable[[str], str | None] = lambda definition: None
    lineage: Callable[[NodeId], NodeLineage | None] = lambda node: None
    lineage_before: Callable[[NodeId], NodeLineage | None] = lambda node: None
    other_meaning: Callable[[NodeId], bool] = lambda node: True
    durations: Mapping[NodeId, float] = field(factory=dict)
    estimates: Mapping[NodeId, Estimate] = field(factory=dict)

    def columns_of(self, node: NodeId) -> tuple[Column, ...] | None:
        found = self.lineage(node)
        return found.columns if found is not None and found.known else None


def consequences(
    plan: Plan,
    nodes: Mapping[NodeId, Node],
    graph: Graph,
    snapshots: Mapping[NodeId, Snapshot],
    known: Known,
    *,
    whole: bool = True,
    disabled: Collection[NodeId] = (),
    described: Mapping[NodeId, str] | None = None,
) -> Consequences:
    """What ``plan`` does to ``snapshots``. ``whole``: nodes that are not in it are removed.

    ``disabled`` are those that files define, but leave out. ``described`` is how nodes that only
    describe were last defined, where they are to be told of.
    """
    before = described or {}
    steps = _told_of(plan, nodes, graph)
    verdicts = _verdicts(plan, nodes, snapshots, known)
    if whole and described is not None:
        verdicts |= those_described(definitions(nodes, plan.fingerprints, before), before, nodes)
    effects = _effects(steps, graph, verdicts, known)
    found = [
        _direct(step, nodes[step.node], verdicts[step.node], effects, graph, snapshots, known)
        for step in steps
        if step.node in verdicts
    ]
    found += _indirect(steps, nodes, graph, snapshots, verdicts, effects)
    if whole:
        gone = [NodeId(id) for id in (*snapshots, *before) if id not in nodes]
        found += [_removed(id, id in disabled) for id in gone]
    return Consequences(
        changes=tuple(found),
        seconds=_seconds(plan, known),
        estimates=known.estimates,
        counts=_counts(plan, found),
    )


def _told_of(plan: Plan, nodes: Mapping[NodeId, Node], graph: Graph) -> tuple[Step, ...]:
    """The steps, and as steps that do nothing the nodes that only describe, in their order."""
    if not any(node.does == "describes" for node in nodes.values()):
        return plan.steps
    steps = {step.node: step for step in plan.steps}
    for id, node in nodes.items():
        if node.does == "describes":
            steps[id] = Step(node=id, action="reuse", reason="only describes")
    return tuple(steps[id] for id in graph.order if id in steps)


def _verdicts(
    plan: Plan, nodes: Mapping[NodeId, Node], snapshots: Mapping[NodeId, Snapshot], known: Known
) -> dict[NodeId, Verdict]:
    found = {}
    for step in plan.steps:
        snapshot = snapshots.get(step.node)
        before = known.before(snapshot.fingerprint.content) if snapshot else None
        verdict = categorise(
            nodes[step.node],
            plan.fingerprints[step.node],
            snapshot,
            before,
            known.columns_of(step.node) if before else None,
            _inputs(nodes[step.node], known) if before else None,
        )
        # A rule has no output of its own: whether it is new cannot be told.
        if verdict is not None and nodes[step.node].does != "checks":
            found[step.node] = verdict
    return found


def _inputs(node: Node, known: Known) -> dict[NodeId, tuple[Column, ...]] | None:
    """The columns of what a node reads, where all are known."""
    found = {parent: known.columns_of(parent) for parent in node.parents}
    told = {parent: columns for parent, columns in found.items() if columns is not None}
    return told if len(told) == len(found) else None


def _effects(
    steps: Sequence[Step], graph: Graph, verdicts: Mapping[NodeId, Verdict], known: Known
) -> dict[NodeId, Effect]:
    """What the changes make of each node's output; nodes that they leave alone are not in it."""
    found: dict[NodeId, Effect] = {}
    for step in steps:
        verdict = verdicts.get(step.node)
        effect = verdict.effect if verdict else NONE
        parents = {parent: found[parent] for parent in graph.parents[step.node] if parent in found}
        if parents and not effect.rows:
            effect |= _inherited(step.node, parents, known)
        if effect:
            found[step.node] = effect
    return found


def _inherited(node: NodeId, parents: Mapping[NodeId, Effect], known: Known) -> Effect:
    lineage = known.lineage(node)
    if lineage is None:
        return ALL
    other = any(effect.reshapes for effect in parents.values()) and known.other_meaning(node)
    return inherited(lineage, parents, other_meaning=other)


def _direct(
    step: Step,
    node: Node,
    verdict: Verdict,
    effects: Mapping[NodeId, Effect],
    graph: Graph,
    snapshots: Mapping[NodeId, Snapshot],
    known: Known,
) -> Change:
    category, explanation = verdict.category, verdict.explanation
    reached = [
        child
        for child in graph.children[node.id]
        if child in effects
        and effects[child].shows
        and _reaches(node.id, verdict.effect, child, known)
    ]
    if category == "NON_BREAKING" and reached:
        category = "BREAKING"
        explanation = f"{explanation}; {', '.join(reached)} {_reads(reached)} what changed"
    elif category == "NON_BREAKING" and verdict.effect:
        explanation = f"{explanation}; nothing reads what changed"
    not_described = node.does != "describes"
    change = Change(
        node=node.id,
        category=category,
        reason=verdict.reason,
        explanation=explanation,
        action=_action(step, node, snapshots) if verdict.effect or not_described else "REUSE",
        conditional=step.conditional,
        touched=_touched(effects.get(node.id, NONE)),
    )
    detailed = _detailed(change, node, snapshots.get(node.id), known, verdict.renamed)
    columns = tuple(_with_lineage(column, node.id, graph, known) for column in detailed.columns)
    return evolve(detailed, columns=columns)


def _reads(names: Sequence[NodeId]) -> str:
    return "reads" if len(names) == 1 else "read"


def _reaches(node: NodeId, effect: Effect, child: NodeId, known: Known) -> bool:
    return _inherited(child, {node: effect}, known).shows


def _with_lineage(change: ColumnChange, node: NodeId, graph: Graph, known: Known) -> ColumnChange:
    """What a column that comes is computed from, and who reads one that was there."""
    if change.old is None and change.was is None:
        own = known.lineage(node)
        column = own.column(change.name) if own else None
        refs = sorted(column.values) if column else []
        return evolve(change, comes_from=tuple(f"{r.relation}.{r.column}" for r in refs))
    name = (change.was or change.name).lower()
    users = [user for child in graph.children[node] for user in _users(child, node, name, known)]
    return evolve(change, used_by=tuple(users))


def _users(child: NodeId, node: NodeId, name: str, known: Known) -> list[str]:
    lineage = known.lineage_before(child)
    if lineage is None or lineage.unknown is not None:
        return []

    def is_it(refs: Iterable[ColumnRef]) -> bool:
        return any(ref.relation == node and ref.column.lower() == name for ref in refs)

    columns = [c.name for c in lineage.query.columns if is_it(c.values | c.influences)]
    if columns:
        return [f"{child}.{column}" for column in columns]
    return [str(child)] if is_it(lineage.query.reads) else []


def _indirect(
    steps: Sequence[Step],
    nodes: Mapping[NodeId, Node],
    graph: Graph,
    snapshots: Mapping[NodeId, Snapshot],
    verdicts: Mapping[NodeId, Verdict],
    effects: Mapping[NodeId, Effect],
) -> list[Change]:
    causes: dict[NodeId, tuple[NodeId, ...]] = {
        id: (id,) for id, verdict in verdicts.items() if verdict.category != "METADATA"
    }
    found = []
    for step in steps:
        inherited = [
            cause for parent in graph.parents[step.node] for cause in causes.get(parent, ())
        ]
        if not inherited:
            continue
        inherits = tuple(dict.fromkeys(inherited))
        causes[step.node] = tuple(dict.fromkeys((*causes.get(step.node, ()), *inherits)))
        if step.node not in verdicts:
            found.append(_descendant(step, nodes[step.node], snapshots, inherits, effects))
    return found


def _descendant(
    step: Step,
    node: Node,
    snapshots: Mapping[NodeId, Snapshot],
    inherits: tuple[NodeId, ...],
    effects: Mapping[NodeId, Effect],
) -> Change:
    reached = node.id in effects and effects[node.id].shows
    runs = reached or not (step.conditional or node.does == "describes")
    if reached:
        why = "it runs only if the rows that it reads turn out to be others"
    else:
        why = "it reads nothing of what changed"
    return Change(
        node=node.id,
        category="INDIRECT",
        reason=f"reads {', '.join(inherits)}",
        explanation=why if step.conditional else "",
        action=_action(step, node, snapshots) if runs else "REUSE",
        inherits=inherits,
        conditional=step.conditional,
        touched=_touched(effects.get(node.id, NONE)) if reached else (),
    )


def _touched(effect: Effect) -> tuple[str, ...] | None:
    return None if effect.rows else tuple(sorted(effect.columns))


def _removed(id: NodeId, disabled: bool) -> Change:
    return Change(
        node=id,
        category="REMOVED",
        reason="disabled by enabled: false" if disabled else "no file defines it",
        explanation="it leaves the environment; its targets stay as they are",
        action="REMOVE",
    )


def _action(step: Step, node: Node, snapshots: Mapping[NodeId, Snapshot]) -> Action:
    if node.does == "describes":
        return "AFFECT"
    if step.action == "run":
        if node.does == "delivers":
            return "UPDATE"
        return "REBUILD" if node.id in snapshots else "BUILD"
    if step.action == "deliver":
        return "UPDATE" if node.does == "delivers" else "REDELIVER"
    return "AUDIT" if step.action == "audit" else "REUSE"


def _detailed(
    change: Change,
    node: Node,
    snapshot: Snapshot | None,
    known: Known,
    renamed: Mapping[str, str],
) -> Change:
    if change.category not in ("BREAKING", "NON_BREAKING") or node.sql is None or snapshot is None:
        return change
    old = known.sql_of(snapshot.fingerprint.content)
    diff = unified(old, node.sql.rendered) if old is not None else ""
    columns = known.columns_of(node.id)
    if columns is None or snapshot.artifact is None:
        return evolve(change, sql_diff=diff)
    found = column_changes(snapshot.artifact.columns, columns, renamed)
    return evolve(change, sql_diff=diff, columns=found)


def unified(old: str, new: str) -> str:
    """A unified diff of two texts; empty where they are equal but for spaces at their ends."""
    from difflib import unified_diff

    before, after = old.strip().splitlines(), new.strip().splitlines()
    return "\n".join(list(unified_diff(before, after, lineterm="", n=2))[2:])


def column_changes(
    old: tuple[Column, ...], new: tuple[Column, ...], renamed: Mapping[str, str]
) -> tuple[ColumnChange, ...]:
    """Columns by name: those that come, go, have another name or another type.

    ``renamed`` gives the earlier name, both in lower case.
    """
    before = {column.name: column.type for column in old}
    after = {column.name: column.type for column in new}
    names = {name.lower(): name for name in before}
    recased = {name: names[name.lower()] for name in after if name.lower() in names}
    was = {name: renamed[name.lower()] for name in after if name.lower() in renamed}
    was |= {name: old_name for name, old_name in recased.items() if name not in before}
    gone = {name.lower() for name in was.values()}
    return (
        *(
            ColumnChange(name=name, new=kind, was=was.get(name))
            for name, kind in after.items()
            if name not in before
        ),
        *(
            ColumnChange(name=name, old=kind)
            for name, kind in before.items()
            if name not in after and name.lower() not in gone
        ),
        *(
            ColumnChange(name=name, old=before[name], new=kind)
            for name, kind in after.items()
            if name in before and before[name] != kind
        ),
    )


def _seconds(plan: Plan, known: Known) -> float | None:
    by_range = {id: found.seconds for id, found in known.estimates.items()}
    durations = {**known.durations, **by_range}
    runs = [step.node for step in plan.steps if step.action == "run"]
    found = [durations[id] for id in runs if id in durations]
    return sum(found) if found or not runs else None


def _counts(plan: Plan, changes: list[Change]) -> dict[str, int]:
    found: dict[str, int] = {}
    for change in changes:
        for word in (change.category, change.action):
            found[word] = found.get(word, 0) + 1
    found["reused"] = sum(step.action in ("reuse", "adopt") for step in plan.steps)
    return found
