"""Early cut-off: whether all that a node reads of its inputs is what it has read before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.lineage.model import NodeLineage
from seeknal.plan.views import is_view
from seeknal.sql.storage import once_lost
from seeknal.values.names import NodeId
from seeknal.values.provenance import NO_CONTENT, carries
from seeknal.values.snapshot import Artifact

if TYPE_CHECKING:
    import duckdb

    from seeknal.lineage.model import Reads
    from seeknal.lineage.reader import Reader, Schemas
    from seeknal.run.content import Contents
    from seeknal.values.column_lineage import QueryLineage
    from seeknal.values.columns import Column
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Fingerprint, Snapshot


@frozen(kw_only=True)
class _Rows:
    """Stored rows that a node has read, and those that it would read now."""

    before: Artifact
    now: Artifact

    @property
    def columns(self) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
        return self.before.columns, self.now.columns


@frozen(kw_only=True)
class _View:
    """A view through which a node reads rows: what it made of its own inputs, and makes now."""

    before: NodeLineage
    now: NodeLineage
    inputs: Mapping[NodeId, _Input]

    @property
    def columns(self) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
        return self.before.columns, self.now.columns

    def means_the_same(self, reads: Reads) -> bool:
        """Whether what is read of it is made of its inputs as it was before."""
        if self.before == self.now:
            return True
        one, other = self.before.query, self.now.query
        if reads.columns is None or one.unknown is not None or other.unknown is not None:
            return False
        return evolve(one, columns=()) == evolve(other, columns=()) and all(
            self.before.column(name) == self.now.column(name) for name in reads.columns
        )


_Input = _Rows | _View


class Cutoff:
    """Compares inputs by the rows and columns that a node reads of them. Thread-safe.

    ``output_of`` gives the snapshot of an earlier output, None for one that is gone.
    """

    def __init__(
        self,
        nodes: Mapping[NodeId, Node],
        fingerprints: Mapping[NodeId, Fingerprint],
        reader: Reader,
        contents: Contents,
        output_of: Callable[[NodeId, str], Snapshot | None],
    ) -> None:
        self._nodes = nodes
        self._fingerprints = fingerprints
        self._reader = reader
        self._contents = contents
        self._output_of = output_of
        self._orders = _Orders(nodes, reader)

    def unchanged(
        self,
        node: Node,
        snapshot: Snapshot,
        current: Mapping[NodeId, Snapshot],
        cursor: Callable[[], duckdb.DuckDBPyConnection],
        *,
        among: Collection[NodeId] | None = None,
    ) -> bool:
        """Whether computing ``node`` again would give the rows of ``snapshot``.

        ``snapshot`` is of the node's definition as it is now. False where it cannot be told.
        ``among``: the inputs that are looked at, where others are known to be the same.
        """
        inputs = self._inputs(node, snapshot, current)
        if inputs is None or node.runs_elsewhere:
            # What an engine reads was written anew, and it may go by that.
            return False
        if among is not None:
            return self._unchanged_among(node, snapshot, inputs, among, cursor)
        before, now = self._lineages(node, snapshot, inputs)
        # Over other columns of its inputs it may have another meaning.
        if before != now:
            return False
        reads = {id: self._content_read(node, snapshot, now, id) for id in inputs}
        if snapshot.artifact is None:
            # A view has no rows of its own: its readers see them in the order of its inputs.
            reads = {id: evolve(found, ordered=found.rows) for id, found in reads.items()}
        if not all(self._reads_the_same(reads[id], inputs[id], cursor) for id in inputs):
            return False
        if (
            snapshot.artifact is None
            # Rows that are in already are not merged again for their order.
            or snapshot.merged is not None
            or now.query.settled
            or not self._orders.show(node.id, current)
        ):
            return True
        # Its rows would stand in another order, which a reader of them sees.
        reads = {id: evolve(found, ordered=found.rows) for id, found in reads.items()}
        return all(self._reads_the_same(reads[id], inputs[id], cursor) for id in inputs)

    def _unchanged_among(
        self,
        node: Node,
        snapshot: Snapshot,
        inputs: Mapping[NodeId, _Input],
        among: Collection[NodeId],
        cursor: Callable[[], duckdb.DuckDBPyConnection],
    ) -> bool:
        """The same of some inputs, for a node whose own order nobody relies on."""
        before, now = self._lineages(node, snapshot, inputs)
        return before == now and all(
            self._reads_the_same(self._content_read(node, snapshot, now, id), inputs[id], cursor)
            for id in among
            if id in inputs
        )

    def read_of(
        self, node: Node, snapshot: Snapshot, current: Mapping[NodeId, Snapshot], id: NodeId
    ) -> Reads | None:
        """What a node reads of a stored input; None where it reads other columns than before."""
        inputs = self._inputs(node, snapshot, current)
        if inputs is None or id not in inputs:
            return None
        before, now = self._lineages(node, snapshot, inputs)
        return self._content_read(node, snapshot, now, id) if before == now else None

    def order_shows(self, node: NodeId, current: Mapping[NodeId, Snapshot]) -> bool:
        """Whether somebody may see in which order the rows of a node stand."""
        return self._orders.show(node, current)

    def _content_read(
        self, node: Node, snapshot: Snapshot, lineage: NodeLineage, id: NodeId
    ) -> Reads:
        """What the node reads of an input, but for where rows are from if it only hands that on."""
        reads = lineage.reads(id)
        if reads.columns is None or not carries(node, snapshot.columns or ()):
            return reads
        parent = self._nodes.get(id)
        if parent is None or not parent.provenance:
            return reads
        return evolve(reads, columns=reads.columns - _handed_on(lineage.query, id))

    def _inputs(
        self, node: Node, snapshot: Snapshot, current: Mapping[NodeId, Snapshot]
    ) -> dict[NodeId, _Input] | None:
        """What has to be compared of each input; None where something of it is gone."""
        found: dict[NodeId, _Input] = {}
        for id in node.parents:
            read, now = snapshot.inputs.get(id, ""), current.get(id)
            if not read and (now is None or not now.output_id):
                # It has no rows, such as a rule.
                continue
            before = now if now and now.output_id == read else self._output_of(id, read)
            if before is None or now is None:
                return None
            if before.artifact is not None and now.artifact is not None:
                found[id] = _Rows(before=before.artifact, now=now.artifact)
                continue
            view = self._view(id, before, now, current)
            if view is None:
                return None
            found[id] = view
        return found

    def _view(
        self, id: NodeId, before: Snapshot, now: Snapshot, current: Mapping[NodeId, Snapshot]
    ) -> _View | None:
        node = self._nodes.get(id)
        # What is known of the files' definition says nothing about another one.
        meant = {before.fingerprint.content, now.fingerprint.content}
        if node is None or meant != {self._fingerprints[id].content}:
            return None
        if not (is_view(before) and is_view(now)) or node.volatile:
            return None
        inputs = self._inputs(node, before, current)
        if inputs is None:
            return None
        was, lineage = self._lineages(node, before, inputs)
        if not (was.known and lineage.known):
            return None
        return _View(before=was, now=lineage, inputs=inputs)

    def _lineages(
        self, node: Node, snapshot: Snapshot, inputs: Mapping[NodeId, _Input]
    ) -> tuple[NodeLineage, NodeLineage]:
        """What the node reads of its inputs' columns as they were, and as they are."""
        own: Schemas = {}
        if node.with_itself is not node and snapshot.artifact is not None:
            node, own = node.with_itself, {node.id: snapshot.artifact.columns}
        before: Schemas = {**own, **{id: input.columns[0] for id, input in inputs.items()}}
        now: Schemas = {**own, **{id: input.columns[1] for id, input in inputs.items()}}
        lineage = self._reader.lineage(node, now, snapshot)
        was = lineage if before == now else self._reader.lineage(node, before, snapshot)
        return was, lineage

    def _reads_the_same(
        self, reads: Reads, input: _Input, cursor: Callable[[], duckdb.DuckDBPyConnection]
    ) -> bool:
        if isinstance(input, _View):
            return input.means_the_same(reads) and all(
                self._reads_the_same(input.now.reads_through(reads, id), inner, cursor)
                for id, inner in input.inputs.items()
            )
        before, now = input.before, input.now
        if (before.output_id, before.columns) == (now.output_id, now.columns):
            return True
        if reads.rows and before.rows != now.rows:
            return False
        columns = read_columns(reads, now.columns)
        if columns != read_columns(reads, before.columns):
            return False
        if not columns:
            return True
        if not before.typed and any(once_lost(column.type) for column in columns):
            return False
        return self._contents.same(before, now, columns, cursor(), ordered=reads.ordered)


