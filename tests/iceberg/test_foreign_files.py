"""Files that other tools wrote: their columns are found by name mapping, or the file is refused."""

import json
import re

import duckdb
import pyarrow
import pyarrow.parquet as parquet
import pytest
from pyiceberg import types
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from tests.iceberg import corpus

from seeknal.values.errors import DeliveryError, NodeError
from seeknal_iceberg.resolving import unreadable

pytestmark = pytest.mark.inside

MAPPING = "schema.name-mapping.default"


@pytest.fixture
def lake(tmp_path):
    found = corpus.Lake(tmp_path)
    yield found
    found.close()


def field(id, name, type, required=False, **more):
    return types.NestedField(id, name, type, required=required, **more)


SCHEMA = Schema(
    field(1, "id", types.LongType()),
    field(
        2, "s", types.StructType(field(3, "a", types.LongType()), field(4, "b", types.LongType()))
    ),
)
ROWS = [{"id": number, "s": {"a": number, "b": -number}} for number in range(4)]


def with_file(lake, rows=ROWS, schema=SCHEMA, mapping=None, names=lambda data: data):
    """A table with one file that has no ids, under a mapping of our own if one is given."""
    lake.catalog.create_table("s.t", schema)
    lake.add(names(corpus.arrow(rows, schema, ids=False)), "added")
    if mapping is not None:
        with lake.table().transaction() as changes:
            changes.set_properties({MAPPING: json.dumps(mapping)})
    return lake.table()


def everything(lake):
    """What reads the file, and what would write it again."""
    row = "SELECT 1::BIGINT AS id, {'a': 7::BIGINT, 'b': 8::BIGINT} AS s"
    return {
        "read": lake.read,
        "upsert": lambda: lake.deliver(row, "upsert_by_key", unique_keys=("id",)),
        "incremental": lambda: lake.deliver(row, "incremental_by_time", time_column="id"),
        "maintain": lake.compact,
    }


@pytest.mark.parametrize("what", ["read", "upsert", "incremental", "maintain"])
def test_a_file_without_ids_and_mapping_is_refused_before_anything_is_committed(lake, what):
    table = with_file(lake)
    with table.transaction() as changes:
        changes.remove_properties(MAPPING)
    head = lake.table().current_snapshot()

    with pytest.raises(NodeError) as raised:
        everything(lake)[what]()

    assert "has no field ids, and the table has no name mapping" in raised.value.message
    assert MAPPING in raised.value.help
    assert lake.table().current_snapshot() == head


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ([{"field-id": 1, "names": ["id"]}], "has no field s.a"),
        (
            [
                {"field-id": 1, "names": ["id"]},
                {"field-id": 2, "names": ["s"], "fields": [{"field-id": 3, "names": ["a"]}]},
            ],
            "has no field s.b",
        ),
        (
            [
                {"field-id": 1, "names": ["id"]},
                {
                    "field-id": 2,
                    "names": ["s"],
                    "fields": [{"field-id": 3, "names": ["a", "b"]}],
                },
            ],
            "two of its columns stand for one of the table's, s.a",
        ),
    ],
)
def test_what_a_mapping_leaves_open_is_refused_and_told_by_validate(lake, mapping, told):
    table = with_file(lake, mapping=mapping)

    with pytest.raises(NodeError) as raised:
        lake.read()

    assert told in raised.value.message
    assert [told in line for line in unreadable(table)] == [True]


def test_a_mapping_may_know_a_field_by_several_names(lake):
    mapping = [
        {"field-id": 1, "names": ["key", "id"]},
        {
            "field-id": 2,
            "names": ["packed", "s"],
            "fields": [{"field-id": 3, "names": ["x", "a"]}, {"field-id": 4, "names": ["b", "y"]}],
        },
    ]
    with_file(lake, mapping=mapping)
    other = pyarrow.table(
        {"packed": [{"y": 1, "x": 2}], "key": pyarrow.array([9], pyarrow.int64())}
    )
    path = lake.root / "other.parquet"
    parquet.write_table(other, path)
    add_as_it_is(lake, path)

    found = lake.read()
    lake.compact()

    assert found == corpus.truth(lake.table()) == corpus.scanned(lake.table()) == lake.read()
    assert found[9] == {"id": 9, "s": {"a": 2, "b": 1}}


