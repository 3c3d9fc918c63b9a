"""Ctrl-C and `execution.timeout` end what a server does for a source."""

import pytest
from tests.starrocks.mariadbs import PASSWORD
from tests.starrocks.test_wire import SLOW_SUM, fill
from tests.terminal import interrupted, until

pytestmark = pytest.mark.inside

SOON = 4
TRICKLE = "SELECT seq, SLEEP(0.02) AS s, repeat('x', 100000) AS v FROM seq_1_to_100000"
SLEEPING = "SELECT SLEEP(600) AS s"


@pytest.fixture
def project(seeknal_project):
    """Makes a project with a source that is a query, and a connection to a server."""

    def make(server, query, more=""):
        kind = "starrocks" if hasattr(server, "faults") else "mysql"
        user = "user: root" if kind == "starrocks" else f"user: reader, password: {PASSWORD}"
        place = f"host: {server.host}, port: {server.port}, database: shop"
        return seeknal_project(
            {
                "profiles.yml": f"connections:\n  dwh: {{type: {kind}, {place}, {user}}}\n",
                "seeknal_project.yml": f"name: x\n{more}",
                "seeknal/s.yml": f"kind: source\nname: slow\nsource: {kind}\nconnection: dwh\n"
                f"query: {query}\n",
            }
        )

    return make


def busy(maria):
    """How many queries of the source the server works on."""
    (found,) = maria.execute(
        "SELECT count(*) FROM information_schema.processlist"
        " WHERE user = 'reader' AND command = 'Query'"
    )
    return found[0]


@pytest.mark.parametrize("query", [pytest.param(SLEEPING, marks=pytest.mark.slow), TRICKLE])
def test_the_first_ctrl_c_ends_the_query_of_a_source(project, maria, query):
    made = project(maria, query)

    seconds, code, screen = interrupted(made, lambda: busy(maria))

    assert (code, "1 interrupted" in screen) == (130, True), screen
    assert seconds < SOON
    assert "Traceback" not in screen
    until(lambda: not busy(maria))


def test_the_first_ctrl_c_ends_a_query_of_starrocks(project, standin):
    fill(standin)
    made = project(standin, SLOW_SUM)

    seconds, code, screen = interrupted(
        made,
        lambda: any(SLOW_SUM in text and "LIMIT 0" not in text for text in standin.log.statements),
    )

    assert (code, "1 interrupted" in screen) == (130, True), screen
    assert seconds < SOON
    assert any(text.startswith("KILL QUERY") for text in standin.log.statements)


def test_a_node_that_takes_too_long_ends(project, maria):
    made = project(maria, SLEEPING, "execution: {timeout: 2s}\n")

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "took longer than execution.timeout (2 s)" in outcome.stderr
    until(lambda: not busy(maria))
