"""Values of a test's file as SQL of a type: exactly that value, or none at all.

DuckDB's casts of text round, and drop what has no place in the type: '12.7' becomes the INTEGER
13, and a date keeps nothing of a time of day. Here such a text is no value of the type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from seeknal.project.yaml_files import Plain
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.values.errors import did_you_mean
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.sql.typetree import TypeTree
    from seeknal.unittests.types import Types

_SIZES = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
INTEGERS: dict[str, tuple[int, int]] = {
    **{name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in _SIZES.items()},
    **{f"U{name}": (0, 2**bits - 1) for name, bits in _SIZES.items()},
}
"""The least and the greatest value of each type of whole numbers."""
_MOST_DIGITS = 400
_BOOLEANS = {"true": "true", "false": "false"}
_SPECIAL = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
_NOT_FINITE = ("inf", "infinity", "nan")
_FRACTIONS = {
    "TIMESTAMP": 6,
    "TIMESTAMP_S": 0,
    "TIMESTAMP_MS": 3,
    "TIMESTAMP_NS": 9,
    "TIMESTAMP WITH TIME ZONE": 6,
    "TIME": 6,
    "TIME_NS": 9,
    "TIME WITH TIME ZONE": 6,
}
"""Digits behind the point of a second that each type keeps."""
_FRACTION = Pattern(r":\d\d\.(\d*?)0*(?!\d)")
_NUMBER = Pattern(r"[-+]?(\d[\d_]*)?(\.\d*)?([eE][-+]?\d+)?")
_DAY = Pattern(r"-?\d+-\d+-\d+( \(BC\))?|-?infinity|epoch")
_UNZONED = Pattern(r"[^:]*(\d+:\d+(:\d+(\.\d*)?)?)?( \(BC\))?\s*")
_WITH_ZERO = Pattern(r"(.*\d+:\d+(:\d+(\.\d*)?)?)\s*(Z|[+-]00(:?00)?)")


class Misfit(Exception):
    """A value that its type does not hold; ``path`` leads to it in what was given."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


def literal(cell: Any, type: TypeTree, types: Types) -> str:
    """SQL for a value of a type, which needs no cast any more. Raises Misfit."""
    return f"CAST({_inner(cell, type, types)} AS {type.text})"


def _inner(cell: Any, type: TypeTree, types: Types) -> str:
    """SQL that a cast to the type makes exactly the value of."""
    if cell is None:
        return "NULL"
    if isinstance(cell, str):
        return _string(cell) if type.name == "VARCHAR" else _of_text(cell, type, types)
    if isinstance(cell, Plain):
        return _of_text(cell.text, type, types)
    if type.name == "JSON":
        return _string(json_text(cell))
    if isinstance(cell, Mapping):
        return _of_mapping(cell, type, types)
    return _of_list(cell, type, types)


def _of_text(text: str, type: TypeTree, types: Types) -> str:
    if type.name in INTEGERS:
        return _integer(text, type)
    if type.name in ("BIGNUM", "VARINT"):
        return quote_literal(_whole(text, type))
    if type.name == "DECIMAL":
        return _decimal(text, type)
    if type.name in ("FLOAT", "DOUBLE"):
        return _float(text, type)
    if type.name == "VARCHAR":
        return _string(text)
    if type.name == "BOOLEAN" and text.lower() in _BOOLEANS:
        return quote_literal(text.lower())
    if type.name == "UNION" or (type.fields and type.name != "MAP"):
        return _nested_text(text, type, types)
    return quote_literal(_asked(_timed(text, type), type, types))


def _nested_text(text: str, type: TypeTree, types: Types) -> str:
    """What DuckDB reads in one text is not looked at piece by piece: it must be said in YAML."""
    raise Misfit(f"{text!r} is one text, not {_sort(type)}")


def _asked(text: str, type: TypeTree, types: Types) -> str:
    if "\0" in text:
        raise Misfit(f"{text!r} is no {type.text}")
    if (why := types.refusal(text, type.text)) is not None:
        raise Misfit(f"{text!r} is no {type.text}: {why}")
    return text


def _number(text: str, type: TypeTree) -> Decimal:
    plain = text.strip().replace("_", "")
    try:
        if _NUMBER.fullmatch(text.strip()) and len(plain) <= _MOST_DIGITS:
            found = Decimal(plain)
            if abs(found.adjusted()) <= _MOST_DIGITS:
                return found
    except InvalidOperation:
        pass
    raise Misfit(f"{text!r} is no {type.text}")


def _whole(text: str, type: TypeTree) -> str:
    """A whole number, as DuckDB reads it."""
    if text.startswith(("0x", "0o")):
        try:
            return str(int(text, 0))
        except ValueError:
            raise Misfit(f"{text!r} is no {type.text}") from None
    number = _number(text, type)
    whole = int(number)
    if whole != number:
        raise Misfit(f"{text!r} is no {type.text}: it is not whole")
    return str(whole)


def _integer(text: str, type: TypeTree) -> str:
    whole = _whole(text, type)
    least, greatest = INTEGERS[type.name]
    if not least <= int(whole) <= greatest:
        raise Misfit(f"{text!r} is no {type.text}: that goes from {least} to {greatest}")
    return quote_literal(whole)


