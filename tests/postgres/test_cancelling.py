"""Ctrl-C and `execution.timeout` end what the server does for a node, and nothing is half done."""

import re
import time

import pytest
from tests.terminal import interrupted, until

pytestmark = pytest.mark.inside

SOON = 3
LONG = "SELECT count(*) AS n FROM generate_series(1, 100000) AS a, generate_series(1, 1000000) AS b"
EACH = "(SELECT count(*) FROM generate_series(1, 100000) AS g WHERE g <> i)"
TRICKLE = f"SELECT i, {EACH} AS n FROM generate_series(1, 100000) AS r(i)"
MEASURED = f"SELECT i, {EACH}::numeric AS n FROM generate_series(1, 100000) AS r(i)"
SOURCE = "kind: source\nname: slow\nsource: postgresql\nconnection: pg\nquery: {0}\n{1}"
ROWS = 1000
TARGET = f"""
kind: transform
name: t
sql: SELECT i FROM range({ROWS}) AS r(i)
materializations: [{{type: postgresql, connection: pg, table: public.t, mode: append}}]
"""


def busy(database):
    """How many queries the server works on, this one left out."""
    return database.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state = 'active' AND pid <> pg_backend_pid()"
    )


@pytest.mark.parametrize(
    ("query", "params"),
    [
        (LONG, ""),
        (LONG, "params: {transport: adbc}\n"),
        (TRICKLE, "params: {transport: adbc}\n"),
        (MEASURED, ""),
    ],
)
def test_the_first_ctrl_c_ends_the_query_of_a_source(project, database, query, params):
    made = project({"seeknal/s.yml": SOURCE.format(query, params)})

    seconds, code, screen = interrupted(made, lambda: busy(database))

    assert (code, "1 interrupted" in screen) == (130, True), screen
    assert seconds < SOON
    assert "Traceback" not in screen
    until(lambda: not busy(database))


def test_a_node_that_takes_too_long_ends_and_the_others_go_on(project, database):
    made = project(
        {
            "seeknal_project.yml": "name: x\nexecution: {timeout: 4s, max_workers: 2}\n",
            "seeknal/s.yml": SOURCE.format(LONG, ""),
            "seeknal/o.yml": "kind: source\nname: other\nsource: postgresql\nconnection: pg\n"
            "query: SELECT count(*) AS n FROM generate_series(1, 10) AS r(i)\n",
        }
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "took longer than execution.timeout (4 s)" in outcome.stderr
    assert re.search(r"source\.other +run", outcome.stdout), outcome.stdout
    assert not busy(database)


def test_a_delivery_that_is_interrupted_is_taken_back_and_made_whole_later(project, database):
    database.run(
        "CREATE TABLE t (i bigint);"
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END';"
        "CREATE TRIGGER dawdle BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION dawdle()"
    )
    made = project({"seeknal/t.yml": TARGET})

    seconds, code, screen = interrupted(made, lambda: busy(database))
    held = database.value("SELECT count(*) FROM t")
    database.run("DROP TRIGGER dawdle ON t")
    made.run("run").assert_ok()

    assert (code, held) == (130, 0), screen
    assert seconds < SOON
    assert database.rows("SELECT count(*), count(DISTINCT i) FROM t") == [(ROWS, ROWS)]


def test_a_delivery_that_waits_for_a_lock_stops_waiting(project, database):
    database.run("CREATE TABLE t (i bigint)")
    made = project({"seeknal/t.yml": TARGET})

    with database.connect(autocommit=False) as other:
        other.execute("LOCK TABLE t")
        seconds, code, screen = interrupted(made, lambda: busy(database))
    made.run("run").assert_ok()

    assert code == 130, screen
    assert seconds < SOON
    assert database.value("SELECT count(*) FROM t") == ROWS


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_a_delivery_is_there_once_whenever_it_was_interrupted(project, database, delay):
    database.run("CREATE TABLE t (i bigint, UNIQUE (i) DEFERRABLE INITIALLY DEFERRED)")
    made = project({"seeknal/t.yml": TARGET.replace(str(ROWS), "300000")})

    _, code, screen = interrupted(made, lambda: busy(database) and not time.sleep(delay))
    held = database.value("SELECT count(*) FROM t")
    made.run("run").assert_ok()

    assert code in (0, 130), screen
    assert held in (0, 300_000)
    assert database.value("SELECT count(*) FROM t") == 300_000
