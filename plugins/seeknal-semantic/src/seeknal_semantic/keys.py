"""The keys that semantic models declare, as audits of the nodes whose rows they are of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import Audit, NodeId, quote_identifier
from seeknal_semantic.key_options import (
    EntityKey,
    EntityReference,
    KeyOfRows,
    PartOfKey,
    PeriodKeys,
)
from seeknal_semantic.metric_options import TimeSpineKeys
from seeknal_semantic.options import SemanticModelKeys, expression_of
from seeknal_semantic.places import place

if TYPE_CHECKING:
    from seeknal.plugin import Calendar, Node, Severity
    from seeknal_semantic.options import DimensionKeys, EntityKeys

_last: list[tuple[Mapping[NodeId, Node], Mapping[NodeId, Sequence[Audit]]]] = []
"""The audits of the nodes that were asked about last: core asks for each node of a project."""


def audits_of(node: Node, nodes: Mapping[NodeId, Node], calendar: Calendar) -> Sequence[Audit]:
    """The audits that a semantic model asks: of its own rows, and of those that refer to others.

    And that of a time spine.
    """
    if isinstance(node.options, TimeSpineKeys):
        return [_of_spine(node, node.options, calendar)] if node.options.model in nodes else []
    if not _last or _last[0][0] is not nodes:
        _last[:] = [(nodes, _all_audits(nodes, calendar))]
    return _last[0][1].get(node.id, ())


def nodes_of(audit: Audit) -> list[str] | None:
    """The other nodes whose rows an audit looks at."""
    if not isinstance(audit.options, EntityReference):
        return None
    options = audit.options
    return [each.node for each in (options.refers, *options.to) if each.node != audit.node]


@frozen(kw_only=True)
class _Model:
    """A semantic model with its keys."""

    node: Node
    options: SemanticModelKeys

    @property
    def partitions(self) -> dict[str, DimensionKeys]:
        return {each.name.lower(): each for each in self.options.dimensions if each.partition}

    @property
    def validity(self) -> tuple[str, str] | None:
        return validity_of(self.options)


def validity_of(options: SemanticModelKeys) -> tuple[str, str] | None:
    """Since when and until when a row holds; None where rows always do."""
    found = {each.validity: expression_of(each) for each in options.dimensions if each.validity}
    return (found["start"], found["end"]) if len(found) == 2 else None


def severity_of(entry: EntityKeys, has_validity: bool) -> Severity | None:
    """How bad a key is that is not as declared; None: it is not looked at."""
    if entry.audit in ("error", "warn"):
        return entry.audit
    if entry.audit is not None or (entry.type == "natural" and not has_validity):
        return None
    return "warn" if entry.type == "foreign" else "error"


def _all_audits(
    nodes: Mapping[NodeId, Node], calendar: Calendar
) -> Mapping[NodeId, Sequence[Audit]]:
    models = [
        _Model(node=node, options=node.options)
        for node in nodes.values()
        if isinstance(node.options, SemanticModelKeys) and node.options.model in nodes
    ]
    holders: dict[str, list[tuple[_Model, EntityKeys]]] = {}
    for model in models:
        for entry in model.options.entities:
            if entry.type == "primary":
                holders.setdefault(entry.name.lower(), []).append((model, entry))
    waiting = _Waiting(nodes)
    return {
        model.node.id: list(_of_model(model, holders, waiting, calendar))
        for model in sorted(models, key=lambda model: model.node.id)
    }


def _of_model(
    model: _Model,
    holders: Mapping[str, Sequence[tuple[_Model, EntityKeys]]],
    waiting: _Waiting,
    calendar: Calendar,
) -> Iterator[Audit]:
    for number, entry in enumerate(model.options.entities):
        severity = severity_of(entry, model.validity is not None)
        if severity is None:
            continue
        options: EntityKey | EntityReference | None
        if entry.type == "foreign":
            options = _reference(model, entry, holders.get(entry.name.lower(), ()), calendar)
            if options is None:
                continue
            asked = waiting.last_of((options.refers.node, *(each.node for each in options.to)))
        else:
            options, asked = _key(model, entry, calendar), model.options.model
        yield Audit(
            type="entity_key" if isinstance(options, EntityKey) else "entity_reference",
            options=options,
            node=asked,
            severity=severity,
            location=place(model.node, "entities", number),
        )


def _of_spine(node: Node, options: TimeSpineKeys, calendar: Calendar) -> Audit:
    """Each period is there once."""
    key = EntityKey(
        entity=options.column,
        expr=quote_identifier(options.column),
        grain=options.time_granularity,
        periods=PeriodKeys.of(calendar),
    )
    return Audit(
        type="entity_key",
        options=key,
        node=options.model,
        severity="error",
        location=place(node, "column"),
    )


def _key(model: _Model, entry: EntityKeys, calendar: Calendar) -> EntityKey:
    parts = tuple(map(_part, model.partitions.values()))
    start, end = (entry.type == "natural" and model.validity) or (None, None)
    return EntityKey(
        entity=entry.name,
        expr=expression_of(entry),
        partitions=parts,
        start=start,
        end=end,
        periods=PeriodKeys.of(calendar) if parts else PeriodKeys(),
    )


def _reference(
    model: _Model,
    entry: EntityKeys,
    holders: Sequence[tuple[_Model, EntityKeys]],
    calendar: Calendar,
) -> EntityReference | None:
    """Each key has to be found where the entity is primary; None where it is nowhere.

    Where all of them are partitioned as the rows that refer to them are, within the partition.
    """
    if not holders:
        return None
    own = model.partitions
    shared = [name for name in own if all(name in other.partitions for other, _ in holders)]
    return EntityReference(
        entity=entry.name,
        refers=KeyOfRows(
            node=model.options.model,
            expr=expression_of(entry),
            partitions=tuple(_part(own[name]) for name in shared),
        ),
        to=tuple(
            KeyOfRows(
                node=other.options.model,
                expr=expression_of(key),
                partitions=tuple(_part(other.partitions[name]) for name in shared),
            )
            for other, key in holders
        ),
        periods=PeriodKeys.of(calendar) if shared else PeriodKeys(),
    )


def _part(entry: DimensionKeys) -> PartOfKey:
    grain = (entry.time_granularity or "day") if entry.type == "time" else None
    return PartOfKey(expr=expression_of(entry), grain=grain)


class _Waiting:
    """Which nodes wait for which, those that audits are to look at among them."""

    def __init__(self, nodes: Mapping[NodeId, Node]) -> None:
        self._edges = {id: set(node.waits_for) for id, node in nodes.items()}

    def last_of(self, names: Iterable[str]) -> NodeId:
        """That of the nodes which can wait for all others; the first, where it can."""
        ids = list(dict.fromkeys(map(NodeId, names)))
        for id in ids:
            others = [other for other in ids if other != id]
            if not any(self._waits(other, id) for other in others):
                self._edges.setdefault(id, set()).update(others)
                return id
        # Only nodes in a circle all wait for each other, and that is told.
        return ids[0]

    def _waits(self, node: NodeId, other: NodeId) -> bool:
        seen, ahead = {node}, [node]
        while ahead:
            for each in self._edges.get(ahead.pop(), ()):
                if each == other:
                    return True
                if each not in seen:
                    seen.add(each)
                    ahead.append(each)
        return False
