"""``history`` of a node or of a run."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "said", "near"),
    [
        (["--node", "by_custmer"], "no node 'by_custmer'", "did you mean by_customer"),
        (
            ["--node", "transform.by_custmer"],
            "no node 'transform.by_custmer'",
            "did you mean transform.by_customer",
        ),
        (["--node", "zzzzzz"], "no node 'zzzzzz'", "seeknal list shows all nodes"),
        (["--run", "nope"], "no run 'nope'", "seeknal history shows all runs"),
    ],
)
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_name_that_is_nothings_is_an_error(shop, arguments, said, near, form):
    outcome = shop.run("history", *arguments, "--format", form)

    assert outcome.exit_code == 2
    assert said in outcome.stderr
    assert near in outcome.stderr


def test_a_node_that_only_the_history_knows_is_shown(shop):
    file = shop.path / "seeknal/exposures/report.yml"
    file.write_text(file.read_text().replace("name: report", "name: other"))

    outcome = shop.run("history", "--node", "report").assert_ok()

    assert "success" in outcome.stdout


def test_a_node_of_the_project_that_has_not_run_is_no_mistake(fresh):
    outcome = fresh.run("history", "--node", "by_customer").assert_ok()

    assert "has not run yet" in outcome.stderr


def test_a_runs_id_that_is_nearly_right_is_found(shop):
    (run,) = shop.run("history", "--format", "json").assert_ok().json()
    wrong = f"{run['run_id'][:-1]}~"

    outcome = shop.run("history", "--run", wrong)

    assert outcome.exit_code == 2
    assert f"did you mean {run['run_id']}?" in outcome.stderr
