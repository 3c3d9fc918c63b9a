"""Changes of what makes rows one: keys of groups, DISTINCT, set operations; and of LIMIT."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.variants.change import altered, change, text

if TYPE_CHECKING:
    from seeknal.unittests.choosing.variants.change import Change

_MOST = 30


def grouping(node: Any) -> Iterator[Change]:
    """Other groups, duplicates kept or taken out, other ends."""
    from sqlglot import exp

    if isinstance(node, exp.Select):
        yield from _distinct(node)
        yield from _keys(node)
    if isinstance(node, exp.SetOperation):
        yield from _set_operation(node)
    if isinstance(node, exp.Query):
        yield from _ends(node)
    if isinstance(node, exp.Ordered):
        yield from _ordered(node)


def _distinct(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    distinct = node.args.get("distinct")
    if distinct is None:
        once = altered(node, distinct=exp.Distinct())
        yield change(node, f"DISTINCT in {text(node)}", once)
        return
    yield change(node, f"without DISTINCT in {text(node)}", altered(node, distinct=None))
    on = distinct.args.get("on")
    if on is not None and len(on.expressions) > 1:
        for key in on.expressions:
            fewer = exp.Tuple(expressions=[one.copy() for one in on.expressions if one is not key])
            other = altered(node, distinct=exp.Distinct(on=fewer))
            yield change(node, f"without {text(key)} in DISTINCT ON", other)


def _keys(node: Any) -> Iterator[Change]:
    """A select without one of the keys of its groups: the least value stands for that key."""
    from sqlglot import exp

    group = node.args.get("group")
    if group is None:
        return
    if group.args.get("all"):
        for place, one in enumerate(node.expressions):
            if not one.find(exp.AggFunc):
                yield change(node, f"without the key {text(one)}", _without(node, [place], None))
        return
    for kind in ("rollup", "cube", "grouping_sets"):
        if group.args.get(kind):
            keys = [key.copy() for part in group.args[kind] for key in part.expressions]
            if kind != "grouping_sets":
                plain = exp.Group(expressions=keys)
                yield change(group, f"without {kind.upper()}", plain)
    for key in group.expressions:
        places = [i for i, one in enumerate(node.expressions) if _stands_for(key, one, i)]
        yield change(node, f"without the key {text(key)}", _without(node, places, key))


def _stands_for(key: Any, projection: Any, place: int) -> bool:
    if key.is_int:
        return int(key.name) == place + 1
    if key == projection.unalias():
        return True
    return bool(key.name) and key.name.lower() == projection.alias_or_name.lower()


def _without(node: Any, places: list[int], key: Any) -> Any:
    from sqlglot import exp

    copy = node.copy()
    for place in places:
        one = copy.expressions[place]
        least = exp.Min(this=one.unalias().copy())
        one.replace(exp.alias_(least, one.alias_or_name, quoted=True))
    if key is not None:
        keys = [one for one in copy.args["group"].expressions if one != key]
        if any(one.is_int for one in keys):
            keys = [
                node.expressions[int(k.name) - 1].unalias().copy() if k.is_int else k for k in keys
            ]
        copy.set("group", exp.Group(expressions=keys) if keys else None)
    return copy


def _set_operation(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    word = type(node).__name__.upper()
    distinct = bool(node.args.get("distinct"))
    other = altered(node, distinct=not distinct)
    yield change(node, f"{word} {'ALL' if distinct else 'without ALL'}", other)
    yield change(node, f"without what follows {word}", _alone(node, node.this))
    if isinstance(node, exp.Union):
        yield change(node, f"without what precedes {word}", _alone(node, node.expression))
    else:
        turned = altered(node, this=node.expression.copy(), expression=node.this.copy())
        yield change(node, f"{word} turned round", turned)


def _alone(node: Any, side: Any) -> Any:
    """One side of a set operation, with the CTEs of the whole."""
    from sqlglot import exp

    whole = exp.select("*").from_(exp.Subquery(this=side.copy(), alias=exp.to_identifier("one")))
    if node.args.get("with_"):
        whole.set("with_", node.args["with_"].copy())
    return whole


def _ends(node: Any) -> Iterator[Change]:
    limit = node.args.get("limit")
    if limit is not None and within_reach(limit):
        yield change(node, f"without {text(limit)}", altered(node, limit=None))
        if node.args.get("order"):
            yield change(node, f"without {text(node.args['order'])}", altered(node, order=None))
    if node.args.get("offset"):
        yield change(node, f"without {text(node.args['offset'])}", altered(node, offset=None))


def within_reach(limit: Any) -> bool:
    """Whether a test may have so many rows that the limit matters."""
    number = limit.expression
    return number is None or not number.is_int or int(number.name) <= _MOST


def _ordered(node: Any) -> Iterator[Change]:
    """Another direction, other places of NULL, one key less, where the order matters."""
    from sqlglot import exp

    order = node.parent
    if isinstance(order, exp.Order) and isinstance(order.parent, exp.Query):
        query = order.parent
        limit, distinct = query.args.get("limit"), query.args.get("distinct")
        cut = limit is not None and within_reach(limit)
        if not (cut or query.args.get("offset") or (distinct and distinct.args.get("on"))):
            return
    desc = bool(node.args.get("desc"))
    first = bool(node.args.get("nulls_first"))
    turned = altered(node, desc=not desc, nulls_first=first)
    yield change(node, f"the other direction of {text(node)}", turned)
    nulls = altered(node, nulls_first=not first)
    yield change(node, f"NULL at the other end of {text(node)}", nulls)
    keys = order.expressions if isinstance(order, exp.Order) else []
    if len(keys) > 1:
        fewer = altered(order, expressions=[one.copy() for one in keys if one is not node])
        yield change(order, f"without {text(node)} in {text(order)}", fewer)
