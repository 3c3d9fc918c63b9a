"""CSV files, above all those that DuckDB reads otherwise than meant."""

import gzip

import pytest

from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]


@pytest.mark.parametrize(
    ("content", "line", "fields"),
    [
        ("id,n\n1,2\n3,4,5\n6,7\n", 3, 3),
        ("id,n\n1,2\n3\n4,5\n", 3, 1),
        ("id;n;m\n" + "1;2;3\n" * 500 + "1;2\n" + "1;2;3\n" * 20, 502, 2),
        ("id,n\n1,2\n3,4,5\n", 3, 3),
        ("\n\nid,n\n1,2\n3,4,5\n", 5, 3),
        ("id,n\n" + "1,2\n" * 50 + "1,2,3\n" * 5000, 52, 3),
        ('id,n\n1,"a\nb"\n2,3,4\n5,6\n', 4, 3),
    ],
)
def test_a_line_of_another_length_is_an_error_that_names_it(files, content, line, fields):
    files.write("data/a.csv", content)

    with pytest.raises(NodeError) as caught:
        files.read("csv", "data/a.csv")

    assert f"data/a.csv, line {line}: {fields} field" in caught.value.message
    assert "ignore_errors" in caught.value.help
    assert caught.value.code == "SK0744"


@pytest.mark.parametrize("options", [{"header": True}, {"delimiter": ","}, {"quote": '"'}])
def test_options_do_not_hide_the_line(files, options):
    files.write("a.csv", "id,n\n1,2\n3,4,5\n")

    with pytest.raises(NodeError, match="line 3"):
        files.read("csv", "a.csv", **options)


def test_the_line_counts_those_that_are_skipped(files):
    files.write("a.csv", "junk\nid,n\n1,2\n3,4,5\n")

    with pytest.raises(NodeError, match="line 4"):
        files.read("csv", "a.csv", skip=1, header=True)


def test_a_compressed_file_is_looked_into_too(files):
    files.write("a.csv.gz", gzip.compress(b"id,n\n1,2\n3,4,5\n"))

    with pytest.raises(NodeError, match=r"a\.csv\.gz, line 3"):
        files.read("csv", "a.csv.gz")


def test_short_lines_can_be_filled_up(files):
    files.write("a.csv", "id,n\n1,2\n3\n")

    assert files.read("csv", "a.csv", null_padding=True) == (["id", "n"], [(1, 2), (3, None)])


def test_lines_that_do_not_fit_can_be_left_out_and_are_counted(files):
    files.write("a.csv", "id,n\n1,2\n3,4,5\nx,6\n7,8\n")

    columns, rows = files.read("csv", "a.csv", ignore_errors=True, columns={"id": "BIGINT"})

    assert (columns, rows) == (["id", "n"], [(1, 2), (7, 8)])
    assert len(files.warnings) == 1
    assert "2 lines left out, the first of a.csv is line 3" in files.warnings[0]


def test_lines_that_do_not_fit_can_be_kept_in_a_file(files):
    files.write("a.csv", "id,n\n1,2\n3,4,5\n")

    files.read("csv", "a.csv", reject_file="rejects/a.csv")

    _, rows = files.read("csv", "rejects/a.csv")
    assert [(row[1], row[4]) for row in rows] == [(3, "3,4,5")]


def test_a_file_without_rejects_gives_no_warning_and_an_empty_reject_file(files):
    files.write("a.csv", "id,n\n1,2\n")

    _, rows = files.read("csv", "a.csv", reject_file="rejects.csv", columns={"n": "HUGEINT"})

    assert rows == [(1, 2)]
    assert files.warnings == []
    assert (files.root / "rejects.csv").read_text() == "file,line,column,error,text\n"


@pytest.mark.parametrize(
    "content",
    [
        "\n\nid,n\n1,2\n3,4\n",
        "\r\nid,n\r\n1,2\r\n3,4\r\n\r\n",
        "# made today\nid,n\n1,2\n3,4\n",
        "id,n\n1,2\n\n3,4\n",
        "id,n\n1,2,\n3,4,\n",
        "sep=;\nid;n\n1;2\n3;4\n",
        "SEP=|\r\nid|n\r\n1|2\r\n3|4\r\n",
    ],
)
def test_blank_lines_comments_and_hints_for_excel_are_no_rows(files, content):
    files.write("a.csv", content)

    assert files.read("csv", "a.csv") == (["id", "n"], [(1, 2), (3, 4)])
    assert files.warnings == []


def test_a_title_above_the_header_is_left_out_with_a_warning(files):
    files.write("a.csv", "My report\n\nid,n\n1,2\n3,4\n")

    assert files.read("csv", "a.csv") == (["id", "n"], [(1, 2), (3, 4)])
    assert "the first 2 lines are left out" in files.warnings[0]


