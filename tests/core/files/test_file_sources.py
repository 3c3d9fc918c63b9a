"""Sources that are files, read as a project reads them."""

import datetime as dt
import gzip
import http.server
import sqlite3
import threading
from decimal import Decimal

import duckdb
import pytest
from openpyxl import Workbook

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def source(seeknal_project, keys, files=None):
    """A project with one source ``s`` of these keys."""
    made = seeknal_project(
        {"seeknal_project.yml": "name: files\n", "seeknal/s.yml": f"kind: source\nname: s\n{keys}"}
    )
    for path, content in (files or {}).items():
        full = made.path / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content if isinstance(content, bytes) else content.encode())
    return made


def rows_of(made):
    made.run("run").assert_ok()
    return made.rows("source.s")


@pytest.mark.parametrize(
    ("keys", "content", "expected"),
    [
        ("source: csv\ntable: a.csv", "a,b\n1,x\n2,\n", [(1, "x"), (2, None)]),
        ("source: csv\ntable: a.csv\nparams: {delim: ';'}", "a;b\n1;x\n", [(1, "x")]),
        ("source: csv\ntable: a.csv\nparams: {delimiter: '|', header: false}", "1|x\n", [(1, "x")]),
        ("source: csv\ntable: a.csv\nparams: {skip: 2}", "junk\njunk\na,b\n1,x\n", [(1, "x")]),
        ("source: csv\ntable: a.csv\ncolumns: {a: VARCHAR}", "a,b\n007,x\n", [("007", "x")]),
        (
            "source: csv\ntable: a.csv\ncolumns: {a: 'DECIMAL(9,3)', b: a note}",
            "a,b\n1.5,x\n",
            [(Decimal("1.500"), "x")],
        ),
        ("source: csv\ntable: a.csv\nparams: {nullstr: '-'}", "a,b\n1,-\n", [(1, None)]),
        ("source: csv\ntable: a.csv", "\ufeffa,b\n1,x\n", [(1, "x")]),
        ("source: csv\ntable: a.csv", 'a,b\n1,"x\ny"\n', [(1, "x\ny")]),
        (
            "source: jsonl\ntable: a.csv",
            '{"a": 1, "b": "x"}\n{"a": 2, "b": null}\n',
            [(1, "x"), (2, None)],
        ),
        ("source: json\ntable: a.csv", '[{"a": 1, "b": [1, 2]}]', [(1, [1, 2])]),
        ("source: json\ntable: a.csv\ncolumns: {a: VARCHAR}", '[{"a": 1}]', [("1",)]),
    ],
)
def test_text_files_become_typed_rows(seeknal_project, keys, content, expected):
    made = source(seeknal_project, keys + "\n", {"a.csv": content})

    assert rows_of(made) == expected


def test_globs_and_lists_are_read_in_order_of_name(seeknal_project):
    files = {"d/2.csv": "a\n2\n", "d/1.csv": "a\n1\n", "e.csv": "a\n3\n"}
    made = source(seeknal_project, "source: csv\ntable: [d/*.csv, e.csv]\n", files)

    assert rows_of(made) == [(1,), (2,), (3,)]


def test_a_new_file_that_a_glob_matches_is_noticed(seeknal_project):
    made = source(seeknal_project, "source: csv\ntable: d/*.csv\n", {"d/1.csv": "a\n1\n"})
    rows_of(made)
    (made.path / "d/2.csv").write_text("a\n2\n")

    assert rows_of(made) == [(1,), (2,)]


def test_parquet_keeps_its_rows_byte_for_byte(seeknal_project):
    made = source(seeknal_project, "source: parquet\ntable: a.parquet\n")
    file = made.path / "a.parquet"
    duckdb.sql("SELECT 1 AS a, now() AS t, [1, 2] AS l").write_parquet(str(file))

    made.run("run").assert_ok()

    stored = made.path / "target/intermediate/source_s.parquet"
    assert stored.read_bytes() == file.read_bytes()


