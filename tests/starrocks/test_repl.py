"""The REPL on StarRocks, through `seeknal repl`."""

import io
import sys
import time

import pytest
from tests.starrocks.test_wire import SLOW_SUM, fill
from tests.terminal import CTRL_C, Terminal

SECRET = "c4n4ry-S3cret"


@pytest.fixture
def server(servers):
    """A server with an Iceberg catalog, whose root has a password."""
    server = servers(users={"root": SECRET})
    server.add_catalog("lake")
    server.add_table("lake.raw.events", {"id": "BIGINT", "at": "DATETIME"}, [(1, None)])
    server.execute("CREATE TABLE orders (id BIGINT, at DATETIME)", "shop")
    return server


def test_what_there_is_is_explored_from_a_url(server, seeknal_project, monkeypatch):
    text = (
        f".connect starrocks://root:{SECRET}@{server.host}:{server.port}/shop\n"
        ".catalogs\n.databases\n.tables\n.schema orders\n"
        ".use lake.raw\n.tables\nSELECT id FROM events;\n"
    )
    project = seeknal_project({})
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    outcome = project.run("repl", "--format", "csv").assert_ok()

    assert outcome.stdout.split() == [
        *("default_catalog", "lake", "shop", "orders"),
        *("column", "type", "------", "--------", "id", "bigint", "at", "datetime"),
        *("events", "id", "1"),
    ]
    assert SECRET not in outcome.stdout + outcome.stderr


def test_no_more_rows_are_read_than_are_shown(server, seeknal_project, monkeypatch):
    fill(server)
    url = f"starrocks://root:${{SR_PASSWORD}}@{server.host}:{server.port}/shop"
    monkeypatch.setenv("SR_PASSWORD", SECRET)
    text = "SELECT id FROM orders;\nSELECT count(*) AS n FROM orders;\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    outcome = seeknal_project({}).run(
        *("repl", "--connection", url, "--limit", "2", "--format", "csv")
    )

    assert outcome.assert_ok().stdout.split()[::3] == ["id", "n"]
    assert "the first 2 rows are shown" in outcome.stderr


@pytest.mark.parametrize(
    "name", ["Odd ü", "`Odd ü`", '"Odd ü"', "shop.Odd ü", "`shop`.`Odd ü`", "lake.raw.`events`"]
)
def test_a_table_is_described_by_its_name_with_or_without_quotes(
    server, seeknal_project, monkeypatch, name
):
    server.execute("CREATE TABLE `Odd ü` (id BIGINT)", "shop")
    url = f"'starrocks://root:{SECRET}@{server.host}:{server.port}/shop'"
    monkeypatch.setattr(sys, "stdin", io.StringIO(f".connect {url}\n.schema {name};\n"))

    outcome = seeknal_project({}).run("repl").assert_ok()

    assert outcome.stdout.split()[4:6] == ["id", "bigint"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (".connect starrocks://root:c4n4ry-0ther@HOST/shop", "Access denied for user 'root'"),
        (".connect starrocks://root:c4n4ry-S3cret@HOST/nowhere", "Unknown database 'nowhere'"),
        (".connect starrocks://root:c4n4ry/x@HOST/shop", "is not understood"),
        (".connect starrocks://root:c4n4ry-S3cret", "is not understood"),
        (".connect starrocks://localhost:1/shop", "does not say its user"),
        (".connect starrocks://root:c4n4ry-S3cret@localhost:1/shop", "Connection refused"),
        (".connect strrocks://root:c4n4ry-S3cret@HOST", "did you mean starrocks?"),
        (".connect dwh\n.schema ordrs", "did you mean orders?"),
        (".connect dwh\n.use lake", "is a catalog"),
        (".connect dwh\n.use lake.shop", "Unknown database 'shop'"),
        (".connect dwh\nDROP TABLE orders;", "only one statement that reads"),
        (".connect dwh\nUSE lake.raw;", "only one statement that reads"),
    ],
)
def test_a_mistake_is_told_without_the_password(
    server, seeknal_project, monkeypatch, line, message
):
    place = f"{server.host}:{server.port}"
    url = f"starrocks://root:{SECRET}@{place}/shop"
    project = seeknal_project(
        {"profiles.yml": f'connections:\n  dwh: {{type: starrocks, url: "{url}"}}\n'}
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO(line.replace("HOST", place) + "\n"))

    outcome = project.run("repl")

    assert outcome.exit_code != 0
    assert message in outcome.stderr
    assert "c4n4ry" not in outcome.stdout + outcome.stderr


def test_a_conversation_goes_on_when_the_server_does_not(server, seeknal_project, tmp_path):
    fill(server)
    project = seeknal_project({})
    place = f"{server.host}:{server.port}"
    url = f"starrocks://root:${{SR_PASSWORD}}@{place}/shop"
    more = {"XDG_STATE_HOME": str(tmp_path), "PROMPT_TOOLKIT_NO_CPR": "1", "SR_PASSWORD": SECRET}

    with Terminal(project.path, "repl", "--connection", url, columns=120, **more) as terminal:

        def say(text, *answers):
            terminal.raw = ""
            terminal.press(text.encode() + b"\r")
            for answer in answers:
                terminal.wait_for(answer)
            terminal.wait_for("seeknal>")

        terminal.wait_for("seeknal>")
        say(f".connect starrocks://root:c4n4ry-0ther@{place}/shop", "Access denied")
        say("SELECT count(*) + 40 AS n FROM orders;", "3040")
        server.end_connections()
        say("SELECT 1 AS one;", "Lost connection")
        say("SELECT count(*) + 50 AS n FROM orders;", "again", "3050")
        terminal.raw = ""
        terminal.press(f"{SLOW_SUM};\r".encode())
        while SLOW_SUM not in server.log.statements:
            time.sleep(0.05)
        time.sleep(0.3)
        terminal.press(CTRL_C)
        terminal.wait_for("cancelled")
        say(".use lake.raw", "lake.raw: 1 table;")
        say("SELECT count(*) + 41 AS n FROM events;", "42")
        terminal.press(b".exit\r")
        assert terminal.end() == 0

    assert any(entry.startswith("KILL QUERY") for entry in server.log.statements)
    assert "c4n4ry" not in (tmp_path / "seeknal/repl_history").read_text()
