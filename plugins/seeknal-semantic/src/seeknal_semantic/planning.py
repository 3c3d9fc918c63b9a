"""Which metrics a plan touches, and whether their values may be others afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import NodeId, Section
from seeknal_semantic.building import semantic_layer
from seeknal_semantic.tracing import Tracer

if TYPE_CHECKING:
    from seeknal.plugin import Change, ColumnRef, Project
    from seeknal_semantic.definitions import SemanticLayer

_OUTRIGHT = {"ADDED": "new", "REMOVED": "removed"}
_NOTHING = "it reads nothing of what changed"


@frozen(kw_only=True)
class Moved:
    """What a plan does to a metric. ``moves`` None: there was none before, or is none then."""

    metric: str
    moves: bool | None
    why: str


def sections_of(project: Project, changes: Sequence[Change]) -> list[Section]:
    """The section of a plan that is about metrics; none where it touches none."""
    by_node = {change.node: change for change in changes}
    metrics = [_of_node(change) for change in changes if change.node.kind == "metric"]
    found = [*metrics, *_of_measures(semantic_layer(project), by_node)]
    if not found:
        return []
    data = [{"metric": each.metric, "moves": each.moves, "why": each.why} for each in found]
    return [Section(name="metrics", lines=tuple(_lines(found)), data=data)]


def _of_node(change: Change) -> Moved:
    name = change.node.name
    if change.category in _OUTRIGHT:
        return Moved(metric=name, moves=None, why=_OUTRIGHT[change.category])
    if change.action == "AFFECT":
        return Moved(metric=name, moves=True, why=change.reason)
    why = change.reason if change.category == "METADATA" else _NOTHING
    return Moved(metric=name, moves=False, why=why)


def _of_measures(layer: SemanticLayer, changes: Mapping[NodeId, Change]) -> Iterator[Moved]:
    """The measures that are metrics by themselves, of models that are touched or joined to such."""
    tracer = Tracer(layer)
    for metric in layer.lone_measures:
        refs = [*tracer.metric(metric).all]
        if any(NodeId(ref.relation) in changes for ref in refs):
            own = changes.get(metric.input.model.id)
            yield _of_measure(metric.name, refs, own, changes)


def _of_measure(
    name: str, refs: Sequence[ColumnRef], own: Change | None, changes: Mapping[NodeId, Change]
) -> Moved:
    if own is not None and own.category in _OUTRIGHT:
        return Moved(metric=name, moves=None, why=_OUTRIGHT[own.category])
    for ref in refs:
        change = changes.get(NodeId(ref.relation))
        if change is not None and _touches(change, ref.column):
            reason = change.reason
            why = reason if change.category == "INDIRECT" else f"{change.node}: {reason}"
            return Moved(metric=name, moves=True, why=why)
    why = own.reason if own is not None and own.category == "METADATA" else _NOTHING
    return Moved(metric=name, moves=False, why=why)


def _touches(change: Change, column: str) -> bool:
    if change.action != "AFFECT":
        return False
    return change.touched is None or column.lower() in change.touched


def _lines(found: Sequence[Moved]) -> Iterator[str]:
    for each in found:
        if each.moves is None:
            yield f"{each.metric} is {each.why}"
        elif each.moves:
            yield f"{each.metric} may move: {each.why}"
    staying = [each.metric for each in found if each.moves is False]
    if staying:
        yield f"stay as they are: {', '.join(staying)}"
