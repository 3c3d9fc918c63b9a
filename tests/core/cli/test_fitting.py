"""What is printed fits the terminal; where there is none, nothing is cut or moved."""

import pytest
from tests.terminal import Terminal

from seeknal.cli.fitting import middle, width
from seeknal.cli.render import table_lines

NAMES = ("node", "rows")


def test_a_long_name_keeps_its_beginning_and_its_end():
    assert middle("transform.clean_orders_without_returns", 21) == "transform.…ut_returns"
    assert middle("transform.a", 21) == "transform.a"
    assert middle("transform.\u6ce8\u6587\u6ce8\u6587", 12) == "transfo…\u6ce8\u6587"


def test_a_table_that_fits_is_as_it_is():
    lines = table_lines(NAMES, [("a", 1)], (False, True), columns=80)

    assert lines == table_lines(NAMES, [("a", 1)], (False, True))


def test_wide_columns_of_a_table_are_cut_until_it_fits():
    rows = [("transform.clean_orders_without_returns", "1,234,567")]

    lines = table_lines(NAMES, rows, (False, True), columns=40)

    assert max(map(len, lines)) == 40
    assert lines[2] == "transform.clea…ithout_returns  1,234,567"


def test_where_there_is_no_terminal_no_value_is_cut():
    long = "a\nb" * 100

    lines = table_lines(("x" * 70, "rows"), [(long, 1)])

    assert lines[0].split() == ["x" * 70, "rows"]
    assert lines[2].split() == ["a\\nb" * 100, "1"]


def test_a_wide_terminal_shows_long_values_whole():
    rows = [("x" * 90, 1)]

    lines = table_lines(NAMES, rows, (False, True), columns=100)

    assert lines == table_lines(NAMES, rows, (False, True))


def test_columns_that_can_be_spared_go_first():
    rows = [("2026-01-01 00:00:00", "20260101T000000-abcdef01", "success")]

    lines = table_lines(("started", "run", "status"), rows, columns=40, spare=("started",))

    assert lines[0].split() == ["run", "status"]
    assert lines[2].split() == ["20260101T000000-abcdef01", "success"]


def test_what_is_needed_whole_is_not_cut_and_prose_loses_its_end():
    rows = [("20260101T000000-abcdef01", "transform.clean_orders", "email is NULL in 2 of 30 rows")]
    names = ("run", "node", "message")

    lines = table_lines(names, rows, columns=60, whole=("run",), prose=("message",))

    assert max(map(len, lines)) == 60
    assert lines[2] == "20260101T000000-abcdef01  transfor…_orders  email is NULL i…"


def test_a_table_of_too_many_columns_stands_upright():
    names = [f"column_{number}" for number in range(12)]
    rows = [[f"value {row}.{number}" for number in range(12)] for row in range(2)]

    lines = table_lines(names, rows, columns=40, least=30)

    assert lines[:3] == [
        "-[ 1 ]" + "-" * 34,
        "column_0   value 0.0",
        "column_1   value 0.1",
    ]
    assert "-[ 2 ]" + "-" * 34 in lines
    assert "column_11  value 1.11" in lines


def test_a_long_value_of_an_upright_row_goes_on_below():
    names = [f"column_{number}" for number in range(12)]

    lines = table_lines(names, [["x" * 50, *[""] * 11]], columns=40, least=30)

    assert lines[1:3] == ["column_0   " + "x" * 29, " " * 11 + "x" * 21]


@pytest.mark.parametrize("columns", [12, 20, 40, 80])
def test_nothing_is_wider_than_the_terminal(columns):
    rows = [["a" * 100, "\u6ce8" * 50, "c", 123456789]]

    lines = table_lines(("one", "two", "three", "number"), rows, columns=columns)

    assert max(map(width, lines)) <= columns


def test_a_plan_says_every_reason_within_the_terminal(seeknal_project):
    name = "customers_with_all_that_is_known_of_them"
    project = seeknal_project(
        {
            "data/a.csv": "x\n1\n",
            "seeknal/a.yml": f"""
                kind: source
                name: a
                source: csv
                table: data/a.csv
                ---
                {{kind: transform, name: b, sql: "SELECT x FROM ref('source.a')"}}
                ---
                {{kind: transform, name: {name}, sql: "SELECT x FROM ref('transform.b')"}}
            """,
        }
    )
    project.run("run").assert_ok()
    file = project.path / "seeknal/a.yml"
    file.write_text(
        file.read_text().replace(
            "SELECT x FROM ref('source.a')",
            "SELECT x + 1 AS x"
            ", x AS a_name_of_a_column_that_is_long"
            ", x AS another_name_of_a_column_that_is_long"
            " FROM ref('source.a')",
        )
    )

    with Terminal(project.path, "plan") as terminal:
        assert terminal.end() == 0

    sql = [line for line in terminal.lines if "SELECT" in line]
    assert max(len(line) for line in terminal.lines if line not in sql) <= 80
    (line,) = (line for line in terminal.lines if line.startswith("transform.c"))
    assert line.endswith("inputs changed (only if they do, else reuse)")
