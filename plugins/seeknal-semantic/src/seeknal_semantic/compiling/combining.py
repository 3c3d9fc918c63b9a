"""Metrics from the aggregates of several models: joined by the dimensions, NULLs as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen
from sqlglot import exp

from seeknal_semantic.compiling.plan import Aggregate, Among, Formula, Quotient, Shown
from seeknal_semantic.compiling.trees import aliased, as_double, both, column, equal, number, table
from seeknal_semantic.expressions import parse_expression

if TYPE_CHECKING:
    from seeknal_semantic.compiling.plan import Value
    from seeknal_semantic.compiling.scope import Parts

GROUPS = "groups"


@frozen(kw_only=True)
class Column:
    """Where the values of an aggregate are."""

    part: str
    name: str


Columns = Mapping[Aggregate, Column]


def combined(
    parts: Parts,
    names: Sequence[str],
    values: Mapping[str, Value],
    columns: Columns,
    keys: Sequence[str],
) -> exp.Select:
    """The dimensions ``names`` and the metrics ``values`` over the named queries ``keys``.

    Each of these has the dimensions, and a row at most for each combination of them.
    """
    first = keys[0]
    if len(keys) > 1 and names:
        union = [exp.select(*map(column, names)).from_(table(key)) for key in keys]
        first = parts.add(GROUPS, exp.union(*union, distinct=True))
    shown = [
        *(aliased(column(name, first), name) for name in names),
        *(aliased(_rendered(value, columns), metric) for metric, value in values.items()),
    ]
    query = exp.select(*shown).from_(table(first))
    having = {found.part for found in columns.values()}
    for key in keys:
        if key != first and key in having:
            query.append("joins", _join(first, key, names))
    return query


def _join(first: str, key: str, names: Sequence[str]) -> exp.Join:
    if not names:
        return exp.Join(this=table(key), kind="CROSS")
    same = both(equal(column(name, first), column(name, key)) for name in names)
    return exp.Join(this=table(key), side="LEFT", on=same)


def _rendered(value: Value, columns: Columns) -> exp.Expr:
    """The value over the columns of the named queries."""
    match value:
        case Aggregate():
            found = columns[value]
            return column(found.name, found.part)
        case Shown(value=inner, fill=fill):
            tree = _rendered(inner, columns)
            return tree if fill is None else exp.Coalesce(this=tree, expressions=[number(fill)])
        case Among(value=inner):
            return _rendered(inner, columns)
        case Quotient(numerator=numerator, denominator=denominator):
            return divided(_rendered(numerator, columns), _rendered(denominator, columns))
        case Formula(expr=expr, values=values):
            return formula(expr, {name: _rendered(each, columns) for name, each in values.items()})


def divided(numerator: exp.Expr, denominator: exp.Expr) -> exp.Expr:
    """One by the other as a DOUBLE; NULL where that is 0."""
    return exp.Div(
        this=as_double(numerator),
        expression=exp.Nullif(this=denominator.copy(), expression=exp.Literal.number(0)),
    )


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
        if isinstance(each, exp.Div):
            each.replace(divided(each.this, each.expression))
        else:
            zero = exp.Nullif(this=each.expression.copy(), expression=exp.Literal.number(0))
            each.set("expression", zero)
    tree: exp.Expr = whole.this
    return whole if isinstance(tree, exp.Connector) else tree
