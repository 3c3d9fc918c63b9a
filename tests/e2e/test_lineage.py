"""Lineage of the medallion example: every node, from the database's tables to the dashboard."""

import pytest
from tests.examples import EXAMPLES, copy_of, document, neighbours, script
from tests.postgres.server import Database

from seeknal_postgres.pool import close_idle

AROUND = {
    "source.customers": (
        set(),
        {
            "transform.clean_orders",
            "transform.enrich_traffic",
            "transform.customer_lifetime_value",
        },
    ),
    "source.marketing_campaigns": (set(), {"transform.enrich_traffic"}),
    "source.orders": (set(), {"transform.clean_orders"}),
    "source.products": (set(), {"transform.order_products"}),
    "source.subscriber_daily": (set(), set()),
    "source.traffic_events": (set(), {"transform.enrich_traffic"}),
    "transform.clean_orders": (
        {"source.orders", "source.customers"},
        {
            "aggregation.customer_activity",
            "transform.order_products",
            "transform.revenue_summary",
        },
    ),
    "aggregation.customer_activity": ({"transform.clean_orders"}, set()),
    "transform.enrich_traffic": (
        {"source.traffic_events", "source.customers", "source.marketing_campaigns"},
        set(),
    ),
    "transform.order_products": (
        {"transform.clean_orders", "source.products"},
        {"transform.customer_lifetime_value", "transform.revenue_summary"},
    ),
    "transform.customer_lifetime_value": (
        {"transform.order_products", "source.customers"},
        {"feature_group.customer_features", "exposure.business_dashboard"},
    ),
    "feature_group.customer_features": ({"transform.customer_lifetime_value"}, set()),
    "transform.revenue_summary": (
        {"transform.clean_orders", "transform.order_products"},
        {"exposure.business_dashboard", "rule.revenue_is_positive"},
    ),
    "exposure.business_dashboard": (
        {"transform.revenue_summary", "transform.customer_lifetime_value"},
        set(),
    ),
    "rule.revenue_is_positive": ({"transform.revenue_summary"}, set()),
}
"""What each node reads, and what reads it."""
ALL_AROUND = {
    "source.customers": {
        "transform.clean_orders",
        "transform.enrich_traffic",
        "transform.order_products",
        "transform.customer_lifetime_value",
        "transform.revenue_summary",
        "aggregation.customer_activity",
        "feature_group.customer_features",
        "exposure.business_dashboard",
        "rule.revenue_is_positive",
    },
    "source.marketing_campaigns": {"transform.enrich_traffic"},
    "source.traffic_events": {"transform.enrich_traffic"},
    "transform.enrich_traffic": {
        "source.customers",
        "source.marketing_campaigns",
        "source.traffic_events",
    },
    "aggregation.customer_activity": {
        "source.orders",
        "source.customers",
        "transform.clean_orders",
    },
    "feature_group.customer_features": {
        "source.orders",
        "source.customers",
        "source.products",
        "transform.clean_orders",
        "transform.order_products",
        "transform.customer_lifetime_value",
    },
    "rule.revenue_is_positive": {
        "source.orders",
        "source.customers",
        "source.products",
        "transform.clean_orders",
        "transform.order_products",
        "transform.revenue_summary",
    },
}
"""What the graph around a node shows besides it."""


@pytest.fixture(scope="module")
def medallion(tmp_path_factory, server):
    """A copy of the example that has run once, on a database of its own."""
    database = Database(server)
    at = database.parameters
    place = f"{at['user']}:{at['password']}@127.0.0.1:{at['port']}/{at['dbname']}"
    database.run((EXAMPLES / "medallion" / "sql" / "seed.sql").read_text())
    project = copy_of("medallion", tmp_path_factory.mktemp("lineage"))
    script(project, "seed_lake.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_DB_URL", f"postgresql://{place}")
        project.run("run").assert_ok()
        yield project
    close_idle()
    database.drop()


def test_every_node_and_edge_is_shown_and_nothing_is_unknown(medallion):
    found = document(medallion)
    listed = medallion.run("list", "--format", "json").assert_ok().json()

    assert {node["id"] for node in found["nodes"]} == {entry["node"] for entry in listed}
    assert {entry["node"] for entry in listed} == set(AROUND)
    assert {(edge["from"], edge["to"]) for edge in found["edges"]} == {
        (parent, entry["node"]) for entry in listed for parent in entry["inputs"]
    }
    assert {node["id"]: node["lineage"]["unknown"] for node in found["nodes"]} == {
        node["id"]: None for node in found["nodes"]
    }


@pytest.mark.parametrize("node", AROUND)
def test_the_graph_a_step_around_a_node_is_right(medallion, node):
    found = document(medallion, node, "--upstream", "1", "--downstream", "1")

    assert neighbours(found, node) == AROUND[node]


@pytest.mark.parametrize("node", ALL_AROUND)
def test_the_graph_around_a_node_is_all_that_it_reads_and_that_reads_it(medallion, node):
    found = document(medallion, node)

    assert {entry["id"] for entry in found["nodes"]} == ALL_AROUND[node] | {node}


def test_a_way_goes_through_yaml_and_python_nodes(medallion):
    tree = medallion.run("lineage", "customer_features.lifetime_value").assert_ok().stdout

    ways = [line.strip() for line in tree.splitlines() if line.startswith("    ")]
    assert ways[:4] == [
        "value      transform.customer_lifetime_value.lifetime_value",
        "value      transform.order_products.amount",
        "value      transform.clean_orders.amount",
        "value      source.orders.amount",
    ]


def test_impact_ends_in_the_dashboard_and_the_tables_of_database_and_lake(medallion):
    found = medallion.run("impact", "source.products.category", "--format", "json").json()

    assert found["exposures"] == ["exposure.business_dashboard"]
    assert {target["type"] for target in found["targets"]} == {"file", "postgresql", "iceberg"}
    by_node = {entry["node"]: entry for entry in found["affected"]}
    assert by_node["transform.revenue_summary"]["value"] == ["categories"]
    assert by_node["feature_group.customer_features"]["value"] == ["favourite_category"]
