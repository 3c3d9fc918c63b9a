"""Which rows of a table or a query the server is asked for, where nobody needs the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, column_help, ends_within
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.reading import fields as wire

if TYPE_CHECKING:
    from seeknal.plugin import Since, Within
    from seeknal_starrocks.reading.fields import Field
    from seeknal_starrocks.reading.question import Question

_TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_VALUE = re.compile(r"[-+0-9.: TZ]+")
"""What a text has that is a number or a moment: it means the same to every server."""


def restricted(
    relation: str,
    found: Sequence[Field],
    question: Question,
    declared: Mapping[str, str],
) -> str:
    """What stands after FROM for the rows of ``relation`` that the source asks for.

    ``declared`` are DuckDB's types of columns by name, in lower case.
    """
    source = question.source
    conditions = [
        condition
        for condition in (
            source.since and _since(found, source.since, question),
            source.within and _within(found, source.within, question, declared),
        )
        if condition
    ]
    where = " AND ".join(f"({condition})" for condition in conditions)
    return f"(SELECT * FROM {relation} WHERE {where}) AS r" if where else relation


def ordered_by(found: Sequence[Field], name: str) -> Field:
    """The column of that name. Raises NodeError where there is none."""
    field = next((field for field in found if field.name.lower() == name.lower()), None)
    if field is None:
        raise NodeError(
            f"there is no column {name!r} by which rows are in order",
            code="SK1913",
            help=column_help(name, [field.name for field in found]),
        )
    return field


def is_comparable(field: Field, question: Question) -> bool:
    """Whether the server has a column's values in the order that DuckDB has them in.

    Texts have an order of their own in MySQL, by their collation.
    """
    type = question.dialect.natural(field)
    return type in _TIMES or type.endswith("INT") or type.startswith(("DECIMAL", "INTEGER"))


def _since(found: Sequence[Field], wanted: Since, question: Question) -> str | None:
    """None where all rows are given: what the server would compare otherwise."""
    field = ordered_by(found, wanted.column)
    if not is_comparable(field, question) or not _VALUE.fullmatch(wanted.value):
        return None
    value = wanted.value
    if question.dialect.natural(field) in _TIMES:
        value = f"'{re.sub(r'(Z|[+]00(:00)?)$', '', value).replace('T', ' ')}'"
    name = quoted(field.name)
    return f"{name} >= {value} OR {name} IS NULL"


def _within(
    found: Sequence[Field], wanted: Within, question: Question, declared: Mapping[str, str]
) -> str | None:
    """None where the server cannot compare what DuckDB will have."""
    name = wanted.column.lower()
    field = next((field for field in found if field.name.lower() == name), None)
    if field is None or field.code not in (*wire.DATES, *wire.MOMENTS):
        return None
    ends = ends_within(wanted, question.dialect.natural(field), declared.get(name))
    if ends is None:
        return None
    first, last = map(_moment, ends)
    column = quoted(field.name)
    # Dates that are none have no place in time.
    zero = f" OR {column} < '0001-01-01'" if question.dialect.zero_dates else ""
    return f"{column} >= {first} AND {column} < {last} OR {column} IS NULL{zero}"


def _moment(end: date) -> str:
    plain = end.replace(tzinfo=None) if isinstance(end, datetime) else end
    return f"'{plain}'"
