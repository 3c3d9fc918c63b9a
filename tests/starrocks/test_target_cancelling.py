"""Ctrl-C and `execution.timeout` end what a delivery waits for, and nothing is half done."""

import time

import pytest
from tests.terminal import CTRL_C, Terminal, until

pytestmark = pytest.mark.inside

SOON = 4
MODES = {
    "full": ("full", "be load received"),
    "by time": ("incremental_by_time, time_column: day", "be load received"),
    "upsert": ("upsert_by_key, unique_keys: [id]", "be write received"),
}


@pytest.fixture
def slow(seeknal_project, server):
    """A project whose second delivery takes long, and what the table held before it."""

    def make(mode, point, more=""):
        target = f"{{type: starrocks, connection: reporting, table: shop.told, mode: {mode}}}"
        node = "kind: transform\nname: told\nsql: {0}\nmaterializations: [{1}]\n"
        rows = "SELECT i AS id, DATE '2026-01-01' AS day FROM range({0}) AS r(i)"
        made = seeknal_project(
            {
                "seeknal_project.yml": f"name: x\n{more}",
                "profiles.yml": "connections:\n  reporting:\n    type: starrocks\n    user: root\n"
                f"    host: {server.host}\n    port: {server.port}\n"
                f"    http_port: {server.http_port}\n",
                "seeknal/told.yml": node.format(rows.format(3), target),
            }
        )
        made.run("run").assert_ok()
        made.write({"seeknal/told.yml": node.format(rows.format(5), target)})
        server.log.clear()
        server.faults.delay(point, 60)
        return made

    return make


def loads(server):
    return [asked for asked in server.log.requests if asked.node == "be" and "load" in asked.text]


def left(server):
    rows = server.execute("SELECT count(*) FROM told", "shop")
    return rows, [row[0] for row in server.execute("SHOW TABLES", "shop")]


@pytest.mark.parametrize(
    ("mode", "point"),
    [
        pytest.param(*case, id=name, marks=pytest.mark.slow if name == "by time" else ())
        for name, case in MODES.items()
    ],
)
def test_the_first_ctrl_c_ends_a_load(slow, server, mode, point):
    made = slow(mode, point)

    with Terminal(made.path, "run") as run:
        until(lambda: loads(server) or run.process.poll() is not None)
        began = time.monotonic()
        run.press(CTRL_C)
        code = run.end(60)
        seconds = time.monotonic() - began

    assert code == 130, run.raw
    assert seconds < SOON
    assert "Traceback" not in run.raw
    assert left(server) == ([(3,)], ["told"])


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "point"), MODES.values(), ids=MODES)
def test_a_delivery_that_takes_too_long_ends_and_is_made_again(slow, server, mode, point):
    made = slow(mode, point, "execution: {timeout: 3s}\n")

    outcome = made.run("run")
    before = left(server)
    made.run("run").assert_ok()

    assert outcome.exit_code == 1
    assert before == ([(3,)], ["told"])
    assert left(server) == ([(5,)], ["told"])
