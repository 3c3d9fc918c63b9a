"""Iceberg tables that are brought to the output of a tracked node by the ranges that differ."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from tests.deliveries.by_range import ByRange
from tests.deliveries.ranged import BASE, HOUR, Killed, Ranged

from seeknal.values.columns import Column
from seeknal_iceberg import delivering

pytestmark = pytest.mark.inside

TARGET = "{type: iceberg, connection: atlas, table: atlas.out.hourly, mode: incremental_by_time"
PROFILE = "connections: {atlas: {type: iceberg}}\n"


@pytest.fixture
def make(tmp_path):
    def made(more=""):
        return Ranged(tmp_path, f"{TARGET}{more}}}", {"profiles.yml": PROFILE})

    return made


@pytest.fixture
def node(make):
    return make(", partition_by: [hour(at)]")


@pytest.fixture
def table(lake, tmp_path):
    return lambda name="atlas.out.hourly": lake(SimpleNamespace(path=tmp_path), name)


@pytest.fixture
def held(table):
    """The rows of the table, by the hour."""

    def ask(name="atlas.out.hourly"):
        rows = table(name).scan().to_arrow().to_pylist()
        return [row["one"] for row in sorted(rows, key=lambda row: (row["at"], row["one"]))]

    return ask


@pytest.fixture
def drop(table):
    """Takes the table out of its catalog."""

    def dropped(name="atlas.out.hourly"):
        found = table(name)
        found.catalog.drop_table(found.name())

    return dropped


class TestByRange(ByRange):
    created = "Created table atlas.out.hourly"


def test_all_ranges_that_differ_are_one_snapshot(node, held, table):
    node.has({0: [1, 2], 1: [3], 2: []})
    node.has({0: [1, 2], 1: [4], 2: [5], 3: [6]})
    files = {task.file.file_path for task in table().scan().plan_files()}

    node.has({0: [7], 1: [4], 2: [5], 3: []})

    left = {task.file.file_path for task in table().scan().plan_files()}
    assert held() == [7, 4, 5]
    assert len(table().snapshots()) == 3
    assert len(files & left) == 2


def test_delivering_again_makes_no_snapshot(node, held, table):
    node.has({0: [1], 1: [2]})

    again = node.again()

    assert (again, held(), len(table().snapshots())) == ([], [1, 2], 1)


def test_what_a_killed_run_has_written_is_not_written_twice(node, held, table):
    node.has({0: [1], 1: [2]})
    attempted = node.attempting({0: [1], 1: [7]})
    node.forget_outcome(attempted)

    (delivery,) = node.again()

    assert (delivery.status, delivery.detail) == ("delivered", "was delivered before")
    assert (held(), len(table().snapshots())) == ([1, 7], 2)


def test_what_a_killed_run_has_written_is_put_right_by_the_next_output(node, held):
    node.has({0: [1], 1: [2]})
    attempted = node.attempting({0: [1], 1: [7]})
    node.forget_outcome(attempted)

    node.has({0: [1], 1: [2]})

    assert held() == [1, 2]


def test_only_files_of_the_ranges_are_opened(node, held, monkeypatch):
    from seeknal_iceberg import rewriting

    node.has({hour: [hour] for hour in range(24)})
    opened = []
    here = rewriting.brought_here
    monkeypatch.setattr(
        rewriting,
        "brought_here",
        lambda io, tasks, context: here(io, opened.extend(tasks) or tasks, context),
    )

    node.has({hour: [hour if hour != 7 else 70] for hour in range(24)})

    assert len(opened) <= 2
    assert held() == [70 if hour == 7 else hour for hour in range(24)]


def test_more_ranges_than_one_by_one_are_right_as_well(make, held):
    node = make()
    node.has({hour: [hour] for hour in range(120)})

    node.has({hour: [hour] if hour % 2 else [-hour - 1] for hour in range(120)})

    assert held() == [hour if hour % 2 else -hour - 1 for hour in range(120)]


def test_another_column_of_time_leaves_no_row_of_before(make, held):
    node = make()
    node.columns = (*node.columns, Column("since", "TIMESTAMP"))
    node.has({0: [1], 1: [2]})
    node.edit("time_column: at", "time_column: since")
    node.time_column = "since"

    node.has({5: [5]})

    assert held() == [5]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Jakarta", "America/New_York"])
def test_dates_are_days_of_the_nodes_zone(make, held, zone):
    node = make(", partition_by: [day(at)]")
    node.timezone = zone
    node.columns = (Column("at", "DATE"), Column("one", "INTEGER"))
    node.base = int(datetime(2024, 6, 1, tzinfo=ZoneInfo(zone)).timestamp())
    node.has({0: [1], 1: [2], 2: [3]}, size=24 * HOUR)

    node.has({0: [1], 1: [5], 2: []}, size=24 * HOUR)

    assert held() == [1, 5]


def test_a_run_that_is_killed_between_table_and_rows_owes_all_rows(node, held, drop, monkeypatch):
    node.has({0: [1], 1: [2], 2: [3]})
    drop()
    with monkeypatch.context() as patched:
        patched.setattr(delivering, "commit", Mock(side_effect=Killed))
        delivered = node.has({0: [1], 1: [7], 2: [3]})
    owed, between = node.known(), held()

    node.again()

    assert (delivered, owed.status, owed.stale) == ([], "owed", ((BASE, BASE + 3 * HOUR),))
    assert (between, held()) == ([], [1, 7, 3])
