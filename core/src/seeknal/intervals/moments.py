"""Moments as people write them and read them: by the clock of a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.intervals.clocks import DAY, clock_of, date_of, midnight, reading_of
from seeknal.values.durations import MONTHS
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from datetime import datetime

    from seeknal.values.durations import Duration

_DATE = Pattern(r"\d{4}-\d\d-\d\d")
_DIGITS = Pattern(r"(\d{4})(\d\d)(\d\d)")
_MOMENT = Pattern(
    r"(\d{4}-\d\d-\d\d)([ T]\d\d:\d\d(:\d\d)?)( ?(?:Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?))?"
)


def moment_in(text: str, timezone: str) -> int:
    """The moment that a date, or a date and time of day, is in a zone.

    That is the first one where the clock shows it twice, and the one at which the clock is put
    forward where it never shows it. With an offset (``2024-06-01 06:00+02:00``, ``Z``) it is that
    moment in every zone. Raises ValueError that says what is expected.
    """
    found = _parsed(text)
    if found.tzinfo is not None:
        return round(found.timestamp())
    return clock_of(timezone).first(reading_of(found))


def end_in(text: str, timezone: str) -> int:
    """The moment at which what is asked for ends: a date is that whole day, another moment is
    not held. Raises ValueError that says what is expected."""
    if not _DATE.fullmatch(text.strip()):
        return moment_in(text, timezone)
    return clock_of(timezone).first(reading_of(_parsed(text)) + DAY)


def told(moment: int, timezone: str = "UTC") -> str:
    """A moment for people, by the clock of a zone: `moment_in` reads it back.

    It is a date at midnight, and has an offset where the clock shows it for the second time.
    """
    clock = clock_of(timezone)
    reading = clock.reading(moment)
    minutes, seconds = divmod(reading % DAY, 60)
    text = str(date_of(reading))
    if minutes or seconds:
        text += f" {minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    if clock.first(reading) == moment:
        return text
    return (text if minutes or seconds else f"{text} 00:00") + _offset(reading - moment)


def before(moment: int, duration: Duration, timezone: str) -> int:
    """What was a duration before a moment: days and longer go by the clock, others elapse."""
    if duration.unit in ("second", "minute", "hour"):
        return moment - round(duration.seconds)
    clock = clock_of(timezone)
    reading = clock.reading(moment)
    if duration.unit in MONTHS:
        earlier = _months_before(reading, duration.count * MONTHS[duration.unit])
    else:
        earlier = reading - round(duration.seconds)
    return min(clock.first(earlier), moment)


def _parsed(text: str) -> datetime:
    from datetime import datetime

    written = text.strip()
    try:
        if _DATE.fullmatch(written):
            return datetime.fromisoformat(written)
        if match := _MOMENT.fullmatch(written):
            return datetime.fromisoformat(f"{match[1]}{match[2]}{(match[4] or '').strip()}")
    except ValueError as error:
        raise ValueError(f"{text!r} is no moment: {error}; write {_forms(_EXAMPLE)}") from None
    if match := _DIGITS.fullmatch(written):
        raise ValueError(f"{text!r} is no moment: write {_forms('-'.join(match.groups()))}")
    raise ValueError(f"{text!r} is no moment: write {_forms(_EXAMPLE)}")


_EXAMPLE = "2024-06-01"


def _forms(day: str) -> str:
    """How a date, and moments of it, are written."""
    return f"{day}, {day} 06:00 or {day} 06:00+02:00"


def _months_before(reading: int, count: int) -> int:
    """The same day and time some months before, or the last day of a month that is shorter."""
    from calendar import monthrange

    day = date_of(reading)
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    last = monthrange(year, month + 1)[1]
    return midnight(day.replace(year, month + 1, min(day.day, last))) + reading % DAY


def _offset(seconds: int) -> str:
    sign = "-" if seconds < 0 else "+"
    minutes, rest = divmod(abs(seconds), 60)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}" + (f":{rest:02}" if rest else "")
