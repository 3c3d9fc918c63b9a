"""Which columns of a result are determined by the rows, whatever their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.looking import ORDERS
from seeknal.unittests.choosing.outcomes import Outcome, same
from seeknal.unittests.choosing.stage import PLACE, Failure

if TYPE_CHECKING:
    from seeknal.unittests.choosing.looking import Look
    from seeknal.unittests.choosing.stage import Subset

_ORDERED = (
    "Limit",
    "Offset",
    "Window",
    "First",
    "Last",
    "AnyValue",
    "ArrayAgg",
    "GroupConcat",
    "ArgMax",
    "ArgMin",
    "Mode",
    "List",
    "Anonymous",
    "AnonymousAggFunc",
    "CombinedAggFunc",
    "Rand",
    "Uuid",
    "TableSample",
    "JSONObjectAgg",
    "ApproxQuantile",
    "ApproxTopK",
    "Pivot",
    "JSONArrayAgg",
    "StringAgg",
)
_STARTS = 20


def may_vary(tree: Any) -> bool:
    """Whether a query has anything in it that may depend on the order of rows, or on chance."""
    from sqlglot import exp

    for node in tree.walk():
        kind = type(node).__name__
        if kind == "Table":
            if not isinstance(node.this, exp.Identifier):
                return True
        elif kind in _ORDERED or (kind == "Distinct" and node.args.get("on")):
            return True
    return False


def varying(look: Look, subset: Subset) -> tuple[int, ...]:
    """The places of columns to leave out, so that what is left is the same in any order.

    As few as can be found by keeping one column after another, from each of them on.
    """
    found: list[Outcome] = []
    for order in (PLACE, PLACE, *ORDERS):
        one = look.given(subset, order)
        if isinstance(one, Failure) or one.rows is None:
            return ()
        found.append(one)
    width = len(found[0].names)
    return min((_left_out(found, first) for first in range(min(width, _STARTS))), key=len)


def _left_out(found: Sequence[Outcome], first: int) -> tuple[int, ...]:
    """The columns to leave out, where those from ``first`` on are kept first of all."""
    width = len(found[0].names)
    steady: list[int] = []
    for place in (*range(first, width), *range(first)):
        wanted = sorted([*steady, place])
        cut = [_cut(one, wanted) for one in found]
        if all(same(cut[0], one) for one in cut[1:]):
            steady = wanted
    return tuple(place for place in range(width) if place not in steady)


def varying_share(look: Look, subset: Subset) -> float:
    """How much of the result is another one in another order: 0 for nothing, 1 for every row."""
    given = [look.given(subset, order) for order in (PLACE, PLACE, *ORDERS)]
    bags = []
    for one in given:
        if isinstance(one, Failure) or one.rows is None:
            return 0.0
        bags.append(Counter(one.rows))
    total = max(bags[0].total(), 1)
    return max((bags[0] - one).total() for one in bags[1:]) / total


def _cut(one: Outcome, places: list[int]) -> Outcome:
    rows = tuple(tuple(row[place] for place in places) for row in one.rows or ())
    return Outcome(tuple(one.names[place] for place in places), rows)
