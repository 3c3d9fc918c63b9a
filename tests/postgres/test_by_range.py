"""Tables that are brought to the output of a tracked node by the ranges of time that differ."""

from __future__ import annotations

import shutil
from datetime import datetime
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from tests.deliveries.by_range import ByRange
from tests.deliveries.ranged import BASE, HOUR, Killed, Ranged

from seeknal.values.columns import Column
from seeknal_postgres import delivering

pytestmark = pytest.mark.inside

TARGET = "{type: postgresql, connection: pg, table: out.hourly, mode: incremental_by_time}"


@pytest.fixture
def node(tmp_path, database):
    return Ranged(tmp_path, TARGET, {"profiles.yml": database.profile})


@pytest.fixture
def held(database):
    """The rows of the table, by the hour."""
    query = "SELECT one FROM out.hourly ORDER BY at, one"

    def ask(query=query):
        return [row[0] for row in database.rows(query)]

    return ask


@pytest.fixture
def drop(database):
    return lambda: database.run("DROP TABLE out.hourly")


class TestByRange(ByRange):
    created = "Created table out.hourly"


def test_the_first_delivery_brings_all_ranges(node, held):
    delivered = node.has({0: [1, 2], 1: [3], 2: []})

    assert held() == [1, 2, 3]
    assert [entry.status for entry in delivered] == ["delivered"]
    assert node.known().extents[0].spans == ((BASE, BASE + 3 * HOUR),)


def test_only_the_ranges_that_differ_are_written(node, held, database):
    node.has({0: [1], 1: [2], 2: [3]})
    before = database.rows("SELECT xmin::text FROM out.hourly ORDER BY at")

    node.has({0: [1], 1: [7], 2: [3], 3: [4]})

    after = database.rows("SELECT xmin::text FROM out.hourly ORDER BY at")
    assert held() == [1, 7, 3, 4]
    assert (before[0], before[2]) == (after[0], after[2])


def test_delivering_again_doubles_nothing(node, held):
    node.has({0: [1], 1: [2]})

    again = node.again()

    assert (again, held()) == ([], [1, 2])


def test_a_range_that_has_no_rows_any_more_is_cleared(node, held):
    node.has({0: [1], 1: [2], 2: [3]})

    node.has({0: [1], 1: [], 2: [3]})

    assert held() == [1, 3]


def test_rows_of_others_in_the_table_stay_outside_of_the_ranges(node, held, database):
    database.run("CREATE SCHEMA out; CREATE TABLE out.hourly (at timestamp, one integer)")
    database.run("INSERT INTO out.hourly VALUES ('2024-05-31', 100), ('2024-06-01 01:30', 50)")

    node.has({0: [1], 1: [2]})

    assert held() == [100, 1, 2]


def test_the_end_of_a_range_belongs_to_the_next(node, held, database):
    node.has({0: [1], 1: [2]})
    database.run("INSERT INTO out.hourly VALUES ('2024-06-01 02:00', 99)")

    node.has({0: [1], 1: [3]})

    assert held() == [1, 3, 99]


@pytest.fixture
def broken(database):
    """Lets the table refuse everything, and take it again."""

    def breaks():
        database.run(
            "CREATE FUNCTION out.no() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
            "CREATE TRIGGER no BEFORE INSERT OR DELETE ON out.hourly FOR EACH STATEMENT"
            " EXECUTE FUNCTION out.no()"
        )
        return lambda: database.run("DROP FUNCTION out.no() CASCADE")

    return breaks


def test_after_an_outage_over_several_outputs_the_table_has_the_current_one(node, held, broken):
    node.has({0: [1], 1: [2]})
    mend = broken()
    node.has({0: [1], 1: [7], 2: [3]})
    node.has({0: [1], 1: [2], 2: [3], 3: [4]})
    owed = node.known()

    mend()
    node.again()

    assert (owed.status, owed.stale) == ("owed", ((BASE + HOUR, BASE + 4 * HOUR),))
    assert (node.known().status, node.known().stale) == ("delivered", ())
    assert held() == [1, 2, 3, 4]


