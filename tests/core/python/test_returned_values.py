"""What becomes of values that a function returns: each is stored as it is, or refused by name.

One table of values and containers; docs/reference/python.md says the same in words.
"""

import dataclasses
import datetime as dt
import enum
import re
import uuid
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeknal.rows.python_rows import scan_of_rows
from seeknal.run.engine import open_instance, stored_scan, write_rows
from seeknal.run.python.context import Call
from seeknal.run.python.returned import scan_of
from seeknal.run.python.tabular import Workspace
from seeknal.values.columns import Column
from seeknal.values.errors import NodeError
from seeknal.values.names import NodeId

pytestmark = [pytest.mark.inside, pytest.mark.versions]

_PACKAGES = {"np": "numpy", "pd": "pandas", "pl": "polars", "pa": "pyarrow"}


class Color(enum.Enum):
    red = 1


class IntColor(enum.IntEnum):
    red = 1


class StrColor(enum.StrEnum):
    red = "r"


@dataclasses.dataclass
class Row:
    a: int


@attrs.define
class Attrs:
    a: int


NAMES = {
    **{"dt": dt, "uuid": uuid, "D": Decimal, "utc": dt.UTC, "Row": Row, "Attrs": Attrs},
    **{"Color": Color, "IntColor": IntColor, "StrColor": StrColor},
    "india": dt.timezone(dt.timedelta(hours=5, minutes=30)),
}


@pytest.fixture(scope="module")
def cursor():
    opened = open_instance()
    yield opened
    opened.close()


@pytest.fixture
def declared():
    """The columns that the node declares."""
    return []


@pytest.fixture
def returned(cursor, tmp_path, declared):
    """What becomes of a value that a function returns, as a scan."""
    own, storing = Workspace(lambda: cursor, tmp_path), Workspace(lambda: cursor, tmp_path)
    here = {"file": tmp_path, "root": tmp_path, "workdir": tmp_path}

    def scan(expression):
        call = Call(node=NodeId("transform.n"), inputs={}, columns=tuple(declared), **here)
        names = dict(NAMES, con=cursor)
        for name, package in _PACKAGES.items():
            if re.search(rf"\b{name}\.", expression):
                names[name] = pytest.importorskip(package)
        return scan_of(eval(expression, names), call, own, storing)

    yield scan
    storing.release()
    own.release()


@pytest.fixture
def stored(returned, cursor, tmp_path):
    """Type and values, as text, of what is read from the stored file of a column v."""

    def found(expression):
        path = tmp_path / "out.parquet"
        _, columns = write_rows(cursor, returned(expression), path)
        select = f"SELECT v::VARCHAR FROM {stored_scan(path, columns)}"
        (column,) = [column for column in columns if column.name == "v"]
        return column.type, [value for (value,) in cursor.execute(select).fetchall()]

    return found


def values(*items):
    return "[" + ", ".join(f"{{'v': {item}}}" for item in items) + "]"


def objects(*items):
    return f"pd.DataFrame({{'v': pd.Series([{', '.join(items)}], dtype=object)}})"


NS = "2024-01-01T00:00:00.123456789"
BIGGEST = 2**53

