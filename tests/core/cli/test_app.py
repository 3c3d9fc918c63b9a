"""Command lines: help, spelling mistakes, common options, exit codes."""

import json
import subprocess
import sys

import click
import pytest
from tests.installed import install_plugin

from seeknal.cli.app import COMMANDS, App, _spelled


def test_help_lists_every_command_with_its_summary(seeknal):
    code, out, _ = seeknal("--help")

    assert code == 0
    assert all(f"  {name} " in out for name in COMMANDS)


def test_help_imports_no_heavy_module():
    code = (
        "import sys; from seeknal.cli import main; main(['--help']);"
        "heavy = ('duckdb', 'sqlglot', 'jinja2', 'yaml', 'pyarrow', 'openpyxl', 'prompt_toolkit',"
        " 'urllib.request', 'sqlite3', 'asyncio');"
        "print([name for name in heavy if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_overview_says_what_the_command_says_of_itself(name):
    command = App().get_command(click.Context(App()), name)

    assert command is not None
    assert (command.help or "").split("\n\n")[0].replace("\n", " ") == COMMANDS[name][1]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_for_every_option(seeknal, name):
    import click

    command = App().get_command(click.Context(App()), name)
    code, _, _ = seeknal(name, "--help")

    assert code == 0
    options = [entry for entry in command.params if isinstance(entry, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_version_is_the_distributions(seeknal):
    from importlib.metadata import version

    assert seeknal("--version") == (0, f"seeknal {version('seeknal')}\n", "")


def test_an_unknown_command_names_the_nearest(seeknal):
    code, out, err = seeknal("rnu")

    assert (code, out) == (2, "")
    assert "error[SK0251]: unknown command 'rnu'" in err
    assert "help: did you mean run?" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["init", "--nme", "x"], "did you mean --name?"),
        (["run", "--retries", "x"], "'x' is not a whole number"),
        (["source", "generate"], "how old rows are is said by freshness"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_help_is_of_what_can_be_typed(seeknal, words, said):
    code, _, err = seeknal(*words)

    assert code == 2
    assert said in err


def test_an_unknown_option_names_the_nearest(seeknal):
    code, _, err = seeknal("run", "--selct", "x")

    assert code == 2
    assert "error[SK0250]: no such option --selct" in err
    assert "did you mean --select" in err


def test_a_wrong_value_is_a_usage_error(seeknal):
    code, _, err = seeknal("run", "--workers", "none")

    assert code == 2
    assert "neither a number of workers nor 'auto'" in err


def test_no_command_shows_help_and_is_a_usage_error(seeknal):
    code, out, err = seeknal()

    assert (code, out) == (2, "")
    assert "Commands:" in err


def test_outside_a_project_a_command_says_how_to_make_one(seeknal, nowhere):
    code, _, err = seeknal("run")

    assert code == 2
    assert "seeknal_project.yml" in err
    assert "seeknal init" in err


def test_a_project_folder_that_is_not_there_is_a_usage_error(seeknal, nowhere):
    code, _, err = seeknal("list", "-C", "nope")

    assert code == 2
    assert "there is no folder 'nope'" in err


@pytest.mark.parametrize("before", [True, False])
def test_the_project_may_be_named_before_or_after_the_command(fresh, seeknal, nowhere, before):
    place = ["-C", str(fresh.path)]

    code, out, _ = seeknal(*(place if before else []), "list", *([] if before else place))

    assert code == 0
    assert "source.orders" in out


def test_a_folder_inside_the_project_is_the_project(fresh, seeknal, monkeypatch):
    monkeypatch.chdir(fresh.path / "seeknal" / "sources")

    code, out, _ = seeknal("list")

    assert code == 0
    assert "transform.big_orders" in out


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["parse", "--format", "json"], ["validate", "--format", "json"]),
        (["-C", "x", "connection-test", "pg"], ["-C", "x", "connection", "test", "pg"]),
        (["env", "plan", "dev"], ["plan", "dev"]),
        (["--debug", "retry"], ["--debug", "run"]),
        (["run", "parse"], ["run", "parse"]),
    ],
)
def test_other_spellings_of_commands_are_understood(given, meant):
    assert _spelled(given) == meant


def test_a_defect_is_one_line_and_a_traceback_only_with_debug(seeknal, monkeypatch):
    from seeknal.kernel import plugins

    def broken():
        raise ValueError("boom")

    monkeypatch.setattr(plugins, "installed", broken)
    plain = seeknal("nothing-like-this")
    full = seeknal("--debug", "nothing-like-this")

    assert plain[0] == full[0] == 1
    assert "error[SK0001]: ValueError: boom" in plain[2]
    assert "Traceback" not in plain[2]
    assert "Traceback" in full[2]


