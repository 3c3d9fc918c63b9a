"""The audit types that look at one row at a time; a node's are answered by one scan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import AuditType, quote_identifier, quote_literal
from seeknal_audits.confidential import is_hidden
from seeknal_audits.entries import Failing, by_row, counted
from seeknal_audits.literals import bound, incomparable, is_shortened, is_text, literal, values_of
from seeknal_audits.options import AcceptedValues, Between, Expression, NotNull, Regex
from seeknal_audits.statements import condition

if TYPE_CHECKING:
    from seeknal_audits.entries import Entry, Subject
    from seeknal_audits.options import Value

Counts = Sequence[tuple[str, int]]
_EXAMPLES = 5
_LONGEST = 40


def _nulls(options: NotNull, subject: Subject) -> list[Failing]:
    # A plain count() is often known to Parquet without reading the column.
    return [
        Failing(column, f"{name} IS NULL", f"count(*) - count({name})")
        for column in options.columns
        for name in [quote_identifier(column)]
    ]


def _say_nulls(options: NotNull, counts: Counts, subject: Subject) -> str:
    return ", ".join(f"{column} is NULL in {counted(n, 'row')}" for column, n in counts)


def _others(options: AcceptedValues, subject: Subject) -> list[Failing]:
    return [Failing(column, _is_other(options, column, subject)) for column in options.columns]


def _is_other(options: AcceptedValues, column: str, subject: Subject) -> str:
    type = subject.type_of(column)
    given = [value for value in options.values if value is not None]
    with values_of("values"):
        _refuse_shortened(given, column, subject)
        values = ", ".join(literal(value, column, type) for value in given)
    name = _comparable(column, type)
    return f"{name} NOT IN ({values})" if values else f"{name} IS NOT NULL"


def _comparable(column: str, type: str) -> str:
    """An ENUM is compared as text, for the values need not be of it."""
    name = quote_identifier(column)
    return f"CAST({name} AS VARCHAR)" if is_text(type) and type != "VARCHAR" else name


def _refuse_shortened(values: Sequence[Value], column: str, subject: Subject) -> None:
    type = subject.type_of(column)
    for value in values:
        asked = is_shortened(value, type) if isinstance(value, str) else "false"
        if asked != "false" and subject.context.duckdb.execute(f"SELECT {asked}").fetchall()[0][0]:
            raise incomparable(value, column, type)


def _say_others(options: AcceptedValues, counts: Counts, subject: Subject) -> str:
    return "; ".join(_say_other(options, column, n, subject) for column, n in counts)


def _say_other(options: AcceptedValues, column: str, count: int, subject: Subject) -> str:
    found = subject.fetch(
        f"SELECT CAST({quote_identifier(column)} AS VARCHAR) AS v, count(*) AS n "
        f"FROM {subject.scan} WHERE {_is_other(options, column, subject)} "
        f"GROUP BY 1 ORDER BY n DESC, v LIMIT {_EXAMPLES + 1}"
    )
    if is_hidden(column, subject):
        return f"{column} has other values in {counted(count, 'row')}"
    named = [f"{_short(value)} ({n:,})" for value, n in found[:_EXAMPLES]]
    more = ["..."] if len(found) > _EXAMPLES else []
    return f"{column} has other values in {counted(count, 'row')}: {', '.join(named + more)}"


def _short(value: str) -> str:
    return repr(value if len(value) <= _LONGEST else f"{value[: _LONGEST - 3]}...")


def _untrue(options: Expression, subject: Subject) -> list[Failing]:
    return [Failing(options.expression, f"NOT ({condition(options.expression)})")]


def _say_untrue(options: Expression, counts: Counts, subject: Subject) -> str:
    return ", ".join(f"{about} is false in {counted(n, 'row')}" for about, n in counts)


def _outside(options: Between, subject: Subject) -> list[Failing]:
    return [Failing(column, _is_outside(options, column, subject)) for column in options.columns]


def _is_outside(options: Between, column: str, subject: Subject) -> str:
    type = subject.type_of(column)
    name = _comparable(column, type)
    found = []
    for key, sign, at in (("min", "<", options.min), ("max", ">", options.max)):
        if at is not None:
            with values_of(key):
                _refuse_shortened([at], column, subject)
                found.append(f"{name} {sign} {bound(at, column, type)}")
    return " OR ".join(found)


def _say_outside(options: Between, counts: Counts, subject: Subject) -> str:
    low = [] if options.min is None else [f"less than {options.min}"]
    high = [] if options.max is None else [f"greater than {options.max}"]
    bounds = " or ".join(low + high)
    return ", ".join(f"{column} is {bounds} in {counted(n, 'row')}" for column, n in counts)


def _unlike(options: Regex, subject: Subject) -> list[Failing]:
    pattern = quote_literal(options.pattern)
    return [
        Failing(
            column, f"NOT regexp_matches(CAST({quote_identifier(column)} AS VARCHAR), {pattern})"
        )
        for column in options.columns
    ]


def _say_unlike(options: Regex, counts: Counts, subject: Subject) -> str:
    return ", ".join(
        f"{column} does not match {options.pattern} in {counted(n, 'row')}" for column, n in counts
    )


def _check_pattern(options: Regex) -> None:
    import duckdb

    try:
        with duckdb.connect() as connection:
            connection.execute("SELECT regexp_matches('', $1)", [options.pattern])
    except duckdb.Error as error:
        reason = str(error).partition("Error: ")[2] or str(error)
        raise ValueError(f"pattern {options.pattern!r}: {reason}") from None


def _check_expression(options: Expression) -> None:
    condition(options.expression)


ENTRIES: tuple[Entry, ...] = (
    by_row(
        AuditType(name="not_null", options=NotNull, summary="no column holds NULL"),
        _nulls,
        _say_nulls,
    ),
    by_row(
        AuditType(
            name="accepted_values",
            options=AcceptedValues,
            summary="a column holds none but these values",
        ),
        _others,
        _say_others,
    ),
    by_row(
        AuditType(
            name="expression",
            options=Expression,
            summary="a condition is true for every row",
            aliases=("forall",),
        ),
        _untrue,
        _say_untrue,
        columns=lambda options: (),
        check=_check_expression,
    ),
    by_row(
        AuditType(
            name="between",
            options=Between,
            summary="a column's values lie between two bounds, which are allowed",
            aliases=("min_max", "range"),
        ),
        _outside,
        _say_outside,
    ),
    by_row(
        AuditType(
            name="regex",
            options=Regex,
            summary="a column's text matches a regular expression",
            aliases=("matches",),
        ),
        _unlike,
        _say_unlike,
        check=_check_pattern,
    ),
)
