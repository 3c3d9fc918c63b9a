"""What a source cannot read is said by ``validate``, at its place and in the words of a run."""

import sqlite3

import pytest

pytestmark = pytest.mark.inside

PROJECT = {
    "data/orders.csv": """
        order_id,amount
        1,10.5
        2,120.0
    """,
    "data/orders.json": """
        [{"order_id": 1, "amount": 10.5}]
    """,
    "seeknal/sources.yml": """
        kind: source
        name: orders
        source: csv
        table: data/orders.csv
        params:
          header: true
        ---
        kind: source
        name: listed
        source: json
        table: data/orders.json
        params: {format: auto}
        ---
        kind: source
        name: columnar
        source: parquet
        table: data/orders.parquet
        ---
        kind: source
        name: sheet
        source: excel
        params: {path: data/orders.xlsx, sheet: Sheet}
        ---
        kind: source
        name: kept
        source: sqlite
        params: {path: data/orders.db, table: orders}
        ---
        kind: transform
        name: big
        inputs: [{ref: source.orders}]
        sql: SELECT * FROM ref('source.orders') WHERE amount > 100
    """,
}
FILE = "seeknal/sources.yml"
WRONG = [
    # kind, what stands there, what shall, where the caret is, code
    ("lines to skip", "header: true", "skip: -5", "skip", "SK0742"),
    ("delimiter", "header: true", "delim: abcde", "delim", "SK0742"),
    ("wide delimiter", "header: true", "delimiter: 日本", "delimiter", "SK0742"),
    ("quote", "header: true", "quote: ab", "quote", "SK0742"),
    ("quote that delimits", "header: true", "quote: ','\n  delimiter: ','", "quote", "SK0742"),
    ("remark", "header: true", "comment: '##'", "comment", "SK0742"),
    ("encoding", "header: true", "encoding: utf-99", "utf-99", "SK0742"),
    ("compression", "header: true", "compression: zip", "compression", "SK0742"),
    ("format of days", "header: true", "dateformat: '%Q'", "dateformat", "SK0742"),
    ("a letter of a format", "header: true", "dateformat: '%é'", "dateformat", "SK0742"),
    ("rows that are looked at", "header: true", "sample_size: 0", "sample_size", "SK0742"),
    ("depth", "format: auto", "maximum_depth: -4", "maximum_depth", "SK0742"),
    ("rows of JSON", "format: auto", "sample_size: -3", "sample_size", "SK0742"),
    ("size", "format: auto", "maximum_object_size: -1", "maximum_object_size", "SK0742"),
    ("compression of JSON", "format: auto", "compression: zip", "compression", "SK0742"),
    ("records", "format: auto", "records: rows", "rows", "SK0745"),
    ("a folder", "table: data/orders.csv", "table: data", "data\n", "SK0723"),
    ("csv as Parquet", "data/orders.parquet", "data/orders.csv", "data/orders.csv", "SK0742"),
    ("csv as a workbook", "data/orders.xlsx", "data/orders.csv", "data/orders.csv", "SK0727"),
    ("sheet", "sheet: Sheet", "sheet: Sheets", "Sheets", "SK0728"),
    ("cells", "sheet: Sheet", "range: nothing", "nothing", "SK0747"),
    ("rows to skip", "sheet: Sheet", "skip: -1", "skip", "SK0742"),
    ("table", "table: orders", "table: order", "order}", "SK0726"),
    ("query", "db, table: orders}", "db}\nquery: SELEC 1", "SELEC", "SK0748"),
    (
        "column of a query",
        "db, table: orders}",
        "db}\nquery: |\n  SELECT order_id,\n    nocol\n  FROM orders",
        "nocol",
        "SK0725",
    ),
    (
        "no file",
        "kind: source\nname: columnar",
        "kind: source\nname: x\nsource: csv\n---\nkind: source\nname: columnar",
        "kind",
        "SK0721",
    ),
    ("csv as SQLite", "data/orders.db", "data/orders.csv", "data/orders.csv", "SK0725"),
]
ABSENT = [
    ("file", "table: data/orders.csv", "table: data/ordres.csv", "data/ordres.csv"),
    ("folder", "table: data/orders.csv", "table: dat/orders.csv", "dat/orders.csv"),
    ("pattern", "table: data/orders.csv", "table: data/o*s.tsv", "data/o*s.tsv"),
    ("workbook", "data/orders.xlsx", "data/order.xlsx", "data/order.xlsx"),
    ("database", "data/orders.db", "data/order.db", "data/order.db"),
]


@pytest.fixture
def shop(seeknal_project):
    project = seeknal_project(PROJECT)
    import duckdb
    import openpyxl

    data = project.path / "data"
    duckdb.sql("SELECT 1 AS order_id").write_parquet(str(data / "orders.parquet"))
    workbook = openpyxl.Workbook()
    for row in (("order_id", "amount"), (1, 10.5)):
        workbook.active.append(row)
    workbook.save(data / "orders.xlsx")
    with sqlite3.connect(data / "orders.db") as database:
        database.execute("CREATE TABLE orders (order_id INTEGER)")
    database.close()
    return project


def _plant(project, good, bad, caret):
    """Where the caret belongs."""
    path = project.path / FILE
    text = path.read_text()
    at = text.index(good)
    text = text[:at] + bad + text[at + len(good) :]
    path.write_text(text)
    at = text.index(caret, at)
    return FILE, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _place(entry):
    return entry["file"], entry["line"], entry["column"]


