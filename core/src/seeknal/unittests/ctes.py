"""A node whose rows are those of one CTE of its SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.sql.quote import quote_identifier
from seeknal.sql.tokens import tokenize
from seeknal.values.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from seeknal.sql.tokens import Token
    from seeknal.values.node import Node


@frozen(kw_only=True)
class Clause:
    """The WITH of a query: where it ends in the text, and the names of its CTEs."""

    end: int = 0
    names: tuple[str, ...] = ()


def with_clause(sql: str) -> Clause:
    """The WITH that a query begins with; none where it does not."""
    tokens = tokenize(sql)
    if not tokens or tokens[0].key != "with":
        return Clause()
    at = 2 if len(tokens) > 1 and tokens[1].key == "recursive" else 1
    names: list[str] = []
    while at < len(tokens):
        names.append(tokens[at].name)
        while at < len(tokens) and tokens[at].key != "as":
            at = _closing(tokens, at) + 1
        while at < len(tokens) and tokens[at].key != "(":
            at += 1
        at = _closing(tokens, at) + 1
        if at >= len(tokens) or tokens[at].key != ",":
            break
        at += 1
    return Clause(end=tokens[min(at, len(tokens)) - 1].end, names=tuple(names))


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Where the bracket closes that opens at a place; the place itself where none does."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index].key, 0)
        if depth == 0:
            return index
    return len(tokens)


def with_cte(node: Node, name: str) -> Node:
    """The node with a query of the CTE in place of its own. Raises UsageError for none."""
    found = Clause() if node.sql is None else with_clause(node.sql.executable)
    known = {each.lower(): each for each in found.names}
    if node.sql is None or name.lower() not in known:
        names = ", ".join(found.names)
        raise UsageError(
            f"the SQL of {node.id} has no CTE {name!r}",
            code="SK1702",
            help=did_you_mean(name, found.names) or (f"it has: {names}" if names else None),
        )
    start = node.sql.executable[: found.end]
    query = f"{start}\nSELECT * FROM {quote_identifier(known[name.lower()])}"
    sql = evolve(node.sql, executable=query, incremental=None)
    return evolve(node, sql=sql, rows_of_body=True)
