"""Goals met one after another by rows that are added to those chosen so far."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.unittests.choosing.bundles import bundles, rows_of
from seeknal.unittests.choosing.goals import Choice, Missed
from seeknal.unittests.choosing.looking import Seen
from seeknal.unittests.choosing.searching import (
    FEW,
    TooManyLooksError,
    enough,
    joined,
    least,
    narrowed,
)

if TYPE_CHECKING:
    from seeknal.unittests.choosing.bundles import Item
    from seeknal.unittests.choosing.goals import Goal
    from seeknal.unittests.choosing.keys import Edge
    from seeknal.unittests.choosing.looking import Look
    from seeknal.unittests.choosing.stage import Parts, Subset

_MOST_ROWS = 60
_MOST_LOOKS = 100
_TRIES = 2
_FIRST_POOL = 1
_UNSTEADY = "what the rows give depends on their order"
_HIDDEN = "rows that other goals need hide it"


class Meeting:
    """The rows chosen so far, and what is known of each goal."""

    def __init__(
        self, look: Look, pools: Sequence[Parts], edges: Sequence[Edge], *, until: float
    ) -> None:
        self.look = look
        self.pools = pools
        self.edges = edges
        self.until = until
        self.kept: Subset = tuple(frozenset[int]() for _ in look.stage.nodes)
        self.met: dict[int, Goal] = {}
        self.missed: dict[int, Missed] = {}
        self.unshown: dict[int, Goal] = {}
        self._bundles: dict[Parts, list[tuple[Item, ...]]] = {}

    def over(self) -> bool:
        return time.monotonic() > self.until

    def meet(self, goals: Sequence[Goal]) -> None:
        """Take rows for every goal in turn, and once more for those that later rows spoilt."""
        for number, goal in enumerate(goals):
            self._one(number, goal)
        for _ in range(2):
            spoilt = [
                (number, goal)
                for number, goal in self.met.items()
                if not self.over() and self.look.among(goal.rungs[0], self.kept) is not Seen.OTHER
            ]
            if not spoilt:
                break
            for number, goal in spoilt:
                del self.met[number]
                self._one(number, goal)

    def _one(self, number: int, goal: Goal) -> None:
        if self.over():
            self.missed[number] = Missed(goal=goal, why="the time was over")
            return
        same = False
        for sql in goal.rungs:
            exact = evolve(goal, rungs=(sql,))
            seen = self.look.among(sql, self.kept)
            if seen is Seen.OTHER:
                self.met[number] = exact
                return
            if seen is Seen.NEVER:
                continue
            found = self._shown(sql)
            if isinstance(found, str):
                self.missed[number] = Missed(goal=exact, why=found)
                return
            if not isinstance(found, Seen):
                self._search(number, exact, found)
                return
            same = same or found is Seen.SAME
        # What is an error over all rows, or is no query, is nothing that a test is to notice.
        if same:
            self.unshown[number] = goal

    def _shown(self, sql: str) -> Sequence[Parts] | Seen | str:
        """The pools from a small one that shows it; where none does, what was seen of all rows.

        One look at a middling pool, and one at all rows, is what most changes take that nothing
        shows.
        """
        first = min(_FIRST_POOL, len(self.pools) - 1)
        seen = Seen.NEVER
        for place in dict.fromkeys((first, len(self.pools) - 1)):
            seen = self.look.at(sql, self.pools[place])
            if seen is Seen.OTHER:
                begin = 0 if place == first else first + 1
                return self.pools[begin:]
            if seen is Seen.SLOW:
                return "it takes too long to see whether it matters"
            if seen is Seen.NEVER:
                break
        return seen

    def _search(self, number: int, goal: Goal, pools: Sequence[Parts]) -> None:
        why = _HIDDEN
        (sql,) = goal.rungs
        for _place, parts in enumerate(pools):
            if self.look.at(sql, parts) is not Seen.OTHER:
                continue
            few = self._few(sql, parts)
            if few not in self._bundles:
                self._bundles[few] = bundles(self.look.stage, few, self.edges)
            found = self._added(sql, self._bundles[few])
            if found is None:
                self.met[number] = goal
                return
            why = found
            if self.over() or why == _UNSTEADY:
                break
        self.missed[number] = Missed(goal=goal, why=why)

    def _few(self, sql: str, parts: Parts) -> Parts:
        """Relations with fewer rows that show it together with those chosen, or else alone."""
        if sum(parts.counts) <= FEW:
            return parts
        stage, kept = self.look.stage, self.kept
        few: list[str] = []
        with stage.tidied(few):
            both = joined(stage, parts, kept)
            if self.look.at(sql, both) is not Seen.OTHER:
                both, kept = parts, tuple(frozenset() for _ in kept)
            found = narrowed(self.look, sql, both, kept, self.edges, self.over)
            few += found.names
        return found

    def _added(self, sql: str, candidates: Sequence[tuple[Item, ...]]) -> str | None:
        """Keep the fewest of the candidates that show it; else why not."""
        why = _HIDDEN
        banned: set[Item] = set()
        for _ in range(_TRIES):
            fresh = {
                tuple(item for item in one if item[1] not in self.kept[item[0]]): None
                for one in candidates
                if banned.isdisjoint(one)
            }
            fresh.pop((), None)
            some = enough(list(fresh), lambda some: self._meets(sql, rows_of(some)), self.over)
            if not some:
                return why
            try:
                found = self._fewest(sql, some)
            except TooManyLooksError:
                return "it takes many rows"
            whole = self._with(found)
            if len(found) > _MOST_ROWS:
                return f"it takes {len(found)} rows"
            if self.look.among(sql, whole) is not Seen.OTHER:
                return why
            if self.look.is_steady(whole):
                self.kept = whole
                return None
            why = _UNSTEADY
            banned |= set(found)
        return why

    def _fewest(self, sql: str, fresh: Sequence[tuple[Item, ...]]) -> list[Item]:
        """First the bundles that are needed, then the rows of those."""
        end = self.look.looks + _MOST_LOOKS

        def meets(some: Sequence[Item]) -> bool:
            if self.look.looks > end or self.over():
                raise TooManyLooksError
            return self._meets(sql, some)

        whole = least(fresh, lambda some: meets(rows_of(some)))
        return least(rows_of(whole), meets)

    def _meets(self, sql: str, some: Sequence[Item]) -> bool:
        return self.look.among(sql, self._with(some)) is Seen.OTHER

    def _with(self, some: Sequence[Item]) -> Subset:
        added: list[set[int]] = [set() for _ in self.kept]
        for place, row in some:
            added[place].add(row)
        return tuple(old | new for old, new in zip(self.kept, added, strict=True))

    def choice(self) -> Choice:
        """What was chosen, in an order of rows that has nothing to do with that of the tables."""
        stage = self.look.stage
        kept = {
            node: tuple(stage.ordered(place, self.kept[place]))
            for place, node in enumerate(stage.nodes)
        }
        return Choice(
            kept=kept,
            reached=tuple(self.met[number] for number in sorted(self.met)),
            unreached=tuple(self.missed[number] for number in sorted(self.missed)),
            unshown=tuple(self.unshown[number] for number in sorted(self.unshown)),
        )
