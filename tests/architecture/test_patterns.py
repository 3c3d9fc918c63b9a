"""Patterns mean the same in every Python that is supported."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
POSSESSIVE_GROUP = re.compile(r"\(\?.*\)(?:[*+?]|\{[\d,]+\})\+")


def test_no_pattern_repeats_a_group_possessively():
    # Python before 3.11.5, as Debian 12 brings it, then also takes what the group did not match.
    files = [file for place in ("core", "plugins") for file in (ROOT / place).rglob("src/**/*.py")]

    found = [
        f"{file.relative_to(ROOT)}:{number}: write (?>(?:...)*)"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if POSSESSIVE_GROUP.search(line)
    ]

    assert len(files) > 100
    assert found == []
