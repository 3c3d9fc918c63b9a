"""How far a change reaches: which rows and columns of each node it may make others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from seeknal.lineage.model import NodeLineage
    from seeknal.values.column_lineage import ColumnRef
    from seeknal.values.names import NodeId


@frozen(kw_only=True)
class Effect:
    """What of a node's output may be other than before. Column names are lower case.

    ``rows``: any row, and so every column. ``order``: the order of rows that are the same.
    ``columns``: those that come, go, or have other values or another type. ``positions``: columns
    stand in another order.
    """

    rows: bool = False
    order: bool = False
    positions: bool = False
    columns: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.rows or self.order or self.positions or bool(self.columns)

    @property
    def shows(self) -> bool:
        """Whether rows are others than before, and not only in another order."""
        return self.rows or bool(self.columns)

    @property
    def reshapes(self) -> bool:
        """Whether SQL that reads the node may mean something else from now on."""
        return self.positions or bool(self.columns)

    def __or__(self, other: Effect) -> Effect:
        return Effect(
            rows=self.rows or other.rows,
            order=self.order or other.order,
            positions=self.positions or other.positions,
            columns=self.columns | other.columns,
        )


NONE = Effect()
ALL = Effect(rows=True, order=True)


def inherited(
    lineage: NodeLineage, parents: Mapping[NodeId, Effect], *, other_meaning: bool
) -> Effect:
    """What the effects on a node's inputs do to the node itself, whose definition stays.

    ``other_meaning``: over the new columns of its inputs its SQL means something else. Such an
    order of rows that nothing shows is no effect on a node.
    """
    effects = {str(id): effect for id, effect in parents.items() if effect}
    if not effects:
        return NONE
    if other_meaning or lineage.unknown is not None:
        return ALL
    query = lineage.query
    reordered = any(effects[id].order for id in query.relations if id in effects)
    if any(effects[id].rows for id in query.relations if id in effects):
        return ALL
    if query.ordered and reordered:
        return ALL
    if any(_is_dirty(ref, effects) for ref in query.rows):
        return ALL
    return Effect(
        order=(reordered and not query.settled)
        or any(_is_dirty(ref, effects) for ref in query.order),
        columns=frozenset(
            column.name.lower()
            for column in query.columns
            if any(_is_dirty(ref, effects) for ref in column.values | column.influences)
        ),
    )


def _is_dirty(ref: ColumnRef, effects: Mapping[str, Effect]) -> bool:
    effect = effects.get(ref.relation)
    return effect is not None and (effect.rows or ref.column.lower() in effect.columns)
