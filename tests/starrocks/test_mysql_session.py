"""What `seeknal sql --connection` and the REPL show of MySQL's values."""

import csv
import io
import sys

import pytest
from tests.starrocks.mariadbs import PASSWORD


@pytest.fixture
def project(seeknal_project, maria):
    place = f"host: {maria.host}, port: {maria.port}, user: reader, database: shop"
    return seeknal_project(
        {
            "profiles.yml": "connections:\n"
            f"  shop: {{type: mysql, {place}, password: {PASSWORD}, ssl: required}}\n"
        }
    )


VALUES = {
    "x'00FF41'": r"\x00\xFFA",
    "CAST('-00:30:00' AS TIME)": "-00:30:00",
    "CAST('-838:59:59' AS TIME)": "-838:59:59",
    "CAST('25:00:00.5' AS TIME(6))": "25:00:00.500000",
    "CAST('2024-01-02 03:04:05' AS DATETIME)": "2024-01-02 03:04:05",
    "CAST('2024-01-02' AS DATE)": "2024-01-02",
    "CAST(1.50 AS DECIMAL(5,2))": "1.50",
    "b'101'": r"\x05",
    "'é'": "é",
    "NULL": "",
}


def test_values_are_shown_as_the_server_says_them(project):
    query = "SELECT " + ", ".join(f"{value} AS v{n}" for n, value in enumerate(VALUES))

    outcome = project.run("sql", "--connection", "shop", query, "--format", "csv").assert_ok()

    _, shown = csv.reader(outcome.stdout.splitlines())
    assert shown == list(VALUES.values())


ENDLESS = "SELECT a.seq FROM seq_1_to_9999999 AS a, seq_1_to_9999999 AS b"


def test_no_more_rows_are_read_than_are_shown(project, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{ENDLESS};\nSELECT 41 + 1 AS n;\n"))

    outcome = project.run("repl", "--connection", "shop", "--limit", "2").assert_ok()

    assert outcome.stdout.split() == ["seq", "---", "1", "2", "n", "--", "42"]
    assert "the first 2 rows are shown" in outcome.stderr


@pytest.mark.parametrize("count", [1, 2, 3, 1002, 1003, 1004, 50_000])
def test_the_next_statement_is_answered_whatever_was_left_of_the_last(project, monkeypatch, count):
    text = f"SELECT seq FROM seq_1_to_{count};\nSELECT 41 + 1 AS n;\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    outcome = project.run("repl", "--connection", "shop", "--limit", "2", "--format", "csv")

    shown = ["1", "2"][:count]
    assert outcome.assert_ok().stdout.split() == ["seq", *shown, "n", "42"]
    assert ("the first 2 rows are shown" in outcome.stderr) == (count > 2)


@pytest.mark.parametrize(
    ("database", "name"),
    [
        ("shop", "a.b"),
        ("shop", "`a.b`"),
        ("shop", "shop.`a.b`"),
        ("`shop`", "`we``ird`"),
        ("information_schema", "tables"),
        ("shop", "information_schema.tables"),
    ],
)
def test_a_table_is_described_whose_name_has_a_dot(project, maria, monkeypatch, database, name):
    maria.execute("CREATE TABLE `a.b` (table_name INT)", "CREATE TABLE `we``ird` (table_name INT)")
    text = f".use {database}\n.schema {name}\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    outcome = project.run("repl", "--connection", "shop").assert_ok()

    assert "table_name" in outcome.stdout.lower()
