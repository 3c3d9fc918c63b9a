"""Columns that are gone, and groups that lack a key."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tests.unittests.around import Around
from tests.unittests.operators.changing import Change, with_args


def dropped_column(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """NULL instead of a column, a replaced column as it was, a group by one key less."""
    top = _first(tree)
    for select in tree.find_all(exp.Select):
        if isinstance(select.parent, (exp.Exists, exp.In)):
            continue
        for part in select.expressions:
            if isinstance(part, exp.Star):
                yield from _not_replaced(part)
            elif not isinstance(part, exp.Column) or not part.is_star:
                type = around.result.get(part.alias_or_name) if select is top else None
                yield Change(part, _null(part, type))
        if (group := select.args.get("group")) is not None:
            yield from _fewer_keys(select, group)


def _first(tree: exp.Expression) -> exp.Expression:
    while isinstance(tree, exp.SetOperation):
        tree = tree.this
    return tree


def _null(part: exp.Expression, type: str | None) -> exp.Expression:
    null: exp.Expression = exp.null()
    if type is not None:
        null = exp.cast(null, exp.DataType.build(type, dialect="duckdb"))
    name = part.output_name
    return exp.alias_(null, name, quoted=True) if name else null


def _not_replaced(star: exp.Star) -> Iterator[Change]:
    replaced = star.args.get("replace") or []
    for place, part in enumerate(replaced):
        rest = [other.copy() for other in replaced[:place] + replaced[place + 1 :]]
        yield Change(star, with_args(star, replace=rest or None), part.sql("duckdb"), "(nothing)")


def _fewer_keys(select: exp.Select, group: exp.Group) -> Iterator[Change]:
    """What is no key any more is the least of its group, so that the query still binds."""
    if group.args.get("all"):
        for part in select.expressions:
            if not part.find(exp.AggFunc) and not isinstance(part.unalias(), exp.Star):
                yield Change(part, _least(part), part.sql("duckdb"), "no key of the group")
        return
    for place, key in enumerate(group.expressions if len(group.expressions) > 1 else ()):
        copy = select.copy()
        copy.args["group"].expressions[place].pop()
        for part in copy.expressions:
            _no_key(part, key)
        yield Change(select, copy, key.sql("duckdb"), "no key of the group")


def _no_key(part: exp.Expression, key: exp.Expression) -> None:
    """Let a column do without a key, named by itself or by the column's name."""
    if part.alias_or_name == key.sql("duckdb") and not part.find(exp.AggFunc):
        part.replace(_least(part))
        return
    for found in [found for found in part.find_all(type(key)) if found == key]:
        if found.find_ancestor(exp.AggFunc) is None:
            found.replace(exp.Min(this=found.copy()))


def _least(part: exp.Expression) -> exp.Expression:
    least = exp.Min(this=part.unalias().copy())
    return exp.alias_(least, part.output_name, quoted=True)