def _decimal(text: str, type: TypeTree) -> str:
    number = _number(text, type)
    width, scale = (int(part) for part in type.text[len("DECIMAL(") : -1].split(","))
    written = format(number, "f")
    whole, _, behind = written.lstrip("+-").partition(".")
    if len(behind.rstrip("0")) > scale or len(whole.lstrip("0")) > width - scale:
        raise Misfit(f"{text!r} is no {type.text}: it has more digits")
    return quote_literal(written)


def _float(text: str, type: TypeTree) -> str:
    plain = _SPECIAL.get(text.lower(), text.strip()).replace("_", "")
    if plain.lower().lstrip("+-") in _NOT_FINITE:
        return quote_literal(plain)
    number = float(_number(text, type))
    limit = 3.4028235677973366e38 if type.name == "FLOAT" else float("inf")
    if abs(number) >= limit:
        raise Misfit(f"{text!r} is no {type.text}: it is too large")
    return quote_literal(plain)


def _timed(text: str, type: TypeTree) -> str:
    """A text whose day, time of day and zone the type keeps, all of them."""
    if type.name == "DATE" and not _DAY.fullmatch(text.strip()):
        raise Misfit(f"{text!r} is no {type.text}")
    digits = _FRACTIONS.get(type.name)
    if digits is None:
        return text
    if (found := _FRACTION.search(text)) and len(found[1]) > digits:
        kept = f"{digits} digits of a second" if digits else "whole seconds"
        raise Misfit(f"{text!r} is no {type.text}: that keeps {kept}")
    if "ZONE" in type.name or (not type.name.startswith("TIMESTAMP") and type.name != "TIME"):
        return text
    if at_zero := _WITH_ZERO.fullmatch(text):
        return at_zero[1]
    if not _UNZONED.fullmatch(text):
        raise Misfit(f"{text!r} is no {type.text}: that keeps no zone")
    return text


def _of_mapping(cell: Mapping[str, Any], type: TypeTree, types: Types) -> str:
    if type.name == "MAP":
        key, value = type.parts
        keys = [_part(name, key, types, name) for name in map(Plain, cell)]
        values = [_part(each, value, types, name) for name, each in cell.items()]
        return f"MAP([{', '.join(keys)}], [{', '.join(values)}])"
    if type.name not in ("STRUCT", "UNION"):
        raise Misfit(f"keys with values are no {type.text}")
    known = {str(name).lower(): part for name, part in type.fields}
    for name in cell:
        if name.lower() not in known:
            fields = [str(name) for name, _ in type.fields]
            help = did_you_mean(name, fields) or f"it has {', '.join(fields)}"
            raise Misfit(f"{type.text} has no {name!r}: {help}", name)
    given = {name.lower(): name for name in cell}
    if type.name == "UNION":
        if len(cell) != 1:
            raise Misfit(f"a value of {type.text} has one key")
        ((name, value),) = cell.items()
        inner = _part(value, known[name.lower()], types, name)
        return f"union_value({quote_identifier(name)} := {inner})"
    parts = [
        f"{quote_identifier(str(name))} := "
        + _part(cell.get(given.get(str(name).lower(), "")), part, types, str(name))
        for name, part in type.fields
    ]
    return f"struct_pack({', '.join(parts)})"


def _of_list(cell: Sequence[Any], type: TypeTree, types: Types) -> str:
    if type.name == "TUPLE":
        if len(cell) != len(type.parts):
            raise Misfit(f"{len(cell)} values are no {type.text}")
        pairs = zip(cell, type.parts, strict=True)
        parts = [_part(each, part, types, n) for n, (each, part) in enumerate(pairs)]
        return f"row({', '.join(parts)})"
    if type.name not in ("LIST", "ARRAY"):
        raise Misfit(f"a list is no {type.text}")
    if type.name == "ARRAY" and len(cell) != type.size:
        raise Misfit(f"{len(cell)} values are no {type.text}")
    parts = [_part(each, type.parts[0], types, n) for n, each in enumerate(cell)]
    return f"[{', '.join(parts)}]"


def _part(cell: Any, type: TypeTree, types: Types, place: Any) -> str:
    try:
        return literal(cell, type, types)
    except Misfit as error:
        step = place.text if isinstance(place, Plain) else place
        raise Misfit(error.message, step, *error.path) from None


def _sort(type: TypeTree) -> str:
    return "a list" if type.name in ("LIST", "ARRAY", "TUPLE") else "keys with values"


def _string(text: str) -> str:
    """A text as SQL, also with a NUL in it, at which SQL would end."""
    parts = [quote_literal(part) for part in text.split("\0")]
    return parts[0] if len(parts) == 1 else f"concat({', chr(0), '.join(parts)})"


def json_text(cell: Any) -> str:
    """A value as JSON, its numbers by their own text."""
    import json

    if isinstance(cell, Mapping):
        items = (f"{json.dumps(name)}: {json_text(each)}" for name, each in cell.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(cell, list | tuple):
        return f"[{', '.join(map(json_text, cell))}]"
    if isinstance(cell, Plain):
        is_plain = cell.text in ("true", "false") or _JSON_NUMBER.fullmatch(cell.text)
        return cell.text if is_plain else json.dumps(cell.text, ensure_ascii=False)
    return json.dumps(cell, ensure_ascii=False)


_JSON_NUMBER = Pattern(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
