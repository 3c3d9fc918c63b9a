"""How sure a problem is of columns that may be others by the next run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

if TYPE_CHECKING:
    from seeknal.values.problems import Problem

UNSURE = "as far as columns are known before a run"


def as_sure(problems: Sequence[Problem], sure: bool) -> Iterator[Problem]:
    """The problems, as warnings where the columns may be others."""
    for problem in problems:
        yield problem if sure else unsure(problem)


def unsure(problem: Problem) -> Problem:
    """The same as a warning: the columns may be others by the next run."""
    return evolve(
        problem,
        code="SK0754",
        message=f"{problem.message}, {UNSURE}",
        severity="warn",
    )
