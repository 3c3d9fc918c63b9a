"""A million rows are delivered in a few seconds of CPU, and two in the memory that one takes."""

import subprocess
import sys

import pytest
from tests.deliveries.places import served

pytestmark = [pytest.mark.slow, pytest.mark.once]


def sized(place, mode, rows):
    """How many arrived, CPU seconds and peak memory in MB, of a process that delivers them."""
    words = [str(place.ports["port"]), str(place.ports["http_port"]), mode, str(rows)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.starrocks.sized", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    print(mode, done.stdout)
    arrived, seconds, peak = done.stdout.split()
    return int(arrived), float(seconds), int(peak)


@pytest.mark.timeout(900)
def test_many_rows_take_no_more_memory_than_fewer():
    # Of other modes DuckDB looks at keys and times before, in as much memory as it may have.
    with served() as place:
        one, seconds, few = sized(place, "full", 1_000_000)
        two, _, many = sized(place, "full", 2_000_000)

    assert (one, two) == (1_000_000, 2_000_000)
    assert seconds < 4
    assert many - few < 40
