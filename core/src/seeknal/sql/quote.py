"""The one place where names and values become SQL text."""

from __future__ import annotations


def quote_identifier(name: str) -> str:
    """``name`` as an identifier, whatever it contains. Raises ValueError for a NUL byte."""
    if "\0" in name:
        raise ValueError("an identifier cannot hold a NUL byte")
    return '"' + name.replace('"', '""') + '"'


def quote_name(*parts: str) -> str:
    """A dotted name such as ``"transform"."orders"``."""
    return ".".join(quote_identifier(part) for part in parts)


def written_name(*parts: str) -> str:
    """A dotted name as people write it: a part with a dot or a quote in it stands in quotes."""
    return ".".join(quote_identifier(part) if set('."') & set(part) else part for part in parts)


def quote_literal(text: str) -> str:
    """``text`` as a string literal."""
    return "'" + text.replace("'", "''") + "'"
