"""The lineage page in a browser, from a file and offline."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from tests.page.documents import columns, document, lineage, medallion, node
from tests.page.lit import card, cards, column, lit_cards, lit_columns, lit_lines

pytestmark = pytest.mark.once

CORE = Path(__file__).parents[2] / "core"
SVG = "{http://www.w3.org/2000/svg}"

# raw.a becomes middle.b, raw.kept filters, raw.order chooses; a Python node reads middle.
SMALL = document(
    [
        node(
            "source.raw",
            language="yaml",
            columns=columns(a="INT", kept="BOOL", picked="INT", other="INT"),
        ),
        node(
            "transform.middle",
            columns=columns(b="INT", c="INT"),
            lineage=lineage(
                ["source.raw"],
                {"b": [("source.raw", "a")], "c": [("source.raw", "other")]},
                influences={"b": [("source.raw", "picked")]},
                rows=[("source.raw", "kept")],
            ),
        ),
        node(
            "transform.model",
            language="python",
            columns=columns(score="DOUBLE"),
            lineage=lineage(["transform.middle"], {}, unknown="it returns a frame"),
        ),
        node(
            "exposure.report",
            columns=columns(b="INT"),
            lineage=lineage(["transform.middle"], {"b": [("transform.middle", "b")]}),
        ),
        node("source.aside", columns=columns(z="INT")),
    ],
    [
        ("source.raw", "transform.middle"),
        ("transform.middle", "transform.model"),
        ("transform.middle", "exposure.report"),
    ],
)


def test_every_node_is_shown_in_the_colour_of_its_kind(opened):
    page = opened()

    assert cards(page) == {one["id"] for one in medallion()["nodes"]}
    fills = {
        kind: card(page, identity).locator(".tile").evaluate("one => getComputedStyle(one).fill")
        for kind, identity in {
            "source": "source.raw_orders",
            "transform": "transform.clean_orders",
            "exposure": "exposure.churn_scores",
        }.items()
    }
    assert fills["source"] == "rgb(13, 112, 80)"
    assert len(set(fills.values())) == 3
    legend = page.locator("[data-filter-kind=source] .swatch")
    assert legend.evaluate("one => getComputedStyle(one).backgroundColor") == fills["source"]


def test_a_card_tells_rows_status_and_language(opened):
    page = opened()

    python = card(page, "transform.customer_segments")
    assert python.get_attribute("data-language") == "python"
    assert python.locator(".language").text_content() == "PY"
    assert "3,118 rows" in python.locator(".head").get_attribute("aria-label")
    assert card(page, "feature_group.customer_value").locator(".status-failed").count() == 1
    assert page.locator("#summary .failed").inner_text() == "1 failed"


def test_layers_stand_in_bands_from_left_to_right(opened):
    page = opened()

    places = page.eval_on_selector_all(
        ".band", "found => found.map(one => [one.dataset.layer, one.getBoundingClientRect().x])"
    )

    assert [layer for layer, _ in sorted(places, key=lambda one: one[1])] == [
        "bronze",
        "silver",
        "gold",
    ]


def test_a_click_on_a_node_lights_what_it_reads_and_what_reads_it(opened):
    page = opened(SMALL)

    card(page, "transform.middle").locator(".name").click()

    expected = {"source.raw", "transform.middle", "transform.model", "exposure.report"}
    assert set(lit_cards(page)) == expected
    assert card(page, "source.aside").get_attribute("data-dimmed") is not None
    assert len(lit_lines(page)) == 3


def test_neighbours_of_a_neighbour_on_the_other_side_stay_dark(opened):
    page = opened(SMALL)

    card(page, "exposure.report").locator(".name").click()

    assert set(lit_cards(page)) == {"exposure.report", "transform.middle", "source.raw"}


def test_a_click_on_a_column_lights_its_values_and_what_influences_it(opened):
    page = opened(SMALL)

    card(page, "transform.middle").locator(".expander").click()
    column(page, "transform.middle", "b").click()

    assert lit_columns(page) == {
        ("source.raw", "a"): "value",
        ("source.raw", "picked"): "influence",
        ("source.raw", "kept"): "influence",
        ("transform.middle", "b"): "value",
        ("exposure.report", "b"): "value",
    }
    assert lit_lines(page) == {
        ("source.raw", "a", "transform.middle", "b"): "value",
        ("source.raw", "picked", "transform.middle", "b"): "influence",
        ("source.raw", "kept", "transform.middle", None): "influence",
        ("transform.middle", "b", "exposure.report", "b"): "value",
        ("transform.middle", "b", "transform.model", None): "unknown",
    }
    assert lit_cards(page)["transform.model"] == "unknown"


def test_value_and_influence_have_colours_of_their_own(opened):
    page = opened(SMALL, "#transform.middle.b")

    strokes = {
        role: page.locator(f".lit .line[data-lit={role}]").first.evaluate(
            "one => getComputedStyle(one).stroke"
        )
        for role in ("value", "influence", "unknown")
    }

    assert len(set(strokes.values())) == 3


def test_a_column_that_decides_rows_lights_the_whole_node_below(opened):
    page = opened(SMALL, "#source.raw.kept")

    assert lit_cards(page) == {
        "source.raw": "value",
        "transform.middle": "influence",
        "exposure.report": "influence",
        "transform.model": "unknown",
    }
    assert "transform.middle" in page.locator(".decides").inner_text()


def test_behind_a_node_of_unknown_lineage_every_column_is_lit_as_unknown(opened):
    page = opened(SMALL, "#transform.model.score")

    card(page, "transform.middle").locator(".expander").click()

    assert lit_columns(page)["transform.middle", "b"] == "unknown"
    assert lit_columns(page)["transform.middle", "c"] == "unknown"
    assert "not known: it returns a frame" in page.locator(".trace").inner_text()


def test_the_panel_says_a_columns_path_in_words(opened):
    page = opened(hash="#transform.revenue_by_country.revenue")

    words = page.locator(".trace").inner_text()

    assert (
        "revenue is computed from source.raw_orders.amount and source.exchange_rates.rate." in words
    )
    assert "transform.clean_orders.amount_eur" in page.locator(".computed").inner_text()
    assert "status" in page.locator(".decided-by").inner_text()
    assert "metric.average_order" in page.locator(".goes-into").inner_text()


def test_the_panel_holds_all_that_is_known_of_a_node(opened):
    page = opened(hash="#transform.clean_orders")

    text = page.locator("#panel").inner_text()

    for expected in (
        "Paid orders in euros",
        "data platform",
        "seeknal/transforms/clean_orders.yml:1",
        "11,962",
        "2 hours ago",
        "DECIMAL(12,2)",
        "3 rows (warn)",
        "10001",
        "NULL",
    ):
        assert expected in text
    assert page.locator("#panel .sql-keyword").first.inner_text() == "WITH"
    assert page.locator("#panel .sql code").inner_text() == next(
        one["sql"] for one in medallion()["nodes"] if one["id"] == "transform.clean_orders"
    )


def test_targets_are_listed(opened):
    page = opened(hash="#transform.order_facts")

    assert "analytics.order_facts" in page.locator("#panel .targets").inner_text()


def test_the_address_follows_and_the_back_button_returns(opened):
    page = opened(SMALL)

    card(page, "transform.middle").locator(".name").click()
    page.locator("#panel .columns a").first.click()
    assert page.url.endswith("#transform.middle.b")
    page.go_back()
    page.wait_for_selector(".trace", state="detached")
    assert page.url.endswith("#transform.middle")
    page.go_back()
    page.wait_for_selector("#panel", state="hidden")

    assert lit_cards(page) == {}


@pytest.mark.parametrize("name", ["a.b", 'say "x"', "naïve %41", "a#b", "größe"])
def test_a_column_of_any_name_has_an_address(opened, name):
    odd = document([node("transform.x", columns=columns(**{name: "INT"}))], [])
    page = opened(odd, "#transform.x")

    page.locator("#panel .columns a").click()
    page.wait_for_selector(".trace")
    page.reload()
    page.wait_for_selector(".trace")

    assert page.locator(".trace h3").inner_text() == f"Column {name}"


def test_the_document_can_say_what_is_shown_first(opened):
    page = opened(SMALL | {"focus": {"node": "transform.middle", "column": "b"}})

    assert lit_columns(page)["source.raw", "a"] == "value"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert not page.locator("#panel").is_visible()


def test_search_finds_nodes_and_columns_from_the_keyboard(opened):
    page = opened()

    page.keyboard.press("/")
    page.keyboard.type("spent_7d")
    page.keyboard.press("Enter")

    page.wait_for_selector(".trace")
    assert page.locator("#panel h2").inner_text() == "weekly_spend"
    assert page.locator(".trace h3").inner_text() == "Column spent_7d"


def test_arrow_keys_walk_along_the_lines(opened):
    page = opened(SMALL)

    card(page, "transform.middle").locator(".name").click()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**#source.raw")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**#transform.middle")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")


def test_cards_are_reached_and_pressed_with_the_keyboard_alone(opened):
    page = opened(SMALL)

    card(page, "source.raw").locator(".head").focus()
    page.keyboard.press("Enter")

    page.wait_for_selector("#panel h2")
    assert page.locator("#panel h2").inner_text() == "raw"
    focused = page.evaluate("document.activeElement.dataset.node")
    assert focused == "source.raw"


def test_the_question_mark_opens_help(opened):
    page = opened(SMALL)

    page.keyboard.press("?")

    assert page.locator("#help-dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#help-dialog").is_visible()


def test_a_kind_is_hidden_and_shown_by_its_switch(opened):
    page = opened()

    page.locator("[data-filter-kind=exposure]").click()

    assert not any(identity.startswith("exposure.") for identity in cards(page))
    assert page.locator("[data-filter-kind=exposure]").get_attribute("aria-pressed") == "false"
    page.locator("[data-filter-kind=exposure]").click()
    assert "exposure.churn_scores" in cards(page)


def test_only_the_lineage_of_a_node_can_be_shown(opened):
    page = opened(SMALL, "#exposure.report")

    page.locator(".only-switch").click()

    assert cards(page) == {"source.raw", "transform.middle", "exposure.report"}
    page.locator("#only").click()
    assert "source.aside" in cards(page)


def test_only_a_lineage_has_no_lines_around_by_other_nodes(opened):
    chain = [node(f"transform.{name}") for name in ("a", "b", "c", "d")]
    edges = [("a", "b"), ("b", "c"), ("a", "d"), ("d", "c")]
    prefixed = [(f"transform.{one}", f"transform.{other}") for one, other in edges]
    page = opened(document(chain, prefixed), "#transform.b")

    page.keyboard.press("o")
    card(page, "transform.a").locator(".name").click()

    assert cards(page) == {"transform.a", "transform.b", "transform.c"}
    assert {(one, other) for one, _, other, _ in lit_lines(page)} == {
        ("transform.a", "transform.b"),
        ("transform.b", "transform.c"),
    }


def test_lines_lead_past_hidden_nodes(opened):
    page = opened(SMALL)

    page.locator("[data-filter-kind=transform]").click()
    card(page, "exposure.report").locator(".name").click()

    assert set(lit_cards(page)) == {"exposure.report", "source.raw"}
    assert ("source.raw", None, "exposure.report", None) in lit_lines(page)


@pytest.mark.parametrize(
    ("facet", "value", "hidden"),
    [
        ("layer", "bronze", "source.raw_orders"),
        ("tag", "pii", "transform.customers"),
        ("status", "failed", "feature_group.customer_value"),
        ("language", "python", "transform.customer_segments"),
    ],
)
def test_the_menu_filters_by_layer_tag_status_and_language(opened, facet, value, hidden):
    page = opened()

    page.locator("#filter summary").click()
    page.locator(f"[data-facet={facet}] input[value='{value}']").uncheck()

    assert hidden not in cards(page)
    page.locator("#show-all").click()
    assert hidden in cards(page)


def test_light_and_dark_follow_the_system_and_can_be_chosen(opened):
    page = opened(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"

    dark = page.evaluate(ground)
    page.locator("#theme").click()
    light = page.evaluate(ground)

    assert (dark, light) == ("rgb(15, 19, 25)", "rgb(246, 247, 249)")


def test_the_svg_is_whole_and_needs_nothing_else(opened, tmp_path):
    page = opened(hash="#transform.clean_orders")

    with page.expect_download() as saved:
        page.locator("#save-svg").click()
    saved.value.save_as(tmp_path / "graph.svg")

    assert saved.value.suggested_filename == "medallion-lineage.svg"
    root = ElementTree.parse(tmp_path / "graph.svg").getroot()
    drawn = {one.get("data-node") for one in root.iter(f"{SVG}g") if one.get("class") == "card"}
    assert drawn == {one["id"] for one in medallion()["nodes"]}
    assert "var(--surface)" in root.find(f".//{SVG}style").text
    assert "--surface:#ffffff" in root.find(f".//{SVG}style").text.replace(" ", "")


def test_the_png_shows_the_graph(opened, tmp_path):
    page = opened(SMALL)

    with page.expect_download() as saved:
        page.locator("#save-png").click()
    saved.value.save_as(tmp_path / "graph.png")

    content = Path(tmp_path / "graph.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000


@pytest.mark.parametrize("nodes", [[], [node("transform.alone")]])
def test_a_project_of_one_node_or_none_has_a_page(opened, nodes):
    page = opened(document(nodes, []))

    assert cards(page) == {one["id"] for one in nodes}
    assert page.locator("#nothing").is_visible() == (not nodes)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_every_ground_that_it_stands_on(theme):
    light, _, dark = (CORE / "page/style.css").read_text().partition(":root[data-theme=")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark if theme == "dark" else light))
    words = {"text", "muted", "accent", "value", "influence", "unknown", "good", "bad"}
    words |= {name for name in colours if name.startswith("kind-")}

    faint = {
        (word, ground): contrast(colours[word], colours[ground])
        for word in words
        for ground in ("ground", "band", "surface")
        if contrast(colours[word], colours[ground]) < 4.5
    }

    assert faint == {}


def contrast(one: str, other: str) -> float:
    """As WCAG 2 has it: from 1, the same, to 21, black on white."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_buttons_have_names_and_nothing_is_left_out_of_reach(opened):
    page = opened(hash="#transform.clean_orders")

    nameless = page.evaluate(
        """[...document.querySelectorAll('button, [role=button], input, summary')]
             .filter(one => !(one.getAttribute('aria-label') || one.textContent.trim()
                              || one.labels?.length))
             .length"""
    )

    assert nameless == 0


