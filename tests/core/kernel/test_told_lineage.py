"""A plugin tells what the columns of its kinds' nodes depend on."""

import pytest
from tests.core.kernel.conftest import FILES, MEASURES
from tests.installed import install_plugin

pytestmark = pytest.mark.inside

MODEL = "seeknal/models/sales.yml"


def lineage_of(project, node):
    page = project.run("lineage", "--format", "json").assert_ok().json()
    return next(entry for entry in page["nodes"] if entry["id"] == node)["lineage"]


def test_its_columns_are_what_the_plugin_says(shop):
    shop.run("run").assert_ok()

    found = lineage_of(shop, "measure.revenue")

    assert found["unknown"] is None
    assert found["columns"] == [
        {"name": "revenue", "values": [["model.sales", "amount"]], "influences": []}
    ]
    assert found["relations"] == ["model.sales"]


def test_a_column_is_followed_to_its_sources(shop):
    shop.run("run").assert_ok()

    shown = shop.run("lineage", "measure.twice.twice", "--format", "text").assert_ok().stdout

    assert "source.orders.amount" in shown
    assert "source.orders.region" not in shown


def test_impact_of_a_column_ends_where_it_is_not_read(shop):
    shop.run("run").assert_ok()

    read = shop.run("impact", "source.orders.amount").assert_ok().stdout
    unread = shop.run("impact", "source.orders.region").assert_ok().stdout

    assert "measure.twice" in read
    assert "measure.revenue" not in unread


def test_a_change_of_a_column_that_is_not_read_leaves_it_alone(shop):
    shop.run("run").assert_ok()
    changed = FILES["seeknal/clean.yml"].replace("region,", "upper(region) AS region,")
    shop.write({"seeknal/clean.yml": changed})

    shown = shop.run("plan", "--explain").assert_ok().stdout

    assert "downstream: model.sales (2 more read nothing of it)" in shown


@pytest.mark.parametrize(
    ("module", "named", "why"),
    [
        ("seeknal_failing", "int('no')", "failed in node_lineage: invalid literal"),
        (
            "seeknal_erring",
            "'source.orders'",
            "names source.orders, which measure.revenue does not",
        ),
    ],
)
def test_what_it_cannot_say_is_not_known(
    tmp_path, monkeypatch, seeknal_project, module, named, why
):
    old, new = "ColumnRef(model_of(node),", f"ColumnRef({named},"
    text = MEASURES.read_text()
    assert old in text
    install_plugin(tmp_path, module, text.replace(old, new))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits")
    project = seeknal_project(FILES)
    project.run("run").assert_ok()

    found = lineage_of(project, "measure.revenue")

    assert why in found["unknown"]
