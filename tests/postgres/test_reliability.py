"""Nothing is half written: kills, a stopped server, readers and writers at the same time."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import psycopg
import pytest
from tests.postgres.server import Database, start

pytestmark = pytest.mark.once

ROWS = 60_000
NODE = (
    "kind: transform\nname: facts\n"
    "transform: |\n"
    "  SELECT i AS id, CAST(DATE '2024-01-01' + CAST(i % 100 AS INTEGER) AS DATE) AS day,\n"
    "         {{ var('version') }} AS version, repeat('x', 20) AS text\n"
    f"  FROM range({ROWS}) AS r(i)\n"
    "materializations:\n"
)
TARGETS = {
    "full": "mode: full",
    "by_time": "mode: incremental_by_time, time_column: day",
    "upsert": "mode: upsert_by_key, unique_keys: [id]",
    "append": "mode: append",
}


def files(targets=TARGETS):
    entries = "".join(
        f"  - {{type: postgresql, connection: pg, table: out.t_{name}, {rest}}}\n"
        for name, rest in targets.items()
    )
    return {
        "seeknal_project.yml": "name: t\nvars: {version: 0}\n",
        "seeknal/facts.yml": NODE + entries,
    }


def set_version(made, version):
    made.write({"seeknal_project.yml": f"name: t\nvars: {{version: {version}}}\n"})


def spawn(made, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "seeknal", "run", *arguments],
        cwd=made.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def expect_version(database, version):
    """Every table holds the rows of that version once; append those of all versions."""
    for table in ("full", "by_time", "upsert"):
        query = (
            f"SELECT count(*), count(DISTINCT id), min(version), max(version) FROM out.t_{table}"
        )
        assert database.rows(query) == [(ROWS, ROWS, version, version)], table
    query = "SELECT version, count(*), count(DISTINCT id) FROM out.t_append GROUP BY 1 ORDER BY 1"
    assert database.rows(query) == [(each, ROWS, ROWS) for each in range(version + 1)]


def temporary_tables(database):
    return database.value(
        "SELECT count(*) FROM pg_class WHERE relname = 'seeknal_stage' OR relpersistence = 't'"
    )


def kill_and_run_again(made, database, kills, seed):
    chance = random.Random(seed)
    began = time.monotonic()
    made.run("run").assert_ok()
    whole = time.monotonic() - began + 0.3
    for version in range(1, kills + 1):
        set_version(made, version)
        process = spawn(made)
        time.sleep(chance.uniform(0.3, whole))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        made.run("run").assert_ok()
        expect_version(database, version)
    assert temporary_tables(database) == 0


def test_a_killed_run_leaves_nothing_half_written(project, database):
    kill_and_run_again(project(files()), database, kills=4, seed=20261121)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_thirty_kills_leave_nothing_half_written(project, database):
    kill_and_run_again(project(files()), database, kills=30, seed=7)


@pytest.fixture
def own(tmp_path):
    """A server that the test may stop."""
    server = start(tmp_path / "postgres", may_crash=True)
    yield Database(server)
    server.stop()


def stop_and_run_again(made, own, stops, seed):
    chance = random.Random(seed)
    began = time.monotonic()
    made.run("run").assert_ok()
    whole = time.monotonic() - began + 0.3
    failures = 0
    for version in range(1, stops + 1):
        set_version(made, version)
        process = spawn(made)
        time.sleep(chance.uniform(0.4, whole))
        # As when the machine loses its power: no session is waited for.
        os.kill(own.server.pid, signal.SIGQUIT)
        output, _ = process.communicate(timeout=60)
        failures += process.returncode == 1
        assert "Traceback" not in output
        while own.server.pid is not None:
            time.sleep(0.01)
        own.server.start()
        made.write({"profiles.yml": own.profile})
        made.run("run").assert_ok()
        expect_version(own, version)
    assert temporary_tables(own) == 0
    return failures


def test_a_server_that_stops_in_mid_transaction_leaves_nothing_half_written(seeknal_project, own):
    made = seeknal_project({"profiles.yml": own.profile, **files()})

    stop_and_run_again(made, own, stops=3, seed=5)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_thirty_stops_of_the_server_leave_nothing_half_written(seeknal_project, own):
    made = seeknal_project({"profiles.yml": own.profile, **files()})

    failures = stop_and_run_again(made, own, stops=30, seed=11)

    assert failures > 3


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ"])
def test_readers_see_the_old_or_the_new_rows_of_a_full_refresh(project, database, level):
    made = project(files({"full": TARGETS["full"]}))
    made.run("run").assert_ok()
    seen, stop = set(), threading.Event()

    def poll():
        with database.connect(autocommit=False) as connection:
            while not stop.is_set():
                connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
                connection.execute("SELECT 1")
                query = "SELECT count(*), min(version), max(version) FROM out.t_full"
                seen.add(connection.execute(query).fetchone())
                connection.rollback()

    reader = threading.Thread(target=poll)
    reader.start()
    for version in range(1, 4):
        set_version(made, version)
        made.run("run").assert_ok()
    stop.set()
    reader.join()

    assert seen <= {(ROWS, version, version) for version in range(4)}
    assert len(seen) > 1


def test_a_snapshot_from_before_a_refresh_still_sees_the_old_rows(project, database):
    made = project(files({"full": TARGETS["full"]}))
    made.run("run").assert_ok()
    set_version(made, 1)

    with database.connect(autocommit=False) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1")
        made.run("run").assert_ok()
        old = reader.execute("SELECT count(*), max(version) FROM out.t_full").fetchone()

    assert old == (ROWS, 0)


def test_three_writers_at_once_leave_no_key_twice(seeknal_project, database):
    projects = []
    for number in range(3):
        made = seeknal_project(
            {"profiles.yml": database.profile, **files({"upsert": TARGETS["upsert"]})}
        )
        set_version(made, number)
        projects.append(made)

    processes = [spawn(made) for made in projects]
    outputs = [process.communicate(timeout=100)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], outputs
    rows = database.rows("SELECT count(*), count(DISTINCT id) FROM out.t_upsert")
    assert rows == [(ROWS, ROWS)]
    assert database.value("SELECT count(DISTINCT version) FROM out.t_upsert") == 1


def test_a_table_that_another_delivery_holds_is_told_as_that(project, database):
    made = project(files({"full": TARGETS["full"]}))
    profile = (made.path / "profiles.yml").read_text()
    made.write({"profiles.yml": profile + "    lock_timeout: 1s\n"})

    with database.connect(autocommit=False) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('seeknal:out.t_full', 0))")
        outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "another delivery holds out.t_full" in outcome.stderr
    made.run("run").assert_ok()


def test_an_error_in_the_middle_of_the_rows_commits_nothing(database, tmp_path):
    import duckdb
    from tests.contexts import step_context

    from seeknal.plugin import DeliveryError
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.relations import Relation
    from seeknal.values.sources import Connection
    from seeknal.values.targets import Target
    from seeknal_postgres import plugin
    from seeknal_postgres.options import Postgres, PostgresTarget

    given = {key: value for key, value in database.parameters.items() if key != "password"}
    options = Postgres(**given, password=database.server.password)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE VIEW failing AS"
            " SELECT CASE WHEN i > 150000 THEN error('broken') ELSE i END AS i"
            " FROM range(200000) AS r(i)"
        )
        context = step_context(
            NodeId("transform.failing"),
            tmp_path,
            connection,
            connections=lambda name: Connection(name=name, type="postgresql", options=options),
            delivery_id="d",
        )
        target = Target(
            node=NodeId("transform.failing"),
            type="postgresql",
            options=PostgresTarget(table="public.t"),
            key="k",
            label="t",
            connection="pg",
        )
        relation = Relation(
            node=NodeId("transform.failing"),
            scan="failing",
            columns=(Column("i", "BIGINT"),),
            rows=200_000,
        )

        with pytest.raises(DeliveryError, match=r"could not be read: .*broken"):
            plugin.materialize(target, relation, context)

    assert database.value("SELECT to_regclass('public.t')") is None


def test_a_delivery_that_was_committed_is_not_made_again(project, database):
    """What happens when the answer to COMMIT is lost: the run believes that it failed."""
    made = project(files({"append": TARGETS["append"]}))
    made.run("run").assert_ok()
    state = made.path / "target/run_state.json"
    for journal in (state, *state.parent.glob("*.journal*")):
        if journal.exists():
            text = journal.read_text()
            journal.write_text(text.replace('"status": "delivered"', '"status": "owed"'))

    made.run("run")

    assert database.value("SELECT count(*) FROM out.t_append") == ROWS


def test_the_connection_is_lost_while_it_commits(project, database, monkeypatch):
    made = project(files({"append": TARGETS["append"]}))
    from seeknal_postgres import delivering

    carry_out = delivering._transaction

    def lose(server, work):
        carry_out(server, work)
        raise psycopg.errors.AdminShutdown("terminating connection due to administrator command")

    monkeypatch.setattr(delivering, "_transaction", lose)

    outcome = made.run("run").assert_ok()

    assert "the connection was lost after it was committed" in outcome.stdout
    assert database.value("SELECT count(*) FROM out.t_append") == ROWS


def test_an_append_target_that_was_away_gets_every_output_in_order(seeknal_project, own):
    made = seeknal_project(
        {"profiles.yml": own.profile, **files({"append": "mode: append", "full": "mode: full"})}
    )
    own.server.stop()
    failed = [made.run("run")]
    set_version(made, 1)
    failed.append(made.run("run"))
    own.server.start()
    made.write({"profiles.yml": own.profile})
    set_version(made, 2)

    outcome = made.run("run").assert_ok()

    assert [each.exit_code for each in failed] == [1, 1]
    assert "earlier rows go first" in failed[1].stderr
    order = "SELECT version FROM out.t_append GROUP BY version ORDER BY min(ctid)"
    assert own.rows(order) == [(0,), (1,), (2,)]
    assert own.rows("SELECT DISTINCT version FROM out.t_full") == [(2,)]
    assert "OWED" not in outcome.stdout


def test_one_targets_failure_neither_stops_nor_undoes_the_others(project, database):
    database.run("CREATE SCHEMA out; CREATE VIEW out.t_full AS SELECT 1 AS a")
    made = project({**files(), "seeknal/child.yml": CHILD})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "out.t_full is a view" in outcome.stderr
    assert database.value("SELECT count(*) FROM out.t_upsert") == ROWS
    assert made.rows("transform.child") == [(ROWS,)]
    database.run("DROP VIEW out.t_full")
    again = made.run("run", "--format", "json").assert_ok()
    (facts,) = [node for node in again.json()["nodes"] if node["node"] == "transform.facts"]
    assert facts["reason"] == "target owed"
    assert database.value("SELECT count(*) FROM seeknal.deliveries") == 4


CHILD = """\
kind: transform
name: child
transform: SELECT count(*) AS n FROM ref('transform.facts')
"""
