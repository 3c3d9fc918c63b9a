"""Tables and JSON."""

import json

from seeknal.cli.render import cell, count, plain, print_json, size_text, table_lines, width
from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.secret import Secret


def test_a_table_is_aligned_with_numbers_to_the_right():
    lines = table_lines(("name", "rows"), [("a", "1"), ("longer", "1,000")], (False, True))

    assert lines == [
        "name     rows",
        "------  -----",
        "a           1",
        "longer  1,000",
    ]


def test_a_table_without_rows_is_its_header():
    assert table_lines(("a", "bb"), []) == ["a  bb", "-  --"]


def test_wide_characters_keep_columns_aligned():
    lines = table_lines(("name", "x"), [("日本", "1"), ("e\u0301", "2")])

    assert [width(line) for line in lines] == [7, 7, 7, 7]


def test_a_cell_is_one_line_without_control_characters():
    assert cell("a\nb\x1b[31m") == "a\\nb\\x1b[31m"
    assert cell(None) == ""
    assert len(cell("x" * 1000)) == 1000


def test_json_holds_plain_values_and_no_secret(capsys):
    value = {"id": NodeId("source.a"), "column": Column("x", "INTEGER"), "secret": Secret("abcde")}

    print_json(value)

    assert json.loads(capsys.readouterr().out) == {
        "id": "source.a",
        "column": {"name": "x", "type": "INTEGER", "nullable": True},
        "secret": "***",
    }
    assert plain((1, None, {2.5})) == [1, None, [2.5]]


def test_sizes_and_counts_read_well():
    assert [size_text(size) for size in (None, 12, 2048, 5 * 2**20, 3 * 2**30)] == [
        "",
        "12 B",
        "2.0 KiB",
        "5.0 MiB",
        "3.0 GiB",
    ]
    assert [count(number, "row") for number in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]
