"""Workbooks as sources."""

import datetime as dt
import warnings

import pytest
from openpyxl import Workbook

from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def workbook(files, *rows, path="a.xlsx", title="Sheet"):
    made = Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.save(files.write(path))


def test_types_come_from_the_cells(files):
    workbook(files, ["n", "x", "t", "b", "d"], [1, 1.5, "a", True, dt.datetime(2026, 1, 2)], [2])

    relation = files.relation(files.source("excel", "a.xlsx"))

    assert list(map(str, relation.types)) == [
        "BIGINT",
        "DOUBLE",
        "VARCHAR",
        "BOOLEAN",
        "TIMESTAMP",
    ]
    assert relation.fetchall() == [
        (1, 1.5, "a", True, dt.datetime(2026, 1, 2)),
        (2, None, None, None, None),
    ]


def test_declared_types_are_casts_of_what_the_cells_show(files):
    workbook(files, ["code", "amount"], [7, 12], ["x9", "3.5"])

    found = files.read("excel", "a.xlsx", columns={"CODE": "VARCHAR", "amount": "DECIMAL(9,2)"})

    assert [tuple(map(str, row)) for row in found[1]] == [("7", "12.00"), ("x9", "3.50")]


def test_mixed_cells_are_an_error_that_names_sheet_cell_and_column(files):
    workbook(files, ["n"], [1], ["none"], title="Sales")

    with pytest.raises(NodeError) as caught:
        files.read("excel", "a.xlsx")

    assert "sheet 'Sales', cell A3, column 'n'" in caught.value.message
    assert "declare" in caught.value.help


def test_a_header_alone_gives_columns_without_rows(files):
    workbook(files, ["id", "name"])

    assert files.read("excel", "a.xlsx", columns={"id": "BIGINT"}) == (["id", "name"], [])


def test_a_sheet_without_a_header_gets_numbered_columns(files):
    workbook(files, [1, "a"], [2, "b"])

    found = files.read("excel", "a.xlsx", header=False)

    assert found == (["column0", "column1"], [(1, "a"), (2, "b")])


def test_names_that_repeat_are_numbered_with_a_warning(files):
    workbook(files, ["id", "ID", None, "n"], [1, 2, 3, 4])

    assert files.read("excel", "a.xlsx")[0] == ["id", "ID_1", "column2", "n"]
    assert "'ID_1'" in files.warnings[0]


def test_ranges_and_skipped_rows_say_where_the_table_is(files):
    workbook(files, ["Report"], [], [None, "id", "n"], [None, 1, 2], [None, 3, 4], ["sum", 4, 6])

    by_range = files.read("excel", "a.xlsx", range="B3:C5")
    by_columns = files.read("excel", "a.xlsx", range="B:C", skip=2)

    assert by_range == (["id", "n"], [(1, 2), (3, 4)])
    assert by_columns == (["id", "n"], [(1, 2), (3, 4), (4, 6)])


def test_blank_rows_are_left_out_and_values_beside_the_table_are_warned_of(files):
    workbook(files, ["id"], [1], [None], [2, "a note"])

    assert files.read("excel", "a.xlsx")[1] == [(1,), (2,)]
    assert "1 rows have values right of the last column" in files.warnings[0]


def test_error_cells_are_null_with_a_warning(files):
    workbook(files, ["n"], [1], ["#N/A"], ["#DIV/0!"])

    assert files.read("excel", "a.xlsx")[1] == [(1,), (None,), (None,)]
    assert "2 cells hold errors" in files.warnings[0]


def test_a_sheet_is_chosen_by_name_or_number(files):
    made = Workbook()
    made.active.append(["first"])
    made.create_sheet("Second").append(["second"])
    made.save(files.write("a.xlsx"))

    names = [files.read("excel", "a.xlsx", sheet=sheet)[0] for sheet in (0, 1, "Second")]

    assert names == [["first"], ["second"], ["second"]]


@pytest.mark.parametrize(
    ("options", "code"),
    [({"sheet": 9}, "SK0728"), ({"sheet": "Shet"}, "SK0728"), ({"range": "nowhere!"}, "SK0747")],
)
def test_what_is_not_in_the_workbook_is_refused(files, options, code):
    workbook(files, ["id"], [1])

    with pytest.raises(NodeError) as caught:
        files.read("excel", "a.xlsx", **options)

    assert caught.value.code == code


def test_an_empty_sheet_is_an_error(files):
    workbook(files)

    with pytest.raises(NodeError, match="is empty"):
        files.read("excel", "a.xlsx")


def test_several_workbooks_are_refused(files):
    workbook(files, ["id"], path="1.xlsx")
    workbook(files, ["id"], path="2.xlsx")

    with pytest.raises(NodeError, match="2 workbooks"):
        files.read("excel", "*.xlsx")


def test_an_old_or_locked_workbook_says_how_to_save_it(files):
    files.write("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 600)

    with pytest.raises(NodeError) as caught:
        files.read("excel", "a.xlsx")

    assert "password" in caught.value.help
