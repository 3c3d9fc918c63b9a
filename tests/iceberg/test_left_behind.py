"""Iceberg tables that no node delivers to any more: dropped when asked, where they are ours."""

import subprocess
import sys

import pyarrow
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import NoSuchTableError

pytestmark = pytest.mark.inside

TABLE, OTHER = "atlas.out.a", "atlas.out.b"
NODE = """
    kind: transform
    name: {name}
    sql: {sql}
    materializations: [{{type: iceberg, table: {table}, mode: {mode}}}]
"""
ROWS = "SELECT i AS id, DATE '2026-01-01' + i::INT AS day FROM range({low}, {high}) AS r(i)"
MODES = {
    "full": "full",
    "append": "append",
    "upsert": "upsert_by_key, unique_keys: [id]",
    "by time": "incremental_by_time, time_column: day",
}
every_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())


def node(name="a", table=TABLE, mode="full", low=0, high=10):
    sql = ROWS.format(low=low, high=high)
    return {f"seeknal/{name}.yml": NODE.format(name=name, sql=sql, table=table, mode=mode)}


@pytest.fixture
def start(seeknal_project):
    """Makes a project that has delivered to the table, and to another that stays."""

    def make(mode="full"):
        project = seeknal_project({**node(mode=mode), **node("b", OTHER)})
        project.run("run").assert_ok()
        return project

    return make


def removed(made, name="a"):
    (made.path / f"seeknal/{name}.yml").unlink()
    made.run("run").assert_ok()
    return made


def dropped(made, *options):
    """What --targets does: name -> verdict and why."""
    outcome = made.run("janitor", "--targets", "--yes", "--format", "json", *options).assert_ok()
    found = outcome.json()["left_behind"]
    return {entry["target"]: (entry["verdict"], entry["why"]) for entry in found}


def ids(table):
    return sorted(table.scan().to_arrow()["id"].to_pylist())


def catalog_of(made):
    folder = made.path / ".seeknal" / "iceberg"
    return load_catalog(
        "atlas",
        type="sql",
        uri=f"sqlite:///{folder / 'catalog.db'}",
        warehouse=(folder / "warehouse").as_uri(),
    )


@every_mode
def test_a_table_of_several_deliveries_is_dropped_with_its_files(start, lake, mode):
    made = start(mode)
    made.write(node(mode=mode, low=5, high=15))
    made.run("run").assert_ok()
    folder = made.path / ".seeknal/iceberg/warehouse"
    before = [path for path in folder.rglob("*") if path.is_file() and "/a/" in str(path)]
    removed(made)
    plan = made.run("plan").assert_ok()

    outcome = dropped(made)

    assert f"1 target left behind: iceberg {TABLE}" in plan.stderr
    assert outcome == {TABLE: ("dropped", None)}
    assert before
    assert not any(path.exists() for path in before)
    with pytest.raises(NoSuchTableError):
        lake(made, TABLE)
    assert ids(lake(made, OTHER)) == list(range(10))
    assert dropped(made) == {}


@every_mode
def test_a_node_that_comes_back_delivers_all_rows_to_a_new_table(start, lake, mode):
    made = start(mode)
    removed(made)
    assert dropped(made) == {TABLE: ("dropped", None)}

    made.write(node(mode=mode))
    made.run("run").assert_ok()

    assert ids(lake(made, TABLE)) == list(range(10))
    assert dropped(made) == {}


@every_mode
def test_a_table_that_somebody_else_wrote_to_stays(start, lake, mode):
    made = start(mode)
    removed(made)
    table = lake(made, TABLE)
    table.append(table.scan(limit=1).to_arrow())

    verdict, why = dropped(made)[TABLE]

    assert verdict == "kept"
    assert "somebody else has written to it" in why
    assert len(ids(lake(made, TABLE))) == 11


def test_what_somebody_wrote_between_two_deliveries_keeps_the_table(start, lake):
    made = start("append")
    table = lake(made, TABLE)
    table.append(table.scan(limit=1).to_arrow())
    made.write(node(mode="append", low=20, high=30))
    made.run("run").assert_ok()
    removed(made)

    verdict, _ = dropped(made)[TABLE]

    assert verdict == "kept"
    assert len(ids(lake(made, TABLE))) == 21


