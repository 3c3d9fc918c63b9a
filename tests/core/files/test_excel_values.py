"""Cells of workbooks: what is declared, what has no value, and where it is."""

import datetime as dt
import zipfile
from decimal import Decimal

import pytest
import yaml
from openpyxl import Workbook

from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def workbook(files, *rows, formats=None, path="a.xlsx", state="visible"):
    made = Workbook()
    sheet = made.active
    for row in rows:
        sheet.append(row)
    for name, format in (formats or {}).items():
        sheet[name].number_format = format
    if state != "visible":
        made.create_sheet("Shown")
        sheet.sheet_state = state
    made.save(files.write(path))


def replaced(files, old, new, path="a.xlsx"):
    """The same workbook with another text in the sheet's XML."""
    with zipfile.ZipFile(files.root / path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(files.root / path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content.replace(old.encode(), new.encode()))


def refusal(files, **more):
    with pytest.raises(NodeError) as caught:
        files.read("excel", "a.xlsx", **more)
    return caught.value


def test_a_formula_without_a_stored_result_is_an_error_that_names_the_cell(files):
    workbook(files, ["n", "m"], [1, "=A2*2"], [2, "=A3*2"])

    found = refusal(files)

    assert found.code == "SK0787"
    assert "B2, B3" in found.message
    advised = yaml.safe_load(found.help.partition("params: ")[2].partition(" reads")[0])
    assert files.read("excel", "a.xlsx", **advised)[1] == [(1, None), (2, None)]


def test_a_formula_without_a_stored_result_is_null_where_that_is_allowed(files):
    workbook(files, ["n", "m"], [1, "=A2*2"], [2, "=A3*2"])

    _, rows = files.read("excel", "a.xlsx", uncalculated="null")

    assert rows == [(1, None), (2, None)]
    assert "B2, B3" in files.warnings[0]


def test_error_cells_are_named_in_the_warning(files):
    workbook(files, ["n", "m"], [1, "#N/A"], [2, "#DIV/0!"])

    files.read("excel", "a.xlsx")

    assert "B2 (#N/A), B3 (#DIV/0!)" in files.warnings[0]


def test_a_number_with_many_digits_is_refused_or_declared(files):
    workbook(files, ["id", "n"], [1, 5])
    replaced(files, "<v>5</v>", "<v>1234567890123456789.12</v>")

    found = refusal(files)
    decimal = files.read("excel", "a.xlsx", columns={"n": "DECIMAL(30,2)"})[1]
    text = files.read("excel", "a.xlsx", columns={"n": "VARCHAR"})[1]

    assert found.code == "SK0786"
    assert "cell B2, column 'n': 1234567890123456789.12" in found.message
    assert decimal == [(1, Decimal("1234567890123456789.12"))]
    assert text == [(1, "1234567890123456789.12")]


def test_a_long_whole_number_among_fractions_is_refused(files):
    workbook(files, ["n"], [7], [1.5])
    replaced(files, "<v>7</v>", "<v>9007199254740993</v>")

    found = refusal(files)

    assert found.code == "SK0786"
    assert "cell A2, column 'n': 9007199254740993" in found.message


def test_a_long_whole_number_among_whole_ones_is_kept(files):
    workbook(files, ["n"], [7], [2])
    replaced(files, "<v>7</v>", "<v>9007199254740993</v>")

    assert files.read("excel", "a.xlsx")[1] == [(9007199254740993,), (2,)]


@pytest.mark.parametrize(
    ("type", "value", "shown"),
    [
        ("BIGINT", 1.5, "1.5"),
        ("BIGINT", "x", "x"),
        ("DECIMAL(9,2)", 1.005, "1.005"),
        ("DATE", dt.datetime(2026, 1, 2, 3), "2026-01-02 03:00:00"),
        ("BIGINT", True, "True"),
    ],
)
def test_a_cell_that_does_not_fit_its_declared_type_is_named(files, type, value, shown):
    workbook(files, ["id", "n"], [1, None], [], [2, value])

    found = refusal(files, columns={"n": type})

    assert found.code == "SK0783"
    assert f"sheet 'Sheet', cell B4, column 'n': {shown!r}" in found.message


def test_a_decimal_is_read_with_the_digits_that_excel_shows(files):
    workbook(files, ["n"], [0.1 + 0.2], [2], [1.1])

    found = files.read("excel", "a.xlsx", columns={"n": "DECIMAL(9,2)"})

    assert [str(row[0]) for row in found[1]] == ["0.30", "2.00", "1.10"]


@pytest.mark.parametrize(
    ("serial", "epoch", "expected"),
    [
        (1, 1900, dt.datetime(1900, 1, 1)),
        (59, 1900, dt.datetime(1900, 2, 28)),
        (61, 1900, dt.datetime(1900, 3, 1)),
        (60, 1900, None),
        (-1, 1900, None),
        (2958466, 1900, None),
        (1, 1904, dt.datetime(1904, 1, 2)),
        (60, 1904, dt.datetime(1904, 3, 1)),
    ],
)
def test_days_are_counted_as_excel_counts_them(files, serial, epoch, expected):
    workbook(files, ["d", "n"], [45292, 1], formats={"A2": "yyyy-mm-dd"})
    replaced(files, "<v>45292</v>", f"<v>{serial}</v>")
    if epoch == 1904:
        replaced(files, "<workbookPr />", '<workbookPr date1904="1" />')

    _, rows = files.read("excel", "a.xlsx")

    assert rows == [(expected, 1)]
    assert bool(files.warnings) == (expected is None)


def test_durations_of_more_than_a_day_stay_durations(files):
    workbook(files, ["d"], [1.5], formats={"A2": "[h]:mm:ss"})

    assert files.read("excel", "a.xlsx")[1] == [(dt.timedelta(hours=36),)]


def test_a_hidden_first_sheet_is_read_with_a_warning(files):
    workbook(files, ["n"], [1], state="hidden")

    assert files.read("excel", "a.xlsx")[1] == [(1,)]
    assert "hidden" in files.warnings[0]


def test_merged_cells_have_their_value_in_the_first_one(files):
    made = Workbook()
    made.active.append(["a", "b"])
    made.active.append(["x", None])
    made.active.append([None, "y"])
    made.active.merge_cells("A2:A3")
    made.save(files.write("a.xlsx"))

    assert files.read("excel", "a.xlsx")[1] == [("x", None), (None, "y")]


def test_a_sheet_that_is_cut_off_is_no_workbook(files):
    workbook(files, ["n"], [1])
    replaced(files, "</sheetData>", "")

    assert refusal(files).code == "SK0727"


def test_a_row_whose_only_cell_is_an_error_is_a_row(files):
    workbook(files, ["a", "b"], [1, None], ["#N/A"], ["#N/A", "#DIV/0!"], [], [3, 4])

    _, rows = files.read("excel", "a.xlsx")

    assert rows == [(1, None), (None, None), (None, None), (3, 4)]
    assert "3 cells hold errors such as #N/A; they are NULL: A3 (#N/A)" in files.warnings[0]


def test_a_row_whose_only_cell_is_no_day_is_a_row(files):
    workbook(files, ["d"], [45292], [45293], formats={"A2": "yyyy-mm-dd", "A3": "yyyy-mm-dd"})
    replaced(files, "<v>45292</v>", "<v>60</v>")

    assert files.read("excel", "a.xlsx")[1] == [(None,), (dt.datetime(2024, 1, 2),)]


def test_a_row_whose_only_cell_is_not_calculated_is_a_row(files):
    workbook(files, ["n"], [1], ["=A2*2"], [3])

    assert files.read("excel", "a.xlsx", uncalculated="null")[1] == [(1,), (None,), (3,)]


def test_a_first_row_of_errors_is_a_row_where_there_is_no_header(files):
    workbook(files, ["#N/A"], [1], [2])

    assert files.read("excel", "a.xlsx", header=False) == (["column0"], [(None,), (1,), (2,)])


def test_values_of_two_kinds_are_named_with_their_cell(files):
    workbook(files, ["id", "n"], [1, 5], [], *([n, n] for n in range(1_500)), [2, "x"])

    found = refusal(files)

    assert found.code == "SK0535"
    assert found.message.startswith("sheet 'Sheet', cell B1504, column 'n': "), found.message


@pytest.mark.parametrize(
    ("options", "shown"), [({"range": "foo"}, "in 'foo'"), ({"skip": 99}, "below 99 rows")]
)
def test_options_that_leave_no_cell_are_named(files, options, shown):
    workbook(files, ["n"], [1])

    found = refusal(files, **options)

    assert found.code == "SK0729"
    assert found.message == f"the sheet 'Sheet' has no cells {shown}"


def test_a_range_may_begin_at_any_corner(files):
    workbook(files, ["a", "b"], [1, 2], [3, 4])

    assert files.read("excel", "a.xlsx", range="B2:A1") == (["a", "b"], [(1, 2)])


def test_a_number_beyond_a_double_is_refused_or_text(files):
    workbook(files, ["n"], [7])
    replaced(files, "<v>7</v>", "<v>1e400</v>")

    found = refusal(files)

    assert found.code == "SK0786"
    assert "cell A2, column 'n': 1e400" in found.message
    assert files.read("excel", "a.xlsx", columns={"n": "VARCHAR"})[1] == [("1e400",)]


def test_a_negative_number_of_rows_to_leave_out_is_named(files):
    workbook(files, ["id"], [1])

    found = refusal(files, skip=-1)

    assert found.message == "params: skip is -1"
