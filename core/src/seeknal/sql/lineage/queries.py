"""What a query's rows and columns depend on, from its FROM clause to its LIMIT."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.lineage.expressions import Expressions, outside_aggregates
from seeknal.sql.lineage.relations import (
    NONE,
    Binding,
    Relation,
    Scope,
    Sink,
    merged,
    refuse_vague,
    renamed,
)
from seeknal.sql.lineage.stars import Stars
from seeknal.sql.lineage.tables import Tables
from seeknal.sql.lineage.ties import leaves_no_ties
from seeknal.sql.lineage.tree import bare_name, ordinal
from seeknal.values.column_lineage import Untraceable

if TYPE_CHECKING:
    from seeknal.sql.lineage.relations import (
        Col,
    )
    from seeknal.sql.lineage.tree import Tree
    from seeknal.values.column_lineage import ColumnRef

FindTable = Callable[[Sequence[str]], "Relation | None"]
"""From a table's name, in parts, to what it is; None for one that is no input."""


class Ctes:
    """The CTEs that are visible at one place; each is looked at when it is first read."""

    def __init__(self, outer: Ctes | None = None) -> None:
        self.outer = outer
        self.made: dict[str, Callable[[], Relation]] = {}
        """How each is looked at."""
        self.known: dict[str, Relation] = {}

    def get(self, name: str) -> Relation | None:
        if name in self.known:
            return self.known[name]
        if name in self.made:
            self.known[name] = self.made[name]()
            return self.known[name]
        return self.outer.get(name) if self.outer is not None else None


