"""Which column of which table a query's column is, where it is one as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal_starrocks.testing.engine.things import Place

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.queries import Session
    from seeknal_starrocks.testing.engine.things import Table
    from seeknal_starrocks.testing.engine.world import World

Origin = tuple[Place, str, str | None]
"""A table, its column, and the function between the two."""


def origin_of(world: World, session: Session, tree: Any, name: str) -> Origin | None:
    """None for a column that is computed."""
    from sqlglot import exp

    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    if not isinstance(tree, exp.Select):
        return None
    for item in tree.expressions:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and item.name == "*"):
            if (found := _of_star(world, session, tree, item, name)) is not None:
                return found
        elif item.alias_or_name.lower() == name.lower():
            return _of_item(world, session, tree, item.unalias())
    return None


def _of_item(world: World, session: Session, tree: Any, item: Any) -> Origin | None:
    from sqlglot import exp

    function = None
    if isinstance(item, exp.Func) and isinstance(item.this, exp.Column):
        function, item = item.sql_name().lower(), item.this
    if not isinstance(item, exp.Column):
        return None
    for alias, source in sources_of(tree).items():
        if item.table and item.table != alias:
            continue
        found = _in_source(world, session, source, item.name)
        if found is not None:
            return found[0], found[1], function or found[2]
    return None


def _of_star(world: World, session: Session, tree: Any, item: Any, name: str) -> Origin | None:
    table = getattr(item, "table", "")
    for alias, source in sources_of(tree).items():
        if table and table != alias:
            continue
        if (found := _in_source(world, session, source, name)) is not None:
            return found
    return None


def sources_of(tree: Any) -> dict[str, Any]:
    """What a select reads, by the names that it has there."""
    found = [tree.args["from_"].this] if tree.args.get("from_") else []
    found += [join.this for join in tree.args.get("joins") or ()]
    return {source.alias_or_name: source for source in found}


def _in_source(world: World, session: Session, source: Any, name: str) -> Origin | None:
    from sqlglot import exp

    if isinstance(source, exp.Subquery):
        return origin_of(world, session, source.this, name)
    if not isinstance(source, exp.Table):
        return None
    if not source.db and (cte := cte_of(source)) is not None:
        return origin_of(world, session, cte.this, name)
    place = world.place(tuple(part.name for part in source.parts), session)
    table: Table = world.table(place)
    if table.kind == "VIEW" and table.query is not None:
        from seeknal_starrocks.testing.engine.grammar import read_query

        inner = read_query(table.query, world.version)
        return origin_of(world, table.database or session, inner, name)
    column = table.column(name)
    return (place, column.name, None) if column is not None else None


def cte_of(source: Any) -> Any:
    """The common table expression that a name means, if it means one."""
    node = source
    while node is not None:
        for cte in getattr(node.args.get("with_"), "expressions", ()):
            if cte.alias == source.name:
                return cte
        node = node.parent
    return None
