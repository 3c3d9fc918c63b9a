"""When Debian's cron starts what a line says, as its own words on changes of clocks are.

What has a star for its minutes or hours goes by what the clock shows. All else runs at once when
the clock has been put over its time, and not again when it has been put back.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MINUTE, HOUR = 60, 3600


def fires(fields, zone, begin, end):
    """The moments from ``begin`` to before ``end``."""
    told = fields.split()
    sets = [_numbers(field, *limits) for field, limits in zip(told, LIMITS, strict=True)]
    both = told[2].startswith("*") or told[4].startswith("*")
    by_clock = told[0].startswith("*") or told[1].startswith("*")
    place, found = ZoneInfo(zone), []
    # A day before is enough for it to know how far the clock has been.
    moment, reached = begin - 86400, None
    while moment < end:
        reading = _reading(moment, place)
        first = reading if by_clock or reached is None else reached
        runs = any(_matches(at, sets, both) for at in range(first, reading + MINUTE, MINUTE))
        if runs and moment >= begin:
            found.append(moment)
        reached = max(reached or 0, reading + MINUTE)
        moment += MINUTE if runs else _to_next(reading, sets[0])
    return found


def _to_next(reading, minutes):
    """To the next minute of the hour that may be one, or in which clocks are put on or back."""
    minute = reading // MINUTE % 60
    near = [*minutes, 0, 15, 30, 45]
    return min((other - minute - 1) % 60 + 1 for other in near) * MINUTE


def _reading(moment, place):
    shown = datetime.fromtimestamp(moment, UTC).astimezone(place)
    return int(shown.replace(tzinfo=UTC).timestamp())


def _matches(reading, sets, both):
    minutes, hours, dates, months, weekdays = sets
    if reading // MINUTE % 60 not in minutes or reading // HOUR % 24 not in hours:
        return False
    shown = datetime.fromtimestamp(reading, UTC)
    date, day = shown.day in dates, bool({shown.isoweekday(), shown.isoweekday() % 7} & weekdays)
    return shown.month in months and ((date and day) if both else (date or day))


def _numbers(field, low, high):
    found = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        ends = [low, high] if span == "*" else [int(end) for end in span.split("-")]
        assert low <= ends[0] <= ends[-1] <= high, field
        found |= set(range(ends[0], ends[-1] + 1, int(step or 1)))
    return found
