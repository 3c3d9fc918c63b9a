"""Nodes of a plugin's kind that only describe are no steps of a run, and yet of the project."""

import json

import pytest
from tests.core.kernel.conftest import FILES

pytestmark = pytest.mark.inside

MEASURES = "seeknal/measures/all.yml"
MANY = "---\n".join(
    f"{{kind: measure, name: m{n}, of: model.sales, column: amount}}\n" for n in range(300)
)


def listed_inputs(project, node):
    found = project.run("list", "--select", node, "--format", "json").assert_ok().json()
    return found[0]["inputs"]


def test_a_run_says_nothing_of_them(shop):
    first = shop.run("run").assert_ok()
    again = shop.run("run", "--format", "json").assert_ok().json()

    assert "revenue" not in first.stdout + first.stderr
    assert "sales" not in first.stdout + first.stderr
    assert {entry["node"] for entry in again["nodes"]} == {
        "source.orders",
        "transform.clean_orders",
    }


def test_many_of_them_leave_a_run_without_work_as_it_is(shop):
    before = shop.run("run").assert_ok()
    before = shop.run("run", "--format", "json").assert_ok().json()

    shop.write({"seeknal/measures/many.yml": MANY})
    after = shop.run("run", "--format", "json").assert_ok().json()

    assert len(after["nodes"]) == len(before["nodes"])
    assert after["counts"] == before["counts"]
    history = shop.run("history", "--format", "json").stdout
    assert "measure." not in history
    assert "measure." not in json.dumps(shop.run("env", "list", "--format", "json").json())


def test_a_plan_has_no_step_for_them_and_says_what_changed(shop):
    new = shop.run("plan").assert_ok().stdout
    shop.run("run").assert_ok()
    none = shop.run("plan").assert_ok().stdout
    shop.write({MEASURES: FILES[MEASURES].replace("amount", "id")})

    changed = shop.run("plan", "--format", "json").assert_ok().json()
    shown = shop.run("plan").assert_ok().stdout

    assert "+ measure.revenue" in new
    assert "measure" not in none
    assert all(entry["node"] != "measure.revenue" for entry in changed["nodes"])
    found = {entry["node"]: entry for entry in changed["changes"]}
    assert found["measure.revenue"]["category"] == "BREAKING"
    assert found["measure.revenue"]["action"] == "AFFECT"
    assert found["measure.twice"]["category"] == "INDIRECT"
    assert "~ measure.revenue" in shown
    assert "definition changed" in shown
    assert "0 to build" in shown


def test_a_change_beneath_them_reaches_them(shop):
    shop.run("run").assert_ok()
    shop.write(
        {"seeknal/clean.yml": FILES["seeknal/clean.yml"].replace("amount", "amount + 1 AS amount")}
    )

    found = shop.run("plan", "--format", "json").assert_ok().json()["changes"]

    assert {entry["node"]: entry["category"] for entry in found}["measure.twice"] == "INDIRECT"


@pytest.mark.parametrize(
    ("old", "new", "node", "category"),
    [
        ("tags: [money]", "tags: [cash]", "measure.revenue", "METADATA"),
        ("name: twice", "name: thrice", "measure.twice", "REMOVED"),
    ],
)
def test_other_changes_of_them_are_told_as_well(shop, old, new, node, category):
    shop.run("run").assert_ok()
    shop.write({MEASURES: FILES[MEASURES].replace(old, new)})

    found = shop.run("plan", "--format", "json").assert_ok().json()["changes"]
    shop.run("run").assert_ok()

    assert {entry["node"]: entry["category"] for entry in found}[node] == category
    assert shop.run("plan", "--format", "json").assert_ok().json()["changes"] == []


def test_an_environment_knows_them_by_itself_until_it_is_promoted(shop):
    shop.run("run").assert_ok()
    shop.write(
        {
            MEASURES: FILES[MEASURES].replace("amount", "id"),
            "seeknal/clean.yml": FILES["seeknal/clean.yml"].replace(
                "amount", "amount + 1 AS amount"
            ),
        }
    )
    shop.run("run", "--env", "dev").assert_ok()

    of_dev = shop.run("plan", "dev", "--format", "json").assert_ok().json()["changes"]
    of_prod = shop.run("plan", "--format", "json").assert_ok().json()["changes"]
    shop.run("promote", "dev", "--yes").assert_ok()

    assert of_dev == []
    assert "measure.revenue" in {entry["node"] for entry in of_prod}
    assert shop.run("plan", "--format", "json").assert_ok().json()["changes"] == []


def test_only_those_that_were_modified_are_selected_by_state(shop):
    shop.run("run").assert_ok()
    none = shop.run("list", "--select", "state:modified", "--format", "json").assert_ok().json()
    shop.write({MEASURES: FILES[MEASURES].replace("amount", "id")})

    found = shop.run("list", "--select", "state:modified", "--format", "json").assert_ok().json()

    assert none == []
    assert [entry["node"] for entry in found] == ["measure.revenue"]


def test_who_selects_nothing_else_is_told_that_nothing_runs(shop):
    ran = shop.run("run", "--select", "measure.revenue").assert_ok()

    assert "measure.revenue only describes: it is no step of a run" in ran.stderr


def test_what_reads_one_runs_again_when_it_or_what_is_beneath_it_changes(shop):
    reader = "{kind: transform, name: reader, inputs: [measure.revenue], sql: SELECT 1 AS one}\n"
    shop.write({"seeknal/reader.yml": reader})

    def reason():
        nodes = shop.run("run", "--format", "json").assert_ok().json()["nodes"]
        order = [entry["node"] for entry in nodes]
        assert order.index("transform.clean_orders") < order.index("transform.reader")
        found = next(entry for entry in nodes if entry["node"] == "transform.reader")
        return found["status"], found["reason"]

    first, none = reason(), reason()
    shop.write({MEASURES: FILES[MEASURES].replace("amount", "id")})
    defined = reason()
    shop.write({"orders.csv": FILES["orders.csv"] + "4,east,1\n"})
    beneath = reason()

    assert first == ("success", "first run")
    assert none[0] == "reused"
    assert defined == ("success", "definition changed")
    assert beneath == ("reused", "inputs unchanged")
    assert listed_inputs(shop, "transform.reader") == ["measure.revenue", "transform.clean_orders"]


def test_it_cannot_be_queried(shop):
    shop.run("run").assert_ok()

    asked = shop.run("sql", "SELECT * FROM measure.revenue")
    read = shop.run("inspect", "measure.revenue")

    assert (asked.exit_code, read.exit_code) == (2, 2)
    assert "measure.revenue keeps no rows of its own" in asked.stderr
    assert "measure.revenue keeps no rows of its own" in read.stderr


def test_it_is_listed_as_what_has_no_rows(shop):
    shop.run("run").assert_ok()

    listed = shop.run("inspect", "--list").assert_ok().stdout

    line = next(line for line in listed.splitlines() if "measure.revenue" in line)
    assert "no rows" in line


def test_a_draft_of_one_names_the_node_where_its_kind_does(shop):
    drafted = shop.run("draft", "model", "more", "--stdout").assert_ok().stdout

    assert "description: What it means.\n" in drafted
    assert "model: transform.NAME  # the node that has its rows\n" in drafted
    assert "inputs:" not in drafted


def test_who_asks_for_its_sql_is_told_what_there_is_instead(shop):
    shown = shop.run("render", "measure.revenue")

    assert shown.exit_code == 2
    assert "help: seeknal lineage measure.revenue shows what it reads" in shown.stderr
