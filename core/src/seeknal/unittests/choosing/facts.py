"""What the rows of the tables hold: NULL, few values, the rows at the ends and beside constants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seeknal.sql.quote import quote_identifier
from seeknal.unittests.choosing.sources import Origin
from seeknal.unittests.choosing.stage import PLACE, ROW
from seeknal.unittests.choosing.variants.inputs import Facts

if TYPE_CHECKING:
    from seeknal.unittests.choosing.sources import Sources
    from seeknal.unittests.choosing.stage import Stage

_FEW = 12
_NESTED = ("[", "STRUCT", "MAP", "UNION", "JSON", "BLOB")


def mentioned(tree: Any, sources: Sources) -> list[Origin]:
    """The columns of the tables that a query names, or all of them where it has a star."""
    from sqlglot import exp

    names = {one.name.lower() for one in tree.find_all(exp.Identifier)}
    every = any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star))
    return [
        Origin(node, column.name)
        for node, columns in sources.tables.items()
        for column in columns
        if (every or column.name.lower() in names)
        and not any(word in column.type.upper() for word in _NESTED)
    ]


def facts(stage: Stage, columns: list[Origin], sources: Sources) -> Facts:
    """Which tables have equal rows, which columns hold NULL, and what those of few values hold."""
    missing: set[Origin] = set()
    values: dict[Origin, list[str]] = {}
    for place, node in enumerate(stage.nodes):
        mine = [one for one in columns if one.table == node]
        if not mine:
            continue
        relation = stage.whole.names[place]
        cells = ", ".join(
            f"count({name}), approx_count_distinct({name})"
            for name in (quote_identifier(one.column) for one in mine)
        )
        (row,) = stage.cursor.execute(f"SELECT {cells} FROM {relation}").fetchall()
        for number, one in enumerate(mine):
            if row[2 * number] < stage.whole.counts[place]:
                missing.add(one)
            if 1 < row[2 * number + 1] <= _FEW and _is_state(sources.type_of(one)):
                values[one] = _values(stage, relation, one)
    doubled = frozenset(
        node
        for place, node in enumerate(stage.nodes)
        if _is_doubled(stage, place, [one.name for one in sources.tables[node]])
    )
    return Facts(doubled=doubled, missing=frozenset(missing), values=values)


def _is_doubled(stage: Stage, place: int, names: list[str]) -> bool:
    """Whether a table has equal rows."""
    import duckdb

    cells = ", ".join(map(quote_identifier, names))
    sql = f"SELECT count(*) > count(DISTINCT hash({cells})) FROM {stage.whole.names[place]}"
    try:
        ((doubled,),) = stage.cursor.execute(sql).fetchall()
    except duckdb.Error:
        return True
    return bool(doubled)


def _is_state(type: str) -> bool:
    """Whether few different values of a type are states, rather than amounts."""
    return type in ("VARCHAR", "BOOLEAN", "TINYINT", "UTINYINT") or type.startswith("ENUM")


def _values(stage: Stage, relation: str, one: Origin) -> list[str]:
    name = quote_identifier(one.column)
    found = stage.cursor.execute(
        f"SELECT DISTINCT CAST({name} AS VARCHAR) FROM {relation}"
        f" WHERE {name} IS NOT NULL ORDER BY 1 LIMIT {2 * _FEW}"
    ).fetchall()
    return [value for (value,) in found]


def seeds(stage: Stage, tree: Any, sources: Sources, found: Facts) -> list[list[int]]:
    """For each table, rows that are special: of rare values, at the ends, beside constants."""
    wanted: list[list[str]] = [[] for _ in stage.nodes]
    places = {node: place for place, node in enumerate(stage.nodes)}
    for one in mentioned(tree, sources):
        name = quote_identifier(one.column)
        queries = wanted[places[one.table]]
        queries.append(f"SELECT unnest([arg_min(row, {name}), arg_max(row, {name})]) FROM rows")
        if one in found.missing:
            queries.append(
                f"FROM (SELECT row FROM rows WHERE {name} IS NULL ORDER BY place LIMIT 3)"
            )
        if one in found.values:
            queries.append(f"SELECT unnest(min(row, 2)) FROM rows GROUP BY {name}")
    for one, bound in _bounds(tree, sources):
        name = quote_identifier(one.column)
        for compared, way in ((">", ""), ("<", " DESC"), ("=", "")):
            wanted[places[one.table]].append(
                f"FROM (SELECT row FROM rows WHERE {name} {compared} ({bound})"
                f" ORDER BY {name}{way}, place LIMIT 3)"
            )
    made = []
    for place, queries in enumerate(wanted):
        relation = stage.whole.names[place]
        rows = f"WITH rows AS (SELECT *, {ROW} AS row, {PLACE} AS place FROM {relation}) "
        made.append([rows + query for query in queries])
    return [_gathered(stage, queries) for queries in made]


def _gathered(stage: Stage, queries: list[str]) -> list[int]:
    import duckdb

    found: set[int] = set()
    for query in queries:
        try:
            found |= {row for (row,) in stage.cursor.execute(query).fetchall() if row is not None}
        except duckdb.Error:
            continue
    return sorted(found)


def _bounds(tree: Any, sources: Sources) -> Iterator[tuple[Origin, str]]:
    """Columns that are compared with something that has no column in it."""
    from sqlglot import exp

    compared = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In)
    for node in tree.find_all(*compared):
        sides = [node.this, node.expression, node.args.get("low"), node.args.get("high")]
        sides = [side for side in (*sides, *node.expressions) if isinstance(side, exp.Expression)]
        columns = [side for side in sides if isinstance(side, exp.Column)]
        bounds = [side for side in sides if not side.find(exp.Column, exp.Query)]
        for column in columns[:1]:
            origin = sources.origin(column)
            if origin is not None:
                yield from ((origin, bound.sql("duckdb")) for bound in bounds)
