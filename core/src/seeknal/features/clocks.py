"""Moments of entities beside the times of groups: by which clock the two are compared.

A DATE of entities is its first moment. A DATE of a group is the end of its day, for what is of a
day may hold all that happened in it; dates alone are compared as days. Where nothing has a zone,
and none is said, times are compared as they are; else all become moments of UTC, and what has no
zone that anybody says is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.project.zones import zone_fault
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.values.durations import MONTHS
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.features.groups import Group
    from seeknal.values.durations import Duration

ZONED = "TIMESTAMP WITH TIME ZONE"
_FINE = "TIMESTAMP_NS"
TIMES = (ZONED, "DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", _FINE)
"""The types of columns that say when."""
_ENDLESS = "CAST(1e30 AS HUGEINT)"
"""More nanoseconds than there are to any moment."""


@frozen(kw_only=True)
class Moments:
    """The moments of entities: SQL that gives them, its type, and the zone of those without one.

    ``said`` is how they are called in messages. ``others`` is the zone of groups that say none.
    """

    sql: str
    type: str
    timezone: str | None = None
    said: str = "the timestamp"
    others: str | None = None


@frozen(kw_only=True)
class Clock:
    """One way to compare, as SQL: of an entity's ``moment``, and of a group's ``times`` by column.

    All are moments without a zone; or, where one has nanoseconds (``fine``), how many of these
    have passed since 1970, as HUGEINT.
    """

    moment: str
    times: Mapping[str, str]
    fine: bool = False


def clock_of(moments: Moments, group: Group) -> Clock:
    """How moments are compared with the times of a group.

    Raises UsageError where one side has a zone and nothing says that of the other, and for
    columns that are no times.
    """
    types = {name: _time_type(group, name) for name in group.rows.times}
    ours, theirs = _zones(moments, types, group)
    fine = _FINE in (moments.type, *types.values())
    read = _nanoseconds if fine else _microseconds
    # Days are compared with days of the same zone as such.
    are_days = {moments.type, *types.values()} == {"DATE"} and ours == theirs
    times = {name: _known_at(name, type, are_days) for name, type in types.items()}
    return Clock(
        moment=read(moments.sql, moments.type, ours),
        times={name: read(sql, types[name], theirs) for name, sql in times.items()},
        fine=fine,
    )


def _known_at(column: str, type: str, are_days: bool) -> str:
    """A time of a group: what is of a day is known when that is over."""
    name = quote_identifier(column)
    return f"({name} + INTERVAL 1 DAY)" if type == "DATE" and not are_days else name


def _zones(
    moments: Moments, types: Mapping[str, str], group: Group
) -> tuple[str | None, str | None]:
    """The zones of moments, and of a group's times, that have none; None: all are as they are."""
    ours = _known(moments.timezone, "--timezone")
    theirs = _known(group.timezone, str(group.node))
    if moments.type != ZONED and ZONED not in types.values() and not ours and not theirs:
        return None, None
    if moments.type != ZONED and ours is None:
        raise UsageError(
            f"{moments.said} has no zone, and the times of {group.node} have one",
            code="SK1805",
            help="say its zone: --timezone UTC (timezone=), or cast it to TIMESTAMPTZ",
        )
    theirs = theirs or moments.others
    unsaid = next((name for name, type in types.items() if type != ZONED), None)
    if unsaid is not None and theirs is None:
        raise UsageError(
            f"{unsaid} of {group.node} has no zone, and {moments.said} has one",
            code="SK1805",
            help=f"say its zone in {group.node}: timezone: UTC",
        )
    return ours or "UTC", theirs or "UTC"


def _known(zone: str | None, where: str) -> str | None:
    if zone is not None and (fault := zone_fault(zone)) is not None:
        raise UsageError(f"{where}: {fault}", code="SK1805", help="such as Asia/Jakarta, or UTC")
    return zone


def _time_type(group: Group, name: str) -> str:
    type = group.types[name]
    if type not in TIMES:
        raise UsageError(
            f"{name} of {group.node} is {type}, not a date or a time",
            code="SK1805",
            help=f"cast {name} to TIMESTAMP in {group.node}, or in the node that it reads",
        )
    return type


def _microseconds(sql: str, type: str, zone: str | None) -> str:
    """A time as a moment without a zone: of UTC, or as it is where no zone counts."""
    if type == ZONED:
        return f"timezone('UTC', {sql})"
    plain = f"CAST({sql} AS TIMESTAMP)"
    if zone in (None, "UTC"):
        return plain
    return f"timezone('UTC', timezone({quote_literal(zone or '')}, {plain}))"


def _nanoseconds(sql: str, type: str, zone: str | None) -> str:
    """The same in nanoseconds since 1970, which have room for what has no end as well."""
    over = "0"
    if type == _FINE:
        over = _rest(f"epoch_ns({sql})", 1000)
        whole = f"make_timestamp((epoch_ns({sql}) - {over}) // 1000)"
        # Without an end it is none of 1970's nanoseconds.
        sql = f"CASE WHEN isinf({sql}) THEN CAST({sql} AS TIMESTAMP) ELSE {whole} END"
        type = "TIMESTAMP"
    moment = _microseconds(sql, type, zone)
    endless = f"CASE WHEN {moment} > TIMESTAMP '1970-01-01' THEN {_ENDLESS} ELSE -{_ENDLESS} END"
    counted = f"CAST(epoch_us({moment}) AS HUGEINT) * 1000 + {over}"
    return f"CASE WHEN isinf({moment}) THEN {endless} ELSE {counted} END"


def _rest(count: str, unit: int) -> str:
    """What is above whole units, also before 1970."""
    return f"((({count} % {unit}) + {unit}) % {unit})"


def ends(clock: Clock, ttl: Duration, time: str) -> str:
    """Until when a row of a time holds, both by the clock."""
    after = f"INTERVAL {quote_literal(str(ttl))}"
    if not clock.fine:
        return f"{time} + {after}"
    if ttl.unit not in MONTHS:
        return f"{time} + CAST({int(ttl.seconds)} AS HUGEINT) * 1000000000"
    counted = f"CAST(epoch_us({whole_of(time)} + {after}) AS HUGEINT) * 1000 + {_rest(time, 1000)}"
    return f"CASE WHEN abs({time}) = {_ENDLESS} THEN {time} ELSE {counted} END"


def whole_of(nanoseconds: str) -> str:
    """The moment, in whole microseconds, of what a fine clock gives."""
    over = _rest(nanoseconds, 1000)
    return f"make_timestamp(CAST(({nanoseconds} - {over}) // 1000 AS BIGINT))"
