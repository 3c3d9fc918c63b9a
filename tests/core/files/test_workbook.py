"""Workbooks as targets: what is in the cells is what is in the rows."""

import datetime as dt

import pytest
from openpyxl import load_workbook

from seeknal.builtin import workbook
from seeknal.builtin.workbook import sheet_name
from seeknal.values.errors import DeliveryError

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def cells(files, path="a.xlsx"):
    book = load_workbook(files.root / path)
    return {sheet.title: [*sheet.iter_rows(values_only=True)] for sheet in book}


def test_cells_have_the_types_of_the_columns(files):
    query = """SELECT 1 AS i, 1.5 AS d, true AS b, 'x' AS t, DATE '2026-01-02' AS day,
        TIMESTAMP '2026-01-02 03:04:05' AS at, NULL AS nothing, [1, 2] AS l,
        TIMESTAMPTZ '2026-01-02 03:04:05+00' AS zoned"""

    done = files.deliver(files.rows(query), "a.xlsx")

    header, row = cells(files)["t"]
    assert done.rows == 1
    assert header[:3] == ("i", "d", "b")
    assert row[:4] == (1, 1.5, True, "x")
    assert row[4] == dt.datetime(2026, 1, 2)
    assert row[5:8] == (dt.datetime(2026, 1, 2, 3, 4, 5), None, "[1, 2]")
    assert row[8].startswith("2026-01-02")


@pytest.mark.parametrize("text", ["=1+1", "#N/A", "#DIV/0!", "=HYPERLINK(''http://x'')"])
def test_text_stays_text(files, text):
    files.deliver(files.rows(f"SELECT '{text}' AS t"), "a.xlsx")

    cell = load_workbook(files.root / "a.xlsx")["t"]["A2"]
    assert (cell.value, cell.data_type) == (text.replace("''", "'"), "s")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("9007199254740993::BIGINT", "9007199254740993"),
        ("123::HUGEINT", 123),
        ("12345678901234567890.5::DECIMAL(30,1)", "12345678901234567890.5"),
        ("'inf'::DOUBLE", "inf"),
        ("'nan'::DOUBLE", "nan"),
        ("DATE '1850-01-01'", "1850-01-01"),
        ("TIMESTAMP '1850-01-01 02:03:04'", "1850-01-01 02:03:04"),
        ("'a' || chr(7) || 'b'", "ab"),
        ("uuid '12345678-1234-1234-1234-123456789abc'", "12345678-1234-1234-1234-123456789abc"),
    ],
)
def test_what_a_cell_cannot_hold_exactly_is_text(files, sql, expected):
    files.deliver(files.rows(f"SELECT {sql} AS v"), "a.xlsx")

    assert cells(files)["t"][1] == (expected,)


def test_text_longer_than_a_cell_is_an_error_and_is_not_cut_off(files):
    with pytest.raises(DeliveryError) as caught:
        files.deliver(files.rows("SELECT repeat('x', 40000) AS t"), "a.xlsx")

    assert caught.value.code == "SK1105"
    assert not (files.root / "a.xlsx").exists()


def test_more_rows_than_a_sheet_holds_are_an_error(files, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)

    files.deliver(files.rows("SELECT unnest([1, 2]) AS i"), "a.xlsx")
    with pytest.raises(DeliveryError, match="holds 2 rows"):
        files.deliver(files.rows("SELECT unnest([1, 2, 3]) AS i"), "a.xlsx")

    assert len(cells(files)["t"]) == 3


def test_a_sheet_may_have_no_header(files):
    files.deliver(files.rows("SELECT 1 AS i"), "a.xlsx", header=False)

    assert cells(files)["t"] == [(1,)]


def test_each_input_gets_a_sheet_of_its_own(files):
    for node, value in (("source.orders", 1), ("transform.orders", 2), ("transform.x", 3)):
        files.relations[node] = files.rows(f"SELECT {value} AS i", node=node)

    done = files.deliver(
        files.rows("SELECT 0 AS i"), "a.xlsx", sheets=tuple(files.relations), format="xlsx"
    )

    assert done.rows == 3
    assert cells(files) == {
        "orders": [("i",), (1,)],
        "orders_2": [("i",), (2,)],
        "x": [("i",), (3,)],
    }


