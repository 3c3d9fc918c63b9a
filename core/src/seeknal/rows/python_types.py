"""Which DuckDB types Python values have, and how values are written for DuckDB to read."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from attrs import frozen

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


class Mixture(Exception):
    """A value that does not fit the others of its column; ``row`` counts from 0 in the batch."""

    def __init__(self, message: str, row: int = 0, help: str | None = None) -> None:
        super().__init__(message)
        self.row = row
        self.help = help


class Nanoseconds(str):
    """A moment that has nanoseconds, which no class of Python's own can hold, as text."""

    __slots__ = ()


class Far(str):
    """DATE or TIMESTAMP, of values of which some are too far away for TIMESTAMP_NS."""

    __slots__ = ()


class _Null:
    """What the csv module writes without quotes, as it does numbers: the text of NULL."""

    def __float__(self) -> float:
        return 0.0

    def __str__(self) -> str:
        return "\\N"


NULL = _Null()

_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    Decimal: "decimal",
    bytes: "bytes",
    bytearray: "bytes",
    memoryview: "bytes",
    Nanoseconds: "nanoseconds",
    datetime: "datetime",
    date: "date",
    time: "time",
    timedelta: "timedelta",
    UUID: "uuid",
    list: "list",
    tuple: "list",
    dict: "dict",
}

_SCALARS = {
    "bool": "BOOLEAN",
    "float": "DOUBLE",
    "str": "VARCHAR",
    "bytes": "BLOB",
    "timedelta": "INTERVAL",
    "uuid": "UUID",
    "nanoseconds": "TIMESTAMP_NS",
}


def kind_of(cls: type[Any]) -> str:
    """A word for how values of ``cls`` are treated; empty for what cannot be a value."""
    if cls not in _KINDS:
        _KINDS[cls] = _find_kind(cls)
    return _KINDS[cls]


def _find_kind(cls: type[Any]) -> str:
    if cls.__name__ in ("NaTType", "NAType"):
        return "null"
    package = cls.__module__.partition(".")[0]
    if package == "numpy" and not issubclass(cls, str | bytes | float):
        return "foreign"
    if package == "pandas" and cls.__name__ in ("Timestamp", "Timedelta"):
        return "foreign"
    known = (_KINDS[base] for base in cls.__mro__ if base in _KINDS)
    return next(known, "dict" if issubclass(cls, Mapping) else "")


def plain(values: Sequence[object]) -> Sequence[object]:
    """``values`` with the scalars and arrays of numpy and pandas as Python's own.

    Raises Mixture for one that Python has nothing for.
    """
    if all(kind_of(cls) != "foreign" for cls in set(map(type, values))):
        return values
    return [_own(value, row) for row, value in enumerate(values)]


def _own(value: Any, row: int = 0) -> object:
    if kind_of(type(value)) != "foreign":
        return value
    try:
        return _from_pandas(value) if hasattr(value, "to_numpy") else _from_numpy(value)
    except Mixture as error:
        raise Mixture(str(error), row, error.help) from None


def _from_pandas(value: Any) -> object:
    """A Timestamp or a Timedelta, which are Python's own with nanoseconds."""
    if not hasattr(value, "nanosecond"):
        return _duration(value.to_numpy())
    if not value.nanosecond:
        return value.to_pydatetime()
    if value.tzinfo is not None:
        text = f"{value} has nanoseconds, and times with a zone have microseconds"
        raise Mixture(text, help="round it: .floor('us'), or take the zone away")
    return _nanoseconds(value.to_numpy())


def _nanoseconds(value: Any) -> Nanoseconds:
    # DuckDB reads no text of the first hours that it holds, and calls the last one infinity.
    if not _FIRST_NANOSECOND <= int(value.astype("M8[ns]").astype("i8")) < BIG - 1:
        raise Mixture(_FARTHER.format(value), help=_CONVERT)
    return Nanoseconds(str(value))


def _from_numpy(value: Any) -> object:
    kind = value.dtype.kind
    if kind not in "mMV" and not value.dtype.names:
        return value.tolist()
    if value.ndim:
        return [_own(item) for item in value]
    if value.dtype.names:
        return {name: _own(value[name]) for name in value.dtype.names}
    if kind == "V":
        return value.tolist()
    scalar = value[()]
    return _moment(scalar) if kind == "M" else _duration(scalar)


_CALENDAR = ("Y", "M", "W", "D")
_UNITS = ("h", "m", "s", "ms", "us")
_FIRST_NANOSECOND = -9_223_286_400_000_000_000
_FARTHER = "the moment {} is finer or farther than DuckDB holds"


def _moment(value: Any) -> object:
    """A datetime64 as what holds it: a date, a datetime, or the text of one with nanoseconds."""
    if value != value:
        return None
    fine = value if _unit(value) in (*_CALENDAR, *_UNITS) else value.astype("M8[ns]")
    nanoseconds = _unit(fine) == "ns"
    if fine != value or (not nanoseconds and isinstance(fine.tolist(), int)):
        raise Mixture(_FARTHER.format(value), help=_CONVERT)
    return _nanoseconds(fine) if nanoseconds else fine.tolist()


