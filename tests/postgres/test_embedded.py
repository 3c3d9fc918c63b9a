"""The embedded server: a real PostgreSQL that needs no installation."""

import json
import os
import re
import stat
import subprocess
import sys
import time

import psycopg
import pytest
from tests.answers import explained, keys
from tests.terminal import CTRL_C, Terminal

from seeknal_postgres.embedded import Server, server_of

pytestmark = pytest.mark.once

FILES = {
    "profiles.yml": "connections:\n  demo: {type: postgresql, embedded: true}\n",
    "seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT 1 AS a\n"
    "materializations: [{type: postgresql, connection: demo, table: a.b, mode: append}]\n",
}


@pytest.fixture
def demo(seeknal_project):
    made = seeknal_project(FILES)
    yield made
    server_of("demo", made.path).stop()


def command(made, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "seeknal", *arguments],
        cwd=made.path,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_starts_with_the_first_command_and_stops_with_the_last(demo):
    done = command(demo, "run")

    assert done.returncode == 0, done.stderr
    assert "-> postgresql a.b (append, 1)" in done.stdout
    assert server_of("demo", demo.path).pid is None


def test_its_start_is_a_line_with_its_time(demo):
    done = command(demo, "run")

    assert re.search(r"^start of the server of connection demo   \d+\.\d s$", done.stderr, re.M)


SLOW = (
    "kind: source\nname: slow\nsource: postgresql\nconnection: demo\n"
    "query: SELECT count(*) AS n FROM generate_series(1, 100000) AS a,"
    " generate_series(1, 1000000) AS b\n"
)
STUBBORN = """
    CREATE FUNCTION stubborn() RETURNS integer STABLE LANGUAGE plpgsql AS $$
    BEGIN
        LOOP
            BEGIN
                PERFORM count(*) FROM generate_series(1, 1000000000);
            EXCEPTION WHEN query_canceled THEN NULL;
            END;
        END LOOP;
    END $$
"""


def has_ended(made):
    deadline = time.monotonic() + 30
    while server_of("demo", made.path).pid is not None:
        assert time.monotonic() < deadline, "the server goes on"
        time.sleep(0.1)
    return True


def test_ctrl_c_ends_what_it_works_on_and_then_the_server(demo):
    demo.write({"seeknal/s.yml": SLOW})
    with Terminal(demo.path, "run") as run:
        run.wait_for("1/2  source.slow")

        run.press(CTRL_C)
        answered = run.wait_for("stopping: waiting for source.slow; Ctrl-C again", 5)
        code = run.end(30)

    print(f"{answered:.3f} s")
    assert code == 130
    assert "1 interrupted" in run.raw
    assert "Traceback" not in run.raw
    assert has_ended(demo)


def test_the_second_ctrl_c_ends_both_where_its_work_cannot_be_cancelled(demo):
    server = server_of("demo", demo.path)
    server.start()
    with psycopg.connect(**server.parameters(), autocommit=True) as connection:
        connection.execute(STUBBORN)
    server.stop()
    query = "query: SELECT count(*) AS n FROM generate_series(1, stubborn()) AS a\n"
    demo.write({"seeknal/s.yml": f"{SLOW.partition('query')[0]}{query}"})
    with Terminal(demo.path, "run") as run:
        run.wait_for("1/2  source.slow")

        run.press(CTRL_C)
        answered = run.wait_for("stopping: waiting for source.slow; Ctrl-C again", 5)
        time.sleep(1.5)
        waited = run.process.poll() is None
        run.press(CTRL_C)
        code = run.end(30)

    print(f"{answered:.3f} s")
    assert waited
    assert code == 130
    assert "1 interrupted" in run.raw
    assert "Traceback" not in run.raw
    assert has_ended(demo)


def test_nothing_starts_it_again_while_the_command_ends(demo):
    script = (
        "from pathlib import Path\n"
        "from seeknal_postgres.embedded import release_all, running\n"
        "running('demo', Path.cwd())\n"
        "release_all()\n"
        "running('demo', Path.cwd())\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=demo.path, capture_output=True, text=True, timeout=60
    )

    assert "the command that starts the server ends" in done.stderr
    assert server_of("demo", demo.path).pid is None


