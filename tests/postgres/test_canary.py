"""A password of whatever characters opens a real server, and what the driver says hides it."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, unquote

import psycopg
import pytest
from psycopg import sql

pytestmark = pytest.mark.once

CANARY = "canary@canary:canary/canary?canary#[]%&=+;,!$'()* \"\\écanary"
FILES = {
    "seeknal/a.yml": """
        kind: source
        name: a
        source: postgresql
        query: SELECT 1 AS x
        connection: pg
        ---
        kind: transform
        name: b
        sql: SELECT x FROM ref('source.a')
        materializations: [{type: postgresql, connection: pg, table: public.b, mode: full}]
        ---
        kind: source
        name: c
        source: postgresql
        table: public.none
        connection: pg
    """,
}


@pytest.fixture
def role(database):
    """A role whose password has every reserved character; gives host, port, user, database."""
    with psycopg.connect(**database.parameters, autocommit=True) as connection:
        about = connection.info
        place = about.host, about.port, "tweety", about.dbname
        connection.execute(
            sql.SQL("CREATE ROLE tweety LOGIN SUPERUSER PASSWORD {}").format(sql.Literal(CANARY))
        )
    yield place
    with psycopg.connect(**database.parameters, autocommit=True) as connection:
        connection.execute("DROP OWNED BY tweety CASCADE")
        connection.execute("DROP ROLE tweety")


def profile(role, password, **more):
    host, port, user, dbname = role
    keys = {"type": "postgresql", "host": host, "port": port, "user": user, "dbname": dbname}
    return json.dumps({"connections": {"pg": {**keys, "password": password, **more}}})


def assert_nowhere(project, *outcomes):
    told = "".join(outcome.stdout + outcome.stderr for outcome in outcomes)
    for path in (project.path / "target").rglob("*"):
        if path.is_file():
            told += path.read_bytes().decode("latin-1")
    found = re.findall(r".{0,30}canary.{0,30}", told + unquote(told), re.IGNORECASE)
    assert found == []


def test_the_drivers_errors_show_no_password(seeknal_project, role):
    project = seeknal_project({**FILES, "profiles.yml": profile(role, CANARY)})
    outcomes = [project.run("run"), project.run("--debug", "run", "--format", "json")]
    for changes in (
        {"options": "-c nonsense"},
        {"sslmode": "verify-full", "sslrootcert": "none.pem"},
        {"port": 1},
        {"host": "no.such.host.invalid"},
        {"connect_timeout": "soon"},
    ):
        project.write({"profiles.yml": profile(role, CANARY, **changes)})
        outcomes.append(project.run("--debug", "connection", "test", "pg"))
        outcomes.append(project.run("run", "--select", "a", "--full"))
    host, port, user, dbname = role
    url = f"postgresql://{user}:{quote(CANARY, safe='')}@{host}:{port}/{dbname}"
    keys = {"connections": {"pg": {"type": "postgresql", "url": url}}}
    project.write({"profiles.yml": json.dumps(keys)})
    outcomes.append(project.run("connection", "test", "pg").assert_ok())

    assert project.rows("transform.b") == [(1,)]
    assert_nowhere(project, *outcomes[:-1])


def test_the_list_of_processes_shows_no_password(seeknal_project, role):
    project = seeknal_project(
        {
            "profiles.yml": profile(role, CANARY),
            "seeknal/a.yml": "kind: source\nname: a\nsource: postgresql\nconnection: pg\n"
            "query: SELECT count(*) AS x FROM generate_series(1, 3000000)\n",
        }
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "seeknal", "run"],
        cwd=project.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )

    seen = []
    while running.poll() is None:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                seen.append((folder / "cmdline").read_bytes())
            except OSError:
                continue
        time.sleep(0.1)

    assert (running.returncode, running.stderr.read()) == (0, b"")
    running.stderr.close()
    assert seen
    assert [line for line in seen if b"canary@" in line or b"canary%40" in line] == []
