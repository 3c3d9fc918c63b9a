"""Where a name of a select list means nothing yet: DuckDB knows it there, StarRocks does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal_starrocks.testing.engine.origins import cte_of, sources_of
from seeknal_starrocks.testing.engine.outside import PARTITIONS
from seeknal_starrocks.testing.engine.things import MADE_ANEW
from seeknal_starrocks.testing.refusing import analysis

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.queries import Session
    from seeknal_starrocks.testing.engine.world import World

Names = set[str]


def check_aliases(world: World, session: Session, tree: Any) -> None:
    """Raises Refused where WHERE, ON or the select list itself uses a name of the select list."""
    from sqlglot import exp

    for select in tree.find_all(exp.Select):
        aliases = {item.alias.lower() for item in select.expressions if isinstance(item, exp.Alias)}
        if not aliases or (visible := _visible(world, session, select)) is None:
            continue
        places = [select.args.get("where"), *select.args.get("joins", ()), *select.expressions]
        for place in filter(None, places):
            for column in _columns_of(place):
                name = column.name.lower()
                if not column.table and name in aliases and name not in visible:
                    raise analysis(f"Column '{column.name}' cannot be resolved")


def _columns_of(place: Any) -> list[Any]:
    """Those that are not of a query within."""
    from sqlglot import exp

    found = place.walk(prune=lambda node: isinstance(node, exp.Query))
    return [node for node in found if isinstance(node, exp.Column)]


def _visible(world: World, session: Session, select: Any) -> Names | None:
    """The columns of all that a select, and those around it, read; None where one is unknown."""
    from sqlglot import exp

    names: Names = set()
    while select is not None:
        for source in sources_of(select).values():
            found = _columns(world, session, source)
            if found is None:
                return None
            names |= found
        # What is read from sees nothing of what reads it.
        around = select.find_ancestor(exp.Select, exp.From, exp.Join, exp.CTE)
        select = around if isinstance(around, exp.Select) else None
    return names


def _columns(world: World, session: Session, source: Any) -> Names | None:
    from sqlglot import exp

    if isinstance(source, exp.Subquery):
        return _outputs(world, session, source)
    if not isinstance(source, exp.Table):
        return None
    if not source.db and (cte := cte_of(source)) is not None:
        return _outputs(world, session, cte)
    place = world.place(tuple(part.name for part in source.parts), session)
    if place[1] in MADE_ANEW or place[2].endswith(PARTITIONS):
        return None
    return {column.name.lower() for column in world.table(place).columns}


def _outputs(world: World, session: Session, named: Any) -> Names | None:
    """The columns of a subquery or of a common table expression."""
    from sqlglot import exp

    alias = named.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        return {column.name.lower() for column in alias.args["columns"]}
    tree = named.this
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    if not isinstance(tree, exp.Select):
        return None
    names: Names = set()
    for item in tree.expressions:
        if item.is_star:
            for source in sources_of(tree).values():
                if (found := _columns(world, session, source)) is None:
                    return None
                names |= found
        else:
            named = isinstance(item, exp.Alias | exp.Column)
            names.add((item.alias_or_name if named else item.sql("starrocks")).lower())
    return names
