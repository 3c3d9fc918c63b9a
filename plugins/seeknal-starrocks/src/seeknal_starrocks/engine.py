"""``engine: starrocks``: SQL that runs in StarRocks, over the tables that hold what it reads.

Only its result travels. An exposure's query becomes a view there: what is given of it is its text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import (
    NodeError,
    Scan,
    Source,
    place_in_sql,
    placed,
    quote_literal,
    refusals_told,
    shared_connection,
    translate,
    written_sql,
)
from seeknal_starrocks.addresses import DEFAULT_CATALOG, address_of
from seeknal_starrocks.isolating import connection_of
from seeknal_starrocks.options import StarRocks, StarRocksSource, StarRocksTarget
from seeknal_starrocks.serving.desk import asking, see_what_is_new
from seeknal_starrocks.serving.options import StarRocksView
from seeknal_starrocks.serving.origins import names_of, tree_of
from seeknal_starrocks.serving.outside import named_apart, put_back, schema_of
from seeknal_starrocks.serving.places import place_of
from seeknal_starrocks.tablename import table_of
from seeknal_starrocks.typename import TYPE

if TYPE_CHECKING:
    from sqlglot import exp

    from seeknal.plugin import Column, Node, NodeContext, NodeId, Rows, Target, TargetContext

_ICEBERG = "iceberg"
"""What targets are called whose tables StarRocks reads by an external catalog."""


def run_sql(node: Node, context: NodeContext) -> Rows:
    """The rows of the SQL, or its text where that becomes a view.

    Raises NodeError for a parent that StarRocks does not see.
    """
    views = [target for target in node.targets if isinstance(target.options, StarRocksView)]
    if views:
        return Scan(f"SELECT {quote_literal(query_of(node, views[0], context))} AS query")
    from seeknal_starrocks.reading.source import read

    name = connection_name(node, context.definition)
    query = _query(node, name, context)
    outside = [each for each in names_of(tree_of(query), "") if each[0] != DEFAULT_CATALOG]
    if outside:
        with asking(name, context) as desk:
            see_what_is_new(outside, desk)
    source = Source(
        node=node.id,
        type=TYPE,
        options=StarRocksSource(),
        query=query,
        connection=name,
        columns=node.columns if node.contract else (),
    )
    return read(source, StarRocksSource(), context)


def connection_name(node: Node, definition: Callable[[NodeId], Node]) -> str:
    """That of ``params:``, else the one that all parents share. Raises NodeError without one."""
    found = shared_connection(node, definition, target=StarRocksTarget, source=StarRocksSource)
    if found is not None:
        return found
    raise NodeError(
        f"engine {node.engine} does not follow from its inputs on which connection it runs",
        code="SK1986",
        help="params: {connection: NAME}",
    )


def query_of(node: Node, view: Target, context: NodeContext) -> str:
    """The query of a view, as `_query` has it. Raises NodeError."""
    connection_of(view, context)
    return _query(node, view.connection or "", context, place_of(view, context).database)


def _query(node: Node, connection: str, context: NodeContext, database: str | None = None) -> str:
    """The SQL in StarRocks' dialect, each input replaced by the table that holds its rows.

    SQL that is written in it runs as it is. Raises NodeError for what would mean something else.
    """
    assert node.sql is not None
    places = {id: _place(context.definition(id), connection, context) for id in node.parents}
    if node.sql.dialect == TYPE:
        from sqlglot import parse_one

        return _written(parse_one(written_sql(node), read=TYPE), places)
    if node.sql.dialect != "duckdb":
        raise NodeError(
            f"SQL of dialect {node.sql.dialect} does not run on {TYPE}",
            code="SK1982",
            help="write it in DuckDB's own SQL, without dialect:, or in StarRocks'",
        )
    return _written(_translated(node, connection, context, database), places)


def _translated(node: Node, connection: str, context: NodeContext, database: str | None) -> Any:
    """The tree of the SQL in StarRocks' dialect. Raises NodeError for what may mean another."""
    assert node.sql is not None
    columns = {id: context.parent(id).columns for id in node.parents}
    schema = {str(id): {one.name: one.type for one in found} for id, found in columns.items()}
    outside = named_apart(node.sql.executable, node.parents)
    if outside.tables:
        with asking(connection, context) as desk:
            schema |= schema_of(outside, database or "", desk)
    found = translate(outside.sql, "duckdb", TYPE, schema)
    if found.tree is not None:
        put_back(found.tree, outside)
        return found.tree
    # Where names were put in, lines and columns are no longer those that were written.
    known = not outside.tables
    where = [
        place_in_sql(context.project_root, node.sql, (one.line, one.column))
        if known
        else node.sql.location
        for one in found.refusals
    ]
    told = refusals_told((one.message for one in found.refusals), where)
    raise NodeError(
        f"it may mean something else in StarRocks: {told}",
        code="SK1982",
        help="write it otherwise; dialect: starrocks runs StarRocks' own SQL",
        location=where[0],
    )