class _Orders:
    """Says of a node whether its order shows: in what is delivered, or in what its readers,
    and theirs, make of it."""

    def __init__(self, nodes: Mapping[NodeId, Node], reader: Reader) -> None:
        self._nodes = nodes
        self._reader = reader
        self._children: dict[NodeId, list[NodeId]] = {}
        for id, node in nodes.items():
            for parent in node.parents:
                self._children.setdefault(parent, []).append(id)

    def show(self, id: NodeId, current: Mapping[NodeId, Snapshot]) -> bool:
        """Whether somebody may see in which order the node's rows stand."""
        seen: set[NodeId] = set()
        waiting = [id]
        while waiting:
            found = waiting.pop()
            if self._nodes[found].targets:
                return True
            for child in self._children.get(found, ()):
                kept = self._kept_by(child, found, current)
                if kept is None:
                    return True
                if kept and child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return False

    def _kept_by(
        self, child: NodeId, parent: NodeId, current: Mapping[NodeId, Snapshot]
    ) -> bool | None:
        """Whether a reader's rows stand in the order of its input's; None where it shows it."""
        node, snapshot = self._nodes[child], current.get(child)
        columns = {id: _columns(current.get(id)) for id in node.parents}
        inputs = {id: found for id, found in columns.items() if found is not None}
        if snapshot is None or len(inputs) < len(columns):
            return None
        lineage = self._reader.lineage(node, inputs, snapshot)
        reads = lineage.reads(parent)
        if reads.ordered:
            return None
        return reads.rows and not lineage.query.settled


def _handed_on(query: QueryLineage, parent: NodeId) -> set[str]:
    """Columns of provenance that are read for nothing but columns of the same name."""
    used = {ref.column for ref in query.rows | query.order if ref.relation == parent}
    for column in query.columns:
        own = {ref for ref in column.values if ref.column != column.name}
        used |= {ref.column for ref in own | column.influences if ref.relation == parent}
    return set(NO_CONTENT) - used


def _columns(snapshot: Snapshot | None) -> tuple[Column, ...] | None:
    if snapshot is None:
        return None
    if snapshot.artifact is not None:
        return snapshot.artifact.columns
    # What has no rows, such as a rule, has no columns either.
    return snapshot.view.columns if snapshot.view is not None else ()


def read_columns(reads: Reads, columns: tuple[Column, ...]) -> list[Column]:
    """Those that are read: all in their order, or some by name."""
    if reads.columns is None:
        return list(columns)
    wanted = {name.lower() for name in reads.columns}
    found = [column for column in columns if column.name.lower() in wanted]
    return sorted(found, key=lambda column: column.name)
