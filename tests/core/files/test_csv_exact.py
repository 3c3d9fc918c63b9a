"""Values of CSV files arrive as they stand there, or are refused with their line."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seeknal.builtin import csvtypes
from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

LEAD = 20_600


@pytest.mark.parametrize(
    ("lead", "late", "type", "value"),
    [
        ("7", "3.75", "DOUBLE", 3.75),
        ("7", "0042", "VARCHAR", "0042"),
        ("7", "1_000", "VARCHAR", "1_000"),
        ("7", "+5", "VARCHAR", "+5"),
        ("7", "1e3", "DOUBLE", 1000.0),
        ("7", "0x1F", "VARCHAR", "0x1F"),
        ("7", " 5", "BIGINT", 5),
        ("7", "12345678901234567890", "HUGEINT", 12345678901234567890),
        ("9007199254740993", "0.5", "DECIMAL(17,1)", Decimal("0.5")),
        ("1.5", "1234567890.123456789012", "DECIMAL(22,12)", Decimal("1234567890.123456789012")),
        ("1.5", "0.30000000000000004", "DOUBLE", 0.30000000000000004),
        ("1.5", "0.10000000000000001", "DOUBLE", 0.1),
        ("1.5", "1e400", "VARCHAR", "1e400"),
        ("1.5", "1e-400", "VARCHAR", "1e-400"),
        ("1.5", "007.5", "VARCHAR", "007.5"),
        ("2024-01-01", "2024-01-01 10:30:00", "TIMESTAMP", datetime(2024, 1, 1, 10, 30)),
        ("2024-01-01", "24-01-02", "VARCHAR", "24-01-02"),
        ("2024-01-01", "2024-02-30", "VARCHAR", "2024-02-30"),
        ("2024-01-01 10:30:00", "2024-01-01", "TIMESTAMP", datetime(2024, 1, 1)),
        ("2024-01-01 10:30:00", "2024-01-01 24:00:00", "VARCHAR", "2024-01-01 24:00:00"),
        ("2024-01-01 10:30:00", "2024-01-01 10:30:00+02", "VARCHAR", "2024-01-01 10:30:00+02"),
        ("2024-01-01 10:30:00", "2024-01-01 10:30:00.1234567", "VARCHAR", None),
        ("10:00:00", "2024-01-01 10:00:00", "VARCHAR", "2024-01-01 10:00:00"),
        ("10:00:00", "24:00:00", "VARCHAR", "24:00:00"),
        ("10:00:00", "10:00:00.5", "TIME", time(10, 0, 0, 500000)),
        ("true", "1", "VARCHAR", "1"),
        ("true", "F", "VARCHAR", "F"),
        ("true", "FALSE", "BOOLEAN", False),
        ("", "42", "BIGINT", 42),
        ("", "abc", "VARCHAR", "abc"),
        ("7", "abc", "VARCHAR", "abc"),
        ("abc", "7", "VARCHAR", "7"),
        ("abc", '"a;b"', "VARCHAR", "a;b"),
        ("abc", '"say ""hi"""', "VARCHAR", 'say "hi"'),
        ("abc", "'a'", "VARCHAR", "'a'"),
        ("abc", "#tag", "VARCHAR", "#tag"),
        ("10:00", "1:2", "VARCHAR", "1:2"),
        ("7", "-0", "DOUBLE", -0.0),
        ("9007199254740993", "-0", "VARCHAR", "-0"),
        ("2024-01-01", "2024/01/05", "DATE", date(2024, 1, 5)),
        ("2024-01-01", "2024-1-5", "VARCHAR", "2024-1-5"),
        ("2024-01-01 10:30:00+02", "2024-01-01 10:30:00+99", "VARCHAR", None),
        ("13/02/2024", "01/02/2024", "DATE", date(2024, 2, 1)),
        ("13/02/2024", "02/13/2024", "VARCHAR", "02/13/2024"),
        ("01/02/2024", "13/02/2024", "DATE", date(2024, 2, 13)),
        ("01/02/2024", "02/13/2024", "DATE", date(2024, 2, 13)),
    ],
)
def test_a_late_value_arrives_as_it_stands(files, lead, late, type, value):
    lines = "".join(f"{n};{lead}\n" for n in range(LEAD))
    files.write("a.csv", f"id;v\n{lines}{LEAD};{late}\n")

    relation = files.relation(files.source("csv", "a.csv"))

    found = relation.fetchall()
    assert len(found) == LEAD + 1
    assert str(relation.types[1]) == type
    assert found[-1][1] == (late if value is None else value)


