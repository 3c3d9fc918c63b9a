"""A stranger's plugin, of all that a plugin may bring, does what ours do."""

import ast
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from tests.core.kernel import conftest
from tests.installed import install_plugin

pytestmark = pytest.mark.inside

FOLDER = Path(conftest.__file__).parent
SHELF = FOLDER / "seeknal_shelf.py"
PLUGINS = sorted(FOLDER.glob("seeknal_*.py"))
ORDERS = [(1, "north", 10), (2, "south", 20), (3, "north", 5)]
FILES = {
    "profiles.yml": """
        connections:
          books: {type: shelf, path: books.db, password: "${SHELF_PASSWORD:c4n4ry}"}
    """,
    "seeknal/orders.yml": """
        kind: source
        name: orders
        source: shelf
        connection: books
        table: orders
        audits: [{type: positive, column: amount}]
    """,
    "seeknal/clean.yml": """
        kind: transform
        name: clean
        sql: SELECT region, amount FROM ref('source.orders')
        materializations: [{type: shelf, connection: books, table: clean}]
    """,
    "seeknal/totals.yml": """
        kind: transform
        name: totals
        engine: shelf
        params: {connection: books}
        sql: SELECT region, sum(amount) AS amount FROM ref('transform.clean') GROUP BY region
        materializations:
          - type: shelf
            connection: books
            table: totals
            mode: upsert_by_key
            unique_keys: [region]
    """,
    "seeknal/firsts/best.yml": """
        kind: first
        name: best
        inputs: [transform.totals]
        by: amount
        rows: 1
    """,
    "seeknal/report.yml": """
        kind: exposure
        name: report
        type: shelf
        depends_on: [first.best]
        params: {connection: books, table: report}
    """,
}


@pytest.fixture
def books(tmp_path_factory, monkeypatch, seeknal_project):
    """A project whose rows come from an SQLite file and go back there."""
    site = tmp_path_factory.mktemp("site")
    commands = {"shelf": "seeknal_shelf:shelf"}
    install_plugin(site, "seeknal_shelf", SHELF.read_text(), commands=commands)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits")
    project = seeknal_project(FILES)
    fill(project, "books.db", ORDERS)
    return project


def fill(project, name, rows):
    with closing(sqlite3.connect(project.path / name)) as file, file:
        file.execute("DROP TABLE IF EXISTS orders")
        file.execute("CREATE TABLE orders (id INTEGER, region TEXT, amount INTEGER)")
        file.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)


def held(project, table):
    with closing(sqlite3.connect(project.path / "books.db")) as file:
        return sorted(file.execute(f'SELECT * FROM "{table}"').fetchall())


def steps(project, *words):
    answer = project.run("run", *words, "--format", "json").json()
    return {entry["node"]: entry["status"] for entry in answer["nodes"]}


def test_rows_are_read_computed_checked_and_delivered(books):
    books.run("run").assert_ok()

    assert books.rows("source.orders") == ORDERS
    assert held(books, "clean") == [("north", 5), ("north", 10), ("south", 20)]
    assert held(books, "totals") == [("north", 15), ("south", 20)]
    assert books.rows("first.best") == [("north", 15)]
    assert held(books, "report") == [("north", 15)]


def test_what_has_not_changed_is_reused(books):
    books.run("run").assert_ok()
    # Its own deliveries touch the file that it reads.
    books.run("run").assert_ok()

    fill(books, "other.db", ORDERS)
    again = steps(books)

    assert set(again.values()) == {"reused"}


def test_a_connection_that_leads_elsewhere_has_its_sources_read_again(books):
    books.run("run").assert_ok()
    fill(books, "other.db", [(9, "east", 1)])
    books.write({"profiles.yml": FILES["profiles.yml"].replace("books.db", "other.db")})

    books.run("run").assert_ok()

    assert books.rows("source.orders") == [(9, "east", 1)]


def test_another_password_leads_nowhere_else(books, monkeypatch):
    books.run("run").assert_ok()
    books.run("run").assert_ok()
    monkeypatch.setenv("SHELF_PASSWORD", "another")

    again = steps(books)

    assert set(again.values()) == {"reused"}


def test_an_environment_has_tables_of_its_own_and_is_promoted(books):
    books.run("run").assert_ok()
    changed = FILES["seeknal/clean.yml"].replace("amount FROM", "amount * 2 AS amount FROM")
    books.write({"seeknal/clean.yml": changed})

    books.run("run", "--env", "dev").assert_ok()
    apart = held(books, "totals"), held(books, "totals__dev")
    books.run("promote", "dev", "--yes").assert_ok()

    assert apart == ([("north", 15), ("south", 20)], [("north", 30), ("south", 40)])
    assert held(books, "totals") == [("north", 30), ("south", 40)]


def test_a_failing_audit_keeps_rows_from_everybody(books):
    books.run("run").assert_ok()
    fill(books, "books.db", [*ORDERS, (4, "west", -1)])

    ran = books.run("run")

    assert ran.exit_code == 1
    assert "positive(amount): 1 rows are not more than 0" in ran.stderr + ran.stdout
    assert held(books, "totals") == [("north", 15), ("south", 20)]


