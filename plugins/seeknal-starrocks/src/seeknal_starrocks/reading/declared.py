"""StarRocks' own spelling of a type: ``array<struct<a int(11), b decimal(10,2)>>``."""

from __future__ import annotations

import re

from attrs import frozen

_TOKEN = re.compile(r"\s*(`(?:[^`]|``)*`|[^\s<>(),:`]+|[<>(),:])")


@frozen(kw_only=True)
class Declared:
    """A type's name in lower case, its numbers, and the types within it; a struct's have names."""

    name: str
    numbers: tuple[int, ...] = ()
    parts: tuple[Declared, ...] = ()
    fields: tuple[str, ...] = ()


def parse_type(text: str) -> Declared:
    """What is not understood is a type of that name, which nothing knows."""
    tokens = _TOKEN.findall(text)
    try:
        found, rest = _type(tokens)
    except (IndexError, ValueError):
        rest = [text]
    return Declared(name=text.lower()) if rest else found


def _type(tokens: list[str]) -> tuple[Declared, list[str]]:
    name, rest = tokens[0].lower(), tokens[1:]
    if name in ("array", "map", "struct"):
        return _nested(name, rest)
    numbers: tuple[int, ...] = ()
    if rest[:1] == ["("]:
        close = rest.index(")")
        inside = [token for token in rest[1:close] if token != ","]
        numbers = tuple(int(token) for token in inside if token != "*")
        rest = rest[close + 1 :]
    if rest[:1] == ["unsigned"] and name == "bigint":
        # So information_schema calls what StarRocks itself calls LARGEINT.
        return Declared(name="largeint"), rest[1:]
    return Declared(name=name, numbers=numbers), rest


def _nested(name: str, rest: list[str]) -> tuple[Declared, list[str]]:
    if rest[0] != "<":
        raise ValueError(rest[0])
    parts: list[Declared] = []
    fields: list[str] = []
    while rest[0] in ("<", ","):
        rest = rest[1:]
        if name == "struct":
            fields.append(_unquoted(rest[0]))
            rest = rest[2:] if rest[1] == ":" else rest[1:]
        part, rest = _type(rest)
        parts.append(part)
    if rest[0] != ">" or len(parts) != {"array": 1, "map": 2}.get(name, len(parts)):
        raise ValueError(name)
    return Declared(name=name, parts=tuple(parts), fields=tuple(fields)), rest[1:]


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name
