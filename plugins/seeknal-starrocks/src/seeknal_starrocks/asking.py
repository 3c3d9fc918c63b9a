"""Tells statements that only read from those that change something: StarRocks does not.

It has no transaction or session that is read-only, and takes several statements at once.
"""

from __future__ import annotations

import re

_PARTS = re.compile(
    r"""
      (?P<gap>\s+|--[^\r\n]*|/\*(?!M?!).*?\*/)
    | (?P<quoted>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_READING = ("SELECT", "SHOW", "DESC", "DESCRIBE", "EXPLAIN")
_WRITING = frozenset(("INSERT", "UPDATE", "DELETE", "OUTFILE", "ANALYZE"))
"""Words of what changes something although it begins otherwise: WITH, EXPLAIN or SELECT."""


def only_reads(sql: str) -> bool:
    """Whether this is one statement, and one that changes nothing.

    A name that is spelt like a word of those that change something has to be quoted.
    """
    parts = [
        (match.lastgroup, match[0].upper())
        for match in _PARTS.finditer(sql)
        if match.lastgroup != "gap"
    ]
    while parts and parts[-1] == ("sign", ";"):
        parts.pop()
    while parts and parts[0] == ("sign", "("):
        parts.pop(0)
    words = [text for kind, text in parts if kind == "word"]
    if not parts or parts[0][0] != "word" or ("sign", ";") in parts:
        return False
    first = words[0]
    return (first in _READING or first == "WITH") and not _WRITING & set(words)