def test_several_parquet_files_match_by_name(seeknal_project):
    made = source(seeknal_project, "source: parquet\ntable: '*.parquet'\n")
    duckdb.sql("SELECT 1 AS a, 2 AS b").write_parquet(str(made.path / "1.parquet"))
    duckdb.sql("SELECT 4 AS b, 3 AS a").write_parquet(str(made.path / "2.parquet"))

    assert rows_of(made) == [(1, 2), (3, 4)]


def test_a_compressed_csv_is_read(seeknal_project):
    made = source(
        seeknal_project, "source: csv\ntable: a.csv.gz\n", {"a.csv.gz": gzip.compress(b"a\n1\n")}
    )

    assert rows_of(made) == [(1,)]


def test_a_sheet_of_a_workbook_is_read_with_its_types(seeknal_project):
    made = source(
        seeknal_project,
        "source: excel\ntable: a.xlsx\nparams: {sheet_name: Sales}\ncolumns: {code: VARCHAR}\n",
    )
    workbook = Workbook()
    sheet = workbook.create_sheet("Sales")
    for row in (["code", "day", "amount"], [7, dt.datetime(2026, 1, 2), 1.5], [8, None, 2]):
        sheet.append(row)
    workbook.save(made.path / "a.xlsx")

    assert rows_of(made) == [("7", dt.datetime(2026, 1, 2), 1.5), ("8", None, 2.0)]


def test_a_sheet_that_is_not_there_offers_the_nearest(seeknal_project):
    made = source(seeknal_project, "source: xlsx\ntable: a.xlsx\nparams: {sheet: Salse}\n")
    workbook = Workbook()
    workbook.create_sheet("Sales")
    workbook.save(made.path / "a.xlsx")

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "did you mean Sales?" in outcome.stderr


def test_a_table_of_a_sqlite_file_is_read_with_its_types(seeknal_project):
    made = source(seeknal_project, "source: sqlite\ntable: t\nparams: {path: a.db}\n")
    with sqlite3.connect(made.path / "a.db") as connection:
        connection.execute("CREATE TABLE t (id INTEGER, name TEXT, price REAL, raw BLOB)")
        connection.execute("INSERT INTO t VALUES (1, 'x', 1.5, x'00ff'), (2, NULL, NULL, NULL)")
    connection.close()

    assert rows_of(made) == [(1, "x", 1.5, b"\x00\xff"), (2, None, None, None)]


def test_a_query_runs_in_sqlite(seeknal_project):
    made = source(
        seeknal_project,
        'source: sqlite\nquery: "SELECT id * 2 AS d FROM t"\nparams: {path: a.db}\n',
    )
    with sqlite3.connect(made.path / "a.db") as connection:
        connection.execute("CREATE TABLE t (id INTEGER)")
        connection.execute("INSERT INTO t VALUES (21)")
    connection.close()

    assert rows_of(made) == [(42,)]


@pytest.mark.parametrize(
    ("keys", "files", "message"),
    [
        ("source: csv\ntable: ordres.csv", {"orders.csv": "a\n"}, "did you mean orders.csv?"),
        ("source: csv\ntable: d", {"d/a.csv": "a\n"}, "'d' is a folder"),
        ("source: csv\ntable: 'x/*.csv'", {}, "no file matches 'x/*.csv'"),
        ("source: csv\ntable: ../a.csv", {}, "outside"),
        ("source: csv\ntable: a.csv\ncolumns: {a: INTEGER}", {"a.csv": "a,b\n1,x\nq,y\n"}, "q"),
        ("source: sqlite\ntable: t\nparams: {path: a.db}", {"a.db": ""}, "has no table 't'"),
        (
            "source: sqlite\ntable: t\nparams: {path: a.db}",
            {"a.db": "no database" * 99},
            "not a database",
        ),
        ("source: excel\ntable: a.xlsx", {"a.xlsx": "no workbook"}, "no workbook"),
        ("source: parquet\ntable: a.parquet", {"a.parquet": "PAR1 no"}, "a.parquet"),
        ("source: json\ntable: a.json", {"a.json": '{"a": '}, "a.json"),
        ("source: csv", {}, "does not say which file"),
    ],
)
def test_what_cannot_be_read_fails_the_node_and_says_why(seeknal_project, keys, files, message):
    made = source(seeknal_project, keys + "\n", files)

    outcome = made.run("run")

    assert outcome.exit_code in (1, 2)
    assert message in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        ("", "is empty"),
        ("id,ID\n1,2\n", "2 columns are called 'id'"),
    ],
)
def test_odd_csv_files_are_read_with_a_warning(seeknal_project, content, warning):
    made = source(seeknal_project, "source: csv\ntable: a.csv\n", {"a.csv": content})

    outcome = made.run("run")

    assert warning in outcome.stderr


