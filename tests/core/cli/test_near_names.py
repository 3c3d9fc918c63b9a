"""What a message says was meant is near to what was written, and is there."""

import io
import sys

import pytest

from seeknal import open_project
from seeknal.values.errors import UsageError


def test_an_option_that_is_like_none_names_none(shop):
    outcome = shop.run("run", "--wat")

    assert outcome.exit_code == 2
    assert "did you mean" not in outcome.stderr
    assert "seeknal run --help" in outcome.stderr


@pytest.mark.parametrize(("given", "meant"), [("--fromat", "--format"), ("--selct", "--select")])
def test_an_option_that_is_misspelt_is_named(shop, given, meant):
    outcome = shop.run("run", given)

    assert outcome.exit_code == 2
    assert f"did you mean {meant}" in outcome.stderr


@pytest.mark.parametrize(
    ("type", "help"), [("nope", "known: csv, "), ("parqet", "did you mean parquet?")]
)
def test_a_drafts_type_that_is_unknown_is_told_the_nearest_and_the_known(shop, type, help):
    outcome = shop.run("draft", "source", "zz", "--type", type)

    assert outcome.exit_code == 2
    assert help in outcome.stderr
    assert "parquet" in outcome.stderr


def test_a_plan_says_of_a_node_that_it_is_disabled(shop):
    file = shop.path / "seeknal/exposures/report.yml"
    file.write_text(f"{file.read_text()}\nenabled: false\n")

    outcome = shop.run("plan").assert_ok()

    assert "enabled: false" in outcome.stdout
    assert "no file defines it" not in outcome.stdout


@pytest.mark.parametrize("written", ["ref('report')", "exposure.report", '"report" AS r'])
def test_a_query_of_an_exposure_is_told_that_it_has_no_rows(shop, written):
    outcome = shop.run("sql", f"SELECT * FROM {written}")

    assert outcome.exit_code == 2
    assert "exposure.report keeps no rows" in outcome.stderr
    assert "transform.by_customer" in outcome.stderr
    assert "schema" not in outcome.stderr.lower()


def test_one_that_never_ran_is_known_by_its_kind(shop):
    outcome = shop.run("sql", "SELECT * FROM exposure.new")

    assert "exposure.new keeps no rows" in outcome.stderr
    assert "query another node" in outcome.stderr


def test_the_repl_says_so_too(shop, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("FROM exposure.report; SELECT 1 AS one;\n"))

    outcome = shop.run("repl", "--format", "csv")

    assert "SK0354" in outcome.stderr
    assert "query what it reads: transform.by_customer" in outcome.stderr


def test_python_is_told_so_too(shop):
    with (
        open_project(shop.path) as project,
        pytest.raises(UsageError, match=r"exposure\.report keeps no rows of its own"),
    ):
        project.sql("FROM exposure.report")
