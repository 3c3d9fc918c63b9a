"""When Kubernetes starts what a CronJob says: as robfig/cron goes through fields of a time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


def fires(fields, zone, begin, end):
    """The moments from ``begin`` to before ``end``."""
    parsed = [_parsed(field, *limits) for field, limits in zip(fields.split(), LIMITS, strict=True)]
    place, found, moment = ZoneInfo(zone), [], begin - 1
    while True:
        moment = _next(parsed, moment, place)
        if moment >= end:
            return found
        found.append(moment)


def _parsed(field, low, high):
    """The numbers of a field, and whether it is a star of which nothing is left out."""
    numbers, star = set(), False
    for part in field.split(","):
        span, _, step = part.partition("/")
        ends = span.split("-")
        whole = span == "*"
        start = low if whole else int(ends[0])
        stop = high if whole or (len(ends) == 1 and step) else int(ends[-1])
        assert low <= start <= stop <= high, field
        star = star or (whole and int(step or 1) == 1)
        numbers |= set(range(start, stop + 1, int(step or 1)))
    return numbers, star


def _next(parsed, moment, place):
    """Minute by minute of elapsed time, by what the clock shows; hours that cannot be are left."""
    minutes, hours, (dates, any_date), months, (weekdays, any_day) = parsed
    now = datetime.fromtimestamp(moment - moment % 60 + 60, UTC)
    while True:
        shown = now.astimezone(place)
        on_date, on_day = shown.day in dates, shown.isoweekday() % 7 in weekdays
        day = (on_date and on_day) if any_date or any_day else (on_date or on_day)
        if not (day and shown.month in months[0]) or shown.hour not in hours[0]:
            now += timedelta(minutes=60 - shown.minute)
        elif shown.minute not in minutes[0]:
            now += timedelta(minutes=1)
        else:
            return int(now.timestamp())
