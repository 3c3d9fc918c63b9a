"""Rows that belong together: one, and those that it meets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier
from seeknal.unittests.choosing.stage import PLACE, ROW

if TYPE_CHECKING:
    from seeknal.unittests.choosing.keys import Edge
    from seeknal.unittests.choosing.stage import Parts, Stage

Item = tuple[int, int]
"""A row: the place of its table, and its rowid."""

_DEPTH = 6
_FIRST, _LATER = 6, 2
_MOST = 16


def bundles(stage: Stage, parts: Parts, edges: Sequence[Edge]) -> list[tuple[Item, ...]]:
    """For each row of the relations, it and some rows that it meets; small bundles first."""
    partners = _meetings(stage, parts, edges)
    found: dict[frozenset[Item], tuple[Item, ...]] = {}
    for place, name in enumerate(parts.names):
        for row in stage.rows(name):
            one = _bundle((place, row), partners)
            found.setdefault(frozenset(one), one)
    return sorted(found.values(), key=len)


def _bundle(item: Item, partners: dict[Item, list[list[Item]]]) -> tuple[Item, ...]:
    """A row, some rows that it meets, and the few that each of those meets, and so on."""
    found: dict[Item, None] = {item: None}
    fresh, most = [item], _FIRST
    for _ in range(_DEPTH):
        coming: dict[Item, None] = {}
        for one in fresh:
            for met in partners.get(one, ()):
                if most == _FIRST or len(met) <= _LATER:
                    coming.update(dict.fromkeys(met[:most]))
        fresh = [one for one in coming if one not in found][: _MOST - len(found)]
        found.update(dict.fromkeys(fresh))
        most = _LATER
    return tuple(found)


def _meetings(stage: Stage, parts: Parts, edges: Sequence[Edge]) -> dict[Item, list[list[Item]]]:
    """For each row, and each equality, the rows that it meets by it."""
    places = {node: place for place, node in enumerate(stage.nodes)}
    by_value: dict[object, dict[object, list[Item]]] = {}
    columns = dict.fromkeys(side for edge in edges for side in (edge.left, edge.right))
    values: dict[object, list[tuple[Item, object]]] = {}
    for column in columns:
        place, name = places[column.table], quote_identifier(column.column)
        found = stage.cursor.execute(
            f"SELECT {ROW}, {name}::VARCHAR FROM {parts.names[place]} ORDER BY {PLACE}"
        ).fetchall()
        values[column] = [((place, row), value) for row, value in found if value is not None]
        index = by_value.setdefault(column, {})
        for item, value in values[column]:
            index.setdefault(value, []).append(item)
    partners: dict[Item, list[list[Item]]] = {}
    for edge in edges:
        index = by_value[edge.right]
        for item, value in values[edge.left]:
            if value in index:
                partners.setdefault(item, []).append(index[value])
    return partners


def rows_of(some: Sequence[tuple[Item, ...]]) -> list[Item]:
    """The rows of bundles, each once."""
    return list(dict.fromkeys(item for one in some for item in one))
