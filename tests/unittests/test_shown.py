"""A difference is shown so that it fits a terminal and tells what matters."""

import re

import pytest

from seeknal.cli import differences
from seeknal.cli.differences import difference_lines
from seeknal.sql.typetree import TypeTree
from seeknal.unittests.comparing import Answer, Difference
from seeknal.unittests.matching import match
from tests.unittests.conftest import SHOP

TEXT = TypeTree(name="VARCHAR", text="VARCHAR")


def difference(expected, actual, names=None):
    names = names or [f"column_{n}" for n in range(len((expected or actual)[0]))]
    columns = dict.fromkeys(names, TEXT)
    answer = Answer(columns=columns, rows=actual)
    found = match(expected, actual, 0.0)
    return Difference(
        columns=columns, expected=expected, actual=actual, matching=found, answer=answer
    )


@pytest.fixture
def lines(tmp_path, monkeypatch):
    """The lines of a difference on a terminal of so many columns."""

    def ask(found, columns=None):
        monkeypatch.setattr(differences, "columns_of", lambda stream: columns)
        return difference_lines(found, tmp_path / "rows.csv")

    return ask


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(columns, lines):
    long = tuple("x" * (7 * n) for n in range(12))
    other = (*long[:3], "changed", *long[4:])

    found = lines(difference([long, ("1",) * 12], [other, ("2",) * 12]), columns)

    assert [line for line in found[1:] if len(line) > columns] == []


def test_columns_that_differ_are_kept_where_there_is_no_room_for_all(lines):
    row = tuple("same value" for _ in range(12))
    other = (*row[:10], "another", row[11])

    found = lines(difference([row], [other]), 70)

    assert "same value → another" in found[3]
    assert re.fullmatch(r"  and \d more columns in which no changed row differs", found[-1])


def test_long_values_are_shown_where_they_begin_to_differ(lines):
    one, other = "a" * 300 + "b" + "c" * 300, "a" * 300 + "d" + "c" * 300

    found = lines(difference([("1", one)], [("1", other)]))

    assert "aaab" in found[3]
    assert "aaad" in found[3]
    assert len(found[3]) < 120


def test_null_is_told_from_text_and_blanks_are_seen(lines):
    found = lines(difference([("1", "2", None, " x")], [("1", "2", "NULL", "")]))

    assert "NULL → 'NULL'" in found[3]
    assert "' x' → ''" in found[3]


def test_control_characters_do_not_reach_the_terminal(lines):
    found = lines(difference([("1", "a\x1b[31m\n")], [("1", "b")]))

    assert "\x1b" not in "".join(found)
    assert len(found) == 4


def test_at_most_twenty_rows_are_shown_and_all_are_in_the_file(lines, tmp_path):
    expected = [(str(n), "a") for n in range(30)]
    actual = [(str(n), "b") for n in range(30)]

    found = lines(difference(expected, actual))

    assert sum(line.startswith("  ~") for line in found) == 20
    assert found[-1].startswith("  and 10 more rows: all are in ")
    assert (tmp_path / "rows.csv").read_text().count("expected,") == 30


def test_columns_that_are_private_are_shown_as_they_stand_in_the_file(shop):
    private = SHOP["seeknal/sources/users.yml"] + "columns: {name: {type: VARCHAR, pii: true}}\n"
    text = """
        test: transform.adults
        inputs: {source.users: {rows: [{user_id: 1, name: Ann, age: 30}]}}
        expected_output: {rows: [{user_id: 1, name: Eve, age: 30}]}
        """
    shop.write({"seeknal/sources/users.yml": private, "tests/a.yml": text})

    found = shop.run("test")

    assert "Eve → Ann" in found.stdout
