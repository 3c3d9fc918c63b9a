import datetime as dt
import math
import random
import uuid
from decimal import Decimal

import duckdb
import pytest

from seeknal.rows.python_rows import LARGEST_BATCH, scan_of_rows
from seeknal.values.columns import Column
from seeknal.values.errors import NodeError

pytestmark = pytest.mark.versions


@pytest.fixture(scope="module")
def cursor():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()


@pytest.fixture
def spool(cursor, tmp_path):
    def read(rows, columns=None):
        scan = scan_of_rows(cursor, rows, workdir=tmp_path, columns=columns)
        relation = cursor.sql(scan.sql)
        types = {n: str(t) for n, t in zip(relation.columns, relation.types, strict=True)}
        shown = ", ".join(
            f'CAST("{name}" AS VARCHAR)' if "ZONE" in type else f'"{name}"'
            for name, type in types.items()
        )
        return types, cursor.execute(f"SELECT {shown} FROM ({scan.sql})").fetchall()

    return read


def test_names_and_types_come_from_dicts(spool):
    rows = [{"id": 1, "name": "ann", "rate": 1.5}, {"id": None, "ok": True}]

    types, values = spool(rows)

    assert types == {"id": "BIGINT", "name": "VARCHAR", "rate": "DOUBLE", "ok": "BOOLEAN"}
    assert values == [(1, "ann", 1.5, None), (None, None, None, True)]


@pytest.mark.parametrize(
    ("value", "type"),
    [
        (2**100, "HUGEINT"),
        (Decimal("12.50"), "DECIMAL(38,2)"),
        (b"\x00'\xff", "BLOB"),
        (dt.date(1, 1, 1), "DATE"),
        (dt.datetime(2024, 2, 29, 23, 59, 59, 999999), "TIMESTAMP"),
        (dt.time(1, 2, 3, 4), "TIME"),
        (dt.timedelta(days=-3, seconds=5, microseconds=7), "INTERVAL"),
        (uuid.UUID(int=5), "UUID"),
        ([1, None, 3], "BIGINT[]"),
        ({"a": 1, "b": [{"c": dt.date(2020, 1, 1)}]}, "STRUCT(a BIGINT, b STRUCT(c DATE)[])"),
        (-math.inf, "DOUBLE"),
    ],
)
def test_each_python_value_keeps_its_type_and_itself(spool, value, type):
    types, values = spool([{"x": value}, {"x": None}])

    assert types == {"x": type}
    assert values == [(value,), (None,)]


def test_times_with_a_zone_are_kept_as_moments(spool):
    zone = dt.timezone(dt.timedelta(hours=7))

    types, values = spool([{"at": dt.datetime(2024, 1, 1, 7, tzinfo=zone)}])

    assert types == {"at": "TIMESTAMP WITH TIME ZONE"}
    assert values == [("2024-01-01 00:00:00+00",)]


def test_nan_is_not_null(spool):
    _, values = spool([{"x": math.nan}, {"x": None}])

    assert math.isnan(values[0][0])
    assert values[1] == (None,)


AWKWARD = [*'",\\\n\r\t\0 #Nax', "\ufeff", "é", "😀", "\\N", "NULL", "\r\n", '""']


@pytest.mark.parametrize("seed", range(25))
def test_any_text_and_bytes_come_back_as_they_were(spool, seed):
    chosen = random.Random(seed)
    rows = [
        (
            chosen.choice([None, "".join(chosen.choices(AWKWARD, k=chosen.randrange(6)))]),
            chosen.choice([None, chosen.randbytes(chosen.randrange(5))]),
        )
        for _ in range(chosen.randrange(1, 9))
    ]

    _, values = spool(rows, [Column("text", "VARCHAR"), Column("data", "BLOB")])

    assert values == rows


