"""What a path says of the time of its files."""

import glob
from datetime import UTC, datetime

import pytest

from seeknal.intervals.timedpaths import TimedPath, is_timed

pytestmark = pytest.mark.inside


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "file", "start", "end"),
    [
        ("d/{time:%Y-%m-%d}.csv", "d/2024-06-01.csv", utc(2024, 6, 1), utc(2024, 6, 2)),
        ("d/{time:%Y/%m/%d/%H}/*", "d/2024/02/29/23/x", utc(2024, 2, 29, 23), utc(2024, 3, 1)),
        ("d/y={time:%Y}/m={time:%-m}/*", "d/y=2024/m=12/x", utc(2024, 12, 1), utc(2025, 1, 1)),
        ("**/{time:%Y%j}.csv", "a/b/2024366.csv", utc(2024, 12, 31), utc(2025, 1, 1)),
        ("**/{time:%Y}.csv", "2024.csv", utc(2024, 1, 1), utc(2025, 1, 1)),
        ("[!x]/?{time:%Y%m%d%H%M}", "a/b202406012359", utc(2024, 6, 1, 23, 59), utc(2024, 6, 2)),
        ("{time:%Y}/{time:%Y-%m}.csv", "2024/2024-01.csv", utc(2024, 1, 1), utc(2024, 2, 1)),
    ],
)
def test_a_file_has_the_time_that_its_name_says(tmp_path, path, file, start, end):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).touch()
    timed = TimedPath(path)

    found = glob.glob(timed.pattern, root_dir=tmp_path, recursive=True)

    assert found == [file]
    assert timed.matches(file)
    assert timed.span(file, "UTC") == (start, end)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Asia/Jakarta", utc(2024, 11, 2, 17), utc(2024, 11, 3, 17)),
        ("America/New_York", utc(2024, 11, 3, 4), utc(2024, 11, 4, 5)),
    ],
)
def test_a_name_is_by_the_clock_of_the_zone(zone, start, end):
    assert TimedPath("{time:%Y-%m-%d}.csv").span("2024-11-03.csv", zone) == (start, end)


def test_the_hour_that_comes_twice_is_of_one_file_and_the_one_that_is_left_out_of_none():
    hours = TimedPath("{time:%Y-%m-%dT%H}.csv")

    twice = hours.span("2024-11-03T01.csv", "America/New_York")
    left_out = hours.span("2024-03-10T02.csv", "America/New_York")

    assert twice == (utc(2024, 11, 3, 5), utc(2024, 11, 3, 7))
    assert left_out[0] == left_out[1]


@pytest.mark.parametrize(
    "path",
    [
        "{time:}",
        "{time:%Y",
        "{time:%y}",
        "{time:%m}",
        "{time:%Y-%d}",
        "{time:%Y%H}",
        "{time:%Y%m%j}",
        "{time:%Y-%b}",
        "{time:%Y%%}",
        "{time:%}",
    ],
)
def test_codes_that_name_no_unit_of_time_are_refused(path):
    with pytest.raises(ValueError, match=r"%Y|is none of"):
        TimedPath(path)


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("{time:%Y-%m-%d}.csv", "2024-02-30.csv"),
        ("{time:%Y-%m-%d}.csv", "0000-01-01.csv"),
        ("{time:%Y}.csv", "9999.csv"),
        ("{time:%Y%j}.csv", "2023366.csv"),
        ("{time:%Y%j}.csv", "2023000.csv"),
        ("{time:%Y}/{time:%Y-%m}.csv", "2024/2025-01.csv"),
    ],
)
def test_a_name_that_is_no_time_is_refused(path, file):
    with pytest.raises(ValueError, match=file):
        TimedPath(path).span(file, "UTC")


def test_other_paths_are_not_timed():
    assert not is_timed("data/{date}/%Y/*.csv")
    assert not TimedPath("m={time:%Y-%-m}").matches("m=2024-x")
