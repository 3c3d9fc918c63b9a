"""The ends of the range that a run processes, as templates of tracked nodes name them.

What they are is known when the SQL runs. So a template can only write them; while it is
rendered, letters that no text has stand for each, of which a part cannot pass unseen.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

from seeknal.sql.tokens import tokenize
from seeknal.values.tracking import END_MARK, START_MARK

CODE = "SK0407"
START, END = "interval_start", "interval_end"
UNTRACKED = (
    f"{START} and {END} are known in SQL of nodes with time_column: and schedule:, but for"
    " sources, which are read within their range anyhow"
)
_STANDS = {"\U000f5e0a\U000f5e0b\U000f5e0c": START_MARK, "\U000f5e1a\U000f5e1b\U000f5e1c": END_MARK}
_LETTERS = re.compile("[\U000f5e0a-\U000f5e1c]")
_WHOLE = re.compile("|".join(_STANDS))


class Misused(Exception):
    """A template does something else with an end than write it."""

    def __init__(self, name: str = f"{START} or {END}") -> None:
        super().__init__(f"{name} can only be written: its value is known when the SQL runs")
        self.help = (
            f"calculate and compare in the SQL: {{{{ {START} }}}} - INTERVAL 1 DAY; or in quotes:"
            f" '{{{{ {START} }}}}'"
        )


class _End:
    """One end: a template may write it, and nothing else."""

    __slots__ = ("_letters", "_name")

    def __init__(self, name: str, letters: str) -> None:
        self._name, self._letters = name, letters

    def __str__(self) -> str:
        if "__jinja_template__" not in sys._getframe(1).f_globals:
            # A filter asks for it, or a function.
            self._misused()
        return self._letters

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._misused()

    def _misused(self, *values: Any, **named: Any) -> NoReturn:
        raise Misused(self._name)

    __repr__ = __format__ = __hash__ = __bool__ = __len__ = __iter__ = _misused
    __contains__ = __getitem__ = __call__ = __int__ = __float__ = _misused
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _misused
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _misused
    __mod__ = __rmod__ = __truediv__ = __rtruediv__ = __pos__ = __neg__ = _misused
    __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = _misused


def names() -> dict[str, object]:
    """What templates of tracked nodes may name."""
    return {name: _End(name, letters) for name, letters in zip((START, END), _STANDS, strict=True)}


def written(sql: str, dialect: str) -> str:
    """The rendered SQL with typed literals for both ends; in quotes the text alone.

    Raises Misused where a part of one is left.
    """
    found = [*_WHOLE.finditer(sql)]
    if not found:
        _check(sql)
        return sql
    from seeknal.sql.translating.moment_literals import moment_literal

    quoted = [*_quoted(sql, dialect)]
    parts, position = [], 0
    for match in found:
        mark = _STANDS[match[0]]
        bare = not any(start <= match.start() < end for start, end in quoted)
        parts += [sql[position : match.start()], moment_literal(mark, dialect) if bare else mark]
        position = match.end()
    text = "".join((*parts, sql[position:]))
    _check(text)
    return text


def _check(sql: str) -> None:
    if _LETTERS.search(sql):
        raise Misused


def _quoted(sql: str, dialect: str) -> Iterator[tuple[int, int]]:
    """Where something stands in quotes of any kind."""
    if dialect != "duckdb":
        from sqlglot import tokenize as tokens_of
        from sqlglot.errors import SqlglotError

        try:
            found = tokens_of(sql, dialect=dialect)
        except (SqlglotError, ValueError):
            # It cannot be read, which is told in its place.
            return
        for token in found:
            if "STRING" in token.token_type.name or sql[token.start] in '"`[':
                yield token.start, token.end + 1
        return
    for entry in tokenize(sql):
        if entry.kind in ("string", "name"):
            yield entry.start, entry.end
