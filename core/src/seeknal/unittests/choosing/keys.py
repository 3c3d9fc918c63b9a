"""Which columns of the tables have to be equal for rows to meet: keys of joins and of groups."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.unittests.choosing.sources import Origin

if TYPE_CHECKING:
    from seeknal.unittests.choosing.sources import Sources


@frozen
class Edge:
    """Rows meet where these two are equal; a key of groups is an edge from a column to itself."""

    left: Origin
    right: Origin


def edges(tree: Any, sources: Sources) -> list[Edge]:
    """The equalities and keys of a query, both ways, each once."""
    found: dict[Edge, None] = {}
    for left, right in (*_equal(tree, sources), *_using(tree, sources), *_grouped(tree, sources)):
        found.setdefault(Edge(left, right), None)
        found.setdefault(Edge(right, left), None)
    return list(found)


def _equal(tree: Any, sources: Sources) -> list[tuple[Origin, Origin]]:
    from sqlglot import exp

    found = []
    for node in tree.find_all(exp.EQ, exp.NullSafeEQ):
        sides = [_bare(side) for side in (node.this, node.expression)]
        if all(isinstance(side, exp.Column) for side in sides):
            origins = [sources.origin(side) for side in sides]
            if origins[0] and origins[1]:
                found.append((origins[0], origins[1]))
    for node in tree.find_all(exp.In):
        query = node.args.get("query")
        inner = query.this if isinstance(query, exp.Subquery) else query
        if isinstance(inner, exp.Select) and len(inner.expressions) == 1:
            columns = [_bare(node.this), _bare(inner.expressions[0].unalias())]
            if all(isinstance(column, exp.Column) for column in columns):
                origins = [sources.origin(column) for column in columns]
                if origins[0] and origins[1]:
                    found.append((origins[0], origins[1]))
    return found


def _bare(node: Any) -> Any:
    """A column without casts around it."""
    from sqlglot import exp

    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    return node


def _using(tree: Any, sources: Sources) -> list[tuple[Origin, Origin]]:
    from sqlglot import exp

    found = []
    for join in tree.find_all(exp.Join):
        for name in join.args.get("using") or ():
            wanted = name.name.lower()
            same = [
                Origin(node, column.name)
                for node, columns in sources.tables.items()
                for column in columns
                if column.name.lower() == wanted
            ]
            found += list(combinations(same, 2))
    return found


def _grouped(tree: Any, sources: Sources) -> list[tuple[Origin, Origin]]:
    from sqlglot import exp

    columns = []
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        if group is not None and (group.args.get("all") or group.expressions):
            plain = [one for one in select.expressions if not one.find(exp.AggFunc, exp.Window)]
            columns += [column for one in plain for column in one.find_all(exp.Column)]
        if group is not None:
            columns += list(group.find_all(exp.Column))
        if select.args.get("distinct") is not None:
            columns += [c for one in select.expressions for c in one.find_all(exp.Column)]
    for window in tree.find_all(exp.Window):
        for key in window.args.get("partition_by") or ():
            columns += list(key.find_all(exp.Column))
    origins = [sources.origin(one) for one in columns if not isinstance(one.this, exp.Star)]
    return [(origin, origin) for origin in origins if origin is not None]