def test_skip_zero_keeps_a_title(files):
    files.write("a.csv", "My report\nid,n\n1,2\n3,4\n")

    assert files.read("csv", "a.csv", skip=0)[0] == ["My report"]


def test_one_column_of_prose_is_read_as_it_is(files):
    files.write("a.csv", "name\nHello\nWorld\n")

    assert files.read("csv", "a.csv") == (["name"], [("Hello",), ("World",)])
    assert files.warnings == []


def test_an_empty_file_warns_and_has_the_declared_columns(files):
    files.write("a.csv")

    relation = files.relation(files.source("csv", "a.csv", columns={"id": "BIGINT", "d": "DATE"}))

    assert (relation.columns, [str(type) for type in relation.types]) == (
        ["id", "d"],
        ["BIGINT", "DATE"],
    )
    assert files.warnings == ["a.csv is empty: it gives no rows"]


@pytest.fixture
def emptied(seeknal_project):
    def make(params=""):
        columns = "columns: {id: BIGINT}"
        node = f"kind: source\nname: o\nsource: csv\ntable: data/o.csv\n{columns}\n{params}"
        project = seeknal_project({"data/o.csv": "id\n1\n2\n", "seeknal/o.yml": node})
        project.run("run").assert_ok()
        (project.path / "data/o.csv").write_text("")
        return project

    return make


def test_a_file_that_lost_all_its_bytes_is_an_error_where_there_were_rows(emptied):
    project = emptied()

    outcomes = [project.run("run"), project.run("run")]

    assert [outcome.exit_code for outcome in outcomes] == [1, 1]
    assert all("SK0772" in one.stderr for one in outcomes)
    assert "data/o.csv is empty, and source.o had 2 rows before" in outcomes[0].stderr
    assert "--> seeknal/o.yml:" in outcomes[0].stderr
    assert project.rows("source.o") == [(1,), (2,)]


@pytest.mark.parametrize(("params", "text"), [("params: {allow_empty: true}\n", ""), ("", "id\n")])
def test_a_file_that_is_meant_to_have_no_rows_says_so(emptied, params, text):
    project = emptied(params)
    project.write({"data/o.csv": text})

    project.run("run").assert_ok()

    assert project.rows("source.o") == []


def test_an_empty_file_among_others_changes_nothing(files):
    files.write("1.csv")
    files.write("2.csv", "id,n\n1,2\n")

    assert files.read("csv", "?.csv") == (["id", "n"], [(1, 2)])
    assert files.warnings == ["1.csv is empty: it gives no rows"]


def test_a_header_alone_gives_typed_columns_without_rows(files):
    files.write("a.csv", "id,n\n")

    assert files.types("csv", "a.csv", columns={"ID": "BIGINT"}) == ["BIGINT", "VARCHAR"]


@pytest.mark.parametrize("content", ["id,ID,n\n1,2,3\n", "id;Id;n\n1;2;3\n"])
def test_headers_of_one_name_are_warned_of(files, content):
    files.write("a.csv", content)

    columns, _ = files.read("csv", "a.csv")

    assert columns[1].lower() == "id_1"
    assert "2 columns are called 'id'" in files.warnings[0]


@pytest.mark.parametrize(
    ("encoding", "option"), [("utf-16", "utf-16"), ("latin-1", "latin-1"), ("utf-8-sig", None)]
)
def test_other_encodings_are_read(files, encoding, option):
    files.write("a.csv", "id,name\n1,Zoë\n".encode(encoding))
    options = {"encoding": option} if option else {}

    assert files.read("csv", "a.csv", **options) == (["id", "name"], [(1, "Zoë")])


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_an_encoding_that_was_not_said_is_suspected(files, encoding):
    files.write("data/a.csv", "id,name\n1,Zoë\n".encode(encoding))

    with pytest.raises(NodeError) as caught:
        files.read("csv", "data/a.csv")

    assert "a.csv" in caught.value.message
    assert "encoding" in caught.value.help


def test_an_unknown_encoding_is_refused(files):
    files.write("a.csv", "id\n1\n")

    with pytest.raises(NodeError, match="encoding"):
        files.read("csv", "a.csv", encoding="klingon")


def test_several_files_match_by_name_and_keep_every_column(files):
    files.write("d/1.csv", "id,n\n1,2\n")
    files.write("d/2.csv", "n,id,extra\n4,3,x\n")

    assert files.read("csv", "d/*.csv") == (["id", "n", "extra"], [(1, 2, None), (3, 4, "x")])


