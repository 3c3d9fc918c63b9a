"""Ranges, compared with what looking at one moment after another finds."""

from bisect import bisect_right
from datetime import date, datetime, timedelta
from itertools import compress, pairwise
from operator import itemgetter
from random import Random
from timeit import repeat

import pytest
from tests.core.intervals.drawn import ERAS, near, seconds
from tests.intervals import ranges

from seeknal.intervals.calendar import Calendar
from seeknal.intervals.clocks import clock_of
from seeknal.intervals.spans import merged
from seeknal.intervals.units import parse_unit
from seeknal.values.durations import Duration

pytestmark = pytest.mark.inside

EVERYWHERE = ["hour", "6 hours", "day"]
ELSEWHERE = [
    "minute",
    "30 minutes",
    "5 minutes",
    "2 hours",
    "12 hours",
    "week",
    "month",
    "3 months",
    "year",
]
LONG = {"week": 20, "month": 50, "3 months": 100, "year": 400}
"""How many days are looked at where two have no two ranges."""
CASES = [(unit, zone, day) for unit in EVERYWHERE for zone, day in ERAS]
CASES += [(unit, zone, day) for at, unit in enumerate(ELSEWHERE) for zone, day in ERAS[at % 5 :: 5]]


def known_of(unit):
    return ranges.Unit(parse_unit(unit).size, parse_unit(unit).name)


def at(text):
    return seconds(datetime.fromisoformat(text))


@pytest.mark.parametrize(("unit", "zone", "day"), CASES)
def test_ranges_are_those_that_looking_at_every_moment_finds(unit, zone, day):
    chance = Random(f"{unit} {zone} {day}")
    first = near(chance, day, LONG.get(unit, 1))
    last = first + chance.randrange(1, LONG.get(unit, 2) * 1440) * ranges.MINUTE
    known = [
        (seconds(start), seconds(end))
        for start, end in ranges.ranges(known_of(unit), zone, first, last)
    ]
    calendar = Calendar(parse_unit(unit), zone)

    found = list(calendar.ranges(seconds(first), seconds(last)))

    assert found == known, f"{first} to {last}"
    assert calendar.count(((found[0][0], found[-1][1]),)) == len(known)


@pytest.mark.parametrize(("unit", "zone", "day"), CASES)
def test_a_moment_lies_in_its_range_and_others_are_counted_back_from_it(unit, zone, day):
    chance = Random(f"back {unit} {zone} {day}")
    drawn = [near(chance, day) for _ in range(20)]
    first = min(drawn) - timedelta(days=LONG.get(unit, 1))
    known = ranges.ranges(known_of(unit), zone, first, max(drawn) + ranges.MINUTE)
    held = [bisect_right(known, each, key=itemgetter(0)) - 1 for each in drawn]
    counts = [chance.randint(0, index) for index in held]
    calendar = Calendar(parse_unit(unit), zone)

    found = [
        (calendar.begin(each), calendar.end(each), calendar.back(each, count))
        for each, count in zip(map(seconds, drawn), counts, strict=True)
    ]

    assert found == [
        (seconds(known[index][0]), seconds(known[index][1]), seconds(known[index - count][0]))
        for index, count in zip(held, counts, strict=True)
    ], (drawn, counts)


@pytest.mark.parametrize(("zone", "day"), ERAS)
@pytest.mark.parametrize("unit", ["15 minutes", "hour", "6 hours", "day"])
def test_spans_are_widened_and_narrowed_to_whole_ranges(unit, zone, day):
    chance = Random(f"spans {unit} {zone} {day}")
    calendar = Calendar(parse_unit(unit), zone)
    begun = seconds(near(chance, day, 1))
    every = list(calendar.ranges(begun, begun + 4 * 86400))
    bounds = sorted(chance.sample(range(every[2][0], every[-1][1], 300), 12))
    spans = tuple(zip(bounds[::2], bounds[1::2], strict=True))
    held = [any(start < e and end > s for s, e in spans) for start, end in every]
    inside = [any(start >= s and end <= e for s, e in spans) for start, end in every]
    before = [any(held[index : index + 3]) for index in range(len(every))]

    found = [calendar.widened(spans), calendar.within(spans), calendar.before(spans, 2)]

    assert found == [merged(compress(every, each)) for each in (held, inside, before)], spans
    assert [calendar.count(each) for each in found] == [sum(held), sum(inside), sum(before)]


