"""``engine: postgresql``: a transform's SQL runs in the database, over tables that are there.

Only its result travels. A parent is read where it is: a source by its own table or query, another
node by the table that it is delivered to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.plugin import Node, NodeContext, NodeError, NodeId, Rows, Source
from seeknal_postgres.catalogue import Table, table_of
from seeknal_postgres.connections import connection_of
from seeknal_postgres.isolating import isolated
from seeknal_postgres.options import TYPE, Postgres, PostgresSource, PostgresTarget
from seeknal_postgres.reading import read

if TYPE_CHECKING:
    from sqlglot import exp


def run_sql(node: Node, context: NodeContext) -> Rows:
    """The rows of the node's SQL. Raises NodeError for a parent that is not in the database."""
    name = _connection(node, context)
    source = Source(
        node=node.id,
        type=TYPE,
        options=PostgresSource(),
        query=_translated(node, name, context),
        connection=name,
        columns=node.columns if node.contract else (),
    )
    return read(source, PostgresSource(), context)


def _connection(node: Node, context: NodeContext) -> str:
    """That of ``params:``, else the one that all parents share."""
    given = node.params.get("connection")
    if isinstance(given, str):
        return given
    found = set.intersection(*(_connections(context.definition(id)) for id in node.parents))
    if len(found) == 1:
        return found.pop()
    raise NodeError(
        f"engine {node.engine} does not follow from its inputs in which database it runs",
        code="SK1361",
        help="params: {connection: NAME}",
    )


def _connections(parent: Node) -> set[str]:
    """Connections through which a node's rows can be read."""
    own = {entry.connection for entry in parent.targets if _is_ours(entry.options)}
    if parent.source is not None and isinstance(parent.source.options, PostgresSource):
        own.add(parent.source.connection)
    return {name for name in own if name}


def _is_ours(options: object) -> bool:
    return isinstance(options, PostgresTarget)


def _translated(node: Node, connection: str, context: NodeContext) -> str:
    """The SQL in PostgreSQL's dialect, each input replaced by where its rows are."""
    from sqlglot import exp, parse_one

    assert node.sql is not None
    tree: Any = parse_one(node.sql.executable, read="duckdb")
    places = {id: _place(context.definition(id), connection, context) for id in node.parents}
    for table in list(tree.find_all(exp.Table)):
        place = places.get(_id_of(table))
        if place is not None:
            alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
            found = place.copy()
            found.set("alias", alias.copy())
            table.replace(found)
    _name_groups(tree)
    text: str = tree.sql(dialect="postgres")
    return text


def _name_groups(tree: exp.Expression) -> None:
    """``GROUP BY ALL`` as the positions that it stands for."""
    from sqlglot import exp

    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        if group is not None and group.args.get("all"):
            plain = [
                exp.Literal.number(number)
                for number, column in enumerate(select.expressions, 1)
                if not column.find(exp.AggFunc)
            ]
            select.set("group", exp.Group(expressions=plain) if plain else None)


def _id_of(table: exp.Table) -> NodeId:
    return NodeId.of(table.db, table.name)


def _place(parent: Node, connection: str, context: NodeContext) -> exp.Expression:
    """A table, or a query in brackets. Raises NodeError when the rows are not in the database."""
    from sqlglot import exp, parse_one

    source = parent.source
    options = context.connection(connection, Postgres)
    if (
        source is not None
        and isinstance(source.options, PostgresSource)
        and source.connection == connection
        and parent.python is None
    ):
        if source.query is not None:
            return exp.Subquery(this=parse_one(source.query, read="postgres"))
        _, where = connection_of(source, source.options, context)
        return _named(table_of(".".join(source.table), where.schema))
    for target in parent.targets:
        if isinstance(target.options, PostgresTarget) and target.connection == connection:
            if target.mode == "append":
                continue
            table = table_of(target.options.table or parent.name, options.schema)
            # What this environment did not change lies where production keeps it.
            return _named(isolated(table, options, context, context.holder(target))[0])
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
