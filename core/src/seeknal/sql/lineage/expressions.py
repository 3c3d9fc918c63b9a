"""What an expression depends on: one walk over DuckDB's tree of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.sql.lineage.functions import (
    KEEPING_EXACT,
    ORDER_FREE,
    ORDER_FREE_IF_EXACT,
    PEERS_ALIKE,
    PICKING,
    SORTING,
    UNNAMED_VALUES,
    functions,
    is_exact,
    is_system_schema,
)
from seeknal.sql.lineage.relations import Sink, merged, resolve
from seeknal.sql.lineage.tree import arguments, children, constant, walk
from seeknal.values.column_lineage import Untraceable

if TYPE_CHECKING:
    from seeknal.sql.lineage.queries import Queries
    from seeknal.sql.lineage.relations import Col, Scope
    from seeknal.sql.lineage.tree import Tree


class Expressions:
    """Walks expressions; subqueries go back to ``queries``."""

    def __init__(self, queries: Queries) -> None:
        self.queries = queries
        self.parameters: list[frozenset[str]] = []
        """Names that the lambdas around give, inside out."""
        self.starred: Col | None = None
        """The column for which a ``COLUMNS(...)`` stands while it is expanded."""
        self.handlers: dict[str, Callable[[Tree, Scope, Sink], None]] = {
            "BETWEEN": self.decided,
            "CASE": self.case,
            "CAST": self.cast,
            "COLLATE": self.collated,
            "COLUMN_REF": self.column,
            "COMPARISON": self.decided,
            "CONJUNCTION": self.decided,
            "CONSTANT": self.constant,
            "DEFAULT": self.nothing,
            "FUNCTION": self.function,
            "LAMBDA": self.arrow,
            "OPERATOR": self.operator,
            "PARAMETER": self.nothing,
            "POSITIONAL_REFERENCE": self.position,
            "STAR": self.star,
            "SUBQUERY": self.subquery,
            "TYPE": self.nothing,
            "WINDOW": self.window,
        }

    def add(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        """Add what ``expression`` depends on to ``sink``."""
        handler = self.handlers.get(expression["class"])
        if handler is None:
            raise Untraceable(f"an expression of class {expression['class']} is not known")
        handler(expression, scope, sink)

    def add_all(self, expressions: Sequence[Tree], scope: Scope, sink: Sink) -> None:
        for expression in expressions:
            self.add(expression, scope, sink)

    def nothing(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        """Defaults, parameters and types."""

    def constant(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        found = constant(expression)
        if found is not None and found[0] != "NULL":
            sink.exact &= is_exact(found[0]) and not (found[0] == "NUMERIC" and "e" in found[1])

    def all_below(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        for child in children(expression):
            self.add(child, scope, sink)

    def decided(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        """Something that is true or false, and so exact whatever it is made of."""
        inner = Sink()
        self.all_below(expression, scope, inner)
        inner.exact = True
        sink.add_sink(inner)

    def cast(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        inner = Sink()
        self.all_below(expression, scope, inner)
        type = expression.get("type_expr") or expression.get("cast_type")
        inner.exact = all(map(is_exact, _texts(type)))
        sink.add_sink(inner)

    def collated(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        """Texts that are equal in a collation may differ."""
        self.all_below(expression, scope, sink)
        sink.exact = False

    def column(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        names: list[str] = expression["column_names"]
        if any(names[0].lower() in given for given in self.parameters):
            return
        if resolve(names, scope, sink):
            return
        if len(names) == 1 and names[0].lower() in UNNAMED_VALUES:
            return
        raise Untraceable(f"no column {'.'.join(names)} is known")

    def case(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        for check in expression["case_checks"]:
            self.add(check["when_expr"], scope, sink.aside())
            self.add(check["then_expr"], scope, sink)
        self.add(expression["else_expr"], scope, sink)

    def operator(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        grouping = expression["type"] == "GROUPING_FUNCTION"
        self.add_all(expression["children"], scope, sink.aside() if grouping else sink)

    def position(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        cols = scope.star_cols()
        index = expression["index"]
        if any(col.many for col in cols[:index]) or not 0 < index <= len(cols):
            sink.add(merged(None, cols))
        else:
            sink.add(cols[index - 1])

    def star(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        if self.starred is not None and expression["columns"]:
            sink.add(self.starred)
            return
        sink.add(merged(None, self.queries.stars.matched(expression, scope)))

    def arrow(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        """``a -> b`` outside of a function that takes a lambda: extraction from JSON."""
        self.add(expression["lhs"], scope, sink)
        self.add(expression["expr"], scope, sink)

    def function(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        name = expression["function_name"].lower()
        outer, sink = sink, Sink()
        given = self.called_on(expression, scope, sink) + arguments(expression)
        if name not in functions().known:
            raise Untraceable(f"the function {name}() is not one of DuckDB's own")
        if name == "if" and len(given) > 1:
            self.add(given[0], scope, sink.aside())
            self.add_all(given[1:], scope, sink)
        elif name in PICKING and len(given) > 1:
            self.add(given[0], scope, sink)
            self.add_all(given[1:], scope, sink.aside())
        elif name in functions().with_lambda and len(given) > 1:
            self.lambda_function(given, scope, sink)
        else:
            self.add_all(given, scope, sink)
        if name in functions().rows_making:
            self.add_all(given, scope, Sink.into(scope.rows))
        if expression["filter"] is not None:
            self.add(expression["filter"], scope, sink.aside())
        for entry in expression["order_bys"]["orders"]:
            self.add(entry["expression"], scope, sink if name in SORTING else sink.aside())
        # max(x, n) takes n from the row that comes first.
        counted = name in ("max", "min") and any(part["class"] != "CONSTANT" for part in given[1:])
        if name in functions().aggregates and (counted or not _is_order_free(name, sink)):
            self.depends_on_order(scope, sink)
        sink.exact = _gives_exact(name, sink)
        outer.add_sink(sink)

    def called_on(self, expression: Tree, scope: Scope, sink: Sink) -> list[Tree]:
        """The column before the dot of ``a.upper()``, which looks like a schema."""
        path = [expression.get("catalog") or "", expression.get("schema") or ""]
        names = [part for part in path if part]
        if not names:
            return []
        if any(names[0].lower() in params for params in self.parameters):
            return []
        found = Sink()
        if resolve(names, scope, found):
            sink.add_sink(found)
            return []
        if not all(is_system_schema(name) for name in names):
            raise Untraceable(f"the function {'.'.join(names)}.{expression['function_name']}()")
        return []

    def lambda_function(self, given: list[Tree], scope: Scope, sink: Sink) -> None:
        self.add(given[0], scope, sink)
        if given[1]["class"] == "LAMBDA":
            named = {part["column_names"][0].lower() for part in _parameters(given[1]["lhs"])}
            self.parameters.append(frozenset(named))
            self.add(given[1]["expr"], scope, sink)
            self.parameters.pop()
        else:
            self.add(given[1], scope, sink)
        self.add_all(given[2:], scope, sink)

    def window(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        name = expression["function_name"].lower()
        self.called_on(expression, scope, sink)
        given = arguments(expression)
        for key in ("offset_expr", "default_expr"):
            # DuckDB 1.x keeps these two apart.
            given += [expression[key]] if expression.get(key) else []
        if name not in functions().known:
            raise Untraceable(f"the function {name}() is not one of DuckDB's own")
        picking = name in PICKING and len(given) > 1
        outer, sink = sink, Sink()
        self.add_all(given[:1] if picking else given, scope, sink)
        self.add_all(given[1:] if picking else (), scope, sink.aside())
        clauses = Sink()
        deciding = clauses.aside()
        self.add_all(expression["partitions"], scope, deciding)
        for entry in (*expression["orders"], *expression["arg_orders"]):
            self.add(entry["expression"], scope, deciding)
        for key in ("start_expr", "end_expr", "filter_expr"):
            if expression[key] is not None:
                self.add(expression[key], scope, deciding)
        sink.influences |= clauses.influences
        scope.windows |= clauses.influences
        if not _same_for_peers(name, expression, sink):
            self.depends_on_order(scope, sink)
        sink.exact = _gives_exact(name, sink)
        outer.add_sink(sink)

    def depends_on_order(self, scope: Scope, sink: Sink) -> None:
        """Another order of the same rows would give another value."""
        sink.influences |= scope.order
        self.queries.ordered = True

    def subquery(self, expression: Tree, scope: Scope, sink: Sink) -> None:
        if expression.get("child") is not None:
            self.add(expression["child"], scope, sink)
        found = self.queries.query(expression["subquery"]["node"], scope)
        if expression["subquery_type"] in ("EXISTS", "NOT_EXISTS"):
            sink.influences |= found.rows
            return
        sink.add(merged(None, found.cols))
        sink.influences |= found.rows | found.order


def _parameters(left: Tree) -> list[Tree]:
    """The parameters of a lambda: ``x``, or ``(x, y)``, which looks like a row."""
    return [part for part in walk(left) if part["class"] == "COLUMN_REF"]


def _texts(value: object) -> Iterator[str]:
    """All text of a tree."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value


