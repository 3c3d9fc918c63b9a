"""Times in zones: PostgreSQL and DuckDB have the same ones, or the zone is refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from seeknal.plugin import translate
from tests.dialects.engines import engine

ZONES = (
    *("UTC", "Europe/Berlin", "Europe/London", "Europe/Lisbon", "Asia/Jakarta", "Asia/Kolkata"),
    *("America/New_York", "America/Lima", "America/St_Johns", "America/Indiana/Knox"),
    *("Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Asia/Singapore", "Asia/Tokyo"),
)
TO_WALL = "t AT TIME ZONE 'UTC' AT TIME ZONE '{}'"
TO_INSTANT = "t AT TIME ZONE '{}' AT TIME ZONE 'UTC'"
FAR = ("0002-01-01 00:00", "1582-10-10 12:00", "1883-11-18 17:00", "2500-07-01 02:30", "9998-07-01")


@pytest.fixture(scope="module")
def there():
    with engine("postgres", "duckdb") as opened:
        yield opened


@pytest.fixture(scope="module")
def here():
    with engine("duckdb", "postgres") as opened:
        yield opened


def translated(expr, kind="TIMESTAMP"):
    return translate(f"SELECT {expr} AS x FROM r", "duckdb", "postgres", {"r": {"t": kind}})


def turns(zone):
    """The moments at which clocks are changed there, in UTC, as far as a year of hours tells."""
    there = ZoneInfo(zone)
    for year in (1975, 1996, 2012, 2024, 2039):
        hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(366 * 24)]
        offsets = [hour.astimezone(there).utcoffset() for hour in hours]
        for hour, before, after in zip(hours[1:], offsets, offsets[1:], strict=False):
            if before != after:
                yield from (hour.replace(tzinfo=None) + each for each in (0 * after, before, after))


def moments(zone):
    """Around each change of clocks, as instants and as the clocks there show it."""
    around = [timedelta(minutes=n) for n in (-61, -60, -31, -30, -1, 0, 1, 29, 30, 59, 60, 61)]
    near = [turn + each - timedelta(seconds=s) for turn in turns(zone) for each in around
            for s in (0, 1)]  # fmt: skip
    return [*(each.isoformat(sep=" ") for each in near), *FAR]


@pytest.mark.parametrize("shape", [TO_WALL, TO_INSTANT], ids=["to_wall", "to_instant"])
@pytest.mark.parametrize("zone", ZONES)
def test_clocks_show_the_same_on_the_days_that_they_are_changed(there, here, zone, shape):
    rows = ", ".join(f"(TIMESTAMP '{each}')" for each in moments(zone))
    expr = shape.format(zone)

    found = translated(expr)

    given = f"FROM (VALUES {rows}) AS r(t)"
    ours = here.ask(f"SELECT t, {expr} {given} ORDER BY t").rows
    theirs = there.ask(f"SELECT t, {found.tree.selects[0].this.sql('postgres')} {given} ORDER BY t")
    assert ours == theirs.rows
    assert len(ours) >= len(FAR)


@pytest.mark.parametrize(
    "expr",
    [
        *(f"t AT TIME ZONE '{zone}'" for zone in ("CET", "EST", "PST8PDT", "utc+3", "+02:00")),
        *(f"t AT TIME ZONE '{zone}'" for zone in ("Asia/Tehran", "Europe/Dublin")),
        "t AT TIME ZONE lower('UTC')",
        "t::DATE AT TIME ZONE 'UTC'",
    ],
)
def test_what_the_engines_may_see_otherwise_is_refused(expr):
    found = translated(expr)

    assert found.tree is None
