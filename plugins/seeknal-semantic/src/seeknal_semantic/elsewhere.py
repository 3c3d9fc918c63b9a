"""Asking the engine of a connection for metrics, over the tables that nodes were delivered to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from seeknal.plugin import SeeknalError
from seeknal_semantic.compiler import MetricCompiler
from seeknal_semantic.compiling.families import INTEGERS
from seeknal_semantic.compiling.refusing import refused

if TYPE_CHECKING:
    from seeknal.plugin import Elsewhere
    from seeknal_semantic.compiler import CompiledQuery
    from seeknal_semantic.definitions import SemanticLayer


def compiler_there(layer: SemanticLayer, there: Elsewhere) -> MetricCompiler:
    """A compiler for the tables of a connection."""
    return MetricCompiler(layer, there.columns, rows_of=there.rows)


def answer_there(
    there: Elsewhere, query: CompiledQuery
) -> tuple[list[str], list[tuple[object, ...]]]:
    """The names and the rows of an answer, each value as DuckDB would give it."""
    _, rows = there.execute(query.sql)
    types = [column.type for column in query.columns]
    names = [column.name for column in query.columns]
    return names, [tuple(map(_as_in_duckdb, row, types)) for row in rows]


def bind_there(there: Elsewhere, query: CompiledQuery) -> None:
    """Let the engine say how it would compute a query. Raises QueryRefused where it cannot."""
    try:
        there.execute(f"EXPLAIN {query.sql}")
    except SeeknalError as error:
        if error.code != "SK0482":
            raise
        raise refused("SK1524", f"it does not bind there: {error.message}", error.help) from None


def _as_in_duckdb(value: Any, type: str) -> object:
    """The value as a column of that type has it: other engines' sums and counts are NUMERICs."""
    if value is None:
        return None
    if type in INTEGERS and isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if type in ("DOUBLE", "FLOAT") and isinstance(value, int | Decimal):
        return float(value)
    if type.startswith("DECIMAL(") and isinstance(value, int | Decimal):
        scale = int(type.partition(",")[2].rstrip(")"))
        return _scaled(Decimal(value), scale)
    return value


def _scaled(value: Decimal, scale: int) -> Decimal:
    """The same number with so many digits, where it has no more that count."""
    exponent = value.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > scale:
        return value
    sign, digits, own = value.as_tuple()
    assert isinstance(own, int)
    more = scale + own
    if more < 0:
        return Decimal((sign, digits[:more] or (0,), -scale))
    return Decimal((sign, digits + (0,) * more, -scale))
