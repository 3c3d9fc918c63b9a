"""Compares an engine of snapshots with the reference, after each run of a history."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Protocol

from tests.snapshots.histories import Run, drawn, written
from tests.snapshots.reference import History, Refused, after, token


class Engine(Protocol):
    """What is judged: it is made for one history, and has nothing at first."""

    def run(self, run: Run) -> str | None:
        """Carry out a run; gives why it was refused, in the reference's words, or None."""

    def columns(self) -> Iterable[tuple[str, str]] | None:
        """The columns of the history with their types; None where nothing is stored yet."""

    def rows(self) -> Iterable[tuple[Any, ...]]:
        """The rows of the history; moments are datetimes in UTC without a zone."""


Maker = Callable[[], Engine]


class Wrong(Exception):
    """An engine is not what the reference is."""


def judged(make: Maker, runs: Iterable[Run]) -> None:
    """Carries out a history. Raises Wrong at the first run after which the engine is wrong."""
    engine, history = make(), None
    for number, run in enumerate(runs):
        history, refused = _after(history, run)
        told = engine.run(run)
        if told != refused:
            raise Wrong(f"run {number}: refused for {told}, not {refused}")
        if found := _difference(engine, history):
            raise Wrong(f"run {number}: {found}")


def _after(history: History | None, run: Run) -> tuple[History | None, str | None]:
    try:
        return after(history, run.said, run.given, run.moment), None
    except Refused as refused:
        return history, refused.why


def _difference(engine: Engine, history: History | None) -> str | None:
    columns = engine.columns()
    if history is None or columns is None:
        return None if columns is None and history is None else "something is stored, or nothing"
    times = {"valid_from": history.time, "valid_to": history.time}
    wanted = {**history.columns, **times, "is_current": "BOOLEAN"}
    if history.marks:
        wanted["is_deleted"] = "BOOLEAN"
    if [*columns] != [*wanted.items()]:
        return f"columns {[*columns]}, not {[*wanted.items()]}"
    rows = sorted(repr(tuple(map(token, row))) for row in engine.rows())
    expected = sorted(repr(tuple(map(token, row))) for row in rows_of(history))
    if rows == expected:
        return None
    more = [row for row in rows if row not in expected]
    fewer = [row for row in expected if row not in rows]
    return f"has {len(rows)} rows, not {len(expected)}; also {more[:3]}, lacks {fewer[:3]}"


def rows_of(history: History) -> list[tuple[Any, ...]]:
    """The rows as they are stored."""
    return [
        (
            *each.values.values(),
            each.start,
            each.end,
            each.end is None,
            *([each.deleted] if history.marks else []),
        )
        for each in history.versions
    ]


def judged_by_drawing(make: Maker, seeds: Iterable[int], length: int = 12) -> int:
    """Judges random histories; gives how many. Raises Wrong with the smallest that was found."""
    count = 0
    for seed in seeds:
        runs = drawn(random.Random(seed), length)
        count += 1
        if (wrong := _wrong(make, runs)) is not None:
            smallest = shrunk(make, runs)
            told = _wrong(make, smallest) or wrong
            raise Wrong(f"seed {seed}: {told}\n{written(smallest)}")
    return count


def shrunk(make: Maker, runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """A history of fewer runs and rows that is wrong as well."""
    found = True
    while found:
        found = False
        for fewer in _smaller(runs):
            if _wrong(make, fewer) is not None:
                runs, found = fewer, True
                break
    return runs


def _smaller(runs: tuple[Run, ...]) -> Iterable[tuple[Run, ...]]:
    for index in range(len(runs)):
        yield runs[:index] + runs[index + 1 :]
    for index, run in enumerate(runs):
        for row in range(len(run.given.rows)):
            rows = run.given.rows[:row] + run.given.rows[row + 1 :]
            yield (
                *runs[:index],
                replace(run, given=replace(run.given, rows=rows)),
                *runs[index + 1 :],
            )


def _wrong(make: Maker, runs: tuple[Run, ...]) -> str | None:
    try:
        judged(make, runs)
    except Wrong as wrong:
        return str(wrong)
    return None