def test_a_lost_table_is_delivered_again(books):
    books.run("run").assert_ok()
    books.run("run").assert_ok()
    with closing(sqlite3.connect(books.path / "books.db")) as file, file:
        file.execute("DROP TABLE clean")

    books.run("run").assert_ok()

    assert len(held(books, "clean")) == 3


def test_rolling_back_brings_earlier_rows_back(books):
    books.run("run").assert_ok()
    fill(books, "books.db", [*ORDERS, (4, "west", 7)])
    books.run("run").assert_ok()

    books.run("rollback", "prod", "--to", "1", "--yes", "--leave-targets").assert_ok()

    assert held(books, "clean") == [("north", 5), ("north", 10), ("south", 20)]


def test_what_nobody_delivers_to_any_more_is_dropped_when_asked(books):
    books.run("run").assert_ok()
    (books.path / "seeknal/report.yml").unlink()
    books.run("run").assert_ok()

    books.run("janitor", "--targets", "--yes").assert_ok()

    with pytest.raises(sqlite3.OperationalError):
        held(books, "report")


@pytest.mark.parametrize(
    ("file", "old", "new", "said", "place"),
    [
        ("seeknal/orders.yml", "table: orders", "table: orders\n        params: {ordr_by: id}",
         "did you mean order_by?", "6:10"),
        ("seeknal/clean.yml", "table: clean", "tabel: clean", "did you mean table?", "4:53"),
        ("seeknal/clean.yml", "table: clean", "table: clean, unique_keys: regoin",
         "no column 'regoin' to find rows by", "4:80"),
        ("seeknal/firsts/best.yml", "by: amount", "by: amonut", "no column 'amonut'", "4:5"),
        ("seeknal/orders.yml", "column: amount", "column: amonut", "did you mean amount?", "6:35"),
        ("seeknal/totals.yml", "transform.clean", "source.orders",
         "to which source.orders is not delivered", "1:1"),
        ("profiles.yml", "path: books.db", "pfad: books.db", "unknown option 'pfad'", "2:24"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_a_run_with_its_place(books, file, old, new, said, place):
    books.run("run").assert_ok()
    books.write({file: FILES[file].replace(old, new)})

    checked = books.run("validate")

    assert said in checked.stderr
    assert f"{file}:{place}" in checked.stderr


def test_the_connection_is_tested_and_queried_and_its_secret_kept(books):
    books.run("run").assert_ok()

    tested = books.run("connection", "test", "books").assert_ok()
    asked = books.run("sql", "SELECT count(*) AS n FROM totals", "--connection", "books",
                      "--format", "json").assert_ok()  # fmt: skip
    wrong = books.run("sql", "SELECT 'c4n4ry' FROM missing", "--connection", "books")

    assert "SQLite" in tested.stdout
    assert asked.json() == [{"n": 2}]
    assert "no such table: missing" in wrong.stderr
    assert "c4n4ry" not in tested.stdout + tested.stderr + wrong.stderr


def test_its_command_works_on_the_project(books):
    books.run("run").assert_ok()

    shown = books.run("shelf", "tables", "--format", "csv").assert_ok().stdout
    unknown = books.run("shelf", "tables", "--connection", "boks")
    helped = books.run("--help").assert_ok().stdout

    assert "books,totals,2\n" in shown
    assert unknown.exit_code == 2
    assert "did you mean books?" in unknown.stderr
    assert "shelf Look into SQLite files." in " ".join(helped.split())


def test_it_is_listed_with_all_that_it_adds(books):
    found = books.run("plugins", "--format", "json").assert_ok().json()

    types = next(entry["types"] for entry in found if entry["name"] == "shelf")
    assert types == {
        "kind": ["first"],
        "source type": ["shelf"],
        "target type": ["shelf"],
        "audit type": ["positive"],
        "connection type": ["shelf"],
        "engine": ["shelf"],
        "command": ["shelf"],
    }


def test_a_change_of_it_is_planned_by_column(books):
    books.run("run").assert_ok()
    more = FILES["seeknal/clean.yml"].replace("SELECT region", "SELECT id, region")
    books.write({"seeknal/clean.yml": more})

    shown = books.run("plan").assert_ok().stdout

    assert "~ transform.clean" in shown
    assert "column added: id" in shown


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_a_plugin_of_these_tests_imports_nothing_of_seeknal_but_what_every_plugin_may(path):
    imported = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else
                     [alias.name for alias in node.names])
    }  # fmt: skip

    assert {name for name in imported if name and name.startswith("seeknal")} == {"seeknal.plugin"}


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_the_types_of_a_plugin_of_these_tests_are_checked_with_ours(path):
    root = Path(__file__).parents[3]

    checked = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["mypy"]

    assert path.relative_to(root).as_posix() in checked["files"]
    assert checked["strict"] is True
    assert "type: ignore" not in path.read_text()
