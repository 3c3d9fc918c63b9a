"""What the documentation shows of project files is accepted by seeknal, key by key."""

import pytest

from tests.docs.pages import DOCS, fences
from tests.docs.test_pages import name

ROOT = DOCS.parent
PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("*/*/README.md")),
]
NODE = "kind: transform\nname: shown\nsql: SELECT 1 AS x\n"
ABOUT_KEYS = ("SK01", "SK02", "SK0905", "SK0906", "SK0910", "SK0914", "SK092")
"""Codes that say that a snippet is wrong by itself, not that it refers to what is elsewhere."""


def snippets():
    for page in PAGES:
        for number, fence in enumerate(fences(page.read_text())):
            language, *words = fence["info"].split() or [""]
            if language == "yaml" and not words:
                yield pytest.param(fence["body"], id=f"{name(page)}-{number}")


def as_files(text):
    """The snippet as the file of a project in which it could stand."""
    if text.startswith("kind:"):
        return {"seeknal/shown.yml": text}
    if text.startswith(("audits:", "materializations:")):
        return {"seeknal/shown.yml": NODE + text}
    if text.startswith("refresh:"):
        source = "kind: source\nname: shown\nsource: csv\ntable: a.csv\n"
        return {"seeknal/shown.yml": source + text}
    if text.startswith(("connections:", "materialization:")):
        return {"profiles.yml": text}
    if text.startswith(("janitor:", "environments:")):
        return {"seeknal_project.yml": f"name: shown\n{text}"}
    pytest.fail(f"nobody knows where this stands:\n{text}")


@pytest.mark.parametrize("text", list(snippets()))
def test_a_snippet_has_only_keys_and_values_that_are_known(text, seeknal_project):
    project = seeknal_project(as_files(text))

    problems = project.run("validate", "--format", "json").json()["problems"]

    wrong = [entry for entry in problems if entry["code"].startswith(ABOUT_KEYS)]
    assert [entry["message"] for entry in wrong if entry.get("severity") != "warn"] == []