def test_what_a_killed_run_has_written_is_put_right_by_the_next_output(node, held, broken):
    node.has({0: [1], 1: [2]})
    mend = broken()
    node.has({0: [1], 1: [7]})
    attempted = node.snapshot().account
    mend()
    node.again()
    node.forget_outcome(attempted)

    node.has({0: [1], 1: [2]})

    assert held() == [1, 2]


def test_what_a_killed_run_has_written_is_not_written_twice(node, held, broken, database):
    node.has({0: [1], 1: [2]})
    mend = broken()
    node.has({0: [1], 1: [7]})
    attempted = node.snapshot().account
    mend()
    node.again()
    node.forget_outcome(attempted)

    (delivery,) = node.again()

    assert (delivery.status, delivery.detail) == ("delivered", "was delivered before")
    assert held() == [1, 7]
    assert database.rows("SELECT count(*) FROM seeknal.deliveries")[0][0] == 2


def test_an_output_that_is_gone_is_replaced_wherever_the_table_may_have_rows(node, held):
    node.has({0: [1], 1: [2], 2: [3]})
    known = evolve(node.known(), output_id="gone")
    node.forget_outcome(evolve(node.snapshot().account, deliveries={known.key: known}))

    node.has({0: [5]})

    assert held() == [5]


def test_other_options_of_the_target_leave_no_row_of_before(node, held):
    node.has({0: [1], 1: [2]})
    node.edit("mode:", "schema_change: evolve, mode:")

    node.has({0: [5]})

    assert held() == [5]


def test_another_column_of_time_leaves_no_row_of_before(node, held):
    node.columns = (*node.columns, Column("since", "TIMESTAMP"))
    node.has({0: [1], 1: [2]})
    node.edit("time_column: at", "time_column: since")
    node.time_column = "since"

    node.has({5: [5]})

    assert held() == [5]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Jakarta", "America/New_York"])
def test_dates_are_days_of_the_nodes_zone(node, held, zone):
    node.timezone = zone
    node.columns = (Column("at", "DATE"), Column("one", "INTEGER"))
    node.base = int(datetime(2024, 6, 1, tzinfo=ZoneInfo(zone)).timestamp())
    node.has({0: [1], 1: [2], 2: [3]}, size=24 * HOUR)

    node.has({0: [1], 1: [5], 2: []}, size=24 * HOUR)

    assert held() == [1, 5]
    assert held("SELECT at::text FROM out.hourly ORDER BY 1") == ["2024-06-01", "2024-06-02"]


def test_an_environment_has_a_table_of_its_own(node, held):
    node.has({0: [1]})

    node.has({0: [1], 1: [2]}, environment="dev")

    assert held() == [1]
    assert held("SELECT one FROM out__dev.hourly ORDER BY one") == [1, 2]


def test_a_table_that_was_replaced_as_a_whole_is_brought_on_by_range(node, held):
    node.edit("incremental_by_time", "full")
    node.has({0: [1], 1: [2], 2: [3]})
    node.edit("mode: full", "mode: incremental_by_time")

    node.has({0: [5], 1: [2]})

    assert held() == [5, 2]


def test_a_table_that_was_brought_on_by_range_is_replaced_as_a_whole(node, held, database):
    node.has({0: [1], 1: [2], 2: [3]})
    database.run("INSERT INTO out.hourly VALUES ('2023-01-01', 100)")
    node.edit("incremental_by_time", "full")

    node.has({0: [5], 1: [2]})

    assert held() == [5, 2]


def test_a_node_that_was_not_tracked_before_goes_on_with_its_table(node, held, database):
    node.untrack()
    node.edit("mode: incremental_by_time", "mode: incremental_by_time, time_column: at")
    node.run()
    node.track()
    before = held()

    node.has({0: [5], 1: [2]})

    assert (before, held()) == ([1], [5, 2])


def test_a_node_that_is_tracked_no_more_goes_on_with_its_table(node, held):
    node.edit("mode: incremental_by_time", "mode: incremental_by_time, time_column: at")
    node.has({0: [5], 1: [2]})
    node.untrack()

    node.run()

    assert held() == [1, 2]


