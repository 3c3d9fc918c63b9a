from __future__ import annotations

import pytest
from tests.core.environments.conftest import CHANGED, FILES, transform


def test_an_environment_shows_what_production_has_and_builds_nothing(shop):
    ran = shop.ran("run", "--env", "dev")

    assert ran == set()
    assert shop.total("dev") == shop.total() == 30


def test_a_change_in_an_environment_leaves_production_as_it_was(shop, changed):
    shop.write(clean=changed)

    ran = shop.ran("run", "--env", "dev")

    assert ran == {"transform.clean", "transform.total"}
    assert (shop.total("dev"), shop.total()) == (60, 30)
    link = shop.path / "target/environments/dev/transform_total.parquet"
    assert (
        link.read_bytes()
        != (shop.path / "target/intermediate/transform_total.parquet").read_bytes()
    )


def test_what_one_environment_built_another_takes_over(shop, changed):
    shop.write(clean=changed)
    shop("run", "--env", "dev").assert_ok()

    reasons = shop.reasons("run", "--env", "alice")

    assert reasons["transform.clean"] == "built in dev"
    assert reasons["transform.total"] == "built in dev"
    assert shop.total("alice") == 60


def test_switching_back_takes_the_earlier_outputs(shop, changed):
    shop.write(clean=changed)
    shop("run").assert_ok()
    assert shop.total() == 60
    shop.project.write({"seeknal/clean.yml": FILES["seeknal/clean.yml"]})

    reasons = shop.reasons("run")

    assert reasons["transform.clean"] == "built in generation 1 of prod"
    assert reasons["transform.total"] == "built in generation 1 of prod"
    assert shop.total() == 30


def test_promoting_moves_the_change_and_the_next_run_has_nothing_to_do(shop, changed):
    shop.write(clean=changed)
    shop("run", "--env", "dev").assert_ok()

    shop("promote", "dev", "--yes").assert_ok()

    assert shop.total() == 60
    assert set(shop.did("run").values()) == {"reused"}
    assert shop.project.rows("transform.total") == [(60,)]


def test_a_promotion_says_of_which_nodes_the_rows_stay(shop):
    wider = transform("clean", "SELECT id, amount, 1 AS one FROM source.orders", "source.orders")
    shop.write(clean=wider)
    shop("run", "--env", "dev").assert_ok()

    shown = shop("promote", "dev", "--dry-run").assert_ok().stdout

    assert [line.split(maxsplit=1) for line in shown.splitlines()[:2]] == [
        ["transform.clean", "changed"],
        ["transform.total", "the same rows"],
    ]


def test_promoting_never_puts_older_data_back(shop, changed):
    shop.write(clean=changed)
    shop("run", "--env", "dev").assert_ok()
    shop.project.write({"seeknal/clean.yml": FILES["seeknal/clean.yml"]})
    shop.data((1, 10), (2, 20), (3, 30))
    shop("run").assert_ok()
    shop.write(clean=changed)

    built = shop.ran("promote", "dev", "--yes")

    assert built == {"transform.clean", "transform.total"}
    assert shop.total() == 120
    assert shop.total("dev") == 60
    assert set(shop.did("run").values()) == {"reused"}


def test_a_promotion_that_cannot_be_built_moves_nothing(shop, changed):
    shop.write(
        clean=changed,
        broken=transform(
            "bad", "SELECT error('x') FROM source.orders WHERE amount > 20", "source.orders"
        ),
    )
    shop("run", "--env", "dev").assert_ok()
    shop.project.write({"seeknal/clean.yml": FILES["seeknal/clean.yml"]})
    (shop.path / "seeknal/broken.yml").rename(shop.path / "broken")
    shop.data((1, 10), (2, 20), (3, 30))
    shop("run").assert_ok()
    shop.write(clean=changed)
    (shop.path / "broken").rename(shop.path / "seeknal/broken.yml")

    outcome = shop("promote", "dev", "--yes")

    assert outcome.exit_code == 1
    assert "nothing was promoted" in outcome.stderr
    assert shop.total() == 60
    history = shop("env", "history", "--format", "json").json()
    assert [entry["command"] for entry in history] == ["run", "run"]


def test_the_second_of_two_promotions_of_one_node_is_refused_until_it_was_looked_at(shop, changed):
    shop("env", "create", "a").assert_ok()
    shop("env", "create", "b").assert_ok()
    shop.write(clean=changed)
    shop("run", "--env", "a").assert_ok()
    shop.write(clean=changed.replace("* 2", "* 3"))
    shop("run", "--env", "b").assert_ok()
    shop("promote", "a", "--yes").assert_ok()

    refused = shop("promote", "b", "--yes")

    assert refused.exit_code == 1
    assert "transform.clean" in refused.stderr
    assert "seeknal plan --env b" in refused.stderr
    assert shop.total() == 60
    shop("plan", "--env", "b").assert_ok()
    shop("promote", "b", "--yes").assert_ok()
    assert shop.total() == 90


