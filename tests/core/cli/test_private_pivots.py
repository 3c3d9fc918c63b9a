"""A PIVOT makes names of values, and names are told everywhere."""

import pytest
from tests.core import private

pytestmark = pytest.mark.inside

NODE = """
    kind: transform
    name: contacts
    transform: SELECT id, city, email AS contact FROM ref('source.people')
"""
SOURCE, CONTACTS = "ref('source.people')", "ref('transform.contacts')"
PRIVATE = {
    "itself": f"PIVOT (SELECT id, email FROM {SOURCE}) ON email USING count(*)",
    "renamed": f"PIVOT {CONTACTS} ON contact USING count(*) GROUP BY city",
    "in the query": f"PIVOT (SELECT id, email AS e FROM {SOURCE}) ON e USING count(*)",
    "computed": f"PIVOT {SOURCE} ON upper(email) USING count(*)",
    "beside another": f"PIVOT {SOURCE} ON city, email USING count(*)",
    "in brackets": f"SELECT * FROM (PIVOT {SOURCE} ON email USING count(*))",
    "named before": f"WITH a AS (SELECT contact AS c FROM {CONTACTS}) PIVOT a ON c USING count(*)",
    "in a step": f"WITH b AS (PIVOT {SOURCE} ON email USING count(*)) FROM b",
    "by a query": f"PIVOT {SOURCE} ON email IN (SELECT email FROM {SOURCE}) USING count(*)",
}
ALLOWED = {
    "another": f"PIVOT (SELECT city, id FROM {CONTACTS}) ON city USING count(*)",
    "listed": f"PIVOT {SOURCE} ON email IN ('a', 'b') USING count(*)",
    "another of that name": f"PIVOT (SELECT city AS email FROM {SOURCE}) ON email USING count(*)",
    "only a name": f"SELECT a.id AS pivot FROM {SOURCE} a JOIN {CONTACTS} b ON a.email = b.contact",
    "as a value": f"PIVOT {SOURCE} ON city USING count(DISTINCT email) GROUP BY id",
}


def made(seeknal_project, query):
    node = f"\n    ---\n    kind: transform\n    name: wide\n    transform: |\n      {query}\n"
    return seeknal_project({**private.FILES, "seeknal/nodes.yml": NODE + node})


@pytest.mark.parametrize("query", PRIVATE.values(), ids=PRIVATE)
def test_a_run_refuses_to_make_names_of_private_values(seeknal_project, query):
    project = made(seeknal_project, query)

    outcome = project.run("run")

    page = project.run("docs", "--format", "json").stdout
    assert "error[SK0757]: transform.wide: PIVOT ON " in outcome.stderr
    assert "hidden.example" not in outcome.stderr + outcome.stdout + page


@pytest.mark.parametrize("query", PRIVATE.values(), ids=PRIVATE)
def test_so_does_validate_once_its_inputs_have_run(seeknal_project, query):
    project = made(seeknal_project, query)
    project.run("run")

    outcome = project.run("validate")

    assert outcome.exit_code == 2
    assert "error[SK0757]" in outcome.stderr + outcome.stdout


@pytest.mark.parametrize("query", ALLOWED.values(), ids=ALLOWED)
def test_a_pivot_on_what_is_not_private_runs(seeknal_project, query):
    project = made(seeknal_project, query)

    project.run("run").assert_ok()

    assert "SK0757" not in project.run("validate").assert_ok().stdout
