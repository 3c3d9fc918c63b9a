"""A stranger's plugin keeps what every plugin promises."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.core.kernel.seeknal_shelf import (
    Positive,
    Shelf,
    ShelfSource,
    ShelfTarget,
)

from seeknal.plugin import Audit, Connection, NodeId, Secret, Source, Target
from seeknal.testing import (
    AuditContract,
    ConnectionContract,
    PluginContract,
    SourceContract,
    TargetContract,
)

pytestmark = pytest.mark.inside

PLUGIN = "tests.core.kernel.seeknal_shelf"
BOOKS = {"books": Shelf(path="books.db"), "nowhere": Shelf(path="no/where/books.db")}


def fill(folder, table, rows):
    with closing(sqlite3.connect(folder / "books.db")) as file, file:
        file.execute(f"CREATE TABLE {table} (id INTEGER, name TEXT)")
        file.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)


class TestShelf(PluginContract):
    plugin = "seeknal_shelf"

    @pytest.fixture(autouse=True)
    def _found(self, monkeypatch):
        folder = str(Path(__file__).parent)
        monkeypatch.syspath_prepend(folder)
        monkeypatch.setenv("PYTHONPATH", folder)


class TestSource(SourceContract):
    plugin = PLUGIN

    @pytest.fixture
    def connections(self):
        return BOOKS

    def of(self, table):
        node = NodeId("source.s")
        return Source(
            node=node, type="shelf", options=ShelfSource(), table=(table,), connection="books"
        )

    @pytest.fixture
    def source(self, tmp_path):
        fill(tmp_path, "some", [(1, "a"), (2, None)])
        return self.of("some")

    @pytest.fixture
    def expected(self):
        return [("id", "BIGINT"), ("name", "VARCHAR")], [(1, "a"), (2, None)]

    @pytest.fixture
    def empty_source(self, tmp_path):
        fill(tmp_path, "empty", [])
        return self.of("empty")

    @pytest.fixture
    def missing_source(self):
        return self.of("missing")


class TestTarget(TargetContract):
    plugin = PLUGIN

    @pytest.fixture
    def connections(self):
        return BOOKS

    def of(self, connection):
        return Target(
            node=NodeId("transform.t"),
            type="shelf",
            options=ShelfTarget(table="t"),
            key="k",
            label="t",
            connection=connection,
        )

    @pytest.fixture
    def target(self):
        return self.of("books")

    @pytest.fixture
    def delivered(self, tmp_path):
        def read():
            with closing(sqlite3.connect(tmp_path / "books.db")) as file:
                return file.execute("SELECT * FROM t").fetchall()

        return read

    @pytest.fixture
    def unwritable(self):
        return self.of("nowhere")


class TestConnection(ConnectionContract):
    plugin = PLUGIN

    @pytest.fixture
    def connection(self, tmp_path):
        fill(tmp_path, "some", [(1, "a")])
        return Connection(name="books", type="shelf", options=BOOKS["books"])

    @pytest.fixture
    def unreachable(self):
        options = Shelf(path="no/where.db", password=Secret(self.secret))
        return Connection(name="nowhere", type="shelf", options=options)

    @pytest.fixture
    def table(self):
        return "some", ["id", "name"]

    @pytest.fixture
    def writing(self):
        return ["DELETE FROM some", "CREATE TABLE x (a INTEGER)"]


class TestAudit(AuditContract):
    plugin = PLUGIN

    @pytest.fixture
    def audit(self):
        options = Positive(column="amount")
        return Audit(type="positive", options=options, node=NodeId("transform.t"))

    @pytest.fixture
    def good_rows(self):
        return "SELECT 1 AS amount"

    @pytest.fixture
    def bad_rows(self):
        return "SELECT unnest([1, 0, -1]) AS amount", 2
