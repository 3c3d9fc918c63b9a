"""Nodes as the text of a YAML file, in the style in which people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal_semantic.importing.pieces import PARTS

if TYPE_CHECKING:
    from seeknal_semantic.importing.pieces import Part, Piece

_PLAIN = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?= [a-z]))(?: [A-Za-z0-9_]+)*")
_WORDS = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
_REF = re.compile(r"ref\('\w+\.\w+'\)")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


SEPARATOR = "---"


def text_of(pieces: Iterable[Piece]) -> str:
    """A document for each node."""
    between = f"{SEPARATOR}\n"
    return between.join("".join(f"{line}\n" for line in lines_of(piece)) for piece in pieces)


def line_of(part: Part) -> str:
    """The line that an entity, dimension or measure has for itself."""
    return f"  - {_flow(part.keys)}"


def lines_of(piece: Piece) -> list[str]:
    """A node's document."""
    lines = [f"kind: {piece.kind}", f"name: {_scalar(piece.name)}"]
    lists = {key: [part.keys for part in piece.parts.get(key, ())] for key in PARTS}
    for key, value in {**piece.keys, **{key: each for key, each in lists.items() if each}}.items():
        if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
            lines += [f"{key}:", *(f"  - {_flow(each)}" for each in value)]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return lines


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_scalar(str(key))}: {_flow(each)}" for key, each in value.items())
        return f"{{{inner}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_flow, value))}]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return _scalar(value) if isinstance(value, str) else repr(value)


def _scalar(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain or _REF.fullmatch(text) else f'"{"".join(map(_escaped, text))}"'


def _escaped(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"