def test_cells_that_json_has_no_word_for_are_shown(opened):
    rows = [[float("nan"), Decimal("1.50"), date(2026, 3, 2)], [float("-inf"), None, True]]
    shown = node("transform.x", preview={"columns": ["a", "b", "c"], "rows": rows})

    page = opened(document([shown], []), "#transform.x")

    cells = page.locator("#panel tbody td").all_inner_texts()
    assert cells == ["nan", "1.50", "2026-03-02", "-inf", "NULL", "true"]


def test_an_edge_said_twice_or_to_nowhere_does_no_harm(opened):
    edges = [("source.a", "transform.b")] * 2 + [
        ("transform.b", "transform.b"),
        ("gone.x", "source.a"),
    ]

    page = opened(document([node("source.a"), node("transform.b")], edges))
    card(page, "source.a").locator(".name").click()

    assert len(lit_lines(page)) == 1


def chain(length):
    names = [f"transform.chain_{number}" for number in range(length)]
    nodes = [
        node(
            name,
            columns=columns(identifier="BIGINT"),
            lineage=lineage([before], {"identifier": [(before, "identifier")]}) if before else None,
        )
        for before, name in zip([None, *names], names, strict=False)
    ]
    return document(nodes, [*pairwise(names)])


def test_a_long_way_of_a_column_can_be_read_to_its_end(opened):
    page = opened(chain(40), "#transform.chain_39.identifier")

    places = page.eval_on_selector_all(
        "#panel .paths a",
        "all => all.map(one => [one.getClientRects().length, one.getBoundingClientRect().x])",
    )

    assert len(places) == 39
    assert {lines for lines, _ in places} == {1}
    assert max(x for _, x in places) - min(x for _, x in places) < 100


