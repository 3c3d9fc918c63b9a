"""The catalog that a document may have, in a browser, from a file and offline."""

from __future__ import annotations

import re

import pytest
from tests.page.catalogs import catalog, shop
from tests.page.documents import columns, document, medallion, node
from tests.page.lit import cards, lit_columns

pytestmark = pytest.mark.once


GROUPS = {
    "layer": ["bronze", "silver", "gold", "no layer"],
    "domain": ["customers", "sales", "no domain"],
    "tag": ["hourly", "orders", "pii", "no tag"],
    "owner": ["data platform", "data science", "ingestion", "no owner"],
    "kind": ["source", "transform", "feature group", "aggregation", "exposure", "rule", "metric"],
    "folder": [
        f"seeknal/{name}"
        for name in (
            "aggregations",
            "exposures",
            "feature_groups",
            "metrics",
            "pipelines",
            "rules",
            "sources",
            "transforms",
        )
    ],
}
FOUND = {
    "customers": ["customers", "raw_customers"],
    "order_": ["order_facts", "order_id", "order_id", "order_id"],
    "closes the month": ["clean_orders"],
    "clean euros net": ["amount_eur"],
    "science": ["customer_segments"],
    "email pii": ["email", "email"],
    "customer pii": ["customers", "raw_customers", "email", "email"],
    "silver": ["customers", "clean_orders", "customer_segments"],
    "no such thing": [],
}


@pytest.fixture
def shown(opened):
    """Opens the shop's catalog, or that of another document."""

    def open_catalog(known=None, hash="", **options):
        return opened(known or shop(), hash, **options)

    return open_catalog


def title(page) -> str:
    return page.locator("#catalog-page h1").inner_text()


def at_node(page, identity: str) -> None:
    page.wait_for_selector(f"#catalog-page article[data-node='{identity}']")


def listed(page) -> list[str]:
    return page.eval_on_selector_all("#tree a", "all => all.map(one => one.dataset.node)")


def groups(page) -> list[str]:
    return page.locator("#tree .group-name").all_inner_texts()


def group_by(page, name: str) -> None:
    page.locator(f"[data-group={name}]").click()


def focused(page) -> str:
    return page.evaluate("document.activeElement.textContent")


def test_a_document_without_a_catalog_is_the_lineage_page_alone(opened):
    page = opened(medallion())

    assert not page.locator("#views").is_visible()
    assert not page.locator("#catalog").is_visible()
    page.keyboard.press("c")
    assert cards(page) == {one["id"] for one in medallion()["nodes"]}


def test_an_address_of_the_catalogs_lineage_leads_to_the_same_on_the_lineage_page(opened):
    page = opened(medallion(), "#lineage/transform.clean_orders.amount_eur")

    assert page.locator(".trace h3").inner_text() == "Column amount_eur"


def test_the_project_is_shown_first(shown):
    page = shown()

    text = page.locator("#catalog-page").inner_text()

    assert title(page) == "medallion"
    for expected in (
        "Orders, customers and revenue of the shop",
        "15 nodes · 46 columns",
        "The last run failed 2 hours ago",
        "a delivery owed",
        "1 audit failing",
        "analytics.order_facts",
    ):
        assert expected in text


def test_what_is_not_documented_is_listed_on_demand(shown):
    page = shown()

    page.locator("summary", has_text="Nodes with an owner").click()
    page.wait_for_selector("details.covered[open] .node-link")

    missing = page.locator("details.covered[open] .node-link").all_inner_texts()
    assert len(missing) == 12
    assert not any("clean_orders" in one for one in missing)


def test_nodes_are_listed_by_what_the_reader_chooses(shown):
    page = shown()
    everything = {one["id"] for one in shop()["nodes"]}
    found = {}

    for name in GROUPS:
        group_by(page, name)
        found[name] = groups(page), set(listed(page))

    assert found == {name: (expected, everything) for name, expected in GROUPS.items()}


def test_a_grouping_that_no_node_has_is_not_offered(shown):
    page = shown(catalog(document([node("source.a"), node("transform.b")], [])))

    offered = page.locator("#groupings button").all_inner_texts()

    assert offered == ["Kind", "Folder"]


def test_a_tag_on_a_page_lists_the_nodes_that_have_it(shown):
    page = shown(hash="#transform.customers")

    page.locator("[data-grouping=tag]").click()

    assert listed(page) == ["transform.customers", "source.raw_customers"]


