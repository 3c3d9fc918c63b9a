"""Of a range of time only the files are opened that may hold rows of it."""

from datetime import datetime
from itertools import pairwise

import pyarrow
import pyarrow.parquet as parquet
import pytest
from pyiceberg import types
from pyiceberg.schema import Schema
from tests.iceberg import corpus
from tests.inrange import ENDS, ZONES, belongs, hours, moments

from seeknal.values.columns import ColumnSpec
from seeknal.values.loads import Within
from seeknal.values.names import NodeId
from seeknal.values.sources import Source
from seeknal_iceberg import reading
from seeknal_iceberg.options import IcebergSource

pytestmark = pytest.mark.inside

TYPES = {"day": "DATE", "ts": "TIMESTAMP", "tz": "TIMESTAMPTZ"}
KEYS = {
    "day": ("", "at", "month(at)", "year(at)"),
    "ts": ("", "day(at)", "month(at)", "year(at)", "hour(at)"),
    "tz": ("", "day(at)", "bucket(3, at)"),
}
PARTITIONS = [(column, key) for column, keys in KEYS.items() for key in keys]


@pytest.fixture
def lake(tmp_path):
    found = corpus.Lake(tmp_path)
    yield found
    found.close()


@pytest.fixture
def planned(monkeypatch):
    """The files of each scan that was planned."""
    found, plan = [], reading.planned

    def kept(scan):
        tasks = plan(scan)
        found.append([task.file.file_path for task in tasks])
        return tasks

    monkeypatch.setattr(reading, "planned", kept)
    return found


def query(lake, within, columns=(), **options):
    source = Source(
        node=NodeId("source.b"),
        type="iceberg",
        options=IcebergSource(**options),
        table=("atlas.s.t",),
        within=within,
        columns=columns,
    )
    return reading.read(source, source.options, lake.context()).sql


def ids(lake, *given, **more):
    found = lake.duckdb.sql(f"SELECT id FROM ({query(lake, *given, **more)}) ORDER BY id")
    return [number for (number,) in found.fetchall()]


@pytest.mark.parametrize(("column", "key"), PARTITIONS)
def test_rows_are_those_of_the_range_and_those_without_a_place_in_time(lake, column, key):
    values = [*moments(column, "UTC"), None]
    rows = [
        f"SELECT {n} AS id, CAST({'NULL' if value is None else repr(str(value))} AS"
        f" {TYPES[column]}) AS at"
        for n, value in enumerate(values)
    ]
    for few in (rows[start : start + 5] for start in range(0, len(rows), 5)):
        lake.deliver(" UNION ALL ".join(few), "append", partition_by=(key,) if key else ())

    found = {
        (start, end, zone): ids(lake, Within(column="At", start=start, end=end, timezone=zone))
        for start, end in pairwise(ENDS)
        for zone in ZONES
    }

    for (start, end, zone), numbers in found.items():
        wanted = [n for n, value in enumerate(values) if belongs(value, start, end, zone)]
        assert numbers == wanted


@pytest.mark.parametrize("key", ["", "day(at)"])
def test_only_the_files_of_the_range_are_planned_and_opened(lake, planned, key):
    for hour in range(0, 96, 24):
        rows = f"SELECT {hour} AS id, TIMESTAMP '2024-06-01' + INTERVAL {hour} HOUR AS at"
        lake.deliver(rows, "append", partition_by=(key,) if key else ())
    for task in lake.table().scan().plan_files():
        if int.from_bytes(task.file.lower_bounds[1], "little") != 48:
            with open(task.file.file_path.removeprefix("file://"), "wb"):
                pass

    found = ids(lake, hours(48, 72))

    assert found == [48]
    assert [len(files) for files in planned] == [1]


def test_what_another_tool_wrote_as_infinite_is_given_to_be_refused(lake):
    schema = Schema(
        types.NestedField(1, "id", types.LongType(), required=False),
        types.NestedField(2, "at", types.TimestampType(), required=False),
    )
    lake.catalog.create_table("s.t", schema)
    ends = pyarrow.array([2**63 - 1, 1 - 2**63], pyarrow.int64())
    times = ends.cast(pyarrow.timestamp("us"))
    file = lake.root / "infinite.parquet"
    data = pyarrow.table({"id": [1, 2], "at": times})
    parquet.write_table(data, file, write_statistics=False)
    lake.table().add_files([file.as_uri()])

    found = ids(lake, hours(0, 24))

    assert found == [1, 2]


