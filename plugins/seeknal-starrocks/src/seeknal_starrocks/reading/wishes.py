"""How each column of a source is read: by its type, and by what the project says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import quote_identifier
from seeknal_starrocks.mysqloptions import MySqlSource
from seeknal_starrocks.reading import fields as wire
from seeknal_starrocks.reading.readings import Wish, reading_of
from seeknal_starrocks.reading.starrockstypes import is_opaque

if TYPE_CHECKING:
    from seeknal.plugin import Context, Source
    from seeknal_starrocks.reading.fields import Field
    from seeknal_starrocks.reading.question import Question
    from seeknal_starrocks.reading.readings import Reading


def declared_types(source: Source, context: Context) -> dict[str, Any]:
    """DuckDB's objects for the types that the project gives to columns, by name in lower case."""
    given = {spec.name.lower(): spec.type for spec in source.columns if spec.type}
    return dict(zip(given, _objects(list(given.values()), context), strict=True))


def readings_of(
    columns: Sequence[Field], declared: Mapping[str, Any], question: Question
) -> dict[str, Reading]:
    """Raises NodeError for a column whose values the server does not send."""
    naturals = [question.dialect.natural(field) for field in columns]
    _tell(columns, declared, question)
    readings = {}
    for field, natural in zip(columns, _objects(naturals, question.context), strict=True):
        wish = declared.get(field.name.lower())
        readings[field.name] = reading_of(
            field,
            Wish(
                natural=str(natural),
                declared=None if wish is None else str(wish),
                form=natural if wish is None else wish,
                rounds_floats=question.dialect.rounds_floats,
                no_zero=_no_zero(question),
            ),
        )
    return readings


def _no_zero(question: Question) -> bool:
    options = question.options
    return isinstance(options, MySqlSource) and options.on_zero_date == "null"


def _objects(types: Sequence[str], context: Context) -> list[Any]:
    if not types:
        return []
    asked = ", ".join(
        f"CAST(NULL AS {type}) AS {quote_identifier(f'c{place}')}"
        for place, type in enumerate(types)
    )
    return list(context.duckdb.sql(f"SELECT {asked}").types)


def _is_wide(field: Field, question: Question) -> bool:
    return field.code == wire.NEWDECIMAL and question.dialect.natural(field) == "VARCHAR"


def _tell(columns: Sequence[Field], declared: Mapping[str, Any], question: Question) -> None:
    """Log what is read as text because nothing says, or holds, more."""
    plain = [field for field in columns if field.name.lower() not in declared]
    wide = [field.name for field in plain if _is_wide(field, question)]
    if wide:
        question.context.log.warning(
            "read as text, for no DECIMAL has so many digits: %s", ", ".join(wide)
        )
    opaque = [field.name for field in plain if question.dialect.declares and is_opaque(field)]
    if opaque:
        question.context.log.info(
            "read as text, unless columns: gives a type: %s (of a query StarRocks does not tell"
            " LARGEINT, JSON, ARRAY, MAP and STRUCT from texts)",
            ", ".join(opaque),
        )
