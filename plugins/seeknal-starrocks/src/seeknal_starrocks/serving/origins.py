"""Which column of which table a column of a query is, where it is one as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import DeliveryError
from seeknal_starrocks.addresses import DEFAULT_CATALOG
from seeknal_starrocks.serving.bases import Origin
from seeknal_starrocks.typename import TYPE

if TYPE_CHECKING:
    from seeknal_starrocks.serving.bases import Base, Name


def tree_of(query: str) -> Any:
    """The query as sqlglot reads it. Raises DeliveryError for what it does not."""
    from sqlglot import ParseError, parse_one

    try:
        return parse_one(query, read=TYPE)
    except ParseError as error:
        told = error.errors[0]["description"] if error.errors else str(error)
        raise DeliveryError(f"the query is not understood: {told}", code="SK1982") from None


def names_of(tree: Any, database: str) -> tuple[Name, ...]:
    """The tables that a query names, each in full."""
    from sqlglot import exp

    found = (
        name_of(table, database)
        for table in tree.find_all(exp.Table)
        if table.name and not is_cte(table)
    )
    return tuple(dict.fromkeys(found))


def name_of(table: Any, database: str) -> Name:
    """What a table's name means in a database of StarRocks' own catalog."""
    parts = [part.name for part in table.parts]
    catalog, schema, name = [DEFAULT_CATALOG, database][: max(0, 3 - len(parts))] + parts[-3:]
    return catalog, schema, name


def is_cte(table: Any) -> bool:
    """Whether a name means a common table expression."""
    return _cte(table) is not None


def _cte(table: Any) -> Any:
    """The common table expression that a name means, if it means one."""
    node = table if not table.db else None
    while node is not None:
        for cte in getattr(node.args.get("with_"), "expressions", ()):
            if cte.alias.lower() == table.name.lower():
                return cte
        node = node.parent
    return None


@frozen(kw_only=True)
class Origins:
    """Looks through a query; ``tables`` are those that it reads."""

    database: str
    tables: Mapping[Name, Base]

    def of(self, tree: Any, name: str) -> Origin | None:
        """None for a column that is computed, or of several tables."""
        from sqlglot import exp

        if isinstance(tree, exp.Subquery):
            return self.of(tree.this, name)
        if not isinstance(tree, exp.Select):
            return None
        for item in tree.expressions:
            if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and item.name == "*"):
                if (found := self._in(tree, getattr(item, "table", ""), name)) is not None:
                    return found
            elif item.alias_or_name.lower() == name.lower():
                column = item.unalias()
                is_column = isinstance(column, exp.Column)
                return self._in(tree, column.table, column.name) if is_column else None
        return None

    def _in(self, select: Any, alias: str, name: str) -> Origin | None:
        """What a column of a source of a select is; of several that may have it, none."""
        found = [
            origin
            for source in _sources(select)
            if not alias or source.alias_or_name.lower() == alias.lower()
            if (origin := self._of_source(source, name)) is not None
        ]
        return found[0] if len(found) == 1 else None

    def _of_source(self, source: Any, name: str) -> Origin | None:
        from sqlglot import exp

        if isinstance(source, exp.Subquery):
            return self.of(source, name)
        if not isinstance(source, exp.Table):
            return None
        if (cte := _cte(source)) is not None:
            return self.of(cte.this, name)
        table = self.tables.get(name_of(source, self.database))
        column = table.column(name) if table is not None else None
        return Origin(table=table, column=column) if table is not None and column else None


def _sources(select: Any) -> Iterator[Any]:
    if (first := select.args.get("from_") or select.args.get("from")) is not None:
        yield first.this
    for join in select.args.get("joins") or ():
        yield join.this
