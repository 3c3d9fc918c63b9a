"""``engine: postgresql``: a transform's SQL runs in the database, over tables that are there.

Only its result travels. A parent is read where it is: a source by its own table or query, another
node by the table that it is delivered to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import (
    NodeError,
    Source,
    Target,
    place_in_sql,
    placed,
    refusals_told,
    shared_connection,
    translate,
    written_sql,
)
from seeknal_postgres.catalogue import table_of
from seeknal_postgres.connections import connection_of
from seeknal_postgres.isolating import isolated
from seeknal_postgres.options import Postgres, PostgresSource, PostgresTarget
from seeknal_postgres.reading import read
from seeknal_postgres.typename import TYPE

if TYPE_CHECKING:
    from sqlglot import exp

    from seeknal.plugin import Column, Node, NodeContext, NodeId, Rows, TargetContext
    from seeknal_postgres.catalogue import Table


def run_sql(node: Node, context: NodeContext) -> Rows:
    """The rows of the node's SQL. Raises NodeError for a parent that is not in the database."""
    name = connection_name(node, context.definition)
    source = Source(
        node=node.id,
        type=TYPE,
        options=PostgresSource(),
        query=_translated(node, name, context),
        connection=name,
        columns=node.columns if node.contract else (),
    )
    return read(source, PostgresSource(), context, node.sql.location if node.sql else None)


def connection_name(node: Node, definition: Callable[[NodeId], Node]) -> str:
    """That of ``params:``, else the one that all parents share. Raises NodeError without one."""
    found = shared_connection(node, definition, target=PostgresTarget, source=PostgresSource)
    if found is not None:
        return found
    raise NodeError(
        f"engine {node.engine} does not follow from its inputs in which database it runs",
        code="SK1361",
        help="params: {connection: NAME}",
    )


def _translated(node: Node, connection: str, context: NodeContext) -> str:
    """The SQL in PostgreSQL's dialect, each input replaced by where its rows are.

    SQL that is written in it runs as it is. Raises NodeError for what would mean something else.
    """
    assert node.sql is not None
    places = {id: _place(context.definition(id), connection, context) for id in node.parents}
    if node.sql.dialect in _OWN:
        from sqlglot import parse_one

        return _written(parse_one(written_sql(node), read="postgres"), places)
    columns = {id: context.parent(id).columns for id in node.parents}
    schema = {str(id): {one.name: one.type for one in found} for id, found in columns.items()}
    found = translate(node.sql.executable, "duckdb", "postgres", schema)
    if found.tree is None:
        where = [
            place_in_sql(context.project_root, node.sql, (one.line, one.column))
            for one in found.refusals
        ]
        told = refusals_told((one.message for one in found.refusals), where)
        raise NodeError(
            f"it may mean something else in PostgreSQL: {told}",
            code="SK1364",
            help="dialect: postgres runs PostgreSQL's own SQL; without engine: DuckDB runs it",
            location=where[0],
        )
    rows = {id: _selected(place, columns[id]).subquery() for id, place in places.items()}
    return _written(found.tree, rows)


_OWN = ("postgres", "postgresql")
"""What a node's ``dialect:`` calls PostgreSQL's."""


def _written(tree: Any, places: Mapping[NodeId, exp.Expression]) -> str:
    """The query with each input where its rows are."""
    return str(placed(tree, places).sql(dialect="postgres"))


def _selected(place: exp.Expression, columns: Sequence[Column]) -> exp.Select:
    """The rows with the types that they have in DuckDB: what the SQL means hangs on these."""
    from sqlglot import exp

    source = place.copy()
    if isinstance(source, exp.Subquery):
        source.set("alias", exp.TableAlias(this=exp.to_identifier("seeknal_rows", quoted=True)))
    items = []
    for column in columns:
        name: Any = exp.column(column.name, quoted=True)
        if column.type in _PLAIN or column.type.startswith("DECIMAL("):
            name = exp.cast(name, exp.DataType.build(column.type, dialect="duckdb"))
        items.append(exp.alias_(name, column.name, quoted=True))
    return exp.select(*items).from_(source)


_PLAIN = frozenset(
    (
        *("BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "VARCHAR", "DATE"),
        *("TIMESTAMP", "TIME", "UUID"),
    )
)
"""Types that a column of a table there is given, so that it means the same."""


def _place(parent: Node, connection: str, context: NodeContext) -> exp.Expression:
    """A table, or a query in brackets. Raises NodeError when the rows are not in the database."""
    from sqlglot import exp, parse_one

    found = rows_of(parent, connection)
    options = context.connection(connection, Postgres)
    if isinstance(found, Target):
        # Raises where it is owed what it is to hold.
        context.landing(found)
        return _delivered(found, options, context)
    if found.query is not None:
        return exp.Subquery(this=parse_one(found.query, read="postgres"))
    assert isinstance(found.options, PostgresSource)
    _, where = connection_of(found, found.options, context)
    return _named(table_of(".".join(found.table), where.schema))


def delivered_rows(target: Target, columns: Sequence[Column], context: TargetContext) -> str:
    """A query of the rows that a target holds. Raises NodeError where they lie elsewhere."""
    _, options = connection_of(target, None, context)
    return _selected(_delivered(target, options, context), columns).sql(dialect="postgres")


def _delivered(target: Target, options: Postgres, context: TargetContext) -> exp.Expression:
    """The table that a target is. Raises NodeError for one in another database."""
    assert isinstance(target.options, PostgresTarget)
    table = table_of(target.options.table or target.node.name, options.schema)
    # What this environment did not change lies where production keeps it.
    found, where = isolated(table, options, context, context.holder(target))
    if where.dbname != options.dbname:
        raise NodeError(
            f"{target.node} is delivered to {table} of database {where.dbname}, to which connection"
            f" {target.connection!r} does not lead",
            code="SK1362",
            help="environments: {suffix: schema} keeps tables of environments in one database",
        )
    return _named(found)


def rows_of(parent: Node, connection: str) -> Source | Target:
    """What holds just the rows of a node in the database. Raises NodeError when nothing does."""
    source = parent.source
    if (
        source is not None
        and isinstance(source.options, PostgresSource)
        and source.connection == connection
        and parent.python is None
    ):
        return source
    targets = [
        target
        for target in parent.targets
        if isinstance(target.options, PostgresTarget) and target.connection == connection
    ]
    whole = [target for target in targets if target.mode != "append"]
    if whole:
        return whole[0]
    if targets:
        raise NodeError(
            f"{parent.id} is appended to {targets[0].label} of connection {connection!r},"
            " where the rows of earlier runs are too",
            code="SK1362",
            help="deliver it there with another mode as well, or leave engine: out",
        )
    raise NodeError(
        f"{parent.id} is not in the database of connection {connection!r}",
        code="SK1362",
        help="deliver it there (materializations:), or leave engine: out",
    )


def _named(table: Table) -> exp.Expression:
    from sqlglot import exp

    return exp.table_(
        exp.to_identifier(table.name, quoted=True), db=exp.to_identifier(table.schema, quoted=True)
    )
