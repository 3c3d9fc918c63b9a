"""Units, ranges and ticks, also where clocks are put forward and back."""

from datetime import datetime
from itertools import takewhile
from random import Random

import pytest
from cronsim import CronSim

from tests.intervals import ranges
from tests.intervals.ranges import DAY, HOUR, MINUTE, Unit, unit_of
from tests.intervals.sizes import GAPS, ten_years_of_five_minutes, two_years_of_hours

# They judge the judge, which says nothing of versions.
pytestmark = pytest.mark.once

BERLIN = "Europe/Berlin"


def at(text):
    return datetime.fromisoformat(text)


def lengths(schedule, zone, first, last):
    found = ranges.ranges(unit_of(schedule), zone, at(first), at(last))
    return [end - start for start, end in found]


@pytest.mark.parametrize(
    ("schedule", "unit"),
    [
        ("* * * * *", Unit(1, "minute")),
        ("*/5 * * * *", Unit(5, "minute")),
        ("*/10 * * * *", Unit(5, "minute")),
        ("*/20 * * * *", Unit(15, "minute")),
        ("0,30 * * * *", Unit(30, "minute")),
        ("@hourly", Unit(1, "hour")),
        ("0 9-17 * * *", Unit(1, "hour")),
        ("0 */6 * * *", Unit(1, "hour")),
        ("@daily", Unit(1, "day")),
        ("30 2 * * *", Unit(1, "day")),
        ("0 0 * * 1-5", Unit(1, "day")),
        ("@weekly", Unit(1, "day")),
        ("0 0 1,15 * *", Unit(1, "day")),
        ("@monthly", Unit(1, "month")),
        ("0 0 1 */3 *", Unit(1, "month")),
        ("@yearly", Unit(1, "year")),
        ("0 0 29 2 *", Unit(1, "year")),
        ("6 hours", Unit(6, "hour")),
        ("24 hours", Unit(1, "day")),
        ("7 days", Unit(1, "week")),
        ("1 week", Unit(1, "week")),
        ("3 months", Unit(3, "month")),
    ],
)
def test_a_schedule_has_the_largest_unit_not_above_the_shortest_time_between_ticks(schedule, unit):
    assert unit_of(schedule) == unit


@pytest.mark.parametrize("schedule", ["7 minutes", "5 hours", "36 hours", "2 days", "5 months"])
def test_a_duration_that_the_wall_clock_does_not_show_is_refused(schedule):
    with pytest.raises(ValueError, match="does not divide"):
        unit_of(schedule)


def test_a_day_on_which_clocks_are_put_forward_has_23_hours_and_the_other_one_25():
    spring = lengths("@daily", BERLIN, "2024-03-30 23:00", "2024-03-31 22:00")
    autumn = lengths("@daily", BERLIN, "2024-10-26 22:00", "2024-10-27 23:00")

    assert spring == [23 * HOUR]
    assert autumn == [25 * HOUR]


def test_hours_elapse_though_the_clock_shows_one_of_them_twice():
    spring = lengths("@hourly", BERLIN, "2024-03-30 23:00", "2024-03-31 22:00")
    autumn = lengths("@hourly", BERLIN, "2024-10-26 22:00", "2024-10-27 23:00")

    assert spring == [HOUR] * 23
    assert autumn == [HOUR] * 25


def test_six_hours_go_by_the_wall_clock():
    spring = lengths("6 hours", BERLIN, "2024-03-30 23:00", "2024-03-31 22:00")

    assert spring == [5 * HOUR, 6 * HOUR, 6 * HOUR, 6 * HOUR]


def test_a_midnight_that_comes_twice_begins_one_day():
    havana = ranges.ranges(
        Unit(1, "day"), "America/Havana", at("2024-11-03 04:00"), at("2024-11-04 05:00")
    )

    assert havana == ((at("2024-11-03 04:00"), at("2024-11-04 05:00")),)


def test_a_midnight_that_never_comes_begins_a_day_an_hour_later():
    beirut = ranges.ranges(
        Unit(1, "day"), "Asia/Beirut", at("2024-03-30 22:00"), at("2024-03-31 21:00")
    )

    assert beirut == ((at("2024-03-30 22:00"), at("2024-03-31 21:00")),)