def test_a_page_holds_all_that_is_known_of_a_node(shown):
    page = shown(hash="#transform.clean_orders")

    text = page.locator("#catalog-page").inner_text()

    assert title(page) == "clean_orders"
    for expected in (
        "Paid orders in euros",
        "Finance closes the month on it",
        "data platform",
        "11,962",
        "444 KB",
        "2 hours ago",
        "seeknal/transforms/clean_orders.yml:1",
        "06:30 UTC",
        "Net amount in euros, at the rate of the day of the order.",
        "DECIMAL(12,2)",
        "3 rows (warn)",
        "never run",
        "30 runs, oldest first",
        "10001",
        "NULL",
    ):
        assert expected in text
    assert page.locator(".part-code .sql-keyword").first.inner_text() == "WITH"
    assert page.locator("tr[data-column=order_id] .badge").inner_text() == "key"


def test_who_reads_a_node_is_said_to_the_last_report(shown):
    page = shown(hash="#transform.clean_orders")

    sides = page.locator(".side").all_inner_texts()
    ends = page.locator(".ends-in").inner_text()

    assert "exchange_rates" in sides[0]
    assert "raw_orders" in sides[0]
    assert "order_facts" in sides[1]
    assert "no_negative_amounts" in sides[1]
    for expected in ("average_order", "churn_scores", "revenue_report"):
        assert expected in ends


def test_statistics_stand_beside_each_column_but_no_values_of_personal_data(shown):
    page = shown(hash="#source.raw_customers")

    country = page.locator("tr[data-column=country]").inner_text()
    email = page.locator("tr[data-column=email]")

    assert re.search("Austria . Zimbabwe", country)
    assert email.locator(".badge").inner_text() == "pii"
    assert email.locator(".range").inner_text() == ""
    assert email.locator(".distinct").inner_text() != ""


def test_why_a_node_failed_stands_above_all_else(shown):
    page = shown(hash="#feature_group.customer_value")

    assert "segment is NULL in 41 of 3,002 rows" in page.locator(".trouble").inner_text()


def test_how_fresh_a_node_is_stands_beside_its_rows_and_on_the_home_page_where_it_is_too_old(shown):
    known = shop()
    for entry, status in zip(known["nodes"], ("pass", "warn", "error"), strict=False):
        entry["freshness"] = {
            "loaded_at": None,
            "status": status,
            "newest": known["generated_at"],
            "age_seconds": 0.0,
            "message": "the newest loaded_at",
        }
    names = [entry["id"] for entry in known["nodes"][:3]]

    pages = {name: shown(known, f"#{name}") for name in names}
    facts = {}
    for name, page in pages.items():
        at_node(page, name)
        facts[name] = page.locator(".facts-grid").first.inner_text()
    home = shown(known).locator("#catalog-page").inner_text()

    told = [re.search(r"(pass|warn|error), newest rows from", text)[1] for text in facts.values()]
    assert told == ["pass", "warn", "error"]
    assert home.count("rows are too old") == 2


def test_past_runs_are_bars_and_a_table(shown):
    page = shown(hash="#feature_group.customer_value")

    said = page.locator(".strip svg").get_attribute("aria-label")
    page.locator(".part-runs summary").click()

    assert page.locator(".run").count() == 30
    assert said.startswith("30 runs, oldest first")
    assert page.locator(".run").last.get_attribute("data-status") == "failed"
    assert page.locator(".runs-table tbody tr").count() == 30
    assert "not_null failed" in page.locator(".runs-table tbody tr").first.inner_text()


def test_targets_tell_what_was_delivered_and_what_is_owed(shown):
    page = shown(hash="#transform.order_facts")

    delivered = page.locator(".targets-list").inner_text()
    page.locator("#tree [data-node='exposure.revenue_report']").click()
    at_node(page, "exposure.revenue_report")

    assert "delivered Mar 2, 2026" in delivered
    assert "owed" in page.locator(".targets-list").inner_text()


def test_python_is_coloured_as_python(shown):
    page = shown(hash="#transform.customer_segments")

    code = page.locator(".part-python code")

    assert page.locator(".part-code").count() == 0
    assert code.locator(".sql-keyword").all_inner_texts() == ["def", "return"]
    assert code.locator(".sql-special").first.inner_text() == "@transform"
    assert code.inner_text() == next(
        one["python"] for one in shop()["nodes"] if one["id"] == "transform.customer_segments"
    )


def test_a_node_that_the_code_names_is_a_link(shown):
    page = shown(hash="#transform.clean_orders")

    page.locator(".part-code a", has_text="source.exchange_rates").click()
    at_node(page, "source.exchange_rates")

    assert page.url.endswith("#source.exchange_rates")


def test_a_node_that_never_ran_and_says_nothing_has_a_page(shown):
    bare = node("transform.new", status="never run", last_run=None, seconds=None, file=None)

    page = shown(document([bare], [], catalog={"description": None, "runs": []}), "#transform.new")

    assert title(page) == "new"
    assert "never run" in page.locator("#catalog-page").inner_text()
    page.keyboard.press("Escape")
    page.wait_for_selector(".home")
    assert "It has never run." in page.locator("#catalog-page").inner_text()


