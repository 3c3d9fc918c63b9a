"""Where rows of several moments are brought together: groups, windows, LIMIT, DISTINCT, joins."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from seeknal.sql.lineage.expressions import is_aggregated
from seeknal.sql.lineage.tree import children, ordinal, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seeknal.sql.cuts.relations import Binding, Col, Scope
    from seeknal.sql.lineage.tree import Tree


def select_mixes(node: Tree, cols: Sequence[Col], scope: Scope) -> bool:
    """Whether a SELECT over tracked inputs, which gives ``cols``, treats other moments as one."""
    return (
        node["sample"] is not None
        or _groups_mix(node, cols, scope)
        or any(_window_mixes(part, scope) for part in _expressions(node))
    )


def modifier_mixes(modifier: Tree, cols: Iterable[Col], scope: Scope) -> bool:
    """Whether LIMIT, OFFSET or DISTINCT choose among rows of several moments."""
    if modifier["type"] != "DISTINCT_MODIFIER":
        return str(modifier["type"]).startswith("LIMIT")
    targets = modifier["distinct_on_targets"]
    return not (any(_has_time(each, scope) for each in targets) if targets else times_in(cols))


def times_in(cols: Iterable[Col]) -> bool:
    """Whether one of some columns is made of an input's time."""
    return any(col.made.times for col in cols)


def join_mixes(ref: Tree, left: Iterable[Binding], right: Iterable[Binding], scope: Scope) -> bool:
    """Whether a join pairs rows of tracked inputs without a look at the time of both."""
    sides = [{scan for each in side for scan in each.relation.scans} for side in (left, right)]
    if not all(sides):
        return False
    if ref["ref_type"] in ("ASOF", "POSITIONAL"):
        return True
    named = [col for name in ref["using_columns"] if (col := scope.using.get(name.lower()))]
    if ref["ref_type"] == "NATURAL":
        named += scope.using.values()
    if ref["condition"] is not None:
        named += _named(ref["condition"], scope)
    seen = {scan for col in named for scan in col.made.times}
    return not all(side & seen for side in sides)


def _groups_mix(node: Tree, cols: Sequence[Col], scope: Scope) -> bool:
    items, groups = node["select_list"], node["group_expressions"]
    if node["aggregate_handling"] == "FORCE_AGGREGATES":
        by = [col for item, col in zip(items, cols, strict=False) if not is_aggregated(item)]
        return len(items) != len(cols) or not times_in(by)
    if not groups:
        return any(is_aggregated(part) for part in (*items, node["having"]) if part is not None)
    timely = {at for at, each in enumerate(groups) if _group_has_time(each, cols, scope)}
    return any(timely.isdisjoint(entry) for entry in node["group_sets"])


def _group_has_time(group: Tree, cols: Sequence[Col], scope: Scope) -> bool:
    number = ordinal(group)
    return _has_time(group, scope) if number is None else times_in(cols[number - 1 : number])


def _window_mixes(part: Tree, scope: Scope) -> bool:
    return part["class"] == "WINDOW" and not any(
        _has_time(each, scope) for each in part["partitions"]
    )


def _expressions(node: Tree) -> Iterable[Tree]:
    """All of a SELECT that may hold windows."""
    above = (*node["select_list"], *(each for m in node["modifiers"] for each in children(m)))
    qualify = () if node["qualify"] is None else (node["qualify"],)
    return chain.from_iterable(map(walk, (*above, *qualify)))


def _has_time(expression: Tree, scope: Scope) -> bool:
    return times_in(_named(expression, scope))


def _named(expression: Tree, scope: Scope) -> list[Col]:
    """The columns that an expression names."""
    return [
        scope.find(part["column_names"])
        for part in walk(expression)
        if part["class"] == "COLUMN_REF"
    ]