def test_folders_of_the_source_are_columns_and_those_above_the_project_are_not(files, tmp_path):
    files.write("data/day=1/a.csv", "id\n5\n")
    inside = files.read("csv", "data/day=1/*.csv")
    files.root = tmp_path / "run=7"
    files.write("b.csv", "id\n6\n")

    outside = files.read("csv", "b.csv")

    assert inside == (["id", "day"], [(5, 1)])
    assert outside == (["id"], [(6,)])


def test_a_project_or_file_with_brackets_in_its_name_is_read(files, tmp_path):
    files.root = tmp_path / "shop[1]"
    files.write("orders [2].csv", "id\n5\n")
    files.write("data/a.csv", "id\n6\n")

    assert files.read("csv", "orders [2].csv")[1] == [(5,)]
    assert files.read("csv", "data/*.csv")[1] == [(6,)]


@pytest.mark.parametrize(
    ("columns", "code", "text"),
    [
        ({"amont": "BIGINT"}, "SK0741", "did you mean amount?"),
        ({"amount": "BIGNUMBER"}, "SK0740", "DECIMAL"),
        ({"amount": "INT) FROM x --"}, "SK0740", "DECIMAL"),
    ],
)
@pytest.mark.parametrize("type", ["csv", "json"])
def test_declared_columns_that_cannot_be_are_refused(files, type, columns, code, text):
    files.write("a", "id,amount\n1,2\n" if type == "csv" else '[{"id": 1, "amount": 2}]')

    with pytest.raises(NodeError) as caught:
        files.read(type, "a", columns=columns)

    assert caught.value.code == code
    assert text in caught.value.help


def test_a_tsv_has_tabs(files):
    files.write("a.tsv", "id\tname\n1\ta,b\n")

    assert files.read("tsv", "a.tsv") == (["id", "name"], [(1, "a,b")])


def test_a_value_that_is_no_number_names_its_line(files):
    files.write("a.csv", "id,n\n" + "1,2\n" * 30_000 + "1,x\n")

    with pytest.raises(NodeError, match="line 30002") as caught:
        files.read("csv", "a.csv", columns={"n": "BIGINT"})

    assert caught.value.message == "a.csv, line 30002, column 'n': 'x' is not exactly a BIGINT"
    assert caught.value.code == "SK0770"


def test_a_late_value_that_is_no_number_makes_text_of_its_column_and_is_told(files):
    files.write("a.csv", "id,n\n" + "1,2\n" * 30_000 + "1,x\n")

    _, rows = files.read("csv", "a.csv")

    assert (rows[0], rows[-1]) == ((1, "2"), (1, "x"))
    assert files.warnings == [
        "a.csv: column 'n' is read as text and not as BIGINT, because of line 30002: 'x'"
    ]


@pytest.mark.parametrize(
    ("values", "line", "told"),
    [
        (["5", "100", "x", "1000"], 4, "BIGINT"),
        (["x", "5", "100", "1000"], 2, "BIGINT"),
        (["1", "2.5", "n/a", "3"], 4, "DOUBLE"),
        (["2024-01-31", "2024-02-31", "2024-03-31"], 3, "DATE"),
        ([*["1"] * 51, "x"], 53, "BIGINT"),
        ([*["1"] * 9_971, "x", *["1"] * 50, "y"], 9_973, "BIGINT"),
        ([*["1"] * 15_000, "x", *["1"] * 10_000], 15_002, "BIGINT"),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, list) else str(value),
)
def test_a_few_values_that_make_text_of_a_column_are_told_whatever_the_files_size(
    files, values, line, told
):
    files.write("a.csv", "id,n\n" + "".join(f"1,{value}\n" for value in values))

    _, rows = files.read("csv", "a.csv")

    assert [row[1] for row in rows] == values
    assert files.warnings == [
        f"a.csv: column 'n' is read as text and not as {told}, because of line {line}:"
        f" {values[line - 2]!r}"
    ]


@pytest.mark.parametrize(
    "values",
    [
        ["90210", "10001", "01234", "60601"],
        ["A1", "2", "B3", "4"],
        ["1", "x"],
        ["Ann", "Bo", "7"],
        ["", "", ""],
    ],
)
def test_a_column_that_is_text_by_many_of_its_values_or_is_a_code_is_not_told(files, values):
    files.write("a.csv", "id,n\n" + "".join(f"1,{value}\n" for value in values))

    files.read("csv", "a.csv")

    assert files.warnings == []


def test_a_column_that_is_declared_as_text_is_not_told(files):
    files.write("a.csv", "id,n\n1,5\n2,6\n3,7\n4,x\n")

    files.read("csv", "a.csv", columns={"n": "VARCHAR"})

    assert files.warnings == []


