"""What each key says that is about time, and what is wrong with it, of a node or for many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.project.zones import zone_fault
from seeknal.values.durations import MONTHS, Duration

if TYPE_CHECKING:
    from seeknal.intervals.units import Unit
    from seeknal.project.keys import CommonKeys
    from seeknal.values.marks import Marks
    from seeknal.values.problems import Problems

_SECONDS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}


@frozen(kw_only=True)
class Given:
    """What the keys of a node, or of ``defaults:``, say of time, and where they stand."""

    common: CommonKeys
    marks: Marks
    problems: Problems

    def unit(self) -> Unit | None:
        """The unit of ``schedule:``; None where there is none, or none that is right."""
        if self.common.schedule is None:
            return None
        from seeknal.intervals.units import unit_of

        try:
            return unit_of(self.common.schedule)
        except ValueError as error:
            self.wrong("SK0227", "schedule", str(error), _named(self.common.schedule))
            return None

    def zone(self) -> str:
        """The zone of ``timezone:``; UTC where there is none, or none that is right."""
        name = "UTC" if self.common.timezone is None else self.common.timezone
        if fault := zone_fault(name):
            self.wrong("SK0228", "timezone", f"timezone: {fault}")
            return "UTC"
        return name

    def check_start(self, zone: str) -> None:
        if self.common.start is None:
            return
        from seeknal.intervals.moments import moment_in

        try:
            moment_in(self.common.start, zone)
        except ValueError as error:
            self.wrong("SK0229", "start", f"start: {error}")

    def check_counts(self) -> None:
        """What is less than nothing, whatever the unit is."""
        lookback, batch = self.common.lookback, self.common.batch_size
        if isinstance(lookback, int) and lookback < 0:
            help = "a number of ranges, or a duration: lookback: 3, or 3 days"
            self.wrong("SK0230", "lookback", f"lookback: {lookback} is less than none", help)
        if isinstance(batch, int) and batch < 1:
            help = "leave it out, and seeknal chooses; or batch_size: 7"
            self.wrong("SK0230", "batch_size", f"batch_size: {batch} is no range at all", help)

    def batch_size(self, unit: Unit | None) -> int:
        """The ranges of ``batch_size:``; 0 where seeknal chooses, or where it is wrong."""
        batch = self.common.batch_size
        if batch is None or isinstance(batch, int):
            return batch or 0
        if batch.strip().isdecimal() and int(batch):
            return int(batch)
        try:
            ranges = None if unit is None else _ranges(Duration.parse(batch), unit)
        except ValueError:
            ranges = 0
        if ranges == 0:
            help = f"a number of ranges, or a duration that is some of {unit}: batch_size: 7"
            text = f"batch_size: {batch!r} is no whole number of ranges of {unit}"
            self.wrong("SK0230", "batch_size", text, help)
        return ranges or 0

    def wrong(self, code: str, key: str, message: str, help: str | None = None) -> None:
        self.problems.add(code, message, self.marks.value(key), help)


def check_defaults(common: CommonKeys, marks: Marks, problems: Problems) -> None:
    """Tell what ``defaults:`` say of time that is wrong for every node."""
    given = Given(common=common, marks=marks, problems=problems)
    given.unit()
    given.check_start(given.zone())
    given.check_counts()


def _named(schedule: str) -> str | None:
    """Help for a schedule that is one by name but for its ``@``."""
    from seeknal.values.cron import NAMED

    name = f"@{schedule.strip().lower()}"
    return f'did you mean "{name}"?' if name in NAMED else None


def _ranges(duration: Duration, unit: Unit) -> int:
    """How many ranges a duration is; 0 where they are not a whole number."""
    of = _SECONDS if unit.name in _SECONDS else MONTHS
    if duration.unit not in of:
        return 0
    whole, rest = divmod(duration.count * of[duration.unit], unit.size * of[unit.name])
    return 0 if rest else whole
