"""A large graph opens in groups of layers and folders, which open and close."""

from __future__ import annotations

import pytest
from tests.page.documents import document, foldered, node
from tests.page.lit import cards, lit_cards

pytestmark = pytest.mark.once

LETTERS = """selector => Math.min(...[...document.querySelectorAll(selector)].map(
  one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a))"""
OUTSIDE = """selector => {
  const room = document.querySelector('#graph').getBoundingClientRect();
  return [...document.querySelectorAll(selector)].filter(one => {
    const box = one.getBoundingClientRect();
    return box.left < room.left || box.right > room.right
        || box.top < room.top || box.bottom > room.bottom;
  }).length;
}"""
NODE = "transform.customers_silver_1"


@pytest.fixture
def company(opened):
    """Opens a project of 300 nodes in six folders of each kind."""
    return lambda hash="", **options: opened(
        foldered(300), hash, reduced_motion="reduce", **options
    )


def group(page, name: str, kind: str):
    return page.locator(f".group[data-kind={kind}]").filter(has_text=name).first


def told(page) -> list[str]:
    return page.eval_on_selector_all(".group", "all => all.map(one => one.ariaLabel)")


def test_three_hundred_nodes_open_as_a_whole_in_groups_that_can_be_read(company):
    page = company()

    assert cards(page) == set()
    assert len(told(page)) == 42
    assert page.evaluate(OUTSIDE, ".group") == 0
    assert page.evaluate(LETTERS, ".group-name") > 10
    assert page.evaluate(LETTERS, ".group-about") > 8


def test_the_sign_of_a_closed_group_stands_within_its_card(company):
    page = company()

    card, sign = (
        page.locator(selector).first.bounding_box() for selector in (".group .face", ".chevron")
    )

    assert card["x"] < sign["x"] < sign["x"] + sign["width"] < card["x"] + card["width"]
    assert card["y"] < sign["y"] < sign["y"] + sign["height"] < card["y"] + card["height"]


def test_a_group_says_how_many_nodes_it_has_and_how_many_failed(company):
    page = company()

    failing = page.locator(".group:has(.share-failed)")

    assert failing.count() == 3
    assert "7 transforms · 1 failed" in failing.first.locator(".group-about").text_content()
    assert (
        failing.first.get_attribute("aria-label")
        == "Open the group transforms/logistics of bronze, 7 transforms, 1 failed"
    )


def test_a_line_between_groups_counts_the_dependencies_that_it_stands_for(opened):
    nodes = [node(f"source.s{n}", layer="bronze") for n in range(40)]
    nodes += [node(f"transform.t{n}", layer="silver") for n in range(40)]
    edges = [(f"source.s{n}", f"transform.t{n}") for n in range(40)]

    page = opened(document(nodes, edges))

    assert page.locator(".count text").all_text_contents() == ["40"]


def test_a_group_opens_and_closes_by_mouse(company):
    page = company()

    group(page, "orders", "source").click()
    inside = cards(page)
    group(page, "orders", "source").click()

    assert len(inside) == 8
    assert all(identity.startswith("source.orders_") for identity in inside)
    assert cards(page) == set()


def test_a_group_too_large_for_the_window_opens_with_its_head_in_view(opened):
    nodes = [
        node(f"{kind}.n{n}", file=f"seeknal/{kind}s/x.yml")
        for kind in ("source", "exposure")
        for n in range(90)
    ]
    page = opened(document(nodes, []), reduced_motion="reduce")

    page.locator(".group").first.click()

    assert page.locator(".group.open").count() == 1
    assert page.evaluate(OUTSIDE, ".group.open") == 0
    assert len(cards(page)) < 90


def test_a_group_opens_and_closes_by_keyboard_and_keeps_the_focus(company):
    page = company()
    focused = "[document.activeElement.ariaLabel, document.activeElement.ariaExpanded]"

    group(page, "orders", "source").focus()
    page.keyboard.press("Enter")
    opened, label = len(cards(page)), page.evaluate(focused)
    page.keyboard.press(" ")

    assert opened == 8
    assert label == ["Close the group sources/orders of bronze, 8 sources", "true"]
    assert page.evaluate(focused)[1] == "false"
    assert cards(page) == set()


def test_a_link_to_a_column_brings_its_way_out_of_groups_and_leaves_the_others_closed(company):
    page = company(f"#{NODE}.amount")

    assert set(lit_cards(page)) == cards(page)
    assert NODE in cards(page)
    assert len(cards(page)) < 40
    assert page.locator(".group.closed[data-dimmed]").count() > 20
    assert "customers · 1/7" in page.locator(".group.open").all_text_contents()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")
    assert cards(page) == set()


def test_search_finds_what_is_in_a_closed_group(company):
    page = company()

    page.keyboard.press("/")
    page.keyboard.type("logistics_gold_3")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel h2")

    box = page.locator(".card[data-selected]").bounding_box()
    assert 0 < box["x"] < 1000
    assert 0 < box["y"] < 900


def test_the_key_g_shows_every_node_and_groups_them_again(company):
    page = company()

    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_selector("svg.graph[data-level=far]")
    flat = len(cards(page))
    page.keyboard.press("g")

    assert flat == 300
    assert cards(page) == set()
    assert page.locator("#groups").get_attribute("aria-pressed") == "true"


def test_nodes_in_one_folder_and_without_layers_are_grouped_by_kind(opened):
    kinds = ("source", "transform", "exposure")
    nodes = [
        node(f"{kind}.n{n}", file="seeknal/pipelines/all.py") for kind in kinds for n in range(30)
    ]

    page = opened(document(nodes, []))

    assert [text.split(",")[0] for text in told(page)] == [
        f"Open the group {kind}" for kind in kinds
    ]


def test_groups_that_read_each_other_stand_in_one_column(opened):
    nodes = [
        node(f"transform.{area}{n}", file=f"seeknal/{area}/x.sql")
        for area in "ab"
        for n in range(30)
    ]
    edges = [("transform.a0", "transform.b0"), ("transform.b1", "transform.a1")]

    page = opened(document(nodes, edges))

    lefts = page.eval_on_selector_all(
        ".group .face", "all => all.map(one => Math.round(one.getBoundingClientRect().x))"
    )
    assert len(lefts) == 2
    assert lefts[0] == lefts[1]


def test_names_of_folders_and_layers_are_text(opened):
    evil = "<img src=x onerror=alert(1)>"
    nodes = [
        node(f"transform.{area}{n}", layer=evil, file=f"seeknal/{area}/{evil}/x.sql")
        for area in "ab"
        for n in range(30)
    ]

    page = opened(document(nodes, []))
    labels = told(page)
    page.locator(".group").first.click()

    assert all(f"{evil} of {evil}" in label for label in labels)
    assert "<img" in page.locator(".group.open").text_content()
    assert page.locator("img").count() == 0