# In rows of dicts and in columns of Python objects alike.
PYTHON = [
    (["1", "None"], "BIGINT", ["1", None]),
    ([f"{2**63}", "-1"], "HUGEINT", [f"{2**63}", "-1"]),
    ([f"{10**38}"], "HUGEINT", [f"{10**38}"]),
    (
        [f"{1 - 2**127}", "None", f"{2**127 - 1}"],
        "HUGEINT",
        [f"{1 - 2**127}", None, f"{2**127 - 1}"],
    ),
    ([f"{-(2**127)}"], "HUGEINT", [f"{-(2**127)}"]),
    ([f"[{-(2**127)}, 1]"], "HUGEINT[]", [f"[{-(2**127)}, 1]"]),
    ([f"{{'a': {10**38}}}"], "STRUCT(a HUGEINT)", [f"{{'a': {10**38}}}"]),
    (["1", "1.5"], "DOUBLE", ["1.0", "1.5"]),
    ([f"{BIGGEST}", "1.5"], "DOUBLE", ["9007199254740992.0", "1.5"]),
    (["1", "D('1.75')"], "DECIMAL(38,2)", ["1.00", "1.75"]),
    ([f"{2**100}", "D('1.75')"], "DECIMAL(38,2)", [f"{2**100}.00", "1.75"]),
    (["D('1E+3')", "D('-0')"], "DECIMAL(38,0)", ["1000", "0"]),
    (["True", "None"], "BOOLEAN", ["true", None]),
    (["'a'", "''", "None"], "VARCHAR", ["a", "", None]),
    (["'\\\\N'", "'007'"], "VARCHAR", ["\\N", "007"]),
    (["b'ab'", "bytearray(b'cd')", "memoryview(b'ef')"], "BLOB", ["ab", "cd", "ef"]),
    (["dt.date(2024, 1, 1)"], "DATE", ["2024-01-01"]),
    (
        ["dt.date.min", "dt.datetime.max"],
        "TIMESTAMP",
        ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"],
    ),
    (
        ["dt.date(2024, 1, 1)", "dt.datetime(2024, 1, 1, 12, 30)"],
        "TIMESTAMP",
        ["2024-01-01 00:00:00", "2024-01-01 12:30:00"],
    ),
    (
        ["dt.datetime(2024, 1, 1, tzinfo=utc)", "dt.datetime(2024, 1, 1, tzinfo=india)"],
        "TIMESTAMP WITH TIME ZONE",
        ["2024-01-01 00:00:00+00", "2023-12-31 18:30:00+00"],
    ),
    (["dt.time(1, 2, 3, 4)"], "TIME", ["01:02:03.000004"]),
    (["dt.time(1, 2, tzinfo=india)"], "TIME WITH TIME ZONE", ["01:02:00+05:30"]),
    (["dt.timedelta(days=-1, microseconds=5)"], "INTERVAL", ["-1 day 00:00:00.000005"]),
    (["uuid.UUID(int=5)"], "UUID", ["00000000-0000-0000-0000-000000000005"]),
    (["IntColor.red"], "BIGINT", ["1"]),
    (["StrColor.red"], "VARCHAR", ["r"]),
    (["(1, 2)", "[None]", "[]"], "BIGINT[]", ["[1, 2]", "[NULL]", "[]"]),
    (["{'a': 1}", "{'b': 'x'}"], "STRUCT(a BIGINT, b VARCHAR)", None),
    (["[D('1.10')]", "[D('2.123')]"], "DECIMAL(38,3)[]", ["[1.100]", "[2.123]"]),
    (["[dt.timedelta(days=-1, microseconds=5)]"], "INTERVAL[]", ["['-1 day 00:00:00.000005']"]),
    ([f"[{2**100}, 1]"], "HUGEINT[]", [f"[{2**100}, 1]"]),
    (["[0.1, float('inf')]"], "DOUBLE[]", ["[0.1, inf]"]),
    # Of numpy and pandas.
    ([f"np.datetime64('{NS}', 'ns')"], "TIMESTAMP_NS", ["2024-01-01 00:00:00.123456789"]),
    (["np.datetime64('2024-01-01T01', 'us')"], "TIMESTAMP", ["2024-01-01 01:00:00"]),
    (["np.datetime64('2024-01-01T01', 'ms')"], "TIMESTAMP", ["2024-01-01 01:00:00"]),
    (["np.datetime64('2024-01-01T01', 's')"], "TIMESTAMP", ["2024-01-01 01:00:00"]),
    (["np.datetime64('2024-01-01T01', 'm')"], "TIMESTAMP", ["2024-01-01 01:00:00"]),
    (["np.datetime64('2024-01-01T01', 'h')"], "TIMESTAMP", ["2024-01-01 01:00:00"]),
    (["np.datetime64('2024-01-08', 'D')"], "DATE", ["2024-01-08"]),
    (["np.datetime64('2024-01-04', 'W')"], "DATE", ["2024-01-04"]),
    (["np.datetime64('2024-01', 'M')"], "DATE", ["2024-01-01"]),
    (["np.datetime64('2024', 'Y')"], "DATE", ["2024-01-01"]),
    (
        ["np.datetime64('1970-01-01T00:00:00.123456789000', 'ps')"],
        "TIMESTAMP_NS",
        ["1970-01-01 00:00:00.123456789"],
    ),
    (["np.timedelta64(5000, 'ns')"], "INTERVAL", ["00:00:00.000005"]),
    (["np.timedelta64(5, 'us')", "np.timedelta64('NaT')"], "INTERVAL", ["00:00:00.000005", None]),
    (["np.timedelta64(5, 'D')"], "INTERVAL", ["5 days"]),
    (["np.uint64(2**64 - 1)", "np.int8(-1)"], "HUGEINT", [f"{2**64 - 1}", "-1"]),
    (["np.float16(1.5)", "np.float32(1.1)"], "DOUBLE", ["1.5", "1.100000023841858"]),
    (["np.bool_(True)"], "BOOLEAN", ["true"]),
    (["np.str_('ab')"], "VARCHAR", ["ab"]),
    (["np.bytes_(b'ab')", "np.void(b'cd')"], "BLOB", ["ab", "cd"]),
    (["np.array([[1], [2]])"], "BIGINT[][]", ["[[1], [2]]"]),
    (["np.array([2**64 - 1], dtype='u8')"], "HUGEINT[]", [f"[{2**64 - 1}]"]),
    (
        [f"np.array(['{NS}'], dtype='M8[ns]')"],
        "TIMESTAMP_NS[]",
        ["['2024-01-01 00:00:00.123456789']"],
    ),
    (["np.array([5], dtype='m8[us]')"], "INTERVAL[]", ["['00:00:00.000005']"]),
    (
        ["np.array((1, 'x'), dtype=[('a', 'i4'), ('b', 'U1')])[()]"],
        "STRUCT(a BIGINT, b VARCHAR)",
        ["{'a': 1, 'b': x}"],
    ),
    (["pd.Timestamp('2024-01-01 01:00')", "pd.NaT"], "TIMESTAMP", ["2024-01-01 01:00:00", None]),
    ([f"pd.Timestamp('{NS}')"], "TIMESTAMP_NS", ["2024-01-01 00:00:00.123456789"]),
    (["pd.Timedelta(5, 'us')", "pd.NA"], "INTERVAL", ["00:00:00.000005", None]),
]
PYTHON_REFUSED = [
    ([f"{BIGGEST + 1}", "1.5"], "9007199254740993, which a float would round"),
    (["1.5", f"[{BIGGEST + 1}, 1.5]"], "a list where other rows have DOUBLE|would round"),
    ([f"[{BIGGEST + 1}, 1.5]"], "would round"),
    (["1.5", "D('1.75')"], "DECIMAL.* where other rows have DOUBLE"),
    ([f"{2**128}"], "more than 128 bits"),
    ([f"{-(2**127) - 1}"], "more than 128 bits"),
    (["D('1e40')"], "41 digits before the point"),
    (["D('1' * 38)", "D('0.1')"], "38 digits before the point and 1 after"),
    (["[D('1' * 38)]", "[D('0.1')]"], "38 digits before the point and 1 after"),
    (["D(1).scaleb(-39)"], "more than 38 places"),
    (["True", "2"], "BIGINT where other rows have BOOLEAN"),
    (["1", "'007'"], "VARCHAR where other rows have BIGINT"),
    (["'a'", "b'b'"], "BLOB where other rows have VARCHAR"),
    (["dt.datetime(2024, 1, 1)", "dt.datetime(2024, 1, 1, tzinfo=utc)"], "WITH TIME ZONE where"),
    (["dt.date(2024, 1, 1)", "dt.datetime(2024, 1, 1, tzinfo=utc)"], "WITH TIME ZONE where"),
    (["dt.time(1)", "dt.time(1, tzinfo=utc)"], "WITH TIME ZONE where"),
    (["Color.red"], "a value of type Color cannot be stored"),
    (["Row(1)"], "a value of type Row cannot be stored"),
    (["Attrs(1)"], "a value of type Attrs cannot be stored"),
    (["1 + 2j"], "a value of type complex cannot be stored"),
    (["{1, 2}"], "a value of type set cannot be stored"),
    (["[b'ab']"], "bytes inside a list or dict"),
    (["{1: 'a', '1': 'b'}"], "two keys that read alike: 1 and '1'"),
    (["{'a': 1, 'A': 2}"], "differ in case alone: 'a' and 'A'"),
    (["{'a': 1}", "{'A': 2}"], "differ in case alone: 'a' and 'A'"),
    (["'\\ud800'"], "no valid text"),
    (["np.longdouble('1.1')"], "longdouble cannot be stored"),
    (["np.complex128(1)"], "complex cannot be stored"),
    (["np.timedelta64(5, 'ns')"], "no whole number of microseconds"),
    (["np.timedelta64(5, 'M')"], "no whole number of microseconds"),
    (["np.array([5], dtype='m8[ns]')"], "no whole number of microseconds"),
    (["np.datetime64('1970-01-01T00:00:00.123456789001', 'ps')"], "finer or farther"),
    (["np.datetime64(10**6, 'Y')"], "finer or farther"),
    *[
        ([item.format(moment)], "finer or farther")
        for item in ("{}", "[{}]", "{{'a': {}}}")
        for moment in ("pd.Timestamp.max", "np.datetime64(1 - 2**63, 'ns')")
    ],
    *[
        ([f"{left}", f"{right}"], "nanoseconds and moments before 1677 or after 2262")
        for far in ("dt.datetime.max", "dt.date.min")
        for ns in (f"np.datetime64('{NS}', 'ns')",)
        for left, right in ((far, ns), (ns, far), (f"[{ns}, {far}]", None))
    ],
    (["pd.Timedelta(5, 'ns')"], "no whole number of microseconds"),
    ([f"pd.Timestamp('{NS}', tz='UTC')"], "has nanoseconds"),
    (["pd.Period('2024-01')"], "a value of type Period cannot be stored"),
    (["pd.Interval(0, 1)"], "a value of type Interval cannot be stored"),
]


