"""The reference says what the code says."""

import re
import sys

import pytest

from tests.docs.pages import DOCS

sys.path.insert(0, str(DOCS))

import generate

REFERENCE = DOCS / "reference"


def hooks():
    from seeknal.kernel import hookspecs

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


def earlier_spellings():
    """The hidden options of each command, by its words."""
    from seeknal.cli.app import App

    found = {}
    for path, command in generate.every_command(App()):
        hidden = [word for entry in command.params for word in getattr(entry, "also", ())]
        hidden += [w for p in command.params if getattr(p, "hidden", False) for w in p.opts]
        found[path] = {word for word in hidden if word.startswith("--")}
    return found


def commands_of(text):
    """Each command line of a page, in a fence or within a sentence."""
    return [line.strip("`$ ") for line in re.findall(r"(?:^\$? *|`)seeknal [^`\n]*", text, re.M)]


def test_no_page_types_an_option_that_help_no_longer_shows():
    hidden = earlier_spellings()
    # It compares what was typed with what is.
    pages = {*DOCS.rglob("*.md"), DOCS.parent / "README.md"} - {DOCS / "how-to/from-2x.md"}

    typed = [(page, line) for page in pages for line in commands_of(page.read_text())]
    old = [
        f"{page.relative_to(DOCS.parent)}: {line}"
        for page, line in typed
        for path, words in hidden.items()
        if f"{line} ".startswith(f"{path} ")
        and words & {word.partition("=")[0] for word in line.split()}
    ]

    assert len(typed) > 100
    assert old == []


def test_every_command_without_json_is_named_where_json_is_promised():
    from seeknal.cli.app import App

    text = (REFERENCE / "cli.md").read_text().partition("<!-- generated")[0]

    without = [
        path.removeprefix("seeknal ")
        for path, command in generate.every_command(App())
        if not any(entry.name == "format_" for entry in command.params)
    ]

    assert [path for path in without if f"`{path}`" not in text] == []


def test_every_error_code_has_a_meaning_and_a_next_step():
    known, raised = generate.known_errors(), generate.codes_in_source()

    assert sorted(raised - known.keys()) == [], "add them to docs/reference/errors.txt"
    assert sorted(known.keys() - raised) == [], "no longer raised: remove from errors.txt"
    assert [code for code, parts in known.items() if not all(parts)] == []


def rows_of(page):
    """The rows of a page's tables: header and cells of each, code bars unescaped."""
    header = None
    for line in page.read_text().splitlines():
        if not line.startswith("|"):
            header = None
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if header is None:
            header = cells
        elif set("".join(cells)) - set("- :"):
            yield header, cells


def meanings(page):
    """What a page says of each name that it has in the first column of a table."""
    return {
        name: cells[-1]
        for _, cells in rows_of(REFERENCE / page)
        for name in re.findall(r"`([^`]+)`", cells[0])
    }


@pytest.mark.parametrize("page", sorted(REFERENCE.glob("*.md")), ids=lambda page: page.name)
def test_nothing_is_documented_without_a_meaning(page):
    empty = [cells[0] for header, cells in rows_of(page) if not all((cells[0], cells[-1]))]

    assert empty == [], f"give them a summary where they are declared, or a meaning in {page.name}"


def options_classes():
    """Every class of keys that a project may write, with the page that explains it."""
    from seeknal.kernel.plugins import load_plugins
    from seeknal.project.keys import AuditKeys, CommonKeys, InputKeys, TargetKeys, added_keys
    from seeknal.project.profile.profiles import EngineTarget, ProfileOptions
    from seeknal.project.settings import ProjectOptions

    plugins = load_plugins()
    files = (CommonKeys, InputKeys, ProjectOptions, ProfileOptions, EngineTarget)
    yield from (("project-files.md", cls) for cls in files)
    yield from (("audits.md", AuditKeys), ("targets.md", TargetKeys))
    for kind in plugins.kinds.values():
        yield from (("kinds.md", added_keys(kind)), ("kinds.md", kind.options))
    declared = {
        "sources.md": plugins.source_types,
        "targets.md": plugins.target_types,
        "audits.md": plugins.audit_types,
        "connections.md": plugins.connection_types,
    }
    for page, types in declared.items():
        yield from ((page, entry.options) for entry in types.values())


def nested(cls):
    from seeknal.kernel.options import fields_of

    yield cls
    for field in fields_of(cls):
        for inner in generate._classes(field.type):
            yield from nested(inner)


def test_every_key_of_every_file_is_explained():
    from seeknal.kernel.options import fields_of

    missing = {
        f"{page}: {cls.__name__}.{key}"
        for page, outer in options_classes()
        for cls in nested(outer)
        for field in fields_of(cls)
        for key in (field.key, *field.aliases)
        if not field.summary or key not in meanings(page)
    }

    assert missing == set()


def test_every_mode_of_a_target_is_explained():
    from typing import get_args

    from seeknal.plugin import Mode

    assert set(get_args(Mode)) <= meanings("targets.md").keys()


def test_every_selector_is_explained():
    from seeknal.graph.selection import SELECTORS

    told = meanings("selection.md")

    assert [name for name in SELECTORS if not any(key.startswith(f"{name}:") for key in told)] == []


@pytest.mark.parametrize(
    ("module", "page"),
    [
        ("seeknal", "python.md"),
        ("seeknal.pipeline", "python.md"),
        ("seeknal.plugin", "hooks.md"),
        ("seeknal.testing", "testing.md"),
    ],
)
def test_everything_that_may_be_imported_is_explained(module, page):
    from importlib import import_module

    public = import_module(module).__all__
    told = meanings(page)

    assert sorted(set(public) - told.keys()) == []


def test_every_method_of_an_opened_project_is_explained():
    from seeknal.query.opened import OpenedProject

    methods = [name for name in vars(OpenedProject) if not name.startswith("_")]
    told = meanings("python.md")

    assert [name for name in methods if f"project.{name}" not in told] == []


def test_what_is_exported_says_itself_what_it_is():
    from importlib import import_module

    silent = [
        f"{module}.{name}"
        for module in ("seeknal", "seeknal.pipeline", "seeknal.plugin", "seeknal.testing")
        for name in import_module(module).__all__
        if not generate.summary_of(module, name)
    ]

    assert silent == []


def test_every_link_leads_somewhere():
    broken = [
        f"{page.relative_to(DOCS.parent)}: {target}"
        for page in [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []


def test_a_code_stands_for_one_mistake():
    lines = generate.ERRORS.read_text().splitlines()
    codes = [line.split(" | ")[0] for line in lines if line.startswith("SK")]

    assert sorted(codes) == sorted(set(codes))
