"""Refuses queries that are badly written: sqlglot reads over what is missing, or there twice.

Words are looked at beside their neighbours, and DuckDB's parser, which is strict, has to take the
query as well, once StarRocks' signs are written as DuckDB's.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from seeknal_starrocks.testing.ddl.tokens import place_of, tokens_of
from seeknal_starrocks.testing.ddl.words import RESERVED, words_of
from seeknal_starrocks.testing.refusing import syntax

if TYPE_CHECKING:
    from seeknal_starrocks.testing.ddl.tokens import Token
    from seeknal_starrocks.testing.refusing import Refused

_CLAUSES = words_of(
    "FROM WHERE GROUP HAVING ORDER LIMIT QUALIFY UNION EXCEPT INTERSECT JOIN ON USING AS"
)
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_NAMES = ("name", "word")
_SAME = {"DIV": "//", "RLIKE": "SIMILAR TO", "REGEXP": "SIMILAR TO", "<=>": "="}
_CALLED = words_of(
    """
    BITMAP CHAR CONVERT DATABASE DENSE_RANK FIRST_VALUE HLL IF INSERT LAG LAST_VALUE LEAD LEFT MOD
    NTILE RANK REPLACE RIGHT ROW_NUMBER SCHEMA TRUNCATE
    """
)
"""Reserved words that are functions where a parenthesis follows."""
_SYNTAX = words_of(
    """
    ANTI ASOF BOOLEAN CAST CURRENT DATE DATETIME DAY END ESCAPE FIRST FOLLOWING HOUR INTERVAL LAST
    MINUTE MONTH NULLS OFFSET POSITIONAL PRECEDING QUARTER RECURSIVE ROLLUP SAMPLE SECOND SEMI SETS
    STRING UNBOUNDED VARBINARY WEEK WINDOW YEAR
    """
)
"""Words that mean something although they are not reserved; all others are names."""


def check_written(sql: str) -> None:
    """Raises Refused for the first thing that is wrong with how a query is written."""
    tokens = list(tokens_of(sql))
    for before, after in pairwise(tokens):
        if not _goes_together(before, after):
            raise _unexpected(sql, after)
    for one, two, three in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (one.word, two.text, three.text) == ("COUNT", "(", ")"):
            raise _unexpected(sql, three)
    _parse(sql, " ".join(_for_duckdb(tokens)))


def _unexpected(sql: str, token: Token) -> Refused:
    return syntax(*place_of(sql, token.start), f"Unexpected input '{token.text}'")


def _goes_together(before: Token, after: Token) -> bool:
    ends = after.kind == "end" or _is(after, ",") or _is(after, *_CLOSING)
    if _is(before, ","):
        return not ends and after.word not in _CLAUSES
    if _is(before, *_OPENING):
        return not _is(after, ",") and after.word not in _CLAUSES - {"ORDER"}
    if before.word == "AS":
        return after.kind in (*_NAMES, "text") or _is(after, "(")
    if before.word in ("FROM", "JOIN"):
        return after.kind in _NAMES or _is(after, "(")
    if _is(before, "."):
        return after.kind in _NAMES or _is(after, "*")
    if _is(after, "."):
        return before.kind in _NAMES and before.word not in RESERVED
    return not _is(after, ":", "{", "}", "==", ":=", "~", "^", "?")


def _is(token: Token, *signs: str) -> bool:
    return token.kind == "sign" and token.text in signs


def _for_duckdb(tokens: list[Token]) -> Iterator[str]:
    limited = False
    for before, token, after in zip(
        [tokens[-1], *tokens], tokens, [*tokens[1:], tokens[-1]], strict=False
    ):
        limited = token.word == "LIMIT" or (limited and token.kind in ("whole", "sign"))
        if limited and _is(token, ","):
            yield "OFFSET"
        elif not _is_left_out(token, after):
            yield _written(token, after, of_session=_is(before, "@@"))


def _is_left_out(token: Token, after: Token) -> bool:
    """The end, the sign of a variable, and LEFT where DuckDB has no need of it."""
    semi = token.word == "LEFT" and after.word in ("SEMI", "ANTI")
    return token.kind == "end" or _is(token, "@@") or semi


def _written(token: Token, after: Token, *, of_session: bool) -> str:
    from seeknal.plugin import quote_identifier, quote_literal

    if token.kind == "text":
        return quote_literal(token.text)
    if token.word in _CALLED and _is(after, "("):
        return "f"
    means = token.word in RESERVED or (token.word in _SYNTAX and not _is(after, "(", "."))
    if token.word in ("CAST", "ROLLUP", "SETS") and not of_session:
        means = True
    if token.kind == "name" or (token.kind == "word" and not means) or of_session:
        return _SAME.get(token.word) or quote_identifier(token.text)
    return _SAME.get(token.word or token.text, token.text)


def _parse(sql: str, for_duckdb: str) -> None:
    import duckdb

    try:
        found = duckdb.extract_statements(for_duckdb)
    except duckdb.Error as error:
        near = str(error).splitlines()[0].removeprefix("Parser Error: ")
        raise syntax(1, 0, f"Unexpected input, {near}") from None
    if len(found) != 1:
        raise syntax(1, 0, "Unexpected input, one query is expected")
