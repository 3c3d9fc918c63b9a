"""Conditions that compare an input's time with the range, and comparisons that are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from seeknal.sql.cuts.edges import lower, upper
from seeknal.sql.cuts.moments import Inexact, is_marked
from seeknal.sql.cuts.relations import Made, Unclear, all_of, made_of
from seeknal.sql.lineage.tree import children, constant, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from seeknal.sql.cuts.edges import Edge
    from seeknal.sql.cuts.moments import Moment, Moments
    from seeknal.sql.cuts.relations import Col, Scans, Scope
    from seeknal.sql.lineage.tree import Tree

_FLIPPED = {
    "COMPARE_GREATERTHANOREQUALTO": "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_GREATERTHAN": "COMPARE_LESSTHAN",
    "COMPARE_LESSTHANOREQUALTO": "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_LESSTHAN": "COMPARE_GREATERTHAN",
    "COMPARE_EQUAL": "COMPARE_EQUAL",
}
_NO_PLACE = 1 << 62
_COMPARING = ("COMPARISON", "BETWEEN")


class Bound(NamedTuple):
    """A column that is compared with a moment, and what that keeps of its rows."""

    col: Col
    lower: Edge | None
    upper: Edge | None


class Conditions:
    """Looks at expressions; subqueries go to ``query``, which gives what their columns are of."""

    def __init__(self, moments: Moments, query: Callable[[Tree, Scope], Made]) -> None:
        self.moments = moments
        self.query = query

    def decide(self, condition: Tree | None, scope: Scope, kept: Scans) -> None:
        """Take in a condition that rows of the scans ``kept`` have to fulfil to count."""
        if condition is None:
            return
        for part in _conjuncts(condition):
            bounds = self.bounds(part, scope)
            for bound in bounds or ():
                _apply(bound, kept, _place(part))
            if bounds is None:
                self.made(part, scope, decides=True)

    def bounds(self, part: Tree, scope: Scope) -> list[Bound] | None:
        """What a comparison says of columns' times; None where it is anything else."""
        if part["class"] == "COMPARISON":
            return self._compared(part, scope)
        if part["class"] == "BETWEEN":
            return self._between(part, scope)
        return None

    def _compared(self, part: Tree, scope: Scope) -> list[Bound] | None:
        sides = [(part["left"], part["right"], part["type"])]
        sides.append((part["right"], part["left"], _FLIPPED.get(part["type"])))
        for column, other, operator in sides:
            col, moment = self.column(column, scope), self.moment(other, scope)
            if col is not None and moment is not None and operator in _FLIPPED:
                return [_bound(col, operator, moment)]
        return None

    def _between(self, part: Tree, scope: Scope) -> list[Bound] | None:
        col = self.column(part["input"], scope)
        if col is None:
            return None
        found = []
        for key, operator in (
            ("lower", "COMPARE_GREATERTHANOREQUALTO"),
            ("upper", "COMPARE_LESSTHANOREQUALTO"),
        ):
            moment = self.moment(part[key], scope)
            if moment is not None:
                found.append(_bound(col, operator, moment))
            elif self.made(part[key], scope) != Made():
                return None
        return found or None

    def column(self, expression: Tree, scope: Scope) -> Col | None:
        """The column of which an expression is the plain name, if it is an input's time."""
        if expression["class"] != "COLUMN_REF":
            return None
        col = scope.find(expression["column_names"])
        return col if col.exact else None

    def moment(self, expression: Tree, scope: Scope) -> Moment | None:
        try:
            return self._moment(expression, scope)
        except Inexact:
            return None

    def _moment(self, expression: Tree, scope: Scope) -> Moment | None:
        return self.moments.of(expression, lambda found: scope.find(found["column_names"]).moment)

    def made(self, expression: Tree, scope: Scope, *, decides: bool = False) -> Made:
        """What an expression is made of; notes what in it compares times with the range."""
        kind = expression["class"]
        if kind == "CONJUNCTION" or expression["type"] == "OPERATOR_NOT":
            return all_of(self.made(part, scope, decides=decides) for part in children(expression))
        made = self._own(expression, scope)
        made |= all_of(self.made(part, scope) for part in children(expression))
        compares = decides or kind in _COMPARING or _compares(expression)
        if compares and made.marked and made.times:
            self.note(expression, made.times, scope)
        return made

    def _own(self, expression: Tree, scope: Scope) -> Made:
        """What is read at the expression itself."""
        kind = expression["class"]
        if kind == "COLUMN_REF":
            return scope.find(expression["column_names"]).made
        if kind == "STAR":
            return made_of(col for each in scope.bindings for col in each.relation.cols)
        if kind == "SUBQUERY":
            made = self.query(expression["subquery"]["node"], scope)
            return Made() if "EXISTS" in expression["subquery_type"] else made
        found = constant(expression)
        return Made(marked=found is not None and is_marked(found[1]))

    def note(self, part: Tree, times: Scans, scope: Scope) -> None:
        """Note a comparison of which it is not known what it lets through."""
        bounds = self.bounds(part, scope) or ()
        why, instead = self._inexact(part, scope)
        unclear = Unclear(
            _place(part),
            why,
            instead,
            below=not bounds or any(bound.lower is not None for bound in bounds),
            above=not bounds or any(bound.upper is not None for bound in bounds),
        )
        for scan in times:
            scan.unclear.append(unclear)

    def _inexact(self, part: Tree, scope: Scope) -> tuple[str, str]:
        """Why an operand is no moment although it seems to be one, and what to write."""
        try:
            for operand in children(part):
                self._moment(operand, scope)
        except Inexact as found:
            return str(found), found.instead
        return "", ""


def _apply(bound: Bound, kept: Scans, place: int | None) -> None:
    for scan in bound.col.exact & kept:
        scan.lower += [bound.lower] if bound.lower is not None else []
        scan.upper += [bound.upper] if bound.upper is not None else []
    unclear = Unclear(place, below=bound.lower is not None, above=bound.upper is not None)
    for scan in bound.col.made.times - (bound.col.exact & kept):
        scan.unclear.append(unclear)


def _bound(col: Col, operator: str, moment: Moment) -> Bound:
    closed = operator != "COMPARE_LESSTHAN"
    low = lower(moment.of_end, moment.micros) if "LESS" not in operator else None
    high = None
    if "GREATER" not in operator:
        high = upper(moment.of_end, moment.micros, closed=closed)
    return Bound(col, low, high)


def _conjuncts(condition: Tree) -> Iterator[Tree]:
    waiting = [condition]
    while waiting:
        part = waiting.pop()
        if part["type"] == "CONJUNCTION_AND":
            waiting += part["children"]
        else:
            yield part


def _compares(expression: Tree) -> bool:
    """Whether an operator such as IN compares its operands."""
    return str(expression["type"]).startswith("COMPARE_") or (
        expression["class"] == "SUBQUERY" and "ANY" in expression["subquery_type"]
    )


def _place(part: Tree) -> int | None:
    """The byte of the query at which a part of it begins; versions of DuckDB say it differently."""
    return min((at for each in walk(part) if (at := place_of(each)) is not None), default=None)


def place_of(part: Tree) -> int | None:
    """The byte of the query that is noted with a part of it."""
    place = part.get("query_location")
    return place if isinstance(place, int) and place < _NO_PLACE else None
