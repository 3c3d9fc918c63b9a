"""A query that gives what it gave, and counts how its conditions turned out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal.unittests.coverage.finding import NULLS, arguments, arms_of, conjuncts

if TYPE_CHECKING:
    from seeknal.unittests.coverage.finding import Condition, Span
    from seeknal.unittests.coverage.structure import Structure

SEQUENCE = "seeknal_{}_{}"
"""What counts an outcome of a condition; a sequence is the only thing that a SELECT changes."""


class Recorder:
    """Writes a query anew. ``numbers`` says as which number a condition is counted, if at all."""

    def __init__(self, query: Structure, numbers: Mapping[Condition, int]) -> None:
        self.query = query
        self.found = {(each.place, each.span): each for each in numbers}
        self.numbers = numbers
        self.places = {each.place for each in numbers}

    def text(self) -> str:
        query = self.query
        end = query.text[query.tokens[-1].end :]
        return query.text[: query.tokens[0].start] + self.part(0, len(query.tokens) - 1) + end

    def part(self, first: int, last: int) -> str:
        """The text from one token to another, with what is counted in it."""
        pieces, at = list[str](), first
        while at <= last:
            if at > first:
                pieces.append(self.gap(at))
            if at in self.places:
                text, end = self.counted(at)
                pieces.append(text)
                at = end + 1
            else:
                pieces.append(self.query.tokens[at].text)
                at += 1
        return "".join(pieces)

    def gap(self, at: int) -> str:
        """What stands before a token: spaces and comments."""
        tokens = self.query.tokens
        return self.query.text[tokens[at - 1].end : tokens[at].start]

    def counted(self, at: int) -> tuple[str, int]:
        """What becomes of a clause or expression that begins with a token, and where it ends."""
        key = self.query.keys[at]
        if key == "case":
            return self.case(at)
        if key in ("if", "coalesce", "ifnull"):
            return self.call(at)
        return self.filters(at)

    def filters(self, at: int) -> tuple[str, int]:
        """Conditions one after the other: of a row that one drops, the next is not asked."""
        joining, parts = conjuncts(self.query, at)
        *before, end = [self.condition(at, part) for part in parts]
        text = "".join(f"{self.query.slice(*part)} AND " for part in joining)
        text += "".join(f"CASE WHEN {one} THEN " for one in before)
        text += end + " ELSE false END" * len(before)
        return f"{self.query.tokens[at].text} {text}", self.query.end_of_clause(at + 1)

    def case(self, at: int) -> tuple[str, int]:
        operand, arms = arms_of(self.query, at)
        whole = None if operand is None else self.part(*operand)
        pieces, done = ["CASE "], at + 1 if operand is None else operand[1] + 1
        for first, last in arms:
            pieces.append(self.between(done, first - 1))
            part = self.part(first, last)
            condition = f"({part})" if whole is None else f"({whole}) = ({part})"
            pieces.append(f" {self.asked(at, (first, last), condition)} ")
            done = last + 1
        end = self.query.closing[at]
        return "".join([*pieces, self.between(done, end)]), end

    def between(self, first: int, last: int) -> str:
        return self.part(first, last) if first <= last else ""

    def call(self, at: int) -> tuple[str, int]:
        """IF and COALESCE, whose first argument decides."""
        end = self.query.closing[at + 1]
        first, last = arguments(self.query, at)[0]
        inner = self.part(first, last)
        condition = self.found[at, (first, last)]
        if condition.outcomes == NULLS:
            number, raw = self.numbers[condition], self.query.slice(first, last)
            yes, no = (_counts(number, outcome) for outcome in (0, 1))
            # Always true, which no optimizer can know: it would leave out what never matters.
            asked = f"CASE WHEN ({raw}) IS NULL THEN {yes} > 0 ELSE {no} > 0 END"
            inner = f"CASE WHEN {asked} THEN {inner} END"
        else:
            inner = self.asked(at, (first, last), f"({inner})")
        head = self.query.slice(at, at + 1)
        return f"{head}{inner}{self.gap(last + 1)}{self.part(last + 1, end)}", end

    def condition(self, at: int, span: Span) -> str:
        return self.asked(at, span, f"({self.part(*span)})")

    def asked(self, at: int, span: Span, condition: str) -> str:
        """A condition that is counted; as it is where it is none of those to be counted."""
        found = self.found.get((at, span))
        if found is None:
            return condition
        yes, no = (_counts(self.numbers[found], outcome) for outcome in (0, 1))
        return f"CASE WHEN {condition} THEN {yes} > 0 ELSE {no} < 0 END"


def sequence(number: int, outcome: int) -> str:
    """What counts an outcome of a condition."""
    return SEQUENCE.format(number, outcome)


def _counts(number: int, outcome: int) -> str:
    return f"nextval('temp.{sequence(number, outcome)}')"
