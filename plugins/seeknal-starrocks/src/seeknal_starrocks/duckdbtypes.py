"""DuckDB's types taken apart: lists, structs and maps by what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

_LIST = re.compile(r"\[(\d*)\]$")
_QUOTES = {'"': re.compile(r'"(?:[^"]|"")*"'), "'": re.compile(r"'(?:[^']|'')*'")}


@frozen(kw_only=True)
class Kind:
    """A type. ``name`` is LIST, STRUCT or MAP, or a plain type as DuckDB writes it.

    ``fields`` are those of a struct; an element, or key and value, have no names.
    """

    name: str
    fields: tuple[tuple[str, Kind], ...] = ()
    written: str


def kind_of(written: str) -> Kind:
    """What a type that DuckDB has written is made of."""
    match = _LIST.search(written)
    if match is not None:
        element = (("", kind_of(written[: match.start()])),)
        return Kind(name="LIST", fields=element, written=written)
    head, _, rest = written.partition("(")
    if head not in ("STRUCT", "MAP") or not rest.endswith(")"):
        return Kind(name=written, written=written)
    parts = list(_split(rest[:-1]))
    if head == "MAP":
        return Kind(
            name="MAP", fields=tuple(("", kind_of(part)) for part in parts), written=written
        )
    return Kind(name="STRUCT", fields=tuple(map(_field, parts)), written=written)


def _field(part: str) -> tuple[str, Kind]:
    """Name and type of a struct's field; a field without a name has an empty one."""
    if part.startswith('"') and (match := _QUOTES['"'].match(part)) is not None:
        return match[0][1:-1].replace('""', '"'), kind_of(part[match.end() :].strip())
    name, _, kind = part.partition(" ")
    return (name, kind_of(kind.strip())) if kind else ("", kind_of(name))


def _split(text: str) -> Iterator[str]:
    """What stands between the commas that are in no parentheses or quotes."""
    depth, start, at = 0, 0, 0
    while at < len(text):
        sign = text[at]
        if sign in _QUOTES and (match := _QUOTES[sign].match(text, at)) is not None:
            at = match.end()
            continue
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            yield text[start:at].strip()
            start = at + 1
        at += 1
    yield text[start:].strip()
