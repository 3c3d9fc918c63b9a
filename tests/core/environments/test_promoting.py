"""What promote brings, refuses and says after production and an environment went their own ways."""

from __future__ import annotations

import pytest
from tests.core.environments.conftest import CHANGED, FILES, transform

from seeknal.plan.environments import check_name
from seeknal.values.errors import UsageError

pytestmark = pytest.mark.inside

PRODUCTIONS = CHANGED.replace("* 2", "* 3")
ODD = ("", " ", "prod ", "Prod", "a/b", "..", "prod\n", "\u0440rod", "dev-1", "1dev", "a" * 32)


def test_a_change_that_production_replaced_is_promoted_again(shop):
    shop.write(clean=CHANGED)
    shop("run", "--env", "dev").assert_ok()
    shop("promote", "dev", "--yes").assert_ok()
    shop.write(clean=PRODUCTIONS)
    shop("run").assert_ok()
    shop.write(clean=CHANGED)

    unseen = shop("promote", "dev", "--yes")
    shop("apply", "dev", "--yes").assert_ok()
    shop("promote", "dev", "--yes").assert_ok()

    assert unseen.exit_code == 1
    assert "SK0824" in unseen.stderr
    assert shop.total() == 60


def test_who_wants_failures_only_is_told_nothing_of_what_goes_well(shop):
    shop.write(clean=CHANGED)
    shop("run", "--env", "dev", "-q").assert_ok()

    promoted = shop("promote", "dev", "--yes", "-q").assert_ok()
    back = shop("rollback", "prod", "--yes", "--quiet").assert_ok()
    shown = shop("rollback", "prod", "--dry-run", "-q", "--to", "1")

    assert (promoted.stdout, promoted.stderr) == ("", "")
    assert (back.stdout, back.stderr) == ("", "")
    assert shown.stdout + shown.stderr


def test_apply_takes_note_of_what_production_changed(shop):
    shop.write(clean=CHANGED)
    shop("run", "--env", "dev").assert_ok()
    shop.write(clean=PRODUCTIONS)
    shop("run").assert_ok()
    shop.write(clean=CHANGED)
    refused = shop("promote", "dev", "--yes")

    applied = shop("apply", "dev", "--yes").assert_ok()
    shop("promote", "dev", "--yes").assert_ok()

    assert "SK0824" in refused.stderr
    assert "prod has changed transform.clean since" in applied.stderr
    assert shop.total() == 60


def test_what_others_changed_in_production_is_left_alone_and_said(shop):
    shop("env", "create", "dev").assert_ok()
    shop.write(clean=CHANGED)
    shop("run").assert_ok()

    text = shop("promote", "dev", "--yes").assert_ok().stderr
    answer = shop("promote", "dev", "--yes", "--format", "json").assert_ok().json()

    assert "dev changed nothing itself since; prod has another transform.clean" in text
    assert answer["differs"] == ["transform.clean"]
    assert shop.total() == 60


def test_a_promotion_that_only_shows_itself_does_so_as_json_too(shop, changed):
    shop.write(clean=changed)
    shop("run", "--env", "dev").assert_ok()

    answer = shop("promote", "dev", "--dry-run", "--format", "json").assert_ok().json()

    assert {entry["node"]: entry["change"] for entry in answer["nodes"]} == {
        "transform.clean": "changed",
        "transform.total": "other rows",
    }


def test_a_failed_promotion_answers_in_json_with_the_node_that_failed(shop):
    sql = "SELECT CASE WHEN count(*) > 2 THEN error('too many') END AS a FROM source.orders"
    odd = transform("odd", sql, "source.orders")
    shop.write(odd=odd)
    shop("run", "--env", "dev").assert_ok()
    (shop.path / "seeknal/odd.yml").unlink()
    shop.data((1, 10), (2, 20), (3, 30))
    shop("run").assert_ok()
    shop.write(odd=odd)

    failed = shop("promote", "dev", "--yes", "--format", "json")

    assert failed.exit_code == 1
    assert failed.json()["status"] == "failed"
    assert failed.json()["error"]["code"] == "SK0830"
    assert "transform.odd failed: " in failed.json()["error"]["message"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["promote", "zz"], "SK0256"),
        (["promote", "dev", "dev"], "SK0829"),
        (["rollback", "prod"], "SK0821"),
        (["apply", "--plan", "none"], "SK0831"),
        (["apply"], "SK0827"),
        (["plan", ""], "SK0003"),
        (["run", "--select", "nosuch"], "SK0301"),
        (["run", "--workers", "x"], "SK0250"),
        (["run", "--nosuch"], "SK0250"),
        (["diff", "prod", "zz"], "SK0256"),
        (["diff", "prod"], "SK0250"),
        (["inspect", "nosuch"], "SK0350"),
        (["inspect"], "SK0259"),
        (["sql", "SELECT nosuch"], "SK0481"),
        (["sql", "SELECT 1; SELECT 2"], "SK0480"),
        (["lineage", "nosuch"], "SK0350"),
        (["impact", "nosuch"], "SK0350"),
        (["list", "--select", "nosuch"], "SK0301"),
        (["audit", "--env", "zz"], "SK0256"),
        (["deliveries", "list", "--env", "zz"], "SK0256"),
        (["deliveries", "retry", "nosuch"], "SK0271"),
        (["history", "--env", "zz"], "SK0256"),
        (["env", "show", "zz"], "SK0256"),
        (["env", "history", "zz"], "SK0256"),
        (["janitor", "--nosuch"], "SK0250"),
        (["nosuch"], "SK0251"),
    ],
)
def test_whoever_asks_for_json_gets_json_when_it_fails(shop_once, command, code):
    failed = shop_once(*command, "--format", "json")

    answer = failed.json()
    assert failed.exit_code in (1, 2)
    assert (answer["schema_version"], answer["status"]) == (1, "failed")
    assert answer["error"]["code"] == code
    assert answer["error"]["message"] in failed.stderr.replace("\n        ", "\n")