def test_a_table_that_seeknal_did_not_make_stays(seeknal_project, lake):
    made = seeknal_project(node("b", OTHER))
    made.run("run").assert_ok()
    rows = pyarrow.table({"id": pyarrow.array([], pyarrow.int64())})
    catalog_of(made).create_table("out.a", schema=rows.schema)
    made.write(node(mode="append"))
    made.run("run").assert_ok()
    removed(made)

    verdict, why = dropped(made)[TABLE]

    assert verdict == "kept"
    assert "seeknal did not make it" in why
    assert ids(lake(made, TABLE)) == list(range(10))


def test_a_table_that_somebody_has_tagged_stays(start, lake):
    made = start()
    removed(made)
    table = lake(made, TABLE)
    snapshot = table.current_snapshot().snapshot_id
    table.manage_snapshots().create_tag(snapshot, "audited-2026").commit()

    verdict, why = dropped(made)[TABLE]

    assert verdict == "kept"
    assert "audited-2026" in why


def maintained(made):
    """The table after many small deliveries, when all but its newest snapshot has expired."""
    for step in range(1, 6):
        made.write(node(mode="append", low=20 * step, high=20 * step + 5))
        made.run("run").assert_ok()
    made.run("iceberg", "maintain", "--keep", "1", "--older-than", "0").assert_ok()


def test_maintenance_by_seeknal_makes_a_table_nobody_elses(start, lake):
    made = start("append")
    maintained(made)
    kinds = [snapshot.summary["seeknal.mode"] for snapshot in lake(made, TABLE).snapshots()]
    removed(made)

    outcome = dropped(made)

    assert kinds == ["compaction"]
    assert outcome == {TABLE: ("dropped", None)}


def test_rows_of_somebody_else_are_known_though_their_snapshot_has_expired(start, lake):
    made = start("append")
    table = lake(made, TABLE)
    table.append(table.scan(limit=1).to_arrow())
    maintained(made)
    removed(made)

    verdict, why = dropped(made)[TABLE]

    assert len(lake(made, TABLE).snapshots()) == 1
    assert verdict == "kept"
    assert "somebody else has written to it" in why


def test_the_table_of_a_deleted_environment_is_left_behind(start, lake):
    made = start()
    made.write(node(high=5))
    made.run("run", "--env", "dev").assert_ok()
    made.run("env", "delete", "dev", "--yes").assert_ok()

    outcome = dropped(made)

    assert outcome == {"atlas.out__dev.a": ("dropped", None)}
    assert catalog_of(made).list_namespaces() == [("out",)]
    assert ids(lake(made, TABLE)) == list(range(10))


def test_a_node_under_another_name_that_delivers_to_the_table_keeps_it(start, lake):
    made = start()
    (made.path / "seeknal/a.yml").unlink()
    made.write(node("renamed"))

    before = dropped(made)
    made.run("run").assert_ok()

    assert before == dropped(made) == {}
    assert ids(lake(made, TABLE)) == list(range(10))


def test_a_kill_before_the_record_is_made_good(start, lake):
    made = start("append")
    removed(made)
    killed = "import os; from seeknal.state.destinations import Destinations\n"
    killed += "from seeknal.cli import main\n"
    killed += "Destinations.forget = lambda *given: os._exit(9)\n"
    words = ["janitor", "--targets", "--yes"]
    died = subprocess.run([sys.executable, "-c", f"{killed}main({words})"], cwd=made.path)
    with pytest.raises(NoSuchTableError):
        lake(made, TABLE)

    made.write(node(mode="append"))
    made.run("run").assert_ok()
    rows = ids(lake(made, TABLE))
    removed(made)

    assert died.returncode == 9
    assert rows == list(range(10))
    assert dropped(made) == {TABLE: ("dropped", None)}


@every_mode
@pytest.mark.parametrize("enabled", ["true", "false"])
def test_a_table_that_a_source_may_read_stays(start, lake, mode, enabled):
    made = start(mode)
    removed(made)
    text = f"kind: source\nname: s\nsource: iceberg\ntable: {TABLE}\nenabled: {enabled}\n"
    made.write({"seeknal/s.yml": text})

    outcome = dropped(made)

    reader = {"true": "source.s", "false": "seeknal/s.yml"}[enabled]
    assert outcome == {TABLE: ("kept", f"{reader} may read it")}
    assert ids(lake(made, TABLE)) == list(range(10))
