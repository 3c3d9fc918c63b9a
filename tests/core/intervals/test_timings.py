"""What schedules come to: those that tick alike are one, however each is written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeknal.intervals.ticks import ticks_next
from seeknal.intervals.timings import cron_text, read_schedule, timing_of
from seeknal.intervals.units import EVERY
from seeknal.values.durations import Duration
from seeknal.values.schedule import Schedule

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def timing(text):
    return timing_of(read_schedule(text))


def ticks(schedule, begin, count):
    """So many ticks after a moment."""
    found, moment = [], begin
    for _ in range(count):
        moment = ticks_next(schedule, moment)
        found.append(moment)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("@daily", "0 0 * * *"),
        ("@daily", "1 day"),
        ("@weekly", "0 0 * * 7"),
        ("0 0 * * SUN", "@weekly"),
        ("6 hours", "0 */6 * * *"),
        ("6h Europe/Berlin", "0 0,6,12,18 * * * Europe/Berlin"),
        ("0 6 * * 1-5", "0  6 * * 5,4,3,2,1"),
        ("0 0 1-31 * 1", "@daily"),
        ("0 0 * * * UTC", "@midnight"),
    ],
)
def test_schedules_that_tick_alike_are_one(one, other):
    assert timing(one) == timing(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("@daily", "@daily Europe/Berlin"),
        ("@weekly", "1 week"),
        ("0 0 1 * 1", "0 0 */31 * 1"),
        # Stars go by elapsed time, which differs when a clock is put back.
        ("0 */6 * * * Europe/Berlin", "6 hours Europe/Berlin"),
    ],
)
def test_schedules_that_do_not_tick_alike_are_several(one, other):
    assert timing(one) != timing(other)


@pytest.mark.parametrize(
    "text", ["", "daily", "5 hours", "61 * * * *", "0 6 * * * Europe/Berln", "0 6 * * * 1 2"]
)
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(ValueError, match=r"is not a cron schedule|is no"):
        read_schedule(text)


@st.composite
def fields(draw):
    """Schedules of five fields, of all that each may hold."""
    limits = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    return " ".join(draw(field(low, high)) for low, high in limits)


def field(low, high):
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}")
    some = st.one_of(number.map(str), span)
    return st.one_of(
        st.just("*"),
        st.integers(1, high).map(lambda step: f"*/{step}"),
        st.lists(some, min_size=1, max_size=3).map(",".join),
    )


moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1)).map(
    lambda moment: int(moment.replace(tzinfo=UTC).timestamp())
)


def parsed(text, zone):
    try:
        return timing_of(Schedule(text=text, timezone=zone))
    except ValueError:  # a day that no month has
        return None


@settings(deadline=None, derandomize=True)
@given(text=fields(), zone=st.sampled_from(ZONES), begin=moments)
def test_any_schedule_ticks_as_it_is_written_again(text, zone, begin):
    timing = parsed(text, zone)
    if timing is None:
        return

    again = Schedule(text=cron_text(timing), timezone=zone)

    schedule = Schedule(text=text, timezone=zone)
    assert ticks(again, begin, 20) == ticks(schedule, begin, 20)
    assert timing_of(again) == timing
    assert timing_of(read_schedule(str(timing))) == timing


@pytest.mark.parametrize("unit", EVERY, ids=str)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(zone=st.sampled_from(ZONES), begin=moments)
def test_a_duration_ticks_as_its_cron_schedule_does(unit, zone, begin):
    schedule = Schedule(text=str(Duration(unit.size, unit.name)), timezone=zone)

    again = Schedule(text=cron_text(timing_of(schedule)), timezone=zone)

    assert ticks(again, begin, 20) == ticks(schedule, begin, 20)
