"""ref() in queries over the stored outputs, as nodes write it."""

import io
import sys

import pytest

from seeknal import open_project


@pytest.mark.parametrize(
    "written",
    [
        "ref('transform.big_orders')",
        'ref("big_orders")',
        "REF ( 'transform' , 'big_orders' )",
        "{{ ref('transform.big_orders') }}",
        "{{ref('big_orders')}}",
    ],
)
def test_a_query_names_a_node_as_other_nodes_do(shop, written):
    query = f"SELECT count(*) AS n, 'ref(1)' AS r FROM {written} AS o -- ref('nothing')"

    outcome = shop.run("sql", query, "--format", "json").assert_ok()

    assert outcome.json() == [{"n": 2, "r": "ref(1)"}]


def test_the_repl_knows_it_in_every_statement(shop, monkeypatch):
    first = "SELECT min(id) AS a FROM {{ ref('big_orders') }}"
    second = "SELECT count(*) AS b FROM ref('transform.by_customer')"
    text = f"{first}; {second};\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    outcome = shop.run("repl", "--format", "csv").assert_ok()

    assert outcome.stdout == "a\n1\nb\n2\n"


def test_python_knows_it_too(shop):
    with open_project(shop.path) as project:
        assert project.sql("SELECT max(id) FROM ref('big_orders')").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        ("ref('big_ordrs')", "SK0310", "did you mean transform.big_orders"),
        ("ref('transform.ordrs')", "SK0310", "source.orders?"),
        ("ref('nowhere')", "SK0310", "no node with stored rows"),
        ("ref(big_orders)", "SK0316", "ref('kind.name')"),
        ("ref('x'; DROP TABLE y)", "SK0316", "ref('kind.name')"),
    ],
)
def test_what_names_no_node_is_told_with_the_nearest(shop, written, code, words):
    outcome = shop.run("sql", f"SELECT * FROM {written}")

    assert outcome.exit_code == 2
    assert code in outcome.stderr
    assert words in outcome.stderr


def test_a_column_or_function_that_is_called_ref_is_left_alone(shop):
    query = "SELECT ref, t.ref AS again FROM (SELECT id AS ref FROM orders) t ORDER BY 1 LIMIT 1"

    outcome = shop.run("sql", query, "--format", "json").assert_ok()

    assert outcome.json() == [{"ref": 1, "again": 1}]