@pytest.mark.parametrize(
    "text",
    [
        *("1:2", "3:0", "10:1", "16:9", "0:0", "1:2:3", "1:02", "10:1:02", "10:01:2", "9:30"),
        *("2024-1-5", "2024/1/5", "2024-01-5", "2024-1-5 10:00:00", "2024-01-05 9:00"),
        *("2024-01-31 10:30:00+99", "2024-01-31 10:30:00+16:00", "2024-01-31 10:30:00+02:60"),
    ],
)
def test_text_that_a_value_would_not_give_back_stays_text(files, text):
    files.write("a.csv", f"id;v\n1;{text}\n")

    relation = files.relation(files.source("csv", "a.csv"))

    assert [str(type) for type in relation.types] == ["BIGINT", "VARCHAR"]
    assert relation.fetchall() == [(1, text)]


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("10:30", "TIME"),
        ("09:30:01.5", "TIME"),
        ("2024/01/05", "DATE"),
        ("2024-01-05 09:00", "TIMESTAMP"),
        ("2024-01-31 10:30:00+14:00", "TIMESTAMP WITH TIME ZONE"),
        ("2024-01-31 10:30:00-1559", "TIMESTAMP WITH TIME ZONE"),
    ],
)
def test_times_and_days_that_are_spelled_in_full_are_times_and_days(files, text, type):
    files.write("a.csv", f"id;v\n1;{text}\n")

    assert files.types("csv", "a.csv") == ["BIGINT", type]


POOL = [
    *("", "7", "-3", "0042", "3.75", "1e3", "9007199254740993", "12345678901234567890", "-0"),
    *("0.1234567890123456789", "nan", "1e400", " 5", "true", "False", "1", "t", "abc", "infinity"),
    *("2024-01-01", "24-01-02", "2024-01-01 10:30:00", "2024-01-01T10:30:00Z", "10:00", "24:00:00"),
    *("01/02/2024", "13/02/2024", "02/13/2024", "2024/01/02", "2024-01-01 (BC) 10:00:00"),
]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    st.lists(st.sampled_from(POOL), min_size=2, max_size=9).flatmap(
        lambda values: st.tuples(st.just(values), st.permutations(values))
    )
)
def test_types_do_not_depend_on_the_order_of_the_rows(files, monkeypatch, orders):
    monkeypatch.setattr(csvtypes, "HEAD", 2)
    found = []

    for values in orders:
        files.write("a.csv", "id;v\n" + "".join(f"{n};{v}\n" for n, v in enumerate(values)))
        relation = files.relation(files.source("csv", "a.csv", header=True))
        rows = [str(row[1]) for row in relation.fetchall()]
        found.append((str(relation.types[1]), sorted(rows)))

    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("VARCHAR", "0042", "0042"),
        ("BIGINT", "0042", 42),
        ("BIGINT", "3.0", 3),
        ("BIGINT", "1e3", 1000),
        ("DECIMAL(10,2)", "1.230", Decimal("1.23")),
        ("DECIMAL(38,10)", "1234567890123456789.0123456789", None),
        ("DOUBLE", "0.1234567890123456789", 0.1234567890123456789),
        ("DATE", "2024-01-01 00:00:00", date(2024, 1, 1)),
        ("TIMESTAMP", "2024-01-01T10:00:00Z", datetime(2024, 1, 1, 10)),
        ("TIMESTAMP_NS", "2024-01-01 10:00:00.123456789", None),
        ("TIME", "10:00", time(10)),
        ("BOOLEAN", "yes", True),
        ("HUGEINT", "12345678901234567890", 12345678901234567890),
        ("INTEGER[]", "[1, 2]", [1, 2]),
        ("INTEGER[][]", "[[1, NULL], NULL, []]", [[1, None], None, []]),
        ("DECIMAL(10,2)[]", "[1.230]", [Decimal("1.23")]),
        ("MAP(VARCHAR, INTEGER)", "{a=1}", {"a": 1}),
        ("STRUCT(a INTEGER, b VARCHAR)", "{'a': 1, 'b': x}", {"a": 1, "b": "x"}),
    ],
)
def test_a_declared_type_is_read_as_declared(files, type, text, value):
    files.write("a.csv", f"id;v\n1;{text}\n")

    relation = files.relation(files.source("csv", "a.csv", columns={"v": type}))

    found = relation.fetchall()[0][1]
    assert str(relation.types[1]) == type
    assert found == value if value is not None else str(found).startswith(text[:19])