class Queries:
    """Walks the queries of one statement."""

    def __init__(self, table: FindTable) -> None:
        self.expressions = Expressions(self)
        self.stars = Stars(self.expressions)
        self.tables = Tables(self, table)
        self.ctes = Ctes()
        self.ordered = False
        """Whether what the query gives depends on the order in which rows come to it."""
        self.nodes: Mapping[str, Callable[[Tree, Scope | None], Relation]] = {
            "SELECT_NODE": self.select,
            "SET_OPERATION_NODE": self.set_operation,
            "RECURSIVE_CTE_NODE": self.recursive,
            "CTE_NODE": self.cte_node,
        }

    def query(self, node: Tree, outer: Scope | None) -> Relation:
        """What one query node, with its own CTEs, gives."""
        walk = self.nodes.get(node["type"])
        if walk is None:
            raise Untraceable(f"a query of type {node['type']} is not known")
        around = self.ctes
        try:
            for entry in node["cte_map"]["map"]:
                self.define(entry["key"], entry["value"], outer)
            return walk(node, outer)
        finally:
            self.ctes = around

    def define(self, name: str, cte: Tree, outer: Scope | None) -> None:
        visible = self.ctes
        body = cte["query_node"] if "query_node" in cte else cte["query"]["node"]

        def make() -> Relation:
            around, self.ctes = self.ctes, visible
            try:
                found = self.query(body, outer)
            finally:
                self.ctes = around
            return found._replace(cols=renamed(found.cols, cte["aliases"]))

        self.ctes = Ctes(visible)
        self.ctes.made[name.lower()] = make

    def cte_node(self, node: Tree, outer: Scope | None) -> Relation:
        """How some versions write ``WITH x AS MATERIALIZED``."""
        around = self.ctes
        cte = {"query_node": node["query"], "aliases": node["aliases"]}
        self.define(node["cte_name"], cte, outer)
        try:
            return self.query(node["child"], outer)
        finally:
            self.ctes = around

    def recursive(self, node: Tree, outer: Scope | None) -> Relation:
        """The least columns that both parts agree on, found by going round until none is new."""
        found = self.query(node["left"], outer)
        found = found._replace(cols=renamed(found.cols, node.get("aliases", ())))
        around = self.ctes
        try:
            while True:
                self.ctes = Ctes(around)
                self.ctes.known[node["cte_name"].lower()] = found
                grown = _union(found, self.query(node["right"], outer))
                if not node["union_all"] or node.get("key_targets"):
                    grown = _distinct(grown)
                if grown == found:
                    return found
                found = grown
        finally:
            self.ctes = around

    def set_operation(self, node: Tree, outer: Scope | None) -> Relation:
        parts = node["children"] if "children" in node else [node["left"], node["right"]]
        relations = [self.query(part, outer) for part in parts]
        found = _combined(node["setop_type"], relations, keep_all=node["setop_all"])
        self.ordered |= not node["setop_all"] and not all(col.exact for col in found.cols)
        scope = Scope(outer)
        scope.add(Binding((), found.cols))
        scope.rows |= found.rows
        scope.order |= found.order
        return self.modified(node["modifiers"], scope, list(found.cols), [])

    def select(self, node: Tree, outer: Scope | None) -> Relation:
        scope = Scope(outer)
        self.tables.add(node["from_table"], scope)
        items: list[Tree] = node["select_list"]
        scope.aliases = _Aliases(items, scope, self.expressions)
        self.decide(node["where_clause"], scope)
        expanded = [self.stars.item(item, scope) for item in items]
        self.group(node, scope, items, expanded)
        scope.alias_wins = True
        self.decide(node["having"], scope)
        self.decide(node["qualify"], scope)
        if node["sample"] is not None:
            self.sampled(scope)
        cols = [col for part in expanded for col in part]
        modifiers = node["modifiers"]
        # Most queries have none, and then there is nothing that ties could decide.
        tied = not modifiers or not leaves_no_ties(
            node, lambda name: bool(scope.find([name]) or scope.vague())
        )
        return self.modified(modifiers, scope, cols, expanded, tied=tied)

    def decide(self, expression: Tree | None, scope: Scope) -> None:
        """A condition that decides which rows there are."""
        if expression is not None:
            self.expressions.add(expression, scope, Sink.into(scope.rows))

    def sampled(self, scope: Scope) -> None:
        """Which rows there are depends on the order in which they come."""
        self.ordered = True
        scope.rows |= scope.order

    def group(self, node: Tree, scope: Scope, items: list[Tree], expanded: list[list[Col]]) -> None:
        """What the rows are grouped by decides which rows there are."""
        deciding = Sink.into(scope.rows)
        for expression in node["group_expressions"]:
            number = ordinal(expression)
            if number is None:
                self.expressions.add(expression, scope, deciding)
            else:
                deciding.add(_at(number, expanded))
        if node["aggregate_handling"] == "FORCE_AGGREGATES":
            for item, cols in zip(items, expanded, strict=True):
                if item["class"] == "STAR":
                    deciding.add(merged(None, cols))
                    continue
                self.expressions.add_all(outside_aggregates(item), scope, deciding)
        self.first_of_equals(deciding, scope)

    def first_of_equals(self, keys: Sink, scope: Scope) -> None:
        """Of keys that are equal but differ, such as 0.0 and -0.0, the first one shows."""
        if not keys.exact:
            self.sampled(scope)

    def modified(
        self,
        modifiers: Sequence[Tree],
        scope: Scope,
        cols: list[Col],
        expanded: list[list[Col]],
        *,
        tied: bool = True,
    ) -> Relation:
        """DISTINCT, ORDER BY and LIMIT; ``tied``: some rows may be equal in what ORDER BY names."""
        expanded = expanded or [[col] for col in cols]
        order: set[ColumnRef] = set()
        limited = picking = ordering = False
        for modifier in modifiers:
            if modifier["type"] == "ORDER_MODIFIER":
                ordering = True
                self.sort(modifier, scope, cols, expanded, order)
            elif modifier["type"] == "DISTINCT_MODIFIER":
                picking |= self.distinct(modifier, scope, cols, expanded)
            elif modifier["type"] in ("LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER"):
                limited = True
                for key in ("limit", "offset"):
                    self.decide(modifier.get(key), scope)
            else:
                raise Untraceable(f"a clause of type {modifier['type']} is not known")
        order |= scope.order | scope.windows
        if limited or picking:
            self.ordered |= tied or picking
            scope.rows |= order
        settled = ordering and not tied
        return Relation(tuple(cols), frozenset(scope.rows), frozenset(order), settled)

    def sort(
        self,
        modifier: Tree,
        scope: Scope,
        cols: list[Col],
        expanded: list[list[Col]],
        order: set[ColumnRef],
    ) -> None:
        sink = Sink.into(order)
        for entry in modifier["orders"]:
            self.output(entry["expression"], scope, cols, expanded, sink)

    def output(
        self,
        expression: Tree,
        scope: Scope,
        cols: list[Col],
        expanded: list[list[Col]],
        sink: Sink,
    ) -> None:
        """An expression of ORDER BY or DISTINCT ON, where a number is an output column."""
        number = ordinal(expression)
        named = bare_name(expression)
        alias = scope.aliases(named) if named is not None else None
        if expression["class"] == "STAR":
            sink.add(merged(None, cols))
        elif number is not None:
            sink.add(_at(number, expanded))
        elif alias is not None:
            sink.add_sink(alias)
        else:
            self.expressions.add(expression, scope, sink)

    def distinct(
        self, modifier: Tree, scope: Scope, cols: list[Col], expanded: list[list[Col]]
    ) -> bool:
        """Whether the clause picks one of several rows that differ."""
        deciding = Sink.into(scope.rows)
        targets = modifier["distinct_on_targets"]
        for target in targets:
            self.output(target, scope, cols, expanded, deciding)
        if not targets:
            deciding.add(merged(None, cols))
            self.first_of_equals(deciding, scope)
        return bool(targets)


