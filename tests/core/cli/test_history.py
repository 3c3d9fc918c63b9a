"""``history`` of a node or of a run."""

import pytest
from tests.terminal import Terminal


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


@pytest.mark.parametrize("part", [slice(-8, None), slice(0, 16)], ids=["end", "start"])
def test_a_run_is_meant_by_the_start_or_end_of_its_id(shop, part):
    (run,) = shop.run("history", "--format", "json").assert_ok().json()

    found = shop.run("history", "--run", run["run_id"][part], "--format", "json").assert_ok().json()

    assert {entry["run_id"] for entry in found} == {run["run_id"]}


def test_a_part_that_several_ids_have_means_none_of_them(shop):
    shop.run("run").assert_ok()
    ids = [run["run_id"] for run in shop.run("history", "--format", "json").json()]

    refused = shop.run("history", "--run", "20")

    assert refused.exit_code == 2
    assert "2 runs begin or end with '20'" in refused.stderr
    assert all(id in refused.stderr for id in ids)


def test_runs_fit_a_terminal_with_what_is_needed_most(shop):
    file = shop.path / "seeknal/broken.sql"
    file.write_text("SELECT nosuch FROM ref('source.orders')")
    (shop.path / "seeknal/after.sql").write_text("SELECT * FROM ref('transform.broken')")
    assert shop.run("run", "--full").exit_code == 1
    ids = [run["run_id"] for run in shop.run("history", "--format", "json").json()]

    with Terminal(shop.path, "history", columns=80) as terminal:
        assert terminal.end() == 0

    shown = "\n".join(terminal.lines)
    assert max(map(len, terminal.lines)) <= 80
    assert all(id in shown for id in ids)
    assert "1 failed, 1 skipped" in shown


def test_the_nodes_of_a_run_are_named_on_a_narrow_terminal(shop):
    (shop.path / "seeknal/broken.sql").write_text("SELECT nosuch FROM ref('source.orders')")
    assert shop.run("run").exit_code == 1
    last = shop.run("history", "--format", "json").json()[0]["run_id"]

    with Terminal(shop.path, "history", "--run", last[-8:], columns=80) as terminal:
        assert terminal.end() == 0

    shown = "\n".join(terminal.lines)
    assert max(map(len, terminal.lines)) <= 80
    assert "transform.broken" in shown
    assert "Referenced column" in shown


def test_a_runs_id_that_is_nearly_right_is_found(shop):
    (run,) = shop.run("history", "--format", "json").assert_ok().json()
    wrong = f"{run['run_id'][:-1]}~"

    outcome = shop.run("history", "--run", wrong)

    assert outcome.exit_code == 2
    assert f"did you mean {run['run_id']}?" in outcome.stderr
