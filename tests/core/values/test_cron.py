import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from seeknal.values.cron import Cron

pytestmark = pytest.mark.inside

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        ("*/15 * * * *", NEW_YEAR, datetime(2026, 1, 1, 0, 15, tzinfo=UTC)),
        ("@daily", NEW_YEAR, datetime(2026, 1, 2, tzinfo=UTC)),
        ("0 6 * * mon", NEW_YEAR, datetime(2026, 1, 5, 6, tzinfo=UTC)),
        ("0 0 29 feb *", NEW_YEAR, datetime(2028, 2, 29, tzinfo=UTC)),
        ("30 2 1,15 * *", NEW_YEAR, datetime(2026, 1, 1, 2, 30, tzinfo=UTC)),
        ("0 0 13 * fri", NEW_YEAR, datetime(2026, 1, 2, tzinfo=UTC)),
        ("0 0 * * 7", NEW_YEAR, datetime(2026, 1, 4, tzinfo=UTC)),
        ("5/20 * * * *", NEW_YEAR, datetime(2026, 1, 1, 0, 5, tzinfo=UTC)),
    ],
)
def test_next_tick_is_the_first_one_after_the_moment(schedule, after, expected):
    cron = Cron.parse(schedule)

    tick = cron.next_after(after)

    assert tick == expected


@pytest.mark.parametrize(
    "text",
    [
        *("* * * *", "0 * * * * *", "61 * * * *", "x * * * *", "5-1 * * * *", "6h", "@often"),
        "0 0 30 2 *",
    ],
)
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(ValueError, match=f"{re.escape(repr(text))} is not a cron schedule"):
        Cron.parse(text)


def test_a_time_that_a_change_of_the_clock_leaves_out_comes_right_after_it():
    berlin = ZoneInfo("Europe/Berlin")
    cron = Cron.parse("30 2 * * *")

    tick = cron.next_after(datetime(2026, 3, 28, 12, tzinfo=berlin))

    assert tick.astimezone(UTC) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
