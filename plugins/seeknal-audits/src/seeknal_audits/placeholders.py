"""Parameters in a template: never their text, but a mark, for which SQL stands afterwards.

A mark is put into the text as a word of its own. Where it is one for SQL too, a quoted name or
a literal takes its place; within a string, a name or another word it is refused, so that no
value can become anything but a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import total_ordering
from hashlib import sha256
from typing import Any

from seeknal.plugin import SqlRefused, quote_identifier
from seeknal_audits.literals import plain_literal


class Placeholders:
    """The marks of one text."""

    def __init__(self, text: str) -> None:
        # A word that the text does not hold itself, and that is the same each time.
        self._prefix = f"seeknal_{sha256(text.encode()).hexdigest()[:12]}_"
        self._sql: dict[str, str] = {}

    def of(self, value: Any, *, is_name: bool) -> object:
        """What a template is given for a value: it prints as a mark, and compares as the value."""
        if value is None:
            return None
        if isinstance(value, tuple):
            return Marked(value, [self.of(entry, is_name=is_name) for entry in value])
        mark = f"{self._prefix}{len(self._sql)}_"
        self._sql[mark] = quote_identifier(value) if is_name else plain_literal(value)
        return Marked(value, mark)

    def filled(self, text: str) -> str:
        """``text`` with SQL for each mark. Raises SqlRefused where a mark is no word."""
        from sqlglot import tokenize
        from sqlglot.errors import SqlglotError

        try:
            tokens = tokenize(text, read="duckdb")
        except SqlglotError:
            raise SqlRefused("a string, quoted name or comment is not closed") from None
        parts, end = [], 0
        for token in tokens:
            if self._prefix not in token.text.lower():
                continue
            sql, start, after = self._sql.get(token.text), token.start, token.end + 1
            alone = not _JOINS.fullmatch(text[start - 1 : start] + text[after : after + 1])
            if token.text.endswith(_CHANGED):
                raise SqlRefused(ALONE, text.count("\n", 0, start) + 1)
            if sql is None or token.token_type.name != "VAR" or not alone:
                in_word = token.token_type.name == "VAR"
                raise SqlRefused(_MISPLACED[in_word], text.count("\n", 0, start) + 1)
            parts += [text[end:start], sql]
            end = after
        return "".join((*parts, text[end:]))


_JOINS = re.compile(r"""[\w$'"].?|.[\w$'"]""", re.DOTALL)
"""What before or after a literal would be read as a part of it."""
_MISPLACED = {
    True: "a parameter is a part of a word: put spaces around {{ }}",
    False: "a parameter stands inside a text or name in quotes: leave the quotes out",
}


ALONE = "a parameter is a whole value: write {{ name }} alone, or {% for %} over several"
_CHANGED = "changed"
"""What ends the mark of a value that stands inside another value of the template."""


def _refuse(self: Marked, *others: object) -> Any:
    raise SqlRefused(ALONE)


@total_ordering
class Marked:
    """A value that prints as its mark; several print with commas between them."""

    def __init__(self, value: Any, mark: Any) -> None:
        self._value = value
        self._mark = mark

    def __str__(self) -> str:
        marks = self._mark
        return marks if isinstance(marks, str) else ", ".join(map(str, marks))

    def __repr__(self) -> str:
        # What a list of the template's prints of its items.
        return f"{str(self).rpartition(', ')[2]}{_CHANGED}"

    __getitem__ = __call__ = __neg__ = __pos__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _refuse
    __mod__ = __rmod__ = __pow__ = __rpow__ = _refuse

    def __bool__(self) -> bool:
        return bool(self._value)

    def __int__(self) -> int:
        return int(self._value)

    def __float__(self) -> float:
        return float(self._value)

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[object]:
        return iter(self._mark if isinstance(self._mark, list) else [self])

    def __eq__(self, other: object) -> bool:
        return bool(self._value == _plain(other))

    def __lt__(self, other: object) -> bool:
        return bool(self._value < _plain(other))

    def __hash__(self) -> int:
        return hash(self._value)


def _plain(other: object) -> Any:
    return other._value if isinstance(other, Marked) else other