class _Aliases:
    """The items of a select list by their aliases, looked at when a name means one."""

    def __init__(self, items: list[Tree], scope: Scope, expressions: Expressions) -> None:
        self.items: dict[str, Tree] = {}
        for item in items:
            if item["alias"]:
                self.items.setdefault(item["alias"].lower(), item)
        self.scope = scope
        self.expressions = expressions
        self.found: dict[str, Sink] = {}
        self.open: set[str] = set()

    def __call__(self, name: str) -> Sink | None:
        if name not in self.items or name in self.open:
            return None
        if name not in self.found:
            self.open.add(name)
            try:
                sink = Sink()
                self.expressions.add(self.items[name], self.scope, sink)
                self.found[name] = sink
            finally:
                self.open.discard(name)
        return self.found[name]


def _at(number: int, expanded: Sequence[Sequence[Col]]) -> Col:
    """The output column with that number; all where the count is not known."""
    cols = [col for part in expanded for col in part]
    if not 0 < number <= len(cols) or any(col.many for col in cols[:number]):
        return merged(None, cols)
    return cols[number - 1]


def _everything(relation: Relation) -> frozenset[ColumnRef]:
    return frozenset().union(*(col.everything for col in relation.cols))


def _distinct(relation: Relation) -> Relation:
    return relation._replace(rows=relation.rows | _everything(relation))


def _union(left: Relation, right: Relation) -> Relation:
    """Columns side by side by position."""
    if len(left.cols) != len(right.cols) or any(col.many for col in (*left.cols, *right.cols)):
        raise Untraceable("the columns of a set operation cannot be counted")
    cols = (
        merged(mine.name, (mine, theirs))
        for mine, theirs in zip(left.cols, right.cols, strict=True)
    )
    return Relation(tuple(cols), left.rows | right.rows, left.order | right.order)


def _by_name(relations: Sequence[Relation]) -> Relation:
    """``UNION BY NAME``: a column that one side lacks is NULL there."""
    found: dict[str, Col] = {}
    for relation in relations:
        refuse_vague(relation.cols, "BY NAME over a column without a known name")
        for col in relation.cols:
            key = (col.name or "").lower()
            found[key] = merged(found[key].name, (found[key], col)) if key in found else col
    rows = NONE.union(*(relation.rows for relation in relations))
    order = NONE.union(*(relation.order for relation in relations))
    return Relation(tuple(found.values()), rows, order)


def _combined(kind: str, relations: list[Relation], *, keep_all: Any) -> Relation:
    first, *others = relations
    if kind in ("UNION", "UNION_BY_NAME"):
        found = _by_name(relations) if kind == "UNION_BY_NAME" else first
        for other in others if kind == "UNION" else ():
            found = _union(found, other)
        return found if keep_all else _distinct(found)
    if kind not in ("EXCEPT", "INTERSECT"):
        raise Untraceable(f"a set operation {kind} is not known")
    deciding = NONE.union(*(relation.rows | _everything(relation) for relation in relations))
    order = NONE.union(*(relation.order for relation in relations))
    return Relation(first.cols, deciding, order)
