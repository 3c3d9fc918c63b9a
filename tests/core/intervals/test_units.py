from itertools import product
from random import Random

import pytest
from tests.intervals import ranges

from seeknal.intervals.units import Unit, is_duration, parse_unit, unit_of

pytestmark = pytest.mark.inside


def known(schedule):
    return Unit(*ranges.unit_of(schedule))


@pytest.mark.parametrize(
    "schedule",
    [
        *("* * * * *", "*/5 * * * *", "*/7 * * * *", "*/10 * * * *", "*/20 * * * *"),
        *("0,30 * * * *", "0,59 0,23 * * *", "0,50 0,23 * * 1,3", "0 0,23 1,31 * *"),
        *("0 */6 * * *", "30 2 * * *", "0 0 * * 1-5", "0 0 1,15 * *", "0 0 28 2,3 *"),
        *("0 0 1 */3 *", "0 0 29 2 *", "0 0 31 * *", "0 0 31 12 *", "0 0 31 1,12 *"),
        *ranges.NAMED,
    ],
)
def test_a_cron_schedule_has_the_largest_unit_not_above_the_shortest_time_between_ticks(schedule):
    unit = unit_of(schedule)

    assert unit == known(schedule)


@pytest.mark.parametrize("seed", range(8))
def test_drawn_cron_schedules_have_the_units_that_looking_at_their_ticks_gives(seed):
    chance = Random(seed)
    fields = [
        ("0", "7", "*", "*/5", "*/7", "0,30", "5-50/15", "3,40,58"),
        ("0", "5", "*", "*/6", "*/12", "0,23", "9-17", "1,2"),
        ("*", "1", "1,15", "29", "31", "28-31", "*/10"),
        ("*", "2", "1,12", "*/3", "*/6", "2,3"),
        ("*", "*", "*", "0", "1-5", "7", "*/3"),
    ]
    drawn = {" ".join(chance.choice(each) for each in fields) for _ in range(30)}
    drawn = {each for each in drawn if each.split()[2:4] not in (["31", "2"],)}

    found = {each: unit_of(each) for each in drawn}

    assert found == {each: known(each) for each in drawn}, f"seed {seed}"


def test_every_duration_is_a_unit_or_is_refused_as_the_wall_clock_says():
    words = ("minute", "hour", "day", "week", "month", "year")
    written = [f"{size} {word}s" for size, word in product(range(1, 130), words)]
    expected = {}
    for each in written:
        try:
            expected[each] = known(each)
        except ValueError:
            expected[each] = None

    found = {}
    for each in written:
        try:
            found[each] = unit_of(each)
        except ValueError:
            found[each] = None

    assert found == expected


@pytest.mark.parametrize(
    ("schedule", "unit"),
    [
        ("6h", Unit(6, "hour")),
        ("1day", Unit(1, "day")),
        ("1 quarter", Unit(3, "month")),
        ("4 quarters", Unit(1, "year")),
        ("0 0 * * mon#1", Unit(1, "month")),
        ("0 0 l * *", Unit(1, "month")),
    ],
)
def test_a_schedule_is_also_read_as_durations_and_cron_are_elsewhere(schedule, unit):
    found = unit_of(schedule)

    assert found == unit


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("7 minutes", "write 6 minutes or 10 minutes"),
        ("120 minutes", "write 2 hours"),
        ("5 hours", "write 4 hours or 6 hours"),
        ("36 hours", "write 1 day or 1 week"),
        ("2 days", "write 1 day or 1 week"),
        ("2 weeks", "write 1 week or 1 month"),
        ("5 months", "write 4 months or 6 months"),
        ("3 years", "write 1 year"),
        ("0 days", "write 1 minute"),
        ("90s", "write 1 minute or 2 minutes"),
        ("3 fortnights", "3 fortnights' is not a duration"),
        ("daily", "write @daily, 0 6 \\* \\* \\* or a duration: 6 hours"),
        ("0 0 30 2 *", "is not a cron schedule"),
    ],
)
def test_what_is_no_unit_is_refused_with_what_could_be_written(schedule, said):
    with pytest.raises(ValueError, match=said):
        unit_of(schedule)


@pytest.mark.parametrize("text", ["minute", "15 minutes", "hour", "6 hours", "day", "3 months"])
def test_a_unit_is_read_back_as_it_is_written(text):
    unit = parse_unit(text)

    assert str(unit) == text


def test_a_unit_of_an_hour_or_less_elapses():
    units = ["minute", "30 minutes", "hour", "2 hours", "day"]

    found = [each for each in units if parse_unit(each).elapses]

    assert found == ["minute", "30 minutes", "hour"]


def test_a_duration_is_told_from_a_cron_schedule():
    schedules = ["6 hours", "6h", "@daily", "0 6 * * *"]

    found = [each for each in schedules if is_duration(each)]

    assert found == ["6 hours", "6h"]
