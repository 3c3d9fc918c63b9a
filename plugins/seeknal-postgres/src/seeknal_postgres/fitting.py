"""Which column of a table takes what is delivered: any value of it, some, or none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_postgres.writetypes import any_element

if TYPE_CHECKING:
    from seeknal_postgres.writetypes import Writing

_INTEGERS = {"smallint": 5, "integer": 10, "bigint": 19}
"""How many digits the largest has."""
_DUCKDB = {"smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT"}
_NUMERIC = re.compile(r"numeric(?:\((\d+),(-?\d+)\))?")
_LENGTH = re.compile(r"\((\d+)\)")
_TEXT = "CAST({} AS VARCHAR)"
_LONG = "is too long"
_BLANKS = "is too long, or ends in blanks, which it does not keep"
_SIZE = f"length({_TEXT})"
_ROUNDING = ("interval", "time with time zone")
"""With a precision, these round what text says."""
_CUTTING = ("timestamp without time zone", "timestamp with time zone", "time without time zone")
_TEXTS = ("text", "character varying", "character", "name", "citext")
_PARSED = (
    *("uuid", "json", "jsonb", "xml", "inet", "cidr", "macaddr", "macaddr8", "interval"),
    *(
        "time with time zone",
        "bit",
        "bit varying",
        "hstore",
        "ltree",
        "tsvector",
        "tsquery",
        "point",
        "geometry",
    ),
    *("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "money"),
)
"""Types whose values text may hold: the server parses each, or refuses it."""


@frozen(kw_only=True)
class Fit:
    """How much of what is delivered a column takes.

    ``unfit`` is DuckDB's condition, ``{}`` a value, for what it would refuse or change, and
    ``why`` says so to people;
    ``parsed`` says that the server alone can tell, and refuses. With neither it takes all.
    ``ours`` when the type is one that a delivery would choose: it may be changed for another.
    """

    takes: bool
    unfit: str = ""
    why: str = "is out of its range"
    parsed: bool = False
    ours: bool = False

    @property
    def all(self) -> bool:
        return self.takes and not self.unfit and not self.parsed


_ALL = Fit(takes=True)
_NONE = Fit(takes=False)


def fit_of(actual: str, writing: Writing, *, parsed: bool = False) -> Fit:
    """How a column of type ``actual`` takes a column on its way.

    ``parsed``: the type, or that of its elements, is one that the server reads from text.
    """
    if actual == writing.type:
        return _ALL
    if writing.type == "text":
        return _of_number(actual, writing) or _of_text(actual, parsed)
    if writing.type.endswith("[]"):
        return _of_list(actual, writing, parsed) if actual.endswith("[]") else _NONE
    return _of_scalar(actual, writing.type)


def condition(fit: Fit, writing: Writing) -> str:
    """DuckDB's condition for values of the column, or elements of it, that do not fit."""
    return any_element(writing.kind, writing.quoted, fit.unfit)


def _of_list(actual: str, writing: Writing, parsed: bool) -> Fit:
    one, wanted = actual[:-2], writing.type[:-2]
    if one == wanted:
        return _ALL
    if wanted == "text" and (number := _of_number(one, writing)):
        return number
    if wanted == "text":
        return _of_text(one, parsed) if "(" not in one or _base(one) in _TEXTS else _NONE
    return _of_scalar(one, wanted)


def _of_number(actual: str, writing: Writing) -> Fit | None:
    """How a column of numbers takes text: with each digit, or not at all."""
    there = _NUMERIC.fullmatch(actual) if writing.numeric else None
    if there is None:
        return None
    if there[2] is None:
        return Fit(takes=True, parsed=True)
    scale = int(there[2])
    if scale < 0:
        return _NONE
    number = rf"[-+]?\d*(\.\d{{0,{scale}}}0*)?|[-+]?(nan|inf|infinity)"
    unfit = rf"NOT regexp_full_match({_TEXT}, '\s*({number})\s*', 'i')"
    return Fit(takes=True, unfit=unfit, why="is no number of so few digits", parsed=True)