def test_of_a_node_and_a_project_nothing_at_all_may_be_known(shown):
    known = catalog(document([node("transform.x", columns=columns(a="INT"))], []))
    kept = {*node("transform.x"), "columns"}
    [only] = known["nodes"]
    only |= {key: None for key in only if key not in kept}
    only["columns"] = [{"name": "a", "type": None, "description": None, "pii": False}]

    page = shown(known | {"catalog": {"description": None, "runs": None}})
    page.keyboard.press("j")
    at_node(page, "transform.x")

    assert page.locator("tr[data-column=a]").inner_text().strip() == "a"


def test_what_a_description_has_in_backticks_is_code(shown):
    known = catalog(document([node("transform.x", description="Rows of `raw.x`, <b>all</b>")], []))

    page = shown(known, "#transform.x")

    assert page.locator(".description code").inner_text() == "raw.x"
    assert page.locator(".description").inner_text() == "Rows of raw.x, <b>all</b>"


def test_a_metric_has_no_state_of_its_own(shown):
    page = shown(hash="#metric.average_order")

    assert "never run" not in page.locator("#catalog-page").inner_text()
    assert page.locator("#tree [data-node='metric.average_order'] .dot").count() == 0


def test_search_ranks_names_before_columns_and_descriptions(shown):
    page = shown()
    found = {}

    for typed in FOUND:
        page.locator("#search").fill(typed)
        found[typed] = page.locator("#found .found-name").all_inner_texts()

    assert {typed: found[typed][: len(FOUND[typed])] for typed in FOUND} == FOUND
    assert found["no such thing"] == []


def test_what_was_typed_is_marked_where_it_was_found(shown):
    page = shown()

    page.keyboard.press("/")
    page.keyboard.type("Month")

    assert page.locator("#found mark").all_inner_texts() == ["month"]
    assert "Finance closes the month on it" in page.locator("#found .found-said").inner_text()


def test_the_keyboard_alone_leads_from_a_search_to_a_columns_lineage_and_back(shown):
    page = shown()

    page.keyboard.press("/")
    page.keyboard.type("clean_ord")
    page.keyboard.press("Enter")
    at_node(page, "transform.clean_orders")
    assert focused(page) == "clean_orders"
    while focused(page) != "amount_eur":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".trace")
    assert "amount_eur is computed from" in page.locator("#catalog .trace").inner_text()
    page.keyboard.press("l")
    page.wait_for_selector("#panel .trace")
    assert page.url.endswith("#lineage/transform.clean_orders.amount_eur")
    assert lit_columns(page)["source.raw_orders", "amount"] == "value"
    page.go_back()
    page.wait_for_selector("#catalog")
    assert page.url.endswith("#transform.clean_orders.amount_eur")
    assert focused(page) == "amount_eur"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_selector(".home")


def test_the_list_is_walked_with_arrow_keys_and_reached_by_one_tab(shown):
    page = shown()

    page.locator("#groupings button").last.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    at_node(page, "source.raw_customers")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")

    assert page.locator("#tree [aria-expanded=false] .group-name").all_inner_texts() == ["bronze"]
    assert page.locator("#tree [tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#tree')") is None


def test_j_and_k_go_through_the_list(shown):
    page = shown(hash="#source.exchange_rates")

    page.keyboard.press("j")
    at_node(page, "source.raw_customers")
    page.keyboard.press("k")
    at_node(page, "source.exchange_rates")


def test_the_two_views_keep_what_is_selected(shown):
    page = shown(hash="#transform.clean_orders")

    page.locator("#views a", has_text="Lineage").click()
    page.wait_for_selector(".card[data-selected]")
    page.locator("#panel .columns a").first.click()
    page.wait_for_selector("#panel .trace")
    page.keyboard.press("c")
    page.wait_for_selector("#catalog .trace")
    assert page.url.endswith("#transform.clean_orders.order_id")

    assert page.locator("tr[data-column=order_id]").get_attribute("aria-current") == "true"
    assert not page.locator("#panel").is_visible()


def test_the_lineage_of_a_column_is_one_click_away(shown):
    page = shown(hash="#transform.revenue_by_country")

    page.locator("tr[data-column=revenue] .way-link").click()

    page.wait_for_selector("#panel .trace")
    assert page.url.endswith("#lineage/transform.revenue_by_country.revenue")
    assert lit_columns(page)["source.raw_orders", "amount"] == "value"


def test_a_link_into_the_lineage_opens_it(shown):
    page = shown(hash="#lineage/transform.revenue_by_country.revenue")

    assert not page.locator("#catalog").is_visible()
    assert page.locator(".trace h3").inner_text() == "Column revenue"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")
    assert page.url.endswith("#lineage")