def test_a_type_that_later_rows_widen_holds_for_the_earlier_ones(spool):
    rows = [{"n": 1, "s": {"a": 1}}] * 5_000 + [{"n": 0.5, "s": {"b": "x"}}]

    types, values = spool(rows)

    assert types == {"n": "DOUBLE", "s": "STRUCT(a BIGINT, b VARCHAR)"}
    assert values[0] == (1.0, {"a": 1, "b": None})
    assert values[-1] == (0.5, {"a": None, "b": "x"})


def test_order_is_kept_over_batches(spool):
    count = LARGEST_BATCH + 1_000

    _, values = spool({"n": n} for n in range(count))

    assert [n for (n,) in values] == list(range(count))


def test_text_among_numbers_names_row_and_column(spool):
    rows = [{"n": 1}] * 700 + [{"n": "one"}]

    with pytest.raises(NodeError, match=r"row 701, column 'n': VARCHAR where other rows have BIG"):
        spool(rows)


@pytest.mark.parametrize(
    ("type", "value"),
    [("BIGINT", "one"), ("BIGINT", 1.5), ("DATE", dt.datetime(2024, 1, 1, 5)), ("VARCHAR", b"x")],
)
def test_a_value_that_does_not_fit_its_declared_type_is_refused(spool, type, value):
    good = {"BIGINT": 1, "DATE": dt.date(2024, 1, 1), "VARCHAR": "x"}[type]

    with pytest.raises(NodeError, match=rf"row 3, column 'x': .* is not a {type}"):
        spool([(good,), (None,), (value,)], [Column("x", type)])


def test_declared_types_are_kept_without_rows(spool):
    types, values = spool([], [Column("a", "INTEGER"), Column("b", "VARCHAR[]")])

    assert types == {"a": "INTEGER", "b": "VARCHAR[]"}
    assert values == []


def test_no_rows_and_no_columns_is_an_error(spool):
    with pytest.raises(NodeError, match="no columns are known"):
        spool([])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"a": 1}, 5], "row 2 is of type int"),
        ([{"a": object()}], "a value of type object cannot be stored"),
        ([{3: 1}], "3 cannot name a column"),
        ([{"t": "a\ud800"}], "no valid text"),
        ([{"a": dt.datetime(2024, 1, 1)}, {"a": dt.datetime.now(dt.UTC)}], "row 2.*ZONE"),
        ([{"n": 2**200}], "more than 128 bits"),
    ],
)
def test_what_cannot_be_a_row_is_named(spool, rows, message):
    with pytest.raises(NodeError, match=message):
        spool(rows)


def test_an_undeclared_column_is_refused(spool):
    with pytest.raises(NodeError, match="'b' that is not declared"):
        spool([{"a": 1, "b": 2}], [Column("a", "BIGINT")])


def test_a_row_of_another_length_is_named(spool):
    with pytest.raises(NodeError, match="row 2 is not 1 values"):
        spool([(1,), (1, 2)], [Column("a", "BIGINT")])


@pytest.mark.inside
def test_scalars_of_numpy_and_pandas_are_understood(spool):
    np = pytest.importorskip("numpy")
    pd = pytest.importorskip("pandas")
    row = {"i": np.int64(4), "f": np.float32(1.5), "b": np.bool_(True), "l": np.array([1, 2])}

    types, values = spool([row | {"t": pd.Timestamp("2024-01-01"), "n": pd.NaT}])

    assert list(types.values()) == [
        "BIGINT",
        "DOUBLE",
        "BOOLEAN",
        "BIGINT[]",
        "TIMESTAMP",
        "VARCHAR",
    ]
    assert values == [(4, 1.5, True, [1, 2], dt.datetime(2024, 1, 1), None)]


def test_very_long_values_are_kept(spool):
    rows = [("x" * 5_000_000,), ("y",)]

    _, values = spool(rows, [Column("t", "VARCHAR")])

    assert [len(value) for (value,) in values] == [5_000_000, 1]


def test_only_parquet_parts_are_left_in_the_folder(cursor, tmp_path):
    scan_of_rows(cursor, [{"a": 1}], workdir=tmp_path)

    assert [path.suffix for path in tmp_path.iterdir()] == [".parquet"]
