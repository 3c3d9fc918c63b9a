"""``engine: postgresql``: a transform's SQL runs in the database, over tables that are there.

Only its result travels. A parent is read where it is: a source by its own table or query, another
node by the table that it is delivered to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from seeknal.plugin import NodeError, NodeId, Source, Target
from seeknal_postgres.catalogue import table_of
from seeknal_postgres.connections import connection_of
from seeknal_postgres.isolating import isolated
from seeknal_postgres.options import Postgres, PostgresSource, PostgresTarget
from seeknal_postgres.reading import read
from seeknal_postgres.typename import TYPE

if TYPE_CHECKING:
    from sqlglot import exp

    from seeknal.plugin import Node, NodeContext, Rows
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
    given = node.params.get("connection")
    if isinstance(given, str):
        return given
    found = [_connections(definition(id)) for id in node.parents]
    shared = set.intersection(*found) if found else set()
    if len(shared) == 1:
        return shared.pop()
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

    found = rows_of(parent, connection)
    options = context.connection(connection, Postgres)
    if isinstance(found, Target):
        assert isinstance(found.options, PostgresTarget)
        table = table_of(found.options.table or parent.name, options.schema)
        # What this environment did not change lies where production keeps it.
        return _named(isolated(table, options, context, context.holder(found))[0])
    if found.query is not None:
        return exp.Subquery(this=parse_one(found.query, read="postgres"))
    assert isinstance(found.options, PostgresSource)
    _, where = connection_of(found, found.options, context)
    return _named(table_of(".".join(found.table), where.schema))


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
