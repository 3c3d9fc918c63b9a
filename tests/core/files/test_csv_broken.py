"""Lines of CSV files that break the rules are named, or left out and counted, wherever they are."""

import pytest

from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

BAD = {
    "a quote inside": '2,"bo"b\n',
    "too long": "2,b,c\n",
    "too short": "2\n",
}


@pytest.mark.parametrize("before", [0, 1, 25_000])
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize(
    "options",
    [
        {"ignore_errors": True},
        {"ignore_errors": True, "delimiter": ","},
        {"ignore_errors": True, "skip": 0},
        {"reject_file": "rejects.csv"},
    ],
    ids=["ignore", "delimiter", "skip", "rejects"],
)
def test_a_bad_line_is_left_out_and_counted_wherever_it_stands(files, options, bad, before):
    files.write("a.csv", "id,name\n" + "1,ann\n" * before + bad + "3,cy\n4,di\n")

    names, rows = files.read("csv", "a.csv", **options)

    assert names == ["id", "name"]
    assert rows == [(1, "ann")] * before + [(3, "cy"), (4, "di")]
    assert len(files.warnings) == 1
    assert f"1 line left out, the first of a.csv is line {before + 2}" in files.warnings[0]


def test_several_bad_lines_below_a_hint_for_excel_are_counted(files):
    files.write("a.csv", 'sep=;\nid;name\n1;"an"n\n2;bo\n3;"c"y\n4;di\n5;ed\n')

    assert files.read("csv", "a.csv", ignore_errors=True) == (
        ["id", "name"],
        [(2, "bo"), (4, "di"), (5, "ed")],
    )
    assert "2 lines left out, the first of a.csv is line 3" in files.warnings[0]


@pytest.mark.parametrize("options", [{}, {"delimiter": ","}])
def test_lines_that_are_too_long_are_named_where_short_ones_are_filled_up(files, options):
    files.write("a.csv", "id,name\n1,ann\n2,b,c\n3\n")

    with pytest.raises(NodeError, match=r"a\.csv, line 3: 3 fields where the first line has 2"):
        files.read("csv", "a.csv", null_padding=True, **options)


def test_lines_that_are_too_long_are_left_out_where_short_ones_are_filled_up(files):
    files.write("a.csv", "id,name\n1,ann\n2,b,c\n3\n")

    _, rows = files.read("csv", "a.csv", null_padding=True, ignore_errors=True)

    assert rows == [(1, "ann"), (3, None)]
    assert "1 line left out, the first of a.csv is line 3" in files.warnings[0]


@pytest.mark.parametrize("options", [{}, {"delimiter": ","}, {"skip": 0}, {"header": True}])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_delimiter_at_the_end_of_some_lines_changes_nothing(files, at, options):
    lines = ["1,2", "3,4", "5,6"]
    lines[at] += ","
    files.write("a.csv", "a,b\n" + "".join(f"{line}\n" for line in lines))

    assert files.read("csv", "a.csv", **options) == (["a", "b"], [(1, 2), (3, 4), (5, 6)])
    assert files.warnings == []


def test_one_column_with_a_comma_in_its_name_stays_one(files):
    files.write("a.csv", '"a,b"\nx\n"y,z"\n')

    assert files.read("csv", "a.csv", ignore_errors=True) == (["a,b"], [("x",), ("y,z",)])


@pytest.mark.parametrize("before", [0, 25_000])
def test_lines_with_wrong_quotes_that_are_read_all_the_same_are_counted(files, before):
    files.write("a.csv", "a,b\n" + "1,2\n" * before + '3,"x"y\n4,"two\nlines"\n5,"z"z\n8,9\n')

    _, rows = files.read("csv", "a.csv", strict_mode=False)

    assert len(rows) == before + 4
    assert files.warnings[0] == (
        "a.csv: 2 lines break the rules of quotes and may be read with less text than there is,"
        f" the first is line {before + 2}"
    )


def test_lines_with_right_quotes_are_not_counted(files):
    files.write("a.csv", 'a,b\n3,"x ""y"""\n4,5" pipe\n')

    assert files.read("csv", "a.csv", strict_mode=False)[1] == [(3, 'x "y"'), (4, '5" pipe')]
    assert files.warnings == []


def test_a_file_that_only_duckdb_can_open_is_said_not_to_be_checked(files):
    query = "SELECT 3 AS a, 'x' AS b"
    files.duckdb.execute(f"COPY ({query}) TO '{files.root}/a.csv.zst' (HEADER)")

    assert files.read("csv", "a.csv.zst", strict_mode=False)[1] == [(3, "x")]
    assert "is not known" in files.warnings[0]


@pytest.mark.parametrize(("behind", "count"), [(0, "1 line"), (3, "4 lines"), (999, "1,000 lines")])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_that_an_open_quote_takes_along_are_counted(files, behind, count, end):
    lines = ["id,name", "1,ann", "1,bo", '2,"cy', *["3,di"] * behind, ""]
    files.write("a.csv", end.join(lines))

    _, rows = files.read("csv", "a.csv", ignore_errors=True)

    assert rows == [(1, "ann"), (1, "bo")]
    assert files.warnings[0].startswith(f"{count} left out, the first of a.csv is line 4")


def test_more_lines_than_are_kept_are_counted_as_far_as_they_are_known(files):
    files.write("a.csv", "id,name\n" + "1,ann\n" * 25_000 + '2,"cy\n' + "3,di\n" * 25_000)

    _, rows = files.read("csv", "a.csv", ignore_errors=True)

    assert len(rows) == 25_000
    assert files.warnings[0].startswith("at least 2,000 lines left out, the first of a.csv is line")


@pytest.mark.parametrize("options", [{}, {"strict_mode": False}, {"ignore_errors": True}])
def test_a_delimiter_of_two_marks_is_read(files, options):
    files.write("a.csv", "a||b\n1||x\n2||y\n")
    files.write("one.csv", "a\nx\n")

    assert files.read("csv", "a.csv", delimiter="||", **options)[1] == [(1, "x"), (2, "y")]
    assert files.read("csv", "one.csv", delimiter="||", **options) == (["a"], [("x",)])
