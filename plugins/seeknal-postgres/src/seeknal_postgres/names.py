"""Names that PostgreSQL would cut off: two that differ only behind that would be one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LONGEST_NAME = 63
"""Bytes of an identifier; PostgreSQL silently cuts off what is longer."""
HELP = "choose a shorter name: PostgreSQL would cut it off"
CODE = "SK1321"

# As few letters as can make so many bytes: most texts have no such word.
_LONG_WORD = re.compile(r'"[^"]{15,}|[^\s"]{16,}')


def too_long(names: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What is wrong with each name that is too long; names come with a word for what they name."""
    for what, name in names:
        size = len(name.encode())
        if size > LONGEST_NAME:
            shown = name if len(name) <= 80 else f"{name[:77]}..."
            yield (
                f"{what} {shown!r} has {size} bytes; a name in PostgreSQL may have {LONGEST_NAME}"
            )


def names_in(query: str) -> list[tuple[str, str]]:
    """Every name that stands in a query in PostgreSQL's dialect, when some may be too long."""
    if not _LONG_WORD.search(query):
        return []
    from sqlglot import TokenType, tokenize

    kinds = (TokenType.VAR, TokenType.IDENTIFIER)
    return [
        ("the name", token.text)
        for token in tokenize(query, read="postgres")
        if token.token_type in kinds
    ]


def outputs_of(sql: str) -> list[tuple[str, str]]:
    """The columns that SQL in DuckDB's dialect names itself, when some name may be too long."""
    if not _LONG_WORD.search(sql):
        return []
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError

    try:
        query = parse_one(sql, read="duckdb")
    except (SqlglotError, RecursionError):
        # What is wrong with it is told where it runs.
        return []
    return [("column", name) for name in getattr(query, "named_selects", ())]