def test_a_changed_ancestor_refuses_as_well(shop, changed):
    shop("env", "create", "b").assert_ok()
    shop.write(clean=changed)
    shop("run").assert_ok()
    total = transform(
        "total", "SELECT max(amount) AS total FROM transform.clean", "transform.clean"
    )
    shop.write(total=total)
    shop.project.write({"seeknal/clean.yml": FILES["seeknal/clean.yml"]})
    shop("run", "--env", "b").assert_ok()

    refused = shop("promote", "b", "--yes")

    assert refused.exit_code == 1
    assert "transform.clean" in refused.stderr


def test_changes_of_different_nodes_do_not_meet(shop, changed):
    shop("env", "create", "a").assert_ok()
    shop("env", "create", "b").assert_ok()
    shop.write(clean=changed)
    shop("run", "--env", "a").assert_ok()
    shop.project.write({"seeknal/clean.yml": FILES["seeknal/clean.yml"]})
    shop.write(
        other=transform("other", "SELECT 2 * count(*) AS n FROM source.orders", "source.orders")
    )
    shop("run", "--env", "b").assert_ok()

    shop("promote", "a", "--yes").assert_ok()
    shop("promote", "b", "--yes").assert_ok()

    assert shop.total() == 60
    assert shop.sql("SELECT n FROM transform.other") == [(4,)]


def test_a_promotion_that_finds_its_change_there_counts_as_one(shop, changed):
    shop.write(clean=changed)
    shop("run", "--env", "dev").assert_ok()
    shop("run").assert_ok()
    shop("promote", "dev", "--yes").assert_ok()
    shop.write(clean=changed.replace("* 2", "* 3"))
    shop("run").assert_ok()

    answer = shop("promote", "dev", "--yes", "--force").assert_ok()

    assert "nothing to promote" in answer.stderr
    assert shop.total() == 90


def test_added_and_removed_nodes_are_promoted(shop):
    shop("env", "create", "dev").assert_ok()
    (shop.path / "seeknal/other.yml").unlink()
    shop.write(new=transform("new", "SELECT 1 AS one FROM source.orders", "source.orders"))
    shop("run", "--env", "dev").assert_ok()

    shop("promote", "dev", "--yes").assert_ok()

    names = {entry["node"] for entry in shop("inspect", "--list", "--format", "json").json()}
    assert names == {"source.orders", "transform.clean", "transform.total", "transform.new"}
    assert not (shop.path / "target/intermediate/transform_other.parquet").exists()


def test_a_rollback_stays_until_it_is_lifted(shop, changed):
    shop.write(clean=changed)
    shop("run").assert_ok()

    shop("rollback", "prod", "--yes").assert_ok()

    assert shop.total() == 30
    assert shop.project.rows("transform.total") == [(30,)]
    refused = shop("run")
    assert refused.exit_code == 2
    assert "--unpin" in refused.stderr
    assert shop.ran("run", "--unpin") == set()
    assert shop.total() == 60


@pytest.mark.parametrize(
    "asked",
    [
        ("--select", "nope"),
        ("--select", "transform.unread"),
        ("--exclude", "transform.clean transform.nope"),
        ("--tags", "nope"),
        ("--refresh", "nope"),
    ],
    ids=" ".join,
)
def test_a_run_that_is_refused_makes_no_environment(shop, asked):
    shop.write(
        first=transform("first", "SELECT 1 AS one FROM source.orders", "source.orders"),
        unread=transform("unread", "SELECT one FROM transform.first", "transform.first"),
    )

    refused = shop("run", "--env", "dev", *asked)

    assert refused.exit_code == 2
    assert [entry["environment"] for entry in shop("env", "list", "--format", "json").json()] == [
        "prod"
    ]
    assert not (shop.path / "target/environments/dev").exists()


def test_a_run_that_is_refused_lifts_no_rollback(shop, changed):
    shop.write(clean=changed)
    shop("run").assert_ok()
    shop("rollback", "prod", "--yes").assert_ok()

    refused = shop("run", "--unpin", "--select", "nope")

    assert "SK0301" in refused.stderr
    assert "--unpin" in shop("run").stderr
    assert shop.total() == 30


def test_only_a_run_of_everything_drops_what_the_files_no_longer_define(shop):
    (shop.path / "seeknal/other.yml").unlink()

    shop("run", "--select", "source.orders+").assert_ok()
    kept = shop.sql("SELECT n FROM transform.other")
    shop("run").assert_ok()
    dropped = shop("sql", "SELECT n FROM transform.other")

    assert kept == [(2,)]
    assert dropped.exit_code == 2


