"""Whatever stands in a project is shown as it is and never acts."""

from __future__ import annotations

import re

import pytest
from tests.page.catalogs import catalog
from tests.page.documents import columns, document, lineage, node
from tests.page.lit import card

from seeknal.page import page_of, write_page

pytestmark = pytest.mark.once

ATTACKS = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--<script>",
    "\u2028\u2029]]>",
    "'\"`${alert(1)}",
    "javascript:alert(1)",
    "{{script}} $& \\1",
    "<svg/onload=alert(1)>",
    "\x00\x1b lone \ud800",
]


def hostile(text: str) -> dict:
    return document(
        [
            node("source.safe", columns=columns(a="INT")),
            node(
                f"transform.{text}",
                description=text,
                owner=text,
                layer=text,
                domain=text,
                tags=[text],
                type=text,
                status=text,
                file=text,
                sql=f"SELECT '{text}' -- {text}",
                columns=[{"name": text, "type": text, "description": text}],
                audits=[
                    {
                        "type": text,
                        "columns": [text],
                        "passed": False,
                        "failing_rows": 1,
                        "severity": text,
                    }
                ],
                targets=[{"type": text, "table": text, "mode": text}],
                preview={"columns": [text], "rows": [[text], [{text: text}]]},
                lineage=lineage(["source.safe"], {text: [("source.safe", "a")]}, unknown=text),
            ),
        ],
        [("source.safe", f"transform.{text}")],
        project=text,
        environment=text,
    )


@pytest.mark.parametrize("text", ATTACKS)
def test_text_of_the_project_is_shown_and_never_acts(opened, text):
    page = opened(hostile(text))
    shown = text.replace("\ud800", "?")

    page.evaluate("window.alert = () => { window.struck = true; }; null")
    card(page, "source.safe").locator(".name").click()
    page.locator(".around a").click()
    page.locator("#panel .columns a").click()
    page.wait_for_selector(".trace")
    page.keyboard.press("/")
    page.wait_for_selector("#found li")
    page.keyboard.press("Escape")
    page.locator("#filter summary").click()

    assert page.evaluate("window.struck") is None
    assert page.evaluate("document.querySelectorAll('script').length") == 2
    assert page.evaluate("document.querySelectorAll('img, iframe, object, embed').length") == 0
    assert page.evaluate("document.querySelector('#panel h2').textContent") == shown
    assert page.evaluate("document.querySelector('.description').textContent") == shown


def described(text: str) -> dict:
    """The hostile document with a catalog whose every text is hostile too."""
    known = catalog(hostile(text))
    known["catalog"]["description"] = text
    known["catalog"]["runs"][0] |= {"run_id": text, "status": text, "command": text}
    known["catalog"]["runs"][0]["counts"] = {text: 1}
    for one in known["nodes"]:
        one |= {"business_purpose": text, "materialized": text, "meta": {text: text}}
        one |= {"keys": [text], "time_column": text, "run_id": text}
        one["runs"][0] |= {"run_id": text, "status": text, "reason": text, "error": text}
        one["runs"][1] |= {"status": "failed", "error": text}
        one["freshness"] = {"loaded_at": text, "status": text}
        one["columns"][0] |= {"min": text, "max": text, "pii": False}
    known["nodes"][1] |= {"status": f"failed {text}", "python": text}
    known["nodes"][1]["targets"][0] |= {"status": text, "delivered_at": text}
    return known


@pytest.mark.parametrize("text", [*ATTACKS[:2], "".join(ATTACKS)])
def test_text_of_the_project_never_acts_in_the_catalog(opened, text):
    page = opened(described(text))
    shown = text.replace("\ud800", "?")

    page.evaluate("window.alert = () => { window.struck = true; }; null")
    for name in ("domain", "tag", "owner", "folder", "layer"):
        page.locator(f"[data-group={name}]").click()
    page.keyboard.press("/")
    page.keyboard.insert_text(shown.strip("\x00\x1b ")[:8])
    page.wait_for_selector("#found li")
    page.keyboard.press("Escape")
    page.locator("#tree a[data-node^=transform]").click()
    page.wait_for_selector("article[data-node^=transform]")
    page.locator(".column-open").first.click()
    page.wait_for_selector(".trace")

    assert page.evaluate("window.struck") is None
    assert page.evaluate("document.querySelectorAll('script').length") == 2
    assert page.evaluate("document.querySelectorAll('img, iframe, object, embed').length") == 0
    assert page.evaluate("document.querySelector('#catalog h1').textContent") == shown
    assert page.evaluate("document.querySelector('.description').textContent") == shown
    assert page.evaluate("document.querySelector('.purpose').textContent") == shown
    assert page.evaluate("document.querySelector('.trouble pre').textContent") == shown


def test_the_svg_of_hostile_names_is_well_formed(opened, tmp_path):
    import xml.etree.ElementTree as ElementTree

    page = opened(hostile("".join(ATTACKS)))

    with page.expect_download() as saved:
        page.locator("#save-svg").click()
    saved.value.save_as(tmp_path / "graph.svg")

    assert not list(ElementTree.parse(tmp_path / "graph.svg").iter("script"))


def test_the_policy_allows_the_pages_own_script_and_no_request():
    text = page_of(hostile(ATTACKS[0]))

    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert text.count("</script>") == 2


def test_a_script_that_got_into_the_page_would_not_run(browser, tmp_path):
    path = tmp_path / "lineage.html"
    write_page(hostile("x"), path)
    page = browser.new_page()
    page.goto(path.as_uri())
    mistakes = []
    page.on("console", lambda said: mistakes.append(said.text))

    page.evaluate(
        """const script = document.createElement('script');
           script.textContent = 'window.struck = true';
           document.body.append(script);"""
    )

    assert page.evaluate("window.struck") is None
    assert "Content Security Policy" in mistakes[0]
    page.close()
