"""How columns and values of each type go over the wire: all values as text."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime
from typing import Any

from seeknal_starrocks.testing.ddl.reader import Reader
from seeknal_starrocks.testing.types import LONGEST_TEXT
from seeknal_starrocks.testing.wire.packets import text

_BINARY, _UTF8 = 63, 33
_FLOATING = 31
"""Decimals of a number whose point floats."""
_FORMS = {
    "boolean": (1, 1, _BINARY, 0),
    "tinyint": (1, 4, _BINARY, 0),
    "smallint": (2, 6, _BINARY, 0),
    "int": (3, 11, _BINARY, 0),
    "bigint": (8, 20, _BINARY, 0),
    "largeint": (254, 40, _UTF8, 0),
    "float": (4, 12, _BINARY, _FLOATING),
    "double": (5, 22, _BINARY, _FLOATING),
    "date": (10, 10, _BINARY, 0),
    "datetime": (12, 19, _BINARY, 0),
    "time": (11, 10, _BINARY, 0),
    "string": (253, 3 * LONGEST_TEXT, _UTF8, 0),
    "varbinary": (252, 3 * LONGEST_TEXT, _BINARY, 0),
    "json": (254, 60, _UTF8, 0),
}
"""MySQL's number of a type, and the length, charset and decimals of a column of it."""
_NESTED = (253, 60, _UTF8, 0)
_STATE = (254, 60, _UTF8, 0)


def definition(name: str, type: str) -> bytes:
    """The packet that tells of a column."""
    code, width, charset, decimals = _form(type)
    written = text(name.encode())
    return (
        text(b"def") + text(b"") * 3 + written * 2 + b"\x0c"
        + struct.pack("<HIBHBH", charset, width, code, 0, decimals, 0)
    )  # fmt: skip


def _form(type: str) -> tuple[int, int, int, int]:
    if type in _FORMS:
        return _FORMS[type]
    head, _, rest = type.partition("(")
    if head == "decimal":
        digits, scale = map(int, rest.rstrip(")").split(","))
        return 246, digits + (scale > 0) + 3, _BINARY, scale
    if head in ("char", "varchar"):
        return 254 if head == "char" else 253, 3 * int(rest.rstrip(")")), _UTF8, 0
    return _NESTED if "<" in type else _STATE


Encoder = Callable[[Any], bytes]


def encoder(type: str, *, microseconds: bool = True) -> Encoder:
    """What makes bytes of a value that is not NULL."""
    head = type.partition("(")[0].partition("<")[0]
    if "<" in type:
        written = _nested(Reader(type))
        return lambda value: written(value).encode()
    if head == "datetime":
        return _moment if microseconds else _second
    return _PLAIN.get(head, _texts)


def _texts(value: Any) -> bytes:
    return str(value).encode()


def _moment(value: datetime) -> bytes:
    return value.isoformat(" ", "microseconds" if value.microsecond else "seconds").encode()


def _second(value: datetime) -> bytes:
    return value.isoformat(" ", "seconds").encode()


def _double(value: float) -> bytes:
    return repr(value).removesuffix(".0").encode()


def _float(value: float) -> bytes:
    """The shortest text that is this number of 32 bits."""
    for digits in range(6, 10):
        written = f"{value:.{digits}g}"
        if struct.pack("<f", float(written)) == struct.pack("<f", value):
            break
    return written.encode()


_PLAIN: dict[str, Encoder] = {
    "boolean": lambda value: b"1" if value else b"0",
    "float": _float,
    "double": _double,
    "decimal": lambda value: f"{value:f}".encode(),
    "varbinary": bytes,
    # Those that only their functions read.
    **dict.fromkeys(("bitmap", "hll", "percentile"), lambda value: b""),
}


def _nested(reader: Reader) -> Callable[[Any], str]:
    """What writes a value within an array, map or struct, whose type is read."""
    name = reader.next.word.lower()
    reader.skip()
    if name in ("array", "map", "struct"):
        reader.expect("<")
        fields, parts = [], []
        while True:
            fields.append(reader.name() if name == "struct" else "")
            parts.append(_nested(reader))
            if not reader.accept(","):
                break
        reader.close_angle()
        return {"array": _array, "map": _map, "struct": _struct}[name](fields, parts)
    if reader.ahead("("):
        reader.listed(reader.whole)
    plain = encoder(name)
    if name in ("char", "varchar", "string", "date", "datetime"):
        return lambda value: "null" if value is None else _quoted(plain(value).decode())
    if name == "json":
        return lambda value: "null" if value is None else _quoted(value, "'")
    if name == "varbinary":
        return lambda value: "null" if value is None else _quoted(value.hex())
    return lambda value: "null" if value is None else plain(value).decode()


def _quoted(value: str, quote: str = '"') -> str:
    escaped = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return f"{quote}{escaped}{quote}"


def _array(fields: list[str], parts: list[Callable[[Any], str]]) -> Callable[[Any], str]:
    (part,) = parts
    return lambda value: "null" if value is None else f"[{','.join(map(part, value))}]"


def _map(fields: list[str], parts: list[Callable[[Any], str]]) -> Callable[[Any], str]:
    key, item = parts

    def write(value: Any) -> str:
        if value is None:
            return "null"
        return "{" + ",".join(f"{key(k)}:{item(v)}" for k, v in value.items()) + "}"

    return write


def _struct(fields: list[str], parts: list[Callable[[Any], str]]) -> Callable[[Any], str]:
    def write(value: Any) -> str:
        if value is None:
            return "null"
        pairs = zip(fields, parts, value.values(), strict=True)
        return "{" + ",".join(f"{_quoted(name)}:{part(v)}" for name, part, v in pairs) + "}"

    return write
