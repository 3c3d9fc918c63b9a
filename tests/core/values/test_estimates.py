"""What ranges will take is told by the run that had about as many of them."""

from seeknal.values.estimates import Estimate, Pace, estimate

ONE = Pace(ranges=1, rows=10, seconds=0.5)
YEAR = Pace(ranges=365, rows=3650, seconds=7.3)


def test_a_backfill_is_told_by_a_backfill():
    found = estimate(730, [ONE, YEAR])

    assert found == Estimate(rows=7300, seconds=14.6)


def test_one_range_is_told_by_one():
    found = estimate(2, [YEAR, ONE])

    assert found == Estimate(rows=20, seconds=1.0)


def test_nothing_is_told_where_nothing_is_known():
    assert (estimate(3, []), estimate(0, [ONE])) == (None, None)
