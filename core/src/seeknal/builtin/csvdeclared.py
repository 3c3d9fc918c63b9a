"""How the text of a CSV file is read as a declared type: exactly, or not at all.

DuckDB's own casts round ``3.75`` to a BIGINT, cut the time off a DATE and drop the offset of a
TIMESTAMP; here such a text does not fit its type.
"""

from __future__ import annotations

import re
from typing import Any

from seeknal.builtin.csvkinds import TEXT, Kind, cast, matches, numbers
from seeknal.builtin.misfits import (
    MOMENT_WORDS,
    SECOND_DECIMALS,
    UTC_ZONE,
    WHOLE,
    clock_pattern,
    misfit,
)
from seeknal.plugin import quote_literal

_FLOATS = ("FLOAT", "DOUBLE")
_DECIMALS = {**SECOND_DECIMALS, "TIMESTAMP_TZ_NS": 9}
_DAY = r"-?[0-9]{4,6}[-/ ][0-9]{1,2}[-/ ][0-9]{1,2}( \(BC\))?"
_MIDNIGHT = r"([ T]0?0:00(:00(\.0*)?)?)?"
_ANY_ZONE = " ?[A-Za-z_/+-][-A-Za-z0-9_/+:]*"


def declared_kind(type: str, options: Any) -> Kind:
    """How text becomes ``type``, in DuckDB's spelling; ``options`` say how values are spelled."""
    number = numbers(options.decimal_separator)
    if type == "VARCHAR":
        return TEXT
    if type in WHOLE:
        return _numeric(type, 0, number)
    if found := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", type):
        return _numeric(type, int(found[2]), number)
    if type in _FLOATS:
        return _float(type, number)
    if type == "DATE":
        return _dated(type, options.dateformat) if options.dateformat else _date()
    if type in _DECIMALS:
        return _timed(type, options.timestampformat)
    return _other(type)


def _other(type: str) -> Kind:
    """Lists, structs, maps and what else there is, with the check of other formats' text."""

    def fits(text: str) -> str:
        odd = misfit(type, text)
        changed = f" AND NOT coalesce({odd}, true)" if odd else ""
        return f"({cast(text, type)} IS NOT NULL{changed})"

    return Kind(type=type, fits=fits, value=lambda c: cast(c, type))


def _numeric(type: str, scale: int, number: Any) -> Kind:
    """Numbers of a fixed scale: more decimals must be zeros."""
    plain = rf"\s*[-+]?[0-9_]*(\.[0-9]{{0,{scale}}}0*)?\s*|\s*0[xX][0-9a-fA-F]+\s*|\s*0[bB][01]+\s*"
    power = r"\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+\s*"

    def fits(text: str) -> str:
        n = number(text)
        value = cast(n, type)
        # Fifteen digits are the same in a DOUBLE, however they are spelled.
        same = (
            f"{matches(n, power)} AND strlen({n}) <= 18 AND"
            f" CAST({value} AS DOUBLE) = {cast(n, 'DOUBLE')}"
        )
        return f"({value} IS NOT NULL AND ({matches(n, plain)} OR ({same})))"

    return Kind(
        type=type,
        fits=fits,
        value=lambda c: cast(number(c), type),
        quick=lambda c: (f"CAST({cast(number(c), type)} AS VARCHAR) = {c}",),
    )


def _float(type: str, number: Any) -> Kind:
    """The nearest number of the type, as whoever declares one wants; not infinity for a numeral."""

    def fits(text: str) -> str:
        value = cast(number(text), type)
        words = r"\s*[-+]?(inf|infinity|nan)\s*"
        return f"(isfinite({value}) OR {matches(f'lower({text})', words)})"

    return Kind(type=type, fits=fits, value=lambda c: cast(number(c), type))


def _date() -> Kind:
    pattern = rf"\s*({_DAY}{_MIDNIGHT}|{MOMENT_WORDS})\s*"
    return Kind(
        type="DATE",
        fits=lambda c: f"({matches(c, pattern)} AND {cast(c, 'DATE')} IS NOT NULL)",
        value=lambda c: cast(c, "DATE"),
        quick=lambda c: (f"CAST({cast(c, 'DATE')} AS VARCHAR) = {c} AND strlen({c}) = 10",),
    )


def _dated(type: str, format: str) -> Kind:
    read = quote_literal(format)

    def fits(text: str) -> str:
        moment = f"try_strptime({text}, {read})"
        return f"({moment} IS NOT NULL AND {moment} = CAST({moment} AS DATE))"

    return Kind(type=type, fits=fits, value=lambda c: f"CAST(try_strptime({c}, {read}) AS {type})")


def _timed(type: str, format: str | None) -> Kind:
    """Times: no more places than the type has, no offset that it would drop."""
    if format and type.startswith("TIMESTAMP"):
        moment = f"try_strptime({{}}, {quote_literal(format)})"
        return Kind(
            type=type,
            fits=lambda c: f"(CAST({moment.format(c)} AS {type}) IS NOT NULL)",
            value=lambda c: f"CAST({moment.format(c)} AS {type})",
        )
    clock = clock_pattern(_DECIMALS[type])
    if type.startswith("TIMESTAMP"):
        zone = f"({_ANY_ZONE})?" if "TZ" in type or "ZONE" in type else UTC_ZONE
        pattern = rf"\s*({_DAY}([ T]+{clock}{zone})?|{MOMENT_WORDS})\s*"
    else:
        pattern = rf"\s*{clock}\s*"
    return Kind(
        type=type,
        fits=lambda c: f"({matches(c, pattern)} AND {cast(c, type)} IS NOT NULL)",
        value=lambda c: cast(c, type),
        quick=lambda c: (f"CAST({cast(c, type)} AS VARCHAR) = {c}",) if type == "TIMESTAMP" else (),
    )
