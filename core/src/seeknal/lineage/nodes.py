"""The lineage of one node from its definition, its parents' columns, and what is stored of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.kernel.roles import texts_of, values_of
from seeknal.lineage.binding import Unbound
from seeknal.lineage.model import NodeLineage
from seeknal.sql.lineage.functions import is_exact
from seeknal.sql.lineage.trace import trace_query
from seeknal.sql.syntax import takes_columns_from_data
from seeknal.values.column_lineage import ColumnLineage, ColumnRef, QueryLineage
from seeknal.values.columns import Column
from seeknal.values.provenance import LAYER, own_layer, with_provenance

if TYPE_CHECKING:
    from seeknal.lineage.binding import Binder
    from seeknal.values.audits import Audit
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot


@frozen(kw_only=True)
class Known:
    """What is stored of a node and still true: the columns, and a Python node's query."""

    columns: tuple[Column, ...] | None = None
    query: str | None = None
    untraced: str | None = None


def still_true(node: Node, snapshot: Snapshot | None, content: str, upstream: str) -> Known:
    """What a node's last run tells about it as it is now defined."""
    if snapshot is None:
        return Known(untraced="no run of it has succeeded yet")
    if snapshot.fingerprint.content != content:
        return Known(untraced="no run of it has succeeded since it was last changed")
    same_inputs = snapshot.fingerprint.upstream == upstream
    artifact = snapshot.artifact
    # Columns may come from the inputs' definitions; a source's come from outside.
    columns = artifact.columns if artifact and (same_inputs or node.source) else None
    return Known(
        columns=columns,
        query=snapshot.query,
        untraced=snapshot.untraced or "nothing was recorded when it ran: run it again",
    )


def trace_source(node: Node, known: Known, binder: Binder) -> NodeLineage:
    """A source: its columns are where every path begins."""
    try:
        columns = known.columns or declared(node) or _loaded(node, binder)
    except Unbound as error:
        return NodeLineage(node=node.id, known=False, query=QueryLineage(unknown=str(error)))
    query = QueryLineage(columns=tuple(ColumnLineage(name=c.name) for c in columns))
    return NodeLineage(node=node.id, columns=columns, query=query)


def declared(node: Node) -> tuple[Column, ...] | None:
    """The columns that a source's file declares, where it says the type of each."""
    if not node.columns or not all(column.type for column in node.columns):
        return None
    columns = tuple(Column(column.name, str(column.type)) for column in node.columns)
    return with_provenance(columns) if node.provenance else columns


def _loaded(node: Node, binder: Binder) -> tuple[Column, ...]:
    source = node.source
    kind = binder.plugins.source_types.get(source.type) if source else None
    if kind is None or not kind.reads_files or node.python is not None:
        raise Unbound("its columns are not known until it has run")
    return binder.loaded(node)


def trace_node(
    node: Node, parents: Mapping[NodeId, NodeLineage], known: Known, binder: Binder
) -> NodeLineage:
    """A node that reads others."""
    try:
        found = _traced(node, parents, known, binder)
        if node.sql is None or node.sql.incremental is None or found.unknown is not None:
            return found
        return _with_increments(node, found, parents, binder)
    except Unbound as error:
        return _unknown(node, str(error), known.columns)


def _with_increments(
    node: Node, first: NodeLineage, parents: Mapping[NodeId, NodeLineage], binder: Binder
) -> NodeLineage:
    """A node whose rows are those of its first query, and of the one that is merged into them."""
    from seeknal.lineage.merged import of_both

    known, seen = Known(columns=first.columns), {**parents, node.id: first}
    again = _traced(node.increment.with_itself, seen, known, binder)
    if again.unknown is not None:
        raise Unbound(again.unknown)
    return evolve(first, query=of_both(str(node.id), first.query, again.query))


def _unknown(node: Node, why: str, columns: tuple[Column, ...] | None) -> NodeLineage:
    return NodeLineage(
        node=node.id,
        parents=node.parents,
        columns=columns or (),
        known=columns is not None,
        query=QueryLineage(unknown=why),
    )


def _traced(
    node: Node, parents: Mapping[NodeId, NodeLineage], known: Known, binder: Binder
) -> NodeLineage:
    kind = binder.plugins.kinds.get(node.kind)
    if node.sql is not None and node.sql.reads_itself and node.id not in parents:
        raise Unbound("it reads the rows that it has so far")
    if node.does == "checks":
        return checked(node, parents, binder.nodes)
    if kind is not None and (told := told_by_plugin(node, parents, binder)) is not None:
        columns = known.columns or tuple(Column(column.name, "") for column in told.columns)
        is_known = known.columns is not None or not kind.produces_rows
        return NodeLineage(
            node=node.id, parents=node.parents, columns=columns, known=is_known, query=told
        )
    if kind is not None and not kind.produces_rows and node.sql is None:
        return delivered(node, parents)
    if node.runs_elsewhere and (node.sql is None or node.sql.dialect != "duckdb"):
        raise Unbound(f"it runs on {node.engine}")
    body = _body(node, known)
    if body is not None and takes_columns_from_data(body):
        raise Unbound("a PIVOT without IN (...) takes its columns from the data")
    # Nodes that only describe are read by those who ask them, not by SQL.
    nodes = binder.nodes
    read = [id for id in node.parents if id in parents and nodes[id].does != "describes"]
    if missing := [id for id in read if not parents[id].known]:
        raise Unbound(f"the columns of {missing[0]} are not known until it has run")
    for id in read:
        binder.define(id, parents[id].columns)
    if node.sql is not None and node.sql.calls:
        body = _over_types(node, {id: parents[id].columns for id in read}, binder)
    sql = body if body and _is_its_body(node, binder) else binder.generated(node, body, read)
    columns = known.columns or binder.columns(sql)
    tables: dict[tuple[str, ...], tuple[str, Sequence[str]]] = {
        (id.kind.lower(), id.name.lower()): (str(id), parents[id].names()) for id in read
    }
    inexact = frozenset(
        ColumnRef(str(id), column.name)
        for id in read
        for column in parents[id].columns
        if not is_exact(column.type)
    )
    query = trace_query(sql, tables, [column.name for column in columns], inexact=inexact)
    described = {str(id) for id in node.parents if id in nodes and nodes[id].does == "describes"}
    query = evolve(query, relations=query.relations | described) if described else query
    if own_layer(node, columns) is not None:
        query = evolve(query, columns=tuple(map(_without_layer, query.columns)))
    return NodeLineage(node=node.id, parents=node.parents, columns=columns, query=query)


