"""Upserts into large files by position deletes, overwritten partitions, write-audit-publish."""

from importlib.util import find_spec

import pytest

pytestmark = [pytest.mark.inside, pytest.mark.versions]

TABLE = "atlas.shop.facts"


def facts(select, mode, more=""):
    return {
        "seeknal/facts.yml": f"kind: transform\nname: facts\ntransform: |\n  {select}\n"
        f"materializations:\n  - {{type: iceberg, table: {TABLE}, {mode}}}\n{more}"
    }


def read_back():
    return {
        "seeknal/back.yml": f"kind: source\nname: back\nsource: iceberg\ntable: {TABLE}\n",
    }


def rows(table):
    found = table.scan().to_arrow().to_pylist()
    return sorted(tuple(row.values()) for row in found)


def deletes(table):
    return [file for task in table.scan().plan_files() for file in task.delete_files]


UPSERT = "mode: upsert_by_key, unique_keys: [id]"
MERGE = UPSERT + ", properties: {write.merge.mode: merge-on-read}"
MANY = "SELECT i AS id, i % 7 AS kind, 'first' AS note FROM range(1000) AS r(i)"
FEW = "SELECT i AS id, i % 7 AS kind, 'second' AS note FROM range(990, 1010) AS r(i)"
WANTED = sorted(
    [(i, i % 7, "first") for i in range(990)] + [(i, i % 7, "second") for i in range(990, 1010)]
)


@pytest.mark.parametrize(
    "parts", ["", ", partition_by: [kind]", ", partition_by: ['bucket(4, id)']"]
)
def test_an_upsert_deletes_rows_of_files_that_stay(seeknal_project, lake, parts):
    made = seeknal_project(facts(MANY, MERGE + parts))
    made.run("run").assert_ok()
    before = {task.file.file_path for task in lake(made, TABLE).scan().plan_files()}
    made.write(facts(FEW, MERGE + parts))

    made.run("run").assert_ok()

    table = lake(made, TABLE)
    assert rows(table) == WANTED
    assert before <= {task.file.file_path for task in table.scan().plan_files()}
    assert deletes(table)
    assert table.current_snapshot().summary["total-position-deletes"] == "10"


def test_seeknal_reads_a_table_with_deleted_rows(seeknal_project, lake):
    made = seeknal_project(facts(MANY, MERGE))
    made.run("run").assert_ok()
    made.write(facts(FEW, MERGE))
    made.run("run").assert_ok()
    (made.path / "seeknal/facts.yml").unlink()
    made.write(read_back())

    made.run("run", "--select", "source.back").assert_ok()

    found = made.run("sql", "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM back")
    assert "1010  1010" in found.stdout


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("mode: full", [(1, 1, "third")]),
        (UPSERT, [(1, 1, "third"), *(row for row in WANTED if row[0] != 1)]),
        ("mode: append", sorted([*WANTED, (1, 1, "third")])),
        (
            "mode: overwrite_partitions",
            sorted([(1, 1, "third"), *(row for row in WANTED if row[1] != 1)]),
        ),
    ],
)
def test_every_mode_writes_to_a_table_with_deleted_rows(seeknal_project, lake, mode, wanted):
    parts = ", partition_by: [kind]"
    made = seeknal_project(facts(MANY, MERGE + parts))
    made.run("run").assert_ok()
    made.write(facts(FEW, MERGE + parts))
    made.run("run").assert_ok()
    made.write(facts("SELECT 1::BIGINT AS id, 1::BIGINT AS kind, 'third' AS note", mode))

    made.run("run").assert_ok()

    assert rows(lake(made, TABLE)) == sorted(wanted)


def test_a_full_refresh_leaves_no_deletes_behind(seeknal_project, lake):
    made = seeknal_project(facts(MANY, MERGE))
    made.run("run").assert_ok()
    made.write(facts(FEW, MERGE))
    made.run("run").assert_ok()
    made.write(facts(FEW, "mode: full"))

    made.run("run").assert_ok()

    table = lake(made, TABLE)
    assert table.current_snapshot().summary["total-position-deletes"] == "0"
    assert len(table.current_snapshot().manifests(table.io)) == 2
    assert len(rows(table)) == 20


