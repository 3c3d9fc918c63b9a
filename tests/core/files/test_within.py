"""Of a range of time only the files, folders and row groups are read that may hold its rows."""

import os
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import duckdb
import pytest
from attrs import evolve
from tests.inrange import ENDS, ZONES, belongs, hours, moments

from seeknal.values.errors import NodeError
from seeknal.values.loads import Within

pytestmark = [pytest.mark.inside]

TYPES = {
    "day": "DATE",
    "ts": "TIMESTAMP",
    "tz": "TIMESTAMPTZ",
    "s": "TIMESTAMP_S",
    "ms": "TIMESTAMP_MS",
    "ns": "TIMESTAMP_NS",
}
PRUNES = tuple(map(int, duckdb.__version__.split(".")[:2])) >= (2, 0)
"""DuckDB 1.5 leaves out whole files only where the range may also be NULL."""


def within(files, wanted, type, *table, **more):
    return evolve(files.source(type, *table, **more), within=wanted)


def rows(files, *given, **more):
    found = files.relation(within(files, *given, **more))
    return sorted(found.project("CAST(id AS BIGINT)").fetchall())


def ids(*given, **more):
    return [number for (number,) in rows(*given, **more)]


def spoil(files, *paths):
    """Make files unreadable, whoever reads them."""
    for path in paths:
        files.write(path, b"\xff\x00 this is no file of any kind")


def days(files, path, copy, many=4):
    """A file for each day, and a row each six hours."""
    for day in range(many):
        start = datetime(2024, 6, 1 + day)
        full = files.root / start.strftime(path)
        full.parent.mkdir(parents=True, exist_ok=True)
        files.duckdb.execute(
            f"COPY (SELECT {day} * 10 + i AS id, TIMESTAMP '{start}' + i * INTERVAL 6 HOUR AS at"
            f" FROM range(4) AS r(i)) TO '{full}' ({copy})"
        )


FORMATS = [("csv", "csv, header"), ("json", "json"), ("parquet", "parquet")]


@pytest.mark.versions
@pytest.mark.parametrize("column", TYPES)
@pytest.mark.parametrize("zone", ZONES)
def test_parquet_rows_are_those_of_the_range_and_those_without_a_place_in_time(files, column, zone):
    kind = "day" if column == "day" else "tz" if column == "tz" else "ts"
    whole = [at for at in moments(kind, zone) if column not in ("s", "ms") or not at.microsecond]
    values = [*whole, None, *(() if column == "s" else ("infinity", "-infinity"))]
    given = ", ".join(
        f"({n}, CAST({'NULL' if value is None else repr(str(value))} AS {TYPES[column]}))"
        for n, value in enumerate(values)
    )
    path = files.root / "events.parquet"
    files.duckdb.execute(
        f"COPY (FROM (VALUES {given}) AS v (id, \"At\")) TO '{path}' (ROW_GROUP_SIZE 2048)"
    )

    found = {
        ends: ids(
            files,
            Within(column="at", start=ends[0], end=ends[1], timezone=zone),
            "parquet",
            path.name,
        )
        for ends in pairwise(ENDS)
    }

    for (start, end), numbers in found.items():
        wanted = [n for n, value in enumerate(values) if belongs(value, start, end, zone)]
        assert numbers == wanted


@pytest.mark.versions
def test_only_the_row_groups_of_the_range_are_scanned(files):
    path = files.root / "events.parquet"
    files.duckdb.execute(
        "COPY (SELECT i AS id, TIMESTAMP '2024-06-01' + i * INTERVAL 1 MINUTE AS at"
        f" FROM range(100000) AS r(i)) TO '{path}' (ROW_GROUP_SIZE 2048)"
    )
    source = within(files, hours(24, 25), "parquet", path.name)

    scan = files.hooks.load_source(source=source, context=files.context())

    told = files.duckdb.execute(f"EXPLAIN ANALYZE {scan.sql}").fetchall()[0][1]
    groups = re.findall(r"Row Groups Scanned: (\d+) / (\d+)", told)
    assert len(files.duckdb.sql(scan.sql).fetchall()) == 60
    assert groups == ([("1", "49")] if PRUNES else [])


@pytest.mark.parametrize(("type", "copy"), FORMATS)
def test_only_the_folders_of_the_range_and_those_of_no_day_are_read(files, type, copy):
    for day in ("2024-06-01", "2024-06-02", "2024-06-03", "__HIVE_DEFAULT_PARTITION__"):
        full = files.write(f"data/at={day}/f.{type}")
        number = 0 if day.startswith("_") else int(day[-2:])
        files.duckdb.execute(f"COPY (SELECT {number} AS id) TO '{full}' (FORMAT {copy})")
    spoil(files, f"data/at=2024-06-01/f.{type}", f"data/at=2024-06-03/f.{type}")

    found = ids(files, hours(24, 48), type, f"data/*/f.{type}")

    assert found == [0, 2]


