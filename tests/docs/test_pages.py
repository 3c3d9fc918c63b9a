"""The documentation's examples run, and print what it says that they print."""

import re

import pytest

from seeknal.host import clock
from tests.docs.pages import DOCS, alike, commands, fences, play

ROOT = DOCS.parent
PAGES = [*sorted(DOCS.rglob("*.md")), *sorted((ROOT / "examples").glob("*/README.md"))]
PLAYED = [
    page
    for page in PAGES
    if any(
        fence["info"].split()[:1] == ["console"] and "skip" not in fence["info"].split()
        for fence in fences(page.read_text())
    )
]


THROUGH_THE_SHELL = {
    *("docs/how-to/python-nodes.md", "docs/how-to/postgres.md", "docs/how-to/ingest.md"),
    "docs/how-to/features.md",
}
"""Each command is a process of its own there: a server starts and ends with it, too."""


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PLAYED, ids=name)
def test_what_a_page_tells_to_type_prints_what_it_says(page, tmp_path, monkeypatch):
    # No hour begins between two commands.
    begun = clock.now()
    monkeypatch.setattr(clock, "now", lambda: begun)
    folder, home = tmp_path / "work", tmp_path / "home"
    folder.mkdir()
    home.mkdir()

    here = name(page) not in THROUGH_THE_SHELL
    played = play(page.read_text(), folder, home, in_process=here)
    wrong = [printed for printed in played if printed.differs]

    assert not wrong, "\n".join(
        f"$ {command.line}\n--- the page says\n{command.expected}\n--- printed\n{output}"
        for command, output in wrong
    )


def test_there_are_pages_to_play():
    assert {"docs/tutorial.md", "examples/medallion/README.md"} <= set(map(name, PLAYED))


@pytest.mark.parametrize(
    ("page", "printed", "same"),
    [
        ("a 2025-09-01 to ...\n", "a 2025-09-01 to 2027-01-01\n", True),
        ("a 2025-09-01 to ...\n", "a 2025-09-02 to 2027-01-01\n", False),
        ("a 2025-09-01 to ...\n", "a 2025-09-01 to 2027-01-01\nb\n", False),
        ("a 2025-09-01 to ...\n...\n", "b\na 2025-09-01 to 2027-01-01\n", True),
        ("...\nb\n", "a\nbc\n", False),
    ],
)
def test_three_dots_stand_for_what_a_page_cannot_know(page, printed, same):
    assert alike(page, printed) is same


def declared_by(page):
    """Commands that a page makes: the names of entry points of modules."""
    return set(re.findall(r"""(\w+) = "\w+:\w+\"""", page)) if "seeknal.commands" in page else set()


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md", *ROOT.glob("*/README.md")], ids=name)
def test_every_command_on_a_page_exists_with_its_options(page):
    from seeknal.cli.app import App

    app = App()
    text = page.read_text()
    wrong = [
        f"{line}: {fault}"
        for fence in fences(text)
        if fence["info"].startswith(("console", "bash"))
        for command in commands(fence)
        for line in seeknal_calls(command.line)
        if (fault := fault_of(app, line)) is not None and line[0] not in declared_by(text)
    ]

    assert wrong == []


SENTENCES = re.compile(r"`(seeknal [^`]+)`")
PLACEHOLDERS = ("COMMAND",)


@pytest.mark.parametrize(
    "page",
    [*PAGES, ROOT / "README.md", *ROOT.glob("*/README.md"), *ROOT.glob("*/*/README.md")],
    ids=name,
)
def test_every_command_in_a_sentence_exists_with_its_options(page):
    from seeknal.cli.app import App, _spelled
    from seeknal.values.other_tools import COMMANDS

    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    app = App()
    wrong = [
        f"{text}: {fault}"
        for text in SENTENCES.findall(prose)
        for words in seeknal_calls(" ".join(text.split()))
        if words[:1] not in [[word] for word in (*PLACEHOLDERS, *COMMANDS)]
        if (fault := fault_of(app, _spelled(words))) is not None
    ]

    assert wrong == []


def seeknal_calls(line):
    """The calls of seeknal in a shell line, without pipes and the like."""
    import shlex

    words = shlex.split(line, comments=True)
    call = None
    for word in [*words, ";"]:
        if word in ("&&", "||", ";", "|", ">", "2>&1"):
            if call is not None:
                yield call
            call = None
        elif call is not None:
            call.append(word)
        elif word == "seeknal":
            call = []


def fault_of(app, words):
    """What is wrong with a command line, without running it."""
    import click

    context, group = click.Context(app, info_name="seeknal"), app
    rest = list(words)
    while isinstance(group, click.Group):
        plain = [word for word in rest if not word.startswith("-")]
        if not plain:
            return None
        from seeknal.cli.app import SPELLINGS

        if any(tuple(plain[: len(spelling)]) == spelling for spelling in SPELLINGS):
            return None
        command = group.get_command(context, plain[0])
        if command is None:
            return f"no command {plain[0]}"
        rest.remove(plain[0])
        group = command
    if group.context_settings.get("ignore_unknown_options"):
        # They are another program's.
        return None
    known = {
        name
        for parameter in group.get_params(context)
        for name in [*parameter.opts, *parameter.secondary_opts, *getattr(parameter, "also", ())]
    }
    given = {word.split("=")[0] for word in rest if word.startswith("-")}
    unknown = given - known - {"--help", "-h"}
    return f"no option {', '.join(sorted(unknown))}" if unknown else None
