"""Compares an engine with the model, after each event of a history."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from tests.intervals.events import Event, History, Row
from tests.intervals.model import World
from tests.intervals.parts import Built, in_order
from tests.intervals.ranges import Range, moment_of, moments


class Engine(Protocol):
    """What is judged. It is made for a history's project, at the moment when the history begins.

    Spans may be merged: only the moments that they hold count. Moments are datetimes in UTC without
    a zone.
    """

    def apply(self, event: Event) -> None:
        """Carry out an event; a run that fails, is refused or is killed raises nothing."""

    def environments(self) -> Collection[str]:
        """The environments that there are."""

    def done(self, env: str, node: str) -> Iterable[Range]:
        """What is done of a tracked node; that which waits for its restatement is done as well."""

    def pending(self, env: str, node: str) -> Iterable[Range]:
        """What of it was invalidated and not redone."""

    def processed(self) -> Mapping[tuple[str, str], Iterable[Range]]:
        """What the last event computed, by environment and node: not what it adopted or carried."""

    def rows(self, env: str, node: str) -> Iterable[Row]:
        """What a reader of a node sees."""

    def delivered(self, node: str) -> Iterable[Row] | None:
        """What production's target of a tracked node holds; None where there is no target."""


Maker = Callable[[History], Engine]


class Wrong(Exception):
    """An engine is not what the model is: ``what`` says in which way."""

    def __init__(self, what: str, told: str) -> None:
        super().__init__(f"{what}: {told}")
        self.what, self.told = what, told


def judged(make: Maker, history: History) -> None:
    """Carries out a history. Raises Wrong at the first event after which the engine is wrong."""
    engine, worlds = make(history), [World(history.project, history.now)]
    for number, event in enumerate(history.events):
        engine.apply(event)
        worlds = [after for world in worlds for after in world.after(event)]
        found = [difference(engine, world) for world in worlds]
        if None not in found:
            what, told = next(each for each in found if each)
            raise Wrong(what, f"{told}\nafter event {number}, {event}")
        worlds = [world for world, wrong in zip(worlds, found, strict=True) if wrong is None]


def difference(engine: Engine, world: World) -> tuple[str, str] | None:
    """What is wrong with an engine when the world is this one."""
    if set(engine.environments()) != set(world.envs):
        return "environments", f"{sorted(engine.environments())}, not {sorted(world.envs)}"
    processed = engine.processed()
    for name, env in world.envs.items():
        for key, built in env.built.items():
            found = difference_of(engine, world, name, built)
            if found is None and built.node.schedule:
                found = other_work(processed.get((name, key), ()), world, name, built)
            if found:
                return found[0], f"{key} in {name}: {found[1]}"
    return None


def difference_of(engine: Engine, world: World, name: str, built: Built) -> tuple[str, str] | None:
    key = built.node.name
    if built.node.schedule:
        pending = world.envs[name].pending.get(key, frozenset())
        if found := other_moments(engine.done(name, key), built.done):
            return "done ranges", found
        if found := other_moments(engine.pending(name, key), pending):
            return "pending ranges", found
    rows = in_order(engine.rows(name, key))
    if rows != built.rows:
        return "rows", f"{rows}, not {built.rows}"
    target = world.targets.get(key)
    if name == "prod" and built.node.schedule and target is not None:
        held = engine.delivered(key)
        if held is not None and in_order(held) != target:
            return "target", f"{in_order(held)}, not {target}"
    return None


def other_moments(found: Iterable[Range], right: Collection[Range]) -> str | None:
    """How the moments of spans differ."""
    held = set(found)
    if held == right or (one := moments(held)) == (other := moments(right)):
        return None
    return differing(one, other)


def other_work(
    found: Iterable[Range], world: World, name: str, built: Built
) -> tuple[str, str] | None:
    """Whether an engine has processed too little, or too much.

    It may restate more of what is done than it must where it has to restate something: its parts
    may be coarser than ranges.
    """
    key = (name, built.node.name)
    done, right = moments(found), moments(world.processed.get(key, ()))
    allowed = right | moments(built.done) if key in world.restated else right
    right_amount = right <= done <= allowed
    return None if right_amount else ("processed ranges", differing(done, right))


def differing(found: set[int], right: set[int]) -> str:
    """The moments that only one has, as spans."""
    much, little = (
        ", ".join(f"{start} to {end}" for start, end in spans(numbers)) or "nothing"
        for numbers in (found - right, right - found)
    )
    return f"too much {much}, too little {little}"


def spans(numbers: set[int]) -> list[Range]:
    firsts = sorted(number for number in numbers if number - 1 not in numbers)
    lasts = sorted(number for number in numbers if number + 1 not in numbers)
    pairs = zip(firsts, lasts, strict=True)
    return [(moment_of(first), moment_of(last + 1)) for first, last in pairs]


def merged(found: Iterable[Range]) -> list[Range]:
    """Spans of which no two touch, in order."""
    return spans(moments(found))


# Drawn histories.


def wrong_in(make: Maker, history: History) -> Wrong | None:
    try:
        judged(make, history)
    except Wrong as wrong:
        return wrong
    return None


def judged_by_drawing(
    make: Maker, seeds: Iterable[int], length: int = 25, patience: float = 5
) -> None:
    """Judges an engine by drawn histories; one that fails is made shorter for so many seconds."""
    from tests.intervals.histories import drawn, shortened, written

    for seed in seeds:
        history = drawn(random.Random(seed), length)
        if wrong := wrong_in(make, history):
            fails = failing_alike(make, wrong, time.monotonic() + patience)
            history = shortened(history, fails)
            wrong = wrong_in(make, history) or wrong
            raise Wrong(wrong.what, f"{wrong.told}\nseed {seed}, alone:\n{written(history)}")


def failing_alike(make: Maker, wrong: Wrong, until: float) -> Callable[[History], bool]:
    """Whether a history fails in the same way, as long as there is time."""

    def fails(history: History) -> bool:
        found = wrong_in(make, history) if time.monotonic() < until else None
        return found is not None and found.what == wrong.what

    return fails
