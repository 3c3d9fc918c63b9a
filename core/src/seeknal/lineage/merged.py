"""The lineage of rows that come of two queries: the first, and one that is merged into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.values.column_lineage import ColumnLineage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.values.column_lineage import ColumnRef, QueryLineage

Refs = frozenset["ColumnRef"]


def of_both(itself: str, first: QueryLineage, again: QueryLineage) -> QueryLineage:
    """What rows depend on that ``first`` gave, and ``again`` made of those and of its inputs.

    Columns of ``itself`` are followed to what they come of.
    """
    values = {column.name.lower(): column.values for column in first.columns}
    influences = {column.name.lower(): column.influences for column in first.columns}
    for column in again.columns:
        name = column.name.lower()
        values[name] = values.get(name, frozenset()) | column.values
        influences[name] = influences.get(name, frozenset()) | column.influences
    values = _followed(itself, values)
    every = {name: refs | influences.get(name, frozenset()) for name, refs in values.items()}
    every = _followed(itself, every)
    return evolve(
        first,
        columns=tuple(
            ColumnLineage(
                name=column.name,
                values=(mine := values[column.name.lower()]),
                influences=every[column.name.lower()] - mine,
            )
            for column in first.columns
        ),
        rows=_without(itself, first.rows | again.rows, every),
        order=_without(itself, first.order | again.order, every),
        relations=first.relations | (again.relations - {itself}),
        ordered=first.ordered or again.ordered,
        settled=False,
    )


def _followed(itself: str, refs: Mapping[str, Refs]) -> dict[str, Refs]:
    """Each column's references with those to ``itself`` replaced, however long the way is."""
    found = dict(refs)
    while True:
        more = {
            name: each.union(
                *(
                    found.get(ref.column.lower(), frozenset())
                    for ref in each
                    if ref.relation == itself
                )
            )
            for name, each in found.items()
        }
        if more == found:
            break
        found = more
    return {
        name: frozenset(ref for ref in each if ref.relation != itself)
        for name, each in found.items()
    }


def _without(itself: str, refs: Refs, columns: Mapping[str, Refs]) -> Refs:
    own = [ref for ref in refs if ref.relation == itself]
    others = refs - frozenset(own)
    return others.union(*(columns.get(ref.column.lower(), frozenset()) for ref in own))
