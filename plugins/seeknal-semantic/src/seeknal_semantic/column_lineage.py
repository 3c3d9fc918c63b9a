"""What the columns of semantic nodes depend on: a model has its members, a metric its value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import ColumnLineage, ColumnRef, NodeId, QueryLineage
from seeknal_semantic.conditions import Name
from seeknal_semantic.definitions import named
from seeknal_semantic.expressions import columns_in
from seeknal_semantic.filters import leaves_in
from seeknal_semantic.metric_options import MetricKeys, SavedQueryKeys, TimeSpineKeys
from seeknal_semantic.options import SemanticModelKeys
from seeknal_semantic.reading import layer_of_nodes
from seeknal_semantic.tracing import Reads, Tracer

if TYPE_CHECKING:
    from seeknal.plugin import Column, Node
    from seeknal_semantic.definitions import Dimension, Entity, SemanticLayer, SemanticModel

Parents = Mapping[NodeId, "Sequence[Column]"]


def lineage_of(node: Node, parents: Parents, nodes: Mapping[NodeId, Node]) -> QueryLineage | None:
    """The lineage of a semantic node; None where the columns of its rows are not known."""
    options = node.options
    layer = layer_of_nodes(nodes)
    columns: list[ColumnLineage]
    rows = Reads()
    if isinstance(options, SemanticModelKeys):
        model = layer.models.get(node.name)
        if model is None or options.model not in parents:
            return None
        columns = _of_model(model, parents[options.model])
    elif isinstance(options, TimeSpineKeys):
        if options.model not in parents:
            return None
        columns = _of_spine(options, parents[options.model])
    else:
        if any(id not in parents for id in node.parents):
            return None
        found, rows = _of_numbers(node, layer)
        columns = [
            ColumnLineage(
                name=name,
                values=_named(reads.values, parents),
                influences=_named(reads.influences, parents),
            )
            for name, reads in found.items()
        ]
    return QueryLineage(
        columns=tuple(columns),
        rows=_named(rows.all, parents),
        relations=frozenset(node.parents),
    )


def _of_numbers(node: Node, layer: SemanticLayer) -> tuple[dict[str, Reads], Reads]:
    tracer = Tracer(layer)
    if isinstance(node.options, MetricKeys):
        metric = named(layer.metrics, node.name)
        return ({} if metric is None else {metric.name: tracer.metric(metric)}), Reads()
    assert isinstance(node.options, SavedQueryKeys)
    return tracer.query(layer.saved_queries[node.name])


def _named(refs: Iterable[ColumnRef], parents: Parents) -> frozenset[ColumnRef]:
    """The references with the columns' own case."""
    return frozenset(_as_there(ref, parents[NodeId(ref.relation)]) for ref in refs)


def _as_there(ref: ColumnRef, columns: Sequence[Column]) -> ColumnRef:
    wanted = ref.column.lower()
    there = (column.name for column in columns if column.name.lower() == wanted)
    return ColumnRef(ref.relation, next(there, ref.column))


def _of_model(model: SemanticModel, rows: Sequence[Column]) -> list[ColumnLineage]:
    """The members of a model, then the columns that filters may name as they are."""
    names = {column.name.lower(): column.name for column in rows}

    def refs(words: Iterable[str]) -> frozenset[ColumnRef]:
        known = (names.get(word.lower(), word) for word in words)
        return frozenset(ColumnRef(model.rows, word) for word in known)

    values: dict[str, set[str]] = {}
    influences: dict[str, set[str]] = {}
    said: dict[str, str] = {}
    members: list[Entity | Dimension] = [*model.entities.values(), *model.dimensions.values()]
    for member in members:
        key = said.setdefault(member.name.lower(), member.name)
        values.setdefault(key, set()).update(columns_in(member.expr))
    for measure in model.measures.values():
        key = said.setdefault(measure.name.lower(), measure.name)
        values.setdefault(key, set()).update(columns_in(measure.expr))
        influences.setdefault(key, set()).update(_filtered(measure.filters, model))
    for word, name in names.items():
        # A filter that names a column does not mean a measure of that name.
        key = said.setdefault(word, name)
        if model.member(name) is None:
            values.setdefault(key, set()).add(name)
    return [
        ColumnLineage(name=key, values=refs(found), influences=refs(influences.get(key, ())))
        for key, found in values.items()
    ]


def _filtered(filters: Iterable[str], model: SemanticModel) -> Iterable[str]:
    """The columns behind what a measure's filters name of its own model."""
    for leaf in leaves_in(filters):
        if isinstance(leaf, Name):
            member = model.member(leaf.text)
            yield from columns_in(member.expr) if member is not None else [leaf.text]


def _of_spine(options: TimeSpineKeys, rows: Sequence[Column]) -> list[ColumnLineage]:
    grains = options.custom_granularities
    pairs = {options.column: options.column}
    pairs |= {entry.name: entry.column or entry.name for entry in grains}
    found = []
    for name, column in pairs.items():
        ref = _as_there(ColumnRef(options.model, column), rows)
        found.append(ColumnLineage(name=name, values=frozenset([ref])))
    return found
