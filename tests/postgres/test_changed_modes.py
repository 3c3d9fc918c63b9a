"""A table that is written in one mode and then in another holds no row twice and lacks none."""

import itertools

import pytest
from tests.deliveries.changes import MODES, Changing, after, drawn
from tests.postgres.server import Database

pytestmark = pytest.mark.inside

PAIRS = [*itertools.permutations(MODES, 2)]


@pytest.fixture
def made(project, database):
    """A project of one node whose target is written in any mode."""
    return Changing(project, database)


@pytest.mark.parametrize(("mode", "between"), PAIRS)
def test_rows_that_are_owed_go_out_once_after_another_mode_and_back(made, mode, between):
    steps = [(mode, (10,), True), (mode, (20,), False)]
    steps += [(between, (20,), False), (mode, (20,), False), (mode, (20,), True)]

    for step in steps:
        made.step(*step)

    assert made.held() == after(steps)
    assert made.listed() == []


def test_append_that_owes_a_row_through_full_and_back_brings_it_once(made):
    made.step("append", (10,), True)
    made.step("append", (20,), False)
    said = made.step("full", (20,), False)
    made.step("append", (20,), False)

    made.step("append", (20,), True)

    assert made.held() == [10, 20]
    assert "no longer delivers there" not in said.stderr


@pytest.mark.parametrize("retried", [False, True])
def test_append_that_was_refused_a_row_through_full_and_back_brings_it_once(
    made, database, retried
):
    made.step("append", (10,), True)
    database.run("ALTER TABLE out.t ADD CHECK (v < 20)")
    made.step("append", (20,), True)
    made.step("full", (20,), False)
    made.step("append", (20,), True)
    (entry,) = made.listed()
    database.run("ALTER TABLE out.t DROP CONSTRAINT t_v_check")

    made.project.run("deliveries", "retry") if retried else made.step("append", (20,), True)

    assert entry["status"] == "refused"
    assert made.held() == [10, 20]
    assert made.listed() == []


@pytest.mark.parametrize("mode", ["full", "upsert_by_key", "incremental_by_time"])
def test_rows_that_another_mode_brought_are_not_appended_in_another_order(made, mode):
    made.step(mode, (10, 20, 30), True)
    made.step("append", (30, 10, 20), True)

    made.step("append", (20, 30, 10), True)

    assert made.held() == [10, 20, 30]


@pytest.mark.parametrize("first", ["full", "upsert_by_key", "incremental_by_time"])
@pytest.mark.parametrize("second", ["full", "upsert_by_key", "incremental_by_time"])
def test_rows_that_a_table_holds_and_is_owed_in_another_order_are_not_appended(made, first, second):
    made.step(first, (10, 20, 30), True)
    made.step(second, (30, 10, 20), False)

    made.step("append", (40,), True)

    assert made.held() == [10, 20, 30, 40]
    assert made.listed() == []


def test_rows_that_full_brought_are_not_appended_after_the_loss_of_target(made):
    made.step("append", (10,), True)
    made.step("full", (20,), True)
    made.lose()

    made.step("append", (20,), True)

    assert made.held() == [20]


def test_a_batch_after_full_is_newer_than_one_before_it(made):
    made.step("append", (10,), True)
    made.step("append", (20,), True)
    made.step("full", (30,), True)
    made.step("append", (40,), False)
    made.project.run("rollback", "prod", "--yes", "--to", "2", "--leave-targets")

    made.step("append", (20,), True)

    assert 40 not in made.held()


@pytest.mark.parametrize("mode", MODES)
def test_rows_that_are_owed_to_a_table_go_out_once_after_another_table_and_back(made, mode):
    made.step(mode, (10,), True)
    made.step(mode, (20,), False)
    made.step(mode, (20,), True, table="out.other")
    made.step("full", (20,), False, table="out.other")

    made.step(mode, (20,), True)
    made.step(mode, (20,), True)

    expected = [20] if mode == "full" else [10, 20]
    assert made.held() == expected
    assert [entry for entry in made.listed() if entry["label"].endswith("out.t")] == []


def test_what_full_is_owed_goes_out_once_when_a_promotion_changes_the_mode(made):
    made.step("full", (10,), True)
    made.step("full", (20,), False)
    made.write("append", (30,), False)
    node = made.project.path / "seeknal/a.yml"
    node.write_text(node.read_text().replace("SELECT v", "SELECT v + 0 AS v"))
    made.project.run("run", "--env", "dev", "--no-materialize")
    promoted = made.project.run("promote", "dev", "--yes")

    made.step("append", (30,), True)

    assert "nothing to promote" not in promoted.stdout + promoted.stderr
    assert made.held() == [10, 20, 30]
    assert [entry for entry in made.listed() if entry["environment"] == "prod"] == []


@pytest.mark.parametrize("seed", range(12))
def test_a_table_holds_what_its_modes_promise_whatever_they_were(made, seed):
    steps = drawn(seed, length=9)

    for step in steps:
        made.step(*step)

    assert made.held() == after(steps)
    assert made.listed() == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", range(1000, 1600, 20))
def test_a_table_holds_it_in_many_histories(project, server, first):
    from seeknal_postgres.pool import close_idle

    for seed in range(first, first + 20):
        database = Database(server)
        made, steps = Changing(project, database), drawn(seed, length=12)
        for step in steps:
            made.step(*step)
        assert (made.held(), made.listed()) == (after(steps), []), steps
        close_idle()
        database.give_back()
