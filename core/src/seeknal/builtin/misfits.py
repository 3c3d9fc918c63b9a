"""Whether text says a value of a declared type: a cast that would change it is no reading of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.plugin import quote_identifier, quote_literal

if TYPE_CHECKING:
    from seeknal.plugin import Context

WHOLE = frozenset(
    (
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    )
)
_NESTED = ("list", "array", "map", "struct")
SECOND_DECIMALS = {
    "TIMESTAMP_S": 0,
    "TIMESTAMP_MS": 3,
    "TIMESTAMP": 6,
    "TIMESTAMP_NS": 9,
    "TIMESTAMP WITH TIME ZONE": 6,
    "TIME": 6,
    "TIME_NS": 9,
}
"""The decimals of a second that the types of times keep."""
_DECIMALS = {**SECOND_DECIMALS, "TIME WITH TIME ZONE": 6}
_DAY = r"-?[0-9]{4,6}[-/][0-9]{1,2}[-/][0-9]{1,2}( \(BC\))?"
MOMENT_WORDS = "-?infinity|epoch"
"""What DuckDB reads as a moment beside days."""
UTC_ZONE = "( ?(Z|UTC|[-+]00(:?00)?))?"
_ANY_ZONE = "( ?[A-Za-z_/+-][-A-Za-z0-9_/+:]*)?"
_OFFSET = "(Z|[-+][0-9]{1,2}(:?[0-9]{2}(:?[0-9]{2})?)?)?"


def misfit(type: str, text: str) -> str | None:
    """SQL that is true for a value that DuckDB would refuse, round or cut; None when none is.

    ``text`` is the SQL of the value as text. DOUBLE and FLOAT take the nearest number: who
    declares them asks for that.
    """
    if type == "VARCHAR":
        return None
    if type == "JSON":
        return f"{text} IS NOT NULL AND NOT json_valid({text})"
    casted = f"TRY_CAST({text} AS {type})"
    return f"{text} IS NOT NULL AND ({casted} IS NULL{_changed(type, text, casted)})"


def _changed(type: str, text: str, casted: str) -> str:
    if type in WHOLE or type == "BIGNUM":
        return f" OR {_cut(text, 0)} OR {_other_number(text, casted)}"
    if type in ("DOUBLE", "FLOAT"):
        return f" OR (isinf({casted}) AND NOT contains(lower({text}), 'inf'))"
    if type.startswith("DECIMAL") and type.endswith(")"):
        scale = int(type.rpartition(",")[2].rstrip(")"))
        return f" OR {_cut(text, scale)} OR {_other_number(text, casted)}"
    if type == "DATE":
        late = f"TRY_CAST({text} AS TIMESTAMP) <> CAST({casted} AS TIMESTAMP)"
        return f" OR coalesce({late}, false)"
    if type == "INTERVAL":
        return rf" OR regexp_matches({text}, '\.\d{{6}}\d*[1-9]')"
    if type in _DECIMALS:
        return f" OR NOT regexp_full_match({text}, {quote_literal(_time(type))})"
    return _changed_inside(type, text)


def _cut(text: str, scale: int) -> str:
    """Whether a numeral without an exponent has more decimals than ``scale``."""
    places = f"length(rtrim(split_part({text}, '.', 2), '0 '))"
    return f"(NOT contains(lower({text}), 'e') AND {places} > {scale})"


def _other_number(text: str, casted: str) -> str:
    """Whether a numeral with an exponent is another number than what is made of it."""
    differs = f"TRY_CAST({text} AS DOUBLE) <> TRY_CAST({casted} AS DOUBLE)"
    return f"(contains(lower({text}), 'e') AND coalesce({differs}, false))"


def _time(type: str) -> str:
    """What text a time may have of which its type drops neither day, zone nor decimals."""
    clock = clock_pattern(_DECIMALS[type])
    if not type.startswith("TIMESTAMP"):
        return rf"\s*{clock}{_OFFSET if type.endswith('ZONE') else ''}\s*"
    zone = _ANY_ZONE if type.endswith("ZONE") else UTC_ZONE
    return rf"\s*({_DAY}([ T]+{clock}{zone})?|{MOMENT_WORDS})\s*"


def clock_pattern(decimals: int) -> str:
    """A regular expression of hours and minutes, with seconds of no more ``decimals`` or none."""
    second = rf"[0-9]{{1,2}}(\.[0-9]{{0,{decimals}}}0*)?"
    return rf"([01]?[0-9]|2[0-3]):[0-9]{{1,2}}(:{second})?"


def _changed_inside(type: str, text: str) -> str:
    """Whether a list, a struct or a map that text spells has a value that its type would change."""
    if not type.endswith(("]", ")")):
        return ""
    from duckdb import sqltype

    found: Any = sqltype(type)
    if found.id not in _NESTED:
        return ""
    inside = _inside(found, f"TRY_CAST({text} AS {_of_texts(found)})", 0)
    return f" OR {inside}" if inside else ""


def _of_texts(type: Any) -> str:
    """The type with text wherever it has no other types in it."""
    if type.id in ("list", "array"):
        return f"{_of_texts(type.children[0][1])}[]"
    if type.id == "map":
        return f"MAP({', '.join(_of_texts(child) for _, child in type.children)})"
    if type.id == "struct":
        fields = (f"{quote_identifier(name)} {_of_texts(child)}" for name, child in type.children)
        return f"STRUCT({', '.join(fields)})"
    return "VARCHAR"


def _inside(type: Any, sql: str, depth: int) -> str | None:
    """SQL that is true when a text in ``sql`` does not fit; None when each one does."""
    if type.id in ("list", "array"):
        return _any(type.children[0][1], sql, depth)
    if type.id == "map":
        keys, values = (child for _, child in type.children)
        parts = [
            _any(keys, f"map_keys({sql})", depth),
            _any(values, f"map_values({sql})", depth),
        ]
    elif type.id == "struct":
        parts = [
            _inside(child, f"struct_extract({sql}, {quote_literal(name)})", depth)
            for name, child in type.children
        ]
    else:
        parts = [misfit(str(type), sql)]
    return " OR ".join(f"coalesce({part}, false)" for part in parts if part) or None


def _any(type: Any, items: str, depth: int) -> str | None:
    item = f"item{depth}"
    odd = _inside(type, item, depth + 1)
    return odd and f"coalesce(list_bool_or(list_transform({items}, lambda {item}: {odd})), false)"


def first_misfit(
    rows: str, name: str, type: str, stored: str, context: Context
) -> tuple[int, str] | None:
    """The number of the first row whose value is not one of ``type``, and the value as text.

    ``stored``: the type of the column in ``rows``. A double has the 15 digits that it surely keeps
    where a decimal is wanted.
    """
    column = quote_identifier(name)
    text = f"CAST({column} AS VARCHAR)"
    shown = f"format('{{:.15g}}', {column})"
    odd = misfit(type, shown if stored == "DOUBLE" and type.startswith("DECIMAL") else text)
    if odd is None:
        return None
    found: Any = context.duckdb.execute(
        f"SELECT row, {text} FROM (SELECT row_number() OVER () AS row, {column} FROM ({rows}))"
        f" WHERE {odd} ORDER BY row LIMIT 1"
    ).fetchall()
    return found[0] if found else None
