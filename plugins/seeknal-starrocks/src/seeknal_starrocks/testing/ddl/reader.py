"""Goes through the tokens of a statement, one expectation after the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

from seeknal_starrocks.testing.ddl.tokens import Token, place_of, tokens_of
from seeknal_starrocks.testing.ddl.words import RESERVED
from seeknal_starrocks.testing.refusing import analysis, syntax

if TYPE_CHECKING:
    from seeknal_starrocks.testing.refusing import Refused

_T = TypeVar("_T")
_A_NAME = "a legal identifier"
_LONGEST = 1024
"""Characters of the name of a column."""
_FORBIDDEN_IN_COLUMNS = re.compile(r"[\0=<>!*]")


class Reader:
    """The place in a statement that has been read so far."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._coming = tokens_of(sql)
        self._tokens: list[Token] = []
        self._at = 0

    @property
    def next(self) -> Token:
        return self._token(self._at)

    def _token(self, at: int) -> Token:
        """Only as much is read as is asked for: what follows may be long."""
        while len(self._tokens) <= at:
            ended = self._tokens and self._tokens[-1].kind == "end"
            self._tokens.append(self._tokens[-1] if ended else next(self._coming))
        return self._tokens[at]

    def ahead(self, *words: str) -> bool:
        """Whether these keywords and signs come next."""
        return all(word == _said(self._token(self._at + n)) for n, word in enumerate(words))

    def accept(self, *words: str) -> bool:
        """Goes past these keywords or signs, if they come next."""
        if not self.ahead(*words):
            return False
        self._at += len(words)
        return True

    def skip(self) -> None:
        """Goes past what comes next, whatever it is."""
        self._at += 1

    def expect(self, *words: str) -> None:
        """Goes past these keywords or signs. Raises Refused where others come."""
        for word in words:
            if not self.accept(word):
                self.unexpected(word)

    def one_of(self, *words: str) -> str:
        """The one of these keywords that comes. Raises Refused."""
        for word in words:
            if self.accept(word):
                return word
        self.unexpected(*words)

    def unexpected(self, *wanted: str) -> NoReturn:
        """Raises Refused, for what comes next is none of what is wanted."""
        similar = ", ".join(f"'{word}'" if word != _A_NAME else word for word in wanted)
        raise self.wrong(
            f"Unexpected input '{self.next.text}', the most similar input is {{{similar}}}"
        )

    def wrong(self, detail: str) -> Refused:
        """That what was read means nothing, told by the parser."""
        return syntax(*place_of(self.sql, self.next.start), detail)

    def name(self) -> str:
        """Raises Refused for a reserved word that is not quoted."""
        token = self.next
        if token.kind == "name" or (token.kind == "word" and token.word not in RESERVED):
            self._at += 1
            return token.text
        self.unexpected(_A_NAME)

    def column(self) -> str:
        name = self.name()
        if (
            not 1 <= len(name) <= _LONGEST
            or _FORBIDDEN_IN_COLUMNS.search(name)
            or name.lower() in ("__op", "__row")
        ):
            raise analysis(f"Incorrect column name '{name}'")
        return name

    def names(self, most: int = 3) -> tuple[str, ...]:
        """A name that may be qualified, in up to ``most`` parts."""
        found = [self.name()]
        while self.accept("."):
            found.append(self.name())
        if len(found) > most:
            raise self.wrong(f"Invalid table name: {'.'.join(found)}")
        return tuple(found)

    def text(self) -> str:
        token = self.next
        if token.kind != "text":
            self.unexpected("a string")
        self._at += 1
        return token.text

    def name_or_text(self) -> str:
        return self.text() if self.next.kind == "text" else self.name()

    def whole(self) -> int:
        token = self.next
        if token.kind != "whole":
            self.unexpected("a whole number")
        self._at += 1
        return int(token.text)

    def listed(self, read: Callable[[], _T]) -> tuple[_T, ...]:
        """What stands in parentheses, with commas between."""
        self.expect("(")
        found = [read()]
        while self.accept(","):
            found.append(read())
        self.expect(")")
        return tuple(found)

    def properties(self) -> dict[str, str]:
        """``("key" = "value", ...)``. Keys and values are texts, whatever they say."""

        def one() -> tuple[str, str]:
            key = self.text()
            self.expect("=")
            return key, self.text()

        pairs = self.listed(one)
        found = dict(pairs)
        if len(found) < len(pairs):
            raise self.wrong("Duplicated property key")
        return found

    def close_angle(self) -> None:
        """Goes past ``>``, which two of together are one sign."""
        if self.next.text == ">>":
            start = self.next.start
            halves = [
                Token(kind="sign", text=">", start=start + n, end=start + n + 1) for n in (0, 1)
            ]
            self._tokens[self._at : self._at + 1] = halves
        self.expect(">")

    def rest(self) -> str:
        """The text from here to the end of the statement."""
        if self.next.kind == "end":
            self.unexpected("SELECT")
        found = self.sql[self.next.start :].rstrip().removesuffix(";")
        end = Token(kind="end", text="<EOF>", start=len(self.sql), end=len(self.sql))
        self._tokens, self._at = [end], 0
        return found

    def written(self, since: Token) -> str:
        """What stands between a token that came before and here."""
        return self.sql[since.start : self._tokens[self._at - 1].end]

    def end(self) -> None:
        """Raises Refused unless nothing is left. No second statement may follow."""
        self.accept(";")
        if self.next.kind != "end":
            self.unexpected("<EOF>")


def _said(token: Token) -> str:
    """A keyword in capitals, or a sign."""
    return token.text if token.kind == "sign" else token.word