@pytest.mark.parametrize("unit", ["hour", "12 hours", "day"])
@pytest.mark.parametrize("zone", ["Pacific/Apia", "Pacific/Kwajalein", "Australia/Lord_Howe"])
def test_ranges_are_the_same_whatever_was_asked_first(zone, unit):
    texts = ["1893-01-01", "1969-06-01", "1993-08-21", "2011-12-30", "2024-01-01", "2080-05-05"]
    clock_of.cache_clear()
    Calendar(parse_unit(unit), zone).begin(at(texts[0]))
    begun = [Calendar(parse_unit(unit), zone).begin(at(each)) for each in texts]
    counted = Calendar(parse_unit(unit), zone).count(((begun[0], begun[-1]),))
    clock_of.cache_clear()
    calendar = Calendar(parse_unit(unit), zone)

    backwards = [calendar.begin(at(each)) for each in reversed(texts)]
    parts = [calendar.count((span,)) for span in pairwise(begun)]

    assert backwards[::-1] == begun
    assert sum(parts) == counted


@pytest.mark.parametrize(
    ("unit", "moment_text", "duration", "expected"),
    [
        ("day", "2024-06-10 12:00", "2 days", "2024-06-07 22:00"),
        ("day", "2024-06-10 12:00", "36h", "2024-06-07 22:00"),
        ("day", "2024-06-10 12:00", "0 days", "2024-06-09 22:00"),
        ("day", "2024-04-01 12:00", "1 day", "2024-03-30 23:00"),
        ("hour", "2024-04-01 12:30", "1 day", "2024-03-31 12:00"),
        ("hour", "2024-04-01 12:30", "90m", "2024-04-01 10:00"),
        ("month", "2024-06-10 12:00", "10 days", "2024-04-30 22:00"),
        ("month", "2024-06-10 12:00", "1 quarter", "2024-02-29 23:00"),
        ("day", "2024-05-30 23:00", "1 month", "2024-04-29 22:00"),
        ("year", "2024-06-10 12:00", "1 year", "2022-12-31 23:00"),
    ],
)
def test_a_duration_reaches_back_to_the_range_that_holds_its_beginning(
    unit, moment_text, duration, expected
):
    calendar = Calendar(parse_unit(unit), "Europe/Berlin")

    found = calendar.back_for(at(moment_text), Duration.parse(duration))

    assert found == at(expected)


@pytest.mark.parametrize(
    ("zone", "start", "end", "first", "last"),
    [
        ("UTC", "2024-06-01", "2024-06-03", "2024-06-01", "2024-06-03"),
        ("UTC", "2024-06-01 01:00", "2024-06-03 01:00", "2024-06-02", "2024-06-04"),
        ("Europe/Berlin", "2024-05-31 22:00", "2024-06-01 22:00", "2024-06-01", "2024-06-02"),
        ("America/Havana", "2024-11-03 04:30", "2024-11-04 05:00", "2024-11-04", "2024-11-04"),
        ("America/Sao_Paulo", "2018-11-04 03:00", "2018-11-05 02:00", "2018-11-04", "2018-11-05"),
        ("Pacific/Apia", "2011-12-30 10:00", "2011-12-31 10:00", "2011-12-30", "2012-01-01"),
    ],
)
def test_dates_are_those_whose_midnight_is_held(zone, start, end, first, last):
    clock = clock_of(zone)

    found = clock.dates(at(start), at(end))

    assert found == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Australia/Lord_Howe"])
def test_a_million_ranges_are_widened_and_counted(zone):
    calendar = Calendar(parse_unit("5 minutes"), zone)
    span = (calendar.begin(at("2024-01-01")), calendar.begin(at("2034-01-01")))

    counted = calendar.count((span,))

    assert counted == 1_052_064
    assert calendar.widened(((span[0] + 1, span[1] - 1),)) == (span,)


def test_a_million_ranges_take_about_as_long_as_a_few():
    calendar = Calendar(parse_unit("5 minutes"), "Europe/Berlin")
    start = at("2024-01-01 00:02")
    few, many = ((start, start + 3600),), ((start, at("2034-01-01")),)

    short, long = (
        min(repeat(lambda: calendar.count(calendar.widened(each)), number=10, repeat=20))  # noqa: B023
        for each in (few, many)
    )

    assert long < 100 * short


def test_ranges_before_what_is_known_of_a_clock_are_its_earlier_ones():
    clock_of.cache_clear()
    unit, zone = parse_unit("hour"), "Asia/Kolkata"
    start = Calendar(unit, zone).begin(at("1955-01-01"))
    clock_of.cache_clear()

    found = Calendar(unit, zone).before(((start, start + 3600),), 500_000)

    assert found == ((Calendar(unit, zone).back(start, 500_000), start + 3600),)


def test_a_zone_that_is_not_known_is_an_error():
    with pytest.raises(ValueError, match="'Europe/Nowhere' is no timezone"):
        Calendar(parse_unit("day"), "Europe/Nowhere")
