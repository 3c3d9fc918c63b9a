"""Walks the queries of one statement, with the conditions that keep rows of inputs out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from seeknal.sql.cuts.conditions import Conditions, place_of
from seeknal.sql.cuts.mixing import join_mixes, modifier_mixes, select_mixes, times_in
from seeknal.sql.cuts.relations import (
    NO_SCANS,
    Col,
    Relation,
    Scope,
    all_of,
    made_of,
    scans_of,
    stacked,
)
from seeknal.sql.lineage.tree import arguments, children
from seeknal.values.column_lineage import Untraceable

if TYPE_CHECKING:
    from seeknal.sql.cuts.moments import Moments
    from seeknal.sql.cuts.relations import Made, Scans
    from seeknal.sql.lineage.tree import Tree

Tables = Callable[[str, str, "int | None"], Relation]
"""From a table's schema, its name and where it stands to what it is."""

_MANY_SCANS = 50
_ROWS_OF = {"unnest": "unnest", "range": "range", "generate_series": "generate_series"}
_KEPT_BY_ON = {
    "INNER": (True, True),
    "LEFT": (False, True),
    "RIGHT": (True, False),
    "SEMI": (True, True),
    "ANTI": (False, True),
}
"""Of which sides of a join the rows have to fulfil its condition to count at all."""


