"""Values of declared types arrive as what they are, or are refused: in JSON, Excel and SQLite."""

import datetime as dt
import json
import sqlite3
from contextlib import closing

import pytest

from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

FORMATS = ("json", "excel", "sqlite")
TIMES = [
    ("TIME", "10:00:00.1234567"),
    ("TIME", "2024-01-01 05:00:00"),
    ("TIME", "10:00:00+02:00"),
    ("TIMETZ", "10:00:00.1234567+02:00"),
    ("TIMESTAMP", "2024-01-01 10:00:00 Europe/Berlin"),
    ("TIMESTAMP", "2024-01-01 10:00:00+02"),
    ("TIMESTAMP", "2024-01-01T10:00:00.1234567"),
    ("TIMESTAMPTZ", "2024-01-01T10:00:00.1234567Z"),
    ("TIMESTAMP_S", "2024-01-01 10:00:00.5"),
    ("TIMESTAMP_MS", "2024-01-01 10:00:00.1234"),
    ("TIMESTAMP_NS", "2024-01-01 10:00:00.1234567891"),
]
NESTED = [
    ("INTEGER[]", "[1.5, 2]"),
    ("INTEGER[]", "[1, x]"),
    ("INTEGER[2]", "[1.5, 2]"),
    ("INTEGER[][]", "[[1], [2, 1.5]]"),
    ("DECIMAL(10,2)[]", "[1.239]"),
    ("DATE[]", "[2024-01-01 10:00:00]"),
    ("TIME[]", "[10:00:00+02:00]"),
    ("MAP(VARCHAR, INTEGER)", "{a=1.7}"),
    ("MAP(INTEGER, VARCHAR)", "{1.7=a}"),
    ("STRUCT(a INTEGER)", "{'a': 1.7}"),
    ("STRUCT(a STRUCT(b TIME[]))", "{'a': {'b': [2024-01-01 10:00:00]}}"),
]
OTHERS = [
    ("ENUM('a', 'b')", "c"),
    ("BIT", "0102"),
    ("BIGNUM", "1.5"),
    ("BIGINT", "1.0000001"),
    ("BIGINT", "1e-7"),
    ("DECIMAL(9,2)", "1.239e0"),
    ("INTERVAL", "1.0000001 seconds"),
]
KEPT = [
    ("TIME", "10:00:00.123456", dt.time(10, 0, 0, 123456)),
    ("TIMESTAMP", "2024-01-01T10:00:00Z", dt.datetime(2024, 1, 1, 10)),
    ("TIMESTAMP", "2024-01-01 10:00", dt.datetime(2024, 1, 1, 10)),
    ("TIMESTAMP_S", "2024-01-01 10:00:00.0", dt.datetime(2024, 1, 1, 10)),
    ("INTEGER[]", "[1, 2, NULL]", [1, 2, None]),
    ("INTEGER[2]", "[1.0, 2]", (1, 2)),
    ("VARCHAR[]", "[a, 'b c']", ["a", "b c"]),
    ("MAP(VARCHAR, INTEGER)", "{a=1}", {"a": 1}),
    ("STRUCT(a INTEGER, b DATE)", "{'a': 1, 'b': 2024-01-01}", {"a": 1, "b": dt.date(2024, 1, 1)}),
    ("ENUM('a', 'b')", "b", "b"),
    ("BIT", "0101", "0101"),
    ("BIGINT", "1e3", 1000),
    ("BIGINT", "7.0", 7),
]
ONLY_JSON = [
    ("BIGINT", "7.0"),
    ("BIGINT", "1e3"),
    ("TIMESTAMPTZ", "2024-01-01 10:00:00 Europe/Berlin"),
    ("TIMESTAMPTZ", "2024-01-01 10:00:00 CET"),
]
OF_OTHERS = {value for _, value, _ in KEPT if value.startswith(("[", "{"))} | {"1e3", "7.0"}


def source(files, format, value):
    """A source of one column ``v``, a NULL above the value."""
    if format == "json":
        files.write("a.json", f'{{"v": null}}\n{json.dumps({"v": value})}\n')
        return {"type": "json", "path": "a.json"}
    if format == "sqlite":
        with closing(sqlite3.connect(files.root / "a.db")) as connection:
            connection.execute("CREATE TABLE t (v)")
            connection.execute("INSERT INTO t VALUES (NULL), (?)", [value])
            connection.commit()
        return {"type": "sqlite", "path": "a.db", "table": "t"}
    from openpyxl import Workbook

    made = Workbook()
    for row in (["id", "v"], [1, None], [2, value]):
        made.active.append(row)
    made.save(files.write("a.xlsx"))
    return {"type": "excel", "path": "a.xlsx"}


def read(files, format, type, value):
    found = source(files, format, value)
    options = {name: found[name] for name in ("path", "table") if name in found}
    columns, rows = files.read(found["type"], columns={"v": type}, options=options)
    return [row[columns.index("v")] for row in rows]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("type", "value"), [*TIMES, *OTHERS])
def test_a_value_that_its_declared_type_would_change_is_refused(files, format, type, value):
    with pytest.raises(NodeError) as caught:
        read(files, format, type, value)

    assert caught.value.code == "SK0783", caught.value.message
    assert value in caught.value.message


@pytest.mark.parametrize(("type", "value"), ONLY_JSON)
def test_a_spelling_that_the_reader_of_json_has_not_is_refused_by_line(files, type, value):
    with pytest.raises(NodeError) as caught:
        read(files, "json", type, value)

    assert caught.value.code == "SK0783"
    assert caught.value.message.startswith("a.json, line 2, column 'v': ")


@pytest.mark.parametrize("format", ["excel", "sqlite"])
@pytest.mark.parametrize(("type", "value"), [*NESTED, ("JSON", "{bad"), ("JSON[]", "[{bad]")])
def test_text_of_a_nested_type_is_not_rounded_inside(files, format, type, value):
    with pytest.raises(NodeError) as caught:
        read(files, format, type, value)

    assert caught.value.code == "SK0783", caught.value.message
    assert value in caught.value.message.replace('\\"', '"').replace("\\'", "'")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("type", "value", "expected"), KEPT)
def test_a_value_of_a_declared_type_is_kept(files, format, type, value, expected):
    if format == "json" and value in OF_OTHERS:
        pytest.skip("JSON has numbers, lists and objects of its own")

    assert read(files, format, type, value) == [None, expected]


@pytest.mark.parametrize("type", ["TIME[]", "STRUCT(a TIME)", "MAP(VARCHAR, TIME)"])
def test_a_time_inside_a_json_value_is_not_cut(files, type):
    inner = "10:00:00.1234567"
    value = [inner] if type.endswith("[]") else {"a": inner}

    with pytest.raises(NodeError) as caught:
        read(files, "json", type, value)

    assert (caught.value.code, inner in caught.value.message) == ("SK0783", True)


def test_a_key_of_a_json_object_is_not_rounded(files):
    with pytest.raises(NodeError) as caught:
        read(files, "json", "MAP(INTEGER, VARCHAR)", {"1.5": "a"})

    assert caught.value.code == "SK0783"
    assert "1.5" in caught.value.message


def test_a_date_cell_is_no_time(files):
    with pytest.raises(NodeError) as caught:
        read(files, "excel", "TIME", dt.datetime(2024, 1, 1, 5))

    assert caught.value.code == "SK0783"
    assert "cell B3, column 'v': '2024-01-01 05:00:00' is no TIME" in caught.value.message