def test_a_renamed_node_clears_what_the_table_has_of_its_old_name(node, held):
    node.has({0: [1], 1: [2], 2: [3]})
    node.rename("renamed")

    node.has({0: [5], 1: [2]})

    assert held() == [5, 2]


def test_a_dropped_table_that_nobody_can_make_is_owed_all_rows(node, held, drop, database):
    node.edit("mode:", "create_table: false, mode:")
    make = "CREATE TABLE out.hourly (at timestamp, one integer)"
    database.run(f"CREATE SCHEMA out; {make}")
    node.has({0: [1], 1: [2], 2: [3]})
    drop()
    (failed,) = node.has({0: [1], 1: [7], 2: [3]})
    owed = node.known()

    database.run(make)
    node.again()

    assert "create_table is false" in failed.error.message
    assert (owed.status, owed.stale) == ("owed", ((BASE, BASE + 3 * HOUR),))
    assert held() == [1, 7, 3]


def test_a_run_that_is_killed_before_a_dropped_table_is_whole_owes_all(
    node, held, drop, monkeypatch
):
    node.has({0: [1], 1: [2], 2: [3]})
    drop()
    with monkeypatch.context() as patched:
        patched.setattr(delivering, "create_table", Mock(side_effect=Killed))
        delivered = node.has({0: [1], 1: [7], 2: [3]})
    owed = node.known()

    node.has({0: [1], 1: [7], 2: [8]})

    assert (delivered, owed.status, owed.stale) == ([], "owed", ((BASE, BASE + 3 * HOUR),))
    assert held() == [1, 7, 8]


def test_a_first_table_that_was_dropped_after_a_killed_run_is_made_again(node, held, drop):
    attempted = node.attempting({0: [1], 1: [2]})
    node.forget_outcome(attempted)
    drop()

    node.again()

    assert held() == [1, 2]


def test_a_table_that_was_dropped_after_a_killed_run_wrote_it_gets_all_rows(node, held, drop):
    node.has({0: [1], 1: [2], 2: [3]})
    attempted = node.attempting({0: [1], 1: [7], 2: [3]})
    node.forget_outcome(attempted)
    drop()

    node.again()

    assert held() == [1, 7, 3]


def test_a_new_table_finds_a_range_by_its_index(node, database):
    node.has({0: [1], 1: [2]})

    ((index,),) = database.rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'hourly'")

    assert index.endswith("USING btree (at)")


def test_rows_that_the_table_refuses_change_nothing(node, held):
    node.has({0: [1]})
    node.columns = (Column("at", "TIMESTAMP"), Column("one", "INTEGER"), Column("two", "INTEGER"))

    (delivery,) = node.has({0: [1], 1: [2]})

    assert (delivery.status, held()) == ("owed", [1])
    assert "no column for two" in delivery.error.message


def test_names_are_found_however_they_are_written(node, held):
    node.columns = (Column("At", "TIMESTAMP"), Column("one", "INTEGER"))
    node.has({0: [1], 1: [2]})

    node.has({0: [1], 1: []})

    assert held('SELECT one FROM out.hourly ORDER BY "At"') == [1]


def test_without_the_folder_target_what_the_table_has_is_known(node, held):
    node.has({0: [1], 1: [2], 2: [3]})
    shutil.rmtree(node.root / "target")

    node.has({0: [5], 1: [2]})

    assert held() == [5, 2]


def test_a_rollback_to_rows_that_are_not_of_ranges_says_what_it_leaves(node, held):
    node.untrack()
    node.edit("mode: incremental_by_time", "mode: incremental_by_time, time_column: at")
    node.run()
    node.track()
    node.has({0: [5], 1: [2]})

    done = node.roll_back()

    assert held() == [5, 2]
    assert done.left == ("postgresql out.hourly (its node did not remember ranges then)",)


def test_what_was_given_up_comes_with_the_next_output(node, held, broken):
    node.has({0: [1], 1: [2]})
    mend = broken()
    node.has({0: [5], 1: [2]})
    node.give_up()
    mend()
    nothing = node.again()

    node.has({0: [5], 1: [2], 2: [3]})

    assert nothing == []
    assert held() == [5, 2, 3]
