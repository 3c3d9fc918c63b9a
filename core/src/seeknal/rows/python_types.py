"""Which DuckDB types Python values have: the narrowest that hold all values of a column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from attrs import frozen

from seeknal.rows.python_values import CONVERT, Mixture, kind_of, plain
from seeknal.sql.quote import quote_identifier

BIG = 2**63
HUGE = 2**127

EXACT_IN_DOUBLE = 2**53
DIGITS = 38


@frozen
class Whole:
    """Whole numbers, of which these are the least and the greatest."""

    low: int
    high: int

    def __str__(self) -> str:
        return "BIGINT" if self.low >= -BIG and self.high < BIG else "HUGEINT"

    @property
    def digits(self) -> int:
        return len(str(max(abs(self.low), abs(self.high))))


@frozen
class DecimalOf:
    """Decimals, with as many digits before the point and after it as any of them has."""

    digits: int
    places: int

    def __str__(self) -> str:
        return f"DECIMAL({DIGITS},{self.places})"


@frozen
class ListOf:
    """A list whose items are of one type."""

    item: Any

    def __str__(self) -> str:
        return f"{name_of(self.item)}[]"


@frozen
class StructOf:
    """A dict; keys that only some values have are NULL in the others."""

    fields: Mapping[str, Any]

    def __str__(self) -> str:
        if not self.fields:
            return "JSON"
        items = (f"{quote_identifier(key)} {name_of(type)}" for key, type in self.fields.items())
        return f"STRUCT({', '.join(items)})"


def name_of(type: Any) -> str:
    """DuckDB's name of an inferred type."""
    return "VARCHAR" if type is None else str(type)


class Far(str):
    """DATE or TIMESTAMP, of values of which some are too far away for TIMESTAMP_NS."""

    __slots__ = ()


_SCALARS = {
    "bool": "BOOLEAN",
    "float": "DOUBLE",
    "str": "VARCHAR",
    "bytes": "BLOB",
    "timedelta": "INTERVAL",
    "uuid": "UUID",
    "nanoseconds": "TIMESTAMP_NS",
}


def learn(known: Any, values: Sequence[object]) -> Any:
    """The type of a column whose earlier values had type ``known``.

    Raises Mixture for the first value that fits no common type.
    """
    try:
        return merge(known, type_of(values))
    except Mixture:
        for row, value in enumerate(values):
            try:
                known = merge(known, type_of([value]))
            except Mixture as error:
                raise Mixture(str(error), row, error.help) from None
        raise


def type_of(values: Sequence[object]) -> Any:
    """The common type of ``values``."""
    common: Any = None
    for cls in sorted(set(map(type, values)), key=lambda cls: cls.__name__):
        kind = kind_of(cls)
        if kind != "null":
            common = merge(common, _type_of_kind(kind, cls, values))
    return common


def _type_of_kind(kind: str, cls: type, values: Sequence[Any]) -> Any:
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind not in _DETAILED:
        raise Mixture(f"a value of type {cls.__name__} cannot be stored", help=CONVERT)
    return _DETAILED[kind]([value for value in values if type(value) is cls])


def _integers(values: Sequence[int]) -> Whole:
    low, high = min(values), max(values)
    if low >= -HUGE and high < HUGE:
        return Whole(low, high)
    raise Mixture("a whole number of more than 128 bits", help="store it as text")


def _decimals(values: Sequence[Decimal]) -> DecimalOf:
    return _fitting(max(map(_digits, values)), max(map(_places, values)))


def _digits(value: Decimal) -> int:
    if not value.is_finite():
        raise Mixture(f"{value} among decimals", help="store it as None, or all as floats")
    return max(value.adjusted() + 1, 1)


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _fitting(digits: int, places: int) -> DecimalOf:
    if places > DIGITS:
        raise Mixture("a decimal of more than 38 places", help="round it, or store it as text")
    if digits + places > DIGITS:
        raise Mixture(
            f"numbers of {digits} digits before the point and {places} after it,"
            f" where a decimal has {DIGITS} in all",
            help="round them, or store them as text",
        )
    return DecimalOf(digits, places)


def _datetimes(values: Sequence[datetime]) -> str:
    aware = [value.tzinfo is not None for value in values]
    if any(aware) and not all(aware):
        raise Mixture("times with and without a time zone in one column", help=_ZONES)
    if aware[0]:
        return "TIMESTAMP WITH TIME ZONE"
    return "TIMESTAMP" if _are_near([value.date() for value in values]) else Far("TIMESTAMP")


def _dates(values: Sequence[date]) -> str:
    return "DATE" if _are_near(values) else Far("DATE")