def test_a_repeated_upsert_finds_only_what_differs(seeknal_project, lake):
    made = seeknal_project(facts(MANY, MERGE))
    made.run("run").assert_ok()
    made.write(facts(FEW, MERGE))
    made.run("run").assert_ok()
    made.write(
        facts(FEW.replace("'second'", "CASE i WHEN 1000 THEN 'new' ELSE 'second' END"), MERGE)
    )

    made.run("run").assert_ok()

    table = lake(made, TABLE)
    assert len(rows(table)) == 1010
    assert [row for row in rows(table) if row[2] == "new"] == [(1000, 1000 % 7, "new")]
    assert table.current_snapshot().summary["added-records"] == "1"


def test_small_files_are_written_again_instead(seeknal_project, lake):
    made = seeknal_project(facts(MANY, UPSERT))
    made.run("run").assert_ok()
    made.write(facts(FEW, UPSERT))

    made.run("run").assert_ok()

    assert rows(lake(made, TABLE)) == WANTED
    assert not deletes(lake(made, TABLE))


def days(*rows):
    values = ", ".join(f"(DATE '2024-{day}', {value})" for day, value in rows)
    return f"SELECT * FROM (VALUES {values}) AS r(day, value)"


BY_MONTH = "mode: overwrite_partitions, partition_by: [month(day)]"


@pytest.mark.parametrize("name", ["overwrite_partitions", "insert_overwrite"])
def test_only_partitions_that_the_rows_fall_into_are_replaced(seeknal_project, lake, name):
    mode = BY_MONTH.replace("overwrite_partitions", name)
    made = seeknal_project(facts(days(("01-01", 1), ("01-05", 2), ("02-01", 3)), mode))
    made.run("run").assert_ok()
    made.write(facts(days(("02-07", 4), ("03-01", 5)), mode))

    made.run("run").assert_ok()

    assert [value for _, value in rows(lake(made, TABLE))] == [1, 2, 4, 5]


def test_overwriting_partitions_of_a_table_without_them_says_what_to_do(seeknal_project):
    made = seeknal_project(facts(days(("01-01", 1)), "mode: overwrite_partitions"))

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "the table has no partitions" in outcome.stderr


needs_audits = pytest.mark.skipif(
    find_spec("seeknal_audits") is None, reason="seeknal-audits is not installed"
)
AUDITED = "\naudits: [{type: unique, columns: [id]}]\n"


@needs_audits
def test_rows_that_would_spoil_the_table_stay_on_a_branch(seeknal_project, lake):
    mode = "mode: append, wap: true"
    made = seeknal_project(facts("SELECT 1 AS id", mode, AUDITED))
    made.run("run").assert_ok()
    made.write(facts("SELECT 1 AS id UNION ALL SELECT 2", mode, AUDITED))

    outcome = made.run("run")

    table = lake(made, TABLE)
    assert outcome.exit_code == 1
    assert "unique(id): " in outcome.stderr
    assert "the table is unchanged, and branch seeknal_audit_" in outcome.stderr
    assert rows(table) == [(1,)]
    [branch] = [name for name in table.metadata.refs if name != "main"]
    held = table.scan(snapshot_id=table.snapshot_by_name(branch).snapshot_id).to_arrow()
    assert sorted(held["id"].to_pylist()) == [1, 1, 2]


@needs_audits
def test_rows_that_pass_on_the_branch_are_published(seeknal_project, lake):
    mode = "mode: append, wap: true"
    made = seeknal_project(facts("SELECT 1 AS id", mode, AUDITED))
    made.run("run").assert_ok()
    made.write(facts("SELECT 2 AS id", mode, AUDITED))

    made.run("run").assert_ok()
    made.run("run").assert_ok()

    table = lake(made, TABLE)
    assert rows(table) == [(1,), (2,)]
    assert list(table.metadata.refs) == ["main"]
    assert len(table.history()) == 2


@needs_audits
def test_a_commit_of_others_while_auditing_is_neither_lost_nor_hidden(
    seeknal_project, lake, monkeypatch
):
    from seeknal_iceberg import publishing

    mode = f"{UPSERT}, wap: true"
    made = seeknal_project(facts("SELECT 1 AS id", mode, AUDITED))
    made.run("run").assert_ok()
    made.write(facts("SELECT 2 AS id", mode, AUDITED))
    relation = publishing._relation
    others = []

    def meanwhile(table, *rest):
        if not others:
            import pyarrow

            others.append(lake(made, TABLE))
            others[0].append(pyarrow.table({"id": pyarrow.array([7], pyarrow.int32())}))
        return relation(table, *rest)

    monkeypatch.setattr(publishing, "_relation", meanwhile)

    made.run("run").assert_ok()

    assert rows(lake(made, TABLE)) == [(1,), (2,), (7,)]
    assert list(lake(made, TABLE).metadata.refs) == ["main"]