@pytest.mark.parametrize("container", [values, objects])
@pytest.mark.parametrize(("items", "type", "found"), PYTHON)
def test_python_values_are_stored_as_they_are(stored, container, items, type, found):
    result = stored(container(*items))

    assert result[0] == type
    assert found is None or result[1] == found


@pytest.mark.parametrize("container", [values, objects])
@pytest.mark.parametrize(("items", "message"), PYTHON_REFUSED)
def test_python_values_that_would_change_are_refused(stored, container, items, message):
    with pytest.raises(NodeError, match=message) as caught:
        stored(container(*items))

    assert "column 'v'" in caught.value.message
    assert re.search(r"row \d", caught.value.message)


def test_a_decimal_that_is_no_number_is_refused(stored):
    with pytest.raises(NodeError, match="row 1, column 'v': NaN among decimals"):
        stored(values("D('NaN')"))


def frame(column):
    return f"pd.DataFrame({{'v': {column}}})"


def polars(items, dtype, cast=""):
    return f"pl.DataFrame({{'v': pl.Series({items}, dtype={dtype}){cast}}})"


def arrow(items, type):
    return f"pa.table({{'v': pa.array({items}, {type})}})"


FAR = 2**63 - 1
NESTED = "pa.struct([('a', pa.int8()), ('b', pa.list_(pa.list_(pa.timestamp('us'))))])"

