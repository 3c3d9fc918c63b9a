"""How a DuckDB column is sent to PostgreSQL, and which column of a table can take it."""

from __future__ import annotations

import re
from typing import Literal

from attrs import evolve, frozen

from seeknal.plugin import Column, quote_identifier

Sent = Literal["binary", "jsonb", "text"]

_DIRECT = {
    "BOOLEAN": ("boolean", ""),
    "TINYINT": ("smallint", "SMALLINT"),
    "SMALLINT": ("smallint", ""),
    "INTEGER": ("integer", ""),
    "BIGINT": ("bigint", ""),
    "UTINYINT": ("smallint", "SMALLINT"),
    "USMALLINT": ("integer", "INTEGER"),
    "UINTEGER": ("bigint", "BIGINT"),
    "UBIGINT": ("numeric(20,0)", "DECIMAL(20,0)"),
    "HUGEINT": ("numeric(38,0)", "DECIMAL(38,0)"),
    "FLOAT": ("real", ""),
    "DOUBLE": ("double precision", ""),
    "VARCHAR": ("text", ""),
    "BLOB": ("bytea", ""),
    "DATE": ("date", ""),
    "TIME": ("time without time zone", ""),
    "TIMESTAMP": ("timestamp without time zone", ""),
    "TIMESTAMP_S": ("timestamp without time zone", "TIMESTAMP"),
    "TIMESTAMP_MS": ("timestamp without time zone", "TIMESTAMP"),
    "TIMESTAMP_NS": ("timestamp without time zone", "TIMESTAMP"),
    "TIMESTAMP WITH TIME ZONE": ("timestamp with time zone", ""),
}
_BY_TEXT = {
    "INTERVAL": "interval",
    "TIME WITH TIME ZONE": "time with time zone",
    "UHUGEINT": "numeric(39,0)",
    "BIT": "bit varying",
}
_TEMPORAL = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_INTEGERS = ("smallint", "integer", "bigint")
_CHARACTERS = ("text", "character varying", "character", "name", "citext")
_NUMERIC = re.compile(r"numeric(?:\((\d+),(\d+)\))?")
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
class Writing:
    """One column on its way.

    ``selected`` is DuckDB's expression, ``type`` the column that is made for it. ``sent`` as
    text means that the server casts it; ``jsonb`` that the text travels as binary jsonb.
    """

    name: str
    type: str
    selected: str
    sent: Sent = "binary"

    @property
    def stage_type(self) -> str:
        return "text" if self.sent == "text" else self.type

    @property
    def quoted(self) -> str:
        return quote_identifier(self.name)


def writing_of(column: Column, *, infinite: bool = False) -> Writing:
    """How to send a column; ``infinite`` when it holds infinite dates or times."""
    name, kind = quote_identifier(column.name), column.type
    if kind.endswith("]"):
        return _list(column.name, name, kind)
    if infinite and kind in _TEMPORAL:
        # The encoder would add the years between two epochs to them.
        type = _DIRECT[kind][0]
        return Writing(
            name=column.name, type=type, selected=f"CAST({name} AS VARCHAR)", sent="text"
        )
    if kind in _DIRECT:
        type, cast = _DIRECT[kind]
        selected = f"CAST({name} AS {cast})" if cast else name
        return Writing(name=column.name, type=type, selected=selected)
    if kind.startswith("DECIMAL"):
        return Writing(name=column.name, type=kind.replace("DECIMAL", "numeric"), selected=name)
    if kind in _BY_TEXT:
        text = f"CAST({name} AS VARCHAR)"
        return Writing(name=column.name, type=_BY_TEXT[kind], selected=text, sent="text")
    if kind == "UUID":
        plain = f"unhex(replace(CAST({name} AS VARCHAR), '-', ''))"
        return Writing(name=column.name, type="uuid", selected=plain)
    if kind == "JSON":
        text = f"CAST({name} AS VARCHAR)"
        return Writing(name=column.name, type="jsonb", selected=text, sent="jsonb")
    if kind.startswith(("STRUCT", "MAP", "UNION")):
        return _json(column.name, name)
    return Writing(name=column.name, type="text", selected=f"CAST({name} AS VARCHAR)")


