"""Nodes that stand below a key of another node, as the kind of that one allows."""

import pytest
from tests.core.kernel.conftest import FILES

from seeknal.kernel.plugins import load_plugins
from seeknal.project.loader import load_project

INSIDE = """\
kind: model
name: sales
model: ref('transform.clean_orders')
measures:
  - name: revenue
    description: What came in
    column: amount
  - {name: largest, column: amount, agg: max}
"""


@pytest.fixture
def inside(measures, seeknal_project):
    """The shop with measures that stand inside their model."""

    def inside(text, **more):
        outside = ("seeknal/measures/all.yml", "seeknal/models/sales.yml")
        files = {name: text for name, text in FILES.items() if name not in outside}
        return seeknal_project({**files, "seeknal/models/sales.yml": text, **more})

    return inside


def nodes_of(project):
    return load_project(project.path, load_plugins(), use_cache=False).nodes


def test_what_a_node_holds_are_nodes_that_name_it(inside):
    project = inside(INSIDE)

    found = nodes_of(project)

    assert (found["measure.revenue"].options.of, found["measure.largest"].options.agg) == (
        "model.sales",
        "max",
    )
    assert found["measure.revenue"].description == "What came in"
    assert str(found["measure.largest"].location) == "seeknal/models/sales.yml:8:5"


def test_a_node_says_where_each_of_its_keys_stands(inside):
    found = nodes_of(inside(INSIDE))["measure.revenue"]

    places = [str(found.place(key)) for key in ("column", "agg")]

    assert places == ["seeknal/models/sales.yml:7:13", "seeknal/models/sales.yml:5:5"]


def test_a_model_is_the_same_whatever_it_holds(inside):
    before = nodes_of(inside(INSIDE))["model.sales"]

    after = nodes_of(inside(INSIDE.partition("measures:")[0]))["model.sales"]

    assert before.definition == after.definition


def test_a_name_that_stands_inside_and_outside_stands_twice(inside):
    project = inside(INSIDE, **{"seeknal/m.yml": "kind: measure\nname: largest\ncolumn: amount\n"})

    outcome = project.run("validate")

    assert outcome.exit_code == 2
    assert "measure.largest is defined twice: also at seeknal/m.yml:1:1" in outcome.stderr
    assert "seeknal/models/sales.yml:8" in outcome.stderr


def test_an_entry_that_is_no_node_is_told_with_its_line(inside):
    outcome = inside(INSIDE.replace("{name: largest", "{nam: largest")).run("validate")

    assert outcome.exit_code == 2
    assert "missing key 'name'" in outcome.stderr
    assert "seeknal/models/sales.yml:8" in outcome.stderr


def test_what_is_no_list_of_nodes_is_told_as_the_keys_value(inside):
    outcome = inside(INSIDE.partition("  - name: revenue")[0].rstrip() + " 5\n").run("validate")

    assert outcome.exit_code == 2
    assert "'measures'" in outcome.stderr
    assert "seeknal/models/sales.yml:4" in outcome.stderr


def test_what_only_describes_is_held_against_the_columns_of_what_it_reads(inside):
    outcome = inside(INSIDE.replace("column: amount\n  -", "column: amont\n  -")).run("validate")

    assert outcome.exit_code == 2
    assert "amont is no column of what sales is about" in outcome.stderr
    assert "seeknal/models/sales.yml:7:13" in outcome.stderr
