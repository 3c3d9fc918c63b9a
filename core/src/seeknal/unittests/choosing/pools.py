"""Samples of the tables in which rows meet: a few hundred rows show most of what all rows show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier
from seeknal.unittests.choosing.stage import PLACE, ROW, Parts

if TYPE_CHECKING:
    from seeknal.unittests.choosing.keys import Edge
    from seeknal.unittests.choosing.stage import Stage

_HOPS = 3
_PARTNERS = 3


def pool(stage: Stage, size: int, edges: Sequence[Edge], special: Sequence[Iterable[int]]) -> Parts:
    """Some ``size`` rows of each table, the special ones, and some of those that they meet."""
    held = [
        _rows(stage, f"SELECT {ROW} FROM {whole} WHERE {PLACE} <= {size}") | set(rows)
        for whole, rows in zip(stage.whole.names, special, strict=True)
    ]
    return relations(stage, spread(stage, held, edges, 2 * size + 20))


def spread(
    stage: Stage, held: Sequence[set[int]], edges: Sequence[Edge], most: int
) -> list[set[int]]:
    """These rows and some that they meet, and so on for a few steps."""
    places = {node: place for place, node in enumerate(stage.nodes)}
    fresh = reached = [set(rows) for rows in held]
    for _ in range(_HOPS):
        coming: list[set[int]] = [set() for _ in held]
        for edge in edges:
            here, there = places[edge.left.table], places[edge.right.table]
            if fresh[here]:
                coming[there] |= _partners(stage, edge, here, there, fresh[here], most)
        fresh = [new - old for new, old in zip(coming, reached, strict=True)]
        reached = [old | new for new, old in zip(fresh, reached, strict=True)]
    return reached


def relations(stage: Stage, held: Sequence[Iterable[int]]) -> Parts:
    """Relations of these rows."""
    names, counts = [], []
    for whole, rows in zip(stage.whole.names, held, strict=True):
        wanted = sorted(rows)
        among = f"SELECT * FROM {whole} WHERE {ROW} IN ({listed(wanted)}) ORDER BY {PLACE}"
        names.append(stage.made(among))
        counts.append(len(wanted))
    return Parts(tuple(names), tuple(counts))


def listed(rows: Iterable[int]) -> str:
    """Rowids as they stand in SQL."""
    return ",".join(map(str, sorted(rows))) or "NULL"


def _rows(stage: Stage, sql: str) -> set[int]:
    return {row for (row,) in stage.cursor.execute(sql).fetchall()}


def _partners(
    stage: Stage, edge: Edge, here: int, there: int, rows: set[int], most: int
) -> set[int]:
    """Rows that meet those: a few for each key, and not more than ``most`` in all."""
    import duckdb

    left, right = quote_identifier(edge.left.column), quote_identifier(edge.right.column)
    keys = (
        f"SELECT DISTINCT {left} AS key FROM {stage.whole.names[here]}"
        f" WHERE {ROW} IN ({listed(rows)})"
    )
    sql = (
        f"SELECT {ROW} FROM {stage.whole.names[there]} JOIN ({keys}) AS keys ON key = {right}"
        f" QUALIFY row_number() OVER (PARTITION BY key ORDER BY {PLACE}) <= {_PARTNERS}"
        f" ORDER BY row_number() OVER (PARTITION BY key ORDER BY {PLACE}), {PLACE} LIMIT {most}"
    )
    try:
        return _rows(stage, sql)
    except duckdb.Error:
        return set()
