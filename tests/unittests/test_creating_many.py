"""Tests of many nodes are made at once, of nodes by their plain names, and the same each time."""

from __future__ import annotations

import pytest

from tests.unittests.orders import CUSTOMERS, FILES, SPENT
from tests.unittests.test_creating import MODELS

EXPOSURE = (
    "kind: exposure\nname: sent\ntype: file\nparams: {path: outputs/sent.csv, format: csv}\n"
    "sql: SELECT id, amount FROM ref('source.orders') WHERE amount > 6\n"
)


def test_tests_that_are_there_stay_where_those_that_are_missing_are_asked_for(ran):
    project = ran({"seeknal/transforms/spent.sql": SPENT, "seeknal/exposures/sent.yml": EXPOSURE})
    project.run("create-test", "transform.spent").assert_ok()
    file = project.path / "tests/generated/test_transform_spent.yml"
    file.write_text(f"# mine\n{file.read_text()}")

    made = project.run("create-test", "*")
    again = project.run("create-test", "*", "--format", "json")

    made.assert_ok()
    assert "tests/generated/test_exposure_sent.yml" in made.stdout
    assert "1 test is there already; --overwrite makes it anew" in made.stderr
    assert file.read_text().startswith("# mine\n")
    again.assert_ok()
    assert [(each["kept"], each["error"]) for each in again.json()["tests"]] == [(True, None)] * 2


def test_a_plain_name_is_the_node_that_it_names(ran):
    pytest.importorskip("seeknal_semantic")
    project = ran({**MODELS, "seeknal/exposures/sent.yml": EXPOSURE})

    result = project.run("create-test", "revenue", "sent")

    result.assert_ok()
    assert "test_metric_revenue.yml" in result.stdout
    assert "test_exposure_sent.yml" in result.stdout


def test_a_selection_without_a_test_is_told(ran):
    project = ran({"seeknal/transforms/spent.sql": SPENT})
    project.run("create-test", "spent").assert_ok()

    result = project.run("test", "--select", "source.orders")

    assert (result.exit_code, result.stdout) == (0, "no tests\n")
    assert "none of the 1 test is of a node that is selected" in result.stderr


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("spent", "did you mean transform.spent?"),
        ("transform.spend", "did you mean transform.spent?"),
        ("transforms.spent", "did you mean transform.spent?"),
    ],
)
def test_the_node_that_a_test_may_mean_is_named(ran, name, meant):
    project = ran({"seeknal/transforms/spent.sql": SPENT, "seeknal/exposures/sent.yml": EXPOSURE})
    project.write({"tests/a.yml": f"test: {name}\nexpected_output: {{rows: []}}\n"})

    result = project.run("test")

    assert result.exit_code == 2
    assert meant in result.stderr


def test_a_file_without_a_test_is_told_to_have_none(ran):
    project = ran({"tests/empty.yml": "# nothing yet\n"})

    result = project.run("test", "tests/empty.yml")

    assert result.exit_code == 2
    assert "tests/empty.yml holds no test" in result.stderr


def test_rows_that_have_no_order_are_sorted(ran):
    sql = "SELECT id, CASE WHEN id <> 3 THEN name END AS name FROM ref('source.customers')"
    header, *rows = CUSTOMERS.splitlines()
    text = "\n".join([header, *reversed(rows), ""])
    project = ran({"data/customers.csv": text, "seeknal/transforms/named.sql": sql})

    project.run("create-test", "named").assert_ok()

    made = (project.path / "tests/generated/test_transform_named.yml").read_text()
    expected = made.partition("expected_output")[2]
    rows = [line for line in expected.splitlines() if line.startswith("    - ")]
    assert rows == sorted(rows)


def test_a_metric_that_is_asked_in_an_order_is_tested_in_it(ran):
    pytest.importorskip("seeknal_semantic")
    project = ran(MODELS)

    asked = "{dimensions: [status], order_by: [status]}"
    project.run("create-test", "revenue", "--ask", asked).assert_ok()

    made = (project.path / "tests/generated/test_metric_revenue.yml").read_text()
    assert "ordered: true" in made
    assert "query: {dimensions: [status], order_by: [status]}" in made


def test_git_does_not_take_the_key_of_fakes(ran):
    source = FILES["seeknal/sources/orders.yml"] + "columns:\n  - {name: email, pii: true}\n"
    project = ran(
        {
            "seeknal/sources/orders.yml": source,
            "seeknal/transforms/mails.sql": "SELECT email FROM ref('source.orders')",
        }
    )

    project.run("create-test", "mails").assert_ok()

    ignored = (project.path / ".seeknal/.gitignore").read_text().splitlines()
    assert (project.path / ".seeknal/fakes.key").exists()
    assert ignored == ["fakes.key"]
