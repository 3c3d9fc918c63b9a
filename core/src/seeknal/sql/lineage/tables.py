"""What stands in a FROM clause: tables, CTEs, subqueries, joins, functions, pivots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.lineage.functions import functions
from seeknal.sql.lineage.relations import (
    Binding,
    Col,
    Relation,
    Scope,
    Sink,
    col_of,
    merged,
    refuse_vague,
    renamed,
    resolve,
)
from seeknal.sql.lineage.tree import arguments, walk
from seeknal.values.column_lineage import Untraceable

if TYPE_CHECKING:
    from seeknal.sql.lineage.queries import Queries
    from seeknal.sql.lineage.tree import Tree

_ONE_COLUMN = {"unnest": "unnest", "range": "range", "generate_series": "generate_series"}
_ALL_OF = ("SEMI", "ANTI")


class Tables:
    """Adds the relations of a FROM clause to a scope, left to right."""

    def __init__(self, queries: Queries, table: Callable[[Sequence[str]], Relation | None]) -> None:
        self.queries = queries
        self.table = table
        self.kinds: Mapping[str, Callable[[Tree, Scope], None]] = {
            "BASE_TABLE": self.base,
            "EMPTY": self.empty,
            "EMPTY_FROM": self.empty,
            "EXPRESSION_LIST": self.values,
            "JOIN": self.join,
            "PIVOT": self.pivot,
            "SUBQUERY": self.subquery,
            "TABLE_FUNCTION": self.function,
        }

    def add(self, ref: Tree, scope: Scope) -> None:
        """Add one table reference to ``scope``, which holds those to the left of it."""
        walk = self.kinds.get(ref["type"])
        if walk is None:
            raise Untraceable(f"{ref['type'].replace('_', ' ')} cannot be traced")
        walk(ref, scope)
        if ref.get("sample") is not None:
            self.queries.sampled(scope)

    def empty(self, ref: Tree, scope: Scope) -> None:
        """A query without FROM."""

    def bind(self, ref: Tree, names: Sequence[str], found: Relation, scope: Scope) -> None:
        names = (ref["alias"],) if ref["alias"] else names
        cols = renamed(found.cols, ref.get("column_name_alias", ()))
        scope.add(Binding(tuple(name.lower() for name in names), cols))
        scope.rows |= found.rows
        scope.order |= found.order

    def base(self, ref: Tree, scope: Scope) -> None:
        if ref.get("at_clause") is not None:
            raise Untraceable("AT (VERSION => ...) reads another version of a table")
        path = [ref["catalog_name"], ref["schema_name"], ref["table_name"]]
        names = [part for part in path if part]
        found = self.queries.ctes.get(names[0].lower()) if len(names) == 1 else None
        found = found or self.table(names)
        if found is None:
            raise Untraceable(f"it reads {'.'.join(names)}, which is not one of its inputs")
        self.bind(ref, names, found, scope)

    def subquery(self, ref: Tree, scope: Scope) -> None:
        found = self.queries.query(ref["subquery"]["node"], scope)
        self.bind(ref, ("unnamed_subquery",), found, scope)

    def values(self, ref: Tree, scope: Scope) -> None:
        """``VALUES``: columns are col0, col1, ..."""
        cols = []
        for number, column in enumerate(zip(*ref["values"], strict=True)):
            sink = Sink()
            self.queries.expressions.add_all(column, scope, sink)
            cols.append(col_of(f"col{number}", sink))
        names = ref.get("expected_names") or ()
        self.bind(ref, ("valueslist",), Relation(renamed(cols, names)), scope)

    def function(self, ref: Tree, scope: Scope) -> None:
        call = ref["function"]
        name = call["function_name"].lower()
        if name not in functions().known:
            raise Untraceable(f"the function {name}() is not one of DuckDB's own")
        if any(part["class"] == "SUBQUERY" for part in walk(call)):
            raise Untraceable(f"a subquery is an argument of {name}()")
        sink = Sink()
        self.queries.expressions.add_all(arguments(call), scope, sink)
        refs = frozenset(sink.values | sink.influences)
        single = name in _ONE_COLUMN
        many = not single or name == "unnest"
        cols = [Col(_ONE_COLUMN.get(name), refs, many=many, exact=sink.exact)]
        if "WITHOUT" not in str(ref.get("with_ordinality", "WITHOUT")):
            cols.append(Col("ordinality"))
        scope.rows |= refs
        self.bind(ref, (name,), Relation(tuple(cols)), scope)

    def join(self, ref: Tree, scope: Scope) -> None:
        if ref["alias"]:
            raise Untraceable("a join has a name of its own")
        before = len(scope.bindings)
        self.add(ref["left"], scope)
        middle = len(scope.bindings)
        kept = list(scope.star)
        using = dict(scope.using)
        self.add(ref["right"], scope)
        left, right = scope.bindings[before:middle], scope.bindings[middle:]
        shared = [name.lower() for name in ref["using_columns"]]
        if ref["ref_type"] == "NATURAL":
            shared = _shared_names(left, right)
        for name in shared:
            self.merge(name, left, right, using, ref["join_type"], scope)
        if ref["condition"] is not None:
            self.queries.decide(ref["condition"], scope)
        if ref["ref_type"] in ("POSITIONAL", "ASOF"):
            self.queries.sampled(scope)
        if ref.get("ranking_expression") is not None:
            raise Untraceable("NEAREST joins cannot be traced")
        if ref["join_type"] in _ALL_OF:
            scope.star = kept
            scope.bindings[middle:] = []
            scope.using = using

    def merge(
        self,
        name: str,
        left: list[Binding],
        right: list[Binding],
        using: dict[str, Col],
        kind: str,
        scope: Scope,
    ) -> None:
        """A column of USING: which side gives its value depends on the join."""
        mine = [using[name]] if name in using else _named(name, left)
        theirs = _named(name, right)
        if not mine or not theirs:
            every = [col for binding in (*left, *right) for col in binding.cols]
            refuse_vague(every, f"USING ({name}) over columns without known names")
            raise Untraceable(f"USING ({name}) names a column that is not known")
        for col in (*mine, *theirs):
            scope.rows |= col.everything
        sides = mine if kind in ("INNER", "LEFT", *_ALL_OF) else [*mine, *theirs]
        scope.using[name] = merged(mine[0].name, sides)

    def pivot(self, ref: Tree, scope: Scope) -> None:
        inner = Scope(scope)
        self.add(ref["source"], inner)
        found = self.unpivoted(ref, inner) if ref["unpivot_names"] else self.pivoted(ref, inner)
        relation = Relation(tuple(found), frozenset(inner.rows), frozenset(inner.order))
        self.bind(ref, (), relation, scope)

    def pivoted(self, ref: Tree, scope: Scope) -> list[Col]:
        aggregates, deciding = Sink(), set[Any]()
        self.queries.expressions.add_all(ref["aggregates"], scope, aggregates)
        used = _column_names(ref["aggregates"])
        for pivot in ref["pivots"]:
            if pivot["pivot_enum"] or pivot.get("subquery"):
                raise Untraceable("a PIVOT without IN (...) takes its columns from the data")
            self.queries.expressions.add_all(pivot["pivot_expressions"], scope, Sink.into(deciding))
            used |= _column_names(pivot["pivot_expressions"])
        cols = scope.star_cols()
        refuse_vague(cols, "a PIVOT over a column without a known name")
        groups = {name.lower() for name in ref["groups"]}
        kept = [
            col
            for col in cols
            if (col.name or "").lower() in groups
            or (not groups and (col.name or "").lower() not in used)
        ]
        for col in kept:
            scope.rows |= col.everything
        aggregates.influences |= deciding
        return [*kept, col_of(None, aggregates, many=True)]

    def unpivoted(self, ref: Tree, scope: Scope) -> list[Col]:
        cols = scope.star_cols()
        refuse_vague(cols, "an UNPIVOT over a column without a known name")
        sink, used = Sink(), set[str]()
        for pivot in ref["pivots"]:
            for entry in pivot["entries"]:
                used |= self.entry(entry, scope, sink)
        if not ref["include_nulls"]:
            scope.rows |= sink.values | sink.influences
        names = [name for pivot in ref["pivots"] for name in pivot["unpivot_names"]]
        return [
            *(col for col in cols if (col.name or "").lower() not in used),
            *(Col(name) for name in names),
            *(col_of(name, sink) for name in ref["unpivot_names"]),
        ]

    def entry(self, entry: Tree, scope: Scope, sink: Sink) -> set[str]:
        """Add one entry of UNPIVOT; the names of the columns that it takes away."""
        names = {str(value["value"]).lower() for value in entry["values"]}
        for name in names:
            if not resolve([name], scope, sink):
                raise Untraceable(f"UNPIVOT names {name}, which is not known")
        expression = entry.get("star_expr")
        if expression is None:
            return names
        if expression["class"] == "STAR":
            picked = self.queries.stars.matched(expression, scope)
            sink.add(merged(None, picked))
            return {(col.name or "").lower() for col in picked}
        self.queries.expressions.add(expression, scope, sink)
        return names | _column_names([expression])


def _named(name: str, bindings: Sequence[Binding]) -> list[Col]:
    return [binding.by_name[name] for binding in bindings if name in binding.by_name]


def _shared_names(left: Sequence[Binding], right: Sequence[Binding]) -> list[str]:
    every = [col for binding in (*left, *right) for col in binding.cols]
    refuse_vague(every, "a NATURAL JOIN over columns without known names")
    theirs = {name for binding in right for name in binding.by_name}
    mine = dict.fromkeys(name for binding in left for name in binding.by_name)
    return [name for name in mine if name in theirs]


def _column_names(expressions: Sequence[Tree]) -> set[str]:
    return {
        part["column_names"][-1].lower()
        for expression in expressions
        for part in walk(expression)
        if part["class"] == "COLUMN_REF"
    }
