"""Arrays, maps and structs, as StarRocks writes them: ``[1,null]``, ``{"a":1}``, ``{1:"x"}``.

It is not JSON: keys of maps are written as their type is. What is read are lists, pairs and dicts
of texts, which DuckDB casts to the types that they are declared to have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal_starrocks.reading.packets import Broken

if TYPE_CHECKING:
    from seeknal_starrocks.reading.splitting import Values

_QUOTES = "\"'"
_AFTER = ",:]}"
_LISTS = ("list", "array")


def is_nested(type: Any) -> bool:
    """Whether a type, DuckDB's object for it, is one of several values."""
    return type.id in (*_LISTS, "map", "struct")


def of_texts(type: Any) -> Any:
    """The Arrow type of the same form, with texts for all values within it."""
    import pyarrow

    if type.id in _LISTS:
        return pyarrow.list_(of_texts(type.children[0][1]))
    if type.id == "map":
        (_, key), (_, value) = type.children
        return pyarrow.map_(of_texts(key), of_texts(value))
    if type.id == "struct":
        return pyarrow.struct([(name, of_texts(part)) for name, part in type.children])
    return pyarrow.string()


def read_nested(values: Values, type: Any, column: str) -> Any:
    """An Arrow array of that form. Raises Broken for a text that is written otherwise."""
    import pyarrow

    data = memoryview(values.data)
    found: list[Any] = []
    for begin, length, null in zip(
        values.begins.tolist(), values.lengths.tolist(), values.nulls.tolist(), strict=True
    ):
        found.append(None if null else _whole(bytes(data[begin : begin + length]), type, column))
    return pyarrow.array(found, type=of_texts(type))


def _whole(written: bytes, type: Any, column: str) -> Any:
    try:
        text = written.decode()
        value, at = _value(text, 0, type)
        if at != len(text):
            raise ValueError(at)
    except (ValueError, IndexError):
        raise Broken(f"column {column!r} has a value that is not written as {type}") from None
    return value


def _value(text: str, at: int, type: Any) -> tuple[Any, int]:
    """The value that begins there, and where what follows it begins. Raises ValueError."""
    if text.startswith("null", at) and text[at + 4 : at + 5] in ("", *_AFTER):
        return None, at + 4
    if type.id == "array":
        items, end = _items(text, at, type.children[0][1])
        if len(items) != type.children[1][1]:
            raise ValueError(at)
        return items, end
    if type.id == "list":
        return _items(text, at, type.children[0][1])
    if type.id == "map":
        return _pairs(text, at, type)
    if type.id == "struct":
        return _fields(text, at, type)
    if text[at] in _QUOTES:
        return _quoted(text, at)
    end = at
    while end < len(text) and text[end] not in _AFTER:
        end += 1
    if end == at:
        raise ValueError(at)
    return text[at:end], end


def _items(text: str, at: int, type: Any) -> tuple[list[Any], int]:
    at = _past(text, at, "[")
    found: list[Any] = []
    while text[at] != "]":
        if found:
            at = _past(text, at, ",")
        value, at = _value(text, at, type)
        found.append(value)
    return found, at + 1


def _pairs(text: str, at: int, type: Any) -> tuple[list[Any], int]:
    at = _past(text, at, "{")
    (_, key_type), (_, value_type) = type.children
    found: list[Any] = []
    while text[at] != "}":
        if found:
            at = _past(text, at, ",")
        key, at = _value(text, at, key_type)
        value, at = _value(text, _past(text, at, ":"), value_type)
        found.append((key, value))
    return found, at + 1


def _fields(text: str, at: int, type: Any) -> tuple[dict[str, Any], int]:
    """Each has to be there, in the order of the type."""
    at = _past(text, at, "{")
    found: dict[str, Any] = {}
    for name, part in type.children:
        if found:
            at = _past(text, at, ",")
        written, at = _quoted(text, at)
        if written.lower() != name.lower():
            raise ValueError(name)
        found[name], at = _value(text, _past(text, at, ":"), part)
    return found, _past(text, at, "}")


def _quoted(text: str, at: int) -> tuple[str, int]:
    """A text in quotes, in which the quote and the backslash have a backslash before them."""
    quote = text[at]
    if quote not in _QUOTES:
        raise ValueError(at)
    parts: list[str] = []
    begin = at = at + 1
    while text[at] != quote:
        if text[at] == "\\":
            if text[at + 1] not in (quote, "\\"):
                raise ValueError(at)
            parts.append(text[begin:at])
            begin, at = at + 1, at + 1
        at += 1
    return "".join((*parts, text[begin:at])), at + 1


def _past(text: str, at: int, sign: str) -> int:
    """Behind a sign, and the spaces that follow it."""
    if text[at] != sign:
        raise ValueError(at)
    at += 1
    while text[at : at + 1] == " ":
        at += 1
    return at
