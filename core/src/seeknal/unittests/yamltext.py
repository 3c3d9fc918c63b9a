"""Values as YAML that a test reads back as exactly these."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seeknal.unittests.types import FLOATS
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.sql.typetree import TypeTree

_WORD = Pattern(r"[A-Za-z_][\w@./+-]*( [\w@./+-]+)*", 256)
"""Text that nobody takes for anything else."""
_UNQUOTED = Pattern(r"[-+]?[\w.][\w.+-]*([ T:][\w.+-]+)*", 256)
_TAKEN_FOR_OTHERS = frozenset(
    ("null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity")
)
_TEXTS = ("VARCHAR", "JSON", "BLOB")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def written(value: Any, type: TypeTree, style: str | None = None) -> str:
    """A value in one line, in flow style where it has others in it.

    ``style`` is the quote that text stood in before, if it did.
    """
    if value is None:
        return "null"
    if type.name in FLOATS:
        return _float(value)
    if type.name == "UNION":
        tag, _, text = str(value).partition(": ")
        member = next(part for name, part in type.fields if name == tag)
        return f"{{{key(tag)}: {_text(text, member, None)}}}"
    if not isinstance(value, tuple):
        return _text(str(value), type, style)
    if type.name == "MAP":
        name, part = type.parts
        return _mapping((written(k, name), written(v, part)) for k, v in value)
    if type.name == "STRUCT":
        pairs = zip(type.fields, value, strict=True)
        return _mapping((key(str(name)), written(v, part)) for (name, part), v in pairs)
    parts = type.parts if type.name == "TUPLE" else type.parts * len(value)
    return f"[{', '.join(written(v, part) for v, part in zip(value, parts, strict=True))}]"


def key(name: str) -> str:
    """A name as a key."""
    return name if _is_word(name) else quoted(name)


def quoted(text: str, style: str = '"') -> str:
    """Text in quotes, in double ones where the others cannot hold it."""
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def type_text(type: str, style: str = '"') -> str:
    """A type's name, in quotes where YAML would take it for something else."""
    plain = type.replace("_", "").replace(" ", "").isalnum()
    return type if plain else quoted(type, style)


def row_text(cells: Mapping[str, str]) -> str:
    """A row of written values, in flow style."""
    return _mapping((key(name), text) for name, text in cells.items())


def flow(value: Any) -> str:
    """What was read of YAML, in flow style."""
    if isinstance(value, Mapping):
        return _mapping((key(str(name)), flow(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return str(value) if _is_word(str(value)) else quoted(str(value), _quote(str(value)))


def _mapping(pairs: Any) -> str:
    return "{" + ", ".join(f"{name}: {text}" for name, text in pairs) + "}"


def _text(text: str, type: TypeTree, style: str | None) -> str:
    if type.name not in _TEXTS:
        return text if _UNQUOTED.fullmatch(text) else quoted(text)
    if style in ("'", '"'):
        return quoted(text, style)
    return text if type.name == "VARCHAR" and _is_word(text) else quoted(text, _quote(text))


def _quote(text: str) -> str:
    return "'" if ("\\" in text or '"' in text) and "'" not in text else '"'


def _is_word(text: str) -> bool:
    return bool(_WORD.fullmatch(text)) and text.lower() not in _TAKEN_FOR_OTHERS


def _float(value: float | str) -> str:
    if isinstance(value, str):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    return repr(value)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    number = ord(character)
    return (
        f"\\x{number:02x}"
        if number < 256
        else (f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}")
    )
