"""What a message says was meant is near to what was written, and is there."""

import pytest


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


def test_a_query_of_an_exposure_is_told_that_it_has_no_rows(shop):
    outcome = shop.run("sql", "FROM ref('report')")

    assert outcome.exit_code == 2
    assert "exposure.report keeps no rows" in outcome.stderr
    assert "transform.by_customer" in outcome.stderr
    assert "schema" not in outcome.stderr.lower()
