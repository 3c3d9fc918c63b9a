"""Whether the order of texts is that in which they grow: only of some forms is that known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.values.errors import NodeError

if TYPE_CHECKING:
    import duckdb

    from seeknal.ingesting.state import Mark
    from seeknal.values.columns import Column
    from seeknal.values.sources import Source

_CLOCK = r"\d\d(:?\d\d(:?\d\d([.,]\d+)?)?)?"
_FORMS = (
    rf"\d{{4}}[-/.]?\d\d([-/.]?\d\d([T ]?{_CLOCK})?)?(Z|[+-]00(:?00)?)?",
    r"([^0-9]*[A-Za-z][^0-9]*)?[0-9]+",
    r"[0-9A-HJKMNP-TV-Z]{26}",
    r"[0-9A-Za-z]{27}",
    r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
    r"[0-9a-f]{8,}",
    r"[0-9A-F]{8,}",
)
"""Days and times from the year down, numbers behind the same letters, and ids of the known kinds
that begin with a moment: of equal length each sorts as it grows."""
_FIXED = 2
"""So many of the forms have the very same signs around their digits."""


def refuse_unordered(
    cursor: duckdb.DuckDBPyConnection, scan: str, column: Column, mark: Mark | None, source: Source
) -> None:
    """Raise NodeError for a column of text that may not grow as text does.

    ``'10'`` is before ``'9'``, and ``01:00.5Z`` before ``01:00Z``: such rows would be left out for
    good. Whoever declares the column as text says that it grows.
    """
    if column.type != "VARCHAR" or _is_declared(column, source):
        return
    name = quote_identifier(column.name)
    values = f"SELECT {name} AS v FROM {scan} WHERE {name} IS NOT NULL"
    if mark is not None and mark.value is not None:
        values += f" UNION ALL SELECT {quote_literal(mark.value)}"
    forms = ", ".join(f"bool_and(regexp_full_match(v, {quote_literal(form)}))" for form in _FORMS)
    ((lengths, shapes, *fit),) = cursor.execute(
        f"SELECT count(DISTINCT length(v)), count(DISTINCT regexp_replace(v, '[0-9]', '0', 'g')),"
        f" {forms} FROM ({values})"
    ).fetchall()
    is_known = lengths <= 1 and (any(fit[_FIXED:]) or (shapes <= 1 and any(fit[:_FIXED])))
    if lengths and not is_known:
        raise NodeError(
            f"column {column.name!r} is text whose values do not sort as they grow: they are not"
            " all of one form and length",
            code="SK1614",
            help=f"--column-type {column.name}=TIMESTAMPTZ, BIGINT or what it holds; VARCHAR says"
            " that it grows as text does",
        )


def _is_declared(column: Column, source: Source) -> bool:
    return any(spec.type and spec.name.lower() == column.name.lower() for spec in source.columns)
