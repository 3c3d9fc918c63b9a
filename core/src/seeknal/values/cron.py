"""Cron schedules of five fields."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from cronsim import CronSim

NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@frozen
class Cron:
    """A schedule: ``fields`` are its minutes, hours, days, months and weekdays, as Debian's cron
    understands them."""

    fields: str

    @classmethod
    def parse(cls, text: str) -> Cron:
        """The schedule that ``text`` writes. Raises ValueError that says what is wrong."""
        from cronsim import CronSimError

        fields = NAMED.get(text.strip().lower(), text).split()
        if text.strip().startswith("@") and len(fields) == 1:
            names = ", ".join(NAMED)
            raise ValueError(f"{text!r} is not a cron schedule: those with a name are {names}")
        if len(fields) != 5:
            raise ValueError(f"{text!r} is not a cron schedule: it takes five fields")
        found = cls(" ".join(fields))
        try:
            _read(found.fields)
        except CronSimError as error:
            why = _explained(str(error), fields)
            raise ValueError(f"{text!r} is not a cron schedule: {why}") from None
        return found

    @property
    def elapses(self) -> bool:
        """Whether it goes by elapsed time, and not by the clock: minutes or hours are a star."""
        return any(field.startswith("*") for field in self.fields.split()[:2])

    @property
    def read(self) -> CronSim:
        """Its fields as sets of numbers."""
        return _read(self.fields)

    @property
    def any_weekday(self) -> bool:
        """Whether a date alone says that there are ticks, whatever its weekday."""
        return self.fields.endswith(" *")

    @property
    def months(self) -> AbstractSet[int]:
        """The numbers of the months that have ticks."""
        return self.read.months

    @property
    def minutes_of_day(self) -> tuple[int, ...]:
        """When there are ticks on a day that has them, in minutes after midnight by the clock."""
        return _minutes_of_day(self.fields)

    def falls_on(self, day: date) -> bool:
        """Whether a day has ticks."""
        read = self.read
        return day.month in read.months and read.match_day(day)


_ALLOWED = {
    "Bad minute": (0, "a minute is 0 to 59"),
    "Bad hour": (1, "an hour is 0 to 23"),
    "Bad day-of-month": (2, "a day is 1 to 31, of one of its months, or L for the last"),
    "Bad month": (3, "a month is 1 to 12, or JAN to DEC"),
    "Bad day-of-week": (4, "a weekday is 0 to 7, where both are Sunday, or MON to SUN"),
}


def _explained(error: str, fields: list[str]) -> str:
    """What is wrong with a field, and what it may be."""
    if error not in _ALLOWED:
        return error
    place, allowed = _ALLOWED[error]
    return f"{fields[place]!r} in place {place + 1}: {allowed}"


@cache
def _read(fields: str) -> CronSim:
    from cronsim import CronSim

    return CronSim(fields, datetime.min)


@cache
def _minutes_of_day(fields: str) -> tuple[int, ...]:
    read = _read(fields)
    return tuple(h * 60 + m for h in sorted(read.hours) for m in sorted(read.minutes))
