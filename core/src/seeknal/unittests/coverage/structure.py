"""SQL as tokens whose brackets are matched: enough to find its conditions in any dialect text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seeknal.sql.keywords import words
from seeknal.sql.tokens import tokenize

if TYPE_CHECKING:
    from seeknal.sql.tokens import Token

_CLOSING = {"(": ")", "[": "]", "{": "}", "case": "end"}
CLAUSE_ENDS = words(
    """
    where group having window qualify order limit offset fetch using union except intersect select
    from on join
    """
)
_CONSTANT = words("true false null not and or is in between")


class Structure:
    """The tokens of a query. ``keys`` are their words, but for those that are only names.

    ``closing`` is for each bracket, and CASE, where it ends; ``around`` for each token the nearest
    bracket that it stands in. Where brackets do not match it has no tokens: nothing is known of it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = tokenize(text)
        self.keys = [
            "" if at and _names(self.tokens[at - 1], token) else token.key
            for at, token in enumerate(self.tokens)
        ]
        self.closing: dict[int, int] = {}
        self.around: list[int | None] = []
        if not self._match():
            self.tokens, self.keys = [], []

    def _match(self) -> bool:
        opened: list[int] = []
        for at, key in enumerate(self.keys):
            if opened and key == _CLOSING[self.keys[opened[-1]]]:
                self.closing[opened.pop()] = at
            elif key in (")", "]", "}"):
                return False
            self.around.append(opened[-1] if opened else None)
            if key in _CLOSING:
                opened.append(at)
        return not opened

    def key(self, at: int) -> str:
        return self.keys[at] if 0 <= at < len(self.keys) else ""

    def slice(self, first: int, last: int) -> str:
        """The text from one token to another, both included."""
        return self.text[self.tokens[first].start : self.tokens[last].end]

    def level(self, first: int) -> Iterator[int]:
        """The tokens from one on that stand in no further bracket, until theirs ends."""
        around = self.around[first] if first < len(self.around) else None
        at = first
        while at < len(self.tokens) and self.around[at] == around:
            yield at
            at = self.closing.get(at, at) + 1

    def end_of_clause(self, first: int) -> int:
        """The last token of an expression, or a table, that begins here."""
        last = first - 1
        for at in self.level(first):
            key = self.keys[at]
            if key == "," or (key in CLAUSE_ENDS and not self._is_inside(at)):
                break
            last = self.closing.get(at, at)
        return last

    def _is_inside(self, at: int) -> bool:
        """Whether a word does not begin a clause: IS DISTINCT FROM, WITHIN GROUP."""
        before = self.key(at - 1)
        return (self.keys[at], before) in (("from", "distinct"), ("group", "within"))

    def split(self, first: int, last: int, word: str) -> list[tuple[int, int]]:
        """The parts between a word or comma on this level; the AND of a BETWEEN does not count."""
        parts, begin, between = [], first, 0
        for at in self.level(first):
            if at > last:
                break
            key = self.keys[at]
            if key == "between":
                between += 1
            elif key == word and word == "and" and between:
                between -= 1
            elif key == word:
                parts.append((begin, at - 1))
                begin = at + 1
        return [*parts, (begin, last)]

    def has(self, first: int, last: int, word: str) -> bool:
        return any(self.keys[at] == word for at in self.level(first) if at <= last)

    def is_constant(self, first: int, last: int) -> bool:
        """Whether no name stands there, so that it is the same of every row."""
        return all(
            token.kind in ("number", "string", "mark")
            or (token.kind == "word" and token.key in _CONSTANT)
            for token in self.tokens[first : last + 1]
        )


def _names(before: Token, token: Token) -> bool:
    """Whether what stands before makes a name of a word: ``x.end``, ``AS end``."""
    return token.kind == "word" and before.key in (".", "as")