def _duration(value: Any) -> object:
    if value != value:
        return None
    short = None if _unit(value) in ("Y", "M", "generic") else value.astype("m8[us]")
    if short is None or short != value or not isinstance(short.tolist(), timedelta):
        text = f"the duration of {value!r} is no whole number of microseconds"
        raise Mixture(text, help="round it to microseconds")
    return short.tolist()


def _unit(value: Any) -> str:
    text = str(value.dtype)
    return text[text.index("[") + 1 : -1] if "[" in text else "generic"


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
        raise Mixture(f"a value of type {cls.__name__} cannot be stored", help=_CONVERT)
    return _DETAILED[kind]([value for value in values if type(value) is cls])


_CONVERT = "convert it to text, a number, a date, a list or a dict"


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


def is_nested(type: str) -> bool:
    """Whether values of a DuckDB type travel as JSON."""
    upper = type.upper()
    return upper.endswith("]") or upper.startswith(("STRUCT", "MAP", "UNION"))


@frozen(kw_only=True)
class Written:
    """A column ready for the CSV text; ``sql`` reads it back as ``type``."""

    values: Sequence[object]
    type: str
    sql: Callable[[str], str]


def write_inferred(type: Any, values: Sequence[object]) -> Written:
    """Values of a type that was found in them.

    What is nested stays JSON text until the last value has shaped its type; intervals stay text
    because Parquet has no negative ones.
    """
    name = name_of(type)
    if isinstance(type, ListOf | StructOf) or type == "INTERVAL":
        return Written(values=_as_text(values), type="VARCHAR", sql=lambda column: column)
    return Written(values=_as_text(values), type=name, sql=_reader(name))


def write_declared(type: str, values: Sequence[object]) -> Written:
    """Values that are to be of ``type``. Raises Mixture for one that would change silently."""
    checks = _CHECKS.get(type.upper().partition("(")[0].strip(), {})
    for cls in set(map(builtins.type, values)):
        kind = kind_of(cls)
        if not kind:
            raise Mixture(f"a value of type {cls.__name__} cannot be stored", help=_CONVERT)
        if kind in checks:
            _check(type, cls, values, checks[kind])
    if type.upper() == "BLOB":
        values = [value.encode() if isinstance(value, str) else value for value in values]
    if type.upper() == "INTERVAL":
        return Written(values=_as_text(values), type="VARCHAR", sql=lambda column: column)
    return Written(values=_as_text(values), type=type, sql=_reader(type))


def _check(type: str, cls: type, values: Sequence[object], fits: Callable[[Any], bool]) -> None:
    for row, value in enumerate(values):
        if builtins.type(value) is cls and not fits(value):
            text = repr(value)
            raise Mixture(f"{text if len(text) < 60 else text[:57] + '...'} is not a {type}", row)


def _is_whole(value: Any) -> bool:
    return bool(value == value and abs(value) != float("inf") and value == int(value))


def _never(value: object) -> bool:
    return False


Checks = dict[str, Callable[[Any], bool]]
_WHOLE: Checks = {"float": _is_whole, "decimal": _is_whole, "bytes": _never}
_DAY: Checks = {"datetime": lambda value: bool(value.time() == time()), "bytes": _never}
_TEXT: Checks = {"bytes": _never}
_WHOLE_TYPES = (
    *("TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)
_CHECKS: dict[str, Checks] = {
    **dict.fromkeys(_WHOLE_TYPES, _WHOLE),
    **dict.fromkeys(("VARCHAR", "TEXT", "STRING"), _TEXT),
    "DATE": _DAY,
}


def _reader(type: str) -> Callable[[str], str]:
    if type.upper() == "VARCHAR":
        return lambda column: column
    if type.upper() == "BLOB":
        return lambda column: f"unhex({column})"
    if is_nested(type):
        return lambda column: f"CAST(CAST({column} AS JSON) AS {type})"
    return lambda column: f"CAST({column} AS {type})"


def _as_text(values: Sequence[object]) -> Sequence[object]:
    """Each value as something whose ``str`` DuckDB understands."""
    writers = {cls: _WRITERS.get(kind_of(cls)) for cls in set(map(type, values))}
    if not any(writers.values()):
        return values
    return [value if (write := writers[type(value)]) is None else write(value) for value in values]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_json_value)


def _json_value(value: Any) -> object:
    kind = kind_of(type(value))
    if kind == "foreign":
        return _own(value)
    if kind == "timedelta":
        return _interval(value)
    if kind == "bytes":
        raise Mixture("bytes inside a list or dict", help="write them as text, such as base64")
    return dict(value) if kind == "dict" else str(value)


def _interval(value: Any) -> str:
    return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"


_WRITERS: dict[str, Callable[[Any], object]] = {
    "null": lambda value: NULL,
    "bool": lambda value: "true" if value else "false",
    "bytes": lambda value: bytes(value).hex(),
    "timedelta": _interval,
    "list": _json,
    "dict": _json,
}
