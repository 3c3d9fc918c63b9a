"""Going back, expiry, orphan files, compaction and validation of tables."""

import os
import re
import time

import pytest

pytestmark = pytest.mark.inside

TABLE = "atlas.out.t"
ROWS = 2_000


def files(version, mode, more=""):
    return {
        "seeknal/t.yml": "kind: transform\nname: t\ntransform: |\n"
        f"  SELECT i AS id, {version} AS version FROM range({version * 10}, {ROWS}) AS r(i)\n"
        f"materializations: [{{type: iceberg, table: {TABLE}, {mode}{more}}}]\n"
    }


@pytest.fixture
def written(seeknal_project):
    """A table after ``count`` runs, each with a version of its rows of its own."""

    def make(count, mode="mode: full", more=""):
        made = seeknal_project(files(0, mode, more))
        for version in range(count):
            made.write(files(version, mode, more))
            made.run("run").assert_ok()
        return made

    return make


def versions(table):
    found = table.scan().to_arrow().group_by("version").aggregate([("id", "count")])
    return dict(zip(*found.to_pydict().values(), strict=True))


def stored(made):
    return sorted((made.path / ".seeknal/iceberg/warehouse").rglob("*.*"))


def test_a_table_goes_back_to_an_earlier_snapshot(written, lake):
    made = written(3)
    first = min(lake(made, TABLE).snapshots(), key=lambda snapshot: snapshot.timestamp_ms)

    made.run("iceberg", "rollback", TABLE, "--to", str(first.snapshot_id)).assert_ok()

    assert versions(lake(made, TABLE)) == {0: ROWS}


def test_expiry_removes_snapshots_and_every_file_that_only_they_need(written, lake):
    made = written(4)
    before = len(stored(made))

    done = made.run("iceberg", "expire", TABLE, "--keep", "1", "--older-than", "0").assert_ok()

    assert re.fullmatch(r"3 snapshots and \d+ files removed, [\d,]+ bytes\n", done.stdout)
    assert versions(lake(made, TABLE)) == {3: ROWS - 30}
    left = [path.name for path in stored(made) if not path.name.endswith(".json")]
    # A data file, the manifests of what came and what went, and their list.
    assert len(left) == 4
    assert len(stored(made)) < before


def test_young_snapshots_stay(written, lake):
    made = written(4)

    done = made.run("iceberg", "expire", TABLE, "--keep", "1").assert_ok()

    assert done.stdout == "0 snapshots and 0 files removed, 0 bytes\n"


def test_maintenance_compacts_small_files_and_changes_no_row(written, lake):
    made = written(6, "mode: append")
    before = versions(lake(made, TABLE))

    done = made.run("iceberg", "maintain").assert_ok()

    table = lake(made, TABLE)
    assert done.stdout == "atlas.out.t: 6 files compacted into 1\n"
    assert versions(table) == before
    assert len(list(table.scan().plan_files())) == 1
    assert table.current_snapshot().summary.operation.value == "replace"
    assert made.run("iceberg", "maintain").stdout == "atlas.out.t: nothing to do\n"


def test_maintenance_keeps_partitions_apart(written, lake):
    made = written(5, "mode: append", ", partition_by: [version]")

    made.run("iceberg", "maintain").assert_ok()

    assert len(list(lake(made, TABLE).scan().plan_files())) == 5


def test_maintenance_writes_rows_of_files_with_many_deletes_again(written, lake):
    upsert = "mode: upsert_by_key, unique_keys: [id], properties: {write.merge.mode: merge-on-read}"
    made = written(1, upsert)
    made.write(
        {
            "seeknal/t.yml": files(1, upsert)["seeknal/t.yml"].replace(
                f"range(10, {ROWS})", "range(500)"
            )
        }
    )
    made.run("run").assert_ok()
    assert any(task.delete_files for task in lake(made, TABLE).scan().plan_files())

    made.run("iceberg", "maintain", TABLE).assert_ok()

    table = lake(made, TABLE)
    assert versions(table) == {0: ROWS - 500, 1: 500}
    assert not any(task.delete_files for task in table.scan().plan_files())


def test_files_that_nobody_names_are_removed_once_they_are_old(written, lake):
    made = written(2)
    data = stored(made)[0].parent
    old, young = data / "old.parquet", data / "young.parquet"
    for path in (old, young):
        path.write_bytes(b"left by a writer that died")
    os.utime(old, (time.time() - 10 * 86_400,) * 2)

    planned = made.run("iceberg", "maintain", "--dry-run").assert_ok()
    there = old.exists()
    done = made.run("iceberg", "maintain").assert_ok()

    assert planned.stdout == "atlas.out.t: would be: 1 files removed (26 bytes)\n"
    assert there
    assert done.stdout == "atlas.out.t: 1 files removed (26 bytes)\n"
    assert not old.exists()
    assert young.exists()
    assert versions(lake(made, TABLE)) == {1: ROWS - 10}


def test_branches_of_failed_audits_go_when_they_are_old(written, lake):
    made = written(1)
    table = lake(made, TABLE)
    table.manage_snapshots().create_branch(
        table.current_snapshot().snapshot_id, "seeknal_audit_0"
    ).create_branch(table.current_snapshot().snapshot_id, "mine").commit()

    done = made.run("iceberg", "maintain", "--older-than", "0").assert_ok()

    assert done.stdout == "atlas.out.t: 1 branches dropped\n"
    assert set(lake(made, TABLE).metadata.refs) == {"main", "mine"}


def test_a_sound_table_has_no_problems(written):
    made = written(2)

    assert made.run("iceberg", "validate").assert_ok().stdout == "atlas.out.t: no problems\n"


def test_a_missing_and_a_cut_file_are_named(written, lake):
    made = written(2)
    table = lake(made, TABLE)
    [task] = table.scan().plan_files()
    gone = task.file.file_path.removeprefix("file://")
    os.unlink(gone)
    manifest = table.current_snapshot().manifests(table.io)[0].manifest_path
    with open(manifest.removeprefix("file://"), "ab") as file:
        file.write(b"x")

    outcome = made.run("iceberg", "validate", TABLE)

    assert outcome.exit_code == 1
    assert "atlas.out.t: 2 problems" in outcome.stdout
    assert f"{task.file.file_path} is missing" in outcome.stdout
    assert f"{manifest} has " in outcome.stdout


def test_a_project_without_tables_is_told_that_the_catalog_answers(seeknal_project):
    made = seeknal_project({})

    assert made.run("iceberg", "validate").assert_ok().stdout == (
        "no tables yet; the catalog answers\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("expire", TABLE, "--keep", "-1"),
        ("expire", TABLE, "--older-than", "-1"),
        ("maintain", "--orphans-older-than", "-0.5"),
    ],
    ids=" ".join,
)
def test_less_than_nothing_is_refused(written, words):
    made = written(1)

    outcome = made.run("iceberg", *words)

    assert outcome.exit_code == 2
    assert f"'{words[-2]}'" in outcome.stderr


@pytest.mark.parametrize(
    ("table", "help"),
    [
        ("atlas.out.tt", "did you mean atlas.out.t?"),
        ("atlas.out.other", "tables: atlas.out.t"),
        ("nope.x", "tables: atlas.out.t"),
    ],
)
def test_a_table_that_is_not_there_is_told_with_names_that_can_be_typed(written, table, help):
    made = written(1)

    outcome = made.run("iceberg", "show", table)

    assert outcome.exit_code == 1
    assert f"help: {help}" in outcome.stderr
