"""Which characters of a text each part of its tree was read from.

The parser notes where words stand and not where a part that it makes of them begins and ends.
Noting that takes time, so that a text is read in this way only when a place is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

Span = tuple[int, int]
"""Where a part begins, and where it has ended."""

_KEY = "span"


def parse_with_spans(sql: str, dialect: str) -> Any:
    """The tree of a text that can be read as one statement, for `span_of`.

    None where no such tree can be had.
    """
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import SqlglotError

    reader = Dialect.get_or_raise(dialect)
    try:
        kind: Any = type(reader.parser())
        parser = _noting(kind)(dialect=reader)
        statements = [tree for tree in parser.parse(reader.tokenize(sql), sql) if tree is not None]
    except (SqlglotError, RecursionError, TypeError):
        # A compiled parser may not be one to build upon.
        return None
    return statements[0] if statements else None


def span_of(node: Any) -> Span | None:
    """Where a part of a tree with spans was written; None of what was not."""
    if (own := node.meta.get(_KEY)) is not None:
        return tuple(own)
    spans = [part.meta[_KEY] for part in node.walk() if _KEY in part.meta]
    return (min(start for start, _ in spans), max(end for _, end in spans)) if spans else None


def written_for(new: Any, old: Any) -> Any:
    """Let what takes the place of a part be where that was written; gives it."""
    if new is not old and (span := span_of(old) if _KEY in old.meta else None) is not None:
        new.meta[_KEY] = span
    return new


@cache
def _noting(parser: Any) -> Any:
    """A parser that notes with each part from where to where it was read."""
    methods = {
        name: _noted(method)
        for name in dir(parser)
        if name.startswith("_parse_") and callable(method := getattr(parser, name))
    }
    return type(parser.__name__, (parser,), methods)


def _noted(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def noted(self: Any, *given: Any, **named: Any) -> Any:
        begin = self._index
        found = method(self, *given, **named)
        if begin < self._index and hasattr(found, "meta"):
            start, end = self._tokens[begin].start, self._tokens[self._index - 1].end + 1
            known = found.meta.get(_KEY, (start, end))
            found.meta[_KEY] = (min(start, known[0]), max(end, known[1]))
        return found

    return noted