def add_as_it_is(lake, path, *partition):
    """Adds a file whose names PyIceberg's add_files would refuse."""
    from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
    from pyiceberg.typedef import Record

    table = lake.table()
    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=path.as_uri(),
        file_format=FileFormat.PARQUET,
        partition=Record(*partition),
        record_count=parquet.read_metadata(path).num_rows,
        file_size_in_bytes=path.stat().st_size,
        column_sizes={},
        value_counts={},
        null_value_counts={},
        nan_value_counts={},
        lower_bounds={},
        upper_bounds={},
        split_offsets=None,
        sort_order_id=None,
        spec_id=0,
        equality_ids=None,
        key_metadata=None,
    )
    with table.transaction() as changes, changes.update_snapshot().fast_append() as append:
        append.append_data_file(file)


WRONG = {
    "digits": (types.DecimalType(9, 2), pyarrow.decimal128(9, 3), "decimal(9, 3) there and"),
    "kind": (types.LongType(), pyarrow.string(), "string there and long"),
    "shape": (types.ListType(9, types.LongType()), pyarrow.int64(), "long there and list<long>"),
    "narrow": (types.IntegerType(), pyarrow.int64(), "long there and int"),
    "unknown": (types.TimeType(), pyarrow.time64("ns"), "'v' has an unsupported type"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_column_of_another_type_is_refused_by_name(lake, case):
    kind, there, told = WRONG[case]
    schema = Schema(field(1, "id", types.LongType()), field(2, "v", kind))
    mapping = [{"field-id": 1, "names": ["id"]}, {"field-id": 2, "names": ["v"], "fields": []}]
    table = lake.catalog.create_table("s.t", schema, properties={MAPPING: json.dumps(mapping)})
    path = lake.root / "other.parquet"
    data = pyarrow.table(
        {"id": pyarrow.array([1], pyarrow.int64()), "v": pyarrow.array([None], there)}
    )
    parquet.write_table(data, path)
    add_as_it_is(lake, path)

    with pytest.raises(NodeError) as raised:
        lake.read()

    assert told in raised.value.message
    assert [told in line for line in unreadable(table.refresh())] == [True]


@pytest.mark.parametrize(("nanoseconds", "fits"), [(1_000, True), (1_001, False)])
def test_nanoseconds_of_a_file_are_read_where_none_are_lost(lake, nanoseconds, fits):
    schema = Schema(field(1, "id", types.LongType()), field(2, "v", types.TimestampType()))
    mapping = [{"field-id": 1, "names": ["id"]}, {"field-id": 2, "names": ["v"]}]
    lake.catalog.create_table("s.t", schema, properties={MAPPING: json.dumps(mapping)})
    path = lake.root / "other.parquet"
    moment = pyarrow.array([nanoseconds], pyarrow.timestamp("ns"))
    parquet.write_table(
        pyarrow.table({"id": pyarrow.array([1], pyarrow.int64()), "v": moment}), path
    )
    add_as_it_is(lake, path)

    if fits:
        assert lake.read()[1]["v"].microsecond == 1
    else:
        told = "a time has nanoseconds, 1970-01-01 00:00:00.000001001"
        with pytest.raises(Exception, match=re.escape(told)):
            lake.read()


def test_a_file_that_lacks_a_required_column_is_refused(lake):
    lake.catalog.create_table("s.t", SCHEMA)
    lake.add(corpus.arrow(ROWS, SCHEMA, ids=True), "added")
    with lake.table().update_schema(allow_incompatible_changes=True) as update:
        update.add_column("late", types.LongType(), required=True)

    with pytest.raises(NodeError) as raised:
        lake.read()

    assert "it lacks late, which is required" in raised.value.message


DEFAULTS = {
    "long": (types.LongType(), 7),
    "double": (types.DoubleType(), 0.1),
    "boolean": (types.BooleanType(), True),
    "string": (types.StringType(), "it's"),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_stands_for_a_column_that_a_file_is_older_than(lake, name):
    kind, value = DEFAULTS[name]
    lake.catalog.create_table("s.t", SCHEMA)
    lake.add(corpus.arrow(ROWS, SCHEMA, ids=True), "added")
    with lake.table().update_schema() as update:
        update.add_column("v", kind, default_value=value)
        update.add_column(("s", "v"), kind, default_value=value)

    found = lake.read()
    lake.compact()

    assert found == corpus.truth(lake.table()) == lake.read()
    assert {row["v"] for row in found.values()} == {comparable(value)}
    assert {row["s"]["v"] for row in found.values()} == {comparable(value)}


def comparable(value):
    return repr(value) if isinstance(value, float) else value


def test_a_column_that_stands_in_the_partition_alone_is_read_from_there(lake):
    schema = Schema(
        field(1, "id", types.LongType()),
        field(2, "p", types.IntegerType()),
    )
    lake.catalog.create_table("s.t", schema, partition_spec=corpus.BY_P)
    lake.table().append(corpus.arrow([{"id": 1, "p": 5}], schema, ids=False))
    for number in (2, 3):
        path = lake.root / f"{number}.parquet"
        data = [{"id": number}]
        parquet.write_table(corpus.arrow(data, schema.select("id"), ids=True), path)
        add_as_it_is(lake, path, 4 + number)

    found = lake.read()
    lake.compact()

    wanted = {number: {"id": number, "p": 4 + number} for number in (1, 2, 3)}
    assert found == corpus.scanned(lake.table()) == lake.read() == wanted


def test_columns_that_differ_in_case_alone_are_refused_by_name(lake):
    schema = Schema(field(1, "id", types.LongType()), field(2, "ID", types.LongType()))
    table = lake.catalog.create_table("s.t", schema)
    table.append(pyarrow.table({"id": [1], "ID": [2]}))

    with pytest.raises(NodeError) as raised:
        lake.read()

    assert "columns 'id' and 'ID' differ in nothing but case" in raised.value.message


def test_a_column_that_had_another_ones_name_in_another_case_is_found(lake):
    schema = Schema(field(1, "id", types.LongType()), field(2, "ID", types.LongType()))
    lake.catalog.create_table("s.t", schema)
    lake.add(pyarrow.table({"id": [1], "ID": [2]}), "added")
    with lake.table().update_schema() as update:
        update.rename_column("ID", "other")

    assert lake.read() == {1: {"id": 1, "other": 2}}


@pytest.mark.parametrize("name", ["file_row_number", "filename", "seeknal_part"])
def test_columns_that_are_called_as_duckdb_calls_places_are_kept(lake, name):
    if name == "file_row_number" and duckdb.__version__ < "2":
        pytest.skip("DuckDB 1.5 refuses to say where rows of such a file stand")
    schema = Schema(field(1, "id", types.LongType()), field(2, name, types.LongType()))
    table = lake.catalog.create_table("s.t", schema)
    table.append(pyarrow.table({"id": [1, 2], name: [10, 20]}))

    lake.deliver(
        f"SELECT 1::BIGINT AS id, 11::BIGINT AS {name}", "upsert_by_key", unique_keys=("id",)
    )

    assert lake.read() == {1: {"id": 1, name: 11}, 2: {"id": 2, name: 20}}


def test_a_rewrite_that_would_lose_values_is_an_error_and_nothing_is_committed(lake, monkeypatch):
    from seeknal_iceberg import compacting

    lake.catalog.create_table("s.t", SCHEMA)
    lake.add(corpus.arrow(ROWS, SCHEMA, ids=True), "added")
    head = lake.table().current_snapshot()
    scan = compacting.scan_of_files
    monkeypatch.setattr(
        compacting,
        "scan_of_files",
        lambda *given: f"(SELECT id, {{'a': s.a, 'b': NULL::BIGINT}} AS s FROM {scan(*given)})",
    )

    with pytest.raises(DeliveryError) as raised:
        lake.compact()

    assert "4 values of s.b had to stay, and 0 did; nothing was committed" in raised.value.message
    assert lake.table().current_snapshot() == head
    assert len(list(lake.root.rglob("*.parquet"))) == 1


def test_a_mapping_that_denies_the_ids_of_a_file_is_refused(lake):
    arrow = schema_to_pyarrow(SCHEMA, include_field_ids=True)
    plain = pyarrow.struct([(name, pyarrow.int64()) for name in "ab"])
    half = arrow.set(1, pyarrow.field("s", plain, metadata={b"PARQUET:field_id": b"9"}))
    table = with_file(lake)
    path = lake.root / "half.parquet"
    parquet.write_table(pyarrow.Table.from_pylist([{"id": 9, "s": None}], schema=half), path)
    add_as_it_is(lake, path)

    with pytest.raises(NodeError) as raised:
        lake.read()

    assert "have ids that the name mapping denies" in raised.value.message
    assert len(unreadable(table.refresh())) == 1
