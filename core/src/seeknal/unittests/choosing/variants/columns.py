"""Changes of columns: nothing in their place, another column, a day more or less."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.variants.change import altered, change, text

if TYPE_CHECKING:
    from seeknal.unittests.choosing.sources import Sources
    from seeknal.unittests.choosing.variants.change import Change

_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_COMPARED = ("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "Between")
_MOST = 4


def columns(node: Any, sources: Sources) -> Iterator[Change]:
    """Other columns than those that stand in a query."""
    from sqlglot import exp

    if isinstance(node, exp.Select):
        yield from _projections(node)
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Star):
        yield from _counted(node, sources)
    if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
        return
    if not _is_key(node):
        yield from _others(node, sources)
    if type(node.parent).__name__ in _COMPARED:
        yield from _moved(node, sources)


def keys(node: Any, sources: Sources) -> Iterator[Change]:
    """Other columns in the keys of joins and of groups."""
    from sqlglot import exp

    if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star) and _is_key(node):
        yield from _others(node, sources)


def _is_key(node: Any) -> bool:
    from sqlglot import exp

    parent = node.parent
    if isinstance(parent, exp.EQ):
        return isinstance(parent.this, exp.Column) and isinstance(parent.expression, exp.Column)
    return isinstance(parent, exp.Group) or node.arg_key == "partition_by"


def _projections(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    for projection in node.expressions:
        inner = projection.unalias()
        if not projection.is_star and not isinstance(inner, exp.Null):
            empty = exp.alias_(exp.Null(), projection.alias_or_name or "_", quoted=True)
            yield change(projection, f"NULL for the column {text(projection)}", empty)


def _others(node: Any, sources: Sources) -> Iterator[Change]:
    """Other columns of the same source; in a key, of all of its columns."""
    from sqlglot import exp

    source = sources.source(node)
    if source is None:
        return
    names = sources.columns(source)
    origin = sources.origin(node)
    table = sources.node(source)
    lowered = [name.lower() for name in names]
    if node.name.lower() not in lowered:
        return
    place = lowered.index(node.name.lower())
    near = [*names[place + 1 :], *names[:place]]
    if table is not None and origin is not None:
        types = {column.name: column.type for column in sources.tables[table]}
        near = [name for name in near if types[name] == types[origin.column]]
    for name in near[:_MOST]:
        other = altered(node, this=exp.to_identifier(name, quoted=True))
        words = f"{name} instead of {text(node)} in {text(node.parent)}"
        inside = node.parent
        if isinstance(inside, exp.Select) and node.arg_key == "expressions":
            other = exp.alias_(other, node.name, quoted=True)
        yield change(node, words, other)


def _moved(node: Any, sources: Sources) -> Iterator[Change]:
    from sqlglot import exp

    origin = sources.origin(node)
    if origin is None or sources.type_of(origin) not in _MOMENTS:
        return
    for word, kind in (("later", exp.Add), ("earlier", exp.Sub)):
        day = exp.Interval(this=exp.Literal.string("1"), unit=exp.Var(this="DAY"))
        moved = exp.Paren(this=kind(this=node.copy(), expression=day))
        yield change(node, f"a day {word} than {text(node)} in {text(node.parent)}", moved)


def _counted(node: Any, sources: Sources) -> Iterator[Change]:
    """What is counted of one column instead of all rows."""
    from sqlglot import exp

    select = node.parent_select
    if select is None:
        return
    for column in list(select.find_all(exp.Column))[:12]:
        if column.parent_select is select and not isinstance(column.this, exp.Star):
            counted = exp.Count(this=column.copy(), big_int=True)
            yield change(node, f"{text(counted)} instead of count(*)", counted)
            once = exp.Count(this=exp.Distinct(expressions=[column.copy()]), big_int=True)
            yield change(node, f"{text(once)} instead of count(*)", once)
