"""Metrics from the aggregates of several models: joined by the dimensions, NULLs as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen
from sqlglot import exp

from seeknal_semantic.compiling.plan import (
    Aggregate,
    Among,
    Formula,
    Quotient,
    Shown,
    aggregates,
    with_gaps,
)
from seeknal_semantic.compiling.trees import (
    aliased,
    both,
    column,
    divided,
    either,
    equal,
    number,
    remainder,
    table,
)
from seeknal_semantic.expressions import parse_expression

if TYPE_CHECKING:
    from seeknal_semantic.compiling.plan import Value
    from seeknal_semantic.compiling.scope import Parts

GROUPS, HAS_ROWS = "groups", "has_rows"


@frozen(kw_only=True)
class Column:
    """Where the values of an aggregate are."""

    part: str
    name: str


@frozen(kw_only=True)
class Named:
    """The named queries ``keys``, each with the dimensions ``names`` and the rows of some values.

    ``columns`` says where aggregates are, ``gaps`` which query has the periods without rows of a
    value that is to be shown in every period.
    """

    names: Sequence[str]
    keys: Sequence[str]
    columns: Mapping[Aggregate, Column]
    gaps: Sequence[tuple[Value, str]] = ()

    def parts_of(self, value: Value) -> list[str]:
        """The queries that have a row for each group of a value."""
        found = [self.columns[each].part for each in aggregates(value)]
        inner = with_gaps(value)
        found += [part for gap, part in self.gaps if any(gap is each for each in inner)]
        return list(dict.fromkeys(found))


def combined(parts: Parts, values: Mapping[str, Value], named: Named) -> exp.Select:
    """The dimensions and the metrics ``values``, a row for each combination that any query has."""
    names, keys = named.names, named.keys
    first = keys[0]
    if len(keys) > 1 and names:
        union = [exp.select(*map(column, names)).from_(table(key)) for key in keys]
        first = parts.add(GROUPS, exp.union(*union, distinct=True))
    rendering = _Rendering(parts, named)
    shown = [
        *(aliased(column(name, first), name) for name in names),
        *(aliased(rendering.tree(value), metric) for metric, value in values.items()),
    ]
    query = exp.select(*shown).from_(table(first))
    needed = {found.part for found in named.columns.values()} | rendering.marked
    for key in keys:
        if key != first and key in needed:
            query.append("joins", _join(first, key, names))
    return query


def _join(first: str, key: str, names: Sequence[str]) -> exp.Join:
    if not names:
        return exp.Join(this=table(key), kind="CROSS")
    same = both(equal(column(name, first), column(name, key)) for name in names)
    return exp.Join(this=table(key), side="LEFT", on=same)


class _Rendering:
    """Values over the columns of named queries; marks the rows of those where that matters."""

    def __init__(self, parts: Parts, named: Named) -> None:
        self._parts, self._named = parts, named
        self.marked: set[str] = set()

    def tree(self, value: Value) -> exp.Expr:
        """The value of one row of the answer."""
        match value:
            case Aggregate():
                found = self._named.columns[value]
                return column(found.name, found.part)
            case Shown(value=inner, fill=fill):
                tree = self.tree(inner)
                return tree if fill is None else exp.Coalesce(this=tree, expressions=[number(fill)])
            case Among(value=inner):
                return self._where_it_has_rows(value, self.tree(inner))
            case Quotient(numerator=one, denominator=other):
                return self._where_it_has_rows(value, divided(self.tree(one), self.tree(other)))
            case Formula(expr=expr, values=values):
                inner_trees = {name: self.tree(each) for name, each in values.items()}
                return self._where_it_has_rows(value, formula(expr, inner_trees))

    def _where_it_has_rows(self, value: Value, tree: exp.Expr) -> exp.Expr:
        """NULL in groups that only other metrics have, whatever is made of NULLs there."""
        own = self._named.parts_of(value)
        if not self._named.names or len(own) == len(self._named.keys) or not _speaks_of_none(value):
            return tree
        for part in own:
            self._mark(part)
        there = either(column(HAS_ROWS, part) for part in own)
        return exp.Case(ifs=[exp.If(this=there, true=tree)])

    def _mark(self, part: str) -> None:
        if part not in self.marked:
            self.marked.add(part)
            query = self._parts.found[part]
            assert isinstance(query, exp.Select)
            query.select(aliased(exp.true(), HAS_ROWS), copy=False)


def _speaks_of_none(value: Value) -> bool:
    """Whether a value may be something where nothing is that it is made of."""
    match value:
        case Aggregate():
            return False
        case Shown(value=inner, fill=fill):
            return fill is not None or _speaks_of_none(inner)
        case Among(value=inner):
            return _speaks_of_none(inner)
        case Quotient(numerator=one, denominator=other):
            return _speaks_of_none(one) and _speaks_of_none(other)
        case Formula(expr=expr, values=values):
            tree = parse_expression(expr)
            replaces = tree.find(exp.Coalesce, exp.Case, exp.Is, exp.Greatest, exp.Least)
            return replaces is not None or any(map(_speaks_of_none, values.values()))


def formula(expr: str, values: Mapping[str, exp.Expr]) -> exp.Expr:
    """An expression of a derived metric, with what its names stand for."""
    found = {name.lower(): value for name, value in values.items()}

    def placed(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            value = found[node.name.lower()]
            return exp.Paren(this=value.copy()) if isinstance(value, exp.Binary) else value.copy()
        return node

    whole = exp.Paren(this=parse_expression(expr).transform(placed))
    # The innermost first: what stands around it takes it over as it is then.
    for each in reversed(list(whole.find_all(exp.Div, exp.Mod))):
        made = divided if isinstance(each, exp.Div) else remainder
        each.replace(made(each.this, each.expression))
    tree: exp.Expr = whole.this
    return whole if isinstance(tree, exp.Connector) else tree
