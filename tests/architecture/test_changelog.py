"""The changelog says what its fragments say."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FRAGMENTS = sorted(path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md")


def dev() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda path: path.name)
def test_a_fragment_is_one_line_about_a_package(fragment):
    packages = {"core", *(path.name[8:] for path in (ROOT / "plugins").glob("seeknal-*"))}

    named = re.fullmatch(r"([a-z]+)\.[a-z0-9-]+\.(\w+)\.md", fragment.name)

    assert named
    assert named[1] in packages
    assert named[2] in dev().CHANGES
    assert re.fullmatch(r"[A-Z`].*\.\n", fragment.read_text())


def test_the_changelog_holds_all_fragments():
    module = dev()

    assert (ROOT / "CHANGELOG.md").read_text() == module.changelog_with(module.unreleased()), (
        "python3 dev.py changelog writes it"
    )
