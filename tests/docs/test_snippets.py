"""What the documentation shows of project files is accepted by seeknal, key by key."""

import re

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


def sql_files():
    for page in PAGES:
        for number, fence in enumerate(fences(page.read_text())):
            if fence["info"] == "sql" and fence["body"].startswith(("/* ---", "-- params:")):
                yield pytest.param(fence["body"], id=f"{name(page)}-{number}")


@pytest.mark.parametrize("text", list(sql_files()))
def test_an_sql_file_of_a_page_is_a_node_or_an_audit_type(text, seeknal_project):
    folder = "audits" if text.startswith("--") else "transforms"
    project = seeknal_project({f"seeknal/{folder}/shown.sql": text})

    found = project.run("validate", "--format", "json").json()["problems"]
    schema = project.run("schema").assert_ok().json()

    codes = [entry["code"] for entry in found]
    assert [code for code in codes if code.startswith((*ABOUT_KEYS, "SK0930"))] == []
    known = schema["definitions"]["audit"]["properties"]["type"]["enum"]
    assert folder == "transforms" or "shown" in known


def as_files(text):
    """The snippet as the file of a project in which it could stand."""
    if text.startswith("kind:"):
        beside = {f"seeknal/{name}": "SELECT 1" for name in re.findall(r"sql_file: (\S+)", text)}
        return {"seeknal/shown.yml": text, **beside}
    if text.startswith(("audits:", "columns:", "materializations:")):
        return {"seeknal/shown.yml": NODE + text}
    if text.startswith("entities:"):
        head = "kind: semantic_model\nname: shown\nmodel: ref('source.rows')\n"
        return {"seeknal/shown.yml": head + text}
    if text.startswith("refresh:"):
        source = "kind: source\nname: shown\nsource: csv\ntable: a.csv\n"
        return {"seeknal/shown.yml": source + text}
    if text.startswith("test:"):
        return {"tests/shown.yml": text}
    if text.startswith(("connections:", "materialization:", "engines:", "notifications:")):
        return {"profiles.yml": text}
    if text.startswith(("janitor:", "environments:", "defaults:", "week_start:")):
        node = "kind: transform\nname: shown\nsql: SELECT 1 AS a\n"
        return {"seeknal_project.yml": f"name: shown\n{text}", "seeknal/legacy/shown.yml": node}
    pytest.fail(f"nobody knows where this stands:\n{text}")


@pytest.mark.parametrize("text", list(snippets()))
def test_a_snippet_has_only_keys_and_values_that_are_known(text, seeknal_project):
    project = seeknal_project(as_files(text))
    command = "test" if text.startswith("test:") else "validate"

    problems = project.run(command, "--format", "json").json()["problems"]

    wrong = [entry for entry in problems if entry["code"].startswith(ABOUT_KEYS)]
    assert [entry["message"] for entry in wrong if entry.get("severity") != "warn"] == []
