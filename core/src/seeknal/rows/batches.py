"""What every table target looks at in the rows before it touches a table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.kernel.plugin_types import Misfit
from seeknal.sql.quote import quote_identifier
from seeknal.values.deliveries import Span
from seeknal.values.errors import RowsRefused, column_help
from seeknal.values.pii import value_of

if TYPE_CHECKING:
    from seeknal.kernel.contexts import DeliveryContext
    from seeknal.values.columns import Column
    from seeknal.values.relations import Relation

_TIMES = ("DATE", "TIMESTAMP", "INTEGER", "BIGINT", "SMALLINT", "UINTEGER")
"""How types begin that have an order in time."""


@frozen(kw_only=True)
class Range:
    """The time that a delivery replaces; ``closed`` when the end belongs to it."""

    column: str
    start: Any
    end: Any
    closed: bool


def span_of(ranges: Sequence[Range]) -> Span | None:
    """What a target says in `seeknal.plugin.Delivered` of the one range that it replaced."""
    if len(ranges) != 1 or not ranges[0].closed:
        return None
    return Span(start=str(ranges[0].start), end=str(ranges[0].end))


def batch_misfits(
    columns: Sequence[Column],
    *,
    keys: Sequence[str] = (),
    time: str | None = None,
    ordered: bool = True,
) -> Iterator[Misfit]:
    """What `check_keys` and `check_times` would refuse of rows with these columns.

    Not ``ordered``: rows are not told apart by ``time``, which only has to be there.
    """
    names = [column.name for column in columns]
    yield from (_missing(name, "unique_keys", names) for name in keys if name not in names)
    if time is not None and time not in names:
        yield _missing(time, "time_column", names)
    elif time is not None and ordered:
        kind = columns[names.index(time)].type
        if kind and not kind.startswith(_TIMES):
            yield _timeless(time, kind)


def _missing(name: str, key: str, names: Sequence[str]) -> Misfit:
    return Misfit(
        code="SK1338",
        message=f"there is no column {name!r}, which {key} names",
        help=column_help(name, names),
        key=key,
        word=name,
    )


def _timeless(column: str, kind: str) -> Misfit:
    return Misfit(
        code="SK1336",
        message=f"time_column {column!r} is {kind}, which has no order in time",
        help="cast it to DATE or TIMESTAMP in the node's SQL",
        key="time_column",
        word=column,
    )


def check_keys(relation: Relation, keys: Sequence[str], context: DeliveryContext) -> None:
    """Raises RowsRefused for keys that are not there, are NULL, or stand for several rows."""
    _require_columns(relation, keys, "unique_keys")
    names = ", ".join(map(quote_identifier, keys))
    empty = " OR ".join(f"{quote_identifier(key)} IS NULL" for key in keys)
    ((count,),) = _asked(f"SELECT count(*) FROM {relation.scan} WHERE {empty}", context)
    if count:
        raise RowsRefused(
            f"{count:,} of {relation.rows:,} rows have no {' or '.join(keys)}",
            code="SK1334",
            help="a row without its key cannot be found again: filter or fill it",
        )
    twice = _asked(
        f"SELECT {names}, count(*) FROM {relation.scan} GROUP BY ALL HAVING count(*) > 1"
        f" ORDER BY count(*) DESC, {names} LIMIT 3",
        context,
    )
    if twice:
        private = context.pii(relation.node)
        examples = "; ".join(_example(keys, row, private) for row in twice)
        raise RowsRefused(
            f"several rows have one key: {examples}",
            code="SK1335",
            kept=f"several rows have one key ({', '.join(keys)})",
            help="make the rows unique in the node's SQL, or name more columns in unique_keys",
        )


def _example(keys: Sequence[str], row: Sequence[Any], private: Collection[str]) -> str:
    values = ", ".join(
        f"{key} = {value_of(key, value, private)}" for key, value in zip(keys, row, strict=False)
    )
    return f"{values} ({row[-1]:,} rows)"


def check_times(relation: Relation, column: str, context: DeliveryContext) -> None:
    """Raises RowsRefused for a time column that is not there, of another type, or NULL."""
    _require_columns(relation, [column], "time_column")
    kind = next(entry.type for entry in relation.columns if entry.name == column)
    if relation.rows and not kind.startswith(_TIMES):
        raise _refused(_timeless(column, kind))
    query = f"SELECT count(*) FROM {relation.scan} WHERE {quote_identifier(column)} IS NULL"
    ((count,),) = _asked(query, context)
    if count:
        raise RowsRefused(
            f"{count:,} of {relation.rows:,} rows have no {column}",
            code="SK1337",
            help="a row without a time belongs to no range: filter or fill it",
        )


def range_of(
    relation: Relation, column: str, lookback: Any, context: DeliveryContext
) -> Range | None:
    """The time to replace; None when there is nothing to replace.

    Without an interval it is the time that the rows cover. Raises RowsRefused when a row lies
    outside the planned interval.
    """
    name = quote_identifier(column)
    if context.interval is None:
        extent = f"SELECT min({name}), max({name}) FROM {relation.scan}"
        ((least, most),) = _asked(extent, context)
        if least is None:
            return None
        if lookback is not None:
            context.log.warning(
                "lookback has no effect on %s: without intervals only the time that the rows"
                " cover is replaced",
                column,
            )
        return Range(column=column, start=least, end=most, closed=True)
    start = _earlier(context.interval.start, lookback, context)
    return Range(column=column, start=start, end=context.interval.end, closed=False)


def _earlier(start: Any, lookback: Any, context: DeliveryContext) -> Any:
    if lookback is None:
        return start
    unit = "days" if isinstance(lookback, int) else f"{lookback.unit}s"
    count = lookback if isinstance(lookback, int) else lookback.count
    ((earlier,),) = _asked(
        f"SELECT CAST(? AS TIMESTAMP) - to_{unit}(?)", context, start.replace(tzinfo=None), count
    )
    return earlier


def _asked(query: str, context: DeliveryContext, *values: Any) -> list[tuple[Any, ...]]:
    return context.duckdb.execute(query, list(values)).fetchall()


def _require_columns(relation: Relation, names: Sequence[str], key: str) -> None:
    for name in names:
        if name not in relation.names:
            raise _refused(_missing(name, key, relation.names))


def _refused(misfit: Misfit) -> RowsRefused:
    return RowsRefused(misfit.message, code=misfit.code, help=misfit.help)
