"""Every type as the key of partitions, by every transform: as PyIceberg would, or refused."""

import datetime as dt
import decimal
import math
import random
import uuid

import pyarrow
import pytest
from pyiceberg import types
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import parse_transform
from tests.iceberg import corpus

from seeknal.values.errors import DeliveryError
from seeknal_iceberg.partitions import partition_key

pytestmark = pytest.mark.inside


@pytest.fixture
def lake(tmp_path):
    found = corpus.Lake(tmp_path)
    yield found
    found.close()


KEYS = {
    **corpus.VALUES,
    "date": (types.DateType(), [dt.date(2024, 2, 29), dt.date(1969, 12, 31), dt.date(1, 1, 1)]),
    "double": (types.DoubleType(), [0.5, -0.0, math.nan, -math.inf]),
    "decimal": (types.DecimalType(9, 2), [decimal.Decimal("-1.23"), decimal.Decimal("7.00")]),
}
TRANSFORMS = ("identity", "bucket[3]", "truncate[2]", "year", "month", "day", "hour", "void")
CASES = [
    (name, transform)
    for name, (kind, _) in KEYS.items()
    for transform in TRANSFORMS
    if parse_transform(transform).can_transform(kind) and name != "fixed"
]

FEW = [("uuid", "identity"), ("double", "identity"), *random.Random(20).sample(CASES, 5)]


def table_by(lake, name, transform):
    kind, values = KEYS[name]
    schema = Schema(
        types.NestedField(1, "id", types.LongType(), required=False),
        types.NestedField(2, "v", kind, required=False),
    )
    spec = PartitionSpec(PartitionField(2, 1000, parse_transform(transform), "v_part"))
    lake.catalog.create_table("s.t", schema, partition_spec=spec)
    lake.catalog.create_table("s.other", schema, partition_spec=spec)
    rows = [{"id": number, "v": value} for number, value in enumerate([*values, None])]
    plain = [corpus._bytes(row) for row in rows]
    data = pyarrow.Table.from_pylist(
        plain, schema=schema_to_pyarrow(schema, include_field_ids=False)
    )
    parts = pyarrow.Table.from_pylist(
        [{"id": row["id"], "v": text_of(row["v"])} for row in rows],
        schema=pyarrow.schema([("id", pyarrow.int64()), ("v", arrow_of(kind))]),
    )
    lake.duckdb.register("given", parts)
    cast = "v::UUID" if name == "uuid" else "v"
    lake.deliver(f"SELECT id, {cast} AS v FROM given", "append")
    return data, len(rows)


def text_of(value):
    return str(value) if isinstance(value, uuid.UUID) else value


def arrow_of(kind):
    return pyarrow.string() if str(kind) == "uuid" else schema_to_pyarrow(kind)


def partitions(table):
    found = [partition_key([task.file.partition[0]]) for task in table.scan().plan_files()]
    return sorted(map(repr, found))


CRASHES = {
    ("uuid", "identity"),
    ("uuid", "void"),
    ("time", "bucket[3]"),
    ("binary", "truncate[2]"),
    ("float", "identity"),
    ("double", "identity"),
}
"""What PyIceberg 0.12 cannot write by such a key; its transform of single values is right."""


def transformed(name, transform):
    kind, values = KEYS[name]
    made = parse_transform(transform).transform(kind)
    moments = {
        dt.time: lambda v: ((v.hour * 60 + v.minute) * 60 + v.second) * 10**6 + v.microsecond
    }
    plain = [moments.get(type(value), lambda v: v)(value) for value in [*values, None]]
    return sorted(set(map(repr, (partition_key([made(value)]) for value in plain))))


@pytest.mark.parametrize(("name", "transform"), FEW)
def test_partitions_are_those_that_pyiceberg_makes_and_are_replaced(lake, name, transform):
    check_case(lake, name, transform)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "transform"), CASES)
def test_partitions_of_every_type_and_transform_are_those_of_pyiceberg(lake, name, transform):
    check_case(lake, name, transform)


def check_case(lake, name, transform):
    data, count = table_by(lake, name, transform)
    found = partitions(lake.table())
    if (name, transform) in CRASHES:
        wanted = transformed(name, transform)
    else:
        lake.catalog.load_table("s.other").append(data)
        wanted = partitions(lake.catalog.load_table("s.other"))
    before = lake.read()

    lake.deliver("FROM delivered", "overwrite_partitions")
    lake.deliver("FROM delivered", "full")

    assert found == wanted
    assert len(before) == count
    assert lake.read() == before == corpus.truth(lake.table())


def test_the_documented_partitions_are_those_that_are_tested():
    documented = corpus.documented("identity")

    found = {
        (name, transform) for name, row in documented.items() for transform in row if row[transform]
    }

    tested = {
        (name.removeprefix("wide "), transform.partition("[")[0]) for name, transform in CASES
    }
    assert found == tested


