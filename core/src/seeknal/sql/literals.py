"""Texts in a query that cannot be converted to the type that they are compared with or cast to."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from seeknal.sql.faults import Fault
from seeknal.sql.mending import COMPARISONS
from seeknal.sql.quote import quote_literal
from seeknal.sql.tokens import tokenize

if TYPE_CHECKING:
    import duckdb

    from seeknal.sql.tokens import Token

_TYPE = r"[A-Z][A-Z0-9_ ]*(?:\(\d+(?:, ?\d+)?\))?(?:\[\])*"
_CONVERTED = re.compile(rf"(?<!TRY_)\bCAST\('((?:[^']|'')*)' AS ({_TYPE})\)")
_TIMES = ("date", "time", "timestamp", "timestamptz", "interval")
_PERHAPS = ("try", "try_cast", "coalesce", "if", "iff", "ifnull", "nullif", "error")
"""Functions that do not evaluate all that is given to them, or take what cannot be converted."""
_MATCHING = (
    "regexp_matches",
    "regexp_full_match",
    "regexp_replace",
    "regexp_extract",
    "regexp_extract_all",
    "regexp_split_to_array",
    "string_split_regex",
    "str_split_regex",
)
_MOST_LISTED = 200
"""Tokens before a literal in the list that it stands in; what follows them is not looked at."""


def literal_faults(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    types: Mapping[str, Collection[str]],
    *,
    mended: bool = False,
) -> list[Fault]:
    """A fault for each literal of ``sql``, a query that binds, that no row lets be converted.

    ``types`` are those of the columns that it reads, by names in lower case. What stands in a
    CASE or in a function that may pass it over is not judged; where NULL stands for what was wrong
    (``mended``), neither is what is compared with anything but a column of ``types``.
    """
    tokens = tokenize(sql)
    strings = {at: token for at, token in enumerate(tokens) if token.value is not None}
    typed = {at: type for at in strings if (type := _cast_to(tokens, at)) is not None}
    # What the query is bound to is asked only where something may be wrong: it takes its time.
    if any(_is_doubtful(tokens, at, types) for at in strings.keys() - typed.keys()):
        for value, type in _converted(connection, sql):
            places = [at for at, token in strings.items() if token.value == value]
            if len(places) == 1 and (not mended or type in _known(tokens, places[0], types)):
                typed.setdefault(places[0], type)
    patterns = [at for at in strings if _is_pattern(tokens, at)]
    passed = set(_passed_over(tokens)) if typed or patterns else set()
    found = []
    for at in patterns:
        reason = None if at in passed else _no_pattern(str(strings[at].value))
        if reason is not None:
            start, length = strings[at].start, len(strings[at].text)
            found.append(Fault(message=reason, kind="type", offset=start, length=length))
    for at, type in sorted(typed.items()):
        token = strings[at]
        reason = None if at in passed else _refusal(str(token.value), type)
        if reason is not None:
            length = len(token.text)
            found.append(Fault(message=reason, kind="type", offset=token.start, length=length))
    return found


def _is_doubtful(tokens: Sequence[Token], at: int, types: Mapping[str, Collection[str]]) -> bool:
    """Whether a literal is compared with something that it may be no value of."""
    if _compared(tokens, at) is None:
        return False
    known = _known(tokens, at, types)
    value = str(tokens[at].value)
    return not known or any(type != "VARCHAR" and _refusal(value, type) for type in known)


def _known(
    tokens: Sequence[Token], at: int, types: Mapping[str, Collection[str]]
) -> Collection[str]:
    """The types of the column that a literal is compared with, if it is one."""
    other = _compared(tokens, at)
    is_name = other is not None and other.kind in ("word", "name")
    return types.get(other.name.lower(), ()) if other is not None and is_name else ()


def _compared(tokens: Sequence[Token], at: int) -> Token | None:
    """The last token of what a literal is compared with, by an operator, IN or BETWEEN."""
    if tokens[at + 1 : at + 2] and tokens[at + 1].key in COMPARISONS:
        place = at + 2
        while tokens[place + 1 : place + 2] and tokens[place + 1].key == ".":
            place += 2
        return tokens[place] if tokens[place:] else None
    place = at - 1
    while place > 0 and (tokens[place].key == "," or tokens[place].kind in ("string", "number")):
        place -= 1
        if at - place > _MOST_LISTED:
            return None
    keys = [token.key for token in tokens[max(0, place - 2) : place + 1]]
    if keys[-2:] == ["in", "("]:
        place -= 1
    elif keys[-1:] == ["and"] and keys[-3:-2] == ["between"]:
        place -= 2
    elif keys[-1:] != ["between"] and not (keys and keys[-1] in COMPARISONS):
        return None
    place -= 2 if place and tokens[place - 1].key == "not" else 1
    return tokens[place] if place >= 0 else None


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
        if any(entry != "(" for entry in inside):
            yield at


def _cast_to(tokens: Sequence[Token], at: int) -> str | None:
    """The type that the text itself is cast to where it stands."""
    keys = [token.key for token in tokens[max(0, at - 2) : at]]
    if keys == ["cast", "("] and tokens[at + 1 : at + 2] and tokens[at + 1].key == "as":
        return _type(tokens[at + 2 :])
    if tokens[at + 1 : at + 2] and tokens[at + 1].key == "::":
        return _type(tokens[at + 2 :])
    if keys and keys[-1] in ("limit", "offset"):
        return "BIGINT"
    return keys[-1].upper() if keys and keys[-1] in _TIMES else None


def _is_pattern(tokens: Sequence[Token], at: int) -> bool:
    """Whether a literal is the whole pattern that texts are matched with, and nothing more."""
    after = [token.key for token in tokens[at + 1 : at + 2]]
    if tokens[max(0, at - 1)].key in ("~", "!~"):
        return True
    if after != [")"] and not (after == [","] and tokens[at + 2].kind != "string"):
        # Options may say that it is no pattern; what replaces a match is a text as well.
        replaces = after == [","] and [token.key for token in tokens[at + 3 : at + 4]] == [")"]
        if not replaces or _function(tokens, at) != "regexp_replace":
            return False
    return _function(tokens, at) in _MATCHING


def _function(tokens: Sequence[Token], at: int) -> str | None:
    """The function of which the second argument begins there."""
    depth, commas = 0, 0
    for place in range(at - 1, 0, -1):
        key = tokens[place].key
        if key in (")", "]", "}"):
            depth += 1
        elif key in ("(", "[", "{"):
            depth -= 1
            if depth < 0:
                return tokens[place - 1].name.lower() if key == "(" and commas == 1 else None
        elif key == "," and depth == 0:
            commas += 1
    return None


@lru_cache(1000)
def _no_pattern(value: str) -> str | None:
    import duckdb

    from seeknal.sql.syntax import parser

    try:
        parser().execute(f"SELECT regexp_matches('', {quote_literal(value)})").fetchall()
    except duckdb.InvalidInputException as error:
        return str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
    except duckdb.Error:
        return None
    return None


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


@lru_cache(1000)
def _refusal(value: str, type: str) -> str | None:
    """Why DuckDB makes no value of the type of a text."""
    import duckdb

    from seeknal.sql.syntax import parser

    try:
        parser().execute(f"SELECT CAST({quote_literal(value)} AS {type})").fetchall()
    except duckdb.ConversionException as error:
        return str(error).splitlines()[0].removeprefix("Conversion Error: ")
    except duckdb.Error:
        # A type of another name, or one that an extension brings: nothing can be said.
        return None
    return None
