"""A rollback that dies once a table is back, and before that is on record, loses no rows."""

import pytest
from tests.deliveries.killing import kill_after
from tests.deliveries.places import Iceberg
from tests.deliveries.shop import Shop

pytestmark = pytest.mark.inside

A, B, C = (1, 1, 10), (2, 2, 20), (3, 3, 30)
BACK = ("rollback", "prod", "--yes", "--leave-targets", "--to")


def killed_when_back(made, generation):
    """A rollback that dies when the table is back and the environment is not."""
    kill_after(lambda: made(*BACK, generation), "seeknal_iceberg.rollback", "roll_back")


def killed_before(made, generation):
    """A rollback that dies when it has said what it takes out and the table still has it."""
    kill_after(lambda: made(*BACK, generation), "seeknal.run.environments.targets", "put_on_record")


@pytest.fixture
def thrice(tmp_path):
    """Makes a shop whose table got a batch in each of three generations."""

    def make(target):
        made = Shop(Iceberg(), tmp_path / "shop", target)
        for row in (A, B, C):
            made.run(row)
        return made

    return make


@pytest.mark.parametrize(
    ("target", "rows"),
    [("appended", [A, B]), ("merged", [A, B]), ("newest", [B])],
)
def test_the_next_run_brings_what_the_rollback_took_back(tmp_path, target, rows):
    made = Shop(Iceberg(), tmp_path / "shop", target)
    made.run(A)
    made.run(B)
    killed_when_back(made, "1")
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


TARGETS = [
    ("appended", [A, B, C]),
    ("merged", [A, B, C]),
    ("timed", [A, B, C]),
    ("parted", [A, B, C]),
    ("newest", [C]),
]


@pytest.mark.parametrize("lost", ["nothing", "rm", "garbage without journal"])
@pytest.mark.parametrize(("target", "rows"), TARGETS)
def test_every_batch_comes_again_that_a_rollback_over_generations_took_back(
    thrice, target, rows, lost
):
    made = thrice(target)
    killed_when_back(made, "1")
    assert made.held(target) == [A]
    if lost != "nothing":
        made.lose(lost)

    made.run()

    assert made.held(target) == rows
    assert made.listed() == []


@pytest.mark.parametrize(("target", "rows"), TARGETS)
def test_nothing_comes_twice_where_a_rollback_died_before_it_took_anything_back(
    thrice, target, rows
):
    made = thrice(target)
    killed_before(made, "1")
    assert made.held(target) == rows

    made.run()

    assert made.held(target) == rows
    assert made.listed() == []


@pytest.mark.parametrize("killed", [killed_when_back, killed_before])
@pytest.mark.parametrize("to", ["1", "2"])
@pytest.mark.parametrize(("target", "rows"), TARGETS)
def test_a_rollback_after_one_that_died_ends_as_if_it_were_the_first(
    thrice, target, rows, to, killed
):
    made = thrice(target)
    killed(made, "1")

    made(*BACK, to).assert_ok()

    assert made.held(target) == ([A] if to == "1" else [B] if target == "newest" else [A, B])
    assert made.listed() == []
    made.run(C)
    assert made.held(target) == ([*rows[:1], C] if to == "1" and target != "newest" else rows)


def test_a_batch_that_was_given_up_does_not_come_after_a_rollback_that_died(tmp_path):
    made = Shop(Iceberg(), tmp_path / "shop", "merged")
    made.run(A)
    made.run((None, 2, 20), code=1)
    made("deliveries", "drop", made.listed()[0]["id"], "--yes").assert_ok()
    made.run(C)
    killed_when_back(made, "1")

    made.run()

    assert made.held("merged") == [A, C]
    assert made.listed() == []


def test_a_rollback_waits_for_the_table_that_one_which_died_has_taken_back(thrice):
    made = thrice("appended")
    killed_when_back(made, "1")
    made.down()

    outcome = made(*BACK, "1")

    assert outcome.exit_code == 1, outcome
    assert "SK1113" in outcome.stderr
    made.up()
    made(*BACK, "1").assert_ok()
    assert made.held("appended") == [A]
    made.run()
    assert made.held("appended") == [A, C]
