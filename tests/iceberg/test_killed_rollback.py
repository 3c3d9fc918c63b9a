"""A rollback that dies once a table is back, and before that is on record, loses no rows."""

import pytest
from tests.deliveries.killing import kill_after
from tests.deliveries.places import Iceberg
from tests.deliveries.shop import Shop

A, B = (1, 1, 10), (2, 2, 20)


@pytest.mark.parametrize(
    ("target", "rows"),
    [("appended", [A, B]), ("merged", [A, B]), ("newest", [B])],
)
def test_the_next_run_brings_what_the_rollback_took_back(tmp_path, target, rows):
    made = Shop(Iceberg(), tmp_path / "shop", target)
    made.run(A)
    made.run(B)
    back = ("rollback", "prod", "--yes", "--to", "1", "--leave-targets")
    kill_after(lambda: made(*back), "seeknal_iceberg.rollback", "roll_back")
    assert made.held(target) == [A]

    made.run()

    assert made.held(target) == rows
    assert made.listed() == []


def test_a_rollback_that_ends_leaves_nothing_owed(tmp_path):
    made = Shop(Iceberg(), tmp_path / "shop", "appended", "merged", "newest")
    made.run(A)
    made.run(B)

    made("rollback", "prod", "--yes", "--to", "1").assert_ok()

    assert made.tables() == {"appended": [A], "merged": [A], "newest": [A]}
    assert made.listed() == []
