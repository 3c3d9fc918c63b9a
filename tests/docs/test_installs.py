"""What a page or a message tells to install is never a name that no package index has of us."""

import re

import pytest

from tests.docs.installs import ONE_PLACE, ROOT, SOURCES, Line, lines, literals

OTHERS = {"uv"}
"""What a package index really has, and we mean."""


def test_there_are_lines_to_look_at():
    assert len(lines()) >= 8


@pytest.mark.parametrize("line", lines(), ids=lambda line: f"{line.page}: {line.command}")
def test_a_page_installs_from_the_checkout(line):
    missing = [
        requirement
        for requirement in line.requirements
        if requirement not in {".", *OTHERS}
        and not (ROOT / requirement.partition("[")[0] / "pyproject.toml").is_file()
    ]

    assert missing == []


def test_a_name_on_an_index_would_be_seen():
    line = Line("page", "pip install 'seeknal[postgres]' ./core")

    assert line.requirements == ["seeknal[postgres]", "./core"]


def test_one_module_alone_says_how_something_is_installed():
    files = [file for source in SOURCES for file in source.rglob("*.py") if file != ONE_PLACE]

    elsewhere = [
        (str(file.relative_to(ROOT)), text)
        for file in files
        for text in literals(file)
        if re.search(r"\bpip install\b|\binstall seeknal-", text)
    ]

    assert elsewhere == []
