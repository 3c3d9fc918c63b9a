"""Look for silent differences with random typed expressions, and print the smallest case.

``python -m tests.dialects.generator --origin duckdb --target postgres --tries 50000 --seed 1
--translate MODULE:FUNCTION`` draws from `tests.dialects.grammar`. The same seed draws the same;
``--only N`` plays one try again. Exit code 1: something is WRONG, or failed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from random import Random

from attrs import evolve, field, frozen

from tests.dialects.corpus import ERROR, Entry
from tests.dialects.engines import Answer, Engine, Failed, engine
from tests.dialects.grammar import Expression, grammar
from tests.dialects.judge import Outcome, Refused, Schema, Translate, judged, translator
from tests.dialects.loading import schema, statements
from tests.dialects.servers import NoEngine
from tests.dialects.tables import TABLES

SHAPES = {
    "value": "SELECT id, {} AS v FROM mixed{} ORDER BY id",
    "filter": "SELECT id, 1 AS v FROM mixed WHERE {}{} ORDER BY id",
    "rank": "SELECT id, row_number() OVER (ORDER BY {}, id) AS v FROM mixed{} ORDER BY id",
    "beside": "SELECT id, r.v AS v FROM mixed, LATERAL (SELECT {} AS v) AS r{} ORDER BY id",
    "total": "SELECT 1 AS id, {} AS v FROM mixed{}",
    "distinct": "SELECT 1 AS id, count(*) AS v FROM (SELECT DISTINCT {} AS k FROM mixed{}) AS q",
}
"""Where an expression stands; the second place is for a condition on rows."""
_TYPES = ("int", "big", "dec", "dbl", "text", "bool", "date", "ts", "span", "list", "win")
SHRINKS = 400
TOGETHER = 20
"""How many expressions are asked for at once of an engine that takes long to answer."""


@frozen(kw_only=True)
class Case:
    """One try. ``row`` is the only row of the table that it needs, where that is known."""

    number: int
    shape: str
    expression: Expression
    row: int = 0

    @property
    def sql(self) -> str:
        word = "AND" if self.shape == "filter" else "WHERE"
        where = f" {word} id = {self.row}" if self.row else ""
        return SHAPES[self.shape].format(self.expression, where)


@frozen(kw_only=True)
class Finding:
    case: Case
    outcome: Outcome
    expected: str
    translated: str
    detail: str


@frozen(kw_only=True)
class Search:
    """Both engines, the translator between them, and what was found so far."""

    translate: Translate
    origin: Engine
    target: Engine
    known: Schema
    counts: Counter[str] = field(factory=Counter)

    def outcome(self, case: Case) -> tuple[Outcome | None, Finding | None]:
        """None for what the origin itself does not understand, unless it is refused."""
        if self.is_refused(case):
            return Outcome.REFUSED, None
        entry = self.expected(case.sql)
        if entry is None:
            return None, None
        verdict = judged(self.translate, entry, self.target, self.known)
        if verdict.outcome not in (Outcome.WRONG, Outcome.FAILED):
            return verdict.outcome, None
        if entry.fails and verdict.outcome == Outcome.WRONG:
            # Which part fails first, and whether it is computed at all, is up to an engine. What
            # each construct fails for is asked by the corpus.
            return None, None
        found = Finding(
            case=case,
            outcome=verdict.outcome,
            expected=str(entry.gives),
            translated=verdict.translated,
            detail=verdict.detail,
        )
        return verdict.outcome, found

    def expected(self, sql: str) -> Entry | None:
        """What the origin gives, as an entry of the corpus."""
        try:
            answer: Answer | None = self.origin.ask(sql)
        except Failed as failed:
            if failed.unknown:
                return None
            answer = None
        gives = ERROR if answer is None else answer.rows
        return Entry(
            dialect=self.origin.dialect, about="random", query=sql, gives=gives, ordered=True
        )

    def tried(self, case: Case) -> Finding | None:
        """One try, counted. Where all rows fail together, each is tried alone."""
        outcome, found = self.outcome(case)
        if outcome == Outcome.EQUAL and case.shape == "value" and not case.row:
            entry = self.expected(case.sql)
            if entry is not None and entry.fails:
                alone = (evolve(case, row=row) for row in range(1, len(TABLES["mixed"].rows) + 1))
                found = next(filter(None, (self.outcome(each)[1] for each in alone)), None)
                outcome = found.outcome if found else outcome
        self.counts[outcome.value if outcome else "not understood"] += 1
        return found

    def all_equal(self, cases: list[Case]) -> bool:
        """Whether values asked for at once are the origin's; False when that cannot be told."""
        columns = ", ".join(f"{case.expression} AS v{at}" for at, case in enumerate(cases))
        entry = self.expected(f"SELECT id, {columns} FROM mixed ORDER BY id")
        if entry is None or entry.fails:
            return False
        return judged(self.translate, entry, self.target, self.known).outcome == Outcome.EQUAL

    def fits_others(self, case: Case) -> bool:
        """Whether it can be asked for beside others: one error or refusal would be that of all."""
        if case.shape != "value" or self.is_refused(case):
            return False
        entry = self.expected(case.sql)
        return entry is not None and not entry.fails

    def is_refused(self, case: Case) -> bool:
        """Whether nothing has to be asked of an engine."""
        try:
            found = self.translate(case.sql, self.origin.dialect, self.target.dialect, self.known)
        except ValueError:
            return True
        return isinstance(found, Refused)

    def shrunk(self, found: Finding) -> Finding:
        """The smallest case near a finding that is found in the same way."""
        for _ in range(SHRINKS):
            smaller = next(filter(None, map(self._again(found), self._smaller(found.case))), None)
            if smaller is None:
                break
            found = smaller
        return found

    def _smaller(self, case: Case) -> Iterator[Case]:
        if not case.row and case.shape == "value":
            for row in range(1, len(TABLES["mixed"].rows) + 1):
                yield evolve(case, row=row)
        for inner in case.expression.within():
            if case.shape == "value" and inner.of != case.expression.of:
                yield evolve(case, expression=inner)
        for other in case.expression.smaller(grammar(self.origin.dialect).leaves):
            if other.size() < case.expression.size():
                yield evolve(case, expression=other)

    def _again(self, found: Finding):
        def again(case: Case) -> Finding | None:
            other = self.outcome(case)[1]
            return other if other and other.outcome == found.outcome else None

        return again


