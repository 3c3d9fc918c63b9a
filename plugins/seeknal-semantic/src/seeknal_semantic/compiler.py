"""From a metric query to SQL that is ready to be run: what commands and other plugins use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.plugin import Column, ColumnRef, NodeId, quote_identifier, quote_name
from seeknal_semantic.compiling.refusing import reason_of, refused
from seeknal_semantic.compiling.scope import Scope

if TYPE_CHECKING:
    import duckdb
    from sqlglot import exp

    from seeknal_semantic.compiling.query import Query
    from seeknal_semantic.compiling.used_keys import UsedKey
    from seeknal_semantic.definitions import SemanticLayer


@frozen(kw_only=True)
class CompiledQuery:
    """One SELECT in ``dialect``, laid out. ``columns`` are those of its answer, typed as in DuckDB.

    ``models`` and ``nodes`` are what it reads rows of, ``reads`` the columns of these. Its values
    are exact where each of ``keys`` is in one row; `MetricCompiler.question` asks whether it is.
    """

    sql: str
    dialect: str
    columns: tuple[Column, ...]
    models: tuple[str, ...]
    nodes: tuple[NodeId, ...]
    reads: tuple[ColumnRef, ...] = field(repr=False)
    keys: tuple[UsedKey, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class Sketch:
    """A query while the columns of nodes are not known: each time is taken for a TIMESTAMP.

    ``describing`` are the models and time spines over the ``nodes`` whose rows it reads, and
    ``reads`` the columns of these. ``keys`` are what it joins by.
    """

    sql: str
    nodes: tuple[NodeId, ...]
    describing: tuple[NodeId, ...]
    reads: tuple[ColumnRef, ...] = field(repr=False)
    keys: tuple[UsedKey, ...] = field(repr=False)


def sketch(layer: SemanticLayer, query: Query) -> Sketch:
    """The query without columns. Raises as `MetricCompiler.compile` does for all but columns."""
    compiler = MetricCompiler(layer, lambda node: ())
    found = compiler.told(query, lambda node, words: "", lambda node, word: True)
    models = [each.id for each in layer.models.values() if each.rows in found.nodes]
    spines = [each.id for each in layer.spines.values() if each.rows in found.nodes]
    return Sketch(
        sql=found.tree.sql(dialect="duckdb", pretty=True),
        nodes=tuple(found.nodes),
        describing=(*models, *spines),
        reads=tuple(found.reads),
        keys=tuple(found.keys),
    )


@frozen(kw_only=True)
class Told:
    """A query's tree, the nodes and columns that it reads, and the keys that it joins by."""

    tree: exp.Query
    nodes: Mapping[NodeId, None]
    reads: Mapping[ColumnRef, None]
    keys: Mapping[UsedKey, None]


