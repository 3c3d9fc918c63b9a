"""Unique keys of a tracked node: no two rows of all that is done have the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plan.ranges import tracking_of
from seeknal.rows.batches import check_keys
from seeknal.run.intervals.batch import condition, time_column
from seeknal.sql.quote import quote_identifier
from seeknal.values.errors import NodeError, RowsRefused
from seeknal.values.relations import Relation

if TYPE_CHECKING:
    from seeknal.run.step_scope import StepScope
    from seeknal.values.snapshot import Artifact


def check_unique(scope: StepScope, batch: Relation, done: Artifact, start: int, end: int) -> None:
    """Raise NodeError where a row of a batch has no key, or that of another row.

    ``done`` is what the node has, of which the rows from ``start`` to ``end`` are replaced.
    """
    keys = tracking_of(scope.node).unique_keys
    if not keys or not batch.rows:
        return
    names = ", ".join(map(quote_identifier, keys))
    scan = f"(SELECT {names} FROM {batch.scan})"
    if any(part.path for part in done.parts):
        column = time_column(scope.node, done.columns)
        replaced = condition(tracking_of(scope.node), column, start, end)
        others = f"SELECT {names} FROM {scope.services.artifacts.scan(done)} WHERE NOT {replaced}"
        scan = (
            f"(SELECT {names} FROM {batch.scan} UNION ALL SELECT * FROM ({others}) AS others"
            f" SEMI JOIN {batch.scan} AS batch USING ({names}))"
        )
    columns = tuple(column for column in batch.columns if column.name in keys)
    relation = Relation(node=scope.node.id, scan=scan, columns=columns, rows=batch.rows)
    try:
        check_keys(relation, keys, scope.context())
    except RowsRefused as error:
        raise NodeError(error.message, code=error.code, help=error.help) from error
