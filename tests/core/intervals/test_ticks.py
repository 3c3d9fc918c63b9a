"""Up to where ranges are due, compared with what looking at every tick finds."""

from datetime import datetime
from random import Random

import pytest
from tests.core.intervals.drawn import ERAS, near, seconds
from tests.intervals import ranges

from seeknal.intervals.ticks import bound, last_tick, next_tick, ticked, ticks_next
from seeknal.values.cron import Cron
from seeknal.values.schedule import Schedule

pytestmark = pytest.mark.inside

SCHEDULES = [
    *("@hourly", "@daily", "@weekly", "@monthly", "@yearly", "30 2 * * *", "0 */6 * * *"),
    *("*/20 1-3 * * *", "15 2,3 * * 0", "0 0 1 * 1", "*/7 * 31 * *", "0 9-17/2 * * 1-5"),
    *("30 0 * * *", "*/10 2 * * *", "5 * * * *", "0 0 29 2 *", "* * 1 1 *", "0 0,12 * * *"),
    *("30 23 * * *", "* 0 * * *", "0 0 30 12 *"),
]
NEW_YEAR = datetime(2026, 1, 1)


@pytest.mark.parametrize(("zone", "day"), ERAS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_last_tick_is_the_one_that_looking_at_each_finds(schedule, zone, day):
    chance = Random(f"{schedule} {zone} {day}")
    drawn = [near(chance, day) for _ in range(15)]

    found = [last_tick(Cron.parse(schedule), zone, seconds(each)) for each in drawn]

    assert found == [seconds(ranges.last_tick(schedule, zone, each)) for each in drawn], drawn


@pytest.mark.parametrize(("zone", "day"), ERAS)
@pytest.mark.parametrize("schedule", [*SCHEDULES, "15 minutes", "6 hours", "1 day", "1 week"])
def test_the_next_tick_is_the_first_that_has_not_been(schedule, zone, day):
    chance = Random(f"next {schedule} {zone} {day}")
    when = Schedule(text=schedule, timezone=zone)
    drawn = [seconds(near(chance, day)) for _ in range(15)]

    found = [(moment, ticks_next(when, moment)) for moment in drawn]

    for moment, tick in found:
        assert ticked(when, tick) == tick > moment
        assert ticked(when, tick - 1) <= moment


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("*/15 * * * *", datetime(2026, 1, 1, 0, 15)),
        ("@daily", datetime(2026, 1, 2)),
        ("0 6 * * mon", datetime(2026, 1, 5, 6)),
        ("0 0 29 feb *", datetime(2028, 2, 29)),
        ("30 2 1,15 * *", datetime(2026, 1, 1, 2, 30)),
        ("0 0 13 * fri", datetime(2026, 1, 2)),
        ("0 0 * * 7", datetime(2026, 1, 4)),
        ("5/20 * * * *", datetime(2026, 1, 1, 0, 5)),
    ],
)
def test_next_tick_is_the_first_one_after_the_moment(schedule, expected):
    cron = Cron.parse(schedule)

    tick = next_tick(cron, "UTC", seconds(NEW_YEAR))

    assert tick == seconds(expected)


def test_a_time_that_a_change_of_the_clock_leaves_out_comes_right_after_it():
    cron = Cron.parse("30 2 * * *")

    tick = next_tick(cron, "Europe/Berlin", seconds(datetime(2026, 3, 28, 11)))

    assert tick == seconds(datetime(2026, 3, 29, 1, 0))


@pytest.mark.parametrize(("zone", "day"), ERAS)
@pytest.mark.parametrize(
    "schedule",
    ["@hourly", "30 2 * * *", "30 0 * * *", "@monthly", "15 minutes", "6 hours", "1 week"],
)
def test_ranges_are_due_up_to_where_looking_at_each_finds(schedule, zone, day):
    chance = Random(f"bound {schedule} {zone} {day}")
    drawn = [near(chance, day) for _ in range(5)]

    found = [bound(schedule, zone, seconds(each)) for each in drawn]

    assert found == [seconds(ranges.bound(schedule, zone, each)) for each in drawn], drawn


@pytest.mark.parametrize(
    ("schedule", "now", "tick"),
    [
        ("0 0 l * *", "2024-03-15", "2024-02-29"),
        ("0 6 * * fri#2", "2024-03-01", "2024-02-09 06:00"),
        ("0 0 * 2 mon#5", "2024-03-01", "2016-02-29"),
    ],
)
def test_days_that_only_a_calendar_names_are_found(schedule, now, tick):
    moment = seconds(datetime.fromisoformat(now))

    found = last_tick(Cron.parse(schedule), "UTC", moment)

    assert found == seconds(datetime.fromisoformat(tick))


def test_a_schedule_that_never_ticks_is_an_error():
    first_days_that_are_fifth_mondays = Cron.parse("0 0 */31 2 mon#5")

    with pytest.raises(ValueError, match="names a day that does not exist"):
        last_tick(first_days_that_are_fifth_mondays, "UTC", 0)
