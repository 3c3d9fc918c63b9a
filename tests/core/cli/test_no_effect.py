"""What is given beside what it has no effect on is refused: nothing goes by in silence."""

import pytest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["lineage", "by_customer.total", "--column", "customer"],
            "by_customer.total and --column customer are two columns",
        ),
        (
            ["lineage", "by_customer", "--with-data", "--format", "text"],
            "--with-data is for html and json: text shows no rows",
        ),
        (["lineage", "by_customer", "--with-data"], "text shows no rows"),
        (["lineage", "--with-data", "--format", "dot"], "dot shows no rows"),
        (["inspect", "orders", "--schema", "--statistics"], "--schema and --statistics exclude"),
        (["inspect", "orders", "--list"], "NODE and --list exclude each other"),
        (["inspect", "--list", "--schema"], "--list and --schema exclude each other"),
        (["plan", "--out", "a", "--output", "b"], "--out and --output are one option"),
        (["plan", "-o", "a", "--output=b"], "-o and --output are one option"),
        (["plan", "--output", "-"], "a plan is saved in a file"),
        (
            ["run", "--refresh", "transform.big_orders"],
            "--refresh transform.big_orders names no source",
        ),
        (["run", "--refresh", "orders,by_customer"], "--refresh by_customer names no source"),
        (["run", "--fail-fast", "--continue-on-error"], "exclude each other"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_it_is_refused(shop, words, said):
    outcome = shop.run(*words)

    assert outcome.exit_code == 2
    assert said in outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ["lineage", "by_customer.total", "--column", "TOTAL"],
        ["run", "--refresh", "+by_customer"],
        ["plan", "--output", "a", "--output", "b"],
    ],
    ids=" ".join,
)
def test_what_agrees_is_taken(shop, words):
    shop.run(*words).assert_ok()


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (["lineage", "by_customer", "--format", "html"], "<!doctype html>"),
        (["lineage", "by_customer", "--format", "json"], "{"),
        (["sql", "SELECT 1 AS a", "--format", "csv"], "a\n1\n"),
        (["schema"], "{"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_dash_is_standard_output(shop, words, begins):
    outcome = shop.run(*words, "--output", "-").assert_ok()

    assert outcome.stdout.lower().startswith(begins)
    assert not (shop.path / "-").exists()
