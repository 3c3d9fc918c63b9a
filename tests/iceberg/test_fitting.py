"""Rows that an Iceberg table cannot hold are refused by name, before anything is written."""

import datetime as dt

import pytest
from pyiceberg import types
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.schema import Schema
from tests.iceberg import corpus

from seeknal.values.errors import DeliveryError

pytestmark = pytest.mark.inside


@pytest.fixture
def lake(tmp_path):
    found = corpus.Lake(tmp_path)
    yield found
    found.close()


def field(id, name, type, required=False):
    return types.NestedField(id, name, type, required=required)


REQUIRED = {
    "top": (field(2, "v", types.LongType(), True), "NULL::BIGINT", "v"),
    "struct": (
        field(2, "v", types.StructType(field(3, "x", types.LongType(), True))),
        "{'x': NULL::BIGINT}",
        "v.x",
    ),
    "list": (
        field(2, "v", types.ListType(3, types.LongType(), element_required=True)),
        "[1::BIGINT, NULL]",
        "v.element",
    ),
    "map": (
        field(
            2,
            "v",
            types.MapType(3, types.StringType(), 4, types.LongType(), value_required=True),
        ),
        "MAP {'a': NULL::BIGINT}",
        "v.value",
    ),
    "deeper": (
        field(
            2,
            "v",
            types.ListType(
                3,
                types.StructType(
                    field(
                        4,
                        "x",
                        types.ListType(
                            5,
                            types.StructType(field(6, "y", types.LongType(), True)),
                            element_required=False,
                        ),
                    )
                ),
                element_required=False,
            ),
        ),
        "[NULL, {'x': [NULL, {'y': NULL::BIGINT}]}]",
        "v.element.x.element.y",
    ),
}
GOOD = {
    "top": "7::BIGINT",
    "struct": "NULL::STRUCT(x BIGINT)",
    "list": "NULL::BIGINT[]",
    "map": "NULL::MAP(VARCHAR, BIGINT)",
    "deeper": "[NULL, {'x': NULL::STRUCT(y BIGINT)[]}]",
}
MODES = {
    "append": {},
    "full": {},
    "upsert_by_key": {"unique_keys": ("id",)},
    "incremental_by_time": {"time_column": "id"},
    "overwrite_partitions": {},
}


FEW = [*((place, "append") for place in REQUIRED), *(("top", mode) for mode in MODES)]
ALL = [(place, mode) for place in REQUIRED for mode in MODES]


@pytest.mark.parametrize(("place", "mode"), FEW)
def test_null_where_a_value_is_required_is_refused(lake, place, mode):
    check_required(lake, place, mode)


@pytest.mark.slow
@pytest.mark.parametrize(("place", "mode"), ALL)
def test_null_where_a_value_is_required_is_refused_at_every_place_in_every_mode(lake, place, mode):
    check_required(lake, place, mode)


def check_required(lake, place, mode):
    made, bad, name = REQUIRED[place]
    schema = Schema(
        field(1, "id", types.LongType(), True), field(9, "p", types.IntegerType()), made
    )
    spec = corpus.PartitionSpec(corpus.PartitionField(9, 1000, corpus.IdentityTransform(), "p"))
    lake.catalog.create_table("s.t", schema, partition_spec=spec)
    good = f"SELECT 1::BIGINT AS id, 1 AS p, {GOOD[place]} AS v"
    lake.deliver(good, mode, **MODES[mode])
    head, before = lake.table().current_snapshot(), lake.read()
    query = f"{good} UNION ALL SELECT 2, 1, {bad}"

    with pytest.raises(DeliveryError) as raised:
        lake.deliver(query, mode, **MODES[mode])

    assert f"column '{name}' is required by the table and NULL in 1 of 2 rows" in (
        raised.value.message
    )
    assert "id = 2" in raised.value.message
    assert lake.table().current_snapshot() == head
    assert lake.read() == before


_UNION = "union_value(n := 1)::UNION(n INTEGER, s VARCHAR)"


@pytest.mark.parametrize(
    "value", [_UNION, f"[{_UNION}]", f"{{'a': {_UNION}}}", f"MAP {{'a': {_UNION}}}"]
)
def test_a_union_is_refused_by_name(lake, value):
    with pytest.raises(DeliveryError) as raised:
        lake.deliver(f"SELECT 1 AS id, {value} AS v", "append")

    assert raised.value.code == "SK0837"
    assert raised.value.message.startswith("column 'v' is ")
    with pytest.raises(NoSuchTableError):
        lake.table()


def test_names_that_look_like_a_union_are_no_union(lake):
    lake.deliver(
        "SELECT 1 AS id, {'UNION(': 'UNION('} AS v, 'x'::ENUM('x', 'UNION(') AS e", "append"
    )

    assert len(lake.read()) == 1


UNFIT = {
    "date": ("'infinity'::DATE", "infinity"),
    "timestamp": ("'-infinity'::TIMESTAMP", "-infinity"),
    "timestamptz": ("'infinity'::TIMESTAMPTZ", "infinity"),
    "in a list": ("['infinity'::DATE]", "[infinity]"),
    "in a struct": ("{'a': {'b': 'infinity'::TIMESTAMP}}", "infinity"),
    "in a map": ("MAP {'a': ['-infinity'::DATE]}", "-infinity"),
    "as a key": ("MAP {'infinity'::DATE: 1}", "infinity"),
    "24:00": ("TIME '24:00:00'", "24:00:00"),
    "time": ("TIME_NS '01:02:03.123456789'", "01:02:03.123456789"),
    "times": ("[TIME_NS '01:02:03', TIME_NS '01:02:03.123456789']", "01:02:03.123456789"),
    "nanoseconds": ("TIMESTAMP_NS '2024-01-01 00:00:00.123456789'", "00:00:00.123456789"),
    "in nested": ("{'a': [TIMESTAMP_NS '2024-01-01 00:00:00.000000001']}", ".000000001"),
}


