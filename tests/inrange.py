"""Ranges of time, and the values at their ends: what a source gives of them is told in Python."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from seeknal.values.loads import Within

ZONES = ("UTC", "Asia/Jakarta", "America/New_York")
ENDS = (
    datetime(2024, 3, 9, 5, tzinfo=UTC),
    datetime(2024, 3, 10, tzinfo=UTC),
    datetime(2024, 3, 10, 5, tzinfo=UTC),
    datetime(2024, 3, 10, 17, tzinfo=UTC),
    datetime(2024, 3, 11, 4, tzinfo=UTC),
    datetime(2024, 11, 3, 4, tzinfo=UTC),
    datetime(2024, 11, 4, 5, tzinfo=UTC),
)
"""Where days begin in the zones, around the days of 23 and 25 hours, and where none does."""
_NEAR = [timedelta(microseconds=many) for many in (-1, 0, 1)]


def moments(column, zone):
    """Values of a column of type ``day``, ``ts`` or ``tz`` at and beside the ends."""
    found = sorted({end + near for end in ENDS for near in _NEAR})
    if column == "tz":
        return found
    if column == "ts":
        return [moment.replace(tzinfo=None) for moment in found]
    days = {moment.date() + timedelta(days=more) for moment in found for more in (-1, 0, 1)}
    return sorted(days)


def hours(start, end, **more):
    """The range of a column ``at`` between two hours, counted from the first of June 2024."""
    ends = [datetime(2024, 6, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in (start, end)]
    return Within(column="at", start=ends[0], end=ends[1], **more)


def belongs(value, start, end, zone):
    """Whether a range has a value, or it has no place in time."""
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, datetime):
        return start <= (value if value.tzinfo else value.replace(tzinfo=UTC)) < end
    midnight = datetime(value.year, value.month, value.day, tzinfo=ZoneInfo(zone))
    return start <= midnight.astimezone(UTC) < end
