from __future__ import annotations

import json
import subprocess

import pytest
from tests.core.environments.conftest import FILES, transform

pytestmark = pytest.mark.inside

WIDER = transform("clean", "SELECT id, amount, 'x' AS mark FROM source.orders", "source.orders")


def test_a_plan_shows_what_changed_and_what_follows(shop):
    shop.write(clean=WIDER)

    text = shop("plan", "dev").assert_ok().stdout

    assert text.startswith("Environment dev (new, from prod, 4 nodes)\n\n")
    assert "~ transform.clean  NON_BREAKING  column added: mark" in text
    assert "+ mark VARCHAR" in text
    assert "-SELECT id, amount FROM source.orders" in text
    assert "downstream: none reads it; 0 to rebuild" in text
    assert "1 changed, 1 to build, 0 descendants to rebuild, 2 reused      about 1 s" in text


def test_the_same_plan_in_json(shop):
    shop.write(
        clean=WIDER, new=transform("new", "SELECT 1 AS a FROM source.orders", "source.orders")
    )
    (shop.path / "seeknal/other.yml").unlink()

    answer = shop("plan", "--env", "dev", "--format", "json").assert_ok().json()

    changes = {entry["node"]: (entry["category"], entry["action"]) for entry in answer["changes"]}
    assert changes == {
        "transform.clean": ("NON_BREAKING", "REBUILD"),
        "transform.new": ("ADDED", "BUILD"),
        "transform.other": ("REMOVED", "REMOVE"),
        "transform.total": ("INDIRECT", "REUSE"),
    }
    clean = next(entry for entry in answer["changes"] if entry["node"] == "transform.clean")
    [column] = clean["columns"]
    assert (column["name"], column["old"], column["new"]) == ("mark", None, "VARCHAR")
    assert answer["summary"]["NON_BREAKING"] == 1


def test_planning_an_environment_that_is_not_there_makes_none(shop):
    shop("plan", "--env", "dev").assert_ok()

    names = [entry["environment"] for entry in shop("env", "list", "--format", "json").json()]

    assert names == ["prod"]


def test_a_reformatted_node_is_no_change_and_a_description_is_metadata(shop):
    text = FILES["seeknal/clean.yml"]
    shop.write(
        clean=text.replace("SELECT id, amount", "select id,   amount /* both */"),
        total=FILES["seeknal/total.yml"] + "description: all of it\n",
    )

    answer = shop("plan", "--format", "json").assert_ok().json()

    assert [(entry["node"], entry["category"]) for entry in answer["changes"]] == [
        ("transform.total", "METADATA")
    ]
    assert set(answer["counts"]) == {"reuse"}


def test_what_was_built_elsewhere_is_planned_as_reused(shop, changed):
    shop.write(clean=changed)
    shop("run", "--env", "dev").assert_ok()

    answer = shop("plan", "--format", "json").assert_ok().json()

    assert {entry["action"] for entry in answer["changes"]} == {"REUSE"}
    assert answer["summary"]["reused"] == 4


def test_exit_code_three_says_that_something_would_change(shop, changed):
    assert shop("plan", "--exit-code").exit_code == 0
    shop.write(clean=changed)
    assert shop("plan", "--exit-code").exit_code == 3
    assert shop("plan").exit_code == 0


def test_explain_gives_the_reason_of_each_category(shop, changed):
    shop.write(clean=changed)

    text = shop("plan", "--explain").assert_ok().stdout

    assert "BREAKING: the same rows, but for these columns; transform.total reads what" in text
    assert "transform.total: INDIRECT, REBUILD" in text


def test_apply_carries_out_what_it_shows_and_asks_first(shop, changed):
    shop.write(clean=changed)

    unasked = shop("apply", "dev")
    assert unasked.exit_code == 2
    assert "--yes" in unasked.stderr
    assert [entry["environment"] for entry in shop("env", "list", "--format", "json").json()] == [
        "prod"
    ]

    done = shop("env", "apply", "dev", "--yes").assert_ok()
    assert "~ transform.clean  BREAKING" in done.stdout
    assert (shop.total("dev"), shop.total()) == (60, 30)