@pytest.mark.parametrize("command", ["run", "plan", "list", "diff", "validate", "lineage"])
def test_wrong_files_are_answered_in_json(seeknal_project, command):
    project = seeknal_project({"seeknal/bad.yml": "kind: nosuch\nname: bad\n"})
    more = ["prod", "zz"] if command == "diff" else []

    failed = project.run(command, *more, "--format", "json")

    assert failed.exit_code == 2
    assert failed.json()


def test_an_answer_that_breaks_off_is_not_followed_by_another(shop):
    late = "SELECT CASE WHEN i > 250000 THEN CAST(error('no') AS INTEGER) ELSE i END AS a"

    early = shop("sql", "SELECT CAST(error('no') AS INTEGER)", "--format", "json")
    broken = shop("sql", f"{late} FROM range(300000) t(i)", "--format", "json")

    assert early.json()["error"]["code"] == "SK0482"
    assert broken.exit_code == 1
    assert broken.stdout.startswith("{") or '"error"' not in broken.stdout


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_no_name_of_an_environment(name):
    with pytest.raises(UsageError, match="is no name for an environment"):
        check_name(name)


@pytest.mark.parametrize("name", ["", "prod "])
@pytest.mark.parametrize(
    "command",
    [
        ["apply", "{}", "--yes"],
        ["apply", "--env", "{}", "--yes"],
        ["plan", "{}"],
        ["run", "--env", "{}"],
        ["promote", "{}", "--yes"],
        ["promote", "dev", "{}", "--yes"],
        ["rollback", "{}"],
        ["env", "create", "{}"],
        ["env", "create", "new", "--from", "{}"],
        ["env", "delete", "{}", "--yes"],
        ["diff", "{}", "prod"],
        ["sql", "SELECT 1", "--env", "{}"],
        ["deliveries", "list", "--env", "{}"],
        ["deliveries", "drop", "x", "--yes", "--env", "{}"],
        ["history", "--env", "{}"],
    ],
)
def test_an_odd_name_of_an_environment_is_never_taken_for_production(shop_once, command, name):
    generation = shop_once.generation()

    refused = shop_once(*(word.format(name) for word in command))

    assert refused.exit_code == 2
    assert "SK0003" in refused.stderr
    assert shop_once.generation() == generation


def test_two_environments_for_one_command_are_refused(shop):
    refused = shop("apply", "dev", "--env", "prod", "--yes")

    assert refused.exit_code == 2
    assert "SK0753" in refused.stderr


def test_a_saved_plan_is_not_applied_to_an_environment_of_another_name(shop):
    shop("plan", "--out", "saved.plan").assert_ok()

    refused = shop("apply", "dev", "--plan", "saved.plan", "--yes")

    assert refused.exit_code == 2
    assert "SK0753" in refused.stderr


@pytest.fixture(scope="module")
def shop_once(tmp_path_factory):
    from tests.core.environments.conftest import Shop

    from seeknal.state.store import read_state
    from seeknal.testing.project import TestProject

    class Watched(Shop):
        def generation(self):
            environments = read_state(self.path / "target").environments
            return {name: found.generation for name, found in environments.items()}

    project = TestProject(tmp_path_factory.mktemp("shop"))
    project.write({"seeknal_project.yml": "name: test\n", **FILES})
    shop = Watched(project)
    shop("run", "--env", "dev").assert_ok()
    shop("run").assert_ok()
    return shop


def test_an_interrupted_command_answers_in_json(shop_once, monkeypatch):
    def interrupted(*arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("seeknal.run.environments.promoting.promote", interrupted)

    stopped = shop_once("promote", "dev", "--yes", "--format", "json")

    assert stopped.exit_code == 130
    assert stopped.json()["status"] == "interrupted"