def test_sheet_names_are_short_unique_and_allowed():
    long = "a_very_long_name_of_a_node_that_goes_on"

    first = sheet_name(long, [])
    second = sheet_name(long.upper(), [first])

    assert len(first) == len(second) == 31
    assert first.lower() != second.lower()
    assert sheet_name("a/b[c]", []) == "a_b_c_"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("99999999999999.99::DECIMAL(16,2)", "99999999999999.99"),
        ("123456789012345.67::DECIMAL(20,2)", "123456789012345.67"),
        ("9999999999999.99::DECIMAL(16,2)", 9999999999999.99),
        ("1.50::DECIMAL(38,20)", 1.5),
        ("0.30000000000000004::DOUBLE", 0.30000000000000004),
        ("1.7976931348623157e308::DOUBLE", 1.7976931348623157e308),
        ("999999999999999::BIGINT", 999999999999999),
        ("1000000000000000::BIGINT", "1000000000000000"),
        ("DATE 'infinity'", "infinity"),
        ("TIMESTAMP '-infinity'", "-infinity"),
        ("'0044-03-15 (BC)'::DATE", "0044-03-15 (BC)"),
        ("'123456-01-01'::DATE", "123456-01-01"),
        ("DATE '9999-12-31'", dt.datetime(9999, 12, 31)),
        ("DATE '1900-02-28'", "1900-02-28"),
        ("TIMESTAMP '2024-01-01 10:00:00.123'", dt.datetime(2024, 1, 1, 10, 0, 0, 123000)),
        ("TIMESTAMP '2024-01-01 10:00:00.123456'", "2024-01-01 10:00:00.123456"),
        ("TIME '10:00:00.001'", dt.time(10, 0, 0, 1000)),
        ("TIME '10:00:00.000001'", "10:00:00.000001"),
        ("TIMESTAMPTZ '2024-01-01 10:00:00+00'", "2024-01-01 10:00:00+00"),
        ("'2024-01-01 10:00:00.123456789'::TIMESTAMP_NS", "2024-01-01 10:00:00.123456789"),
        ("INTERVAL '-1 month 3 days'", "-1 month 3 days"),
        ("'10:00:00+02'::TIMETZ", "10:00:00+02"),
        ("'\\x00\\xFF'::BLOB", "\\x00\\xFF"),
        ("map {'k': 1}", "{k=1}"),
        ("'=1+1'", "=1+1"),
        ("'  spaces '", "  spaces "),
        ("''", None),
    ],
)
def test_every_value_is_exact_or_text(files, sql, expected):
    files.duckdb.execute("SET TimeZone = 'UTC'")

    files.deliver(files.rows(f"SELECT {sql} AS v UNION ALL SELECT NULL"), "a.xlsx")

    assert cells(files)["t"][1] == (expected,)


@pytest.mark.parametrize("text", ["a\rb", "a\r\nb", "_x0041_", "a_x000D_b", "a\tb", "é\u2028"])
def test_text_is_read_back_as_it_was(files, text):
    files.relations["transform.t"] = files.rows(f"SELECT '{text}' AS v, '{text}' AS w")

    files.deliver(files.relations["transform.t"], "a.xlsx")

    assert files.read("excel", "a.xlsx")[1] == [(text, text)]


def test_control_characters_are_left_out_with_a_warning(files):
    files.deliver(files.rows("SELECT 'a' || chr(7) || chr(1) || 'b' AS v"), "a.xlsx")

    assert cells(files)["t"][1] == ("ab",)
    assert "2 are" in files.warnings[0]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("[1.10::DECIMAL(5,2)]", "[1.10]"),
        ("[[1.10::DECIMAL(5,2)]]", "[[1.10]]"),
        ("CAST([1.10, 2] AS DECIMAL(5,2)[2])", "[1.10, 2.00]"),
    ],
)
def test_lists_of_decimals_are_text(files, sql, expected):
    files.deliver(files.rows(f"SELECT {sql} AS v"), "a.xlsx")

    assert cells(files)["t"][1] == (expected,)
