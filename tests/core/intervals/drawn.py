"""Moments around which the clocks of zones are put forward and back, for random tests."""

from datetime import datetime, timedelta

from tests.intervals.ranges import BEGINNING, MINUTE

ERAS = [
    ("UTC", "2024-02-28"),
    ("UTC", "2023-12-31"),
    ("Europe/Berlin", "2024-03-30"),
    ("Europe/Berlin", "2024-10-26"),
    ("America/New_York", "2023-03-11"),
    ("America/New_York", "2025-11-01"),
    ("America/Havana", "2024-11-02"),
    ("America/Havana", "2024-03-09"),
    ("Australia/Lord_Howe", "2024-04-06"),
    ("Australia/Lord_Howe", "2024-10-05"),
    ("Asia/Kolkata", "2024-02-29"),
    ("Asia/Kathmandu", "2024-12-31"),
    ("America/Sao_Paulo", "2018-11-03"),
    ("America/Sao_Paulo", "2018-02-17"),
    ("America/St_Johns", "2010-11-06"),
    ("Antarctica/Troll", "2024-03-30"),
    ("Africa/Casablanca", "2024-03-09"),
    ("Asia/Pyongyang", "2018-05-03"),
    ("Pacific/Apia", "2011-12-29"),
    ("Pacific/Kwajalein", "1993-08-20"),
    ("Europe/Berlin", "2051-03-25"),
]
"""Zones with a day before something happens to their clock."""


def seconds(moment):
    return round((moment - BEGINNING) / timedelta(seconds=1))


def moment(seconds_since):
    return BEGINNING + timedelta(seconds=seconds_since)


def near(chance, day, days=3):
    """A whole minute from ``day`` on."""
    return datetime.fromisoformat(day) + chance.randrange(days * 24 * 60) * MINUTE
