"""One word per idea: an option has the same name and meaning in every command that has it."""

from collections import defaultdict

import click
import pytest

from seeknal.cli.app import App

ONCE = {"--help", "--version"}
"""click's own."""

ANSWER_OTHERWISE = {
    "seeknal init": "writes files and says what to type next",
    "seeknal schema": "what it prints is JSON as it is",
    "seeknal python": "prints what the program prints",
    "seeknal completion": "prints a script for a shell",
    "seeknal schedule export": "prints files of other programs",
    "seeknal schedule due": "answers by its exit code",
    "seeknal features serve": "answers over HTTP, in JSON",
    "seeknal postgres psql": "becomes psql, which prints what it likes",
}
"""Commands without ``--format json``, and why."""

OF_ITS_OWN = {
    ("--from", "seeknal features serve"): "a connection; elsewhere an environment",
    ("--full", "seeknal features materialize"): "makes tables anew; elsewhere runs nodes",
    ("--name", "seeknal starrocks setup-catalog"): "a catalog; elsewhere a load",
    ("--timezone", "seeknal query"): "by which days are cut; elsewhere of times that say none",
    ("--to", "seeknal features materialize"): "a connection; elsewhere a number",
}
"""Options that mean in one command what they mean in no other, and how one tells."""

OLD_SPELLINGS = {
    "--backfill": "--start and --end",
    "--batch": "--run",
    "--continue-on-error": "--no-fail-fast",
    "--kind": "--kinds",
    "--max-workers": "--workers",
    "--nodes": "--select",
    "--out": "--output",
    "--parallel": "--workers",
    "--params": "--var",
    "--profile": "--statistics",
    "--restate": "--start and --end",
    "--show-plan": "--dry-run",
    "--target": "--engine or --dialect",
    "--types": "--kinds",
}
"""Spellings that still work and are shown nowhere."""


def every_command(group=None, path="seeknal"):
    group = group or App()
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from every_command(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(every_command())


def options(command):
    return [
        entry
        for entry in command.params
        if isinstance(entry, click.Option) and not ONCE.intersection(entry.opts)
    ]


def everywhere():
    """Each option that is shown, with the command that has it."""
    return [
        (path, option)
        for path, command in COMMANDS.items()
        for option in options(command)
        if not (command.hidden or option.hidden)
    ]


def what_it_is(option):
    """All that must be the same wherever an option stands."""
    values = "FORMAT" if option.name == "format_" else option.metavar
    return (tuple(option.opts), values, option.help, option.is_flag, option.multiple)


def hidden_spellings(command):
    for option in options(command):
        yield from (word for word in option.opts if option.hidden)
        yield from getattr(option, "also", ())


def test_an_option_has_the_same_letter_value_and_meaning_in_every_command():
    meanings = defaultdict(lambda: defaultdict(list))
    for path, option in everywhere():
        for word in option.opts:
            if (word, path) not in OF_ITS_OWN:
                meanings[word][what_it_is(option)].append(path)

    differing = {word: dict(found) for word, found in meanings.items() if len(found) > 1}

    assert differing == {}


@pytest.mark.parametrize(("word", "path"), OF_ITS_OWN)
def test_an_option_of_another_meaning_in_one_command_is_one(word, path):
    if path not in COMMANDS:
        pytest.skip("its plugin is not installed")

    here, *others = sorted(
        ((at, what_it_is(option)) for at, option in everywhere() if word in option.opts),
        key=lambda found: found[0] != path,
    )

    assert here[0] == path
    assert others
    assert here[1] not in [meaning for _, meaning in others]


def test_the_project_may_be_named_after_any_command():
    without = [
        path
        for path, command in COMMANDS.items()
        if not {"-C", "--project", "--debug"} <= set(shown(command))
    ]

    assert without == []


def test_no_meaning_has_two_names():
    names = defaultdict(set)
    for _, option in everywhere():
        names[option.help].add(tuple(option.opts))

    assert {help: found for help, found in names.items() if len(found) > 1} == {}


def test_every_option_that_takes_a_value_says_what_kind_of_value():
    silent = [
        f"{path} {option.opts}"
        for path, option in everywhere()
        if not option.is_flag and option.metavar is None and option.name != "format_"
    ]

    assert silent == []


def test_every_option_has_a_meaning():
    assert [f"{path} {option.opts}" for path, option in everywhere() if not option.help] == []


def test_what_is_shown_has_one_spelling_and_at_most_one_letter():
    several = [
        f"{path} {option.opts}"
        for path, option in everywhere()
        if sum(word.startswith("--") for word in option.opts) > 1
        or sum(not word.startswith("--") for word in option.opts) > 1
    ]

    assert several == []


def test_old_spellings_are_known_and_hidden():
    hidden = {word for command in COMMANDS.values() for word in hidden_spellings(command)}

    assert hidden == set(OLD_SPELLINGS)


def test_an_old_spelling_never_means_something_else_in_the_same_command():
    twice = {
        path: words
        for path, command in COMMANDS.items()
        if (words := repeated([*shown(command), *hidden_spellings(command)]))
    }

    assert twice == {}


def shown(command):
    return [word for option in options(command) if not option.hidden for word in option.opts]


def repeated(words):
    return sorted({word for word in words if words.count(word) > 1})


@pytest.mark.parametrize("path", [path for path in COMMANDS if path not in ANSWER_OTHERWISE])
def test_every_command_answers_in_json_when_asked_to(path):
    formats = [option for option in options(COMMANDS[path]) if option.opts == ["--format"]]

    assert ["json" in option.type.choices for option in formats] == [True]


def test_what_has_no_json_is_there():
    core = {path for path in ANSWER_OTHERWISE if "postgres" not in path}

    assert core <= set(COMMANDS)


RUN = "the id of the shop's run"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["run", "--max-workers", "2"], ["run", "--workers", "2"]),
        (["run", "--parallel"], ["run", "--workers", "auto"]),
        (["run", "--continue-on-error"], ["run"]),
        (["run", "--show-plan"], ["run", "--dry-run"]),
        (["run", "--nodes", "orders"], ["run", "--select", "orders"]),
        (["run", "--types", "source"], ["run", "--kinds", "source"]),
        (["run", "--params", "a=1"], ["run", "--var", "a=1"]),
        (["run", "--target", "dev"], ["run", "--engine", "dev"]),
        (["list", "--kind", "source"], ["list", "--kinds", "source"]),
        (["inspect", "orders", "--profile"], ["inspect", "orders", "--statistics"]),
        (
            ["render", "big_orders", "--target", "mysql"],
            ["render", "big_orders", "--dialect", "mysql"],
        ),
        (["history", "--batch", RUN], ["history", "--run", RUN]),
    ],
)
def test_an_old_spelling_does_what_the_new_one_does(shop, old, new):
    (run,) = shop.run("history", "--format", "json").assert_ok().json()
    old, new = ([run["run_id"] if w == RUN else w for w in words] for words in (old, new))

    before = shop.run(*old)
    now = shop.run(*new)

    assert now.exit_code == 0
    assert (before.exit_code, timeless(before.stdout)) == (0, timeless(now.stdout))


def timeless(text):
    import re

    return re.sub(r"\d+\.\d+ s", "T", text)


@pytest.mark.parametrize("word", ["--out", "--output", "-o"])
def test_a_plan_and_a_schema_are_written_where_output_says(shop, word):
    shop.run("plan", word, "a.plan").assert_ok()
    shop.run("schema", word, "a.json").assert_ok()

    assert (shop.path / "a.plan").exists()
    assert (shop.path / "a.json").exists()
