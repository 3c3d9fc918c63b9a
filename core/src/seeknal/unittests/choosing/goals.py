"""What a test is to notice, and which rows were chosen so that it does."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from seeknal.values.names import NodeId


@frozen(kw_only=True)
class Goal:
    """A change of the SQL that the chosen rows are to show: their result becomes another one.

    ``rungs`` are the SQL after the change. Where there are several, they go from the smallest
    change to bigger ones of the same kind, and the first that the data show is meant.
    """

    words: str
    theme: str
    rungs: tuple[str, ...]


class NeverRunsError(Exception):
    """What rows are chosen for fails over any of them."""


@frozen(kw_only=True)
class Missed:
    """A goal that the chosen rows do not meet, and why."""

    goal: Goal
    why: str


@frozen(kw_only=True)
class Choice:
    """The rows that a test is made of.

    ``kept`` are rowids in the order in which the rows should stand in the test. ``unstable`` are
    the output columns whose values are not determined by the rows. ``unshown`` are goals that no
    rows of those given show.
    """

    kept: Mapping[NodeId, tuple[int, ...]]
    reached: tuple[Goal, ...]
    unreached: tuple[Missed, ...]
    unshown: tuple[Goal, ...] = ()
    unstable: tuple[str, ...] = ()
    seconds: float = 0.0