def _of_text(actual: str, parsed: bool) -> Fit:
    base, length = _base(actual), _LENGTH.search(actual)
    if actual in ("text", "character varying", "citext"):
        return _ALL
    if base == "character varying" and length:
        return Fit(takes=True, unfit=f"{_SIZE} > {length[1]}", why=_LONG)
    if base == "character" and length:
        # It pads with blanks, and forgets those that were there.
        return Fit(
            takes=True, unfit=f"{_SIZE} > {length[1]} OR ends_with({_TEXT}, ' ')", why=_BLANKS
        )
    if actual == "name":
        return Fit(takes=True, unfit=f"strlen({_TEXT}) > 63", why=_LONG)
    if parsed or (base in _PARSED and not (length and base in _ROUNDING)):
        return Fit(takes=True, parsed=True, ours=not parsed)
    if base.endswith("[]") and "(" not in actual:
        return Fit(takes=True, parsed=True, ours=True)
    return _NONE


def _of_scalar(actual: str, wanted: str) -> Fit:
    if wanted in _INTEGERS:
        return _of_integer(actual, wanted)
    if wanted.startswith("numeric"):
        return _of_numeric(actual, wanted)
    base, length = _base(actual), _LENGTH.search(actual)
    if base == wanted and wanted in _CUTTING and length:
        return Fit(takes=True, unfit=_finer(wanted, int(length[1])), why="would be rounded")
    if (wanted, base) == ("date", "timestamp without time zone"):
        return Fit(takes=True, unfit="TRY_CAST({} AS TIMESTAMP) IS NULL AND NOT isinf({})")
    if wanted == "bit varying" and base in ("bit", "bit varying") and length:
        compared = "<>" if base == "bit" else ">"
        return Fit(takes=True, unfit=f"{_SIZE} {compared} {length[1]}", why="is of another length")
    pairs = {("real", "double precision"), ("jsonb", "json")}
    return _ALL if (wanted, actual) in pairs else _NONE


def _finer(type: str, digits: int) -> str:
    step = 10 ** (6 - digits)
    if type.startswith("timestamp"):
        return f"NOT isinf({{}}) AND epoch_us({{}}) % {step} <> 0"
    return f"epoch_us(CAST({{}} AS TIME)) % {step} <> 0"


def _of_integer(actual: str, wanted: str) -> Fit:
    if actual in _INTEGERS:
        wider = _INTEGERS[actual] >= _INTEGERS[wanted]
        return _ALL if wider else Fit(takes=True, unfit=_not_a(actual), ours=True)
    if actual == "oid":
        # The server would count back from the largest.
        return Fit(takes=True, unfit="{} NOT BETWEEN 0 AND 4294967295")
    there = _NUMERIC.fullmatch(actual)
    if there is not None and int(there[2] or 0) >= 0:
        return _room(there, _INTEGERS[wanted])
    return _ALL if wanted != "bigint" and actual == "double precision" else _NONE


def _of_numeric(actual: str, wanted: str) -> Fit:
    there, ours = _NUMERIC.fullmatch(actual), _NUMERIC.fullmatch(wanted)
    assert ours is not None
    if ours[1] is None:
        return _NONE
    digits, scale = int(ours[1]), int(ours[2])
    if there is not None:
        if there[2] is not None and int(there[2]) < scale:
            return _NONE
        return _room(there, digits - scale)
    if actual == "money" and scale <= 2:
        return Fit(takes=True, parsed=True)
    if actual in _INTEGERS and scale == 0:
        fits = digits < _INTEGERS[actual]
        return _ALL if fits else Fit(takes=True, unfit=_not_a(actual), ours=True)
    return _NONE


def _room(there: re.Match[str], before: int) -> Fit:
    """Whether ``before`` digits have room before the point."""
    if there[1] is None or int(there[1]) - int(there[2]) >= before:
        return _ALL
    room = int(there[1]) - int(there[2])
    digits = "ltrim(split_part(CAST({} AS VARCHAR), '.', 1), '-0')"
    return Fit(takes=True, unfit=f"length({digits}) > {room}", ours=True)


def _not_a(type: str) -> str:
    return f"{{}} IS NOT NULL AND TRY_CAST({{}} AS {_DUCKDB[type]}) IS NULL"


def _base(type: str) -> str:
    return re.sub(r"\(.*?\)", "", type)


def cast_to(actual: str, writing: Writing) -> str:
    """The staged column as a value for a column of type ``actual``."""
    base = _base(actual)
    if writing.stage_type != "text" or base in _TEXTS:
        # Assignment refuses what is too long; an explicit cast would cut it off.
        return writing.quoted
    if base in ("bit", "bit varying"):
        return f"CAST({writing.quoted} AS bit varying)"
    return f"CAST({writing.quoted} AS {actual})"