def test_a_saved_plan_is_applied_while_it_holds(shop, changed):
    shop.write(clean=changed)
    shop("plan", "dev", "--out", "dev.plan").assert_ok()

    shop("apply", "--plan", "dev.plan", "--yes").assert_ok()

    assert (shop.total("dev"), shop.total()) == (60, 30)


def test_a_stale_plan_is_refused(shop, changed):
    shop.write(clean=changed)
    shop("plan", "dev", "--out", "dev.plan").assert_ok()

    shop.write(clean=changed.replace("* 2", "* 3"))
    edited = shop("apply", "--plan", "dev.plan", "--yes")
    shop.write(clean=changed)
    shop.data((7, 7))
    fed = shop("apply", "--plan", "dev.plan", "--yes")
    shop.project.write({"data/orders.csv": FILES["data/orders.csv"]})
    shop("apply", "--plan", "dev.plan", "--yes").assert_ok()
    again = shop("apply", "--plan", "dev.plan", "--yes")

    assert (edited.exit_code, fed.exit_code, again.exit_code) == (2, 2, 2)
    assert "stale: the project changed" in edited.stderr
    assert "the data changed" in fed.stderr
    assert "the environment" in again.stderr


def test_an_edit_of_the_files_alone_is_told_as_no_change_of_the_data(shop):
    shop("run").assert_ok()
    shop("plan", "--output", "saved.plan").assert_ok()
    shop.write(clean=WIDER)

    outcome = shop("apply", "--plan", "saved.plan", "--yes")

    assert outcome.exit_code == 2
    assert "stale: the project changed since" in outcome.stderr


@pytest.mark.parametrize(
    "option",
    [("--select", "transform.clean"), ("--full",), ("--no-materialize",), ("--tags", "gold")],
    ids=lambda option: option[0],
)
def test_a_saved_plan_takes_no_option_that_would_change_it(shop, changed, option):
    shop.write(clean=changed)
    shop("plan", "dev", "--output", "dev.plan").assert_ok()

    outcome = shop("apply", "--plan", "dev.plan", "--yes", *option)

    assert outcome.exit_code == 2
    assert f"--plan and {option[0]} exclude each other" in outcome.stderr
    assert f"plan again with {option[0]}" in outcome.stderr
    assert shop.total() == 30


def test_a_saved_plan_takes_the_options_that_it_was_made_with(shop, changed):
    shop.write(clean=changed)
    chosen = ("--select", "transform.clean+")
    shop("plan", "dev", "--output", "dev.plan", *chosen).assert_ok()

    shop("apply", "--plan", "dev.plan", "--yes", *chosen).assert_ok()

    assert (shop.total("dev"), shop.total()) == (60, 30)


def test_a_file_that_is_no_plan_is_an_error(shop):
    (shop.path / "x.plan").write_text(json.dumps({"a": 1}))

    outcome = shop("apply", "--plan", "x.plan", "--yes")

    assert outcome.exit_code == 2
    assert "no saved plan" in outcome.stderr


def test_forward_only_keeps_the_rows_under_the_new_definition(shop, changed):
    shop.write(clean=changed)

    shop("apply", "--forward-only", "transform.clean", "--yes").assert_ok()

    assert shop.total() == 30
    assert shop.ran("run") == set()
    # What was kept is not what the definition computes: nobody takes it for that.
    shop.project.write({"seeknal/clean.yml": FILES["seeknal/clean.yml"]})
    shop("run", "--env", "dev").assert_ok()
    shop.write(clean=changed)
    assert "transform.clean" in shop.ran("run", "--env", "dev")
    assert shop.total("dev") == 60
    shop.data((1, 100))
    shop("run").assert_ok()
    assert shop.total() == 200


def test_a_plan_says_when_production_was_built_from_another_commit(shop, changed):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(
            ["git", *identity, *arguments], cwd=shop.path, check=True, capture_output=True
        )

    git("init")
    git("add", "seeknal")
    git("commit", "-m", "one")
    shop("run").assert_ok()
    assert "another commit" not in shop("plan", "dev").stderr
    assert "last built from" not in shop("plan", "dev").stderr
    shop.write(clean=changed)
    git("add", "seeknal")
    git("commit", "-m", "two")

    assert "prod was last built from commit" in shop("plan", "dev").stderr
