"""Whatever stands in a project is shown as it is and never acts."""

from __future__ import annotations

import re

import pytest
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
