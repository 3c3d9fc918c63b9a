"""Other clients than pymysql understand the stand-in: MariaDB's, and mysqlclient upon it."""

import subprocess
import sys

import pytest
from tests.unpacked import NotToBeHad, environment, unpacked

pytestmark = pytest.mark.once

PACKAGES = ("mariadb-client-core", "libmariadb3", "mariadb-common", "libncurses6", "libedit2")
MYSQLCLIENT = (*PACKAGES, "python3-mysqldb")
ROWS = "INSERT INTO people VALUES (1, 'é'), (2, NULL)"
LONG = 2**24 + 10


@pytest.fixture(scope="module")
def programs():
    try:
        return unpacked("mariadb-client", MYSQLCLIENT)
    except NotToBeHad as error:
        pytest.skip(str(error))


@pytest.fixture
def secured(servers):
    """A server with a password and a table."""
    server = servers(users={"root": "secret"})
    server.execute("CREATE TABLE people (id BIGINT NOT NULL, name STRING)", "shop")
    server.execute(ROWS, "shop")
    return server


@pytest.fixture
def ask(programs, secured):
    """Lets MariaDB's client carry statements out."""

    def run(*statements, password="secret", options=()):
        return subprocess.run(
            [
                *(programs / "usr/bin/mariadb", "--no-defaults", "--batch", *options),
                *("--host=127.0.0.1", f"--port={secured.port}", "--user=root"),
                *(f"--password={password}", "--default-character-set=utf8mb4", "shop"),
                *("--execute", ";".join(statements)),
            ],
            env=environment(programs),
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_mariadbs_client_shows_rows(ask):
    done = ask("SELECT * FROM people ORDER BY id", "SHOW TABLES")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "id\tname\n1\té\n2\tNULL\nTables_in_shop\npeople\n"


def test_mariadbs_client_goes_to_another_database(ask):
    done = ask("USE information_schema", "SELECT database() AS here")

    assert done.stdout == "here\ninformation_schema\n"


def test_mariadbs_client_tells_of_an_error(ask):
    done = ask("SELEC 1")

    assert done.returncode == 1
    assert "ERROR 1064 (HY000) at line 1: Getting syntax error" in done.stderr


def test_mariadbs_client_is_refused_with_a_wrong_password(ask):
    done = ask("SELECT 1", password="guess")

    assert "ERROR 1045 (28000): Access denied for user 'root'" in done.stderr


def test_mariadbs_client_tells_of_the_server(ask):
    done = ask("status")

    assert "StarRocks version 3.5.0" in done.stdout
    assert done.stderr == ""


def test_mariadbs_client_takes_a_text_that_is_longer_than_a_packet(ask, secured):
    secured.add_catalog("lake")
    secured.add_table("lake.raw.long", {"t": "STRING"}, [("x" * LONG,)])

    done = ask("SELECT t FROM lake.raw.long", options=["--max-allowed-packet=64M"])

    assert len(done.stdout) == len("t\n") + LONG + 1


SCRIPT = """
import sys
sys.path.insert(0, {path!r})
import MySQLdb
connection = MySQLdb.connect(
    host="127.0.0.1", port={port}, user="root", passwd="secret", db="shop", charset="utf8mb4"
)
cursor = connection.cursor()
{body}
connection.close()
"""


@pytest.fixture
def mysqlclient(programs, secured):
    """Carries out lines of Python that have a cursor of mysqlclient's."""
    path = str(programs / "usr/lib/python3/dist-packages")

    def run(body):
        script = SCRIPT.format(path=path, port=secured.port, body=body)
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment(programs),
            capture_output=True,
            text=True,
            timeout=60,
        )
        if "No module named 'MySQLdb._mysql'" in done.stderr or "_mysql" in done.stderr[-200:]:
            pytest.skip("mysqlclient of Debian is made for another Python")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def test_mysqlclient_reads_and_writes(mysqlclient):
    found = mysqlclient(
        "cursor.execute('INSERT INTO people VALUES (%s, %s)', (3, 'x'))\n"
        "connection.commit()\n"
        "cursor.execute('SELECT id, name, CAST(1 AS BOOLEAN) AS b FROM people ORDER BY id')\n"
        "print(cursor.fetchall())\n"
    )

    assert found == ["((1, 'é', 1), (2, None, 1), (3, 'x', 1))"]


def test_mysqlclient_streams_rows(mysqlclient):
    found = mysqlclient(
        "import MySQLdb.cursors\n"
        "cursor = connection.cursor(MySQLdb.cursors.SSCursor)\n"
        "cursor.execute('SELECT id FROM people ORDER BY id')\n"
        "print(cursor.fetchmany(1), cursor.fetchall())\n"
        "cursor.close()\n"
    )

    assert found == ["((1,),) ((2,),)"]


def test_mysqlclient_tells_of_an_error(mysqlclient):
    found = mysqlclient(
        "try:\n"
        "    cursor.execute('SELECT nothing FROM people')\n"
        "except MySQLdb.Error as error:\n"
        "    print(error.args[0])\n"
        "connection.ping()\n"
        "connection.select_db('information_schema')\n"
        "cursor.execute('SELECT database()')\n"
        "print(cursor.fetchall(), cursor.description[0][0])\n"
    )

    assert found == ["1064", "(('information_schema',),) DATABASE()"]