@pytest.mark.parametrize("address", ["nope", "transform.clean_orders.nope"])
def test_an_address_of_nothing_is_told_beside_the_graph(opened, address):
    page = opened(medallion(), f"#{address}")

    told = page.locator("#unknown").inner_text()
    page.evaluate("location.hash = '#transform.clean_orders'")
    page.wait_for_selector("#unknown:empty", state="attached")

    assert told == f"Nothing here has the address {address}."


def test_a_graph_without_nodes_speaks_of_no_filter(opened):
    page = opened(document([], []))

    told = page.locator(".nothing-shown:visible").all_inner_texts()

    assert told == ["The project has no nodes yet."]


def test_a_layer_that_is_called_no_layer_is_filtered_by_itself(opened):
    nodes = [node("transform.named", layer="no layer"), node("transform.bare")]
    page = opened(document(nodes, []))

    page.locator("#filter summary").click()
    page.locator("[data-facet=layer] input[value='no layer']").uncheck()

    assert cards(page) == {"transform.bare"}
    assert page.locator("[data-facet=layer] label span:first-of-type").all_inner_texts() == [
        "no layer",
        "no layer at all",
    ]


def test_a_layer_of_a_long_name_leaves_room_for_the_next(opened):
    layers = ["b" * 200, "s" * 200]
    nodes = [node(f"transform.n{index}", layer=layer) for index, layer in enumerate(layers)]

    page = opened(document(nodes, [("transform.n0", "transform.n1")]))

    places = page.eval_on_selector_all(
        ".band-labels span",
        "all => all.map(one => [one.title, one.getBoundingClientRect().x,"
        " one.getBoundingClientRect().right])",
    )
    assert [title for title, _, _ in places] == layers
    assert places[0][2] < places[1][1]
