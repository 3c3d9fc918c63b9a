"""Some thousand rows of inputs that have many more, such that joins and filters still yield rows.

Rows that sampled rows of the node came from are found through its columns' lineage; rows of other
inputs that join with them, and rows that may be looked at one by one, come along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier, quote_name
from seeknal.unittests.choosing.choose import parsed
from seeknal.unittests.choosing.keys import edges
from seeknal.unittests.choosing.sources import Sources
from seeknal.unittests.choosing.special import keys_by_name

if TYPE_CHECKING:
    import duckdb

    from seeknal.lineage.model import NodeLineage
    from seeknal.unittests.choosing.keys import Edge
    from seeknal.unittests.sampling import Sample
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId

MOST, TOGETHER = 50_000, 200_000
"""Rows of an input, and of all of a node's, that are all looked at."""
_KEPT = 4_000
"""Rows of a larger one that are kept for each reason to keep some."""
_OF_A_KEY = 400
"""Rows that are kept of one that many are joined with: a sum over all of its rows stays one."""
_OUTPUT = 300
_FEW = 20
"""Values of a column that are few enough to have rows of each."""


def narrow(
    sample: Sample, output: str | None, lineage: NodeLineage, query: str | None
) -> tuple[NodeId, ...]:
    """Take rows out of inputs that have more than `MOST`; gives which inputs these are.

    ``output`` stands after FROM for the rows that the node has, None where it has none stored.
    """
    rows = {id: sample.rows(id) for id in sample.tables}
    large = [id for id, count in rows.items() if count > MOST]
    if not large or sum(rows.values()) <= TOGETHER:
        return ()
    links = _links(sample.tables, query)
    for id in large:
        _number(sample.cursor, id)
    for id in large:
        for condition in _interesting(sample, id):
            _keep(sample.cursor, id, condition)
        if output is not None:
            _keep_sources(sample, id, output, lineage)
    for _ in range(2):
        for link in links:
            if link.left.table in large:
                _keep_joined(sample.cursor, link, of_kept=link.right.table in large)
    for id in large:
        _take_out(sample.cursor, id)
    return tuple(large)


def _number(cursor: duckdb.DuckDBPyConnection, id: NodeId) -> None:
    cursor.execute(f"CREATE TEMP TABLE {_kept(id)} (row BIGINT PRIMARY KEY)")


def _kept(id: NodeId) -> str:
    return f"temp.{quote_identifier(f'kept_{id}')}"


def _keep(cursor: duckdb.DuckDBPyConnection, id: NodeId, rows: str) -> None:
    """Note the rows that a SELECT of ``rowid`` gives."""
    cursor.execute(f"INSERT OR IGNORE INTO {_kept(id)} {rows}")


def _interesting(sample: Sample, id: NodeId) -> Iterator[str]:
    """SELECTs of rows of an input: any, those with NULLs, the extremes, some of each few values."""
    table = quote_name(id.kind, id.name)
    yield f"SELECT rowid FROM {table} ORDER BY hash(rowid), rowid LIMIT {_KEPT}"
    for column in sample.tables[id]:
        name = quote_identifier(column.name)
        yield f"SELECT rowid FROM {table} WHERE {name} IS NULL ORDER BY rowid LIMIT {_FEW}"
        for direction in ("ASC", "DESC"):
            yield (
                f"SELECT rowid FROM {table} WHERE {name} IS NOT NULL"
                f" ORDER BY {name} {direction}, rowid LIMIT {_FEW}"
            )
        few = f"(SELECT approx_count_distinct({name}) FROM {table}) <= {_FEW}"
        yield (
            f"SELECT rowid FROM {table} WHERE {few}"
            f" QUALIFY row_number() OVER (PARTITION BY {name} ORDER BY rowid) <= {_FEW}"
        )


def _keep_sources(sample: Sample, id: NodeId, output: str, lineage: NodeLineage) -> None:
    """Note rows of an input that a sample of the node's rows came from."""
    names = {column.name.lower(): column.name for column in sample.tables[id]}
    pairs = [
        (column.name, names[ref.column.lower()])
        for column in lineage.query.columns
        for ref in column.values
        if len(column.values) == 1 and ref.relation == id and ref.column.lower() in names
    ]
    table = quote_name(id.kind, id.name)
    for of_output, of_input in pairs:
        ours, theirs = quote_identifier(of_input), quote_identifier(of_output)
        some = f"(SELECT DISTINCT {theirs} AS v FROM (FROM {output} LIMIT {_OUTPUT}))"
        _keep(
            sample.cursor,
            id,
            f"SELECT t.rowid FROM {table} t JOIN {some} s"
            f" ON CAST(t.{ours} AS VARCHAR) = CAST(s.v AS VARCHAR)"
            f" ORDER BY hash(t.{ours}), t.rowid LIMIT {_KEPT}",
        )


def _keep_joined(cursor: duckdb.DuckDBPyConnection, link: Edge, *, of_kept: bool) -> None:
    """Note rows that join with those of another input, as far as these are kept."""
    mine, beside = link.left.table, link.right.table
    table, other = quote_name(mine.kind, mine.name), quote_name(beside.kind, beside.name)
    ours, theirs = quote_identifier(link.left.column), quote_identifier(link.right.column)
    kept = f" WHERE rowid IN (SELECT row FROM {_kept(beside)})" if of_kept else ""
    _keep(
        cursor,
        mine,
        f"SELECT rowid FROM (SELECT t.rowid, {ours} AS k FROM {table} t"
        f" WHERE {ours} IN (SELECT {theirs} FROM {other}{kept}))"
        f" QUALIFY row_number() OVER (PARTITION BY k ORDER BY rowid) <= {_OF_A_KEY}"
        f" ORDER BY hash(k), rowid LIMIT {_KEPT}",
    )


def _take_out(cursor: duckdb.DuckDBPyConnection, id: NodeId) -> None:
    table, kept = quote_name(id.kind, id.name), _kept(id)
    cursor.execute(f"DELETE FROM {table} WHERE rowid NOT IN (SELECT row FROM {kept})")
    cursor.execute(f"DROP TABLE {kept}")


def _links(tables: Mapping[NodeId, Sequence[Column]], query: str | None) -> list[Edge]:
    """Columns of two inputs that are keys by their names, and those that the query compares."""
    tree = None if query is None else parsed(query)
    asked = [] if tree is None else edges(tree, Sources(tree, tables))
    found = dict.fromkeys([*keys_by_name(tables), *asked])
    return [edge for edge in found if edge.left.table != edge.right.table]
