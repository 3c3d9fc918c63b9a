"""DuckDB's SQL cut into tokens, each with its place in the text.

Our own, because fingerprints hang on it: another version of a parser must not change them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

TokenKind = Literal["word", "name", "string", "number", "mark"]


class Token(NamedTuple):
    """One token. ``key`` is a bare word in lower case, a mark as it is, and else empty.

    ``kind``: a ``word`` is a keyword or an unquoted identifier, a ``name`` a quoted one, and a
    ``mark`` is an operator, a bracket or a parameter.
    """

    kind: TokenKind
    text: str
    key: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """The identifier that a word or a quoted name is."""
        return self.text[1:-1].replace('""', '"') if self.kind == "name" else self.text

    @property
    def value(self) -> str | None:
        """The text that a plain string literal holds; None for prefixed and dollar-quoted ones."""
        return self.text[1:-1].replace("''", "'") if self.text.startswith("'") else None


# The characters that DuckDB reads as a space; other Unicode spaces belong to identifiers.
_SPACE = r" \t\n\r\f\v\u00a0\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
_LETTER = rf"[^{_SPACE}0-9$!\"#%&'()*+,\-./:;<=>?@\[\\\]^`{{|}}~]"
_LETTERS = rf"{_LETTER}(?:{_LETTER}|[0-9$])*"
# Longest first. `//` and `/` stop before a `/*`, as DuckDB's do.
_OPERATORS = (
    r"!~~\*|!~~|!~\*|!~|~~~|~~\*|~~|~\*|->>|->|<->|<=>|<=|<>|<<|<@|>=|>>|==|=>|!="
    r"|\|\||::|:=|\*\*|//(?!\*)|@>|&&|\^@|[^\s]"
)
_TOKEN = re.compile(
    rf"(?P<space>(?:[{_SPACE}]+|--[^\n\r]*)+)"
    r"|(?P<comment>/\*)"
    r"|(?P<string>[eE]'(?>(?:[^'\\]+|\\.|'')*)(?:'|\Z)|[xXbBnN]?'(?>(?:[^']+|'')*)(?:'|\Z)"
    rf"|\$(?P<tag>(?:{_LETTER}(?:{_LETTER}|[0-9])*)?)\$.*?(?:\$(?P=tag)\$|\Z))"
    r'|(?P<name>"(?>(?:[^"]+|"")*)(?:"|\Z))'
    r"|(?P<number>(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<word>{_LETTERS})"
    rf"|(?P<mark>[$#?][0-9]+|\${_LETTERS}|{_OPERATORS})",
    re.DOTALL,
)
_PARAMETER = re.compile(rf"\?[0-9]*|\$(?:[0-9]+|{_LETTERS})")
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def tokenize(sql: str) -> list[Token]:
    """The tokens of ``sql`` without spaces and comments. Never fails: what is not closed ends
    with the text."""
    tokens: list[Token] = []
    position, size, match = 0, len(sql), _TOKEN.match
    while position < size:
        found = match(sql, position)
        kind = found.lastgroup if found else None
        if kind == "comment":
            position = _comment_end(sql, position)
            continue
        end = found.end() if found else position + 1
        if kind != "space":
            tokens.append(_token(kind, sql[position:end], position, end))
        position = end
    return tokens


def on_one_line(sql: str) -> str:
    """``sql`` without comments, with one blank where there are some between words."""
    text, end = "", 0
    for token in tokenize(sql):
        text += f"{' ' if end and end < token.start else ''}{token.text}"
        end = token.end
    return text


def parameters(tokens: list[Token]) -> Iterator[Token]:
    """What stands for a value that a prepared statement would be given: ``?``, ``$1``, ``$day``."""
    for token in tokens:
        if token.kind == "mark" and _PARAMETER.fullmatch(token.text):
            yield token


def _token(kind: str | None, text: str, start: int, end: int) -> Token:
    if kind == "word":
        return Token("word", text, text.lower(), start, end)
    if kind == "name":
        return Token("name", text, "", start, end)
    if kind == "number":
        return Token("number", text, "", start, end)
    if kind in ("string", "tag"):
        return Token("string", text, "", start, end)
    return Token("mark", text, text, start, end)


def _comment_end(sql: str, position: int) -> int:
    """Where the comment that begins here ends; comments nest."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(sql, position):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)


def line_and_column(sql: str, offset: int) -> tuple[int, int]:
    """The 1-based line and column of an offset."""
    line = sql.count("\n", 0, offset) + 1
    return line, offset - (sql.rfind("\n", 0, offset) + 1) + 1


def offset_of(sql: str, line: int, column: int) -> int:
    """The offset of a 1-based line and column; of the line's first word where it has no column."""
    start = 0
    for _ in range(line - 1):
        start = sql.find("\n", start) + 1
    if column:
        return start + column - 1
    text = sql[start:].partition("\n")[0]
    return start + len(text) - len(text.lstrip())
