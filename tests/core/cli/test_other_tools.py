"""What people type who come from seeknal 2.x, dbt or SQLMesh works, or is answered with ours."""

import shlex

import click
import pytest

from seeknal.cli.app import App
from seeknal.values.other_tools import COMMANDS

pytestmark = pytest.mark.inside

DBT = ("build", "compile", "seed", "snapshot", "show", "deps", "debug", "clone")
SQLMESH = ("evaluate", "fetchdf", "table_diff", "dag", "ui", "create_test")
OLDER = ("dry-run", "materialize", "version", "backfill", "intervals")


def existing(line):
    """The command that a line of help tells to type, if seeknal really has it and its options."""
    words = shlex.split(line)
    assert words[0] == "seeknal"
    found, context = App(), click.Context(App())
    rest = words[1:]
    while isinstance(found, click.Group) and rest and not rest[0].startswith("-"):
        found = found.get_command(context, rest.pop(0))
    options = {name for entry in found.params for name in (*entry.opts, *entry.secondary_opts)}
    assert {word for word in rest if word.startswith("-")} <= options
    return found


@pytest.mark.parametrize("name", [*DBT, *SQLMESH, *OLDER])
def test_a_word_of_another_tool_is_answered_with_ours(seeknal, nowhere, name):
    code, out, err = seeknal(name, "--select", "x")

    assert (code, out) == (2, "")
    assert err.splitlines()[0].startswith(f"error[SK0251]: there is no command {name!r}: ")
    assert "help: seeknal " in err


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_what_is_to_be_typed_instead_exists(name):
    assert existing(COMMANDS[name].ours) is not None


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_command_of_ours_is_called_foreign(name):
    assert App().get_command(click.Context(App()), name) is None


def test_an_unknown_word_is_still_answered_with_the_nearest(seeknal, nowhere):
    code, _, err = seeknal("rnu")

    assert code == 2
    assert "did you mean run?" in err


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        (("lineage", "big_orders", "--ascii"), ("lineage", "big_orders", "--format", "text")),
        (("lineage", "--ascii"), ("lineage", "--format", "text")),
        (("ls",), ("list",)),
        (("ls", "--format", "names"), ("list", "--format", "names")),
        (("run", "--dry-run", "--full-refresh"), ("run", "--dry-run", "--full")),
        (("run", "--dry-run", "--vars", "{}"), ("run", "--dry-run", "--var", "{}")),
        (("run", "--dry-run", "--vars", "limit: 5"), ("run", "--dry-run", "--var", "limit=5")),
        (("plan", "--vars", "{limit: 5}"), ("plan", "--var", "limit=5")),
        (("plan", "--vars", '{"limit": 5}'), ("plan", "--var", "limit=5")),
        (("plan", "--models", "+big_orders"), ("plan", "--select", "+big_orders")),
        (("plan", "-m", "+big_orders"), ("plan", "--select", "+big_orders")),
        (("plan", "--models=+big_orders"), ("plan", "--select=+big_orders")),
    ],
    ids=lambda command: " ".join(command),
)
def test_an_older_spelling_does_the_same(fresh, typed, same):
    older, ours = fresh.run(*typed), fresh.run(*same)

    assert older.exit_code == 0
    assert (older.stdout, older.stderr) == (ours.stdout, ours.stderr)


def test_a_date_among_dbts_variables_is_a_text(seeknal_project):
    sql = "SELECT '{{ var('day') }}' AS day"
    project = seeknal_project({"seeknal/v.sql": sql})

    project.run("run", "--vars", "day: 2026-01-31").assert_ok()

    assert project.rows("transform.v") == [("2026-01-31",)]


@pytest.mark.parametrize("text", ["limit", "{limit", "limit: [5", "{limit: 5} x", "a: !!set {b}"])
def test_a_variable_that_cannot_be_read_is_answered_with_how_it_is_written(fresh, text):
    outcome = fresh.run("run", "--vars", text)

    assert outcome.exit_code == 2
    assert f"--var {text!r} is " in outcome.stderr
    assert "help: --var day=2026-01-31" in outcome.stderr


@pytest.mark.parametrize("arguments", [("--name", "shop"), ("--name=shop",)])
def test_init_takes_a_name_as_2x_writes_it(seeknal, nowhere, arguments):
    code, _, err = seeknal("init", *arguments)

    assert code == 0
    assert "cd shop" in err
    assert (nowhere / "shop" / "seeknal_project.yml").is_file()


@pytest.mark.parametrize("command", ["apply", "plan"])
def test_a_file_that_is_not_there_is_told_as_that(shop, command):
    outcome = shop.run(command, "nosuch.yml")

    assert outcome.exit_code == 2
    assert "'nosuch.yml' is no environment, and there is no such file" in outcome.stderr


@pytest.mark.parametrize(
    ("command", "ours"),
    [
        ("apply", "seeknal run --select path:seeknal/transforms/all.yml"),
        ("plan", "seeknal plan --select path:seeknal/transforms/all.yml"),
    ],
)
def test_a_file_in_place_of_an_environment_is_answered_with_its_selection(shop, command, ours):
    outcome = shop.run(command, "seeknal/transforms/all.yml")
    followed = shop.run(*shlex.split(ours)[1:]).assert_ok()

    assert outcome.exit_code == 2
    assert "'seeknal/transforms/all.yml' is a file, and no environment" in outcome.stderr
    assert f"help: {ours}" in outcome.stderr
    assert "transform.by_customer" in followed.stdout + followed.stderr


def test_the_dry_run_of_a_file_is_answered_with_its_plan(fresh):
    outcome = fresh.run("dry-run", "seeknal/transforms/all.yml")

    assert outcome.exit_code == 2
    assert "help: seeknal plan --select path:seeknal/transforms/all.yml" in outcome.stderr


def test_a_node_in_quotes_as_one_name_is_answered_with_the_name_that_works(shop):
    outcome = shop.run("sql", 'SELECT count(*) FROM "source.orders"')

    assert outcome.exit_code == 2
    assert 'help: write source.orders, or "source"."orders"' in outcome.stderr


@pytest.mark.parametrize("key", ["models", "sources"])
def test_a_file_of_dbts_is_answered_with_what_stands_for_it(fresh, key):
    fresh.write({"seeknal/schema.yml": f"version: 2\n\n{key}:\n  - name: orders\n"})

    [problem] = fresh.run("validate", "--format", "json").json()["problems"]

    assert (problem["code"], problem["line"], problem["column"]) == ("SK0317", 3, 1)
    assert "kind: properties" in problem["help"]