class Queries:
    """Gives what a query gives, and notes on each scan what its rows are compared with.

    ``joint``: rows of tracked inputs of several moments decide together what it gives.
    """

    def __init__(self, tables: Tables, moments: Moments) -> None:
        self.tables = tables
        self.joint = False
        self.conditions = Conditions(moments, self.below)
        self.ctes: Mapping[str, Callable[[], Relation]] = {}
        self.from_: Mapping[str, Callable[[Tree, Scope], None]] = {
            "BASE_TABLE": self.base,
            "EMPTY": lambda ref, scope: None,
            "EMPTY_FROM": lambda ref, scope: None,
            "EXPRESSION_LIST": self.values,
            "JOIN": self.join,
            "PIVOT": self.pivot,
            "SUBQUERY": self.subquery,
            "TABLE_FUNCTION": self.function,
        }

    def below(self, node: Tree, scope: Scope) -> Made:
        """A subquery in an expression: what its columns are made of."""
        found = self.query(node, scope)
        scope.scans += found.scans
        self.joint |= bool(found.scans)
        return found.made

    def query(self, node: Tree, outer: Scope | None) -> Relation:
        """What one query node, with its own CTEs, gives. Raises Untraceable."""
        around = self.ctes
        try:
            for entry in node["cte_map"]["map"]:
                cte = entry["value"]
                body = cte["query_node"] if "query_node" in cte else cte["query"]["node"]
                self.define(entry["key"], body, cte["aliases"], outer)
            found = self._walked(node, outer)
        finally:
            self.ctes = around
        return found.distinct() if len(found.scans) > _MANY_SCANS else found

    def _walked(self, node: Tree, outer: Scope | None) -> Relation:
        kind = node["type"]
        if kind == "SELECT_NODE":
            return self.select(node, outer)
        if kind == "SET_OPERATION_NODE":
            parts = node["children"] if "children" in node else [node["left"], node["right"]]
            found = self.query(parts[0], outer)
            for part in parts[1:]:
                by_name = "BY_NAME" in node["setop_type"]
                found = stacked(found, self.query(part, outer), by_name=by_name)
            if found.scans and not (node["setop_all"] and "UNION" in node["setop_type"]):
                self.joint |= not times_in(found.cols)
            return self.modified(node, found, outer)
        if kind == "RECURSIVE_CTE_NODE":
            return self.recursive(node, outer)
        if kind == "CTE_NODE":
            self.define(node["cte_name"], node["query"], node["aliases"], outer)
            return self.query(node["child"], outer)
        raise Untraceable(f"a query of type {kind} is not known")

    def define(self, name: str, body: Tree, names: Any, outer: Scope | None) -> None:
        """Let a CTE be known from here on; it is looked at when it is first read."""
        visible = self.ctes
        known: list[Relation] = []

        def read() -> Relation:
            if not known:
                around, self.ctes = self.ctes, visible
                try:
                    known.append(self.query(body, outer).renamed(names))
                finally:
                    self.ctes = around
            return known[0].copied()

        self.ctes = {**visible, name.lower(): read}

    def recursive(self, node: Tree, outer: Scope | None) -> Relation:
        first = self.query(node["left"], outer).renamed(node.get("aliases", ()))
        around = self.ctes
        try:
            self.ctes = {**around, node["cte_name"].lower(): first.copied}
            found = stacked(first, self.query(node["right"], outer), by_name=False)
            self.joint |= bool(found.scans)
            return found
        finally:
            self.ctes = around

    def select(self, node: Tree, outer: Scope | None) -> Relation:
        scope = Scope(outer)
        self.add(node["from_table"], scope)
        cols: list[Col] = []
        for item in node["select_list"]:
            found = self.item(item, scope)
            if item["alias"] and item["class"] != "STAR":
                scope.aliases.setdefault(item["alias"].lower(), found[0])
            cols += found
        self.conditions.decide(node["where_clause"], scope, scope.own)
        for key in ("having", "qualify"):
            if node[key] is not None:
                self.conditions.made(node[key], scope, decides=True)
        for expression in node["group_expressions"]:
            self.conditions.made(expression, scope)
        if scope.scans:
            self.joint |= select_mixes(node, cols, scope)
        return self.modified(node, Relation(tuple(cols), tuple(scope.scans)), outer, scope)

    def modified(
        self, node: Tree, found: Relation, outer: Scope | None, scope: Scope | None = None
    ) -> Relation:
        """With what ORDER BY, LIMIT and DISTINCT ON read."""
        if scope is None:
            scope = Scope(outer)
            scope.add((), found)
        for modifier in node["modifiers"]:
            for expression in children(modifier):
                self.conditions.made(expression, scope)
            if scope.scans:
                self.joint |= modifier_mixes(modifier, found.cols, scope)
        return found._replace(scans=tuple(dict.fromkeys((*found.scans, *scope.scans))))

    def item(self, item: Tree, scope: Scope) -> list[Col]:
        """The columns of one item of a select list."""
        if item["class"] == "STAR" and item.get("expr") is None and not item["columns"]:
            return self.star(item, scope)
        if item["class"] == "COLUMN_REF":
            col = scope.find(item["column_names"])
            return [col._replace(name=item["alias"] or item["column_names"][-1], many=False)]
        # What COLUMNS() gives has names that are not known.
        many = any(part["class"] == "STAR" for part in (item, *children(item)))
        made = self.conditions.made(item, scope)
        moment = self.conditions.moment(item, scope)
        return [Col(item["alias"] or None, made, moment=moment, many=many)]

    def star(self, star: Tree, scope: Scope) -> list[Col]:
        left_out = {str(name).lower() for name in star.get("exclude_list", ())}
        left_out |= {_column(entry) for entry in star.get("qualified_exclude_list", ())}
        renamed = {_column(e["key"]): str(e["value"]) for e in star.get("rename_list", ())}
        replaced = {e["key"].lower(): e["value"] for e in star.get("replace_list", ())}
        path = star["relation_name"].lower().split(".") if star["relation_name"] else None
        cols: list[Col] = []
        seen: set[str | None] = set()
        for binding in scope.bindings:
            if path is not None and not binding.is_called(path):
                continue
            for col in binding.relation.cols:
                key = col.key
                if key in left_out or (key in scope.using and key in seen):
                    continue
                seen.add(key)
                if key in replaced:
                    made = self.conditions.made(replaced[key], scope)
                    moment = self.conditions.moment(replaced[key], scope)
                    col = Col(col.name, made, moment=moment)
                elif key in scope.using and path is None:
                    col = scope.using[key]
                cols.append(col._replace(name=renamed[key]) if key in renamed else col)
        return cols

    def add(self, ref: Tree, scope: Scope) -> None:
        """Add one table reference to ``scope``, which holds those to the left of it."""
        walk = self.from_.get(ref["type"])
        if walk is None:
            raise Untraceable(f"{ref['type'].replace('_', ' ')} is not known")
        walk(ref, scope)

    def bind(self, ref: Tree, name: str, found: Relation, scope: Scope, schema: str = "") -> None:
        names = [ref["alias"]] if ref["alias"] else [part for part in (schema, name) if part]
        scope.add(names, found.renamed(ref.get("column_name_alias", ())))

    def base(self, ref: Tree, scope: Scope) -> None:
        schema, name = ref["schema_name"], ref["table_name"]
        cte = self.ctes.get(name.lower()) if not schema else None
        found = cte() if cte is not None else self.tables(schema, name, place_of(ref))
        self.joint |= bool(found.scans) and ref.get("sample") is not None
        self.bind(ref, name, found, scope, schema)

    def subquery(self, ref: Tree, scope: Scope) -> None:
        found = self.query(ref["subquery"]["node"], scope)
        self.joint |= bool(found.scans) and ref.get("sample") is not None
        self.bind(ref, "unnamed_subquery", found, scope)

    def values(self, ref: Tree, scope: Scope) -> None:
        cols = []
        for number, column in enumerate(zip(*ref["values"], strict=True)):
            made = all_of(self.conditions.made(value, scope) for value in column)
            moments = {self.conditions.moment(value, scope) for value in column}
            moment = moments.pop() if len(moments) == 1 else None
            cols.append(Col(f"col{number}", made, moment=moment))
        found = Relation(tuple(cols)).renamed(ref.get("expected_names") or ())
        self.bind(ref, "valueslist", found, scope)

    def function(self, ref: Tree, scope: Scope) -> None:
        call = ref["function"]
        name = call["function_name"].lower()
        made = all_of(self.conditions.made(argument, scope) for argument in arguments(call))
        known = _ROWS_OF.get(name)
        self.bind(ref, name, Relation((Col(known, made, many=known is None),)), scope)

    def pivot(self, ref: Tree, scope: Scope) -> None:
        inner = Scope(scope)
        self.add(ref["source"], inner)
        self.joint |= bool(inner.scans)
        made = made_of(col for each in inner.bindings for col in each.relation.cols)
        # Which columns there are is not followed: no condition on one is taken for a time's.
        found = Relation((Col(None, made, many=True),), tuple(inner.scans))
        self.bind(ref, "", found, scope)

    def join(self, ref: Tree, scope: Scope) -> None:
        before = len(scope.bindings)
        self.add(ref["left"], scope)
        middle = len(scope.bindings)
        self.add(ref["right"], scope)
        left, right = scope.bindings[before:middle], scope.bindings[middle:]
        shared = [name.lower() for name in ref["using_columns"]]
        if ref["ref_type"] == "NATURAL":
            ours = {col.key for each in left for col in each.relation.cols}
            shared = [
                col.key
                for each in right
                for col in each.relation.cols
                if col.key is not None and col.key in ours
            ]
        for name in shared:
            cols = [col for each in (*left, *right) if (col := each.col(name)) is not None]
            if cols:
                merged = made_of(cols)
                exact = NO_SCANS.union(*(col.exact for col in cols))
                scope.using[name] = Col(cols[0].name, merged, exact)
        kinds = (False, False) if ref["ref_type"] == "ASOF" else _KEPT_BY_ON.get(ref["join_type"])
        kept: Scans = NO_SCANS
        for side, counts in zip((left, right), kinds or (False, False), strict=True):
            kept |= scans_of(side) if counts else NO_SCANS
        self.conditions.decide(ref["condition"], scope, kept)
        self.joint |= join_mixes(ref, left, right, scope)
        if ref["join_type"] in ("SEMI", "ANTI"):
            scope.bindings[middle:] = []


def _column(entry: Any) -> str:
    return str(entry if isinstance(entry, str) else entry["column"]).lower()
