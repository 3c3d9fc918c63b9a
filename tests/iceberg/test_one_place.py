"""One Iceberg table is one place, however its name is written."""

import pytest

pytestmark = pytest.mark.inside

NODE = (
    "kind: transform\nname: {name}\nsql: SELECT {sql}\nmaterializations:\n"
    "  - {{type: iceberg, table: '{table}', mode: {mode}{more}}}\n"
)
SOURCE = "kind: source\nname: s\nsource: csv\ntable: data/s.csv\n"
SPELLINGS = ["default.out.t", '"out"."t"', '"default"."out"."t"']
DOWN = "connections:\n  iceberg: {type: iceberg, uri: 'sqlite:////nowhere/at/all.db'}\n"


@pytest.fixture
def shop(seeknal_project, lake):
    """A project of one node that appends; runs it over a row to a table as it is written."""

    class Shop:
        def __init__(self):
            self.made = seeknal_project({"seeknal/s.yml": SOURCE})

        def run(self, table, row, *arguments, down=False, more=""):
            text = NODE.format(
                name="a", table=table, sql="id FROM ref('source.s')", mode="append", more=more
            )
            self.made.write(
                {
                    "seeknal/a.yml": text,
                    "data/s.csv": f"id\n{row}\n",
                    "profiles.yml": DOWN if down else "connections: {}\n",
                }
            )
            return self.made.run("run", *arguments)

        def held(self):
            return sorted(lake(self.made, "default.out.t").scan().to_arrow()["id"].to_pylist())

    return Shop


@pytest.mark.parametrize("other", SPELLINGS)
def test_what_was_owed_goes_out_once_under_another_spelling(shop, other):
    made = shop()
    made.run("out.t", 1).assert_ok()
    assert made.run("out.t", 2, down=True).exit_code == 1

    made.run(other, 2).assert_ok()
    made.run("out.t", 2).assert_ok()

    assert made.held() == [1, 2]


def test_the_connection_that_every_project_has_may_be_named(shop):
    made = shop()
    made.run("out.t", 1).assert_ok()
    assert made.run("out.t", 2, down=True).exit_code == 1

    made.made.write({"profiles.yml": "connections: {iceberg: {type: iceberg}}\n"})
    made.run("out.t", 2, more=", connection: iceberg")
    made.made.write({"profiles.yml": "connections: {iceberg: {type: iceberg}}\n"})
    made.made.run("run").assert_ok()

    assert made.held() == [1, 2]


@pytest.mark.parametrize("other", SPELLINGS)
def test_two_nodes_do_not_replace_one_table(seeknal_project, other):
    nodes = {
        f"seeknal/{name}.yml": NODE.format(
            name=name, table=table, sql="1 AS id", mode="full", more=""
        )
        for name, table in (("a", "out.t"), ("b", other))
    }
    made = seeknal_project(nodes)

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "SK0223" in outcome.stderr


def test_the_catalog_in_a_name_says_nothing_where_there_is_one_warehouse(seeknal_project):
    nodes = {
        f"seeknal/{name}.yml": NODE.format(
            name=name, table=table, sql="1 AS id", mode="full", more=", connection: lake"
        )
        for name, table in (("a", "one.out.t"), ("b", "two.out.t"))
    }
    rest = (
        "connections:\n  lake: {type: iceberg, catalog: rest, uri: http://nowhere, warehouse: w}\n"
    )
    made = seeknal_project({**nodes, "profiles.yml": rest})

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "SK0223" in outcome.stderr
