"""Moments that people write, and are told."""

from random import Random

import pytest
from tests.core.intervals.drawn import ERAS, near, seconds
from tests.intervals import ranges

from seeknal.intervals.moments import end_in, moment_in, told

pytestmark = pytest.mark.inside


@pytest.mark.parametrize(("zone", "day"), ERAS)
def test_what_is_written_is_the_moment_that_looking_at_each_finds(zone, day):
    chance = Random(f"{zone} {day}")
    minutes = [near(chance, day) for _ in range(20)]
    quarters = [str(each.replace(minute=each.minute // 15 * 15)) for each in minutes]
    written = [*quarters, *(each[:10] for each in quarters), *(each[:16] for each in quarters)]

    found = [(moment_in(each, zone), end_in(each, zone)) for each in written]

    assert found == [
        (seconds(ranges.read_in_zone(each, zone)), seconds(ranges.end_in_zone(each, zone)))
        for each in written
    ], written


@pytest.mark.parametrize(("zone", "day"), ERAS)
def test_what_is_told_is_read_back(zone, day):
    chance = Random(f"told {zone} {day}")
    moments = [seconds(near(chance, day)) + chance.choice((0, 0, 7)) for _ in range(100)]

    written = [told(each, zone) for each in moments]

    assert [moment_in(each, zone) for each in written] == moments, written


@pytest.mark.parametrize(
    ("moment", "zone", "text"),
    [
        ("2024-06-01T00:00Z", "UTC", "2024-06-01"),
        ("2024-06-01T06:30Z", "UTC", "2024-06-01 06:30"),
        ("2024-05-31T22:00Z", "Europe/Berlin", "2024-06-01"),
        ("2024-10-27 02:30+02:00", "Europe/Berlin", "2024-10-27 02:30"),
        ("2024-10-27 02:30 +0100", "Europe/Berlin", "2024-10-27 02:30+01:00"),
        ("2024-11-03 00:00-05", "America/Havana", "2024-11-03 00:00-05:00"),
        ("2024-06-01T06:30:05Z", "UTC", "2024-06-01 06:30:05"),
    ],
)
def test_a_moment_with_an_offset_is_the_same_in_every_zone(moment, zone, text):
    found = moment_in(moment, "Pacific/Apia")

    assert told(found, zone) == text
    assert end_in(moment, zone) == found


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2024", "2024-6-1", "2024-06-31", "2024-06-01 25:00", "20240601"),
        *("2024-06-01+02:00", "2024-W01-1", "2024-06-01 06", "2024-06-01 06:00:00.5"),
    ],
)
def test_what_is_no_moment_is_refused_with_what_could_be_written(text):
    with pytest.raises(ValueError, match=r"is no moment: .*write 2024-06-01, 2024-06-01 06:00 or"):
        moment_in(text, "UTC")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Apia"])
@pytest.mark.parametrize("text", ["0001-01-02", "1700-05-05 12:30", "2300-07-01", "9998-12-31"])
def test_moments_far_away_are_read_as_well(text, zone):
    moment = moment_in(text, zone)

    assert told(moment, zone) == text
