"""What each of DuckDB's plain types is in PostgreSQL, and which of its values have no place there.

In the expressions ``{}`` stands for a value.
"""

from __future__ import annotations

import re

from attrs import frozen


@frozen(kw_only=True)
class Scalar:
    """A type on its way: ``binary`` is what the encoder is given, None where only text will do.

    ``wrong`` is true of values that ``type`` cannot hold.
    """

    type: str
    binary: str | None = "{}"
    text: str = "CAST({} AS VARCHAR)"
    wrong: str = ""


def applied(expression: str, value: str) -> str:
    """``expression`` of ``value``."""
    return expression.replace("{}", value)


_CLOCK = "time without time zone"
_STAMP = "timestamp without time zone"
_ZONED = "timestamp with time zone"
_FIRST_DAY, _LAST_DAY = "4714-11-24 (BC)", "5874897-12-31"
_DAY_BEYOND = (
    f"{{}} NOT BETWEEN CAST('{_FIRST_DAY}' AS DATE) AND CAST('{_LAST_DAY}' AS DATE)"
    " AND NOT isinf({})"
)
_TOO_EARLY = "{} < CAST('4714-11-24 (BC) 00:00:00' AS TIMESTAMP) AND NOT isinf({})"
_TOO_EARLY_ZONED = "{} < CAST('4714-11-24 (BC) 00:00:00+00' AS TIMESTAMPTZ) AND NOT isinf({})"
_AS_STAMP = "CAST({} AS TIMESTAMP)"
_AS_STAMP_TEXT = "CAST(CAST({} AS TIMESTAMP) AS VARCHAR)"
_UNREACHED = (
    "NOT isinf({}) AND coalesce(TRY_CAST({} AS TIMESTAMP)"
    " < CAST('4714-11-24 (BC) 00:00:00' AS TIMESTAMP), true)"
)


def _cast(type: str, to: str) -> Scalar:
    return Scalar(type=type, binary=f"CAST({{}} AS {to})")


_SCALARS = {
    "BOOLEAN": Scalar(type="boolean"),
    "TINYINT": _cast("smallint", "SMALLINT"),
    "SMALLINT": Scalar(type="smallint"),
    "INTEGER": Scalar(type="integer"),
    "BIGINT": Scalar(type="bigint"),
    "UTINYINT": _cast("smallint", "SMALLINT"),
    "USMALLINT": _cast("integer", "INTEGER"),
    "UINTEGER": _cast("bigint", "BIGINT"),
    "UBIGINT": _cast("numeric(20,0)", "DECIMAL(20,0)"),
    "HUGEINT": Scalar(
        type="numeric(38,0)",
        binary="CAST({} AS DECIMAL(38,0))",
        wrong=f"{{}} NOT BETWEEN -{'9' * 38}::HUGEINT AND {'9' * 38}::HUGEINT",
    ),
    "UHUGEINT": Scalar(type="numeric(39,0)", binary=None),
    "BIGNUM": Scalar(type="numeric", binary=None),
    "FLOAT": Scalar(type="real"),
    "DOUBLE": Scalar(type="double precision"),
    "VARCHAR": Scalar(type="text"),
    '"NULL"': Scalar(type="text", binary="CAST({} AS VARCHAR)"),
    "BLOB": Scalar(type="bytea", text="'\\x' || hex({})"),
    "BIT": Scalar(type="bit varying", binary=None),
    "UUID": Scalar(type="uuid", binary="unhex(replace(CAST({} AS VARCHAR), '-', ''))"),
    "DATE": Scalar(type="date", wrong=_DAY_BEYOND),
    "TIME": Scalar(type=_CLOCK),
    "TIME_NS": Scalar(
        type=_CLOCK,
        binary="CAST({} AS TIME)",
        text="CAST(CAST({} AS TIME) AS VARCHAR)",
        wrong="epoch_ns({}) % 1000 <> 0",
    ),
    "TIME WITH TIME ZONE": Scalar(type="time with time zone", binary=None),
    "TIMESTAMP": Scalar(type=_STAMP, wrong=_TOO_EARLY),
    "TIMESTAMP_S": Scalar(type=_STAMP, binary=_AS_STAMP, text=_AS_STAMP_TEXT, wrong=_UNREACHED),
    "TIMESTAMP_MS": Scalar(type=_STAMP, binary=_AS_STAMP, text=_AS_STAMP_TEXT, wrong=_UNREACHED),
    "TIMESTAMP_NS": Scalar(
        type=_STAMP,
        binary=_AS_STAMP,
        text=_AS_STAMP_TEXT,
        wrong="NOT isinf({}) AND epoch_ns({}) % 1000 <> 0",
    ),
    "TIMESTAMP WITH TIME ZONE": Scalar(type=_ZONED, wrong=_TOO_EARLY_ZONED),
    "INTERVAL": Scalar(type="interval", binary=None),
}
MAY_BE_INFINITE = tuple(name for name in _SCALARS if name == "DATE" or name.startswith("TIMESTAMP"))


def scalar_of(kind: str) -> Scalar | None:
    """What a DuckDB type becomes; None for what is no plain type, or has no counterpart."""
    if kind.startswith("DECIMAL"):
        return Scalar(type=kind.replace("DECIMAL", "numeric"))
    if kind.startswith("ENUM"):
        return Scalar(type="text", binary="CAST({} AS VARCHAR)")
    return _SCALARS.get(kind)


# Outside of its strings, JSON has these letters only in numbers that it does not allow.
_NO_NUMBER = r"""'^(?:[^"NI]|"(?:[^"\\]|\\.)*")*(?:NaN|Inf)'"""


def without_number(json: str) -> str:
    """Where the text of a JSON value holds NaN or infinity, which are no JSON."""
    return f"regexp_matches({json}, {_NO_NUMBER})"


def split_list(kind: str) -> tuple[str, int]:
    """The type of a list's elements at its bottom, and how deep they lie."""
    element = re.sub(r"(\[\d*\])+$", "", kind)
    return element, len(re.findall(r"\[\d*\]", kind[len(element) :]))
