"""What is known of the names in a query: tables with their columns, and columns' tables."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

from attrs import field, frozen
from sqlglot import exp

Schema = Mapping[str, Mapping[str, str]]
"""Columns with their types, by ``kind.name``."""


@frozen(kw_only=True)
class Around:
    """``tables`` are the node's inputs, ``result`` the columns that it gives."""

    tables: Schema = field(factory=dict)
    result: Mapping[str, str] = field(factory=dict)

    def in_scope(self, select: exp.Expression) -> dict[str, Mapping[str, str] | None]:
        """What stands after FROM, by alias; None where its columns are not known."""
        start = select.args.get("from_") or select.args.get("from")
        parts = [start.this] if start is not None else []
        parts += [join.this for join in select.args.get("joins") or ()]
        return {part.alias_or_name: self._columns(part) for part in parts}

    def _columns(self, part: exp.Expression) -> Mapping[str, str] | None:
        if isinstance(part, exp.Table):
            return self.tables.get(f"{part.db}.{part.name}" if part.db else part.name)
        return None

    def table_of(self, column: exp.Column) -> tuple[int, str]:
        """Which table a column is of: the query that has it in scope, and its alias there."""
        select = column.find_ancestor(exp.Select)
        while select is not None:
            scope = self.in_scope(select)
            for alias, columns in scope.items():
                if column.table == alias:
                    return id(select), alias
                if not column.table and columns and column.name in columns:
                    return id(select), alias
            unknown = [alias for alias, columns in scope.items() if columns is None]
            if not column.table and unknown:
                return id(select), unknown[0]
            select = select.find_ancestor(exp.Select)
        return 0, column.table

    def columns_beside(self, column: exp.Column) -> list[str]:
        """Others of its table with the same type, those with the most similar names first."""
        select = column.find_ancestor(exp.Select)
        place, alias = self.table_of(column)
        while select is not None and id(select) != place:
            select = select.find_ancestor(exp.Select)
        columns = (self.in_scope(select) if select is not None else {}).get(alias) or {}
        type = columns.get(column.name)
        others = [name for name in columns if name != column.name and columns[name] == type]
        return sorted(others, key=lambda name: (-_alike(name, column.name), name))

    def is_key(self, condition: exp.Expression) -> bool:
        """Whether it compares columns of two tables, as those do that rows are joined by."""
        sides = (condition.this, condition.args.get("expression"))
        if not isinstance(condition, exp.EQ) or not all(isinstance(s, exp.Column) for s in sides):
            return False
        return self.table_of(sides[0]) != self.table_of(sides[1])

    def has_key(self, condition: exp.Expression) -> bool:
        """Whether `is_key` of any part of it, but those of queries inside."""
        query = condition.find_ancestor(exp.Select)
        return any(
            self.is_key(part)
            for part in condition.find_all(exp.EQ)
            if part.find_ancestor(exp.Select) is query
        )


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
