"""SQL finds ranges as ``ranges.py`` does."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest

from tests.intervals.begins import begin
from tests.intervals.histories import COARSE, ERAS, FINE
from tests.intervals.ranges import DAY, GRID, last_start, unit_of

pytestmark = pytest.mark.once


UNITS = sorted({unit_of(schedule) for schedule in (*FINE, *COARSE, "1 month")})


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: f"{unit.size} {unit.name}")
@pytest.mark.parametrize("zone", sorted({zone for _, zones in ERAS for zone in zones}))
def test_sql_gives_the_begin_of_each_range(unit, zone):
    moments = [day + step * GRID for day, _ in ERAS for step in range(5 * DAY // GRID)]

    sql = f"SELECT m, {begin(unit, zone, 'm')} FROM (SELECT unnest($1::TIMESTAMP[]) AS m)"
    found = duckdb.execute(sql, [moments]).fetchall()

    assert found == [(each, last_start(unit, zone, each)) for each in moments]
    assert min(each for each, _ in found) > datetime(2024, 1, 1)