def test_a_range_and_a_filter_hold_together(lake, planned):
    for number in range(4):
        rows = f"SELECT {number} AS id, TIMESTAMP '2024-06-01' AS at, {number % 2} AS odd"
        lake.deliver(rows, "append")

    found = ids(lake, hours(0, 24), filter="odd = 1 OR odd IS NULL -- and no others")

    assert found == [1, 3]
    assert [len(files) for files in planned] == [2]


def test_a_range_of_an_earlier_snapshot_has_the_names_of_its_time(lake):
    schema = Schema(
        types.NestedField(1, "id", types.LongType(), required=False),
        types.NestedField(2, "at", types.TimestampType(), required=False),
    )
    lake.catalog.create_table("s.t", schema)
    lake.deliver(
        "SELECT unnest([1, 2])::BIGINT AS id,"
        " unnest([TIMESTAMP '2024-06-01', TIMESTAMP '2024-06-02']) AS at",
        "append",
    )
    first = lake.table().current_snapshot().snapshot_id
    with lake.table().update_schema() as update:
        update.rename_column("at", "then")

    found = ids(lake, hours(24, 48), snapshot_id=first)

    assert found == [2]


def test_what_is_declared_decides_which_range_a_row_is_of(lake):
    lake.deliver(
        "SELECT unnest([1, 2]) AS id,"
        " unnest([TIMESTAMP '2024-06-01', TIMESTAMP '2024-06-02 23:00']) AS at",
        "append",
    )
    columns = (ColumnSpec(name="id", type="INTEGER"), ColumnSpec(name="at", type="date"))

    found = ids(lake, hours(17, 20, timezone="Asia/Jakarta"), columns)

    assert 2 in found


def test_the_range_may_be_of_a_column_that_is_not_read(lake):
    lake.deliver("SELECT 1 AS id, TIMESTAMP '2024-06-01' AS at", "append")

    found = ids(lake, hours(24, 48), (ColumnSpec(name="id"),))

    assert found == []


def test_a_run_plans_and_opens_the_files_of_the_days_that_are_due_alone(
    seeknal_project, at_end_of, planned
):
    made = seeknal_project(
        {
            "seeknal/events.yml": "kind: source\nname: events\nsource: iceberg\n"
            "table: atlas.s.t\ntime_column: at\nschedule: '@daily'\nstart: 2024-06-01\n"
        }
    )
    table = daily_table(made.path, days=4)
    at_end_of(2)
    made.run("run").assert_ok()
    for task in table.scan().plan_files():
        if int.from_bytes(task.file.lower_bounds[1], "little") != 3:
            with open(task.file.file_path.removeprefix("file://"), "wb"):
                pass
    at_end_of(3)
    planned.clear()

    made.run("run").assert_ok()

    assert sorted(id for id, _ in made.rows("source.events")) == [1, 2, 3]
    assert [len(files) for files in planned] == [1]


def daily_table(root, days):
    """A table of the project's own catalog with a file for each day, of one row."""
    from pyiceberg.catalog import load_catalog

    folder = root / ".seeknal/iceberg"
    (folder / "warehouse").mkdir(parents=True)
    database, warehouse = f"sqlite:///{folder / 'catalog.db'}", (folder / "warehouse").as_uri()
    catalog = load_catalog("atlas", type="sql", uri=database, warehouse=warehouse)
    catalog.create_namespace("s")
    schema = pyarrow.schema([("id", pyarrow.int64()), ("at", pyarrow.timestamp("us"))])
    table = catalog.create_table(("s", "t"), schema=schema)
    for day in range(1, days + 1):
        row = {"id": day, "at": datetime(2024, 6, day, 8)}
        table.append(pyarrow.Table.from_pylist([row], schema=schema))
    return table
