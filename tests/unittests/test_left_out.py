"""What a test leaves out of its inputs is NULL, or no rows, as far as the columns can be known."""

from __future__ import annotations

import pytest

CUSTOMERS = "kind: source\nname: customers\nsource: csv\ntable: data/customers.csv\n"
ORDERS = "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n"
MARKED = "columns:\n  - {name: email, type: VARCHAR, pii: true}\n"
FILES = {"seeknal/sources/customers.yml": CUSTOMERS, "seeknal/sources/orders.yml": ORDERS}
REVENUE = """SELECT coalesce(c.region, 'unknown') AS region, sum(o.amount) AS revenue
FROM ref('source.orders') o LEFT JOIN ref('source.customers') c USING (customer_id)
WHERE o.status = 'paid'
GROUP BY ALL
"""
TEST = """test: transform.revenue
inputs:
  source.orders: {rows: [{customer_id: 1, amount: 5.00, status: paid}]}
expected_output: {rows: [{region: unknown, revenue: 5.0}]}
"""


@pytest.fixture
def answer(seeknal_project):
    """How the tests of a project of these files end: (status, error), in their order."""

    def ask(files):
        found = seeknal_project({**FILES, **files}).run("test", "--format", "json").json()
        assert isinstance(found, list), found
        return [(each["status"], each["error"] and each["error"]["message"]) for each in found]

    return ask


@pytest.mark.parametrize("declared", ["", MARKED, MARKED.replace("type: VARCHAR, ", "")])
def test_an_input_that_is_left_out_has_no_rows_whatever_of_it_is_declared(answer, declared):
    files = {
        "seeknal/sources/customers.yml": CUSTOMERS + declared,
        "seeknal/transforms/revenue.sql": REVENUE,
        "tests/a.yml": TEST,
    }

    assert answer(files) == [("passed", None)]


def test_an_input_that_is_left_out_has_the_columns_of_other_tests_beside_declared_ones(answer):
    function = (
        "from seeknal import transform\n\n\n"
        '@transform(name="names", inputs=["source.customers"])\n'
        "def names(ctx):\n"
        '    return ctx.duckdb.sql("SELECT customer_id, region FROM source.customers")\n'
    )
    files = {
        "seeknal/sources/customers.yml": CUSTOMERS + MARKED,
        "seeknal/transforms/revenue.sql": REVENUE,
        "seeknal/pipelines/names.py": function,
        "tests/a.yml": TEST.replace(
            "inputs:\n", "inputs:\n  source.customers: {rows: [{customer_id: 2, region: x}]}\n"
        ),
        "tests/b.yml": "test: transform.names\ninputs: {}\nexpected_output: {rows: []}\n",
    }

    assert answer(files) == [("passed", None), ("passed", None)]


@pytest.mark.parametrize("declared", ["", MARKED])
def test_a_column_that_no_row_names_is_null_where_the_sql_reads_it(answer, declared):
    sql = "SELECT customer_id, coalesce(region, 'none') AS region FROM ref('source.customers')"
    files = {
        "seeknal/sources/customers.yml": CUSTOMERS + declared,
        "seeknal/transforms/regions.sql": sql,
        "tests/a.yml": "test: transform.regions\ninputs:\n"
        "  source.customers: {rows: [{customer_id: 1}]}\n"
        "expected_output: {rows: [{customer_id: 1, region: none}]}\n",
    }

    assert answer(files) == [("passed", None)]


def test_coverage_sees_columns_that_are_null(seeknal_project):
    files = {"seeknal/transforms/revenue.sql": REVENUE, "tests/a.yml": TEST}

    result = seeknal_project({**FILES, **files}).run("test", "--coverage")

    result.assert_ok()
    assert "COALESCE c.region" in result.stdout
    assert "cannot be told" not in result.stdout


def test_a_column_has_the_type_that_another_test_says(answer):
    sql = "SELECT customer_id, date_diff('day', since, DATE '2026-01-09') AS days FROM ref('{}')"
    given = "test: transform.{}\ninputs:\n  source.customers: {}\nexpected_output: {{rows: {}}}\n"
    columns = "{columns: {customer_id: BIGINT, since: DATE}, rows: []}"
    files = {
        "seeknal/transforms/days.sql": sql.format("source.customers"),
        "tests/a.yml": given.format("days", columns, "[]"),
        "tests/b.yml": given.format(
            "days", "{rows: [{customer_id: 1}]}", "[{customer_id: 1, days: null}]"
        ),
    }

    assert answer(files) == [("passed", None), ("passed", None)]


@pytest.mark.parametrize("columns", ["", "columns: {customer_id: BIGINT}, "])
def test_a_column_that_is_misspelt_or_that_columns_leaves_out_is_told(answer, columns):
    name = "region" if columns else "custmer_id"
    files = {
        "seeknal/transforms/regions.sql": f"SELECT {name} AS x FROM ref('source.customers')",
        "tests/a.yml": "test: transform.regions\ninputs:\n"
        f"  source.customers: {{{columns}rows: [{{customer_id: 1}}]}}\n"
        "expected_output: {rows: [{x: null}]}\n",
    }

    ((status, message),) = answer(files)

    assert status == "error"
    assert f'"{name}" not found' in message


def test_an_error_over_a_column_without_a_type_says_what_to_write(seeknal_project):
    sql = "SELECT date_trunc('month', since) AS year FROM ref('source.customers')"
    files = {
        "seeknal/transforms/years.sql": sql,
        "tests/a.yml": "test: transform.years\ninputs:\n"
        "  source.customers: {rows: [{customer_id: 1}]}\nexpected_output: {rows: [{year: null}]}\n",
    }

    result = seeknal_project({**FILES, **files}).run("test")

    assert result.exit_code == 1
    assert "columns: below source.customers says of which type since is" in result.stdout


def test_a_column_that_the_sql_has_wrong_is_pointed_at(seeknal_project):
    sql = "SELECT customer_id,\n  upper(regoin) AS region\nFROM ref('source.customers')\n"
    files = {
        "seeknal/transforms/regions.sql": sql,
        "tests/a.yml": "test: transform.regions\ninputs:\n  source.customers:\n"
        "    columns: {customer_id: BIGINT, region: VARCHAR}\n    rows: []\n"
        "expected_output: {rows: []}\n",
    }

    result = seeknal_project({**FILES, **files}).run("test")

    assert result.exit_code == 1
    assert "seeknal/transforms/regions.sql:2:9" in result.stdout
    assert "did you mean region?" in result.stdout
