"""The page that explains the code names files, folders and functions that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "core/src/seeknal"
PAGE = (ROOT / "docs/explanation/architecture.md").read_text()
CODE = re.findall(r"`([^`\n]+)`", PAGE)
PLACES = sorted({text for text in CODE if re.fullmatch(r"[\w/]+\.py(:[\w.]+)?", text)})
ROWS = re.findall(r"(?m)^\| `([\w/.]+?)/?` \|", PAGE)
NOT_EXPLAINED = {"__init__.py", "__main__.py", "py.typed", "examples", "__pycache__"}


def definitions(tree: ast.AST, before: str = "") -> set[str]:
    """Names of functions and classes, members with their class."""
    found = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(before + node.name)
            if isinstance(node, ast.ClassDef):
                found |= definitions(node, f"{before}{node.name}.")
    return found


@pytest.mark.parametrize("place", PLACES)
def test_what_the_page_names_is_there(place):
    file, _, name = place.partition(":")

    tree = ast.parse((SOURCE / file).read_text())

    assert not name or name in definitions(tree)


def test_every_folder_is_explained_in_the_order_in_which_they_may_import():
    import tomllib

    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    layers = tools["importlinter"]["contracts"][0]["layers"]
    order = [name.strip() for layer in layers for name in re.split(r"[|:]", layer)]

    explained = [row.removesuffix(".py") for row in ROWS]

    assert sorted(explained) == sorted(
        path.stem for path in SOURCE.iterdir() if path.name not in NOT_EXPLAINED
    )
    assert explained == [name for name in order if name in explained]


def test_contributing_names_every_folder_of_tests():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    parts = {folder.relative_to(ROOT / "tests").parts[:2] for folder in folders}

    missing = [
        "/".join(part)
        for part in parts
        if f"tests/{part[0]}/" not in text or (part[0] == "core" and f"`{part[-1]}/`" not in text)
    ]

    assert not missing