def test_its_data_outlives_the_run(demo):
    command(demo, "run")

    asked = command(demo, "sql", "--connection", "demo", "SELECT * FROM a.b", "--format", "csv")

    assert asked.stdout.split() == ["a", "1"]


def test_it_stays_when_it_was_started_and_stops_when_told(demo):
    started = command(demo, "postgres", "start")
    command(demo, "run")
    shown = command(demo, "postgres", "status")
    url = command(demo, "postgres", "url").stdout.strip()
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT a FROM a.b").fetchall()
    asked = command(demo, "postgres", "psql", "-Atc", "SELECT a + 1 FROM a.b")
    stopped = command(demo, "postgres", "stop")
    after = command(demo, "postgres", "status")

    assert started.returncode == 0, started.stderr
    assert "until it is stopped" in shown.stdout
    assert rows == [(1,)]
    assert asked.stdout == "2\n"
    assert stopped.stdout == "stopped\n"
    assert (after.returncode, after.stdout) == (3, "not running\n")


def test_its_commands_answer_in_json_in_the_words_of_all_others(demo):
    def ask(*words):
        done = command(demo, "postgres", *words, "--format", "json")
        answer = json.loads(done.stdout)
        assert sorted(set(keys(answer)) - explained().keys()) == []
        return done.returncode, answer

    started, shown = ask("start"), ask("status")
    _, address = ask("url")
    with psycopg.connect(address["url"]) as connection:
        one = connection.execute("SELECT 1").fetchone()
    stopped, after = ask("stop"), ask("status")

    assert (started[1]["running"], shown[1]["kept"]) == (True, True)
    assert str(shown[1]["port"]) in address["url"]
    assert one == (1,)
    assert (stopped[1]["running"], stopped[1]["stopped"]) == (False, True)
    assert (after[0], after[1]["running"], after[1]["process"]) == (3, False, None)


def test_two_commands_share_it_and_the_last_one_stops_it(demo):
    slow = (
        "kind: source\nname: s\nsource: postgresql\nconnection: demo\n"
        "query: SELECT count(*) AS n FROM generate_series(1, 20000000) AS g(i)\n"
    )
    demo.write({"seeknal/s.yml": slow})
    first = subprocess.Popen(
        [sys.executable, "-m", "seeknal", "run"], cwd=demo.path, stdout=subprocess.PIPE
    )
    server = server_of("demo", demo.path)
    deadline = time.monotonic() + 20
    while server.port is None and time.monotonic() < deadline:
        time.sleep(0.02)

    second = command(demo, "sql", "--connection", "demo", "SELECT 1 AS a")
    during = server.pid
    output, _ = first.communicate(timeout=60)

    assert second.returncode == 0, second.stderr
    assert during is not None
    assert first.returncode == 0, output
    assert server.pid is None


def test_after_a_kill_the_next_command_uses_it_and_stops_it(demo):
    command(demo, "postgres", "start")
    server = server_of("demo", demo.path)
    (server.folder / "kept").unlink()
    os.kill(server.pid, 9)
    while server.pid is not None:
        time.sleep(0.01)

    done = command(demo, "run")

    assert done.returncode == 0, done.stderr
    assert server.pid is None


def test_only_the_owner_may_read_its_password(demo):
    command(demo, "run")
    folder = server_of("demo", demo.path).folder

    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    assert (demo.path / ".seeknal/.gitignore").read_text() == "*\n"


def test_a_wrong_password_is_refused_by_it(server):
    wrong = {**server.parameters(), "password": "wrong"}

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**wrong)


def test_a_cluster_whose_making_was_cut_short_is_made_again(tmp_path):
    server = Server(folder=tmp_path / "pg")
    server.start()
    server.stop()
    home = server._home
    (home / "data").rename(home / "data.new")
    (home / "data.new" / "PG_VERSION").unlink()

    server.start()

    assert server.port is not None
    server.stop()


@pytest.mark.parametrize("word", ["start", "status", "url"])
def test_without_an_embedded_connection_the_commands_say_so(seeknal_project, word):
    made = seeknal_project({"profiles.yml": "connections:\n  pg: {type: postgresql}\n"})

    outcome = made.run("postgres", word)

    assert outcome.exit_code == 1
    assert "no connection of the project is embedded" in outcome.stderr
    assert "embedded: true" in outcome.stderr
