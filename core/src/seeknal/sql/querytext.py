"""The text of a query as it can stand in brackets."""

from __future__ import annotations


def without_end(query: str, dialect: str) -> str:
    """``query``, one statement that was checked, up to the semicolons at its end.

    Where quotes and comments end is the dialect's business: a semicolon in them is none.
    """
    from sqlglot import TokenType, tokenize

    tokens = tokenize(query, read=dialect)
    last = len(tokens)
    while last and tokens[last - 1].token_type == TokenType.SEMICOLON:
        last -= 1
    return query[: tokens[last].start] if last < len(tokens) else query