def test_folders_that_are_not_all_days_are_all_read(files):
    for day in ("2024-06-01", "2024-06-02", "other"):
        full = files.write(f"data/at={day}/f.parquet")
        files.duckdb.execute(f"COPY (SELECT 1 AS id) TO '{full}' (FORMAT parquet)")

    found = ids(files, hours(24, 48), "parquet", "data/*/*.parquet")

    assert found == [1, 1, 1]


def test_folders_without_a_day_of_the_range_still_tell_the_columns(files):
    full = files.write("data/at=2024-06-01/f.parquet")
    files.duckdb.execute(f"COPY (SELECT 1 AS id) TO '{full}' (FORMAT parquet)")

    found = files.relation(within(files, hours(24, 48), "parquet", "data/at=*/*.parquet"))

    assert found.columns == ["id", "at"]
    assert found.fetchall() == []


@pytest.mark.parametrize(("type", "copy"), FORMATS)
@pytest.mark.parametrize("path", ["data/%Y-%m-%d", "y=%Y/m=%m/%d/f"])
def test_only_the_files_whose_path_says_a_time_of_the_range_are_read(files, type, copy, path):
    days(files, f"{path}.{type}", f"FORMAT {copy}")
    for day in (1, 4):
        spoil(files, datetime(2024, 6, day).strftime(f"{path}.{type}"))
    table = (
        re.sub(r"%\w(.*%\w)?", r"{time:\g<0>}", path)
        if path.startswith("data")
        else ("y={time:%Y}/m={time:%m}/{time:%d}/f")
    )

    found = ids(files, hours(30, 54), type, f"{table}.{type}")

    assert found == [10, 11, 12, 13, 20, 21, 22, 23]


def test_folders_whose_names_say_another_time_are_not_listed(files, monkeypatch):
    days(files, "data/day=%Y-%m-%d/rows.csv", "FORMAT csv, header")
    listed, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(str(path)) or scandir(path))

    found = ids(files, hours(24, 48), "csv", "data/day={time:%Y-%m-%d}/*.csv")

    assert found == [10, 11, 12, 13]
    assert any("2024-06-02" in folder for folder in listed)
    assert not any("2024-06-01" in folder or "2024-06-03" in folder for folder in listed)


def test_a_folder_of_no_time_there_is_matters_once_it_has_a_file(files):
    days(files, "data/%Y-%m-%d/rows.csv", "FORMAT csv, header")
    (files.root / "data/2024-02-31").mkdir()
    table = "data/{time:%Y-%m-%d}/*.csv"
    before = ids(files, hours(24, 48), "csv", table)

    files.write("data/2024-02-31/rows.csv", "id,at\n1,2024-02-29\n")

    assert before == [10, 11, 12, 13]
    with pytest.raises(NodeError, match="names no time that there is"):
        ids(files, hours(24, 48), "csv", table)


@pytest.mark.parametrize(("type", "copy"), FORMATS)
def test_without_a_range_all_files_are_read(files, type, copy):
    days(files, f"data/%Y-%m-%d.{type}", f"FORMAT {copy}")
    spoil(files, f"data/2024-06-xx.{type}", f"data/2024-6-1.{type}")

    found = ids(files, None, type, f"data/{{time:%Y-%-m-%d}}.{type}")

    assert len(found) == 16
    spoil(files, f"data/2024-06-05.{type}")
    with pytest.raises(NodeError):
        ids(files, None, type, f"data/{{time:%Y-%m-%d}}.{type}")


@pytest.mark.versions
@pytest.mark.parametrize(("type", "copy"), FORMATS)
@pytest.mark.parametrize("many", [1, 2])
def test_a_row_in_a_file_of_another_time_is_told_with_how_many_there_are(files, type, copy, many):
    days(files, f"data/%Y-%m-%d.{type}", f"FORMAT {copy}")
    full = files.root / f"data/2024-06-02.{type}"
    files.duckdb.execute(
        "COPY (SELECT unnest([1, 2, 3]) AS id, unnest([TIMESTAMP '2024-06-02 23:59:59',"
        f" TIMESTAMP '2024-06-03 00:00:00', '2024-06-09']) AS at) TO '{full}' (FORMAT {copy})"
    )
    wanted = hours(24, 24 + 24 * many)

    with pytest.raises(NodeError) as raised:
        ids(files, wanted, type, f"data/{{time:%Y-%m-%d}}.{type}")

    assert raised.value.code == "SK0766"
    assert raised.value.message == (
        "2 rows are not of the time that the name of their file says, such as"
        f" at 2024-06-03 00:00:00 in data/2024-06-02.{type}"
    )