def _bound(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    """What DuckDB makes of a query. Raises QueryRefused where types do not fit."""
    import duckdb

    try:
        return connection.sql(sql)
    except duckdb.Error as error:
        raise refused(
            "SK1525",
            f"the types of the columns do not fit: {reason_of(error)}",
            help="cast them in the expr of the measure or dimension, or in the node",
        ) from None


class MetricCompiler:
    """Compiles queries of one semantic layer.

    ``columns_of`` gives the columns of a node's rows. They stand in the SQL as ``kind.name``, as
    they do in ``seeknal sql``, unless ``tables`` says what a node's table is called. For another
    engine ``rows_of`` may give the query, in its dialect, that has given columns of a node.
    """

    def __init__(
        self,
        layer: SemanticLayer,
        columns_of: Callable[[NodeId], Sequence[Column]],
        tables: Mapping[NodeId, tuple[str, ...]] | None = None,
        rows_of: Callable[[NodeId, Sequence[Column]], str] | None = None,
    ) -> None:
        self.layer = layer
        self.columns_of = lru_cache(maxsize=None)(columns_of)
        self._type_of = lru_cache(maxsize=None)(self._bound_type)
        self._tables = tables or {}
        self._rows_of = rows_of
        rows = [model.rows for model in layer.models.values()]
        rows += [spine.rows for spine in layer.spines.values()]
        self._names = frozenset(self._tables.get(node, (node.name,))[-1].lower() for node in rows)
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._made: set[NodeId] = set()

    def compile(self, query: Query, dialect: str = "duckdb") -> CompiledQuery:
        """The query as SQL of a dialect.

        Raises QueryRefused or NameRefused for what has no exact answer, with the reason; and
        UsageError where the columns of a node that it reads are not known.
        """
        found = self.told(query, self._type_of, self._has_column)
        nodes = found.nodes
        for ref in found.reads:
            self._check_column(NodeId(ref.relation), ref.column)
        sql = found.tree.sql(dialect="duckdb", pretty=True)
        columns = self._bound(sql, nodes)
        if dialect != "duckdb":
            sql = self._translated(sql, dialect, nodes, found.reads)
        models = [model.name for model in self.layer.models.values() if model.rows in nodes]
        return CompiledQuery(
            sql=sql,
            dialect=dialect,
            columns=columns,
            models=tuple(models),
            nodes=tuple(nodes),
            reads=tuple(found.reads),
            keys=tuple(found.keys),
        )

    def question(self, key: UsedKey, query: CompiledQuery) -> CompiledQuery:
        """A query, as ``query`` is run, of how many values of a key are in several rows.

        And of how many rows have none, though they have to. Raises QueryRefused as compiling does.
        """
        sql = key.question.sql(dialect="duckdb", pretty=True)
        nodes: dict[NodeId, None] = {key.rows: None}
        columns = self._bound(sql, nodes)
        if query.dialect != "duckdb":
            sql = self._translated(sql, query.dialect, nodes, dict.fromkeys(query.reads))
        return evolve(query, sql=sql, columns=columns, nodes=(key.rows,), keys=())

    def told(
        self,
        query: Query,
        type_of: Callable[[NodeId, str], str],
        has_column: Callable[[NodeId, str], bool],
    ) -> Told:
        """The query as a tree, where types and names of columns are what these say."""
        from seeknal_semantic.compiling.compiler import compiled

        reads: dict[ColumnRef, None] = {}
        nodes: dict[NodeId, None] = {}
        keys: dict[UsedKey, None] = {}

        def table_of(node: NodeId) -> exp.Table:
            nodes[node] = None
            return self._table(node)

        scope = Scope(
            layer=self.layer,
            type_of=type_of,
            table_of=table_of,
            has_column=has_column,
            read=lambda node, word: reads.__setitem__(ColumnRef(node, word), None),
            joins_by=lambda key: keys.__setitem__(key, None),
            calendar=self.layer.calendar,
            tables=self._names,
        )
        return Told(tree=compiled(scope, query), nodes=nodes, reads=reads, keys=keys)

    def _table(self, node: NodeId) -> exp.Table:
        from sqlglot import exp

        *above, name = self._tables.get(node, (node.kind, node.name))
        found = [exp.to_identifier(word, quoted=True) for word in reversed(above)]
        return exp.Table(
            this=exp.to_identifier(name, quoted=True),
            **dict(zip(("db", "catalog"), found, strict=False)),
        )

    def _has_column(self, node: NodeId, word: str) -> bool:
        return any(column.name.lower() == word.lower() for column in self.columns_of(node))

    def _check_column(self, node: NodeId, word: str) -> None:
        """Raise QueryRefused for a column that a node's rows do not have, or not yet."""
        if not self._has_column(node, word):
            known = ", ".join(column.name for column in self.columns_of(node))
            raise refused(
                "SK1528",
                f"{word} is no column of the rows of {node}, which have {known}",
                help=f"seeknal run --select +{node} first, where the node gives it by now",
            )

    def _bound_type(self, node: NodeId, words: str) -> str:
        """DuckDB's type of an expression over a node's columns."""
        from sqlglot import exp

        from seeknal_semantic.expressions import parse_expression

        tree = parse_expression(words)
        for each in tree.find_all(exp.Column):
            self._check_column(node, each.name)
        sql = f"SELECT {tree.sql(dialect='duckdb', comments=False)} FROM {self._name(node)}"
        (type,) = _bound(self._empty(node), sql).types
        return str(type)

    def _bound(self, sql: str, nodes: Mapping[NodeId, None]) -> tuple[Column, ...]:
        """The columns of the answer. What does not bind would not run either."""
        for node in nodes:
            connection = self._empty(node)
        found = _bound(connection, sql)
        pairs = zip(found.columns, found.types, strict=True)
        return tuple(Column(name=name, type=str(type)) for name, type in pairs)

    def _empty(self, node: NodeId) -> duckdb.DuckDBPyConnection:
        """A DuckDB with a table of the node's columns that has no rows."""
        if self._connection is None:
            import duckdb

            self._connection = duckdb.connect(":memory:")
            self._connection.execute("SET TimeZone = 'UTC'")
        if node not in self._made:
            *above, _ = self._tables.get(node, (node.kind, node.name))
            for depth in range(len(above)):
                place = ".".join(map(quote_identifier, above[: depth + 1]))
                self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {place}")
            columns = ", ".join(
                f"{quote_identifier(each.name)} {each.type}" for each in self.columns_of(node)
            )
            self._connection.execute(f"CREATE TABLE {self._name(node)} ({columns})")
            self._made.add(node)
        return self._connection

    def _name(self, node: NodeId) -> str:
        return quote_name(*self._tables.get(node, (node.kind, node.name)))

    def _translated(
        self,
        sql: str,
        dialect: str,
        nodes: Mapping[NodeId, None],
        reads: Mapping[ColumnRef, None],
    ) -> str:
        """The same for another engine. Raises QueryRefused with every reason against it."""
        from seeknal.plugin import SqlRefused, translate

        schema = {
            ".".join(self._tables.get(node, (node.kind, node.name))): {
                column.name: column.type for column in self.columns_of(node)
            }
            for node in nodes
        }
        try:
            found = translate(sql, "duckdb", dialect, schema)
        except SqlRefused as error:
            raise refused("SK1521", f"no SQL of {dialect} can be made: {error}") from None
        if found.refusals:
            why = "; ".join(dict.fromkeys(refusal.message for refusal in found.refusals))
            raise refused(
                "SK1521",
                f"{dialect} would not give the same values: {why}",
                help="ask it of the stored outputs, without --connection",
            )
        if self._rows_of is not None and found.tree is not None:
            for node in nodes:
                self._place(found.tree, node, self._rows_of(node, self._read(node, reads)), dialect)
        return found.sql(pretty=True)

    def _read(self, node: NodeId, reads: Mapping[ColumnRef, None]) -> list[Column]:
        """The columns of a node that a query names; one of them where it only counts rows."""
        named = {ref.column.lower() for ref in reads if ref.relation == node}
        columns = self.columns_of(node)
        return [each for each in columns if each.name.lower() in named] or list(columns[:1])

    def _place(self, tree: exp.Expression, node: NodeId, rows: str, dialect: str) -> None:
        """Let the node's rows be those of a query, wherever the tree names its table."""
        from sqlglot import exp, parse_one

        path = self._tables.get(node, (node.kind, node.name))
        for table in list(tree.find_all(exp.Table)):
            if tuple(part.name for part in table.parts) == path:
                alias = table.args.get("alias") or exp.TableAlias(
                    this=exp.to_identifier(table.name, quoted=True)
                )
                query = parse_one(rows, read=dialect)
                table.replace(exp.Subquery(this=query, alias=alias.copy()))
