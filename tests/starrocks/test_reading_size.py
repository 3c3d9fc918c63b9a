"""Reading many rows takes a fraction of pymysql's time, and no more memory than reading few."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.once]

MEASURE = Path(__file__).parents[2] / "benchmarks" / "starrocks.py"
ROWS = 1_000_000


@pytest.mark.timeout(900)
def test_a_million_rows_are_read_fast_and_in_flat_memory():
    done = subprocess.run(
        [sys.executable, MEASURE, "--rows", str(ROWS), "--times", "1"],
        capture_output=True,
        text=True,
        check=True,
    )

    lines = done.stdout.splitlines()
    ratios = [float(line.rpartition(" ")[2]) for line in lines if " ratio " in line]
    peaks = [line.split(": ")[1].split(", ") for line in lines if "peak memory" in line]
    few, many = zip(*([int(text.split()[2]) for text in pair] for pair in peaks), strict=True)
    assert len(ratios) == 2
    assert max(ratios) <= 0.35
    assert all(large - small < 40 for small, large in zip(few, many, strict=True))