FRAMES = [
    (frame("np.array([1.5], dtype='float16')"), "FLOAT", ["1.5"]),
    (frame("np.array([2**64 - 1], dtype='uint64')"), "UBIGINT", [f"{2**64 - 1}"]),
    (
        frame(f"np.array(['{NS}', 'NaT'], dtype='M8[ns]')"),
        "TIMESTAMP_NS",
        ["2024-01-01 00:00:00.123456789", None],
    ),
    (frame("np.array(['2024-01-01'], dtype='M8[s]')"), None, ["2024-01-01 00:00:00"]),
    (frame("np.array([5000], dtype='m8[ns]')"), "INTERVAL", ["00:00:00.000005"]),
    (frame("pd.arrays.SparseArray([0, 0, 1])"), "BIGINT", ["0", "0", "1"]),
    (frame("pd.Categorical([1, 2**53 + 1, None])"), "BIGINT", ["1", f"{2**53 + 1}", None]),
    (frame("pd.array([2**53 + 1, None], dtype='Int64')"), "BIGINT", [f"{2**53 + 1}", None]),
    (frame("pd.array([True, None], dtype='boolean')"), "BOOLEAN", ["true", None]),
    (frame("pd.array(['a', None], dtype='string')"), "VARCHAR", ["a", None]),
    (frame("pd.Series(['a', None, float('nan')], dtype=object)"), "VARCHAR", ["a", None, None]),
    (frame("pd.array([[1], None], dtype=pd.ArrowDtype(pa.list_(pa.int64())))"), "BIGINT[]", None),
    (polars([1], "pl.UInt64"), "UBIGINT", ["1"]),
    (polars("[D('1.50')]", "pl.Decimal(38, 2)"), "DECIMAL(38,2)", ["1.50"]),
    (polars([5], "pl.Int64", ".cast(pl.Duration('ms'))"), "INTERVAL", ["00:00:00.005"]),
    (polars([5000], "pl.Int64", ".cast(pl.Duration('ns'))"), "INTERVAL", ["00:00:00.000005"]),
    (polars([[1, 2]], "pl.Array(pl.Int64, 2)"), None, ["[1, 2]"]),
    (arrow([5000], "pa.duration('ns')"), "INTERVAL", ["00:00:00.000005"]),
    (arrow([[5000]], "pa.list_(pa.duration('ns'))"), "INTERVAL[]", ["['00:00:00.000005']"]),
    (arrow([5], "pa.time32('ms')"), "TIME", ["00:00:00.005"]),
    (arrow([5], "pa.time64('us')"), "TIME", ["00:00:00.000005"]),
    (arrow([5], "pa.time64('ns')"), "TIME_NS", ["00:00:00.000000005"]),
    (arrow([5], "pa.timestamp('ns')"), "TIMESTAMP_NS", ["1970-01-01 00:00:00.000000005"]),
    (
        arrow([5], "pa.timestamp('ms', 'Asia/Tokyo')"),
        "TIMESTAMP WITH TIME ZONE",
        ["1970-01-01 00:00:00.005+00"],
    ),
    (arrow([86400000 * 5], "pa.date64()"), "DATE", ["1970-01-06"]),
    ("pa.table({'v': pa.array([1, 2**62]).dictionary_encode()})", "BIGINT", None),
    (
        arrow([FAR - 1, -9_223_286_400 * 10**9, None], "pa.timestamp('ns')"),
        "TIMESTAMP_NS",
        ["2262-04-11 23:47:16.854775806", "1677-09-22 00:00:00", None],
    ),
    (arrow([2**31 - 2], "pa.int32()") + ".cast(pa.schema({'v': pa.date32()}))", "DATE", None),
    (arrow([[], None, [None]], "pa.list_(pa.timestamp('s'))"), None, ["[]", None, "[NULL]"]),
    (arrow([None, {"a": 1}, {"b": [[5]]}], NESTED), None, None),
    ("con.sql(\"SELECT 'infinity'::TIMESTAMP AS v\")", "TIMESTAMP", ["infinity"]),
    (arrow(["a"], "pa.string_view()"), "VARCHAR", ["a"]),
    (arrow([[("a", 1)]], "pa.map_(pa.string(), pa.int64())"), "MAP(VARCHAR, BIGINT)", ["{a=1}"]),
    ("con.sql(\"SELECT INTERVAL '-5 us' AS v\")", "INTERVAL", ["-00:00:00.000005"]),
    (f"__import__('duckdb').sql('SELECT {2**100}::HUGEINT AS v')", "HUGEINT", [f"{2**100}"]),
]
FRAMES_REFUSED = [
    (frame("np.array([1.1], dtype='longdouble')"), "float128|longdouble"),
    (frame("np.array([1 + 2j])"), "complex128"),
    (frame("np.array([5], dtype='m8[ns]')"), "row 1 .*microseconds|microseconds in row 1"),
    (frame(f"pd.to_datetime(['{NS}']).tz_localize('UTC')"), "microseconds in row 1"),
    (frame("pd.period_range('2024-01', periods=2, freq='M')"), r"period\[M\]"),
    (frame("pd.interval_range(0, 2)"), "interval"),
    (frame("pd.array([5], dtype=pd.ArrowDtype(pa.duration('ns')))"), "would lose data: 5"),
    (polars([5], "pl.Int64", ".cast(pl.Duration('ns'))"), "microseconds in row 1"),
    (polars([2**100], "pl.Int128"), "Int128"),
    (polars([2**127], "pl.UInt128"), "UInt128"),
    (polars([[2**100]], "pl.List(pl.Int128)"), "Int128"),
    (polars([1.5], "pl.Float16"), "Float16"),
    ("pl.DataFrame({'v': pl.Series([object()], dtype=pl.Object)})", "Object"),
    ("pl.DataFrame({'v': [[dt.timedelta(1)]]}).cast(pl.List(pl.Duration('ns')))", "nanoseconds"),
    (arrow([5], "pa.duration('ns')"), "would lose data: 5"),
    (arrow([[5]], "pa.list_(pa.duration('ns'))"), "would lose data: 5"),
    (arrow([86400001], "pa.date64()"), "would lose data"),
    (arrow([1.5], "pa.float16()"), "halffloat"),
    (arrow([1], "pa.decimal256(50, 2)"), "decimal256"),
    (arrow([100], "pa.decimal128(38, -2)"), r"decimal128\(38, -2\)"),
    (
        arrow("[pa.MonthDayNano((1, 2, 3))]", "pa.month_day_nano_interval()"),
        "row 1",
    ),
    # DuckDB's own numbers for infinity, and what it has no room for.
    (frame("[pd.Timestamp.max]"), "moment in row 1"),
    (frame("[pd.Timestamp('2024-01-01'), pd.Timestamp.max]"), "moment in row 2"),
    (frame(f"np.array([{-FAR}]).view('M8[ns]')"), "moment in row 1"),
    (frame(f"np.array([{FAR}]).view('M8[s]')"), "moment in row 1"),
    (frame(f"np.array([{10**16}]).view('M8[ms]')"), "moment in row 1"),
    (frame(f"pd.Series(np.array([{10**16}]).view('M8[ms]')).dt.tz_localize('UTC')"), "a moment"),
    ("pd.DataFrame({'v': [pd.Timestamp.max], 'o': [[1]]})", "moment in row 1"),
    (polars([FAR], "pl.Int64", ".cast(pl.Datetime('us'))"), "moment in row 1"),
    (polars([[FAR]], "pl.List(pl.Int64)", ".cast(pl.List(pl.Datetime('us')))"), "in row 1"),
    (polars([2**31 - 1], "pl.Int32", ".cast(pl.Date)"), "moment in row 1"),
    *[
        (arrow([5, None, sign * FAR], f"pa.timestamp('{unit}')"), "moment in row 3")
        for unit in ("s", "ms", "us", "ns")
        for sign in (1, -1)
    ],
    (arrow([10**13], "pa.timestamp('s')"), "moment in row 1"),
    (arrow([10**13], "pa.timestamp('s', 'UTC')"), "a moment"),
    (arrow([FAR], "pa.timestamp('us', 'UTC')"), "moment in row 1"),
    (arrow([FAR], "pa.timestamp('ns', 'UTC')"), "moment in row 1|would lose data"),
    (arrow([2**31 - 1], "pa.int32()") + ".cast(pa.schema({'v': pa.date32()}))", "in row 1"),
    (arrow([1 - 2**31], "pa.int32()") + ".cast(pa.schema({'v': pa.date32()}))", "in row 1"),
    (arrow([[None, 5], [FAR]], "pa.list_(pa.timestamp('us'))"), "moment in row 2"),
    (arrow([[5, FAR]], "pa.list_(pa.timestamp('us'), 2)"), "moment in row 1"),
    (arrow([[("a", FAR)]], "pa.map_(pa.string(), pa.timestamp('us'))"), "moment in row 1"),
    (
        arrow([None, {"a": 1}, {"b": [[FAR]]}], NESTED),
        "moment in row 3",
    ),
]
FAR_STREAMS = [
    "pa.timestamp('us')",
    "pa.timestamp('s')",
    "pa.list_(pa.timestamp('us'))",
    "pa.timestamp('us', 'UTC')",
]


