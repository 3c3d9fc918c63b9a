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


def test_a_release_puts_every_fragment_above_what_was_released_before():
    before = "# Changelog\n\nNewest first.\n\n## 2.9.0 (2025-01-01)\n\n- core: Old.\n"

    text = dev().released(before, "3.0.0 (2026-01-01)")

    for fragment in FRAGMENTS:
        assert text.count(fragment.read_text()) == 1
    assert text.startswith("# Changelog\n\nNewest first.\n\n## 3.0.0 (2026-01-01)\n")
    assert text.endswith("\n\n## 2.9.0 (2025-01-01)\n\n- core: Old.\n")


def test_what_is_not_released_stands_in_its_fragments_alone():
    text = (ROOT / "CHANGELOG.md").read_text()

    assert not [fragment.name for fragment in FRAGMENTS if fragment.read_text() in text]
