"""DuckDB's own opinion of a text: does it parse, and into what?"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.advice import followable
from seeknal.sql.own import own_duckdb
from seeknal.sql.tokens import tokenize
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    import duckdb

# 2.0 calls a PIVOT that looks up its columns MULTI, 1.x a CREATE before the SELECT.
_QUERIES = ("SELECT", "MULTI")
_LINE = Pattern(r"\n+LINE (\d+): (.*)\n(\s*)\^", re.DOTALL)
_ANSI = Pattern(r"\x1b\[[0-9;]*m")


@frozen
class SyntaxFault:
    """Why DuckDB does not take a text. 1-based; 0 = unknown."""

    message: str
    line: int = 0
    column: int = 0
    not_a_query: bool = False


def syntax_fault(sql: str) -> SyntaxFault | None:
    """What DuckDB's parser has against ``sql``, or None when it is one query."""
    import duckdb

    try:
        kinds = [statement.type.name for statement in parser().extract_statements(sql)]
    except duckdb.Error as error:
        return _fault(str(error), sql)
    if "pragma" in sql.lower() and [token.key for token in tokenize(sql)[:1]] == ["pragma"]:
        # DuckDB 1.x makes a SELECT of some of them, which may not stand in brackets.
        kinds = ["PRAGMA"]
    if not kinds:
        return SyntaxFault("there is no SQL here", 1, 1, True)
    if kinds[-1] not in _QUERIES:
        kind = kinds[-1].replace("_", " ")
        return SyntaxFault(f"a query is needed here, not {kind}", 1, 1, True)
    return None


def takes_columns_from_data(sql: str, connection: duckdb.DuckDBPyConnection | None = None) -> bool:
    """Whether DuckDB has to look at rows to know a query's columns: a PIVOT without IN.

    It becomes several statements, which no view may hold and no COPY counts the rows of.
    """
    if "pivot" not in sql.lower():
        return False
    import duckdb

    try:
        found = (connection or parser()).extract_statements(sql)
    except duckdb.Error:
        return False
    return len(found) > 1 or found[0].type.name == "MULTI"


# Statements about a query or a table, which 1.x takes for a query only after FROM.
_ABOUT = ("desc", "describe", "show", "summarize")


def as_select(sql: str) -> str:
    """``sql`` for a view or COPY, where DuckDB 1.x wants no DESCRIBE and no SUMMARIZE."""
    head = sql[:200]
    if not any(word in head.lower() for word in _ABOUT):
        return sql
    first = tokenize(head)[:1]
    return f"FROM ({sql}\n)" if first and first[0].key in _ABOUT else sql


@cache
def parser() -> duckdb.DuckDBPyConnection:
    """A DuckDB without tables, to ask about texts."""
    return own_duckdb()


def _fault(text: str, sql: str) -> SyntaxFault:
    found = _LINE.search(text)
    message = text[: found.start()] if found else text
    message = followable(plain(message.removeprefix("Parser Error: "))).strip()
    if found is None:
        return SyntaxFault(message)
    line = int(found.group(1))
    return SyntaxFault(message, line, _column(sql, line, found.group(2), len(found.group(3))))


def _column(sql: str, line: int, excerpt: str, caret: int) -> int:
    """The caret's column in ``sql``; DuckDB cuts long lines on both sides with ``...``."""
    offset = caret - len(f"LINE {line}: ")
    shown = excerpt.split("\n")[0]
    lines = sql.split("\n")
    if line > len(lines):
        return 0
    if shown.startswith("..."):
        begins = lines[line - 1].find(shown.removeprefix("...").removesuffix("..."))
        return begins + offset - 3 + 1 if begins >= 0 else 0
    return offset + 1


def plain(text: str) -> str:
    """``text`` without terminal codes."""
    return _ANSI.sub("", text)
