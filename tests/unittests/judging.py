"""Judges tests by mutants: which of those that change a node's rows let one of its tests fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from enum import Enum

import duckdb
from attrs import field, frozen

from tests.unittests.cases import Case
from tests.unittests.evaluate import Span, Unfit, failure, in_range, laid_out, refuse_strays
from tests.unittests.mutants import Mutant, sample
from tests.unittests.results import Answer, TooLong, answer, same
from tests.unittests.spans import read_for, spans_of
from tests.unittests.subjects import Subject


class Fate(Enum):
    """What became of a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    NONE = "no query"
    TOO_LONG = "too long"


@frozen(kw_only=True)
class Verdict:
    """A mutant of a node, and its fate."""

    subject: str
    mutant: Mutant
    fate: Fate
    why: str = ""


@frozen(kw_only=True)
class Judged:
    """All of a node's verdicts. ``unsound``: why its tests fail without any mistake."""

    subject: str
    verdicts: tuple[Verdict, ...] = field(converter=tuple)
    unsound: str | None = None


Fails = Callable[[Mutant | None], "str | None"]
"""Why the tests of a node fail with a mutant, or without one; None where they pass."""
Means = Callable[[Subject, Sequence[Case]], AbstractContextManager[Fails]]
LONGEST = 20.0
"""Seconds that a mutant may take over all rows."""


def judged(
    subject: Subject,
    cases: Sequence[Case],
    stored: duckdb.DuckDBPyConnection,
    means: Means,
    *,
    seed: int = 0,
    most: int = 40,
    kinds: Sequence[str] = (),
) -> Judged:
    """A node's tests, judged by at most so many mutants of each kind."""
    chosen = [
        mutant
        for mutant in sample(subject.mutants(), most, f"{seed} {subject.name}")
        if not kinds or mutant.kind in kinds
    ]
    fates = told_apart(subject, chosen, stored)
    with means(subject, cases) as fails:
        unsound = "there is no test" if not cases else fails(None)
        verdicts = [
            Verdict(subject=subject.name, mutant=mutant, fate=fate)
            if fate is not None
            else _verdict(subject, mutant, fails, unsound)
            for mutant, fate in zip(chosen, fates, strict=True)
        ]
    return Judged(subject=subject.name, verdicts=verdicts, unsound=unsound)


def _verdict(subject: Subject, mutant: Mutant, fails: Fails, unsound: str | None) -> Verdict:
    why = None if unsound else fails(mutant)
    fate = Fate.SURVIVED if why is None else Fate.CAUGHT
    return Verdict(subject=subject.name, mutant=mutant, fate=fate, why=why or "")


def told_apart(
    subject: Subject, mutants: Sequence[Mutant], stored: duckdb.DuckDBPyConnection
) -> list[Fate | None]:
    """Of each mutant why it is none; None for one that gives other rows over all that is stored."""
    fates: list[Fate | None] = [Fate.EQUIVALENT] * len(mutants)
    for span in spans_of(subject, stored):
        with read_for(subject, span, stored) as connection:
            right = _whole(subject, subject.sql, span, connection, 3 * LONGEST, 1_000_000)
            for place, mutant in enumerate(mutants):
                if fates[place] in (Fate.NONE, Fate.TOO_LONG):
                    continue
                try:
                    most = len(right.rows)
                    found = _whole(subject, mutant.sql, span, connection, LONGEST, most)
                except TooLong:
                    fates[place] = Fate.TOO_LONG
                except (duckdb.Error, Unfit):
                    fates[place] = Fate.NONE
                else:
                    if not same(right, found):
                        fates[place] = None
    return fates


def _whole(
    subject: Subject,
    sql: str,
    span: Span | None,
    connection: duckdb.DuckDBPyConnection,
    seconds: float,
    most: int,
) -> Answer:
    text = in_range(subject.whole(sql), span)
    found = answer(connection, text, seconds=seconds, most=most)
    if span is not None and subject.ranged is not None:
        refuse_strays(connection, text, subject.ranged, span)
    return found


@contextmanager
def plainly(subject: Subject, cases: Sequence[Case]) -> Iterator[Fails]:
    """Runs tests by `evaluate`, each over tables that are laid out once."""
    with ExitStack() as opened:
        laid = [
            (case, opened.enter_context(laid_out(case, subject.tables, subject.ranged)))
            for case in cases
        ]

        def fails(mutant: Mutant | None) -> str | None:
            sql = subject.whole(subject.sql if mutant is None else mutant.sql)
            found = (failure(on, case, sql, subject.ranged) for case, on in laid)
            return next((why for why in found if why is not None), None)

        yield fails