@pytest.mark.parametrize("name", ["double", "float"])
def test_minus_zero_is_the_partition_zero_and_nan_is_nan(lake, name):
    rows = "(VALUES (1, 'nan'), (2, '0'), (3, '-0'), (4, '1'), (5, NULL)) AS r(id, t)"
    query = f"SELECT id, t::{name} AS v, 1 AS n FROM {rows}"
    lake.deliver(query, "overwrite_partitions", partition_by=("v",))

    lake.deliver(
        f"SELECT * REPLACE (2 AS n) FROM ({query}) WHERE id IN (1, 3, 5)", "overwrite_partitions"
    )

    found = {id: row["n"] for id, row in lake.read().items()}
    assert found == {1: 2, 3: 2, 4: 1, 5: 2}


def test_doubles_that_pyiceberg_would_read_as_floats_make_no_partitions(lake):
    with pytest.raises(DeliveryError) as raised:
        lake.deliver("SELECT 1 AS id, 0.1::DOUBLE AS v", "append", partition_by=("v",))

    assert "no partition by identity can be told for 1 of its values, such as 0.1" in (
        raised.value.message
    )
    with pytest.raises(NoSuchTableError):
        lake.table()


@pytest.mark.parametrize("mode", ["overwrite_partitions", "full", "maintain"])
def test_a_table_that_has_such_partitions_is_read_and_not_written(lake, mode):
    schema = Schema(types.NestedField(1, "v", types.DoubleType(), required=False))
    spec = PartitionSpec(PartitionField(1, 1000, parse_transform("identity"), "v"))
    table = lake.catalog.create_table("s.t", schema, partition_spec=spec)
    table.append(pyarrow.table({"v": [0.1]}))
    table.append(pyarrow.table({"v": [0.5]}))
    head = lake.table().current_snapshot()

    found = lake.duckdb.sql(lake.query(filter="v = 0.1")).fetchall()
    query = "SELECT 0.5::DOUBLE AS v"
    write = lake.compact if mode == "maintain" else lambda: lake.deliver(query, mode)
    with pytest.raises(DeliveryError) as raised:
        write()

    assert found == [(0.1,)]
    assert "a double, such as 0.1, which PyIceberg reads as 0.1000000014" in raised.value.message
    assert lake.table().current_snapshot() == head


@pytest.mark.parametrize("value", ["0.0", "-0.0", "'nan'", "1.5", "'inf'"])
def test_statistics_and_filters_agree_about_odd_numbers(lake, value):
    first = "SELECT i AS id, i::DOUBLE AS v FROM range(200000) AS r(i)"
    odd = "SELECT 300000 AS id, 'nan'::DOUBLE AS v UNION ALL SELECT 300001, -0.0"
    lake.deliver(f"{first} UNION ALL {odd}", "append")
    lake.deliver("SELECT 400000 AS id, 0.5::DOUBLE AS v", "append")
    everything = lake.query()

    for operator in ("=", "<>", "<", "<=", ">", ">="):
        test = f"v {operator} {value}::DOUBLE"
        found = lake.duckdb.sql(f"SELECT count(*) FROM ({lake.query(filter=test)})").fetchall()
        assert (
            found == lake.duckdb.sql(f"SELECT count(*) FROM ({everything}) WHERE {test}").fetchall()
        ), test


@pytest.mark.parametrize("kind", ["INTEGER", "DOUBLE", "VARCHAR", "DATE"])
def test_a_partition_null_does_not_hinder_filters_and_upserts(lake, kind):
    value = {"DATE": "DATE '2024-01-01'", "VARCHAR": "'b'"}.get(kind, f"2::{kind}")
    rows = f"SELECT 1 AS id, NULL::{kind} AS v UNION ALL SELECT 2, {value}"
    lake.deliver(rows, "append", partition_by=("v",))

    lake.deliver(f"SELECT 3 AS id, {value} AS v", "upsert_by_key", unique_keys=("v",))

    assert sorted(lake.read()) == [1, 3]
    assert sorted(lake.read(filter=f"v >= {value}")) == [3]
    assert sorted(lake.read(filter=f"v > {value} OR v IS NULL")) == [1]


def test_rows_deleted_from_several_files_of_the_partition_nan_stay_deleted(lake):
    rows = "SELECT i AS id, 'nan'::DOUBLE AS v, 1 AS n FROM range({}) AS r(i)"
    more = {"write.merge.mode": "merge-on-read"}
    lake.deliver(rows.format("10"), "append", partition_by=("v",), properties=more)
    lake.deliver(rows.format("10, 20"), "append")

    lake.deliver(
        "SELECT i AS id, 'nan'::DOUBLE AS v, 2 AS n FROM range(8, 12) AS r(i)",
        "upsert_by_key",
        unique_keys=("id",),
    )

    found = {id: row["n"] for id, row in lake.read().items()}
    assert found == {id: 2 if 8 <= id < 12 else 1 for id in range(20)}
    assert corpus.scanned(lake.table()) == corpus.truth(lake.table()) == lake.read()
