"""A connection that leads to another database than it did: what is delivered there."""

import pytest
from tests.postgres.server import Database

pytestmark = pytest.mark.inside

NODE = (
    "kind: transform\nname: a\nsql: SELECT id FROM ref('source.s')\nmaterializations:\n"
    "  - {{type: postgresql, connection: pg, table: out.t, mode: {mode}}}\n"
)
SOURCE = "kind: source\nname: s\nsource: csv\ntable: data/s.csv\n"
DOWN = (
    "connections:\n  pg: {type: postgresql, host: 127.0.0.1, port: 1, database: x, user: x,"
    " connect_timeout: 2}\n"
)
REPLACING = ["full", "upsert_by_key, unique_keys: [id]", "incremental_by_time, time_column: id"]


@pytest.fixture
def shop(project, database, server):
    """A project of one node, and another database that its connection may lead to."""

    class Shop:
        here, there = database, Database(server)

        def __init__(self):
            self.made = project({"seeknal/s.yml": SOURCE})

        def run(self, mode, row, profile, command="run"):
            self.made.write(
                {
                    "seeknal/a.yml": NODE.format(mode=mode),
                    "data/s.csv": f"id\n{row}\n",
                    "profiles.yml": profile,
                }
            )
            return self.made.run(command)

        def held(self, where):
            return [id for (id,) in where.rows("SELECT id FROM out.t ORDER BY 1")]

    return Shop


@pytest.mark.parametrize("mode", REPLACING)
def test_the_rows_go_to_the_database_that_a_connection_leads_to_now(shop, mode):
    made = shop()
    made.run(mode, 1, made.here.profile).assert_ok()

    made.run(mode, 1, made.there.profile).assert_ok()
    again = made.run(mode, 1, made.there.profile).assert_ok()

    assert made.held(made.here) == made.held(made.there) == [1]
    assert "2 nodes: 0 run" in again.stdout


@pytest.mark.parametrize("mode", REPLACING)
def test_rows_that_could_not_go_elsewhere_are_held_once_when_the_connection_is_back(shop, mode):
    made = shop()
    made.run(mode, 1, made.here.profile).assert_ok()
    made.run(mode, 1, DOWN)
    made.run(mode, 2, DOWN)

    made.run(mode, 2, made.here.profile).assert_ok()

    assert made.held(made.here) == ([2] if mode == "full" else [1, 2])
    assert made.made.run("deliveries", "list", "--format", "json").json() == []


def test_appended_rows_do_not_come_twice_and_that_is_said(shop):
    made = shop()
    made.run("append", 1, made.here.profile).assert_ok()

    plan = made.run("append", 1, made.there.profile, "plan").assert_ok()
    first = made.run("append", 1, made.there.profile).assert_ok()
    made.run("append", 2, made.there.profile).assert_ok()
    last = made.run("append", 2, made.there.profile).assert_ok()

    assert "leads to another database" in plan.stdout + plan.stderr
    assert "leads to another database" in first.stderr
    assert "leads to another database" not in last.stderr
    assert made.held(made.here) == [1]
    assert made.held(made.there) == [2]


def test_another_user_or_option_is_no_other_database(shop):
    made = shop()
    made.run("append", 1, made.here.profile).assert_ok()

    outcome = made.run("append", 1, f"{made.here.profile}    connect_timeout: 7\n").assert_ok()

    assert "leads to another database" not in outcome.stderr
