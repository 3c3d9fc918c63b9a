"""SQL as text that stays the same while its formatting changes.

A stream of tokens, not a tree, so that no version of a parser can change it: comments, white
space, the case of keywords and functions, and needless quotes are gone. What could name an
output column keeps its case.
"""

from __future__ import annotations

import re

from seeknal.sql.keywords import JOINING, KEYWORDS, RESERVED, TYPES, words
from seeknal.sql.tokens import Token, tokenize

_NOTHING = Token("mark", "", "", 0, 0)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LABELLED = (":", ":=", "=>")
_CASTS = ("cast", "try_cast")
# Read as functions when they are bare, so quotes make a difference.
_VALUES = words(
    """
    current_catalog current_date current_role current_schema current_time current_timestamp
    current_user localtime localtimestamp rowid session_user user
    """
)
# Two words that can only stand beside each other as keywords.
_PAIRS = frozenset(
    {
        ("current", "row"),
        ("groups", "current"),
        ("groups", "unbounded"),
        ("ignore", "nulls"),
        ("nulls", "first"),
        ("nulls", "last"),
        ("partition", "by"),
        ("range", "current"),
        ("range", "unbounded"),
        ("respect", "nulls"),
        ("row", "following"),
        ("row", "preceding"),
        ("rows", "current"),
        ("rows", "unbounded"),
        ("time", "zone"),
        ("unbounded", "following"),
        ("unbounded", "preceding"),
        ("using", "sample"),
        ("with", "ordinality"),
        ("with", "recursive"),
    }
)
_FRAMES = ("rows", "range", "groups")


def canonical_sql(sql: str, *, dialect: str = "duckdb") -> str:
    """``sql`` in the form that is hashed: equal for two texts only if they mean the same.

    It is SQL itself. Text in another dialect is only trimmed: its quoting is not ours to know.
    """
    if dialect != "duckdb":
        return sql.strip().replace("\r\n", "\n")
    tokens = tokenize(sql)
    while tokens and tokens[-1].key == ";":
        tokens.pop()
    return _join(sql, tokens, _forms(tokens))


def _forms(tokens: list[Token]) -> list[str]:
    padded = [_NOTHING, *tokens, _NOTHING, _NOTHING]
    casting = [False]
    forms = []
    for position, token in enumerate(tokens, 1):
        before, after = padded[position - 1], padded[position + 1]
        typed = before.key == "::" or (before.key == "as" and casting[-1])
        if token.kind == "mark":
            _track(casting, token, before)
            forms.append(token.text)
        elif token.kind == "word":
            lower = _is_caseless(token, before, after, typed) or _is_frame(padded, position)
            forms.append(token.key if lower else token.text)
        elif token.kind == "name":
            forms.append(_name(token, before, after, typed))
        else:
            forms.append(token.text)
    return forms


def _track(casting: list[bool], token: Token, before: Token) -> None:
    """Know, inside brackets, whether they are CAST's."""
    if token.key == "(":
        casting.append(before.key in _CASTS)
    elif token.key == ")" and len(casting) > 1:
        casting.pop()


def _is_caseless(word: Token, before: Token, after: Token, typed: bool) -> bool:
    """Whether a word's case cannot show in the result."""
    if typed:
        return word.key in TYPES
    if before.key == "as":
        return (word.key, after.key) in (("materialized", "("), ("not", "materialized"))
    if after.key == "(":
        return True
    if before.key == "." or after.key in _LABELLED:
        return False
    if word.key in RESERVED or word.key in JOINING:
        return True
    if (before.key, word.key) in _PAIRS or (word.key, after.key) in _PAIRS:
        return True
    if word.key in ("preceding", "following"):
        return before.kind == "number"
    if word.key == "between":
        return _is_operand(before) and _is_operand(after)
    return (word.key in TYPES and after.kind == "string") or (
        word.key == "materialized" and before.key == "not"
    )


def _is_operand(token: Token) -> bool:
    if token.kind == "mark":
        return token.key in (")", "]", "(", "-")
    return token.key not in RESERVED and token.key not in JOINING


def _is_frame(tokens: list[Token], position: int) -> bool:
    """``rows`` or ``between`` of ``rows between unbounded`` and its like."""
    key = tokens[position].key
    if key in _FRAMES:
        position += 1
    elif key != "between" or tokens[position - 1].key not in _FRAMES:
        return False
    start = (tokens[position].key, tokens[position + 1].key)
    return start in (("between", "unbounded"), ("between", "current"))


def _name(token: Token, before: Token, after: Token, typed: bool) -> str:
    """A quoted name without its quotes where they change nothing."""
    name = token.name
    special = name.lower() in KEYWORDS or name.lower() in _VALUES
    if special or typed or not _PLAIN.fullmatch(name):
        return token.text
    if after.key == "(" or after.kind == "string" or before.key in ("show", "describe", "desc"):
        return token.text
    return name


def _join(sql: str, tokens: list[Token], forms: list[str]) -> str:
    parts = []
    previous: Token | None = None
    for token, form in zip(tokens, forms, strict=True):
        if previous is not None:
            parts.append(_gap(sql, previous, token))
        parts.append(form)
        previous = token
    return "".join(parts)


def _gap(sql: str, previous: Token, token: Token) -> str:
    """A space; between two string literals a line break is kept, because it joins them."""
    if previous.kind != "string" or token.kind != "string":
        return " "
    between = sql[previous.end : token.start]
    return "\n" if "\n" in between or "\r" in between else " "
