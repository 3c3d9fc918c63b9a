import re

import pytest

from seeknal.values.cron import Cron

pytestmark = pytest.mark.inside


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
