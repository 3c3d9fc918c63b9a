"""Spans for people are what ``--start`` and ``--end`` take."""

import pytest

from seeknal.intervals.moments import end_in, moment_in
from seeknal.intervals.wording import iso_spans, told_span, told_spans

pytestmark = pytest.mark.inside

DAY = 86400


def moment(text, zone="UTC"):
    return moment_in(text, zone)


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2024-06-01", "2024-06-04", "2024-06-01 to 2024-06-03"),
        ("2024-06-01", "2024-06-02", "2024-06-01"),
        ("2024-06-01", "2024-06-01 06:00", "2024-06-01 00:00 to 2024-06-01 06:00"),
        ("2024-06-01 06:00", "2024-06-02", "2024-06-01 06:00 to 2024-06-02 00:00"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_whole_days_are_dates_and_other_ends_are_moments(start, end, told, zone):
    text = told_span(moment(start, zone), moment(end, zone), zone)

    assert text == told


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2024-03-31"),
        ("Europe/Berlin", "2024-10-27"),
        ("America/Sao_Paulo", "2018-11-04"),
        ("America/Havana", "2024-11-03"),
    ],
)
def test_days_of_other_lengths_are_days(zone, day):
    start, end = moment(day, zone), end_in(day, zone)

    assert told_span(start, end, zone) == day


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"])
def test_what_is_told_is_read_back(zone):
    first = moment("2018-10-25", zone)
    spans = [(first, first + number * 1800) for number in range(1, 700)]

    for start, end in spans:
        begin, _, last = told_span(start, end, zone).partition(" to ")

        assert (moment(begin, zone), end_in(last or begin, zone)) == (start, end)


def test_only_so_many_spans_are_told():
    spans = tuple((day * 2 * DAY, (day * 2 + 1) * DAY) for day in range(8))

    assert told_spans(spans, most=3) == ["1970-01-01", "1970-01-03", "6 more spans"]
    assert len(told_spans(spans, most=8)) == 8


def test_programs_get_moments_in_utc():
    assert iso_spans(((0, DAY),)) == [
        {"start": "1970-01-01T00:00:00+00:00", "end": "1970-01-02T00:00:00+00:00"}
    ]
