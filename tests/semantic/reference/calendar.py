"""Periods of time: truncating, moving, parts, zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.semantic.reference.language import as_datetime
from tests.semantic.reference.refusal import Reason, refuse

RANK = {
    **{"second": 0, "minute": 1, "hour": 2, "day": 3, "week": 4, "month": 5},
    **{"quarter": 6, "fiscal_quarter": 6, "year": 7, "fiscal_year": 7},
}
GRAINS = tuple(RANK)
SUBDAILY = ("second", "minute", "hour")
FIXED = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
MONTHS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}
PARTS = {"year": "year", "quarter": "quarter", "month": "month", "day": "day", "dow": "day"}
PARTS["doy"] = "day"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Calendar:
    """A project's week, zone and fiscal year."""

    def __init__(self, week_start="monday", timezone=None, fiscal_year_start=1):
        if str(week_start).lower() not in DAYS:
            refuse(Reason.BAD_DEFINITION, f"week_start {week_start!r} is no day of the week")
        if not 1 <= fiscal_year_start <= 12:
            refuse(Reason.BAD_DEFINITION, f"fiscal_year_start {fiscal_year_start!r} is no month")
        self.first_day = DAYS.index(str(week_start).lower())
        self.fiscal = fiscal_year_start
        self.zone = None if timezone is None else zone(timezone)

    def local(self, value):
        """A column's time as wall clock of the calendar's zone."""
        if not isinstance(value, datetime):
            return value
        if value.tzinfo is None:
            if self.zone is None:
                return value
            value = value.replace(tzinfo=UTC)
        return value.astimezone(self.zone or UTC).replace(tzinfo=None)

    def truncate(self, value, grain: str):
        """The first moment of the period that holds ``value``."""
        if value is None:
            return None
        if grain in SUBDAILY:
            value = as_datetime(value)
            cleared = {"second": {}, "minute": {"second": 0}, "hour": {"minute": 0, "second": 0}}
            return value.replace(microsecond=0, **cleared[grain])
        day = date(value.year, value.month, value.day)
        if grain == "day":
            return day
        if grain == "week":
            return day - timedelta(days=(day.weekday() - self.first_day) % 7)
        length = MONTHS[grain]
        lead = (self.fiscal - 1) if grain.startswith("fiscal") else 0
        months = day.year * 12 + day.month - 1 - lead
        return from_months(months - months % length + lead)

    def next(self, period, grain: str):
        return self.move(period, 1, grain)

    def move(self, value, count: int, unit: str):
        """``value`` moved by so many units; days past a month's end are its last day."""
        if unit in FIXED:
            value = as_datetime(value) if unit in SUBDAILY else value
            return value + timedelta(seconds=FIXED[unit] * count)
        months = value.year * 12 + value.month - 1 + MONTHS[unit] * count
        last = from_months(months + 1) - timedelta(days=1)
        return value.replace(year=last.year, month=last.month, day=min(value.day, last.day))

    def nests(self, finer: str, coarser: str) -> bool:
        """Whether each period of ``finer`` lies in one of ``coarser``."""
        if RANK[finer] <= RANK["day"]:
            return RANK[finer] <= RANK[coarser]
        if finer in MONTHS and coarser in MONTHS and RANK[finer] <= RANK[coarser]:
            # Each begins so many months after January.
            leads = [self.fiscal - 1 if one.startswith("fiscal") else 0 for one in (finer, coarser)]
            return (leads[0] - leads[1]) % MONTHS[finer] == 0
        return finer == coarser

    def within(self, start, grain: str, finer: str):
        """The periods of ``finer`` that a period holds."""
        end = as_datetime(self.next(start, grain))
        at = self.truncate(start, finer)
        found = []
        while as_datetime(at) < end:
            found.append(at)
            at = self.next(at, finer)
        return found


def from_months(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        refuse(Reason.BAD_QUERY, f"there is no time zone {name!r}")


def part(value, name: str):
    """A date part as an integer."""
    if value is None:
        return None
    match name:
        case "quarter":
            return (value.month + 2) // 3
        case "dow":
            return value.isoweekday()
        case "doy":
            return value.timetuple().tm_yday
    return getattr(value, name)


def amount(text) -> tuple[int, str]:
    """``7 days`` as (7, day)."""
    words = str(text).split()
    unit = words[1].lower().removesuffix("s") if len(words) == 2 else ""
    if unit not in FIXED and unit not in ("month", "quarter", "year"):
        refuse(Reason.BAD_DEFINITION, f"{text!r} is no length of time, such as 7 days")
    if not words[0].isdigit() or int(words[0]) < 1:
        refuse(Reason.BAD_DEFINITION, f"{text!r} is no length of time: the number is at least 1")
    return int(words[0]), unit