def test_a_wrong_delimiter_is_suspected(seeknal_project):
    keys = "source: csv\ntable: a.csv\nparams: {delimiter: ';'}\n"
    made = source(seeknal_project, keys, {"a.csv": "id,n\n1,2\n"})

    outcome = made.run("run")

    assert "is the delimiter right?" in outcome.stderr


class Server:
    """A file server on this machine that can be told to fail first."""

    def __init__(self):
        self.content, self.tag, self.failures, self.gets = b"a\n1\n", '"1"', 0, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.send_response(200)
                self.send_header("ETag", outer.tag)
                self.send_header("Content-Length", str(len(outer.content)))
                self.end_headers()

            def do_GET(self):
                outer.gets += 1
                if outer.failures:
                    outer.failures -= 1
                    self.send_error(503)
                    return
                self.do_HEAD()
                self.wfile.write(outer.content)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/a.csv"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


def test_a_file_behind_a_url_is_fetched_again_only_when_its_tag_changes(seeknal_project, server):
    made = source(seeknal_project, f"source: csv\ntable: {server.url}\n")
    rows_of(made)
    rows_of(made)
    gets = server.gets
    server.content, server.tag = b"a\n2\n", '"2"'

    assert rows_of(made) == [(2,)]
    assert (gets, server.gets) == (1, 2)


def test_a_server_that_is_busy_is_asked_again(seeknal_project, server):
    server.failures = 1
    made = source(seeknal_project, f"source: http\ntable: {server.url}\n")

    assert rows_of(made) == [(1,)]


def test_a_server_that_does_not_answer_is_an_error_without_its_password(seeknal_project):
    made = source(seeknal_project, "source: csv\ntable: http://me:hunter2222@127.0.0.1:9/a.csv\n")

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "127.0.0.1:9/a.csv could not be read" in outcome.stderr
    assert "hunter2222" not in outcome.stderr


@pytest.mark.parametrize("pattern", ["data/*/*.csv", "data/**/*.csv", "**/*.csv", "data/*/a.csv"])
def test_folders_that_a_pattern_finds_are_columns(files, pattern):
    files.write("data/m=01/a.csv", "id\n1\n")
    files.write("data/m=02/a.csv", "id\n2\n")

    found = files.read("csv", pattern)
    off = files.read("csv", pattern, hive_partitioning=False)

    assert found == (["id", "m"], [(1, "01"), (2, "02")])
    assert off == (["id"], [(1,), (2,)])
    assert files.warnings == []


def test_folders_that_a_pattern_finds_are_columns_of_json_and_parquet(files):
    files.write("json/m=a/a.json", '{"id": 1}\n')
    (files.root / "parquet/m=a").mkdir(parents=True)
    files.duckdb.execute(f"COPY (SELECT 1 AS id) TO '{files.root}/parquet/m=a/a.parquet'")

    assert files.read("json", "json/*/*.json") == (["id", "m"], [(1, "a")])
    assert files.read("parquet", "parquet/*/*.parquet") == (["id", "m"], [(1, "a")])


def test_folders_above_a_pattern_are_no_columns(files, tmp_path):
    files.root = tmp_path / "run=7"
    files.write("data/x/a.csv", "id\n1\n")

    assert files.read("csv", "data/*/*.csv") == (["id"], [(1,)])


def test_folders_that_only_some_files_lie_in_are_told(files):
    files.write("data/m=01/a.csv", "id\n1\n")
    files.write("data/b.csv", "id\n2\n")

    assert files.read("csv", "data/**/*.csv") == (["id"], [(2,), (1,)])
    assert "folders such as m= are no columns" in files.warnings[0]
