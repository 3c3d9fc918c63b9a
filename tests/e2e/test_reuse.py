"""A run never does more than the data requires, and never less."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.conftest import executed, steps

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def artifact(project, node):
    kind, _, name = node.partition(".")
    return next((project.path / "target" / "cache" / kind / name).glob("*.parquet")).resolve()


def test_an_unchanged_project_reuses_every_node(sales):
    outcome = sales.run("run", "--format", "json")

    assert executed(outcome) == set()
    assert len(steps(outcome)) == 5


def test_an_unchanged_run_imports_neither_duckdb_nor_sqlglot(sales):
    code = (
        "import sys; from seeknal.cli import main; code = main(['run']);"
        "print([m for m in ('duckdb', 'sqlglot', 'jinja2', 'yaml') if m in sys.modules]);"
        "exit(code)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=sales.path, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_an_edited_transform_runs_with_its_descendants_and_nothing_else(sales):
    file = sales.path / "seeknal/transforms/enriched.yml"
    file.write_text(file.read_text().replace("o.amount,", "o.amount * 2 AS amount,"))

    outcome = sales.run("run", "--format", "json")

    assert steps(outcome)["transform.enriched"] == ("success", "definition changed")
    assert steps(outcome)["transform.by_region"] == ("success", "inputs changed")
    assert executed(outcome) == {"transform.enriched", "transform.by_region"}
    assert sorted(sales.rows("transform.by_region")) == [("north", 30), ("south", 40)]


def test_an_edit_that_gives_the_same_rows_stops_there(sales):
    file = sales.path / "seeknal/transforms/enriched.yml"
    file.write_text(file.read_text().replace("o.amount,", "o.amount + 0 AS amount,"))

    outcome = sales.run("run", "--format", "json")

    assert executed(outcome) == {"transform.enriched"}
    assert steps(outcome)["transform.by_region"] == ("reused", "inputs unchanged")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SELECT o.id,", "select -- the key\n            o.id,"),
        ("description: Orders with their region", "description: Something else"),
        ("name: enriched\n", "name: enriched\ntags: [gold]\nowner: me\n"),
        ("FROM ref('source.orders') o", "FROM\n\n    ref('source.orders')   /* left */ o"),
    ],
)
def test_formatting_and_documentation_run_nothing(sales, old, new):
    file = sales.path / "seeknal/transforms/enriched.yml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))

    outcome = sales.run("run", "--format", "json")

    assert executed(outcome) == set()


def test_reordered_keys_run_nothing(sales):
    file = sales.path / "seeknal/transforms/big.yml"
    file.write_text("\n".join(reversed(file.read_text().strip().splitlines())))

    assert executed(sales.run("run", "--format", "json")) == set()


def test_a_touched_file_runs_nothing(sales):
    os.utime(sales.path / "data/orders.csv")

    assert executed(sales.run("run", "--format", "json")) == set()


def test_a_changed_byte_is_seen_though_size_and_time_were_restored(sales):
    file = sales.path / "data/orders.csv"
    before = file.stat()
    file.write_text(file.read_text().replace("2,b,20", "2,b,21"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    outcome = sales.run("run", "--format", "json")

    assert steps(outcome)["source.orders"] == ("success", "source changed")
    assert ("south", 21) in sales.rows("transform.by_region")


def test_a_deleted_artifact_is_built_again_with_one_warning(sales):
    before = sales.rows("transform.enriched")
    artifact(sales, "transform.enriched").unlink()

    outcome = sales.run("run", "--format", "json")

    assert executed(outcome) == {"transform.enriched"}
    assert outcome.stderr.count("transform.enriched: its artifact is missing") == 1
    assert sales.rows("transform.enriched") == before


@pytest.mark.parametrize("damage", ["truncate", "flip"])
def test_a_damaged_artifact_is_built_again_with_one_warning(sales, damage):
    before = sales.rows("transform.enriched")
    file = artifact(sales, "transform.enriched")
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content if damage == "flip" else content[:-9])

    outcome = sales.run("run", "--format", "json")

    assert steps(outcome)["transform.enriched"] == ("success", "artifact damaged")
    assert outcome.stderr.count("transform.enriched: its artifact is damaged") == 1
    assert sales.rows("transform.enriched") == before


def test_verify_finds_a_flip_that_no_stat_shows(sales):
    file = artifact(sales, "transform.enriched")
    before = sales.rows("transform.enriched")
    corrupt_behind_the_stat(sales.path, file)

    outcome = sales.run("run", "--verify", "--format", "json")

    assert steps(outcome)["transform.enriched"] == ("success", "artifact damaged")
    assert sales.rows("transform.enriched") == before


def corrupt_behind_the_stat(root: Path, file: Path):
    """Change a byte, then make the state believe in the new stat, as a failing disk would."""
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    from attrs import evolve

    from seeknal.state.store import open_state

    store = open_state(root / "target")
    snapshot = store.state.environments["prod"].snapshots["transform.enriched"]
    stat = file.stat()
    seen = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev)
    store.record("prod", evolve(snapshot, artifact=evolve(snapshot.artifact, stat=seen)))
    store.close()


def test_full_runs_everything(sales):
    outcome = sales.run("run", "--full", "--format", "json")

    assert len(executed(outcome)) == 5


def test_deleting_target_rebuilds_everything(sales):
    import shutil

    before = sales.rows("transform.by_region")
    shutil.rmtree(sales.path / "target")

    outcome = sales.run("run", "--format", "json")

    assert len(executed(outcome)) == 5
    assert sorted(sales.rows("transform.by_region")) == sorted(before)


def test_a_node_whose_inputs_never_ran_needs_them_selected(seeknal_project):
    from tests.e2e.conftest import SALES

    project = seeknal_project(SALES)

    outcome = project.run("run", "--select", "transform.big")

    assert outcome.exit_code == 2
    assert "--select +transform.big" in outcome.stderr
    project.run("run", "--select", "+transform.big").assert_ok()
    assert len(project.rows("transform.big")) == 2


def test_a_removed_variable_use_does_not_rebuild_others(sales):
    outcome = sales.run("run", "--var", "unused=1", "--format", "json")

    assert executed(outcome) == set()


def test_the_default_target_is_duckdb_and_others_need_their_engine(sales):
    (sales.path / "profiles.yml").write_text(
        "dev: {engine: duckdb}\nprod: {engine: starrocks, connection: x}\n"
    )

    right = sales.run("run", "--target", "dev")
    wrong = sales.run("run", "--target", "prod")
    unknown = sales.run("run", "--target", "prd")

    assert right.exit_code == 0
    assert (wrong.exit_code, unknown.exit_code) == (2, 2)
    assert "starrocks" in wrong.stderr
    assert "did you mean prod?" in unknown.stderr


def test_an_engine_may_stand_below_engines(sales):
    (sales.path / "profiles.yml").write_text("engines: {local: {engine: duckdb}}\n")

    right = sales.run("run", "--engine", "local")
    wrong = sales.run("run", "--engine", "lokal")

    assert right.exit_code == 0
    assert "there is no engine 'lokal'" in wrong.stderr
    assert "did you mean local?" in wrong.stderr


def test_a_folder_above_the_project_never_becomes_a_column(sales, tmp_path):
    import shutil

    moved = tmp_path / "year=2026" / "sales"
    shutil.copytree(sales.path, moved)

    outcome = sales.run("-C", str(moved), "run", "--full")
    query = sales.run("-C", str(moved), "sql", "FROM source.orders", "--format", "csv")

    assert outcome.exit_code == 0
    assert query.stdout.splitlines()[0] == "id,customer,amount"