def test_a_row_of_another_time_is_not_lost_behind_a_filter(files):
    days(files, "data/%Y-%m-%d.parquet", "FORMAT parquet", many=2)
    (files.root / "data/2024-06-02.parquet").rename(files.root / "data/2024-06-03.parquet")
    source = within(files, hours(48, 72), "parquet", "data/{time:%Y-%m-%d}.parquet")

    scan = files.hooks.load_source(source=source, context=files.context())

    with pytest.raises(duckdb.Error, match="a row of another time"):
        files.duckdb.sql(f"SELECT * FROM ({scan.sql}) WHERE \"at\" >= '2024-06-03'").fetchall()


@pytest.mark.parametrize("zone", ZONES)
def test_names_are_read_by_the_clock_of_the_zone(files, zone):
    zoned = "" if zone == "UTC" else f" AT TIME ZONE '{zone}' AT TIME ZONE 'UTC'"
    files.duckdb.execute("SET TimeZone = 'UTC'")
    for day in ("2024-11-02", "2024-11-03", "2024-11-04"):
        full = files.write(f"data/{day}.parquet")
        query = f"SELECT i AS id, (TIMESTAMP '{day}' + i * INTERVAL 1 HOUR){zoned} AS at"
        files.duckdb.execute(f"COPY ({query} FROM range(24) AS r(i)) TO '{full}'")
    (start,) = files.duckdb.execute(f"SELECT (TIMESTAMP '2024-11-03'){zoned}").fetchone()
    start = start.replace(tzinfo=UTC)
    wanted = Within(column="at", start=start, end=start + timedelta(hours=23), timezone=zone)
    spoil(files, "data/2024-11-02.parquet", "data/2024-11-04.parquet")

    found = ids(files, wanted, "parquet", "data/{time:%Y-%m-%d}.parquet")

    assert found == [*range(24)]


def test_a_day_in_a_file_is_midnight_of_the_zone(files):
    files.write("data/2024-06-02.csv", "id,at\n1,2024-06-02\n2,\n")

    found = ids(files, hours(17, 41, timezone="Asia/Jakarta"), "csv", "data/{time:%Y-%m-%d}.csv")

    assert found == [1, 2]


@pytest.mark.parametrize(("type", "copy"), FORMATS)
def test_a_range_without_a_file_has_the_columns_of_another(files, type, copy):
    days(files, f"data/%Y-%m-%d.{type}", f"FORMAT {copy}")

    found = files.relation(within(files, hours(240, 264), type, f"data/{{time:%Y-%m-%d}}.{type}"))

    assert found.columns == ["id", "at"]
    assert found.fetchall() == []


def test_a_source_that_keeps_provenance_still_says_which_file_a_row_is_from(files):
    days(files, "data/%Y-%m-%d.csv", "FORMAT csv, header")
    source = within(files, hours(0, 48), "csv", "data/{time:%Y-%m-%d}.csv")

    scan = files.hooks.load_source(source=evolve(source, provenance=True), context=files.context())

    found = files.duckdb.sql(f'SELECT DISTINCT "{scan.origin.column}" FROM ({scan.sql})').fetchall()
    assert sorted(scan.origin.names[file] for (file,) in found) == [
        "data/2024-06-01.csv",
        "data/2024-06-02.csv",
    ]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("data/{time:%m}.csv", "it needs %Y"),
        ("data/{time:%Y-%b}.csv", "%b is none of"),
        ("data/{time:%Y-%m-%d}.csv", "'data/2024-02-30.csv' names no time"),
        ("https://example.com/{time:%Y}.csv", "only names of files below the project"),
        ("s3://bucket/{time:%Y}.csv", "only names of files below the project"),
    ],
)
def test_a_path_that_says_no_time_is_refused(files, table, told):
    files.write("data/2024-02-30.csv", "id,at\n1,2024-02-28\n")

    with pytest.raises(NodeError, match=re.escape(told)) as raised:
        ids(files, hours(0, 24), "csv", table)

    assert raised.value.code == "SK0765"


def test_a_value_that_no_guess_held_is_still_read_otherwise(files):
    lines = "".join(f"{n},2024-06-01 00:00:00\n" for n in range(30000))
    files.write("data/2024-06-01.csv", f"id,at\n{lines}x,2024-06-02 00:00:00\n")

    with pytest.raises(NodeError) as raised:
        files.relation(within(files, hours(0, 24), "csv", "data/{time:%Y-%m-%d}.csv"))

    assert raised.value.message.startswith("1 row is not of the time")
