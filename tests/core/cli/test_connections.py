"""Connections and commands that a plugin brings."""

import json
import sqlite3

import pytest
from tests.core.cli.conftest import FILES
from tests.installed import install_plugin

PLUGIN = '''
import sqlite3

import click
from attrs import frozen

from seeknal.plugin import (
    ConnectionFailed,
    ConnectionType,
    Secret,
    hookimpl,
    option,
    this_command,
)


@frozen(kw_only=True)
class Shelf:
    path: str = option(summary="the database file")
    password: Secret = option(Secret(""))


class ShelfSession:
    def __init__(self, options):
        self.connection = sqlite3.connect(f"file:{options.path}?mode=ro", uri=True)
        self.password = options.password.reveal()

    def execute(self, sql):
        if "crash" in sql:
            raise RuntimeError(f"cannot log in with {self.password}")
        found = self.connection.execute(sql)
        return [column[0] for column in found.description], found.fetchall()

    def tables(self):
        return [row[0] for row in self.connection.execute("SELECT name FROM sqlite_schema")]

    def schema(self, table):
        rows = self.connection.execute("SELECT name, type FROM pragma_table_info(?)", [table])
        return rows.fetchall()

    def describe(self):
        return f"sqlite {sqlite3.sqlite_version}, {len(self.tables())} table"

    def close(self):
        self.connection.close()


@hookimpl
def connection_types():
    return [ConnectionType(name="shelf", options=Shelf, summary="A shelf of tables")]


@hookimpl
def open_session(connection, project_root):
    if not isinstance(connection.options, Shelf):
        return None
    if connection.options.path == "refused":
        raise ConnectionFailed("the shelf is closed")
    return ShelfSession(connection.options)


@click.command("dust")
def dust():
    """Dust the shelf."""
    print("dusted")


@click.command("shelves", hidden=True)
@click.argument("type")
@click.option("--only")
def shelves(type, only):
    for name, options in this_command().options_of(type, only).items():
        print(name, options["path"].rpartition("/")[2], repr(options["password"]))
'''

COMMANDS = {name: f"seeknal_shelf:{name}" for name in ("dust", "shelves")}
PROFILES = """
connections:
  shelf: {type: shelf, path: PATH, password: "${SHELF_PASSWORD:canary-4711}"}
  closed: {type: shelf, path: refused}
  unset: {type: shelf, path: "${NOT_SET_ANYWHERE}"}
"""


@pytest.fixture
def project(seeknal_project, tmp_path_factory, monkeypatch):
    """The shop with a plugin that is really installed: found by its entry point."""
    site = tmp_path_factory.mktemp("site")
    install_plugin(site, "seeknal_shelf", PLUGIN, commands=COMMANDS)
    monkeypatch.syspath_prepend(site)
    with sqlite3.connect(site / "shelf.db") as database:
        database.execute("CREATE TABLE books (id INTEGER, title TEXT)")
        database.executemany("INSERT INTO books VALUES (?, ?)", [(1, "Emma"), (2, None)])
    database.close()
    profiles = PROFILES.replace("PATH", str(site / "shelf.db"))
    return seeknal_project({**FILES, "profiles.yml": profiles})


def test_connections_are_listed_without_connecting(project):
    outcome = project.run("connection", "list", "--format", "json").assert_ok()

    found = {entry["name"]: entry["status"] for entry in outcome.json()}
    assert found == {"shelf": "success", "closed": "success", "unset": "failed"}
    unset = next(entry for entry in outcome.json() if entry["name"] == "unset")
    assert "NOT_SET_ANYWHERE" in unset["detail"]


def test_a_connections_test_says_what_is_there(project):
    good = project.run("connection", "test", "shelf").assert_ok()
    bad = project.run("connection", "test", "closed", "--format", "json")

    assert "1 table" in good.stdout
    assert bad.exit_code == 1
    assert bad.json()[0]["detail"] == "the shelf is closed"


@pytest.mark.parametrize(
    "words",
    [
        ("connection", "test", "closed"),
        ("ingest", "--path", "a.csv", "--name", "a", "--into", "closed"),
    ],
)
def test_what_is_wrong_in_profiles_is_shown_with_its_line(project, words):
    line = "  closed: {type: shelf}"
    project.write({"profiles.yml": f"connections:\n{line}\n{line}\n"})

    outcome = project.run(*words)

    assert outcome.exit_code == 2
    assert f" 3 | {line}" in outcome.stderr


def test_a_connection_can_be_queried(project):
    query = "SELECT * FROM books ORDER BY id;"

    as_json = project.run("sql", query, "--connection", "shelf", "--format", "json").assert_ok()
    as_table = project.run("sql", query, "--connection", "shelf", "--limit", "1").assert_ok()
    as_csv = project.run("sql", query, "--connection", "shelf", "--format", "csv").assert_ok()

    assert as_json.json() == [{"id": 1, "title": "Emma"}, {"id": 2, "title": None}]
    assert as_table.stdout.splitlines() == ["id  title", "--  -----", "1   Emma"]
    assert "the first 1 rows" in as_table.stderr
    assert as_csv.stdout == "id,title\n1,Emma\n2,\n"


def test_a_connection_can_be_explored_in_the_repl(project):
    text = ".tables\n.schema books\nSELECT count(*) AS n FROM books;\n"

    outcome = project.run("repl", "--connection", "shelf", "--exec", text).assert_ok()

    assert outcome.stdout.split() == [
        "books", "column", "type", "------", "-------", "id", "INTEGER", "title", "TEXT",
        "n", "-", "2",
    ]  # fmt: skip


def test_a_drivers_words_are_passed_on_without_the_secret(project):
    outcome = project.run("sql", "crash", "--connection", "shelf")

    assert outcome.exit_code == 1
    assert "cannot log in with ***" in outcome.stderr
    assert "canary-4711" not in outcome.stderr + outcome.stdout


def test_an_unknown_connection_names_the_nearest(project):
    outcome = project.run("sql", "SELECT 1", "--connection", "shelv")

    assert outcome.exit_code == 2
    assert "did you mean shelf" in outcome.stderr


def test_a_plugins_command_stands_beside_the_others(project):
    listed = project.run("--help").assert_ok()
    ran = project.run("dust").assert_ok()
    near = project.run("dsut")

    assert "dust Dust the shelf." in " ".join(listed.stdout.split())
    assert ran.stdout == "dusted\n"
    assert "did you mean dust?" in near.stderr


def test_a_plugin_is_listed_with_its_distribution(project):
    outcome = project.run("plugins", "--format", "json").assert_ok()

    (shelf,) = [entry for entry in json.loads(outcome.stdout) if entry["name"] == "shelf"]
    assert (shelf["distribution"], shelf["version"]) == ("seeknal-shelf", "1.0")
    assert "open_session" in shelf["hooks"]


def test_a_command_is_given_options_of_another_plugins_connections(project):
    one = project.run("shelves", "shelf", "--only", "shelf").assert_ok()
    none = project.run("shelves", "elsewhere").assert_ok()
    unset = project.run("shelves", "shelf")

    assert one.stdout == "shelf shelf.db ***\n"
    assert none.stdout == ""
    assert "NOT_SET_ANYWHERE" in unset.stderr
    assert "shelves" not in project.run("--help").assert_ok().stdout