def test_half_an_hour_that_is_put_back_makes_an_hour_longer():
    found = lengths("@hourly", "Australia/Lord_Howe", "2024-04-06 14:00", "2024-04-06 16:30")

    assert found == [90 * MINUTE, HOUR]


def test_hours_of_a_zone_of_half_hours_begin_at_its_own_whole_hours():
    found = ranges.ranges(
        Unit(1, "hour"), "Asia/Kolkata", at("2024-02-28 00:30"), at("2024-02-28 01:30")
    )

    assert found == ((at("2024-02-28 00:30"), at("2024-02-28 01:30")),)


@pytest.mark.parametrize(("year", "days"), [(2023, 28), (2024, 29)])
def test_a_february_has_as_many_days_as_the_calendar_says(year, days):
    first = f"{year}-02-01"

    assert lengths("@monthly", "UTC", first, f"{year}-02-02") == [days * DAY]
    assert len(lengths("@daily", "UTC", first, f"{year}-03-01")) == days


@pytest.mark.parametrize(
    ("schedule", "now", "bound"),
    [
        ("@daily", "2024-06-04 00:00", "2024-06-04 00:00"),
        ("@daily", "2024-06-03 23:59", "2024-06-03 00:00"),
        ("30 2 * * *", "2024-06-04 02:29", "2024-06-03 00:00"),
        ("30 2 * * *", "2024-06-04 02:30", "2024-06-04 00:00"),
        ("0 */6 * * *", "2024-06-04 11:00", "2024-06-04 06:00"),
        ("0 0 * * 1-5", "2024-06-09 12:00", "2024-06-07 00:00"),
        ("@weekly", "2024-06-08 12:00", "2024-06-02 00:00"),
        ("1 week", "2024-06-09 12:00", "2024-06-03 00:00"),
        ("@yearly", "2024-06-04 00:00", "2024-01-01 00:00"),
    ],
)
def test_ranges_are_due_up_to_the_last_tick(schedule, now, bound):
    assert ranges.bound(schedule, "UTC", at(now)) == at(bound)


@pytest.mark.parametrize(
    "schedule",
    [
        *("@hourly", "30 2 * * *", "0 */6 * * *", "*/20 1-3 * * *", "15 2,3 * * 0"),
        *("0 0 1 * 1", "*/7 * 31 * *", "0 9-17/2 * * 1-5", "30 0 * * *"),
    ],
)
@pytest.mark.parametrize("zone", [BERLIN, "America/New_York", "America/Havana", "Asia/Kolkata"])
def test_the_last_tick_is_that_of_a_parser_that_many_use(schedule, zone):
    chance = Random(schedule)
    eras = [at("2024-03-09"), at("2024-03-30"), at("2024-10-26"), at("2024-11-02")]
    moments = [chance.choice(eras) + chance.randrange(2 * 24 * 60) * MINUTE for _ in range(12)]
    fields = ranges.NAMED.get(schedule, schedule)

    found = [ranges.last_tick(schedule, zone, moment) for moment in moments]

    place = ranges.ZoneInfo(zone)
    for moment, tick in zip(moments, found, strict=True):
        before = (tick - 3 * HOUR).replace(tzinfo=ranges.UTC).astimezone(place)
        known = (
            each.astimezone(ranges.UTC).replace(tzinfo=None) for each in CronSim(fields, before)
        )
        assert max(takewhile(lambda each, last=moment: each <= last, known)) == tick


def test_an_end_that_is_a_date_is_that_whole_day_of_the_zone():
    assert ranges.read_in_zone("2024-03-31", BERLIN) == at("2024-03-30 23:00")
    assert ranges.end_in_zone("2024-03-31", BERLIN) == at("2024-03-31 22:00")
    assert ranges.end_in_zone("2024-03-31 06:00", BERLIN) == at("2024-03-31 04:00")


def test_two_years_of_hours_have_as_many_gaps_as_are_measured():
    done, gaps = two_years_of_hours()

    assert len(gaps) == GAPS
    assert len(done) == GAPS + 1
    assert sum((end - start for start, end in done + gaps), 0 * DAY) == 730 * DAY
    assert all(start < end for start, end in done)


def test_ten_years_of_five_minutes_are_a_million_ranges():
    found = ten_years_of_five_minutes()

    assert len(found) == 1_052_064
    assert found[-1] == (at("2033-12-31 23:55"), at("2034-01-01 00:00"))
