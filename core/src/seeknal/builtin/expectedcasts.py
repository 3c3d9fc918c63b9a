"""Rows whose values have types of their own, cast to those that they have where they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.builtin.declared import cast
from seeknal.builtin.expected import ISO, expected_types, may_be, types_for
from seeknal.plugin import quote_identifier

if TYPE_CHECKING:
    from seeknal.plugin import Context, Source

_MOST = 2**53
"""Each whole number up to it is a DOUBLE."""


def as_expected(select: str, source: Source, context: Context) -> str:
    """``select`` with each column of the first type that is expected of it and changes no value."""
    expected = expected_types(source)
    found: Any = context.duckdb.sql(select)
    types = {name: str(type) for name, type in zip(found.columns, found.types, strict=True)}
    wanted = {}
    for name, type in types.items():
        for other in types_for(expected.get(name.lower(), ()), is_empty=type == "VARCHAR"):
            if other == type:
                break
            if _holds(select, name, type, other, context):
                wanted[name] = other
                break
    return cast(select, wanted)


def _holds(select: str, name: str, found: str, wanted: str, context: Context) -> bool:
    """Whether all values of a column are the same as ones of ``wanted``."""
    column = quote_identifier(name)
    if found == "VARCHAR":
        # Only without any value is it known not to be text.
        odd = f"{column} IS NOT NULL"
    elif not may_be(found, wanted):
        return False
    elif wanted in ("VARCHAR", *ISO):
        return True
    else:
        value = f"TRY_CAST({column} AS {wanted})"
        odd = f"{column} IS NOT NULL AND ({value} IS NULL OR {value} <> {column})"
        odd += f" OR abs({column}) > {_MOST}" if "DOUBLE" in (found, wanted) else ""
    ((count,),) = context.duckdb.execute(
        f"SELECT count(*) FROM (SELECT {column} FROM ({select}) WHERE {odd} LIMIT 1)"
    ).fetchall()
    return not count
