"""Values of keys that are looked up, as the texts of which the server makes the key's type.

What can be no value of a key is looked up as NULL, which equals nothing.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from seeknal.plugin import DeliveryError

Texts = Callable[[object], str | None]

_BITS = {"smallint": 15, "integer": 31, "bigint": 63}


def texts_for(key: str, type: str) -> Texts:
    """Makes the texts of values of a key whose column is of PostgreSQL's ``type``.

    They raise DeliveryError for values that are of no type like it.
    """
    make = _MAKERS.get(re.sub(r"\(.*\)", "", type))

    def text(value: object) -> str | None:
        if value is None:
            return None
        found = make(value, type) if make is not None else NotImplemented
        if found is NotImplemented:
            raise DeliveryError(
                f"{key} is looked up by a value of type {value.__class__.__name__},"
                f" and kept as {type}",
                code="SK1384",
                help="give a value of the type that the key has in the feature group",
            )
        return None if found is None else str(found)

    return text


def array_of(type: str) -> str:
    """The type of an array of values of a key, none of which is rounded to the key's own scale."""
    return f"{re.sub(r'^numeric.*', 'numeric', type)}[]"


def _whole(value: object, type: str) -> object:
    if isinstance(value, bool):
        return NotImplemented
    if isinstance(value, Decimal):
        if not value.is_finite() or value != value.to_integral_value():
            return None
        value = int(value)
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return NotImplemented
    limit = 1 << _BITS.get(type, 200)
    return number if -limit <= number < limit else None


def _number(value: object, type: str) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else None
    return _whole(value, type)


def _text(value: object, _: str) -> object:
    if not isinstance(value, str):
        return NotImplemented
    # No text of PostgreSQL's has them.
    return None if "\0" in value or _is_broken(value) else str(value)


def _is_broken(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _boolean(value: object, _: str) -> object:
    if value.__class__.__name__ in ("bool", "bool_"):
        return "true" if value else "false"
    return NotImplemented


def _date(value: object, _: str) -> object:
    if isinstance(value, str):
        value = _read(date.fromisoformat, value)
    if isinstance(value, datetime) or not isinstance(value, date):
        return NotImplemented
    return value.isoformat()


def _moment(value: object, type: str) -> object:
    if isinstance(value, str):
        value = _read(datetime.fromisoformat, value)
    if not isinstance(value, datetime):
        return NotImplemented
    zoned = value.tzinfo is not None
    return value.isoformat() if zoned == (type == _ZONED) else NotImplemented


def _uuid(value: object, _: str) -> object:
    found = _read(UUID, value) if isinstance(value, str) else value
    return found if isinstance(found, UUID) else NotImplemented


def _bytes(value: object, _: str) -> object:
    return f"\\x{bytes(value).hex()}" if isinstance(value, bytes | bytearray) else NotImplemented


def _read(make: Callable[[str], object], text: str) -> object:
    try:
        return make(text)
    except ValueError:
        return NotImplemented


_ZONED = "timestamp with time zone"
_MAKERS: dict[str, Callable[[object, str], object]] = {
    **dict.fromkeys(_BITS, _whole),
    "numeric": _number,
    "text": _text,
    "boolean": _boolean,
    "date": _date,
    "timestamp without time zone": _moment,
    _ZONED: _moment,
    "uuid": _uuid,
    "bytea": _bytes,
}