def _are_near(days: Sequence[date]) -> bool:
    """Whether TIMESTAMP_NS has all of these days, to their last nanosecond."""
    return min(days) > date(1677, 9, 21) and max(days) < date(2262, 4, 11)


_ZONES = "give all of them a time zone, or none"


def _times(values: Sequence[time]) -> str:
    aware = [value.tzinfo is not None for value in values]
    if any(aware) and not all(aware):
        raise Mixture("times with and without a time zone in one column", help=_ZONES)
    return "TIME WITH TIME ZONE" if aware[0] else "TIME"


def _lists(values: Sequence[Sequence[object]]) -> ListOf:
    return ListOf(type_of(plain([item for value in values for item in value])))


def _dicts(values: Sequence[Mapping[str, object]]) -> StructOf:
    fields: dict[str, Any] = {}
    for value in values:
        if len({str(key) for key in value}) < len(value):
            raise Mixture(f"a dict has two keys that read alike: {_alike(value)}")
        for key, item in value.items():
            fields[str(key)] = merge(fields.get(str(key)), type_of(plain([item])))
    return StructOf(_unequal(fields))


def _alike(keys: Iterable[object]) -> str:
    seen: dict[str, object] = {}
    for key in keys:
        if (text := str(key).lower()) in seen:
            return f"{seen[text]!r} and {key!r}"
        seen[text] = key
    return ""


def _unequal(fields: dict[str, Any]) -> dict[str, Any]:
    """DuckDB tells the fields of a STRUCT apart by more than case."""
    if found := _alike(fields):
        raise Mixture(f"keys of a dict differ in case alone: {found}", help="rename one")
    return fields


_DETAILED: dict[str, Callable[[Sequence[Any]], Any]] = {
    "int": _integers,
    "decimal": _decimals,
    "date": _dates,
    "datetime": _datetimes,
    "time": _times,
    "list": _lists,
    "dict": _dicts,
}


def merge(left: Any, right: Any) -> Any:
    """The narrowest type that holds both. Raises Mixture when there is none."""
    if left is None or (left == right and not isinstance(left, Far)):
        return right
    if right is None or left == right:
        return left
    if isinstance(left, ListOf) and isinstance(right, ListOf):
        return ListOf(merge(left.item, right.item))
    if isinstance(left, StructOf) and isinstance(right, StructOf):
        keys = {**left.fields, **right.fields}
        merged = {key: merge(left.fields.get(key), right.fields.get(key)) for key in keys}
        return StructOf(_unequal(merged))
    if (wider := _wider(left, right)) is not None:
        return wider
    raise Mixture(
        f"{_word(right)} where other rows have {_word(left)}",
        help="give all rows of a column one type, or declare the column's type",
    )


def _wider(left: Any, right: Any) -> Any:
    if isinstance(left, Whole) and isinstance(right, Whole):
        return Whole(min(left.low, right.low), max(left.high, right.high))
    if isinstance(left, Whole | DecimalOf) and isinstance(right, Whole | DecimalOf):
        places = [entry.places for entry in (left, right) if isinstance(entry, DecimalOf)]
        return _fitting(max(left.digits, right.digits), max(places))
    if "DOUBLE" in (left, right):
        whole = left if right == "DOUBLE" else right
        return _beside_floats(whole) if isinstance(whole, Whole) else None
    moments = {"DATE", "TIMESTAMP", "TIMESTAMP_NS"}
    if left in moments and right in moments:
        return _both_moments(left, right)
    return None


def _both_moments(left: str, right: str) -> str:
    far = isinstance(left, Far) or isinstance(right, Far)
    if "TIMESTAMP_NS" not in (left, right):
        return Far("TIMESTAMP") if far else "TIMESTAMP"
    if far:
        raise Mixture(
            "moments with nanoseconds and moments before 1677 or after 2262 in one column",
            help="round them to microseconds, or leave out those that are far away",
        )
    return "TIMESTAMP_NS"


def _beside_floats(whole: Whole) -> str:
    if max(-whole.low, whole.high) > EXACT_IN_DOUBLE:
        large = whole.high if whole.high > EXACT_IN_DOUBLE else whole.low
        raise Mixture(
            f"floats and the whole number {large}, which a float would round, in one column",
            help="make all of them decimals or text, or all of them floats",
        )
    return "DOUBLE"


def _word(type: Any) -> str:
    if isinstance(type, ListOf):
        return "a list"
    return "a dict" if isinstance(type, StructOf) else str(type)


def shape_of(type: Any) -> object:
    """A nested type as ``from_json`` takes it."""
    if isinstance(type, ListOf):
        return [shape_of(type.item)]
    if isinstance(type, StructOf):
        fields = {key: shape_of(item) for key, item in type.fields.items()}
        return fields or "JSON"
    return name_of(type)
