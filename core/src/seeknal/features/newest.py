"""The newest rows of a group at one moment, as they are kept online."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.features.clocks import ZONED, Moments, clock_of, ends, whole_of
from seeknal.sql.quote import quote_identifier, quote_literal

if TYPE_CHECKING:
    from datetime import datetime

    from seeknal.features.wanted import Wanted


def newest_rows(wanted: Wanted, moment: datetime, expires: str) -> str:
    """A query of the newest row of each key that was known at a moment, though its ttl is over.

    Columns are the keys, the features, and ``expires``: until when the row holds, in UTC; NULL
    for ever. Raises UsageError for times that cannot be compared with a moment.
    """
    group = wanted.group
    listed = ", ".join(map(quote_identifier, (*group.rows.keys, *wanted.features)))
    name = quote_identifier(expires)
    event, created = group.rows.event_time, group.rows.created_time
    if event is None:
        return f"SELECT DISTINCT {listed}, CAST(NULL AS TIMESTAMP) AS {name} FROM {group.table}"
    at = f"CAST({quote_literal(moment.isoformat())} AS TIMESTAMP WITH TIME ZONE)"
    moments = Moments(sql=at, type=ZONED, said="the moment asked for", others="UTC")
    clock = clock_of(moments, group)
    times = [clock.times[column] for column in (event, created) if column is not None]
    known = " AND ".join(f"{time} <= {clock.moment}" for time in times)
    order = ", ".join(f"{time} DESC" for time in times)
    keys = ", ".join(map(quote_identifier, group.rows.keys))
    end = "NULL"
    if group.rows.ttl is not None:
        end = ends(clock, group.rows.ttl, times[0])
        # Of an end in nanoseconds the whole microseconds: no moment that is asked for lies between.
        end = whole_of(end) if clock.fine else end
    return (
        f"SELECT {listed}, CAST({end} AS TIMESTAMP) AS {name} FROM {group.table}"
        f" WHERE {known} QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {order}) = 1"
    )