@pytest.mark.parametrize(("expression", "type", "found"), FRAMES)
def test_columns_of_frames_are_stored_as_they_are(stored, expression, type, found):
    result = stored(expression)

    assert type is None or result[0] == type
    assert found is None or result[1] == found


@pytest.mark.parametrize(("expression", "message"), FRAMES_REFUSED)
def test_columns_that_would_change_are_refused(stored, expression, message):
    with pytest.raises(NodeError, match=message) as caught:
        stored(expression)

    assert "column 'v'" in caught.value.message
    assert caught.value.help


def test_a_stream_stops_at_a_value_that_would_change(stored):
    pytest.importorskip("pyarrow")
    table = arrow([5000, 5], "pa.duration('ns')")

    with pytest.raises(Exception, match="would lose data: 5"):
        stored(f"{table}.to_reader()")


@pytest.mark.parametrize("type", FAR_STREAMS)
def test_a_stream_stops_at_a_moment_that_would_be_infinite(stored, type):
    pytest.importorskip("pyarrow")
    far = [FAR] if "list" in type else FAR

    with pytest.raises(Exception, match=r"column 'v' is of type .* take for infinity"):
        stored(f"{arrow([far], type)}.to_reader()")


@pytest.mark.parametrize("rows", [3, 300_000])
def test_object_columns_stay_beside_their_rows(returned, cursor, rows):
    pytest.importorskip("pandas")
    expression = (
        f"pd.DataFrame({{'a': range({rows}), 'v': pd.Series(range({rows}), dtype=object),"
        f" 't': [str(n) for n in range({rows})]}})"
    )

    scan = returned(expression)

    (found,) = cursor.execute(
        f"SELECT count(*), count(*) FILTER (a <> v OR t <> v::VARCHAR), any_value(typeof(v))"
        f" FROM ({scan.sql})"
    ).fetchall()
    assert found == (rows, 0, "BIGINT")
    assert cursor.sql(scan.sql).columns == ["a", "v", "t"]


