"""Whether a changed query gives something else than the query, over some of the rows."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from seeknal.unittests.choosing.outcomes import same
from seeknal.unittests.choosing.stage import PLACE, Failure

if TYPE_CHECKING:
    from seeknal.unittests.choosing.outcomes import Outcome
    from seeknal.unittests.choosing.stage import Parts, Stage, Subset

_REMEMBERED = 400
_LITTLE = 3000
_FLOATS = ("DOUBLE", "FLOAT", "REAL")
_PATIENCE = 20
ORDERS = (f"{PLACE} DESC", f"hash({PLACE} + 17), {PLACE}")
"""Other orders of the same rows: what a query gives must not depend on it."""


class Seen(Enum):
    """What a look at two queries said."""

    OTHER = "they give something else"
    SAME = "they give the same"
    NEVER = "one of them is no query"
    SLOW = "one of them takes too long"
    ERROR = "one of them is an error"


_OF_FAILURE = {Failure.NEVER: Seen.NEVER, Failure.SLOW: Seen.SLOW, Failure.ROWS: Seen.ERROR}


class Look:
    """Compares a query with others over rows that stand on a stage."""

    def __init__(self, stage: Stage, sql: str, *, steady: bool) -> None:
        self.stage = stage
        self.sql = sql
        self.steady = steady
        """Whether the order of rows can never matter."""
        self.looks = 0
        self._known: OrderedDict[object, Outcome | Failure] = OrderedDict()
        self._width: int | None = None
        self._floats: frozenset[int] = frozenset()
        self._describe()

    def _describe(self) -> None:
        """Learn the columns, where a number can stand for all rows."""
        import duckdb

        self.stage.show(tuple(frozenset[int]() for _ in self.stage.nodes))
        try:
            found = self.stage.cursor.execute(f"SELECT * FROM ({self.sql}\n) AS one LIMIT 0")
        except duckdb.Error:
            return
        described = found.description or ()
        self._width = len(described)
        self._floats = frozenset(
            place for place, one in enumerate(described) if str(one[1]) in _FLOATS
        )

    def forget(self) -> None:
        """Before other columns are ignored."""
        self._known.clear()

    def at(self, sql: str, parts: Parts) -> Seen:
        """What ``sql`` gives over the rows of relations, beside the query."""
        self.stage.show_parts(parts)
        little = sum(parts.counts) <= _LITTLE
        most = 1.0 if little else 5.0
        width = self._width

        def given(query: str, limit: float) -> Outcome | Failure:
            if little or width is None:
                return self.stage.outcome(query, limit)
            return self.stage.print(query, width, self._floats, limit)

        return self._compared(parts, sql, given, most)

    def among(self, sql: str, subset: Subset) -> Seen:
        """What ``sql`` gives over the rows of a subset, beside the query."""
        self.stage.show(subset)
        return self._compared(subset, sql, self.stage.outcome, 0.5)

    def is_steady(self, subset: Subset) -> bool:
        """Whether the query gives the same over these rows in any order."""
        if self.steady:
            return True
        found = self.given(subset, PLACE)
        if isinstance(found, Failure):
            return False
        for order in ORDERS:
            other = self.given(subset, order)
            if isinstance(other, Failure) or not same(found, other):
                return False
        return True

    def given(self, subset: Subset, order: str) -> Outcome | Failure:
        """What the query gives over the rows of a subset that stand in an order."""
        self.stage.show(subset, order)
        return self.stage.outcome(self.sql, 2.0)

    def _compared(
        self,
        rows: object,
        sql: str,
        given: Callable[[str, float], Outcome | Failure],
        most: float,
    ) -> Seen:
        self.looks += 1
        began = time.monotonic()
        now = self._known.get(rows)
        if now is None:
            now = self._known[rows] = given(self.sql, 4 * most)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        if isinstance(now, Failure):
            return Seen.ERROR
        took = time.monotonic() - began
        other = given(sql, max(most, _PATIENCE * took))
        if isinstance(other, Failure):
            return _OF_FAILURE[other]
        return Seen.SAME if same(now, other) else Seen.OTHER