@pytest.mark.parametrize(
    ("type", "text"),
    [
        ("BIGINT", "3.75"),
        ("BIGINT", "15e-1"),
        ("TINYINT", "300"),
        ("INTEGER", "abc"),
        ("DECIMAL(10,2)", "1.239"),
        ("DECIMAL(10,2)", "1e-3"),
        ("DECIMAL(4,2)", "100.00"),
        ("DOUBLE", "1e400"),
        ("FLOAT", "1e39"),
        ("DATE", "2024-01-01 10:30:00"),
        ("DATE", "24-01-02"),
        ("DATE", "2024-01-01 x"),
        ("TIMESTAMP", "2024-01-01 10:00:00+02"),
        ("TIMESTAMP", "2024-01-01 10:00:00.1234567"),
        ("TIMESTAMP", "2024-01-01 24:00:00"),
        ("TIMESTAMP_S", "2024-01-01 10:00:00.5"),
        ("TIME", "2024-01-01 10:00:00"),
        ("TIME", "10:00:00+02"),
        ("BOOLEAN", "maybe"),
        ("UUID", "no-uuid"),
        ("INTEGER[]", "[1.5, 2]"),
        ("INTEGER[][]", "[[1], [2.5]]"),
        ("DECIMAL(10,2)[]", "[1.239]"),
        ("DATE[]", "[2024-01-01 10:00:00]"),
        ("TIME[]", "[10:00:00.1234567]"),
        ("MAP(VARCHAR, INTEGER)", "{a=1.7}"),
        ("STRUCT(a INTEGER)", "{'a': 1.7}"),
        ("STRUCT(a DATE[])", "{'a': [2024-01-01 10:00:00]}"),
        ("ENUM('a', 'b')", "c"),
        ("BIT", "0102"),
        ("BIGNUM", "1.5"),
        ("TIME WITH TIME ZONE", "10:00:00.1234567+02"),
    ],
)
@pytest.mark.parametrize("before", [0, 25_000])
def test_a_value_that_its_declared_type_cannot_hold_names_its_line(files, type, text, before):
    files.write("a.csv", "id;v\n" + "1;\n" * before + f"1;{text}\n")

    with pytest.raises(NodeError) as caught:
        files.read("csv", "a.csv", columns={"v": type})

    line = f"a.csv, line {before + 2}, column 'v': {text!r} is not exactly a {type}"
    assert caught.value.message == line
    assert caught.value.code == "SK0770"


def test_a_value_that_is_the_columns_name_does_not_name_the_first_line(files):
    files.write("a.csv", "id;v\n1;2\n1;v\n")

    with pytest.raises(NodeError, match="line 3"):
        files.read("csv", "a.csv", columns={"v": "BIGINT"})


