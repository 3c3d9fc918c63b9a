"""Values of rows in a form that is exact, can be compared, and can be written down again.

DuckDB writes every value that has no others in it as text, which loses nothing; lists and structs
keep their shape. Floats become Python's, as they are compared with a tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.sql.quote import quote_identifier
from seeknal.unittests.types import FLOATS

if TYPE_CHECKING:
    import duckdb

    from seeknal.sql.typetree import TypeTree

_SHAPED = ("LIST", "ARRAY", "STRUCT", "MAP", "TUPLE")
_NAN = "nan"


@frozen
class Odd:
    """An expected value that the column's type does not hold: it equals none."""

    shown: str


def textual(type: TypeTree) -> str:
    """The type with VARCHAR for all in it that is not a list, struct or map."""
    if type.name not in _SHAPED:
        return "VARCHAR"
    return type.spelled([textual(part) for part in type.parts])


def as_text(expression: str, type: TypeTree) -> str:
    """SQL for a value as `read` takes it."""
    if type.name == "UNION":
        tag = f"CAST(union_tag({expression}) AS VARCHAR)"
        return f"{tag} || ': ' || CAST({expression} AS VARCHAR)"
    return f"CAST({expression} AS {textual(type)})"


def read_rows(
    cursor: duckdb.DuckDBPyConnection, scan: str, columns: Sequence[tuple[str, TypeTree]]
) -> list[tuple[Any, ...]]:
    """The rows of ``scan``, of these columns alone."""
    if not columns:
        (count,) = cursor.execute(f"SELECT count(*) FROM {scan}").fetchone() or (0,)
        return [()] * count
    listed = ", ".join(as_text(quote_identifier(name), type) for name, type in columns)
    types = [type for _, type in columns]
    found = cursor.execute(f"SELECT {listed} FROM {scan}").fetchall()
    return [
        tuple(read(value, type) for value, type in zip(row, types, strict=True)) for row in found
    ]


def read(value: Any, type: TypeTree) -> Any:
    """What DuckDB gave for `as_text` of a value: hashable, and equal where the values are."""
    if value is None:
        return None
    if type.name in FLOATS:
        number = float(value)
        # NaN equals itself here, and there is one zero.
        return _NAN if math.isnan(number) else number + 0.0
    if type.name == "JSON":
        return _Json(value)
    if type.name in ("LIST", "ARRAY"):
        return tuple(read(each, type.parts[0]) for each in value)
    if type.name == "STRUCT":
        return tuple(read(value[name], part) for name, part in type.fields)
    if type.name == "TUPLE":
        return tuple(read(each, part) for each, part in zip(value, type.parts, strict=True))
    if type.name == "MAP":
        return _of_map(value, type)
    return value


def _of_map(value: Any, type: TypeTree) -> tuple[Any, ...]:
    key, part = type.parts
    if (
        isinstance(value, dict)
        and set(value) == {"key", "value"}
        and isinstance(value["key"], list)
    ):
        pairs = zip(value["key"], value["value"], strict=True)
    else:
        pairs = value.items()
    read_pairs = [(read(name, key), read(each, part)) for name, each in pairs]
    return tuple(sorted(read_pairs, key=lambda pair: repr(pair[0])))


class _Json(str):
    """JSON text that equals any other with the same content."""

    __slots__ = ("content",)

    def __new__(cls, text: str) -> _Json:
        import json

        found = super().__new__(cls, text)
        parsed = json.loads(text, parse_float=_exact, parse_constant=str, object_pairs_hook=_keyed)
        found.content = json.dumps(parsed, sort_keys=True, default=str)
        return found

    content: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Json) and self.content == other.content

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.content)


def _keyed(pairs: list[tuple[str, Any]]) -> Any:
    """An object; where it has a key twice, all of its pairs in their order."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else {"": pairs, "twice": True}


def _exact(text: str) -> Any:
    from decimal import Decimal

    return str(Decimal(text).normalize())


def alike(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two values of one type are equal, floats within a part of the larger."""
    if a == b:
        return not (isinstance(a, Odd) or isinstance(b, Odd))
    if isinstance(a, float) and isinstance(b, float):
        if math.isinf(a) or math.isinf(b):
            return False
        return abs(a - b) <= tolerance * max(abs(a), abs(b))
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(
            alike(one, other, tolerance) for one, other in zip(a, b, strict=True)
        )
    return False


def firm(value: Any) -> Any:
    """What of a value is equal wherever `alike` says that two are: all but its floats."""
    if isinstance(value, float):
        return 0.0
    return tuple(map(firm, value)) if isinstance(value, tuple) else value


def shown(value: Any, type: TypeTree) -> str:
    """A value for people: text as it is where that is no other value's, else in quotes."""
    if value is None:
        return "NULL"
    if isinstance(value, Odd):
        return value.shown
    if isinstance(value, float):
        return repr(value)
    if not isinstance(value, tuple):
        odd = not value or value == "NULL" or value != value.strip()
        return repr(str(value)) if odd else str(value)
    if type.name == "MAP":
        key, part = type.parts
        return "{" + ", ".join(f"{shown(k, key)}: {shown(v, part)}" for k, v in value) + "}"
    if type.name == "STRUCT":
        items = zip(type.fields, value, strict=True)
        return "{" + ", ".join(f"{name}: {shown(v, part)}" for (name, part), v in items) + "}"
    parts = type.parts if type.name == "TUPLE" else type.parts * len(value)
    inner = ", ".join(shown(each, part) for each, part in zip(value, parts, strict=True))
    return f"({inner})" if type.name == "TUPLE" else f"[{inner}]"
