"""A filter is DuckDB's: rows are those of the same WHERE over the whole table, errors are short."""

import itertools
import random

import pytest
from pyiceberg import types
from pyiceberg.schema import Schema
from tests.iceberg import corpus

from seeknal.values.errors import NodeError

pytestmark = pytest.mark.inside


@pytest.fixture
def lake(tmp_path):
    found = corpus.Lake(tmp_path)
    yield found
    found.close()


COLUMNS = {
    "i": ("INTEGER", ["-3", "0", "7", "2147483647"]),
    "d": ("DOUBLE", ["'nan'", "-0.0", "0.1", "'inf'", "1e300"]),
    "f": ("FLOAT", ["0.1", "'nan'", "16777216"]),
    "n": ("DECIMAL(9,2)", ["1.23", "-1.23", "9999999.99"]),
    "day": ("DATE", ["'2024-01-31'", "'0044-03-15 (BC)'", "'1969-12-31'"]),
    "ts": ("TIMESTAMP", ["'2024-01-31 12:00'", "'1969-12-31 23:59:59.999999'"]),
    "tz": ("TIMESTAMPTZ", ["'2024-01-31 12:00:00+00'", "'290000-01-01'"]),
    "t": ("TIME", ["'12:00'", "'00:00:00.000001'"]),
    "s": ("VARCHAR", ["'a'", "'żółć'", "'05'", "''"]),
    "b": ("BOOLEAN", ["true", "false"]),
    "u": ("UUID", ["'11111111-2222-3333-4444-555555555555'"]),
}
CONSTANTS = [
    "5", "0", "-0.0", "3.5", "0.1", "1.23", "16777217", "3000000000", "'5'", "'a'", "'2024-01-31'",
    "DATE '2024-01-31'", "TIMESTAMP '2024-01-31 12:00'", "TIMESTAMPTZ '2024-01-31 12:00:00+02'",
    "TIMESTAMP '2024-01-31'", "TIME '12:00'", "'nan'::DOUBLE", "1e300", "NULL", "'infinity'::DATE",
    "TIMESTAMP_NS '2024-01-31 12:00:00.000000001'", "'11111111-2222-3333-4444-555555555555'",
    "true", "'infinity'", "CAST('x' AS DATE)", "0.1::FLOAT", "1.234",
    "DATE '2024-01-31' + INTERVAL 1 DAY", "lower('A')",
]  # fmt: skip


def filters(seed, count):
    """Conditions, of which many make no sense: whether DuckDB takes them decides."""
    chance = random.Random(seed)

    def one():
        column, constant = chance.choice([*COLUMNS]), chance.choice(CONSTANTS)
        other = chance.choice(CONSTANTS)
        return chance.choice(
            [
                f"{column} {chance.choice(['=', '<>', '<', '<=', '>', '>='])} {constant}",
                f"{constant} {chance.choice(['=', '<', '>='])} {column}",
                f"{column} BETWEEN {constant} AND {other}",
                f"{column} NOT BETWEEN {constant} AND {other}",
                f"{column} IN ({constant}, {other})",
                f"{column} NOT IN ({constant}, {other})",
                f"{column} IS NULL",
                f"{column} IS NOT NULL",
                f"{column} IS DISTINCT FROM {constant}",
                f"{column} = {chance.choice([*COLUMNS])}",
                f"CAST({column} AS VARCHAR) LIKE '2%'",
            ]
        )

    for _ in range(count):
        parts = [one() for _ in range(chance.choice([1, 1, 2, 3]))]
        joined = parts[0]
        for part in parts[1:]:
            joined = f"({joined}) {chance.choice(['AND', 'OR'])} ({part})"
        yield chance.choice(["{}", "{}", "NOT ({})"]).format(joined)


def stocked(lake, partition_by=()):
    """One file for each value and column, so that files are left out or not."""
    names = ", ".join(f"NULL::{kind} AS {name}" for name, (kind, _) in COLUMNS.items())
    number = itertools.count()
    rows = [f"SELECT {next(number)} AS id, {names}"]
    for name, (kind, values) in COLUMNS.items():
        for value in values:
            rows.append(
                f"SELECT {next(number)} AS id,"
                f" * REPLACE ({value}::{kind} AS {name}) FROM (SELECT {names})"
            )
    for few in (rows[start : start + 3] for start in range(0, len(rows), 3)):
        lake.deliver(" UNION ALL ".join(few), "append", partition_by=partition_by)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """A table that is filled once, for tests that only read it."""
    found = corpus.Lake(tmp_path_factory.mktemp("stock"))
    stocked(found)
    yield found
    found.close()


