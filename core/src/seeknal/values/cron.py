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
        from cronsim import CronSim, CronSimError

        fields = NAMED.get(text.strip().lower(), text).split()
        if len(fields) != 5:
            raise ValueError(f"{text!r} is not a cron schedule: it takes five fields")
        found = cls(" ".join(fields))
        try:
            CronSim(found.fields, datetime.min)
        except CronSimError as error:
            raise ValueError(f"{text!r} is not a cron schedule: {error}") from None
        return found

    def next_after(self, moment: datetime) -> datetime:
        """The first tick after ``moment``, in its zone. Raises ValueError when there is none."""
        from cronsim import CronSim

        try:
            return next(CronSim(self.fields, moment))
        except StopIteration:
            raise ValueError("the schedule names a day that does not exist") from None

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
        return _read(self.fields).months

    @property
    def minutes_of_day(self) -> tuple[int, ...]:
        """When there are ticks on a day that has them, in minutes after midnight by the clock."""
        return _minutes_of_day(self.fields)

    def falls_on(self, day: date) -> bool:
        """Whether a day has ticks."""
        read = _read(self.fields)
        return day.month in read.months and read.match_day(day)


@cache
def _read(fields: str) -> CronSim:
    from cronsim import CronSim

    return CronSim(fields, datetime.min)


@cache
def _minutes_of_day(fields: str) -> tuple[int, ...]:
    read = _read(fields)
    return tuple(h * 60 + m for h in sorted(read.hours) for m in sorted(read.minutes))
