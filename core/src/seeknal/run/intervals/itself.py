"""The columns of a node that reads its own earlier rows, while it has none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.rows.scans import columns_of
from seeknal.run.computing import executable
from seeknal.run.intervals.batch import laid_out, scope_of_batch
from seeknal.values.columns import Column
from seeknal.values.errors import NodeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeknal.run.intervals.batch import Batch
    from seeknal.run.step_scope import StepScope
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Artifact

_UNKNOWN = '"NULL"'
_ROUNDS = 5
"""A type follows from one that follows from another, and so on: so often is it looked again."""


def columns_of_itself(scope: StepScope, batch: Batch, empty: Artifact) -> tuple[Column, ...]:
    """The columns of a tracked node's query that reads the node itself, of which nothing is there.

    Types that are not declared follow from the query: first as if the node's own values were all
    NULL, then as if they had the types that were found. ``empty`` is an output without columns.
    Raises NodeError where they do not come to rest.
    """
    import duckdb

    columns = _declared(scope.node)
    for _ in range(_ROUNDS):
        own = evolve(empty, columns=columns)
        try:
            found = _described(scope, evolve(batch, own=own))
        except duckdb.BinderException as error:
            if all(column.type != _UNKNOWN for column in columns):
                raise
            raise _unclear(scope.node) from error
        if found == columns:
            return columns
        columns = found
    raise _unclear(scope.node)


def _described(scope: StepScope, batch: Batch) -> tuple[Column, ...]:
    inside = scope_of_batch(scope, batch)
    with laid_out(scope, batch) as bench:
        inside = evolve(inside, services=evolve(scope.services, outputs=bench))
        bench.define(scope.node.parents)
        return columns_of(scope.cursor().sql(executable(inside)))


def _declared(node: Node) -> tuple[Column, ...]:
    """The columns as far as the files tell: their names, and those of the types that are said."""
    types = {column.name.lower(): column.type for column in node.columns if column.type}
    names = _names(node)
    return tuple(Column(name, types.get(name.lower(), _UNKNOWN)) for name in names)


def _names(node: Node) -> Sequence[str]:
    import sqlglot
    from sqlglot.errors import SqlglotError
    from sqlglot.expressions import Query

    if node.sql is None:
        raise _unclear(node)
    try:
        query = sqlglot.parse_one(node.sql.executable, read="duckdb")
    except SqlglotError:
        query = None
    names = query.named_selects if isinstance(query, Query) else []
    if not names or "*" in names or "" in names:
        names = [column.name for column in node.columns if column.type]
    if not names:
        raise _unclear(node)
    return names


def _unclear(node: Node) -> NodeError:
    return NodeError(
        f"{node.id} reads its own rows, of which there are none yet: their columns are not known",
        code="SK0779",
        location=node.location,
        help="say the names and types of all of them in columns:",
    )
