"""What is special of rows, where nothing is known of what a node does with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.unittests.choosing.keys import Edge
from seeknal.unittests.choosing.sources import Origin
from seeknal.unittests.choosing.stage import PLACE, ROW

if TYPE_CHECKING:
    from seeknal.unittests.choosing.stage import Stage
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId

_FEW = 8


def keys_by_name(tables: Mapping[NodeId, Sequence[Column]]) -> list[Edge]:
    """Columns of two tables that are keys by their names: equal, or ``customer_id`` and ``id``."""
    found = []
    for (left, mine), (right, yours) in permutations(tables.items(), 2):
        for one in mine:
            for other in yours:
                if one.type == other.type and (
                    one.name.lower() == other.name.lower()
                    or _refers(one.name, right.name, other.name)
                    or _refers(other.name, left.name, one.name)
                ):
                    found.append(Edge(Origin(left, one.name), Origin(right, other.name)))
    return found


def _refers(name: str, table: str, key: str) -> bool:
    wanted = name.lower().removesuffix("_id")
    return key.lower() == "id" and wanted in (table.lower(), table.lower().removesuffix("s"))


def special(stage: Stage, place: int, columns: Sequence[Column]) -> Iterator[tuple[str, list[int]]]:
    """In words, what is special of some rows, and those rows."""
    import duckdb

    relation, node = stage.whole.names[place], stage.nodes[place]
    for column in columns:
        name = quote_identifier(column.name)
        which = f"{node}.{column.name}"
        queries = {
            f"NULL in {which}": f"WHERE {name} IS NULL",
            f"the least of {which}": f"WHERE {name} = (SELECT min({name}) FROM {relation})",
            f"the greatest of {which}": f"WHERE {name} = (SELECT max({name}) FROM {relation})",
        }
        try:
            values = stage.cursor.execute(
                f"SELECT DISTINCT {name}::VARCHAR FROM {relation} WHERE {name} IS NOT NULL"
                f" ORDER BY 1 LIMIT {_FEW + 1}"
            ).fetchall()
            if len(values) <= _FEW:
                for (value,) in values:
                    literal = quote_literal(value)
                    queries[f"{value} in {which}"] = f"WHERE {name}::VARCHAR = {literal}"
            for words, condition in queries.items():
                rows = stage.cursor.execute(
                    f"SELECT {ROW} FROM {relation} {condition} ORDER BY {PLACE} LIMIT 5"
                ).fetchall()
                if rows:
                    yield words, [row for (row,) in rows]
        except duckdb.Error:
            continue