def test_formats_say_how_values_are_spelled(files):
    files.write("a.csv", "d;m;n\n31.01.2024;31.01.2024 10:30;1,5\n01.02.2024;01.02.2024 00:00;2\n")
    options = {
        "dateformat": "%d.%m.%Y",
        "timestampformat": "%d.%m.%Y %H:%M",
        "decimal_separator": ",",
    }

    guessed = files.read("csv", "a.csv", **options)
    columns = {"d": "DATE", "m": "TIMESTAMP", "n": "DECIMAL(4,1)"}
    declared = files.read("csv", "a.csv", columns=columns, **options)

    first = (date(2024, 1, 31), datetime(2024, 1, 31, 10, 30))
    assert guessed[1][0] == (*first, 1.5)
    assert declared[1][0] == (*first, Decimal("1.5"))


def test_days_that_may_be_months_stay_text_and_are_told(files):
    files.write("a.csv", "id,d\n1,01/02/2024\n2,03/04/2024\n")

    _, rows = files.read("csv", "a.csv")

    assert rows[0] == (1, "01/02/2024")
    assert "dateformat" in files.warnings[0]


@pytest.mark.parametrize(
    ("days", "columns", "found"),
    [
        (["01", "02"], None, ["01", "02"]),
        (["1", "12"], None, [1, 12]),
        (["2024-01-01"], None, [date(2024, 1, 1)]),
        (["01", "02"], {"m": "VARCHAR"}, ["01", "02"]),
        (["01", "02"], {"m": "INTEGER"}, [1, 2]),
        (["a%20b"], None, ["a b"]),
    ],
)
def test_folders_are_columns_of_the_types_that_their_names_have(files, days, columns, found):
    for day in days:
        files.write(f"data/m={day}/a.csv", "v\n1\n")

    names, rows = files.read("csv", "data/m=*/a.csv", columns=columns)

    assert names == ["v", "m"]
    assert [row[1] for row in rows] == found


def test_a_folder_that_does_not_fit_its_declared_type_is_refused(files):
    files.write("data/m=x/a.csv", "v\n1\n")

    with pytest.raises(NodeError, match="column 'm': 'x' is not exactly a BIGINT"):
        files.read("csv", "data/m=*/a.csv", columns={"m": "BIGINT"})


def test_a_column_of_the_file_is_not_replaced_by_a_folder(files):
    files.write("data/v=7/k=x/a.csv", "v,w\n1,2\n")

    assert files.read("csv", "data/v=*/*/a.csv") == (["v", "w", "k"], [(1, 2, "x")])


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, [None, None, "NA", "NA", "x"]),
        ({"allow_quoted_nulls": False}, [None, "", "NA", "NA", "x"]),
        ({"nullstr": "NA"}, ["", "", None, None, "x"]),
        ({"nullstr": ("NA", "")}, [None, None, None, None, "x"]),
        ({"nullstr": "NA", "allow_quoted_nulls": False}, ["", "", None, "NA", "x"]),
    ],
)
def test_what_is_null(files, options, found):
    files.write("a.csv", 'id,v\n1,\n2,""\n3,NA\n4,"NA"\n5,x\n')

    _, rows = files.read("csv", "a.csv", **options)

    assert [row[1] for row in rows] == found


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("size", [3_000_000, pytest.param(40_000_000, marks=pytest.mark.slow)])
def test_a_cell_of_megabytes_is_read(files, size, last, end):
    after = "" if last else f"2,y{end}" * 3
    files.write("a.csv", f"id,v{end}1,{'x' * size}{end}{after}")

    _, rows = files.read("csv", "a.csv")

    assert len(rows) == (1 if last else 4)
    assert len(rows[0][1]) == size


def test_a_quoted_cell_of_megabytes_with_line_ends_is_read(files):
    files.write(
        "a.csv",
        "id,v\n" + "1,x\n" * 25_000 + f'2,"{"ab" * 10 + chr(10)}' * 1 + "y\n" * 2_000_000 + '"\n',
    )

    _, rows = files.read("csv", "a.csv")

    assert (len(rows), len(rows[-1][1])) == (25_001, 4_000_021)


