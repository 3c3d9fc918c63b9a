"""The page of an example that has run, as the command writes it, in a browser."""

import pytest
from tests.examples import copy_of, fill, lineage_page
from tests.page.lit import card, cards, column, lit_columns

pytestmark = pytest.mark.once

GREEN, BLUE, VIOLET, BROWN = (
    "rgb(13, 112, 80)",
    "rgb(49, 100, 212)",
    "rgb(122, 79, 208)",
    "rgb(164, 76, 12)",
)
COLOURS = {
    "source.cell_sites": GREEN,
    "source.subscriber_daily": GREEN,
    "source.traffic_daily": GREEN,
    "transform.clean_subscribers": BLUE,
    "transform.traffic_enriched": BLUE,
    "transform.active_traffic": BLUE,
    "transform.revenue_by_region": BLUE,
    "transform.daily_kpi": BLUE,
    "feature_group.subscriber_features": VIOLET,
    "exposure.kpi_report": BROWN,
}
WAY = {
    ("source.traffic_daily", "revenue"): "value",
    ("source.traffic_daily", "site_id"): "influence",
    ("source.traffic_daily", "subscriber_id"): "influence",
    ("source.cell_sites", "site_id"): "influence",
    ("source.cell_sites", "region"): "influence",
    ("source.cell_sites", "technology"): "influence",
    ("source.subscriber_daily", "subscriber_id"): "influence",
    ("source.subscriber_daily", "status"): "influence",
    ("transform.traffic_enriched", "revenue"): "value",
    ("transform.traffic_enriched", "subscriber_id"): "influence",
    ("transform.traffic_enriched", "region"): "influence",
    ("transform.traffic_enriched", "technology"): "influence",
    ("transform.clean_subscribers", "subscriber_id"): "influence",
    ("transform.active_traffic", "revenue"): "value",
    ("transform.active_traffic", "region"): "influence",
    ("transform.active_traffic", "technology"): "influence",
    ("transform.revenue_by_region", "total_revenue"): "value",
    ("exposure.kpi_report", "revenue_by_region.total_revenue"): "value",
}
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def written(browser, tmp_path_factory):
    """The page of lineage_inspect; the browser comes first, as without one there is no test."""
    pytest.importorskip("seeknal_iceberg", reason="the example reads and writes Iceberg")
    project = copy_of("lineage_inspect", tmp_path_factory.mktemp("written"))
    fill(project)
    return lineage_page(project)


def test_a_project_that_ran_is_shown_and_a_click_lights_the_way_of_a_column(written, opened_file):
    page = opened_file(written, color_scheme="light", reduced_motion="reduce")

    assert cards(page) == set(COLOURS)
    assert {node: colour(page, node) for node in COLOURS} == COLOURS
    node = "transform.revenue_by_region"
    card(page, node).locator(".expander").click()
    column(page, node, "total_revenue").click()
    page.wait_for_selector(".trace")
    # The whole graph into view: what is out of it is not drawn.
    page.keyboard.press("f")
    page.evaluate(DRAWN)
    assert lit_columns(page) == WAY


def colour(page, node):
    return card(page, node).locator(".tile").evaluate("one => getComputedStyle(one).fill")