@pytest.mark.parametrize("name", ["a,x", "a;x", "a\nx"])
@pytest.mark.parametrize("others", [1, 0])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_first_name_that_needs_its_quotes_is_read_behind_a_byte_order_mark(
    files, name, others, ending
):
    more, value = ',"b"' * others, ",2" * others
    text = f'"{name}"{more}\n1{value}\n3{value}\n'.encode("utf-8-sig")
    files.write(f"a.csv{ending}", gzip.compress(text) if ending else text)

    names, rows = files.read("csv", f"a.csv{ending}")

    assert names == [name, *["b"] * others]
    assert rows == [(1, *[2] * others), (3, *[2] * others)]


@pytest.mark.parametrize("name", ["c", "c" * 200_000])
def test_a_missing_column_is_told_on_one_screen(files, name):
    width = 5_000 if len(name) == 1 else 2
    names = [f"{name}{n}" for n in range(width)]
    files.write("a.csv", f"{','.join(names)}\n{','.join('1' * width)}\n")

    with pytest.raises(NodeError) as caught:
        files.read("csv", "a.csv", columns={"zz": "INTEGER"})

    assert caught.value.code == "SK0741"
    assert len(caught.value.help) < 500
    assert "hive_partitioning: true" in caught.value.help
    assert width == 2 or ", c19, and 4,980 more" in caught.value.help


def test_a_long_name_is_told_on_one_screen(files):
    files.write("a.csv", f"a;{'n' * 200_000}\n1;2\n")
    files.write("b.csv", f"{'n' * 200_000},{'n' * 200_000}\n1,2\n")

    files.read("csv", "a.csv", delimiter=",")
    files.read("csv", "b.csv", header=True)

    assert "its only column is called 'a;nnn" in files.warnings[0]
    assert "2 columns are called 'nnn" in files.warnings[1]
    assert all(len(warning) < 300 for warning in files.warnings)


@pytest.mark.parametrize("before", [0, 25_000])
def test_the_file_and_line_that_are_in_another_encoding_are_named(files, before):
    files.write("d/1.csv", "id,v\n1,x\n")
    files.write("d/2.csv", b"id,v\n" + b"1,x\n" * before + b"2,\xe9\n3,y\n")

    with pytest.raises(NodeError) as caught:
        files.read("csv", "d/*.csv")

    assert caught.value.message == f"d/2.csv, line {before + 2}: it is not in utf-8"
    assert "encoding" in caught.value.help


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("delimiter", "abcdefgh"), ("quote", "ab"), ("escape", "ab"), ("skip", -1)),
        *(("decimal_separator", "x"), ("sample_size", -7), ("maximum_line_size", -7)),
        *(("compression", "foo"), ("dateformat", "%Q"), ("timestampformat", "%Q")),
    ],
)
def test_an_option_without_meaning_is_refused_by_its_name(files, name, value):
    files.write("a.csv", "a,b\n1,2\n")

    with pytest.raises(NodeError) as caught:
        files.read("csv", "a.csv", **{name: value})

    assert caught.value.message == f"params: {name} is {value!r}"
    assert caught.value.help


def test_a_gzip_file_that_is_cut_off_is_named(files):
    text = gzip.compress(b"".join(b"%d,%d\n" % (n, n * n) for n in range(50_000)))
    files.write("a.csv.gz", text[:2000])
    files.write("b.csv", "a,b\n1,2\n")

    for name, options in [("a.csv.gz", {}), ("b.csv", {"compression": "gzip"})]:
        with pytest.raises(NodeError) as caught:
            files.read("csv", name, **options)

        assert caught.value.code == "SK0742"
        assert name in caught.value.message
        assert "gzip" in caught.value.message


def test_a_file_of_bytes_is_no_csv(files):
    files.write("a.csv", bytes(range(256)) * 20)

    with pytest.raises(NodeError, match=r"a\.csv, line 2: it is not in utf-8"):
        files.read("csv", "a.csv")


@pytest.mark.parametrize(
    ("content", "options", "text"),
    [
        ("a,b\n1,2\n", {"skip": 99}, "a.csv has no line below those that skip: 99 leaves out"),
        (f"a,b\n1,2\n1,{'x' * 5000}\n", {"maximum_line_size": 1000}, "a.csv, line 3 has more than"),
    ],
)
def test_what_cannot_be_read_is_not_told_in_words_of_duckdb(files, content, options, text):
    files.write("a.csv", content)

    with pytest.raises(NodeError) as caught:
        files.read("csv", "a.csv", **options)

    assert text in caught.value.message
    assert not any(word in caught.value.message for word in ("sniff", "LINE 1", "SELECT"))
    assert next(iter(options)) in caught.value.help
