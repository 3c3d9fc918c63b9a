"""Nodes that a plugin's kind names by keys of its own are inputs like all others."""

from tests.core.kernel.conftest import FILES

MEASURES = "seeknal/measures/all.yml"


def listed(project, *arguments):
    nodes = project.run("list", *arguments, "--format", "json").assert_ok().json()
    return {entry["node"]: entry["inputs"] for entry in nodes}


def test_what_a_kinds_own_keys_name_is_read(shop):
    found = listed(shop)

    assert found["model.sales"] == ["transform.clean_orders"]
    assert found["measure.revenue"] == ["model.sales"]
    assert found["measure.twice"] == ["measure.revenue"]


def test_it_is_known_again_from_what_was_kept_of_the_project(shop):
    before = listed(shop)

    shop.run("run").assert_ok()

    assert listed(shop) == before


def test_selection_follows_it(shop):
    below = listed(shop, "--select", "source.orders+")
    above = listed(shop, "--select", "+measure.twice")

    assert "measure.twice" in below
    assert "source.orders" in above


def test_impact_and_lineage_follow_it(shop):
    shop.run("run").assert_ok()

    reached = shop.run("impact", "transform.clean_orders", "--format", "json").assert_ok()
    page = shop.run("lineage", "--format", "json").assert_ok().json()

    assert "measure.twice" in reached.stdout
    assert {"from": "model.sales", "to": "measure.revenue"} in page["edges"]


def test_an_unknown_name_has_its_place_and_the_nearest(shop):
    shop.write({MEASURES: FILES[MEASURES].replace("measure: revenue", "measure: revenu")})

    code = shop.run("validate")

    assert code.exit_code == 2
    assert "measure.twice reads revenu, and no node has that name" in code.stderr
    assert f"{MEASURES}:10" in code.stderr
    assert "did you mean" in code.stderr
    assert "revenue" in code.stderr.partition("did you mean")[2]
    assert "^" in code.stderr


def test_a_circle_is_told(shop):
    circle = FILES[MEASURES].replace("column: amount", "parts: [{measure: twice}]")
    shop.write({MEASURES: circle})

    code = shop.run("validate")

    assert code.exit_code == 2
    assert "nodes read each other in a circle: measure.revenue -> measure.twice" in code.stderr


def test_a_name_that_several_nodes_have_is_not_guessed(shop):
    shop.write({"seeknal/t.yml": "{kind: transform, name: revenue, sql: SELECT 1 AS one}\n"})

    code = shop.run("validate")

    assert code.exit_code == 2
    assert "'revenue' could be several nodes" in code.stderr
    assert f"{MEASURES}:10" in code.stderr


def test_a_value_that_is_no_name_is_told_as_that(shop):
    shop.write({MEASURES: FILES[MEASURES].replace("of: model.sales", "on: [1]")})

    code = shop.run("validate")

    assert "key 'on' expects the name of a node, not a list" in code.stderr


def test_editors_know_such_a_key(shop):
    schema = shop.run("schema").assert_ok()

    assert "the model that it is a number of" in schema.stdout + "".join(
        path.read_text() for path in shop.path.rglob("*.json")
    )


def test_what_only_the_whole_project_tells_is_read_as_well(shop):
    shop.write({"seeknal/more.yml": "{kind: measure, name: most, column: amount, agg: max}\n"})

    inputs = listed(shop)["measure.most"]
    shop.run("run").assert_ok()
    shown = shop.run("measures", "--format", "json").assert_ok().json()
    traced = shop.run("lineage", "measure.most.most", "--format", "text").assert_ok().stdout

    assert inputs == ["model.sales"]
    assert {"measure": "most", "value": 20} in shown
    assert "source.orders.amount" in traced


def test_a_node_without_a_name_that_is_there_is_told(shop):
    shop.write({"seeknal/more.yml": "{kind: measure, name: most, column: amount, agg: max}\n"})
    (shop.path / "seeknal/models/sales.yml").unlink()

    checked = shop.run("validate")

    assert checked.exit_code == 2
    assert "measure.most reads model.any, and no node has that name" in checked.stderr
    assert "seeknal/more.yml:1" in checked.stderr
