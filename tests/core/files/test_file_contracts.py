"""The file plugins keep what every plugin promises."""

import sqlite3
from contextlib import closing

import duckdb
import pytest
from attrs import evolve
from openpyxl import Workbook

from seeknal.builtin.options.csv import CsvOptions
from seeknal.builtin.options.excel import ExcelOptions
from seeknal.builtin.options.filetarget import FileOptions
from seeknal.builtin.options.json import JsonOptions
from seeknal.builtin.options.parquet import ParquetOptions
from seeknal.builtin.options.sqlite import SqliteOptions
from seeknal.testing import PluginContract, SourceContract, TargetContract
from seeknal.values.columns import ColumnSpec
from seeknal.values.names import NodeId
from seeknal.values.sources import Source
from seeknal.values.targets import Target

pytestmark = [pytest.mark.inside, pytest.mark.versions]

ROWS = [(1, "a"), (2, None)]
TYPES = [("id", "BIGINT"), ("name", "VARCHAR")]


class FileContract(SourceContract):
    """Sources of the rows above, written by ``make``."""

    options: object
    type: str
    path: str

    def make(self, path, rows):
        raise NotImplementedError

    def of(self, tmp_path, path, rows):
        if rows is not None:
            self.make(tmp_path / path, rows)
        return Source(
            node=NodeId("source.s"),
            type=self.type,
            options=self.options,
            table=(path,),
            columns=tuple(ColumnSpec(name=name, type=type) for name, type in TYPES),
        )

    @pytest.fixture
    def source(self, tmp_path):
        return self.of(tmp_path, self.path, ROWS)

    @pytest.fixture
    def empty_source(self, tmp_path):
        return self.of(tmp_path, f"empty_{self.path}", [])

    @pytest.fixture
    def missing_source(self, tmp_path):
        return self.of(tmp_path, f"missing_{self.path}", None)

    @pytest.fixture
    def expected(self):
        return TYPES, ROWS


class TestCsv(FileContract):
    plugin = "seeknal.builtin.files"
    type, path, options = "csv", "a.csv", CsvOptions()

    def make(self, path, rows):
        lines = [f"{id},{name or ''}" for id, name in rows]
        path.write_text("\n".join(["id,name", *lines]) + "\n")


class TestJson(FileContract):
    plugin = "seeknal.builtin.files"
    type, path, options = "json", "a.jsonl", JsonOptions()

    def make(self, path, rows):
        values = [f'"{name}"' if name else "null" for _, name in rows]
        pairs = zip(rows, values, strict=True)
        path.write_text("".join(f'{{"id": {row[0]}, "name": {name}}}\n' for row, name in pairs))


class TestParquet(FileContract):
    plugin = "seeknal.builtin.files"
    type, path, options = "parquet", "a.parquet", ParquetOptions()

    def make(self, path, rows):
        values = ", ".join(f"({id}, {repr(name) if name else 'NULL'})" for id, name in rows)
        where = "" if rows else " WHERE false"
        query = f"FROM (VALUES {values or '(1, NULL)'}) v(id, name){where}"
        duckdb.sql(f"SELECT id::BIGINT AS id, name::VARCHAR AS name {query}").write_parquet(
            str(path)
        )

    @pytest.fixture
    def timed(self, tmp_path):
        for day in ("2024-06-01", "2024-06-02", "2024-06-05"):
            values = f"(1, TIMESTAMP '{day}'), (2, TIMESTAMP '{day} 23:59:59.999999'), (3, NULL)"
            path = tmp_path / f"{day}.parquet"
            duckdb.sql(f'FROM (VALUES {values}) v(id, "at")').write_parquet(str(path))
        return evolve(self.of(tmp_path, "*.parquet", None), columns=()), "at"


class TestExcel(FileContract):
    plugin = "seeknal.builtin.excel"
    type, path, options = "excel", "a.xlsx", ExcelOptions()

    def make(self, path, rows):
        workbook = Workbook()
        for row in [("id", "name"), *rows]:
            workbook.active.append(row)
        workbook.save(path)


class TestSqlite(FileContract):
    plugin = "seeknal.builtin.sqlite"
    type, path, options = "sqlite", "a.db", SqliteOptions(table="t")

    def make(self, path, rows):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE t (id INTEGER, name TEXT)")
            connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
            connection.commit()


class TestFileTarget(TargetContract):
    plugin = "seeknal.builtin.filetarget"
    path = "out/a.csv"

    def at(self, path):
        return Target(
            node=NodeId("transform.contract"),
            type="file",
            options=FileOptions(path=path),
            key="key",
            label=path,
        )

    @pytest.fixture
    def target(self):
        return self.at(self.path)

    @pytest.fixture
    def unwritable(self, tmp_path):
        (tmp_path / "blocked").write_text("a file")
        return self.at(f"blocked/{self.path}")

    @pytest.fixture
    def delivered(self, tmp_path):
        return lambda: duckdb.sql(f"FROM '{tmp_path / self.path}'").fetchall()


class TestParquetTarget(TestFileTarget):
    path = "out/a.parquet"


@pytest.mark.parametrize("name", ["files", "excel", "sqlite", "filetarget"])
class TestPlugins:
    def test_it_keeps_what_every_plugin_promises(self, name):
        contract = type(
            "Contract",
            (PluginContract,),
            {
                "plugin": f"seeknal.builtin.{name}",
                "drivers": ("sqlite3", "openpyxl", "urllib.request"),
            },
        )()
        module = __import__(contract.plugin, fromlist=["x"])

        contract.test_every_hook_is_one_that_seeknal_calls(module)
        contract.test_importing_it_imports_no_driver()
        contract.test_what_it_declares_is_described(module)
        contract.test_names_do_not_repeat(module)