def _without_layer(column: ColumnLineage) -> ColumnLineage:
    """A layer of the node's own comes from none of its inputs."""
    return ColumnLineage(name=column.name) if column.name == LAYER else column


def _over_types(
    node: Node, columns: Mapping[NodeId, Sequence[Column]], binder: Binder
) -> str | None:
    """A node's SQL with the queries that plugins write into it as they are over these columns."""
    if not all(column.type for each in columns.values() for column in each):
        return node.sql.executable if node.sql else None
    from seeknal.project.translated import in_duckdb

    found = in_duckdb(node, columns, binder.project, binder.plugins)
    for problem in found.problems:
        raise Unbound(problem.message)
    return found.node.sql.executable if found.node.sql else None


def told_by_plugin(
    node: Node, parents: Mapping[NodeId, NodeLineage], binder: Binder
) -> QueryLineage | None:
    """What the plugin of a node's kind says of its columns; None where it leaves that to core.

    Raises Unbound with what the plugin raised, and where it names what the node does not read.
    """
    if node.rows_of_body:
        return None
    plugins = binder.plugins
    owner = plugins.owner("kind", node.kind)
    read = {id: parents[id].columns for id in node.parents if id in parents and parents[id].known}
    try:
        told = plugins.hooks.node_lineage(owner, node=node, parents=read, nodes=binder.nodes)
    except Exception as error:
        raise Unbound(f"plugin {owner!r} failed in node_lineage: {error}") from error
    if told is not None:
        named = {ref.relation for ref in told.reads} | told.relations
        for other in sorted(named.difference(node.parents)):
            raise Unbound(f"plugin {owner!r} names {other}, which {node.id} does not read")
    return told


def _body(node: Node, known: Known) -> str | None:
    if node.python is not None:
        if known.query is None:
            raise Unbound(known.untraced or "its function is not traced")
        return known.query
    return node.sql.executable if node.sql else None


def _is_its_body(node: Node, binder: Binder) -> bool:
    """Whether the node's rows are just those of its own SQL."""
    kind = binder.plugins.kinds.get(node.kind)
    return node.rows_of_body or (kind is not None and not kind.produces_rows)


def delivered(node: Node, parents: Mapping[NodeId, NodeLineage]) -> NodeLineage:
    """A node that hands on or checks its inputs as they are: each column is its parent's."""
    if any(not parents[id].known for id in node.parents):
        return _unknown(node, "the columns of its inputs are not known", None)
    several = len(node.parents) > 1
    columns, lineage = [], []
    for id in node.parents:
        for column in parents[id].columns:
            name = f"{id.name}.{column.name}" if several else column.name
            columns.append(Column(name, column.type, column.nullable))
            ref = ColumnRef(str(id), column.name)
            lineage.append(ColumnLineage(name=name, values=frozenset((ref,))))
    query = QueryLineage(
        columns=tuple(lineage),
        relations=frozenset(map(str, node.parents)),
        # A file is written in the order of the rows.
        ordered=bool(node.targets),
    )
    return NodeLineage(node=node.id, parents=node.parents, columns=tuple(columns), query=query)


def checked(
    node: Node, parents: Mapping[NodeId, NodeLineage], nodes: Mapping[NodeId, Node]
) -> NodeLineage:
    """A rule: it has no columns, and reads those that its audits name."""
    rows: set[ColumnRef] = set()
    for id in node.parents:
        for audit in nodes[id].audits:
            if audit.declared_by == node.id:
                named = _columns_checked(audit, parents[id])
                if named is None:
                    return _unknown(node, f"its {audit.type} audit may look at any column", ())
                rows |= named
    query = QueryLineage(rows=frozenset(rows), relations=frozenset(map(str, node.parents)))
    return NodeLineage(node=node.id, parents=node.parents, query=query)


def _columns_checked(audit: Audit, parent: NodeLineage) -> frozenset[ColumnRef] | None:
    """The columns that an audit looks at; None when it may look at others."""
    if any(values_of(audit.options, "sql")) or not parent.known:
        return None
    read: frozenset[ColumnRef] = frozenset()
    expressions = texts_of(audit.options, "condition")
    for condition in filter(None, (*expressions, audit.where)):
        table: dict[tuple[str, ...], tuple[str, Sequence[str]]] = {
            ("rows",): (str(parent.node), parent.names())
        }
        found = trace_query(f"SELECT 1 AS one FROM rows WHERE ({condition}\n)", table, ["one"])
        if found.unknown is not None:
            return None
        read |= found.rows
    if expressions:
        return read
    names = _real(texts_of(audit.options, "column"), parent)
    named = frozenset(ColumnRef(str(parent.node), name) for name in names)
    return named | read if named else None


def _real(names: Sequence[str], parent: NodeLineage) -> list[str]:
    real = {column.name.lower(): column.name for column in parent.columns}
    return [real.get(name.lower(), name) for name in names]
