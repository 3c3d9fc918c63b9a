"""What a run will do to each node, and why: from a project and its state to a Plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.graph.dag import Graph
from seeknal.graph.fingerprint import audits_key
from seeknal.plan.finding import NOTHING, Finder, Health
from seeknal.plan.freshness import reason_to_read
from seeknal.plan.merging import merges_into, notes_of
from seeknal.plan.missing import KEEP_NOTHING, lacking
from seeknal.plan.views import as_read, is_view, output_over, with_views
from seeknal.values.errors import SeeknalError, SelectionError
from seeknal.values.names import NodeId
from seeknal.values.node import Node
from seeknal.values.plan import Plan, Step
from seeknal.values.snapshot import Artifact, Fingerprint, Snapshot
from seeknal.values.tracking import Asked

if TYPE_CHECKING:
    from seeknal.plan.finding import Found
    from seeknal.values.deliveries import Delivery
    from seeknal.values.plan import Action
    from seeknal.values.targets import Target
    from seeknal.values.tracking import Spans


@frozen(kw_only=True)
class Situation:
    """Everything that a plan depends on.

    ``version_of`` asks a source, or a Python node that declares files, for its version token;
    ``refresh_default`` is a source's policy when it has none and no version is known;
    ``health_of`` looks at a stored artifact.
    """

    environment: str
    nodes: Mapping[NodeId, Node]
    graph: Graph
    fingerprints: Mapping[NodeId, Fingerprint]
    snapshots: Mapping[NodeId, Snapshot]
    selected: frozenset[NodeId]
    inlined: frozenset[NodeId]
    rowless_kinds: Collection[str]
    now: datetime
    version_of: Callable[[Node, object], object]
    refresh_default: Callable[[Node], str]
    health_of: Callable[[Artifact], Health]
    full: bool = False
    refresh: frozenset[NodeId] = field(factory=frozenset)
    deliver: bool = True
    forward_only: frozenset[NodeId] = field(factory=frozenset)
    finder: Finder = NOTHING
    last_of: Callable[[NodeId], Snapshot | None] = lambda node: None
    """What the environment had last of a node that it has not: where it was away for some runs."""
    gone: frozenset[tuple[NodeId, str]] = frozenset()
    time: Asked = field(factory=Asked)
    """The moment that the plan is of, and the span that it is about."""
    asked: frozenset[NodeId] = frozenset()
    """Nodes that are only asked their audits, since a rule about them is selected."""


def make_plan(situation: Situation) -> Plan:
    """The steps of a run, in DAG order, for the selected nodes.

    Reads versions of sources and looks at artifacts; changes nothing. Raises SelectionError
    when a selected node reads one that is not selected and has never run.
    """
    taking_part = situation.selected | situation.asked
    graph = as_read(situation.graph, situation.snapshots, taking_part)
    planner = _Planner(situation)
    steps = tuple(planner.decide(situation.nodes[id]) for id in graph.order if id in taking_part)
    return Plan(
        environment=situation.environment,
        steps=steps,
        fingerprints=situation.fingerprints,
        inlined=situation.inlined,
        warnings=(*planner.warnings, *_volatile_warnings(situation)),
        asked=situation.time,
        forward_only=situation.forward_only,
        redeliver=situation.full,
        gone=situation.gone,
    )


class _Planner:
    """Decides node by node; remembers which outputs will or may be new."""

    def __init__(self, situation: Situation) -> None:
        self.now = situation
        self.changing: set[NodeId] = set()
        self.outputs: dict[NodeId, str] = {}
        self.derived: dict[NodeId, str] = {}
        self.reasons: dict[NodeId, str] = {}
        self.warnings: list[str] = []
        self.warned: set[NodeId] = set()
        self.then: dict[NodeId, Spans] = {}
        """What tracked nodes will have done."""

    def decide(self, node: Node) -> Step:
        """What happens to a node, by what happens to those that it reads."""
        if node.id in self.now.asked:
            return self.ask(node)
        self.check_unselected_parents(node)
        if node.tracking is not None:
            return self.decide_ranges(node)
        snapshot = self.now.snapshots.get(node.id)
        away = self.now.last_of(node.id) if node.from_earlier and snapshot is None else None
        snapshot = snapshot or away
        version, failure = self.version(node, snapshot)
        reason = failure or self.reason(node, snapshot, version) or ("back again" if away else None)
        otherwise = self.action_when_current(node, snapshot)
        stale = reason is None and self.inputs_changed(node, snapshot)
        found = self.found(node, version) if (reason or stale) and not failure else None
        if found is not None:
            self.outputs[node.id] = found.snapshot.output_id
            step = Step(
                node=node.id,
                action="adopt",
                reason=built_in(found.where),
                source_version=version,
                adopts=found.snapshot,
            )
        elif reason is not None:
            step = Step(node=node.id, action="run", reason=reason, source_version=version)
        elif stale or (changing := self.changing_parents(node)):
            step = Step(
                node=node.id,
                action="run",
                reason="inputs changed" if stale else self.followed(node, changing),
                conditional=True,
                otherwise=otherwise[0],
                source_version=version,
            )
        else:
            action, why = otherwise
            step = Step(node=node.id, action=action, reason=why, source_version=version)
        if node.goes_on and step.action in ("run", "adopt"):
            anew = self.starts_over(node, snapshot)
            lost = node.from_earlier and self.is_lost(snapshot)
            notes = notes_of(node, snapshot, anew=anew, lost=lost)
            step = evolve(step, anew=anew, notes=notes, resumes=away)
        if step.action in ("run", "audit"):
            self.changing.add(node.id)
            self.reasons[node.id] = step.reason
        return step

    def decide_ranges(self, node: Node) -> Step:
        """What happens to a tracked node: what of it is due, or may have other inputs."""
        from seeknal.plan.ranges import Look

        snapshot = self.now.snapshots.get(node.id)
        changing = self.changing_parents(node)
        look = Look(
            node=node,
            nodes=self.now.nodes,
            snapshots=self.now.snapshots,
            asked=self.now.time,
            definition=self.now.fingerprints[node.id].content,
            forward=node.id in self.now.forward_only,
            full=self.now.full,
            before=self.then,
        )
        self.then[node.id] = look.then
        lost = self.artifact_lost(node, snapshot) if snapshot and snapshot.covered else None
        reason = look.reason or lost
        stale = self.inputs_changed(node, snapshot)
        action, why = self.action_when_current(node, snapshot)
        if node.source is not None and why == "source unchanged":
            why = "nothing is due"
        if node.id in self.now.refresh:
            self.warnings.append(
                f"{node.id} has ranges of time, which --refresh does not read again:"
                " --start and --end do, or seeknal invalidate"
            )
        runs = reason or stale or changing
        if runs:
            self.changing.add(node.id)
            self.reasons[node.id] = reason or "inputs changed"
        return Step(
            node=node.id,
            action="run" if runs else action,
            reason=(reason or "inputs changed") if runs else look.waits or why,
            conditional=reason is None and bool(runs),
            otherwise=action,
            ranges=look.ranges,
            notes=look.notes,
        )

    def ask(self, node: Node) -> Step:
        action, why = self.action_when_current(node, self.now.snapshots.get(node.id))
        self.changing.add(node.id)
        self.reasons[node.id] = why
        return Step(node=node.id, action=action, reason=why)

    def found(self, node: Node, version: object) -> Found | None:
        """What was built already of the node as it is now, where that is known before the run."""
        forced = self.now.full or node.id in self.now.refresh
        if forced or node.id in self.now.inlined or node.kind in self.now.rowless_kinds:
            return None
        if self.changing_parents(node):
            return None
        inputs = {parent: self.output_of(parent) for parent in node.waits_for}
        definition = self.now.fingerprints[node.id].content
        snapshot = self.now.snapshots.get(node.id)
        into = merges_into(node, snapshot, anew=self.starts_over(node, snapshot))
        return self.now.finder.find(node, definition, inputs, version, into)

    def starts_over(self, node: Node, snapshot: Snapshot | None) -> bool:
        """Whether a node that makes its rows from those that it has leaves them."""
        if not node.goes_on:
            return False
        if snapshot is None or snapshot.artifact is None:
            return True
        return not node.from_earlier and (
            self.now.full or self.definition_changed(node, snapshot) is not None
        )

    def changing_parents(self, node: Node) -> set[NodeId]:
        """The inputs whose rows will or may be new, a view's because of what it reads."""
        parents = self.now.graph.parents[node.id]
        return {parent for parent in parents if self.may_change(parent)}

    def may_change(self, id: NodeId) -> bool:
        """Whether the rows that a reader of the node gets may be others than before."""
        if id in self.changing or id in self.now.selected:
            return id in self.changing
        seen = with_views(self.now.snapshots, [id])
        return not self.changing.isdisjoint(seen)

    def output_of(self, id: NodeId) -> str:
        """What the node's output is when this one reads it."""
        if id in self.outputs:
            return self.outputs[id]
        snapshot = self.now.snapshots.get(id)
        if snapshot is None or not is_view(snapshot):
            return snapshot.output_id if snapshot else ""
        if id not in self.derived:
            inputs = {parent: self.output_of(parent) for parent in snapshot.inputs}
            self.derived[id] = output_over(snapshot, inputs)
        return self.derived[id]

    def followed(self, node: Node, changing: set[NodeId]) -> str:
        """Why a node runs whose parents do: a rule does because, and when, its input does."""
        if node.does == "checks":
            return next(self.reasons.get(parent, "inputs changed") for parent in changing)
        return "inputs changed"

    def version(self, node: Node, snapshot: Snapshot | None) -> tuple[object, str | None]:
        """A source's version as it is now; and why that cannot be told, if it cannot."""
        if node.source is None and not node.files:
            return None, None
        known = snapshot.source_version if snapshot else None
        try:
            return self.now.version_of(node, known), None
        except SeeknalError as error:
            # The run will meet the same error and report it as the node's failure.
            return None, f"source cannot be checked: {error.message}"

    def reason(self, node: Node, snapshot: Snapshot | None, version: object) -> str | None:
        """Why the node runs whatever its parents do, or None."""
        if self.now.full:
            return "forced (--full)"
        if node.id in self.now.refresh:
            return "refreshed (--refresh)"
        if self.is_documentation(node) or node.does == "checks":
            return None
        if snapshot is None:
            return "first run"
        return (
            self.definition_changed(node, snapshot)
            or (f"volatile: {node.volatile}" if node.volatile else None)
            or self.source_changed(node, snapshot, version)
            or self.artifact_lost(node, snapshot)
        )

    def definition_changed(self, node: Node, snapshot: Snapshot) -> str | None:
        if self.now.fingerprints[node.id].content == snapshot.fingerprint.content:
            return None
        if node.id in self.now.forward_only and snapshot.artifact is not None:
            return None
        if snapshot.dated == node.definition:
            return "date changed"
        return "definition changed"

    def source_changed(self, node: Node, snapshot: Snapshot, version: object) -> str | None:
        if node.source is not None:
            default = self.now.refresh_default(node)
            return reason_to_read(node.source.refresh, default, version, snapshot, self.now.now)
        if node.files:
            return reason_to_read(None, "always", version, snapshot, self.now.now)
        return None

    def artifact_lost(self, node: Node, snapshot: Snapshot) -> str | None:
        if node.kind in self.now.rowless_kinds or (
            is_view(snapshot) and node.id in self.now.inlined
        ):
            return None
        if snapshot.artifact is None:
            return "not stored yet"
        kept = snapshot.forward_only or node.id in self.now.forward_only
        if not (snapshot.artifact.typed or kept):
            return "its columns' types were not stored"
        health = self.now.health_of(snapshot.artifact)
        if health == "ok":
            return None
        lost = "what was merged into it is lost (--full starts over)"
        then = lost if node.merges_by else "it is built again"
        if node.from_earlier:
            then = "what it held is lost, and nothing else says what that was"
        self.warnings.append(f"{node.id}: its artifact is {health}; {then}")
        return f"artifact {health}"

    def is_lost(self, snapshot: Snapshot | None) -> bool:
        """Whether what is stored of a node is not whole."""
        artifact = snapshot.artifact if snapshot is not None else None
        return artifact is not None and self.now.health_of(artifact) != "ok"

    def inputs_changed(self, node: Node, snapshot: Snapshot | None) -> bool:
        """Whether an input that this run leaves alone is another than the one that was read."""
        if snapshot is None or self.is_documentation(node) or node.does == "checks":
            return False
        return any(
            current and snapshot.inputs.get(parent) != current
            for parent in self.now.graph.parents[node.id]
            if not self.may_change(parent)
            for current in [self.output_of(parent)]
        )

    def action_when_current(self, node: Node, snapshot: Snapshot | None) -> tuple[Action, str]:
        """What a node needs whose rows are current."""
        unchanged = "source unchanged" if node.source else "inputs unchanged"
        if node.id in self.now.forward_only:
            unchanged = "kept (--forward-only)"
        waits = self.now.deliver and snapshot is not None and self.waits(snapshot)
        if self.is_documentation(node) and not waits:
            return "reuse", "documents only"
        if snapshot is None:
            return "reuse", self.unasked(node) or unchanged
        if audits_key(node.audits) != snapshot.audits_key:
            return "audit", "audits changed"
        if snapshot.failing:
            return "audit", "audits failed"
        if waits or (self.now.deliver and owed_targets(node, snapshot)):
            return "deliver", "target owed"
        for target in node.targets:
            if (node.id, target.key) in self.now.gone:
                return "deliver", f"{target.label} is gone"
        return "reuse", unchanged

    def unasked(self, node: Node) -> str | None:
        """Why a rule is not asked: the rows of what it is about are not those of the files."""
        for parent in node.parents[:1] if node.does == "checks" else ():
            snapshot = self.now.snapshots.get(parent)
            if snapshot and audits_key(self.now.nodes[parent].audits) != snapshot.audits_key:
                return f"{parent} is not current"
        return None

    def waits(self, snapshot: Snapshot) -> bool:
        """Whether targets of the environment have yet to get earlier batches."""
        here = self.now.environment
        return any(owed.delivery.environment == here for owed in snapshot.backlog)

    def is_documentation(self, node: Node) -> bool:
        return node.kind in self.now.rowless_kinds and not node.targets and node.does != "checks"

    def check_unselected_parents(self, node: Node) -> None:
        for parent in self.now.graph.parents[node.id]:
            if parent in self.now.selected or self.now.nodes[parent].does in KEEP_NOTHING:
                continue
            self.check_rows(node, parent)
            snapshot = self.now.snapshots[parent]
            stale = self.now.fingerprints[parent].of_rows != snapshot.fingerprint.of_rows
            if stale and parent not in self.warned:
                self.warned.add(parent)
                self.warnings.append(f"{parent} is not selected and not current; read as it is")

    def check_rows(self, node: Node, parent: NodeId) -> None:
        """Raise SelectionError where rows that a node reads are neither there nor made before."""
        missing = lacking(parent, self.now.snapshots, self.now.health_of, self.now.selected)
        id = next(missing, None)
        if id is None:
            return
        what = f"{node.id} reads {id}{'' if id == parent else f' through {parent}'}"
        never = parent not in self.now.snapshots
        why = "which has never run" if never else "whose artifact is gone or damaged"
        raise SelectionError(f"{what}, {why}", help=f"select its inputs too: --select +{node.id}")


