"""Early cut-off: whether all that a node reads of its inputs is what it has read before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.lineage.model import NodeLineage, Reads
from seeknal.lineage.reader import Reader, Schemas
from seeknal.model import Artifact, Column, Node, NodeId, Snapshot
from seeknal.run.content import Contents

if TYPE_CHECKING:
    import duckdb


@frozen(kw_only=True)
class _Input:
    """What a node has read of a parent, and what it would read now."""

    before: Artifact
    now: Artifact


class Cutoff:
    """Compares inputs by the rows and columns that a node reads of them. Thread-safe.

    ``output_of`` gives the snapshot of an earlier output, None for one that is gone.
    """

    def __init__(
        self,
        reader: Reader,
        contents: Contents,
        output_of: Callable[[NodeId, str], Snapshot | None],
    ) -> None:
        self._reader = reader
        self._contents = contents
        self._output_of = output_of

    def unchanged(
        self,
        node: Node,
        snapshot: Snapshot,
        current: Mapping[NodeId, Snapshot],
        cursor: Callable[[], duckdb.DuckDBPyConnection],
    ) -> bool:
        """Whether computing ``node`` again would give the rows of ``snapshot``.

        ``snapshot`` is of the node's definition as it is now. False where it cannot be told.
        """
        inputs = self._inputs(node, snapshot, current)
        if inputs is None:
            return False
        lineage = self._lineage(node, snapshot, inputs)
        return lineage is not None and all(
            self._reads_the_same(lineage.reads(id), pair, cursor)
            for id, pair in inputs.items()
            if pair.before.output_id != pair.now.output_id
        )

    def _inputs(
        self, node: Node, snapshot: Snapshot, current: Mapping[NodeId, Snapshot]
    ) -> dict[NodeId, _Input] | None:
        found = {}
        for id in node.parents:
            read, now = snapshot.inputs.get(id, ""), current.get(id)
            if not read and (now is None or not now.output_id):
                # It has no rows, such as a rule.
                continue
            before = now if now and now.output_id == read else self._output_of(id, read)
            if before is None or now is None or before.artifact is None or now.artifact is None:
                return None
            found[id] = _Input(before=before.artifact, now=now.artifact)
        return found

    def _lineage(
        self, node: Node, snapshot: Snapshot, inputs: Mapping[NodeId, _Input]
    ) -> NodeLineage | None:
        """What the node reads; None when other columns of its inputs give it another meaning."""
        before: Schemas = {id: pair.before.columns for id, pair in inputs.items()}
        now: Schemas = {id: pair.now.columns for id, pair in inputs.items()}
        lineage = self._reader.lineage(node, now, snapshot)
        if before == now:
            return lineage
        if lineage.unknown is not None or self._reader.lineage(node, before, snapshot) != lineage:
            return None
        return lineage

    def _reads_the_same(
        self, reads: Reads, pair: _Input, cursor: Callable[[], duckdb.DuckDBPyConnection]
    ) -> bool:
        if reads.rows and pair.before.rows != pair.now.rows:
            return False
        columns = _read_columns(reads, pair.now.columns)
        if columns != _read_columns(reads, pair.before.columns):
            return False
        if not columns:
            return True
        return self._contents.same(pair.before, pair.now, columns, cursor(), ordered=reads.ordered)


def _read_columns(reads: Reads, columns: tuple[Column, ...]) -> list[Column]:
    """Those that are read: all in their order, or some by name."""
    if reads.columns is None:
        return list(columns)
    wanted = {name.lower() for name in reads.columns}
    found = [column for column in columns if column.name.lower() in wanted]
    return sorted(found, key=lambda column: column.name)
