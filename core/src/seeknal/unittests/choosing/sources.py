"""Where the columns of a query come from: what stands in FROM, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.values.columns import Column


@frozen
class Origin:
    """A column of a table that rows are chosen of."""

    table: NodeId
    column: str


class Sources:
    """What the names in a query mean, as far as that can be seen."""

    def __init__(self, tree: Any, tables: Mapping[NodeId, Sequence[Column]]) -> None:
        from sqlglot.errors import SqlglotError
        from sqlglot.optimizer.scope import traverse_scope

        self.tables = tables
        self._by_lower = {node.lower(): node for node in tables}
        try:
            scopes = traverse_scope(tree)
        except (SqlglotError, AttributeError, KeyError, RecursionError):
            scopes = []
        self._scopes = {id(scope.expression): scope for scope in scopes}

    def node(self, table: Any) -> NodeId | None:
        """Which of the tables stands there."""
        if type(table).__name__ != "Table" or not table.name or not table.db:
            return None
        return self._by_lower.get(f"{table.db}.{table.name}".lower())

    def columns(self, source: Any) -> tuple[str, ...]:
        """The names of what stands in FROM under one alias; none where they are not known."""
        node = self.node(source)
        if node is not None:
            return tuple(column.name for column in self.tables[node])
        expression = getattr(source, "expression", None)
        if expression is None or not hasattr(expression, "named_selects"):
            return ()
        found: list[str] = []
        for projection in expression.selects:
            if not projection.is_star:
                found.append(projection.alias_or_name)
                continue
            scope = self._scopes.get(id(expression))
            within = projection.args.get("table")
            for alias, inner in scope.sources.items() if scope else ():
                if within is None or alias.lower() == within.name.lower():
                    found += self.columns(inner)
        return tuple(name for name in found if name)

    def source(self, column: Any) -> Any:
        """What a column is a column of: a table or a scope."""
        select = column.parent_select
        while select is not None:
            scope = self._scopes.get(id(select))
            found = self._within(column, scope.sources) if scope else None
            if found is not None:
                return found
            select = select.parent_select
        return None

    def _within(self, column: Any, sources: Mapping[str, Any]) -> Any:
        name = column.table.lower()
        for alias, source in sources.items():
            if name and alias.lower() == name:
                return source
            if not name:
                names = [one.lower() for one in self.columns(source)]
                if column.name.lower() in names:
                    return source
        return None

    def origin(self, column: Any, depth: int = 0) -> Origin | None:
        """The column of a table that a column is, untouched."""
        from sqlglot import exp

        source = self.source(column)
        node = self.node(source)
        if node is not None:
            return self._named(node, column.name)
        expression = getattr(source, "expression", None)
        if depth > 20 or not isinstance(expression, exp.Query):
            return None
        while isinstance(expression, exp.SetOperation):
            expression = expression.this
        for projection in expression.selects:
            inner = projection.unalias()
            if projection.alias_or_name.lower() == column.name.lower():
                return self.origin(inner, depth + 1) if isinstance(inner, exp.Column) else None
        scope = self._scopes.get(id(expression))
        for inner_source in scope.sources.values() if scope else ():
            inner_node = self.node(inner_source)
            if inner_node is not None and (found := self._named(inner_node, column.name)):
                return found
        return None

    def _named(self, node: NodeId, name: str) -> Origin | None:
        for column in self.tables[node]:
            if column.name.lower() == name.lower():
                return Origin(node, column.name)
        return None

    def type_of(self, origin: Origin) -> str:
        """The type of a table's column."""
        return next(c.type for c in self.tables[origin.table] if c.name == origin.column)
