"""Whether text says a value of a declared type: a cast that would change it is no reading of it."""

from __future__ import annotations

from typing import Any

from seeknal.plugin import Context, quote_identifier

WHOLE = frozenset(
    (
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    )
)
_FREE = ("VARCHAR", "JSON")


def misfit(type: str, text: str) -> str | None:
    """SQL that is true for a value that DuckDB would refuse, round or cut; None when none is.

    ``text`` is the SQL of the value as text. DOUBLE and FLOAT take the nearest number: who
    declares them asks for that.
    """
    if type in _FREE:
        return None
    casted = f"TRY_CAST({text} AS {type})"
    return f"{text} IS NOT NULL AND ({casted} IS NULL{_changed(type, text, casted)})"


def _changed(type: str, text: str, casted: str) -> str:
    if type in WHOLE:
        exact = f"TRY_CAST({text} AS DECIMAL(38, 6))"
        return f" OR coalesce({exact} <> trunc({exact}), false)"
    if type in ("DOUBLE", "FLOAT"):
        return f" OR (isinf({casted}) AND NOT contains(lower({text}), 'inf'))"
    if type.startswith("DECIMAL"):
        scale = int(type.rpartition(",")[2].rstrip(")"))
        places = f"length(rtrim(split_part({text}, '.', 2), '0'))"
        return f" OR (NOT contains(lower({text}), 'e') AND {places} > {scale})"
    if type == "DATE":
        late = f"TRY_CAST({text} AS TIMESTAMP) <> CAST({casted} AS TIMESTAMP)"
        return f" OR coalesce({late}, false)"
    if type == "TIMESTAMP":
        zone_or_more = r"\d{1,2}:\d\d.*[+-]\d|\.\d{6}\d*[1-9]"
        return f" OR regexp_matches({text}, '{zone_or_more}')"
    return ""


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