def _is_order_free(name: str, given: Sink) -> bool:
    return name in ORDER_FREE or (name in ORDER_FREE_IF_EXACT and given.exact)


def _gives_exact(name: str, given: Sink) -> bool:
    keeps = name in KEEPING_EXACT or name in PICKING or name in ("first", "max", "min", "sum")
    return name in functions().exact or (keeps and given.exact)


def _same_for_peers(name: str, window: Tree, given: Sink) -> bool:
    """Whether rows that the window orders equally all get the same."""
    if name in PEERS_ALIKE:
        return True
    framed = any(str(window[edge]).endswith("_ROWS") for edge in ("start", "end"))
    return _is_order_free(name, given) and not framed


def is_aggregated(expression: Tree) -> bool:
    """Whether an expression holds an aggregate that is not a window's."""
    return any(
        part["class"] == "FUNCTION" and part["function_name"].lower() in functions().aggregates
        for part in walk(expression)
    )


def outside_aggregates(expression: Tree) -> list[Tree]:
    """The parts of an expression that GROUP BY ALL groups by."""
    if not is_aggregated(expression):
        return [expression]
    if expression["class"] == "FUNCTION" and (
        expression["function_name"].lower() in functions().aggregates
    ):
        return []
    return [part for child in children(expression) for part in outside_aggregates(child)]