DIGEST = """
import click


@click.command("digest")
def digest():
    \"\"\"Land a source in a lake.\"\"\"
    print("landed")
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Installs a plugin with a command ``digest``, whose module is the text that is given."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(text, module="seeknal_digest", plugin="raise RuntimeError('imported')\n"):
        install_plugin(tmp_path, module, plugin, commands={"digest": f"{module}_commands:digest"})
        (tmp_path / f"{module}_commands.py").write_text(text)
        monkeypatch.delitem(sys.modules, f"{module}_commands", raising=False)

    return install


def test_a_plugins_command_is_listed_and_found(seeknal, installed):
    installed(DIGEST)

    listed = seeknal("--help")
    ran = seeknal("digest")

    assert "digest Land a source in a lake." in " ".join(listed[1].split())
    assert ran[:2] == (0, "landed\n")
    assert issubclass(App().command_class, click.Command)


def test_a_command_needs_nothing_of_its_plugin_but_its_own_module(seeknal, installed):
    installed(DIGEST)

    listed = seeknal("--help")
    ran = seeknal("digest")

    assert (listed[2], ran[2]) == ("", "")
    assert "seeknal_digest" not in sys.modules


def test_a_command_of_cores_asks_no_plugin(seeknal, fresh, installed):
    installed("raise RuntimeError('imported')\n")

    code, _, err = seeknal("-C", str(fresh.path), "list", "--help")

    assert (code, err) == (0, "")


def test_a_command_that_cannot_be_imported_is_named_and_the_others_are_listed(seeknal, installed):
    installed("import no_such_driver\n")

    listed = seeknal("--help")
    ran = seeknal("digest")

    said = "command 'digest' of seeknal-digest 1.0 could not be loaded: ModuleNotFoundError"
    assert listed[0] == 0
    assert "  list " in listed[1]
    assert "  digest" not in listed[1]
    assert said in listed[2]
    assert ran[0] == 2
    assert f"error[SK1001]: {said}" in ran[2]


def test_a_command_that_is_none_is_named(seeknal, installed):
    installed("digest = 5\n")

    code, _, err = seeknal("digest")

    assert code == 2
    assert "seeknal_digest_commands:digest is no command of click's" in err


def test_a_command_that_two_distributions_bring_is_an_error_that_names_both(seeknal, installed):
    installed(DIGEST)
    installed(DIGEST, module="seeknal_other")

    code, _, err = seeknal("digest")

    assert code == 2
    assert (
        "error[SK1002]: command 'digest' is declared by seeknal-digest 1.0 and by seeknal-other 1.0"
        in err
    )


@pytest.mark.parametrize("left_out", ["digest", "all"])
def test_a_command_goes_with_its_plugin(seeknal, installed, monkeypatch, left_out):
    installed(DIGEST)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", left_out)

    listed = seeknal("--help")
    ran = seeknal("digest")

    assert "digest" not in listed[1]
    assert ran[0] == 2
    assert "unknown command 'digest'" in ran[2]


def test_plugins_are_listed_with_their_commands(seeknal, installed):
    installed(DIGEST, plugin="")

    code, out, _ = seeknal("plugins", "--format", "json")

    found = {entry["name"]: entry["types"] for entry in json.loads(out)}
    assert code == 0
    assert found["digest"] == {"command": ["digest"]}


RAISING = DIGEST.replace('print("landed")', 'raise ValueError("no")')


@pytest.mark.parametrize("more", [[], ["--format", "json"]])
def test_a_defect_of_a_plugins_command_is_its_own(seeknal, installed, more):
    with_format = 'digest")\n@click.option("--format")\ndef digest(format):'
    installed(RAISING.replace('digest")\ndef digest():', with_format))

    code, out, err = seeknal("digest", *more)

    help = "this is a defect of seeknal-digest 1.0; --debug shows where"
    assert code == 1
    assert err == f"error[SK0001]: ValueError: no\n  help: {help}\n"
    assert not more or json.loads(out)["error"]["help"] == help


def test_a_plugins_command_is_given_no_empty_value_either(seeknal, installed):
    with_table = 'digest")\n@click.option("--table")\ndef digest(table):'
    installed(DIGEST.replace('digest")\ndef digest():', with_table))

    good = seeknal("digest", "--table", "a")
    code, _, err = seeknal("digest", "--table", "")

    assert good[:2] == (0, "landed\n")
    assert code == 2
    assert "error[SK0250]: --table is given an empty value" in err
