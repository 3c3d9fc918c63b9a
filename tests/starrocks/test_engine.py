"""``engine: starrocks``: the same SQL there gives the same rows."""

import pytest

from seeknal_starrocks.testing import StandIn

pytestmark = pytest.mark.inside

NODES = """
    kind: source
    name: raw
    source: csv
    table: data/events.csv
    columns: {id: BIGINT, day: DATE, word: VARCHAR, amount: "DECIMAL(10,2)"}
    ---
    kind: source
    name: prices
    source: starrocks
    connection: reporting
    table: prices
    ---
    kind: transform
    name: events
    sql: SELECT * FROM ref('source.raw')
    materialization: {type: starrocks, connection: reporting, table: events}
"""
QUERIES = {
    "groups": (
        "SELECT word, count(*) AS n, max(day) AS last FROM ref('transform.events') GROUP BY ALL"
    ),
    "a window": (
        "SELECT id, row_number() OVER (PARTITION BY word ORDER BY id) AS n"
        " FROM ref('transform.events')"
    ),
    "a join": (
        "SELECT e.id, p.price FROM ref('transform.events') e"
        " JOIN ref('source.prices') p ON e.word = p.word"
    ),
    "a common table": (
        "WITH few AS (SELECT id, word || 'x' AS word FROM ref('transform.events') WHERE id < 3)"
        " SELECT * FROM few"
    ),
}


@pytest.fixture
def server():
    with StandIn() as made:
        made.add_database("marts")
        made.execute("CREATE TABLE prices (word VARCHAR(9), price BIGINT)", "marts")
        made.execute("INSERT INTO prices VALUES ('a', 7), ('b', 9)", "marts")
        yield made


@pytest.fixture
def project(seeknal_project, server):
    def make(*nodes):
        to = f"host: {server.host}, port: {server.port}, http_port: {server.http_port}"
        return seeknal_project(
            {
                "profiles.yml": "connections:\n  reporting:"
                f" {{type: starrocks, {to}, user: root, database: marts}}\n",
                "data/events.csv": "id,day,word,amount\n1,2026-01-01,a,1.5\n2,2026-01-02,b,2.25\n"
                "3,2026-01-02,a,3\n",
                "seeknal/nodes.yml": NODES,
                **{f"seeknal/n{number}.yml": text for number, text in enumerate(nodes)},
            }
        )

    return make


def node(name, query, engine=None):
    head = f"kind: transform\nname: {name}\n"
    return head + (f"engine: {engine}\n" if engine else "") + f"sql: |\n  {query}\n"


@pytest.mark.parametrize("query", QUERIES)
def test_the_same_node_gives_the_same_rows_in_both_engines(project, server, query):
    made = project(node("here", QUERIES[query]), node("there", QUERIES[query], "starrocks"))

    made.run("run").assert_ok()

    here, there = made.rows("transform.here"), made.rows("transform.there")
    assert sorted(there, key=repr) == sorted(here, key=repr)
    assert len(here) > 0


def test_an_input_that_is_not_there_is_named(project, server):
    made = project(
        "kind: transform\nname: there\nengine: starrocks\nparams: {connection: reporting}\n"
        "sql: |\n  SELECT * FROM ref('source.raw')\n"
    )

    outcome = made.run("validate")

    assert (outcome.exit_code, server.log.all) == (2, [])
    assert "SK1980" in outcome.stderr
    assert "seeknal/n0.yml:6" in outcome.stderr


def test_an_engine_without_a_connection_is_told_before_a_run(project):
    made = project("kind: transform\nname: there\nengine: starrocks\nsql: SELECT 1 AS a\n")

    outcome = made.run("validate")

    assert (outcome.exit_code, "SK1986" in outcome.stderr) == (2, True)


def test_what_may_mean_something_else_there_is_told_with_its_place(project):
    made = project(
        node(
            "there",
            "SELECT upper(word) AS word FROM ref('transform.events')",
            "starrocks",
        )
    )

    outcome = made.run("validate")

    assert (outcome.exit_code, "SK0456" in outcome.stderr) == (2, True)
    assert "n0.yml:5" in outcome.stderr
