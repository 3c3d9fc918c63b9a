"""Clauses that tables and materialized views share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal_starrocks.testing.ddl.statements import Hash, Partition, Random

if TYPE_CHECKING:
    from seeknal_starrocks.testing.ddl.reader import Reader

_UNITS_OF_TIME = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


def if_exists(reader: Reader) -> bool:
    return reader.accept("IF", "EXISTS")


def if_not_exists(reader: Reader) -> bool:
    return reader.accept("IF", "NOT", "EXISTS")


def comment(reader: Reader) -> str:
    return reader.text() if reader.accept("COMMENT") else ""


def columns_with_comments(reader: Reader) -> tuple[tuple[str, str], ...] | None:
    if not reader.ahead("("):
        return None
    return reader.listed(lambda: (reader.column(), comment(reader)))


def distribution(reader: Reader) -> Hash | Random:
    """What follows DISTRIBUTED BY. A list of columns alone is none."""
    if reader.one_of("HASH", "RANDOM") == "RANDOM":
        return Random(buckets=_buckets(reader))
    columns = reader.listed(reader.name)
    return Hash(columns=columns, buckets=_buckets(reader))


def _buckets(reader: Reader) -> int | None:
    if not reader.accept("BUCKETS"):
        return None
    if (number := reader.whole()) < 1:
        raise reader.wrong(f"Invalid bucket number: {number}")
    return number


def ordering(reader: Reader) -> tuple[str, ...]:
    """What follows ORDER BY: columns in parentheses."""
    return reader.listed(reader.name)


def partitioning(reader: Reader) -> tuple[Partition, ...]:
    """What follows PARTITION BY: an expression, or several in parentheses."""
    if reader.ahead("("):
        return reader.listed(lambda: partition(reader))
    found = [partition(reader)]
    if reader.ahead(","):
        reader.unexpected("AS")
    return tuple(found)


def partition(reader: Reader) -> Partition:
    start = reader.next
    name = reader.name()
    if reader.ahead("."):
        raise reader.wrong(f"Partition expression {name}. must be a column of the view itself")
    if not reader.accept("("):
        return Partition(column=name, written=reader.written(start))
    function = name.lower()
    unit, inner, form = None, None, None
    if function == "date_trunc":
        unit = reader.text().lower()
        reader.expect(",")
        column, inner, form = _truncated(reader)
    else:
        column = reader.name()
        form = _further(reader, function)
    reader.expect(")")
    return Partition(
        column=column,
        function=function,
        unit=unit,
        format=form,
        inner=inner,
        written=reader.written(start),
    )


def _truncated(reader: Reader) -> tuple[str, str | None, str | None]:
    """A column of date_trunc, or time_slice or str2date around one."""
    name = reader.name()
    if not reader.accept("("):
        return name, None, None
    column = reader.name()
    form = _further(reader, name.lower())
    reader.expect(")")
    return column, name.lower(), form


def _further(reader: Reader, function: str) -> str | None:
    """What a function is given besides its column."""
    if function == "str2date":
        reader.expect(",")
        return reader.text()
    if function == "time_slice":
        reader.expect(",")
        reader.expect("INTERVAL")
        reader.whole()
        reader.one_of(*_UNITS_OF_TIME)
        if reader.accept(",") and reader.one_of("FLOOR", "CEIL") == "CEIL":
            raise reader.wrong("time_slice of a partition rounds down")
    return None