def differences(lake, conditions):
    """What a filter does otherwise than WHERE over all rows; and how many filters made sense."""
    import duckdb

    everything, wrong, sound = lake.query(), [], 0
    for condition in conditions:
        query = f"SELECT id FROM ({everything}) WHERE {condition} ORDER BY id"
        try:
            wanted = lake.duckdb.sql(query).fetchall()
        except duckdb.Error:
            wanted = None
        try:
            text = lake.query(filter=condition)
            found = lake.duckdb.sql(f"SELECT id FROM ({text}) ORDER BY id").fetchall()
        except NodeError as error:
            found = None
            if len(error.message) + len(error.help) > 700:
                wrong.append((condition, error.message))
        except duckdb.Error:
            found = None
        sound += wanted is not None
        # What fails for one row may not be asked of it: its file was left out.
        if wanted is not None and found != wanted and (wanted or found):
            wrong.append((condition, wanted, found))
    return wrong, sound


def test_a_filter_gives_the_rows_of_the_same_where(stock):
    wrong, sound = differences(stock, filters(1, 60))

    assert wrong == []
    assert sound > 15


KEYS = (
    "",
    "i",
    "f",
    "n",
    "year(day)",
    "bucket(2, day)",
    "bucket(2, s)",
    "month(ts)",
    "truncate(2, s)",
    "hour(ts)",
)


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_a_filter_gives_the_rows_of_the_same_where_over_partitions(lake, key):
    stocked(lake, (key,) if key else ())

    wrong, sound = differences(lake, filters(f"over {key}", 600))

    assert wrong == []
    assert sound > 200


@pytest.mark.parametrize(
    ("filter", "told", "help"),
    [
        ("ts >= 'yesterday'", "yesterday", "write constants as timestamp '2024"),
        ("tz > 5", "Cannot compare", "tz is TIMESTAMP WITH TIME ZONE"),
        ("nosuch = 1", '"nosuch"', "columns: id"),
        ("tss = 1", '"tss"', "did you mean ts"),
        ("i >", "is no condition", "a condition over columns"),
        ("i = (SELECT 1)", "", "a condition over columns"),
        ("day >= current_date", "current_date is something else at each run", "in a transform"),
        ("d > random()", "random is something else at each run", "in a transform"),
        ("read_text('/etc/passwd') = 'x'", "", ""),
        (f"s = '{'x' * 5000}' AND nosuch = 1", "nosuch", "s is VARCHAR"),
    ],
)
def test_a_filter_that_cannot_be_is_told_in_few_words(stock, filter, told, help):
    with pytest.raises(NodeError) as raised:
        stock.read(filter=filter)

    assert told in raised.value.message
    assert help in raised.value.help
    assert len(raised.value.message) + len(raised.value.help) < 700


@pytest.mark.parametrize("column", ["day", "ts"])
def test_a_filter_may_compare_with_infinity(stock, column):
    test = f"{column} > '-infinity' AND {column} < 'infinity'"

    found = stock.duckdb.sql(f"SELECT count(*) FROM ({stock.query(filter=test)})").fetchall()

    assert found == [(len(COLUMNS[column][1]),)]


def test_a_filter_may_name_a_column_that_is_not_read(stock):
    from seeknal.values.columns import ColumnSpec
    from seeknal.values.names import NodeId
    from seeknal.values.sources import Source
    from seeknal_iceberg.options import IcebergSource
    from seeknal_iceberg.reading import read

    source = Source(
        node=NodeId("source.b"),
        type="iceberg",
        options=IcebergSource(filter="i = 7"),
        table=("atlas.s.t",),
        columns=(ColumnSpec(name="id"),),
    )
    found = stock.duckdb.sql(read(source, source.options, stock.context()).sql)

    assert found.columns == ["id"]
    assert len(found.fetchall()) == 1


def test_a_filter_names_columns_as_an_earlier_snapshot_called_them(lake):
    schema = Schema(types.NestedField(1, "id", types.LongType(), required=False))
    table = lake.catalog.create_table("s.t", schema)
    table.append(corpus.arrow([{"id": 1}, {"id": 2}], schema, ids=False))
    first = lake.table().current_snapshot().snapshot_id
    with lake.table().update_schema() as update:
        update.rename_column("id", "key")
    lake.table().append(corpus.arrow([{"key": 3}], lake.table().schema(), ids=False))

    assert lake.read(filter="id > 1", snapshot_id=first) == {2: {"id": 2}}


@pytest.mark.parametrize("condition", ["i = 7 AND i < 8", "i IN (7)", "7 = i", "NOT (i <> 7)"])
def test_files_that_a_filter_excludes_stay_unopened(lake, condition):
    for number in (5, 7, 9):
        lake.deliver(f"SELECT {number} AS i, {number} AS id", "append")
    for task in lake.table().scan(row_filter="i < 7 or i > 7").plan_files():
        with open(task.file.file_path.removeprefix("file://"), "wb"):
            pass

    assert lake.read(filter=condition) == {7: {"i": 7, "id": 7}}
