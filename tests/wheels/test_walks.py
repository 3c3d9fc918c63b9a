"""The walks: what the documentation says is typed in clean environments, and works."""

from __future__ import annotations

import re
import shlex

import pytest
from tests.docs.pages import DOCS, commands, fences, play
from tests.wheels.conftest import ROOT

from seeknal.cli.examples import EXAMPLES, find_example

pytestmark = [pytest.mark.wheels, pytest.mark.timeout(900)]

NAMES = sorted(path.name for path in EXAMPLES.iterdir() if (path / "example.toml").is_file())
PAGES = [
    page
    for page in [DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md"))]
    if "```console\n" in page.read_text()
]
README = (ROOT / "README.md").read_text()
PLUGIN_PAGE = (DOCS / "how-to" / "write-a-plugin.md").read_text()
_FILE = re.compile(
    r"in `(?P<path>[\w/.]+)`:\n\n```\w+\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_can_be_walked(whole, tmp_path, page):
    folder, home = tmp_path / "work", tmp_path / "home"
    folder.mkdir()
    home.mkdir()

    printed = list(play(page.read_text(), folder, home, whole.environment()))

    wrong = [entry for entry in printed if entry.differs]
    assert printed
    assert not wrong, "\n".join(f"$ {entry.command.line}\n{entry.output}" for entry in wrong)


def steps_of(done):
    """The steps that ``init`` printed."""
    assert done.returncode == 0, done.stderr
    return [line.strip() for line in done.stderr.splitlines() if line.startswith("  ")]


def walk(environment, folder, name):
    """Types what ``init`` of an example prints, as it stands; gives the steps and the talk."""
    made = environment.type(f"seeknal init demo --example {name}", folder)
    steps = steps_of(made)
    done = environment.type("set -e\n" + "\n".join(steps), folder)
    talk = done.stdout + done.stderr
    assert done.returncode == 0, talk
    assert "0 failed" in talk
    assert "OWED" not in talk
    return steps, made.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_steps_of_an_example_work_with_core_alone_and_with_what_they_installed(
    clean, core_wheel, tmp_path, name
):
    alone, needed = tmp_path / "alone", tmp_path / "needed"
    alone.mkdir()
    needed.mkdir()
    environment = clean(core_wheel)

    first, said = walk(environment, alone, name)
    second, said_then = walk(environment, needed, name)

    needs = find_example(name).needs
    assert ("Not installed, and needed here: seeknal-" in said) == bool(needs)
    assert "Not installed" not in said_then
    assert first[-len(second) :] == second
    assert [step for step in first if step not in second] == first[: len(first) - len(second)]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_steps_of_an_example_work_with_everything(whole, tmp_path, name):
    steps, _ = walk(whole, tmp_path, name)

    assert steps[0] == "cd demo"


def test_the_readme_can_be_walked(checkout, clean, tmp_path):
    install = re.search(r"`(pip install \./core \S+)`", README)[1]
    environment = clean()
    installed = environment.type(install, checkout)
    started = environment.type("seeknal init shop && cd shop && seeknal run", tmp_path)
    project = tmp_path / "shop"
    environment.type("rm -r seeknal && mkdir -p seeknal", project)
    for found in _FILE.finditer(README.partition("## A tour")[2]):
        file = project / found["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found["text"])

    asked = [
        command.line
        for fence in fences(README.partition("## A tour")[2])
        if fence["info"] == "console"
        for command in commands(fence)
    ]
    failed = [
        f"$ {line}\n{done.stdout}{done.stderr}"
        for line in asked
        if (done := typed(environment, line, project)).returncode != 0
    ]

    assert installed.returncode == 0, installed.stderr
    assert started.returncode == 0, started.stderr
    assert len(asked) > 10
    assert failed == []


def typed(environment, line, project):
    """A command of the README's tour: asked whether it may, it is told so."""
    words = shlex.split(line, comments=True)
    if words[1] == "plan":
        # "What your edits would change": there has to be one.
        file = project / "seeknal/transforms/paid_orders.yml"
        file.write_text(file.read_text().replace("status = 'paid'", "status <> 'cancelled'"))
    opens = words[1:] == ["lineage"]
    agrees = "--yes" in environment.call("seeknal", words[1], "--help")
    more = [*["--no-open"] * opens, *["--yes"] * agrees]
    return environment.type(shlex.join([*words, *more]), project)


@pytest.mark.slow
def test_the_plugin_page_can_be_walked(core_wheel, clean, tmp_path):
    environment = clean(core_wheel, "pytest")
    folder, home = tmp_path / "work", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    page = PLUGIN_PAGE.replace("```console skip", "```console")

    printed = list(play(page, folder, home, environment.environment()))
    place = next(folder.rglob("test_ini.py")).parent
    tested = environment.type("python -m pytest -q -p no:cacheprovider test_ini.py", place)

    told = {entry.command.line: entry for entry in printed}
    first, second = (entry.output for entry in printed if entry.command.line == "seeknal run")
    assert not told['seeknal sql "SELECT * FROM settings"'].differs
    assert "seeknal-ini" in told["seeknal plugins"].output
    assert "1 run, 0 reused, 0 failed" in first
    assert "-> lite " in second
    assert "warning" not in first + second
    assert [entry.output for entry in printed if "shops.db" in entry.command.line] == [
        "('shop', 'yes')\n"
    ]
    assert tested.returncode == 0, tested.stdout
    assert "6 passed" in tested.stdout