def test_late_values_of_an_object_column_count(stored):
    pytest.importorskip("pandas")
    body = "pd.DataFrame({'v': pd.Series([1] * 5000 + [D('1.75')], dtype=object)})"

    type, found = stored(body)

    assert (type, found[-1]) == ("DECIMAL(38,2)", "1.75")


@pytest.mark.parametrize(
    ("first", "second", "type", "found"),
    [
        ("{'v': [1]}", "{'v': [2.5]}", "DOUBLE", ["1.0", "2.5"]),
        ("{'v': [None]}", "{'v': [5]}", "BIGINT", [None, "5"]),
        ("{'v': [5]}", "{'w': [5]}", "BIGINT", ["5", None]),
        (
            f"{{'v': pd.Series([{2**70}], dtype=object)}}",
            "{'v': [5]}",
            "HUGEINT",
            [f"{2**70}", "5"],
        ),
    ],
)
def test_parts_widen_where_no_value_changes(stored, first, second, type, found):
    expression = f"iter([pd.DataFrame({first}), pd.DataFrame({second})])"

    assert stored(expression) == (type, found)


@pytest.mark.parametrize(
    ("first", "second"),
    [(f"[{2**53 + 1}]", "[2.5]"), ("[2.5]", f"[{2**53 + 1}]"), ("[5]", "['a']")],
)
def test_parts_that_would_change_are_refused(stored, first, second):
    with pytest.raises(NodeError, match="part 2 has column 'v'"):
        stored(
            f"iter([pd.DataFrame({{'v': {first}}}), pd.DataFrame({{'v': {second}}})])",
        )


