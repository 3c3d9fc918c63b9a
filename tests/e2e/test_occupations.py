"""The example of layers, provenance and catalog: all that tells of a table says the same."""

import json
import re

import duckdb
import pytest
from tests.examples import copy_of, script

import seeknal

LAYERS = {
    "source.occupations": "staged",
    "transform.occupations_typed": "bronze",
    "transform.occupations_clean": "silver",
    "transform.occupations": "gold",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    project = copy_of("occupations", tmp_path_factory.mktemp("examples"))
    project.run("run").assert_ok()
    return project


def asked(made, *arguments):
    return made.run(*arguments, "--format", "json").assert_ok().json()


def test_the_script_makes_the_same_data_again(tmp_path):
    made = copy_of("occupations", tmp_path)
    before = (made.path / "data/occupations.csv").read_bytes()

    script(made, "make_data.py")

    assert (made.path / "data/occupations.csv").read_bytes() == before


def test_every_layer_says_where_its_rows_are_from(made):
    (run,) = asked(made, "history")
    for node, layer in LAYERS.items():
        path = made.path / f"target/intermediate/{node.replace('.', '_', 1)}.parquet"
        rows = duckdb.sql(
            "SELECT DISTINCT _source_file, _batch_id, _layer, epoch_ms(_ingested_at) IS NULL"
            f" FROM '{path}'"
        ).fetchall()

        assert rows == [("data/occupations.csv", run["run_id"], layer, False)]


@pytest.mark.parametrize("node", LAYERS)
def test_catalog_lineage_history_sql_and_files_agree(made, node):
    shown = asked(made, "catalog", "show", node)
    run = shown["run_id"]
    steps = {step["node"]: step for step in asked(made, "catalog", "lineage", "--batch", run)}
    history = {record["node"]: record for record in asked(made, "history", "--run", run)}
    (of_sql,) = asked(made, "sql", f"FROM seeknal_catalog WHERE node = '{node}'")
    (moved,) = asked(made, "sql", f"FROM seeknal_transitions WHERE node = '{node}'")
    columns = asked(made, "sql", f"FROM seeknal_columns WHERE node = '{node}'")
    (counted,) = asked(
        made,
        "sql",
        f"SELECT count(*) AS rows, any_value(_batch_id) AS run, any_value(_layer) AS layer,"
        f" min(code)::VARCHAR AS low, max(code)::VARCHAR AS high FROM {node}",
    )
    file = json.loads((made.path / f"target/catalog/tables/{node}.json").read_text())
    artifact = made.path / "target" / file["artifact"]
    (stored,) = duckdb.sql(f"SELECT count(*) FROM '{artifact}'").fetchall()

    step = steps[node]
    assert {shown.get(name) for name in file if name in ("fingerprint", "updated_at")} == {
        file["fingerprint"],
        file["updated_at"],
    }
    assert shown["columns"] == file["columns"]
    assert (file["batch_id"], file["row_count"]) == (run, shown["rows"])
    assert step == history[node]
    rows = {shown["rows"], step["rows"], of_sql["rows"], moved["rows"], counted["rows"]}
    assert rows == {stored[0]}
    assert {of_sql["run_id"], moved["run_id"], step["run_id"], counted["run"]} == {run}
    layers = {shown["layer"], step["layer"], of_sql["layer"], moved["to_layer"], counted["layer"]}
    assert layers == {LAYERS[node]}
    assert shown["bytes"] == of_sql["bytes"] == artifact.stat().st_size
    assert step["artifact"] == file["artifact"]
    assert [column["column"] for column in columns] == [c["name"] for c in shown["columns"]]
    code = next(column for column in shown["columns"] if column["name"] == "code")
    assert (code["min"], code["max"]) == (counted["low"], counted["high"])
    assert shown["inputs"] == [read["node"] for read in step["reads"]]
    assert step["source_layers"] == [LAYERS[read["node"]] for read in step["reads"]]
    assert step["rows_in"] == (sum(r["rows"] for r in step["reads"]) if step["reads"] else None)


@pytest.mark.parametrize("node", LAYERS)
def test_the_page_says_what_the_commands_say(made, node):
    shown = asked(made, "catalog", "show", node)
    run = shown["run_id"]
    (step,) = [record for record in asked(made, "history", "--run", run) if record["node"] == node]
    made.run("docs", "--preview", 3).assert_ok()

    page = {entry["id"]: entry for entry in document(made.path / "target/docs/index.html")["nodes"]}
    told = page[node]
    values = ("name", "type", "nullable", "description", "null_count", "approx_distinct")
    for name in (*values, "min", "max"):
        assert [c[name] for c in told["columns"]] == [c[name] for c in shown["columns"]]
    for name in ("layer", "domain", "description", "business_purpose", "owner", "rows", "bytes"):
        assert told[name] == shown[name]
    assert (told["run_id"], told["generation"]) == (run, shown["generation"])
    assert [(r["run_id"], r["rows"], r["status"]) for r in told["runs"]] == [
        (run, step["rows"], step["status"])
    ]
    first = asked(made, "sql", f"SELECT columns(*)::VARCHAR FROM {node} LIMIT 3")
    assert told["preview"]["rows"] == [list(row.values()) for row in first]


def document(path):
    """What a page of the catalog is made from."""
    text = path.read_text()
    return json.loads(re.search(r'id="document">(.*?)</script>', text, re.DOTALL)[1])


@pytest.mark.parametrize("node", LAYERS)
def test_python_says_what_the_commands_and_the_files_say(made, node):
    file = json.loads((made.path / f"target/catalog/tables/{node}.json").read_text())
    run = file["batch_id"]
    steps = {step["node"]: step for step in asked(made, "catalog", "lineage", "--batch", run)}

    with seeknal.open_project(made.path) as project:
        table = project.catalog.table(node)
        of_layer = project.catalog.tables(layer=LAYERS[node])
        (moved,) = project.catalog.transitions(batch_id=run, node=node)
        listed = project.list_tables(layer=LAYERS[node])
        ((rows,),) = project.table(node).count("*").fetchall()
        origins = project.provenance(node).project("source_file, rows").fetchall()
        told = project.sql(f"SELECT code FROM {node}", provenance=True)
        said = told.project("_source_file, _batch_id, _layer").distinct().fetchall()

    assert (table, of_layer, listed) == (file, [file], [node])
    assert rows == file["row_count"] == moved["rows_out"] == steps[node]["rows"]
    assert (moved["artifact"], moved["layer"]) == (file["artifact"], file["layer"])
    assert moved["source_layers"] == steps[node]["source_layers"]
    assert origins == [("data/occupations.csv", rows)]
    assert said == [("data/occupations.csv", run, LAYERS[node])]


@pytest.mark.parametrize("by", ["open_project", "sql --db"])
def test_a_database_file_says_the_same(made, tmp_path, by):
    path = tmp_path / "views.duckdb"
    if by == "open_project":
        with seeknal.open_project(made.path, db_path=path) as project:
            project.sql("SELECT 1").fetchall()
    else:
        made.run("sql", "SELECT 1", "--db", str(path)).assert_ok()

    with duckdb.connect(str(path), read_only=True) as other:
        tables = other.execute("SELECT node, rows, layer FROM seeknal_catalog").fetchall()
        counts = {
            node: other.execute(f"SELECT count(*) FROM {node}").fetchall()[0][0] for node in LAYERS
        }
        moved = other.execute("SELECT node, rows, to_layer FROM seeknal_transitions").fetchall()

    listed = asked(made, "catalog", "list")
    assert [(entry["node"], entry["rows"], entry["layer"]) for entry in listed] == tables
    assert sorted(moved) == tables
    assert tables == [(node, counts[node], LAYERS[node]) for node in sorted(LAYERS)]


def test_it_prints_its_catalog_and_its_provenance(made):
    printed = script(made, "show.py")

    assert "gold    transform.occupations: 56 rows" in printed
    assert "silver -> gold: transform.occupations_clean -> transform.occupations" in printed
    assert "source.occupations: 66 rows from data/occupations.csv" in printed


def test_reading_it_again_rebuilds_and_rewrites_nothing(tmp_path):
    made = copy_of("occupations", tmp_path)
    made.run("run").assert_ok()
    files = sorted((made.path / "target/catalog/tables").iterdir())
    before = [path.stat().st_mtime_ns for path in files]

    again = asked(made, "run", "--refresh")

    assert [step["status"] for step in again["nodes"]] == ["success", *["reused"] * 3]
    assert [path.stat().st_mtime_ns for path in files] == before