def built_in(where: str) -> str:
    """Why a node is not built: somebody did already."""
    name, _, generation = where.partition("@")
    return f"built in generation {generation} of {name}" if generation else f"built in {name}"


def is_fresh(node: Node, snapshot: Snapshot, version: object, default: str, now: datetime) -> bool:
    """Whether what a snapshot read from outside need not be read again."""
    if node.source is not None:
        return reason_to_read(node.source.refresh, default, version, snapshot, now) is None
    if node.files:
        return reason_to_read(None, "always", version, snapshot, now) is None
    return True


def owed_targets(node: Node, snapshot: Snapshot) -> tuple[str, ...]:
    """Keys of the node's targets that do not hold its current rows.

    What is brought on by range holds none that are not of ranges: those of an earlier definition,
    until the node's ranges are processed.
    """
    composed = snapshot.artifact is not None and snapshot.artifact.composed
    return tuple(
        target.key
        for target in node.targets
        if (composed or not target.by_range) and _is_owed(target, snapshot)
    )


def _is_owed(target: Target, snapshot: Snapshot) -> bool:
    delivery = snapshot.deliveries.get(target.key)
    return (
        delivery is None
        or delivery.status == "owed"
        or delivery.away
        or _has_moved(target, delivery)
        or delivery.output_id != snapshot.output_id
    )


def _has_moved(target: Target, delivery: Delivery) -> bool:
    """Whether what the target holds is to be written where its connection leads now.

    An append could not be told from one that is there, and what was dropped stays so.
    """
    held = target.mode != "append" and delivery.status == "delivered"
    return held and target.has_moved(delivery)


def _volatile_warnings(situation: Situation) -> list[str]:
    return [
        f"{id} runs each time: it uses {node.volatile} (volatile: false keeps its rows)"
        for id in situation.graph.order
        if id in situation.selected
        and (node := situation.nodes[id]).volatile
        and node.tracking is None
        and node.source is None
        and node.volatile not in ("true", "declared")
    ]
