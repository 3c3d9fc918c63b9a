"""Some thousand rows of inputs that have many more, such that joins and filters still yield rows.

Rows that sampled rows of the node came from are found through its columns' lineage; rows of other
inputs that join with them, and rows that may be looked at one by one, come along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.quote import quote_identifier, quote_name

if TYPE_CHECKING:
    import duckdb

    from seeknal.lineage.model import NodeLineage
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


@frozen(kw_only=True)
class Link:
    """A column of one input that is compared with one of another."""

    table: NodeId
    column: str
    other: NodeId
    of_other: str


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
    links = [*_links(sample.tables, query)]
    for id in large:
        _number(sample.cursor, id)
    for id in large:
        for condition in _interesting(sample, id):
            _keep(sample.cursor, id, condition)
        if output is not None:
            _keep_sources(sample, id, output, lineage)
    for _ in range(2):
        for link in links:
            if link.table in large:
                _keep_joined(sample.cursor, link, of_kept=link.other in large)
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


def _keep_joined(cursor: duckdb.DuckDBPyConnection, link: Link, *, of_kept: bool) -> None:
    """Note rows that join with those of another input, as far as these are kept."""
    table = quote_name(link.table.kind, link.table.name)
    other = quote_name(link.other.kind, link.other.name)
    ours, theirs = quote_identifier(link.column), quote_identifier(link.of_other)
    kept = f" WHERE rowid IN (SELECT row FROM {_kept(link.other)})" if of_kept else ""
    _keep(
        cursor,
        link.table,
        f"SELECT rowid FROM (SELECT t.rowid, {ours} AS k FROM {table} t"
        f" WHERE {ours} IN (SELECT {theirs} FROM {other}{kept}))"
        f" QUALIFY row_number() OVER (PARTITION BY k ORDER BY rowid) <= {_OF_A_KEY}"
        f" ORDER BY hash(k), rowid LIMIT {_KEPT}",
    )


def _take_out(cursor: duckdb.DuckDBPyConnection, id: NodeId) -> None:
    table, kept = quote_name(id.kind, id.name), _kept(id)
    cursor.execute(f"DELETE FROM {table} WHERE rowid NOT IN (SELECT row FROM {kept})")
    cursor.execute(f"DROP TABLE {kept}")


def _links(tables: Mapping[NodeId, Sequence[Column]], query: str | None) -> Iterator[Link]:
    """Columns of two inputs with equal names and types, and those that the query compares."""
    for one, other in permutations(tables, 2):
        theirs = {column.name.lower(): column for column in tables[other]}
        for column in tables[one]:
            found = theirs.get(column.name.lower())
            if found is not None and found.type == column.type:
                yield Link(table=one, column=column.name, other=other, of_other=found.name)
    for left, right in _compared(query):
        for mine, his in ((left, right), (right, left)):
            for id in _with(tables, mine):
                for beside in _with(tables, his):
                    if id != beside:
                        yield Link(table=id, column=mine, other=beside, of_other=his)


def _with(tables: Mapping[NodeId, Sequence[Column]], name: str) -> list[NodeId]:
    return [id for id, columns in tables.items() if any(c.name.lower() == name for c in columns)]


def _compared(query: str | None) -> Iterator[tuple[str, str]]:
    """The names, in lower case, of columns that are compared for equality."""
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    if query is None:
        return
    try:
        tree = parse_one(query, read="duckdb")
    except (SqlglotError, RecursionError):
        return
    for equal in tree.find_all(exp.EQ):
        if isinstance(equal.left, exp.Column) and isinstance(equal.right, exp.Column):
            left, right = equal.left.name.lower(), equal.right.name.lower()
            if left != right:
                yield left, right
