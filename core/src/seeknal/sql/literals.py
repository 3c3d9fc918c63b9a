"""Texts in a query that cannot be converted to the type that they are compared with or cast to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.faults import Fault
from seeknal.sql.quote import quote_literal
from seeknal.sql.tokens import Token, tokenize

if TYPE_CHECKING:
    import duckdb

_TYPE = r"[A-Z][A-Z0-9_ ]*(?:\(\d+(?:, ?\d+)?\))?(?:\[\])*"
_CONVERTED = re.compile(rf"(?<!TRY_)\bCAST\('((?:[^']|'')*)' AS ({_TYPE})\)")
_TIMES = ("date", "time", "timestamp", "timestamptz", "interval")
_PERHAPS = ("try", "try_cast", "coalesce", "if", "iff", "ifnull", "nullif", "error")
"""Functions that do not evaluate all that is given to them, or take what cannot be converted."""
_NO_ENDS = ("lambda", "->")


def literal_faults(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Fault]:
    """A fault for each literal of ``sql``, a query that binds, that no row lets be converted.

    What stands in a CASE or in a function that may pass it over is not judged.
    """
    tokens = tokenize(sql)
    if not any(token.value is not None for token in tokens):
        return []
    strings = {at: token for at, token in enumerate(tokens) if token.value is not None}
    passed = set(_passed_over(tokens))
    typed = {at: type for at in strings if (type := _cast_to(tokens, at)) is not None}
    for value, type in _converted(connection, sql):
        places = [at for at, token in strings.items() if token.value == value]
        if len(places) == 1:
            typed.setdefault(places[0], type)
    found = []
    for at, type in sorted(typed.items()):
        reason = None if at in passed else _refusal(connection, str(strings[at].value), type)
        if reason is not None:
            token = strings[at]
            fault = Fault(message=reason, kind="type", offset=token.start, length=len(token.text))
            found.append(fault)
    return found


def _passed_over(tokens: Sequence[Token]) -> Iterator[int]:
    """The places that are perhaps never evaluated."""
    inside: list[str] = []
    for at, token in enumerate(tokens):
        before = tokens[at - 1].key if at else ""
        if token.key == "(":
            inside.append(before if before in _PERHAPS else "(")
        elif token.key == "case":
            inside.append("case")
        elif inside and (
            (token.key == "end" and inside[-1] == "case")
            or (token.key == ")" and inside[-1] != "case")
        ):
            inside.pop()
        if any(entry != "(" for entry in inside) or token.key in _NO_ENDS:
            yield at


def _cast_to(tokens: Sequence[Token], at: int) -> str | None:
    """The type that the text itself is cast to where it stands."""
    keys = [token.key for token in tokens[max(0, at - 2) : at]]
    if keys == ["cast", "("] and tokens[at + 1 : at + 2] and tokens[at + 1].key == "as":
        return _type(tokens[at + 2 :])
    if tokens[at + 1 : at + 2] and tokens[at + 1].key == "::":
        return _type(tokens[at + 2 :])
    return keys[-1].upper() if keys and keys[-1] in _TIMES else None


def _type(tokens: Sequence[Token]) -> str | None:
    """A type of one word, perhaps with numbers behind it."""
    if not tokens or tokens[0].kind != "word" or [t.key for t in tokens[1:2]] == ["with"]:
        return None
    keys = [token.key or token.text for token in tokens[1:6]]
    if keys[:1] == ["("] and ")" in keys:
        return "".join([tokens[0].text, *keys[: keys.index(")") + 1]])
    return tokens[0].text


def _converted(connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[str, str]]:
    """Texts that the query as it is bound converts, with the types that it needs of them."""
    import duckdb

    try:
        connection.execute("SET explain_output = 'all'")
        plans = connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
        plan = json.loads(next(text for name, text in plans if name == "logical_plan"))
    except (duckdb.Error, StopIteration, ValueError):
        return
    for text in _texts(plan):
        for value, type in _CONVERTED.findall(text):
            yield value.replace("''", "'"), type


def _texts(plan: Any) -> Iterator[str]:
    if isinstance(plan, str):
        yield plan
    elif isinstance(plan, list):
        for entry in plan:
            yield from _texts(entry)
    elif isinstance(plan, dict):
        yield from _texts([*plan.values()])


def _refusal(connection: duckdb.DuckDBPyConnection, value: str, type: str) -> str | None:
    """Why DuckDB makes no value of the type of a text."""
    import duckdb

    try:
        connection.execute(f"SELECT CAST({quote_literal(value)} AS {type})").fetchall()
    except duckdb.ConversionException as error:
        return str(error).splitlines()[0].removeprefix("Conversion Error: ")
    except duckdb.Error:
        # A type of another name, or one that an extension brings: nothing can be said.
        return None
    return None
