"""The reference says what the code says."""

import re
import sys

import pytest

from tests.docs.pages import DOCS

sys.path.insert(0, str(DOCS))

import generate

REFERENCE = DOCS / "reference"


def hooks():
    from seeknal import hookspecs

    return [function for function in vars(hookspecs).values() if hasattr(function, "seeknal_spec")]


@pytest.mark.parametrize("page", generate.pages(), ids=lambda page: page.name)
def test_generated_blocks_are_current(page):
    assert page.read_text() == generate.rewritten(page.read_text()), "run python docs/generate.py"


def test_every_hook_stands_in_the_reference_with_its_exact_signature():
    text = (REFERENCE / "hooks.md").read_text()

    missing = [hook.__name__ for hook in hooks() if generate.signature(hook) not in text]

    assert missing == []


def test_every_hook_says_when_it_is_called():
    silent = [hook.__name__ for hook in hooks() if "called" not in (hook.__doc__ or "").lower()]

    assert silent == []


def test_every_command_and_option_stands_in_the_reference():
    from seeknal.cli.app import App

    text = (REFERENCE / "cli.md").read_text()

    missing = [
        f"{path} {option}"
        for path, command in generate.every_command(App())
        for parameter in command.params
        for option in (*parameter.opts, *getattr(parameter, "also", ()), path)
        if option.startswith(("--", "seeknal")) and option not in text
    ]

    assert missing == []


def test_every_error_code_has_a_meaning_and_a_next_step():
    known, raised = generate.known_errors(), generate.codes_in_source()

    assert sorted(raised - known.keys()) == [], "add them to docs/reference/errors.txt"
    assert sorted(known.keys() - raised) == [], "no longer raised: remove from errors.txt"
    assert [code for code, parts in known.items() if not all(parts)] == []


def test_every_link_leads_somewhere():
    broken = [
        f"{page.relative_to(DOCS.parent)}: {target}"
        for page in [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []
