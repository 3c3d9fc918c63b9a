"""A plugin's command works on the loaded project and its outputs, as core's commands do."""

import json

import pytest
from tests.core.kernel.conftest import FILES

from seeknal.state.store import open_state

pytestmark = pytest.mark.inside


def test_it_has_the_project_and_what_runs_stored(shop):
    shop.run("run").assert_ok()

    shown = shop.run("measures").assert_ok()

    assert shown.stdout.splitlines() == [
        "measure  value",
        "-------  -----",
        "revenue  35",
        "twice    70",
    ]


@pytest.mark.parametrize("format_", ["json", "csv"])
def test_its_rows_are_written_in_the_format_that_is_asked_for(shop, format_):
    shop.run("run").assert_ok()

    shown = shop.run("measures", "--format", format_).assert_ok().stdout

    if format_ == "json":
        assert json.loads(shown) == [
            {"measure": "revenue", "value": 35},
            {"measure": "twice", "value": 70},
        ]
    else:
        assert shown == "measure,value\nrevenue,35\ntwice,70\n"


def test_it_reads_one_environment_or_an_earlier_generation(shop):
    shop.run("run").assert_ok()
    shop.write({"orders.csv": FILES["orders.csv"] + "4,east,100\n"})
    shop.run("run", "--env", "dev").assert_ok()
    shop.run("run").assert_ok()

    values = [
        json.loads(shop.run("measures", *words, "--format", "json").assert_ok().stdout)[0]["value"]
        for words in ((), ("--env", "dev"), ("--generation", "1"))
    ]

    assert values == [135, 135, 35]


def test_what_a_run_is_just_changing_is_not_seen(shop):
    shop.run("run").assert_ok()
    target = shop.path / "target"
    before = shop.run("measures", "--format", "json").assert_ok().json()
    shop.write({"orders.csv": FILES["orders.csv"] + "4,east,100\n"})
    shop.run("run", "--env", "dev").assert_ok()

    store = open_state(target)
    try:
        changed = store.state.environments["dev"].snapshots
        store.expect_generation("prod", command="run", run_id="r")
        store.record("prod", changed["transform.clean_orders"])
        during = shop.run("measures", "--format", "json").assert_ok().json()
        store.fold()
        folded = shop.run("measures", "--format", "json").assert_ok().json()
        store.end_generation("prod")
        after = shop.run("measures", "--format", "json").assert_ok().json()
    finally:
        store.close()

    assert before == during == folded
    assert after[0]["value"] == 135


def test_what_it_reads_is_read_only_and_holds_outputs_alone(shop):
    shop.run("run").assert_ok()

    wrote = shop.run("measures", "--sql", "COPY (SELECT 1) TO 'x.csv'")
    read = shop.run("measures", "--sql", "FROM read_csv('orders.csv')")

    assert (wrote.exit_code, read.exit_code) == (1, 1)
    assert "disabled by configuration" in read.stderr


def test_a_wrong_project_is_told_with_its_places(shop):
    wrong = FILES["seeknal/measures/all.yml"].replace("column: amount", "x: 1")
    shop.write({"seeknal/measures/all.yml": wrong})

    shown = shop.run("measures")

    assert shown.exit_code == 2
    assert "unknown key 'x'" in shown.stderr
    assert "seeknal/measures/all.yml:5" in shown.stderr


def test_an_unknown_environment_is_told_with_the_nearest(shop):
    shop.run("run", "--env", "dev").assert_ok()

    shown = shop.run("measures", "--env", "dve")

    assert shown.exit_code == 2
    assert "there is no environment 'dve'" in shown.stderr
    assert "did you mean dev?" in shown.stderr


def test_before_a_run_it_is_told_that_nothing_is_stored(shop):
    shown = shop.run("measures")

    assert shown.exit_code == 2
    assert "transform.clean_orders has never run" in shown.stderr
