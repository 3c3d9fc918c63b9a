"""Cron schedules of five fields."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

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
