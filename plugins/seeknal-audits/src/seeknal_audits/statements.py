"""The SQL of audits, checked and brought into a form that can stand inside other SQL."""

from __future__ import annotations

from seeknal.plugin import SqlRefused, check_condition, check_query

THIS = "__THIS__"


def condition(text: str) -> str:
    """``text`` as DuckDB SQL for one row. Raises SqlRefused when it is more than that."""
    from sqlglot import exp, parse_one

    rendered = check_condition(text)
    tree = parse_one(rendered, read="duckdb")
    if tree.find(exp.AggFunc, exp.Window):
        raise SqlRefused(f"{text!r} looks at more than one row")
    return rendered


def query(text: str) -> str:
    """``text`` without its final semicolon. Raises SqlRefused unless it queries ``__THIS__``."""
    from sqlglot import exp, parse_one

    check_query(text)
    tree = parse_one(text, read="duckdb")
    if not any(table.name.upper() == THIS for table in tree.find_all(exp.Table)):
        raise SqlRefused(f"the query reads no {THIS}, which stands for the node's rows")
    return _without_semicolon(text)


def over(text: str, scan: str) -> str:
    """``text``, a query over ``__THIS__``, as a query that stands alone.

    ``__THIS__`` becomes a name that SQL knows, so it means the node's rows where a table may
    stand and nothing in a string or a comment.
    """
    return f"WITH {THIS} AS NOT MATERIALIZED (SELECT * FROM {scan}) SELECT * FROM (\n{text}\n)"


def _without_semicolon(text: str) -> str:
    from sqlglot import tokenize
    from sqlglot.tokens import TokenType

    tokens = tokenize(text, read="duckdb")
    ends = [token.start for token in tokens if token.token_type == TokenType.SEMICOLON]
    return text[: ends[0]] if ends else text
