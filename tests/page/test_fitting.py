"""What is shown uses the room that there is, and can be read in it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests.page.documents import columns, document, foldered, lineage, medallion, node
from tests.page.lit import card, column

pytestmark = pytest.mark.once

PHONE = {"width": 390, "height": 844}
LETTERS = """selector => Math.min(...[...document.querySelectorAll(selector)].map(
  one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a))"""
SPAN = """selector => {
  const boxes = [...document.querySelectorAll(selector)].map(one => one.getBoundingClientRect());
  const room = document.querySelector('#graph').getBoundingClientRect();
  const [low, high] = [f => Math.min(...boxes.map(f)), f => Math.max(...boxes.map(f))];
  return {
    left: low(box => box.left) - room.left, right: room.right - high(box => box.right),
    top: low(box => box.top) - room.top, bottom: room.bottom - high(box => box.bottom),
  };
}"""
VIEW = "document.querySelector('.world').getAttribute('transform')"
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
NAMES = ".card .name, .card .far-name"
FOUR = (
    "source.raw_orders",
    "source.exchange_rates",
    "transform.clean_orders",
    "rule.no_negative_amounts",
)
TEN = (
    *FOUR[:3],
    "source.raw_customers",
    "source.raw_products",
    "transform.customers",
    "transform.order_facts",
    "transform.revenue_by_country",
    "exposure.revenue_report",
    "metric.average_order",
)


def some(*ids):
    """The part of the medallion document that has these nodes."""
    found = medallion()
    return found | {
        "nodes": [one for one in found["nodes"] if one["id"] in ids],
        "edges": [one for one in found["edges"] if one["from"] in ids and one["to"] in ids],
    }


@pytest.mark.parametrize(("ids", "letters"), [(FOUR, 14), (TEN, 11)], ids=["four", "ten"])
def test_a_small_graph_fills_the_window_with_large_letters(opened, ids, letters):
    page = opened(some(*ids))

    room = page.evaluate(SPAN, ".card .face")

    assert room["left"] + room["right"] < 1440 / 5
    assert min(room.values()) > 0
    assert page.evaluate(LETTERS, ".card .name") > letters
    assert page.locator("#groups").is_hidden()


def test_nothing_lies_under_the_panel_and_all_can_be_read_beside_it(opened):
    page = opened(some(*TEN), "#transform.order_facts.amount_eur")

    room = page.evaluate(SPAN, ".card .face")

    assert page.locator(".card").count() == 10
    assert min(room.values()) > 0
    assert page.evaluate(LETTERS, NAMES) > 9
    assert page.evaluate(LETTERS, ".card .column-name") > 8


def test_closing_the_panel_gives_the_graph_its_room_back(opened):
    page = opened(some(*TEN), reduced_motion="reduce")
    before = page.evaluate(VIEW)

    card(page, "transform.order_facts").locator(".name").click()
    page.evaluate(DRAWN)
    beside = page.evaluate(VIEW)
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")
    page.evaluate(DRAWN)

    assert beside != before
    assert page.evaluate(VIEW) == before


def test_a_column_brings_its_lit_way_into_view(opened):
    page = opened(foldered(60), reduced_motion="reduce")

    page.evaluate("location.hash = '#transform.customers_silver_1.amount'")
    page.wait_for_selector(".trace")
    page.evaluate(DRAWN)
    room = page.evaluate(SPAN, ".card[data-lit] .face")

    assert page.locator(".card[data-lit]").count() > 5
    assert min(room.values()) > 0
    assert page.evaluate(LETTERS, NAMES) > 9


def test_where_the_reader_has_moved_to_stays_while_the_lit_way_can_be_seen(opened):
    chain = [node(f"transform.n{n}", columns=columns(a="INT")) for n in range(3)]
    for before, one in pairwise(chain):
        one["lineage"] = lineage([before["id"]], {"a": [(before["id"], "a")]})
    edges = [("transform.n0", "transform.n1"), ("transform.n1", "transform.n2")]
    page = opened(document(chain, edges), "#transform.n1", reduced_motion="reduce")
    fitted = page.evaluate(VIEW)

    page.keyboard.press("-")
    page.evaluate(DRAWN)
    moved = page.evaluate(VIEW)
    page.locator("#panel .columns a").first.click()
    page.wait_for_selector(".trace")
    page.evaluate(DRAWN)

    assert fitted != page.evaluate(VIEW) == moved


def test_where_the_reader_was_comes_back_when_nothing_is_lit_any_more(opened):
    page = opened(medallion(), reduced_motion="reduce")
    page.mouse.move(100, 300)
    page.mouse.wheel(0, -600)
    page.evaluate(DRAWN)
    moved = page.evaluate(VIEW)

    page.evaluate("location.hash = '#exposure.churn_scores'")
    page.wait_for_selector("#panel h2")
    page.evaluate(DRAWN)
    lit = page.evaluate(VIEW)
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")
    page.evaluate(DRAWN)

    assert lit != moved
    assert page.evaluate(VIEW) == moved


def test_a_phone_shows_the_projects_name_and_every_control(opened):
    page = opened(viewport=PHONE)

    name = page.locator("#project")
    boxes = page.eval_on_selector_all(
        ".search input, .tools > button, #filter > summary, #summary button, .zoom button",
        """all => all.map(one => one.getBoundingClientRect()).filter(box => box.width)
               .map(box => [box.left, box.right])""",
    )

    assert name.inner_text() == "medallion"
    assert name.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert page.locator("#summary .failed").is_visible()
    assert len(boxes) == 11
    assert all(0 <= left < right <= 390 for left, right in boxes)


@pytest.mark.parametrize("hash", ["", "#transform.order_facts.amount_eur"])
def test_a_phone_shows_a_part_that_can_be_read(opened, hash):
    page = opened(some(*TEN), hash, viewport=PHONE)

    shown = page.locator(".card[data-selected]" if hash else ".card").first.bounding_box()
    room = page.locator("#graph").bounding_box()

    assert page.evaluate(LETTERS, NAMES) > 9
    assert 0 <= shown["x"] < shown["x"] + shown["width"] <= 390
    assert room["y"] <= shown["y"] < shown["y"] + shown["height"] <= room["y"] + room["height"]


def test_a_source_is_called_by_what_it_reads_and_the_panel_says_what_it_is_written_in(opened):
    page = opened(some(*TEN))
    labels = {
        name: card(page, f"source.{name}").locator(".language").text_content()
        for name in ("raw_orders", "raw_customers")
    }

    card(page, "source.raw_orders").locator(".name").click()

    assert labels == {"raw_orders": "CSV", "raw_customers": "POSTGRES"}
    assert "YAML" in page.locator("#panel .facts").inner_text()


def test_private_columns_are_marked_on_the_card_and_in_the_panel(opened):
    shown = [{**one, "pii": one["name"] == "b"} for one in columns(a="INT", b="INT")]
    page = opened(document([node("source.x", columns=shown)], []), "#source.x")

    page.keyboard.press("e")

    assert column(page, "source.x", "a").locator(".lock").count() == 0
    assert column(page, "source.x", "b").locator(".lock").count() == 1
    assert page.locator("#panel .columns li", has_text="private").count() == 1
