"""What ``*``, ``t.*``, ``COLUMNS(...)`` and ``* LIKE`` expand to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.sql.lineage.functions import makes_rows
from seeknal.sql.lineage.relations import (
    Sink,
    col_of,
    levels,
    merged,
    resolve,
)
from seeknal.sql.lineage.tree import arguments, children, matched_names, walk
from seeknal.values.column_lineage import Untraceable

if TYPE_CHECKING:
    from seeknal.sql.lineage.expressions import Expressions
    from seeknal.sql.lineage.relations import (
        Binding,
        Col,
        Scope,
    )
    from seeknal.sql.lineage.tree import Tree


class Stars:
    """Expands the items of a select list."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions

    def item(self, expression: Tree, scope: Scope) -> list[Col]:
        """The output columns of one item of a select list."""
        if expression["class"] == "STAR":
            cols = self.matched(expression, scope)
            # COLUMNS('(a|b)') AS 'x_\\1': the alias is a pattern of names.
            return [col._replace(name=None) for col in cols] if expression["alias"] else cols
        if is_star_pattern(expression):
            return self.picked(expression, scope)
        pattern = _columns_in(expression)
        if pattern is None:
            return [self.single(expression, scope)]
        return self.repeated(expression, pattern, scope)

    def single(self, expression: Tree, scope: Scope) -> Col:
        sink = Sink()
        self.expressions.add(expression, scope, sink)
        many = makes_rows(expression)
        return col_of(None if many else name_of(expression), sink, many=many)

    def repeated(self, expression: Tree, pattern: Tree, scope: Scope) -> list[Col]:
        """``f(COLUMNS(...))``: one output for each column that the pattern matches."""
        cols = []
        for col in self.matched(pattern, scope):
            self.expressions.starred = col
            try:
                cols.append(self.single(expression, scope)._replace(name=None))
            finally:
                self.expressions.starred = None
            cols[-1] = cols[-1]._replace(many=cols[-1].many or col.many)
        return cols

    def matched(self, star: Tree, scope: Scope) -> list[Col]:
        """The columns that a star or a COLUMNS(...) means, with its EXCLUDE, REPLACE, RENAME."""
        if star.get("expr") is not None:
            return self.picked(star, scope)
        changed = _Changes(star)
        cols = []
        for binding, col in self.starred(star["relation_name"], scope):
            if changed.needs_names and col.vague:
                raise Untraceable("EXCLUDE, REPLACE or RENAME on a column without a known name")
            if not changed.excludes(binding, col):
                cols.append(self.replaced(col, binding, changed, scope))
        return cols

    def starred(self, relation: str, scope: Scope) -> list[tuple[Binding | None, Col]]:
        if not relation:
            return _with_bindings(scope)
        for level in levels(scope):
            binding = level.binding(relation.split("."))
            if binding is not None:
                return [(binding, col) for col in binding.cols]
        sink = Sink()
        if not resolve([relation], scope, sink):
            raise Untraceable(f"{relation}.* names no relation")
        return [(None, col_of(None, sink, many=True))]

    def replaced(self, col: Col, binding: Binding | None, changed: _Changes, scope: Scope) -> Col:
        key = (col.name or "").lower()
        if key in changed.replace:
            sink = Sink()
            self.expressions.add(changed.replace[key], scope, sink)
            return col_of(col.name, sink)
        return col._replace(name=changed.new_name(binding, col))

    def picked(self, expression: Tree, scope: Scope) -> list[Col]:
        """Columns that a pattern, a list or a lambda chooses by name."""
        star = next(part for part in walk(expression) if part["class"] == "STAR")
        changed = _Changes(star)
        cols = [
            col
            for binding, col in self.starred(star["relation_name"], scope)
            if not changed.excludes(binding, col)
        ]
        if any(col.vague for col in cols) or changed.replace or changed.rename:
            return [merged(None, cols, many=True)]
        by_name = {(col.name or "").lower(): col for col in cols}
        names = matched_names(expression, [col.name or "" for col in cols])
        return [by_name[name.lower()] for name in names if name.lower() in by_name]


def _with_bindings(scope: Scope) -> list[tuple[Binding | None, Col]]:
    owners: dict[str, Binding] = {}
    for binding, col in scope.star:
        owners.setdefault((col.name or "").lower(), binding)
    if not scope.using:
        return list(scope.star)
    return [(owners.get((col.name or "").lower()), col) for col in scope.star_cols()]


class _Changes:
    """EXCLUDE, REPLACE and RENAME of one star."""

    def __init__(self, star: Tree) -> None:
        self.exclude = {_text(name) for name in star.get("exclude_list", ())}
        qualified = star.get("qualified_exclude_list", ())
        self.qualified = {_qualified(entry) for entry in qualified}
        self.replace = {
            entry["key"].lower(): entry["value"] for entry in star.get("replace_list", ())
        }
        self.rename = {
            _qualified(entry["key"]): entry["value"] for entry in star.get("rename_list", ())
        }

    @property
    def needs_names(self) -> bool:
        return bool(self.exclude or self.qualified or self.replace or self.rename)

    def excludes(self, binding: Binding | None, col: Col) -> bool:
        key = (col.name or "").lower()
        return key in self.exclude or any(
            name in self.qualified for name in _names_of(binding, key)
        )

    def new_name(self, binding: Binding | None, col: Col) -> str | None:
        key = (col.name or "").lower()
        for name in _names_of(binding, key):
            if name in self.rename:
                return str(self.rename[name])
        return col.name


def _names_of(binding: Binding | None, key: str) -> list[tuple[str, str]]:
    table = binding.names[-1] if binding is not None and binding.names else ""
    return [("", key), (table, key)]


def _text(name: Any) -> str:
    return str(name).lower()


def _qualified(entry: Any) -> tuple[str, str]:
    if isinstance(entry, str):
        return ("", entry.lower())
    return (entry["table"].lower(), entry["column"].lower())


def is_star_pattern(expression: Tree) -> bool:
    """``* LIKE 'x'`` and its like: a filter of names, not of values."""
    found = expression
    while found["class"] == "OPERATOR" and found["type"] == "OPERATOR_NOT":
        found = found["children"][0]
    if found["class"] != "FUNCTION" or not found.get("is_operator", False):
        return False
    given = arguments(found)
    return bool(given) and given[0]["class"] == "STAR" and not given[0]["columns"]


def _columns_in(expression: Tree) -> Tree | None:
    """The COLUMNS(...) that makes an expression stand for several, if one does."""
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        if part["class"] == "STAR":
            if part["columns"]:
                return part
            continue
        if part["class"] == "OPERATOR" and part["type"] == "OPERATOR_UNPACK":
            continue
        waiting.extend(children(part))
    return None


def name_of(expression: Tree) -> str | None:
    """An item's name, as far as it does not depend on how DuckDB writes the expression."""
    if expression["alias"]:
        return str(expression["alias"])
    if expression["class"] == "COLUMN_REF":
        return str(expression["column_names"][-1])
    return None