def test_a_promotion_lifts_a_rollback(shop, changed):
    shop("env", "create", "dev").assert_ok()
    shop.write(clean=changed)
    shop("run").assert_ok()
    shop("run", "--env", "dev").assert_ok()
    shop("rollback", "prod", "--yes").assert_ok()

    shop("promote", "dev", "--yes").assert_ok()

    assert shop.total() == 60
    shop("run").assert_ok()


def test_what_was_taken_back_is_promoted_again_as_a_whole(shop, changed):
    shop("env", "create", "dev").assert_ok()
    shop.write(
        clean=changed,
        other=transform("other", "SELECT 7 AS n FROM source.orders", "source.orders"),
        new=transform("new", "SELECT 1 AS one FROM source.orders", "source.orders"),
    )
    shop("run", "--env", "dev").assert_ok()
    shop("promote", "dev", "--yes").assert_ok()
    shop("rollback", "prod", "--yes").assert_ok()
    shop.write(clean=changed.replace("* 2", "* 3"))
    shop("run", "--env", "dev").assert_ok()

    shop("promote", "dev", "--yes").assert_ok()

    assert shop.total() == 90
    assert shop.sql("SELECT DISTINCT n FROM transform.other") == [(7,)]
    assert shop.sql("SELECT DISTINCT one FROM transform.new") == [(1,)]


def test_each_generation_can_be_returned_to(shop, changed):
    for factor in (2, 3, 4):
        shop.write(clean=changed.replace("* 2", f"* {factor}"))
        shop("run").assert_ok()

    for generation, total in ((2, 60), (1, 30), (4, 120), (3, 90)):
        shop("rollback", "prod", "--yes", "--to", generation).assert_ok()
        assert shop.total() == total


def test_a_generation_that_is_not_there_is_an_error(shop):
    outcome = shop("rollback", "prod", "--yes", "--to", "9")

    assert outcome.exit_code == 2
    assert "env history" in outcome.stderr


@pytest.mark.parametrize("name", ["Dev", "1dev", "dev-1", "", "a" * 32, "../x", "cache"])
def test_names_are_checked(shop, name):
    outcome = shop("run", "--env", name)

    assert outcome.exit_code == 2
    assert "name for an environment" in outcome.stderr


def test_environments_are_listed_shown_and_deleted(shop, changed):
    shop.write(clean=changed)
    shop("run", "--env", "dev").assert_ok()
    shop("env", "create", "short", "--ttl", "1d").assert_ok()

    listed = {
        entry["environment"]: entry for entry in shop("env", "list", "--format", "json").json()
    }
    shown = shop("env", "show", "dev", "--format", "json").json()
    shop("env", "delete", "dev", "--yes").assert_ok()

    assert set(listed) == {"prod", "dev", "short"}
    assert listed["short"]["expires_at"] > listed["short"]["updated_at"]
    assert shown["differs"] == ["transform.clean", "transform.total"]
    assert not (shop.path / "target/environments/dev").exists()
    gone = shop("sql", "SELECT 1", "--env", "dev")
    assert gone.exit_code == 2
    assert "no environment 'dev'" in gone.stderr


def test_nothing_is_done_unasked_where_nobody_can_answer(shop, changed):
    shop.write(clean=changed)
    shop("run", "--env", "dev").assert_ok()

    outcome = shop("promote", "dev")

    assert outcome.exit_code == 2
    assert "--yes" in outcome.stderr
    assert shop.total() == 30


def test_a_list_says_what_differs_from_an_environment(shop):
    shop.write(
        clean=CHANGED,
        report="kind: exposure\nname: report\ntype: file\nparams: {path: outputs/r.csv}\n"
        "inputs: [{ref: transform.total}]\n",
    )
    shop("run", "--env", "dev").assert_ok()
    shop.write(other=transform("other", "SELECT 7 AS n", "source.orders"))
    modified = ("list", "state:modified", "--format", "names")

    dev = shop(*modified, "--env", "dev").assert_ok().stdout.split()
    assert dev == ["transform.other"]
    assert set(shop(*modified).assert_ok().stdout.split()) >= {"transform.clean", *dev}
    (report,) = shop("list", "report", "--env", "dev", "--format", "json").assert_ok().json()
    assert report["targets"][0]["label"] == "target/environments/dev/outputs/r.csv"
    wrong = shop("list", "--env", "dve")
    assert wrong.exit_code == 2
    assert "did you mean dev?" in wrong.stderr


def test_an_environment_that_would_last_no_time_is_refused(shop):
    outcome = shop("env", "create", "short", "--ttl", "0d")

    assert outcome.exit_code == 2
    assert "0d is no time" in outcome.stderr
    listed = shop("env", "list", "--format", "json").json()
    assert [entry["environment"] for entry in listed] == ["prod"]