def _written(tree: Any, places: Mapping[NodeId, exp.Expression]) -> str:
    """The query with each input where its rows are."""
    return str(placed(tree, places).sql(dialect=TYPE, comments=False))


def _place(parent: Node, connection: str, context: NodeContext) -> exp.Expression:
    """A table, or a query in brackets. Raises NodeError where the rows are in none."""
    options = context.connection(connection, StarRocks)
    source = source_there(parent, connection)
    if source is not None:
        return _of_source(source, connection, options)
    for target in targets_there(parent, connection):
        if target.type == TYPE:
            table = table_of(context.landing(target), None)
            return _named(DEFAULT_CATALOG, table.database, table.name)
        parts = context.landing(target).split(".")
        if options.iceberg_catalog and len(parts) in (2, 3):
            return _named(options.iceberg_catalog, *parts[-2:])
    raise nowhere(parent.id, connection)


def _of_source(source: Source, connection: str, options: StarRocks) -> exp.Expression:
    from sqlglot import exp, parse_one

    if source.query is not None:
        return exp.Subquery(this=parse_one(source.query, read=TYPE))
    from seeknal_starrocks.reading import naming
    from seeknal_starrocks.reading.dialects import STARROCKS

    address = address_of(connection, options)
    table = naming.table_of(source, address, STARROCKS)
    return _named(table.catalog or address.catalog, table.database, table.name)


def source_there(node: Node, connection: str) -> Source | None:
    """The source that a node is, where StarRocks reads it itself."""
    source = node.source
    if source is None or node.python is not None or source.connection != connection:
        return None
    # Of other options others may be read.
    return source if source.options == StarRocksSource() else None


def targets_there(node: Node, connection: str) -> list[Target]:
    """The targets that hold just the rows of a node, and that StarRocks may read."""
    return [
        target
        for target in node.targets
        if target.mode != "append"
        and (target.type == _ICEBERG or (target.type, target.connection) == (TYPE, connection))
    ]


def nowhere(node: NodeId, connection: str) -> NodeError:
    """That no table is known that holds a node's rows."""
    return NodeError(
        f"{node} is nowhere where connection {connection!r} reads it whole",
        code="SK1980",
        help="deliver it to Iceberg, and say in iceberg_catalog: of the connection what StarRocks"
        " calls that catalog; or to a table of StarRocks",
    )


def delivered_rows(target: Target, columns: Sequence[Column], context: TargetContext) -> str:
    """A query of the rows that a target holds, whose columns have the types they were made of."""
    from sqlglot import exp

    table = table_of(context.landing(target), None)
    names = [exp.column(column.name, quoted=True) for column in columns]
    query = exp.select(*names).from_(_named(DEFAULT_CATALOG, table.database, table.name))
    return query.sql(dialect=TYPE)


def _named(catalog: str, database: str, name: str) -> exp.Expression:
    from sqlglot import exp

    return exp.table_(
        exp.to_identifier(name, quoted=True),
        db=exp.to_identifier(database, quoted=True),
        catalog=exp.to_identifier(catalog, quoted=True),
    )
