"""Rows for a node of which only is known what it gives: a Python function."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from seeknal.unittests.choosing.bundles import bundles, rows_of
from seeknal.unittests.choosing.goals import Choice, Goal, Missed, NeverRunsError
from seeknal.unittests.choosing.outcomes import outcome, same
from seeknal.unittests.choosing.pools import pool
from seeknal.unittests.choosing.searching import TooManyLooksError, enough, least
from seeknal.unittests.choosing.special import keys_by_name, special
from seeknal.unittests.choosing.stage import staged

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from seeknal.unittests.choosing.bundles import Item
    from seeknal.unittests.choosing.outcomes import Outcome
    from seeknal.unittests.choosing.stage import Parts, Stage, Subset
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId

_SIZES = (8, 60, 400, 3000)
_MOST_LOOKS = 60
_MOST_ROWS = 25
_ALONE = 8
"""So many rows are tried one by one before a function is taken to fail over any."""
_FEW = 8


@frozen(kw_only=True)
class Ran:
    """What a function gave; ``reached`` are places of it that were reached, if that is known."""

    names: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    reached: frozenset[str] = field(default=frozenset())


Run = Callable[[Mapping["NodeId", Sequence[int]]], "Ran | None"]
"""What a node gives over these rowids of each table, in that order; None where it fails."""


def choose_by(
    run: Run,
    connection: DuckDBPyConnection,
    tables: Mapping[NodeId, Sequence[Column]],
    *,
    budget: float,
) -> Choice:
    """Rows such that a function gives something, reads every table and meets what is special.

    Raises NeverRunsError where it fails over whichever, duckdb.Error where the tables cannot be
    read.
    """
    with staged(connection, tables) as stage:
        return chosen_by(run, stage, tables, budget=budget)


def chosen_by(
    run: Run, stage: Stage, tables: Mapping[NodeId, Sequence[Column]], *, budget: float
) -> Choice:
    """The same, over tables that stand on a stage."""
    began = time.monotonic()
    trial = _Trial(stage, run, tables, until=began + budget)
    trial.fill()
    return trial.choice(time.monotonic() - began)


class _Trial:
    """The rows chosen so far."""

    def __init__(
        self,
        stage: Stage,
        run: Run,
        tables: Mapping[NodeId, Sequence[Column]],
        *,
        until: float,
    ) -> None:
        self.stage = stage
        self.run = run
        self.tables = tables
        self.until = until
        self.edges = keys_by_name(tables)
        self.kept: Subset = tuple(frozenset[int]() for _ in tables)
        self.reached: list[Goal] = []
        self.unreached: list[Missed] = []
        self._known: dict[Subset, Ran | None] = {}

    def over(self) -> bool:
        return time.monotonic() > self.until

    def fill(self) -> None:
        """Meet one goal after another."""
        specials = [
            list(special(self.stage, place, self.tables[node]))
            for place, node in enumerate(self.stage.nodes)
        ]
        rows = [[row for _, found in one for row in found[:1]] for one in specials]
        self.pools = [pool(self.stage, size, self.edges, rows) for size in _SIZES[:2]]
        self.pools += [
            pool(self.stage, size, self.edges, rows)
            for size in _SIZES[2:]
            if sum(self.stage.whole.counts) > size
        ]
        if not self._runs():
            raise NeverRunsError
        self._meet("the result has rows", self._gives_rows)
        for place, node in enumerate(self.stage.nodes):
            self._meet(f"{node} matters", partial(self._matters, place))
        for reached in sorted(self._all_reached()):
            self._meet(f"{reached} is reached", partial(self._reaches, reached))
        for place, goals in enumerate(specials):
            for words, found in goals:
                self._have(place, words, found)

    def _runs(self) -> bool:
        """False where it fails over each of the samples, and over some rows one by one."""
        samples = (_subset(self.stage, parts) for parts in self.pools)
        some = bundles(self.stage, self.pools[0], self.edges)[:_ALONE]
        alone = (self._with(one) for one in some)
        return any(self.over() or self._ran(subset) is not None for subset in chain(samples, alone))

    def _all_reached(self) -> frozenset[str]:
        everything = frozenset[str]()
        for parts in self.pools[:2]:
            if not self.over():
                everything |= _reached(self._ran(_subset(self.stage, parts)))
        return everything

    def _ran(self, subset: Subset) -> Ran | None:
        if subset not in self._known:
            given = {
                node: sorted(rows) for node, rows in zip(self.stage.nodes, subset, strict=True)
            }
            self._known[subset] = self.run(given)
        return self._known[subset]

    def _gives_rows(self, subset: Subset) -> bool:
        found = self._ran(subset)
        return found is not None and len(found.rows) > 0

    def _reaches(self, what: str, subset: Subset) -> bool:
        return what in _reached(self._ran(subset))

    def _matters(self, place: int, subset: Subset) -> bool:
        less = tuple(frozenset[int]() if at == place else rows for at, rows in enumerate(subset))
        whole, other = self._ran(subset), self._ran(less)
        if whole is None:
            return False
        return other is None or not same(_outcome(whole), _outcome(other))

    def _meet(self, words: str, met: Callable[[Subset], bool]) -> None:
        """Add the fewest rows that meet a goal."""
        goal = Goal(words=words, theme="runs", rungs=())
        why = "no few rows show it"
        for parts in (None, *self.pools):
            if self.over():
                why = "the time was over"
                break
            if parts is None:
                if met(self.kept):
                    self.reached.append(goal)
                    return
                continue
            candidates = enough(
                bundles(self.stage, parts, self.edges),
                lambda some: met(self._with(rows_of(some))),
                self.over,
            )
            if not candidates:
                continue
            try:
                self.kept = self._with(self._fewest(candidates, met))
            except TooManyLooksError:
                continue
            self.reached.append(goal)
            return
        self.unreached.append(Missed(goal=goal, why=why))

    def _fewest(
        self, candidates: Sequence[tuple[Item, ...]], met: Callable[[Subset], bool]
    ) -> list[Item]:
        looks = 0

        def meets(some: Sequence[Item]) -> bool:
            nonlocal looks
            looks += 1
            if looks > _MOST_LOOKS or self.over():
                raise TooManyLooksError
            return met(self._with(some))

        whole = least(candidates, lambda some: meets(rows_of(some)))
        return least(rows_of(whole), meets)

    def _have(self, place: int, words: str, found: Sequence[int]) -> None:
        """Have one of the rows that are special in one way, and the node still succeed."""
        goal = Goal(words=words, theme="values", rungs=())
        if self.kept[place].intersection(found):
            self.reached.append(goal)
            return
        for row in found[:2]:
            if len(self.kept[place]) >= _MOST_ROWS or self.over():
                break
            more = self._with([(place, row)])
            if self._ran(more) is not None:
                self.kept = more
                self.reached.append(goal)
                return
        self.unreached.append(Missed(goal=goal, why="the node fails with it, or there is no room"))

    def _with(self, some: Sequence[Item]) -> Subset:
        added: list[set[int]] = [set() for _ in self.kept]
        for place, row in some:
            added[place].add(row)
        return tuple(old | new for old, new in zip(self.kept, added, strict=True))

    def choice(self, seconds: float) -> Choice:
        kept = {
            node: tuple(self.stage.ordered(place, self.kept[place]))
            for place, node in enumerate(self.stage.nodes)
        }
        return Choice(
            kept=kept,
            reached=tuple(self.reached),
            unreached=tuple(self.unreached),
            unstable=self._unstable(kept),
            seconds=seconds,
        )

    def _unstable(self, kept: Mapping[NodeId, tuple[int, ...]]) -> tuple[str, ...]:
        """The columns that are others when it runs again, or over the rows in another order."""
        turned = {node: rows[::-1] for node, rows in kept.items()}
        runs = [self.run(kept), self.run(kept), self.run(turned)]
        given = [_outcome(_read(one)) for one in runs if one is not None]
        if len(given) < len(runs) or all(same(given[0], one) for one in given[1:]):
            return ()
        steady: list[int] = []
        for place in range(len(given[0].names)):
            cut = [
                outcome(one.names, one.rows or (), _others(one, [*steady, place])) for one in given
            ]
            if all(same(cut[0], one) for one in cut[1:]):
                steady.append(place)
        return tuple(name for place, name in enumerate(given[0].names) if place not in steady)


def _read(ran: Ran) -> Ran:
    """With numbers for texts of them: in another order of rows a sum is rounded otherwise."""
    return evolve(ran, rows=[[_number(value) for value in row] for row in ran.rows])


def _number(value: Any) -> Any:
    if isinstance(value, str) and "." in value:
        with suppress(ValueError):
            return float(value)
    return value


def _others(one: Outcome, places: Sequence[int]) -> set[int]:
    return set(range(len(one.names))) - set(places)


def _outcome(ran: Ran) -> Outcome:
    return outcome(ran.names, ran.rows)


def _reached(ran: Ran | None) -> frozenset[str]:
    return frozenset() if ran is None else ran.reached


def _subset(stage: Stage, parts: Parts) -> Subset:
    return tuple(frozenset(stage.rows(name)) for name in parts.names)