def test_the_back_button_returns_to_the_place_that_was_read(shown):
    page = shown(hash="#transform.clean_orders", viewport={"width": 1200, "height": 500})

    page.evaluate("document.querySelector('#catalog-page').scrollTop = 400")
    page.evaluate("new Promise(requestAnimationFrame)")
    page.locator(".ends-in a").first.click()
    at_node(page, "exposure.churn_scores")
    top = page.evaluate("document.querySelector('#catalog-page').scrollTop")
    page.go_back()
    at_node(page, "transform.clean_orders")

    assert top == 0
    assert page.evaluate("document.querySelector('#catalog-page').scrollTop") > 300


def test_an_address_of_nothing_is_said_to_be_one(shown):
    page = shown(hash="#transform.gone")

    assert "transform.gone" in page.locator(".notice").inner_text()
    assert title(page) == "medallion"


def test_an_address_of_a_column_that_is_gone_is_said_to_be_one_beside_its_node(shown):
    page = shown(hash="#transform.clean_orders.gone")

    assert page.locator(".notice").first.inner_text() == (
        "Nothing here has the address transform.clean_orders.gone."
    )
    assert title(page) == "clean_orders"


def test_a_column_of_an_endless_name_takes_few_lines(shown):
    name = "n" * 1000 + "_end"
    page = shown(catalog(document([node("transform.x", columns=columns(**{name: "INT"}))], [])))

    page.evaluate("location.hash = '#transform.x'")
    at_node(page, "transform.x")

    told = page.locator(".column-open").inner_text()
    assert len(told) == 120
    assert told.endswith("_end")


def test_a_project_without_nodes_says_so_and_nothing_of_their_state(shown):
    page = shown(catalog(document([], [])))

    said = page.locator("#catalog-page").inner_text()

    assert "The project has no nodes yet." in said
    assert "Documented" not in said
    assert "delivered" not in said
    assert page.locator("#tree").inner_text() == "No nodes yet."


def test_nodes_and_columns_of_any_name_have_addresses(shown):
    names = ["a.b", 'say "x"', "naïve %41", "a#b", "lineage/x"]
    nodes = [node(f"transform.{name}", columns=columns(**{name: "INT"})) for name in names]
    page = shown(catalog(document(nodes, [])))
    found = []

    for name in sorted(names):
        page.locator("#tree a", has_text=name).click()
        page.locator(f"#catalog-page h1:text-is('{name}')").wait_for()
        page.locator(".column-open").click()
        page.wait_for_selector(".trace")
        page.reload()
        page.wait_for_selector(".trace")
        found.append(title(page))

    assert found == sorted(names)


def test_the_skip_link_leads_past_the_list(shown):
    page = shown(hash="#transform.clean_orders")

    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")

    assert focused(page) == "clean_orders"
    assert page.url.endswith("#transform.clean_orders")


@pytest.mark.parametrize(
    "hash", ["", "#transform.clean_orders.amount_eur", "#exposure.churn_scores"]
)
def test_a_phone_shows_every_page_without_scrolling_aside(shown, hash):
    page = shown(hash=hash, viewport={"width": 390, "height": 844}, has_touch=True)

    wide = page.evaluate(
        """[...document.querySelectorAll('#catalog *')]
             .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
             .filter(one => !one.closest('.table, .code, .jumps, .wide'))
             .map(one => one.outerHTML.slice(0, 80))"""
    )

    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.querySelector('.bar').getBoundingClientRect().top") == 0


def test_on_a_phone_the_list_stands_under_the_project(shown):
    page = shown(viewport={"width": 390, "height": 844}, has_touch=True)

    page.locator("#tree [data-node='transform.customers']").click()
    at_node(page, "transform.customers")

    assert not page.locator("#tree").is_visible()
    page.locator("#project a").click()
    page.wait_for_selector(".home")
    assert page.locator("#tree").is_visible()


def test_on_paper_a_page_is_light_and_holds_its_text_alone(shown):
    page = shown(hash="#transform.clean_orders", color_scheme="dark")

    page.emulate_media(media="print")
    page.wait_for_selector("html[data-theme=light]")

    assert not page.locator(".list").is_visible()
    assert not page.locator("header.bar").is_visible()
    assert page.locator(".part-preview").is_visible()
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.code pre')).maxHeight") == "none"
    )
    page.emulate_media(media="screen")
    page.wait_for_selector("html[data-theme=dark]")


@pytest.mark.parametrize("hash", ["", "#transform.clean_orders"])
def test_everything_that_can_be_used_has_a_name(shown, hash):
    page = shown(hash=hash)

    nameless = page.evaluate(
        """[...document.querySelectorAll('#catalog :is(a, button, summary, [role])')]
             .filter(one => !/^(row|rowgroup|cell|group|none|table)$/.test(one.role))
             .filter(one => !(one.getAttribute('aria-label') || one.textContent.trim()))
             .map(one => one.outerHTML)"""
    )

    assert nameless == []
