"""What `seeknal sql --connection` and the REPL show of MySQL's values."""

import csv
import io
import sys

import pytest
from tests.installed import install_plugin
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


STORE = """
from attrs import frozen

from seeknal.plugin import ConnectionType, hookimpl


@frozen(kw_only=True)
class Options:
    pass


class Store:
    def place(self, table):
        return table

    def committed(self, load):
        return None

    def __getattr__(self, name):
        return lambda *_, **__: {}


@hookimpl
def connection_types():
    return [ConnectionType(name="store", options=Options, summary="It keeps nothing")]


@hookimpl
def open_warehouse(connection, context):
    return Store() if isinstance(connection.options, Options) else None
"""


def test_what_a_load_needs_is_told_by_words_that_fit(project, maria, tmp_path, monkeypatch):
    install_plugin(tmp_path, "seeknal_store", STORE)
    monkeypatch.syspath_prepend(tmp_path)
    with (project.path / "profiles.yml").open("a") as profiles:
        profiles.write("  store: {type: store}\n")
    maria.execute("CREATE TABLE inc_a (id BIGINT)", "INSERT INTO inc_a VALUES (1)")
    load = ("ingest", "--connection", "shop")

    lag = project.run(*load, "--table", "inc_a", "--incremental", "id", "--into", "store:inc_a")
    tables = project.run(*load, "--tables", "shop.inc_*", "--into", "store:raw.*")

    assert "of numbers a number" in lag.stderr
    assert "did you mean 'inc_*'?" in tables.stderr
