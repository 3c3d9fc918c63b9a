"""The words, names, texts, numbers and signs of a statement, each with where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from attrs import frozen

from seeknal_starrocks.testing.refusing import syntax

Kind = Literal["word", "name", "text", "whole", "decimal", "sign", "end"]


@frozen(kw_only=True)
class Token:
    kind: Kind
    text: str
    """As it is written; of names and texts what they say."""
    start: int
    end: int

    @property
    def word(self) -> str:
        """The keyword that it may be, in capitals; nothing for what is quoted."""
        return self.text.upper() if self.kind == "word" else ""


_TOKEN = re.compile(
    r"""
      (?P<gap>\s+|--[^\r\n]*|/\*(?!\+).*?\*/)
    | (?P<hint>/\*\+.*?\*/)
    | (?P<name>`(?:[^`]|``)*`)
    | (?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    | (?P<decimal>(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    | (?P<whole>\d+(?![A-Za-z_\d]))
    | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
    | (?P<sign><=>|<=|>=|<>|!=|==|->|:=|@@|\|\||&&|<<|>>|[-+*/%=<>!(),.;:?@\[\]{}|&^~])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}


def tokens_of(sql: str) -> Iterator[Token]:
    """Those of a statement, and one for its end. Raises Refused for what is none."""
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None:
            raise syntax(*place_of(sql, at), f"Unexpected input '{sql[at]}'")
        kind = match.lastgroup
        if kind not in ("gap", "hint"):
            yield Token(kind=kind, text=_said(kind, match[0]), start=at, end=match.end())  # type: ignore[arg-type]
        at = match.end()
    yield Token(kind="end", text="<EOF>", start=at, end=at)


def place_of(sql: str, at: int) -> tuple[int, int]:
    """Line and column as StarRocks counts them: lines from one, columns from nought."""
    before = sql[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1)


def _said(kind: str | None, written: str) -> str:
    if kind == "name":
        return written[1:-1].replace("``", "`")
    if kind == "text":
        quote = written[0]
        return re.sub(
            rf"\\(.)|{quote}{quote}",
            lambda match: quote if match[1] is None else _ESCAPES.get(match[1], match[1]),
            written[1:-1],
            flags=re.DOTALL,
        )
    return written