def test_a_line_over_the_bound_that_was_said_is_refused_on_one_screen(files):
    files.write("a.csv", f"id,v\n1,{'x' * 5000}\n")

    with pytest.raises(NodeError) as caught:
        files.read("csv", "a.csv", maximum_line_size=1000)

    assert len(caught.value.message) < 1000
    assert "maximum_line_size" in caught.value.help


@pytest.mark.parametrize("late", [0, 25_000])
@pytest.mark.parametrize("ends", [("\n", "\r\n", "\r"), ("\r\n", "\n"), ("\r", "\n")])
def test_lines_may_end_in_several_ways(files, ends, late):
    ends = [ends[0]] * late + [*ends] * 2
    rows = [f'{n},"a\r\nb ""c"" {n}"{end}' for n, end in enumerate(ends)]
    files.write("a.csv", f"id,v{ends[0]}" + "".join(rows))

    _, found = files.read("csv", "a.csv")

    assert found == [(n, f'a\r\nb "c" {n}') for n in range(len(ends))]


def test_a_remark_is_left_out_where_the_options_say_so_and_values_keep_their_marks(files):
    files.write("a.csv", '# made by x\nid,v\n1,a#b\n# later, "on"\n2,"\n#c"\n')

    assert files.read("csv", "a.csv", comment="#")[1] == [(1, "a#b"), (2, "\n#c")]


def test_files_of_which_only_some_begin_with_names_are_not_mixed_in_silence(files):
    files.write("1.csv", "a,b\n1,x\n")
    files.write("2.csv", "2,y\n3,z\n")

    with pytest.raises(NodeError) as caught:
        files.read("csv", "*.csv")
    told = files.read("csv", "*.csv", header=False)[1]

    assert "1.csv begins with the names" in caught.value.message
    assert "2.csv seems to begin with values" in caught.value.message
    assert told == [("a", "b"), ("1", "x"), ("2", "y"), ("3", "z")]


def test_a_list_of_names_keeps_those_with_a_comma(files):
    names = [f"name {n}" for n in range(49)] + [f"name, {n}" for n in range(6)]
    files.write("a.csv", "name\n" + "".join(f"{name}\n" for name in names))

    assert [row[0] for row in files.read("csv", "a.csv")[1]] == names
    assert files.warnings == []


def test_lines_with_a_value_that_its_type_cannot_hold_are_left_out_and_kept(files):
    files.write("a.csv", "id,n\n" + "1,2\n" * 25_000 + "1,3.75\n1,2,3\n1,x\n2,5\n")

    _, rows = files.read(
        "csv", "a.csv", columns={"n": "BIGINT"}, ignore_errors=True, reject_file="bad.csv"
    )

    assert len(rows) == 25_001
    assert "3 lines left out, the first of a.csv is line 25002" in files.warnings[0]
    _, kept = files.read("csv", "bad.csv")
    assert [(row[1], row[2], row[4]) for row in kept] == [
        (25_002, "n", "1,3.75"),
        (25_003, None, "1,2,3"),
        (25_004, "n", "1,x"),
    ]


def test_quotes_of_another_kind_are_named(files):
    files.write("a.csv", 'id,v\n1,"a\\"b"\n')

    with pytest.raises(NodeError) as caught:
        files.read("csv", "a.csv")

    assert "a.csv, line 2" in caught.value.message
    assert "escape" in caught.value.help
    assert files.read("csv", "a.csv", escape="\\")[1] == [(1, 'a"b')]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("cp1252", "\u20ac"), ("utf-16-be", "\u00e9"), ("shift_jis", "\u30c6\u30b9\u30c8")],
)
def test_every_encoding_that_python_knows_is_read(files, encoding, text):
    text = (
        "\u30c6\u30b9\u30c8"
        if encoding == "shift_jis"
        else "\u20ac"
        if encoding == "cp1252"
        else "\u00e9"
    )
    files.write("data/m=1/a.csv", f"id,v\n1,{text}\n".encode(encoding))

    assert files.read("csv", "data/m=*/a.csv", encoding=encoding)[1] == [(1, text, 1)]