WIDEST = [2**127 - 1, None, -(2**127)]


def test_whole_numbers_of_39_digits_are_stored_beside_other_columns(stored):
    pytest.importorskip("pandas")
    body = f"pd.DataFrame({{'k': [1, 2, 3], 'v': pd.Series({WIDEST}, dtype=object)}})"

    found = stored(body)

    assert found == ("HUGEINT", [str(2**127 - 1), None, str(-(2**127))])


def test_whole_numbers_of_39_digits_are_stored_from_parts_and_late_rows(stored):
    pytest.importorskip("pandas")
    part = f"pd.DataFrame({{'v': pd.Series({WIDEST}, dtype=object)}})"

    late = stored(f"[{{'v': 5}}] * 1000 + [{{'v': {10**38}}}]")
    parts = stored(f"iter([{part}, pd.DataFrame({{'v': [5]}})])")

    assert (late[0], late[1][0], late[1][-1]) == ("HUGEINT", "5", str(10**38))
    assert parts == ("HUGEINT", [str(2**127 - 1), None, str(-(2**127)), "5"])


def test_declared_whole_numbers_of_39_digits_are_stored(cursor, tmp_path):
    rows = [{"v": 2**128 - 1}, {"v": 0}]
    scan = scan_of_rows(cursor, rows, workdir=tmp_path, columns=[Column("v", "UHUGEINT")])

    _, columns = write_rows(cursor, scan, tmp_path / "out.parquet")

    select = f"SELECT v FROM {stored_scan(tmp_path / 'out.parquet', columns)}"
    assert cursor.execute(select).fetchall() == [(2**128 - 1,), (0,)]