def cases(dialect: str, seed: int, numbers: range) -> Iterator[Case]:
    """The tries of a seed, each drawn apart from all others."""
    given = grammar(dialect)
    for number in numbers:
        random = Random(f"{seed}:{number}")
        shape = random.choices(list(SHAPES), weights=(72, 8, 6, 6, 8, 4))[0]
        of = {"filter": "bool", "total": "agg"}.get(shape) or random.choice(
            _TYPES if shape == "value" else _TYPES[:-1]
        )
        expression = given.drawn(random, of, random.randint(1, 4))
        yield Case(number=number, shape=shape, expression=expression)


def search(found: Search, asked: Iterator[Case], *, together: int = 1) -> Iterator[Finding]:
    """What is WRONG or failed among the cases, not yet shrunk. ``found.counts`` goes along."""
    waiting: list[Case] = []
    for case in asked:
        if together > 1 and found.fits_others(case):
            waiting.append(case)
            if len(waiting) < together:
                continue
        else:
            yield from filter(None, [found.tried(case)])
            continue
        yield from _at_once(found, waiting)
        waiting = []
    yield from _at_once(found, waiting)


def _at_once(found: Search, waiting: list[Case]) -> Iterator[Finding]:
    if len(waiting) > 1 and found.all_equal(waiting):
        found.counts[Outcome.EQUAL.value] += len(waiting)
    elif len(waiting) > 3:
        # What fails is found in the half that it is in.
        middle = len(waiting) // 2
        yield from _at_once(found, waiting[:middle])
        yield from _at_once(found, waiting[middle:])
    else:
        yield from filter(None, map(found.tried, waiting))


def told(finding: Finding, origin: str, target: str, seed: int) -> str:
    """A case that runs alone: tables, both queries, both results."""
    kept = [of for of in statements(origin, origin) if " mixed " in of]
    there = [of for of in statements(target, origin) if " mixed " in of]
    return "\n".join(
        [
            f"-- {finding.outcome.value}: seed {seed}, try {finding.case.number}",
            f"-- in {origin}",
            *(f"{statement};" for statement in kept),
            f"{finding.case.sql};",
            f"-- gives {finding.expected}",
            f"-- in {target}",
            *(f"{statement};" for statement in there),
            f"{finding.translated};",
            f"-- {finding.detail}",
        ]
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Look for silent differences at random.")
    parser.add_argument("--origin", choices=("duckdb", "postgres", "spark"), default="duckdb")
    parser.add_argument("--target", choices=("duckdb", "postgres", "spark"), default="postgres")
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="play one try again")
    parser.add_argument("--most", type=int, default=10, help="stop after so many findings")
    parser.add_argument("--translate", default="", metavar="MODULE:FUNCTION")
    options = parser.parse_args(arguments)
    one = options.only
    numbers = range(options.tries) if one is None else range(one, one + 1)
    try:
        with (
            engine(options.origin) as origin,
            engine(options.target, options.origin) as target,
        ):
            found = Search(
                translate=translator(options.translate),
                origin=origin,
                target=target,
                known=schema(options.origin),
            )
            seen = _shown(found, options, numbers)
    except NoEngine as error:
        print(f"not searched: {error}", file=sys.stderr)
        return 2
    print(", ".join(f"{count} {of}" for of, count in found.counts.most_common()))
    return 1 if seen else 0


def _shown(found: Search, options: argparse.Namespace, numbers: range) -> int:
    """Print findings, each smallest case once; how many there are."""
    seen: set[str] = set()
    together = TOGETHER if "spark" in (options.origin, options.target) else 1
    asked = cases(options.origin, options.seed, numbers)
    for finding in search(found, asked, together=together):
        smallest = found.shrunk(finding)
        if smallest.case.expression.text in seen:
            continue
        seen.add(smallest.case.expression.text)
        print(told(smallest, options.origin, options.target, options.seed), end="\n\n")
        if len(seen) >= options.most:
            break
    return len(seen)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
