"""The page of the semantic layer's keys has an example of each, and the examples are a project."""

import sys

import pytest

from tests.docs.pages import DOCS

sys.path.insert(0, str(DOCS))

import generate

ROWS = {
    "order_rows": "order_id,customer_id,seller_id,ordered_at,paid_on,region,loaded_on,amount,"
    "status,minutes\n1,7,3,2026-01-05,2026-01-06,north,2026-01-07,120.5,paid,12\n",
    "account_rows": "account,customer_id,day,balance\na,7,2026-01-01,5\n",
    "seller_rows": "seller_id,office,since,until\n3,Berlin,2025-01-01,2026-01-01\n"
    "3,Bonn,2026-01-01,\n",
    "customer_rows": "customer_id,country,signed_up_on\n7,ID,2026-01-01\n",
    "day_rows": "day,season_name\n2026-01-01,winter\n2026-01-05,winter\n",
}


@pytest.fixture
def project(seeknal_project):
    """The examples, with rows for their models."""
    source = "{{kind: source, name: {0}, source: csv, table: data/{0}.csv}}\n"
    return seeknal_project(
        {
            **{f"data/{name}.csv": text for name, text in ROWS.items()},
            "seeknal/rows.yml": "---\n".join(map(source.format, ROWS)),
            "seeknal/examples.yml": generate.SEMANTIC_EXAMPLES.read_text(),
        }
    )


@pytest.mark.parametrize("kind", generate.SEMANTIC_KINDS)
def test_every_key_has_an_example(kind):
    from seeknal.kernel.options import fields_of

    examples = generate.semantic_examples()
    classes = generate._classes_of(generate._plugins().kinds[kind].options)

    without = [
        f"{cls.__name__}.{field.key}"
        for cls in classes
        for field in fields_of(cls)
        if (cls, field.key) not in examples
    ]

    assert without == []


def test_the_examples_are_a_project_without_problems(project):
    project.run("run").assert_ok()

    validated = project.run("validate").assert_ok()

    assert "no problems" in validated.stdout
    assert "warning" not in validated.stdout


def test_every_metric_of_the_examples_can_be_asked_for(project):
    project.run("run").assert_ok()
    listed = project.run("metrics", "list", "--format", "json").assert_ok().json()

    for entry in listed:
        asked = ("query", "--metrics", entry["metric"], "--dimensions", "metric_time__month")
        project.run(*asked).assert_ok()

    assert len(listed) > 15
    for name in ("monthly_report", "orders_of_the_north"):
        project.run("query", "--saved-query", name).assert_ok()
