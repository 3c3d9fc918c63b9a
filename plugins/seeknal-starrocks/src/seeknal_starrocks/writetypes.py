"""How a DuckDB column is sent to StarRocks: its type there, and each value in a line of JSON.

Whole numbers of 64 bits and more, decimals and times are texts: so no reader of JSON makes doubles
of them. Doubles are numbers, as whose nearest they are read. In expressions ``{}`` is a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plugin import RowsRefused, quote_identifier, quote_literal
from seeknal_starrocks.duckdbtypes import kind_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from seeknal.plugin import Column
    from seeknal_starrocks.duckdbtypes import Kind

LONGEST_TEXT = 1_048_576
"""Bytes of the longest VARCHAR; STRING is one of 65,533."""
LONGEST_KEY = 128
"""Bytes that the columns of a primary key may have together."""
_TEXT = "CAST({} AS VARCHAR)"
_DECIMAL = rf"regexp_replace({_TEXT}, '^(-?)\.', '\10.')"
"""DuckDB leaves out the nought where there are only digits behind the point."""
_CLOCK = "CAST(CAST({} AS DATE) AS VARCHAR) || strftime({}, ' %H:%M:%S.%f')"
_FIRST, _LAST = "0001-01-01", "9999-12-31"
_ENDS = f"'{_FIRST} 00:00:00' AND TIMESTAMP '{_LAST} 23:59:59.999999'"
_BEYOND = f"coalesce(TRY_CAST({{}} AS TIMESTAMP) NOT BETWEEN TIMESTAMP {_ENDS}, {{}} IS NOT NULL)"
_NUL = r"""regexp_matches({}, '(^|[^\\])(\\\\)*\\u0000')"""
_STRINGLESS = r"""regexp_replace({}, '"(?:[^"\\]|\\.)*"', '', 'g')"""
_NUMBERS = f"regexp_extract_all({_STRINGLESS}, '-?[0-9][0-9.eE+-]*')"
"""Of a text of JSON, as they are written there."""
_DIGITS = "regexp_replace(regexp_replace({}, '[eE].*|[.-]', '', 'g'), '^0+|0+$', '', 'g')"
"""Those that count: a double that is shown by the same ones is the same number."""
_ROUNDED = (
    f"coalesce({_DIGITS.replace('{}', 'n')}"
    f" <> {_DIGITS.replace('{}', 'CAST(TRY_CAST(n AS DOUBLE) AS VARCHAR)')}, true)"
)
_INEXACT = (
    f"len(list_filter({_NUMBERS}, lambda n: CASE WHEN regexp_matches(n, '[.eE]')"
    f" THEN {_ROUNDED} ELSE strlen(n) > 19 AND TRY_CAST(n AS BIGINT) IS NULL END)) > 0"
)
"""That a number is neither a double nor, by its length, one of 64 bits."""
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_MAY_BE_KEY = re.compile(r"(BOOLEAN|TINYINT|SMALLINT|INT|BIGINT|LARGEINT|DATE|DATETIME|VARCHAR)\b")
_MAY_BE_SORTED = re.compile(_MAY_BE_KEY.pattern + r"|DECIMAL\b")


@frozen(kw_only=True)
class Shape:
    """A type of StarRocks, and how its values are made. ``wrong`` is true of those it lacks."""

    type: str
    form: str = "{}"
    wrong: str = ""


@frozen(kw_only=True)
class Writing:
    """One column on its way.

    ``selected`` is DuckDB's expression, ``shown`` the text of a value for people.
    """

    name: str
    type: str
    selected: str
    kind: str
    wrong: str
    value: str

    @property
    def shown(self) -> str:
        return _TEXT.replace("{}", self.value)

    @property
    def is_text(self) -> bool:
        return self.type.startswith("VARCHAR")

    @property
    def may_be_key(self) -> bool:
        """Whether rows of a primary key table may be told apart by it."""
        return _MAY_BE_KEY.match(self.type) is not None

    @property
    def may_be_sorted(self) -> bool:
        """Whether a table may be sorted, spread and partitioned by it."""
        return _MAY_BE_SORTED.match(self.type) is not None


def _text(longest: int = LONGEST_TEXT, form: str = _TEXT) -> Shape:
    return Shape(
        type=f"VARCHAR({longest})",
        form=form,
        wrong=f"(contains({form}, chr(0)) OR strlen({form}) > {longest})",
    )


def _short(longest: int) -> Shape:
    """A text of which it is known how long it may be."""
    return Shape(type=f"VARCHAR({longest})", form=_TEXT)


def _moment(form: str = _CLOCK, more: str = "") -> Shape:
    return Shape(type="DATETIME", form=form, wrong=f"({_BEYOND}{more})")


_AS_STAMP = _CLOCK.replace("{}", "CAST({} AS TIMESTAMP)")
_SCALARS = {
    "BOOLEAN": Shape(type="BOOLEAN"),
    "TINYINT": Shape(type="TINYINT"),
    "SMALLINT": Shape(type="SMALLINT"),
    "INTEGER": Shape(type="INT"),
    "BIGINT": Shape(type="BIGINT", form=_TEXT),
    "UTINYINT": Shape(type="SMALLINT"),
    "USMALLINT": Shape(type="INT"),
    "UINTEGER": Shape(type="BIGINT", form=_TEXT),
    "UBIGINT": Shape(type="LARGEINT", form=_TEXT),
    "HUGEINT": Shape(type="LARGEINT", form=_TEXT),
    "UHUGEINT": _short(40),
    "BIGNUM": _text(),
    "FLOAT": Shape(type="FLOAT", form="CAST({} AS DOUBLE)", wrong="NOT isfinite({})"),
    "DOUBLE": Shape(type="DOUBLE", wrong="NOT isfinite({})"),
    "VARCHAR": _text(form="{}"),
    '"NULL"': _short(1),
    "UUID": _short(36),
    "DATE": Shape(
        type="DATE",
        form=_TEXT,
        wrong=f"({{}} NOT BETWEEN DATE '{_FIRST}' AND DATE '{_LAST}')",
    ),
    "TIMESTAMP": _moment(),
    "TIMESTAMP_S": _moment(_AS_STAMP),
    "TIMESTAMP_MS": _moment(_AS_STAMP),
    "TIMESTAMP_NS": _moment(
        _AS_STAMP, " OR CASE WHEN isinf({}) THEN true ELSE epoch_ns({}) % 1000 <> 0 END"
    ),
    "TIMESTAMP WITH TIME ZONE": Shape(
        type="DATETIME",
        form=_CLOCK.replace("{}", "make_timestamp(epoch_us({}))"),
        wrong=(
            f"({{}} NOT BETWEEN TIMESTAMPTZ '{_FIRST} 00:00:00+00'"
            f" AND TIMESTAMPTZ '{_LAST} 23:59:59.999999+00')"
        ),
    ),
    "TIME": _short(32),
    "TIME_NS": _short(32),
    "TIME WITH TIME ZONE": _short(32),
    "INTERVAL": _short(128),
}
_JSON = Shape(
    type="JSON",
    wrong=(
        "(json_type({}) IN ('NULL', 'VARCHAR')"
        f" OR {_NUL.replace('{}', _TEXT)} OR {_INEXACT.replace('{}', _TEXT)})"
    ),
)
"""A text, or null, as a whole: whether StarRocks takes it for another value is not known."""


def writing_of(column: Column) -> Writing:
    """How to send a column. Raises RowsRefused for a type that has no counterpart."""
    name, kind = quote_identifier(column.name), kind_of(column.type)
    shape = _JSON if kind.name == "JSON" else _shape(kind, 0)
    if shape is None:
        shown = column.type if len(column.type) <= 80 else f"{column.type[:77]}..."
        raise RowsRefused(
            f"column {column.name!r} is {shown}, which is loaded into no type of StarRocks",
            code="SK1933",
            help="cast it in the node's SQL: CAST(... AS VARCHAR), to_base64() of bytes",
        )
    return Writing(
        name=column.name,
        type=shape.type,
        selected=shape.form.replace("{}", name),
        kind=column.type,
        wrong=shape.wrong.replace("{}", name),
        value=name,
    )


def may_be_field(name: str) -> bool:
    """Whether a field of a STRUCT may be called that: it is written without quotes."""
    from sqlglot.dialects.starrocks import StarRocks

    reserved = {*StarRocks.Generator.RESERVED_KEYWORDS, "label"}
    return _PLAIN_NAME.fullmatch(name) is not None and name.lower() not in reserved


def as_key(writing: Writing) -> Writing:
    """A text of a primary key is no longer than a key may be."""
    if not writing.is_text or writing.type in ("VARCHAR(36)", "VARCHAR(40)", "VARCHAR(32)"):
        return writing
    return evolve(writing, type=f"VARCHAR({LONGEST_KEY})")


def _shape(kind: Kind, depth: int) -> Shape | None:
    """None for what has no counterpart."""
    nested = {"LIST": _list, "STRUCT": _struct, "MAP": _map}.get(kind.name)
    if nested is not None:
        return nested(kind, depth)
    if kind.name.startswith("DECIMAL"):
        digits, scale = re.findall(r"\d+", kind.name)
        return Shape(type=kind.name, form=_DECIMAL if digits == scale else _TEXT)
    if kind.name.startswith("ENUM"):
        return _text()
    return _SCALARS.get(kind.name)


def _list(kind: Kind, depth: int) -> Shape | None:
    inner = _shape(kind.fields[0][1], depth + 1)
    if inner is None:
        return None
    item, list = f"x{depth}", f"CAST({{}} AS {kind.fields[0][1].written}[])"
    form = f"list_transform({list}, lambda {item}: {inner.form.replace('{}', item)})"
    some = f"len(list_filter({list}, lambda {item}: {inner.wrong.replace('{}', item)})) > 0"
    return Shape(
        type=f"ARRAY<{inner.type}>",
        form="{}" if inner.form == "{}" else form,
        wrong=some if inner.wrong else "",
    )


def _struct(kind: Kind, depth: int) -> Shape | None:
    names = [name for name, _ in kind.fields]
    if not all(map(may_be_field, names)):
        return None
    shapes = [_shape(inner, depth + 1) for _, inner in kind.fields]
    parts = [f"struct_extract({{}}, {quote_literal(name)})" for name in names]
    found = [shape for shape in shapes if shape is not None]
    if len(found) < len(names):
        return None
    packed = ", ".join(
        f"{quote_identifier(name)} := {shape.form.replace('{}', part)}"
        for name, shape, part in zip(names, found, parts, strict=True)
    )
    wrong = [
        f"coalesce({shape.wrong.replace('{}', part)}, false)"
        for shape, part in zip(found, parts, strict=True)
        if shape.wrong
    ]
    types = ", ".join(f"{name} {shape.type}" for name, shape in zip(names, found, strict=True))
    return Shape(
        type=f"STRUCT<{types}>",
        form=f"CASE WHEN {{}} IS NOT NULL THEN struct_pack({packed}) END",
        wrong=f"({' OR '.join(wrong)})" if wrong else "",
    )


def _map(kind: Kind, depth: int) -> Shape | None:
    """Of texts: those of other keys are no names of JSON."""
    key, inner = _shape(kind.fields[0][1], depth + 1), _shape(kind.fields[1][1], depth + 1)
    if key is None or inner is None or not key.type.startswith("VARCHAR"):
        return None
    item = f"e{depth}"
    name, value = (f"struct_extract({item}, '{part}')" for part in ("key", "value"))
    entry = (
        f"struct_pack(key := {key.form.replace('{}', name)},"
        f" value := {inner.form.replace('{}', value)})"
    )
    wrong = [
        f"coalesce({shape.wrong.replace('{}', part)}, false)"
        for shape, part in ((key, name), (inner, value))
        if shape.wrong
    ]
    some = f"len(list_filter(map_entries({{}}), lambda {item}: {' OR '.join(wrong)})) > 0"
    plain = key.form == inner.form == "{}"
    made = f"map_from_entries(list_transform(map_entries({{}}), lambda {item}: {entry}))"
    return Shape(
        type=f"MAP<{key.type}, {inner.type}>",
        form="{}" if plain else made,
        wrong=some if wrong else "",
    )


def sorted_first(writings: Collection[Writing], keys: Collection[str]) -> list[Writing]:
    """As a table has them: keys first, in their order, or one by which it can be sorted.

    Raises RowsRefused where there is none.
    """
    first = [next(w for w in writings if w.name == key) for key in keys]
    if not first:
        first = [w for w in writings if w.may_be_sorted][:1]
    if not first:
        raise RowsRefused(
            "no column has a type by which a table of StarRocks is sorted",
            code="SK1934",
            help="add a number, a date or a text in the node's SQL",
        )
    return [*first, *(w for w in writings if w not in first)]