def test_sources_that_can_be_read_have_no_problem(shop):
    outcome = shop.run("validate").assert_ok()

    assert (outcome.stdout, outcome.stderr) == ("6 nodes, no problems\n", "")


@pytest.mark.parametrize(("kind", "good", "bad", "caret", "code"), WRONG, ids=[e[0] for e in WRONG])
def test_what_cannot_be_read_is_a_problem_at_its_key_and_a_run_says_the_same(
    shop, kind, good, bad, caret, code
):
    place = _plant(shop, good, bad, caret)

    [told] = shop.run("validate", "--format", "json").json()["problems"]
    ran = shop.run("run", "--format", "json").json()

    assert (told["code"], told["severity"], _place(told)) == (code, "error", place)
    [failed] = [entry["error"] for entry in ran["nodes"] if entry["status"] == "failed"]
    for key in ("code", "message", "help", "file", "line"):
        assert failed[key] == told[key], key


@pytest.mark.parametrize(("kind", "good", "bad", "caret"), ABSENT, ids=[e[0] for e in ABSENT])
def test_a_file_that_is_not_there_is_a_warning_and_an_error_of_a_run_in_the_same_words(
    shop, kind, good, bad, caret
):
    place = _plant(shop, good, bad, caret)

    validated = shop.run("validate", "--format", "json").assert_ok().json()
    ran = shop.run("run", "--format", "json").json()

    [told] = validated["problems"]
    assert (told["severity"], _place(told)) == ("warn", place)
    [failed] = [entry["error"] for entry in ran["nodes"] if entry["status"] == "failed"]
    for key in ("code", "message", "help", "file", "line"):
        assert failed[key] == told[key], key


def test_missing_files_are_counted_and_let_a_project_without_its_data_pass(shop):
    for path in (shop.path / "data").iterdir():
        path.unlink()

    outcome = shop.run("validate").assert_ok()

    assert outcome.stdout == "6 nodes, no problems but 5 warnings\n"


def test_what_options_say_wrongly_is_said_without_the_file_too_and_all_of_it(shop):
    _plant(shop, "data/orders.csv", "data/later.csv", "data/later.csv")
    _plant(shop, "header: true", "skip: -1\n  quote: ab", "skip")

    problems = shop.run("validate", "--format", "json").json()["problems"]

    assert sorted((entry["line"], entry["severity"]) for entry in problems) == [
        (4, "warn"),
        (6, "error"),
        (7, "error"),
    ]


def test_a_file_that_a_script_of_the_project_makes_is_named_with_it(shop):
    _plant(shop, "data/orders.csv", "data/later.csv", "data/later.csv")
    script = shop.path / "scripts" / "fetch.py"
    script.parent.mkdir()
    script.write_text("import pandas\n\npandas.DataFrame({'a': [1]}).to_csv('data/later.csv')\n")

    [told] = shop.run("validate", "--format", "json").json()["problems"]
    ran = shop.run("run", "--format", "json").json()

    assert told["help"] == "scripts/fetch.py makes it: seeknal python scripts/fetch.py"
    [failed] = [entry["error"] for entry in ran["nodes"] if entry["status"] == "failed"]
    assert failed["help"] == told["help"]


def test_options_of_a_large_file_are_looked_at_too(shop):
    with (shop.path / "data" / "orders.csv").open("a") as file:
        file.writelines(f"{number},{number}.5\n" for number in range(300_000))
    place = _plant(shop, "header: true", "skip: -5", "skip")

    [told] = shop.run("validate", "--format", "json").json()["problems"]

    assert (told["code"], _place(told)) == ("SK0742", place)


EMPTY = [
    ("table", "table: data/orders.csv", 'table: ""', "SK0225"),
    ("query", "table: data/orders.csv", 'query: " "', "SK0225"),
    ("query of a database", "params: {path: data/orders.db, table: orders}", 'query: ""', "SK0225"),
    ("path of a target", "path: out/big.csv", 'path: ""', "SK0225"),
    ("delimiter of a target", "delimiter: ;", "delimiter: abcde", "SK1108"),
    ("compression of a target", "compression: gzip", "compression: zip", "SK1108"),
    ("sheet of a target", "sheets: [transform.big]", "sheets: transform.bigg", "SK1108"),
]
TARGETS = """
  - {type: file, path: out/big.csv, delimiter: ;}
  - {type: file, path: out/big.json, compression: gzip}
  - {type: file, path: out/big.xlsx, sheets: [transform.big]}
"""


@pytest.mark.parametrize(("kind", "good", "bad", "code"), EMPTY, ids=[e[0] for e in EMPTY])
def test_names_and_options_that_name_nothing_are_marked_and_let_nothing_run(
    shop, kind, good, bad, code
):
    path = shop.path / FILE
    path.write_text(path.read_text() + "materializations:" + TARGETS)
    shop.run("validate").assert_ok()
    place = _plant(shop, good, bad, bad.partition(" ")[2])

    [told] = shop.run("validate", "--format", "json").json()["problems"]
    ran = shop.run("run", "--format", "json").json()

    assert (told["code"], _place(told)) == (code, place)
    assert ran["problems"] == [told]
