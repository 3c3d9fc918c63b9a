"""Evolution, writers at once, kills and lost answers."""

import random
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.once

ROWS = 20_000
TARGETS = {
    "full": "mode: full",
    "by_time": "mode: incremental_by_time, time_column: day",
    "upsert": "mode: upsert_by_key, unique_keys: [id]",
    "append": "mode: append",
}


def files(targets=TARGETS):
    entries = "".join(
        f"  - {{type: iceberg, table: atlas.out.t_{name}, {rest}}}\n"
        for name, rest in targets.items()
    )
    return {
        "seeknal_project.yml": "name: t\nvars: {version: 0}\n",
        "seeknal/facts.yml": "kind: transform\nname: facts\ntransform: |\n"
        "  SELECT CAST(i AS INTEGER) AS id,\n"
        "         CAST(DATE '2024-01-01' + CAST(i % 10 AS INTEGER) AS DATE) AS day,\n"
        "         {{ var('version') }} AS version\n"
        f"  FROM range({ROWS}) AS r(i)\nmaterializations:\n{entries}",
    }


def set_version(made, version):
    made.write({"seeknal_project.yml": f"name: t\nvars: {{version: {version}}}\n"})


def counted(table):
    found = table.scan().to_arrow()
    versions = found.group_by("version").aggregate([("id", "count"), ("id", "count_distinct")])
    return sorted(zip(*versions.to_pydict().values(), strict=True))


def spawn(made):
    return subprocess.Popen(
        [sys.executable, "-m", "seeknal", "run"],
        cwd=made.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def kill_and_run_again(made, lake, kills, seed):
    chance = random.Random(seed)
    made.run("run").assert_ok()
    for version in range(1, kills + 1):
        set_version(made, version)
        process = spawn(made)
        time.sleep(chance.uniform(0.4, 2.2))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        made.run("run").assert_ok()
        for name in ("full", "by_time", "upsert"):
            assert counted(lake(made, f"atlas.out.t_{name}")) == [(version, ROWS, ROWS)], name
        every = [(each, ROWS, ROWS) for each in range(version + 1)]
        assert counted(lake(made, "atlas.out.t_append")) == every


def test_a_killed_run_neither_loses_nor_doubles(seeknal_project, lake):
    kill_and_run_again(seeknal_project(files()), lake, kills=3, seed=3)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_thirty_kills_neither_lose_nor_double(seeknal_project, lake):
    kill_and_run_again(seeknal_project(files()), lake, kills=30, seed=17)


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_two_writers_at_once(seeknal_project, lake, mode):
    shared = seeknal_project(files({mode: TARGETS[mode]}))
    folder = shared.path / ".seeknal" / "iceberg"
    (folder / "warehouse").mkdir(parents=True)
    profile = (
        "connections:\n  iceberg:\n    type: iceberg\n"
        f"    uri: sqlite:///{folder / 'catalog.db'}\n"
        f"    warehouse: {(folder / 'warehouse').as_uri()}\n"
    )
    writers = []
    for number in range(3):
        made = seeknal_project({"profiles.yml": profile, **files({mode: TARGETS[mode]})})
        set_version(made, number)
        writers.append(made)
    writers[0].run("run").assert_ok()

    processes = [spawn(made) for made in writers[1:]]
    outputs = [process.communicate(timeout=100)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0], outputs
    found = counted(lake(shared, f"atlas.out.t_{mode}"))
    if mode == "append":
        assert found == [(0, ROWS, ROWS), (1, ROWS, ROWS), (2, ROWS, ROWS)]
    else:
        assert len(found) == 1
        assert found[0][1:] == (ROWS, ROWS)


def test_a_commit_whose_answer_is_lost_is_found_by_its_id(seeknal_project, lake, monkeypatch):
    from pyiceberg.exceptions import CommitStateUnknownException
    from pyiceberg.table import Transaction

    commit = Transaction.commit_transaction

    def lose(self):
        commit(self)
        raise CommitStateUnknownException("the connection was closed")

    made = seeknal_project(files({"append": TARGETS["append"]}))
    monkeypatch.setattr(Transaction, "commit_transaction", lose)

    outcome = made.run("run").assert_ok()

    assert "the answer was lost" in outcome.stdout
    assert counted(lake(made, "atlas.out.t_append")) == [(0, ROWS, ROWS)]


def node(select, mode):
    return {
        "seeknal/t.yml": f"kind: transform\nname: t\ntransform: {select}\n"
        f"materializations: [{{type: iceberg, table: atlas.out.t, {mode}}}]\n"
    }


def described(table):
    return [(field.name, str(field.field_type)) for field in table.schema().fields]


def test_columns_are_added_and_widened_with_the_rows(seeknal_project, lake):
    made = seeknal_project(node("SELECT 1 AS id, 1.5::FLOAT AS share", "mode: append"))
    made.run("run").assert_ok()
    made.write(node("SELECT 2::BIGINT AS id, 2.5::DOUBLE AS share, 'x' AS note", "mode: append"))

    made.run("run").assert_ok()

    table = lake(made, "atlas.out.t")
    assert described(table) == [("id", "long"), ("share", "double"), ("note", "string")]
    rows = sorted(table.scan().to_arrow().to_pylist(), key=lambda row: row["id"])
    assert rows == [
        {"id": 1, "share": 1.5, "note": None},
        {"id": 2, "share": 2.5, "note": "x"},
    ]


def test_a_column_that_is_called_otherwise_keeps_its_id(seeknal_project, lake):
    made = seeknal_project(node("SELECT 1 AS id, 'a' AS name", "mode: full"))
    made.run("run").assert_ok()
    before = lake(made, "atlas.out.t").schema().find_field("name").field_id
    made.write(node("SELECT 1 AS id, 'a' AS title", "mode: full"))

    made.run("run").assert_ok()

    assert lake(made, "atlas.out.t").schema().find_field("title").field_id == before


def test_a_change_that_iceberg_forbids_is_refused_before_a_file_is_written(seeknal_project, lake):
    made = seeknal_project(node("SELECT 1 AS id, 1.5::DECIMAL(10,2) AS v", "mode: append"))
    made.run("run").assert_ok()
    made.write(node("SELECT 1 AS id, 'text' AS v", "mode: append"))
    warehouse = made.path / ".seeknal/iceberg/warehouse"
    before = sorted(warehouse.rglob("*.parquet"))

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "column 'v' is decimal(10, 2) in the table and string in the rows" in outcome.stderr
    assert sorted(warehouse.rglob("*.parquet")) == before


def test_schema_change_fail_refuses_a_new_column(seeknal_project, lake):
    made = seeknal_project(node("SELECT 1 AS id", "mode: append"))
    made.run("run").assert_ok()
    made.write(node("SELECT 1 AS id, 2 AS v", "mode: append, schema_change: fail"))

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "v is new (int)" in outcome.stderr