def _json(column: str, name: str) -> Writing:
    selected = f"CAST(to_json({name}) AS VARCHAR)"
    return Writing(name=column, type="jsonb", selected=selected, sent="jsonb")


def _list(column: str, name: str, kind: str) -> Writing:
    element = re.sub(r"(\[\d*\])+$", "", kind)
    depth = len(re.findall(r"\[\d*\]", kind[len(element) :]))
    inner = writing_of(Column("x", element))
    if inner.type == "jsonb":
        return _json(column, name)
    plain = (
        name if "[]" * depth == kind[len(element) :] else f"CAST({name} AS {element}{'[]' * depth})"
    )
    selected = _literal(plain, element, depth)
    return Writing(name=column, type=inner.type + "[]", selected=selected, sent="text")


def _literal(list: str, element: str, depth: int) -> str:
    """A PostgreSQL array literal: every element in quotes, so that none means anything else."""
    item = f"x{depth}"
    if depth > 1:
        one = _literal(item, element, depth - 1)
    else:
        text = f"CAST({item} AS VARCHAR)"
        if element == "BLOB":
            text = f"'\\x' || hex({item})"
        escaped = f"replace(replace({text}, '\\', '\\\\'), '\"', '\\\"')"
        one = f"CASE WHEN {item} IS NULL THEN 'NULL' ELSE '\"' || {escaped} || '\"' END"
    each = f"list_transform({list}, lambda {item}: {one})"
    return (
        f"CASE WHEN {list} IS NULL THEN NULL ELSE '{{' || array_to_string({each}, ',') || '}}' END"
    )


def takes(actual: str, writing: Writing, *, parsed: bool = False) -> bool:
    """Whether a column of type ``actual`` can hold every value, or refuses it with an error.

    ``parsed``: the type, or that of its elements, is one that the server reads from text.
    """
    wanted = writing.type
    if actual == wanted:
        return True
    base = re.sub(r"\(.*?\)", "", actual)
    if wanted == "text":
        return parsed or base in _CHARACTERS or base in _PARSED or base.endswith("[]")
    if wanted == "text[]":
        # An array of varchar(5) is excluded: a cast to it would cut texts off.
        return actual.endswith("[]") and (parsed or actual[:-2] in (*_CHARACTERS, *_PARSED))
    if wanted in _INTEGERS:
        wider = wanted != "bigint" and actual == "double precision"
        return actual in (*_INTEGERS, "oid") or base == "numeric" or wider
    if wanted.startswith("numeric") and not wanted.endswith("[]"):
        return _takes_numeric(actual, wanted)
    pairs = {
        ("real", "double precision"),
        ("date", "timestamp without time zone"),
        ("jsonb", "json"),
    }
    return (wanted, base) in pairs


def for_column(writing: Writing, actual: str) -> Writing:
    """``writing`` as a column of type ``actual`` takes it: json keeps its text as it is."""
    if writing.sent == "jsonb" and actual == "json":
        return evolve(writing, sent="text")
    return writing


def _takes_numeric(actual: str, wanted: str) -> bool:
    there, ours = _NUMERIC.fullmatch(actual), _NUMERIC.fullmatch(wanted)
    assert ours is not None
    if there is None:
        cents = actual == "money" and int(ours[2] or 0) <= 2
        return cents or (actual in _INTEGERS and ours[2] == "0")
    # More digits before the point than there is room for are an error there, never a rounding.
    return there[2] is None or int(there[2]) >= int(ours[2] or 0)


def cast_to(actual: str, writing: Writing) -> str:
    """The staged column as a value for a column of type ``actual``."""
    base = re.sub(r"\(.*?\)", "", actual)
    if writing.stage_type != "text" or base in _CHARACTERS:
        # Assignment refuses what is too long; an explicit cast would cut it off.
        return writing.quoted
    return f"CAST({writing.quoted} AS {actual})"