@pytest.mark.parametrize(
    "value",
    [
        *("[]", "pd.DataFrame()", "pd.DataFrame(index=[1, 2])", "pl.DataFrame()"),
        *("pl.LazyFrame()", "pa.table({})", "pa.table({}).to_reader()", "iter([pd.DataFrame()])"),
    ],
)
def test_rows_without_columns_are_refused_in_the_same_words(stored, value):
    with pytest.raises(NodeError, match="no rows and no columns are known") as caught:
        stored(value)

    assert caught.value.code == "SK0536"


@pytest.mark.parametrize("value", ["[]", "pd.DataFrame()", "pl.DataFrame()"])
def test_nothing_is_no_rows_of_the_declared_columns(stored, declared, value):
    declared.append(Column("v", "DATE"))

    assert stored(value) == ("DATE", [])


_numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(2**53 - 2, 2**53 + 2),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(
        allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6
    ),
    st.booleans(),
    st.none(),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.one_of(_numbers, st.lists(_numbers, max_size=3)), min_size=1, max_size=5))
def test_numbers_are_equal_to_what_was_returned_or_refused(cursor, tmp_path_factory, items):
    folder = tmp_path_factory.mktemp("rows")
    try:
        scan = scan_of_rows(cursor, [{"v": item} for item in items], workdir=folder)
    except NodeError:
        return
    found = [value for (value,) in cursor.execute(scan.sql).fetchall()]

    assert found == items
    assert [isinstance(value, bool) for value in found] == [isinstance(v, bool) for v in items]


def test_a_stream_of_moments_is_stored_as_it_is(stored):
    pytest.importorskip("pyarrow")
    table = arrow([5, None, -5], "pa.timestamp('us')")

    found = stored(f"{table}.to_reader()")

    assert found == (
        "TIMESTAMP",
        ["1970-01-01 00:00:00.000005", None, "1969-12-31 23:59:59.999995"],
    )