@pytest.mark.parametrize(
    ("case", "there"), [*((case, False) for case in UNFIT), ("date", True), ("times", True)]
)
def test_times_that_iceberg_does_not_have_are_refused_with_the_value(lake, case, there):
    value, told = UNFIT[case]
    if there:
        lake.deliver(f"SELECT 1 AS id, {value} AS v LIMIT 0", "append")
        head = lake.table().current_snapshot()

    with pytest.raises(DeliveryError) as raised:
        lake.deliver(f"SELECT 1 AS id, NULL AS v UNION ALL SELECT 2, {value}", "append")

    assert "column 'v'" in raised.value.message
    assert "in 1 of 2 rows" in raised.value.message
    assert told in raised.value.message
    assert len(raised.value.message) < 400
    if there:
        assert lake.table().current_snapshot() == head
    else:
        with pytest.raises(NoSuchTableError):
            lake.table()


FIT = {
    "time": ("TIME_NS '01:02:03.123456'", "time", dt.time(1, 2, 3, 123456)),
    "times": ("[TIME_NS '01:02:03']", "list<time>", [dt.time(1, 2, 3)]),
    "nanoseconds": (
        "TIMESTAMP_NS '2024-01-01 00:00:00.123456'",
        "timestamp",
        dt.datetime(2024, 1, 1, 0, 0, 0, 123456),
    ),
}


@pytest.mark.parametrize("case", FIT)
def test_nanoseconds_that_are_none_are_times_and_not_text(lake, case):
    value, kind, wanted = FIT[case]

    lake.deliver(f"SELECT 1 AS id, {value} AS v", "append")

    assert str(lake.table().schema().find_type("v")) == kind
    assert corpus.scanned(lake.table()) == {1: {"id": 1, "v": wanted}} == lake.read()


FAR = {
    "date": ("DATE '290000-01-01'", "DATE '0044-03-15 (BC)'"),
    "timestamp": ("TIMESTAMP '290000-01-01 01:00'", "TIMESTAMP '0044-03-15 (BC)'"),
    "timestamptz": (
        "TIMESTAMPTZ '290000-01-01 01:00:00+00'",
        "TIMESTAMPTZ '0044-03-15 (BC) 00:00:00+00'",
    ),
}


@pytest.mark.parametrize("key", [(), ("bucket(4, v)",)])
@pytest.mark.parametrize("kind", FAR)
def test_far_times_are_exact_in_values_partitions_statistics_and_filters(lake, kind, key):
    late, early = FAR[kind]
    rows = f"SELECT 1 AS id, {late} AS v UNION ALL SELECT 2, {early} UNION ALL SELECT 3, NULL"
    lake.deliver(rows, "append", partition_by=key)
    lake.deliver(f"SELECT 4 AS id, {late} AS v", "append")

    lake.deliver(f"SELECT 2 AS id, {early} AS v", "upsert_by_key", unique_keys=("id", "v"))
    lake.compact()
    answers = {
        filter: sorted(
            row[0] for row in lake.duckdb.sql(lake.query(filter=filter)).project("id").fetchall()
        )
        for filter in (f"v = {late}", f"v < {early}", f"v <= {early}", f"v > {early}", "v is null")
    }

    assert list(answers.values()) == [[1, 4], [], [2], [1, 4], [3]]
    found = lake.duckdb.sql(f"SELECT id, v::VARCHAR FROM ({lake.query()}) ORDER BY id").fetchall()
    wanted = lake.duckdb.sql(f"{rows} UNION ALL SELECT 4, {late} ORDER BY id").query(
        "r", "SELECT id, v::VARCHAR FROM r"
    )
    assert found == wanted.fetchall()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("year(v)", "DATE '290000-01-01'"),
        ("month(v)", "TIMESTAMP '290000-01-01'"),
        ("hour(v)", "TIMESTAMP '290000-01-01'"),
        ("day(v)", "TIMESTAMPTZ '290000-01-01 00:00:00+00'"),
        ("v", "DATE '290000-01-01'"),
    ],
)
def test_a_partition_that_cannot_be_told_is_refused_before_a_table_is_made(lake, key, value):
    with pytest.raises(DeliveryError) as raised:
        lake.deliver(f"SELECT 1 AS id, {value} AS v", "full", partition_by=(key,))

    assert "no partition by " in raised.value.message
    assert "such as 290000-01-01" in raised.value.message
    with pytest.raises(NoSuchTableError):
        lake.table()


def test_far_times_bound_what_an_incremental_delivery_replaces(lake):
    rows = "SELECT 1 AS id, DATE '290000-01-01' AS v UNION ALL SELECT 2, DATE '0044-03-15 (BC)'"
    lake.deliver(f"{rows} UNION ALL SELECT 3, DATE '290001-01-01'", "append")

    lake.deliver(
        "SELECT 4 AS id, DATE '290000-01-01' AS v UNION ALL SELECT 5, DATE '0043-01-01 (BC)'",
        "incremental_by_time",
        time_column="v",
    )

    found = lake.duckdb.sql(f"SELECT id FROM ({lake.query()}) ORDER BY id").fetchall()
    assert found == [(2,), (3,), (4,), (5,)]
