"""What a plan says of a change: its category, its columns, and whom it reaches."""

import pytest

pytestmark = pytest.mark.inside

USERS = "id,email,created_at,score\n1,a@x,2024-01-01,5\n2,b@x,2024-02-03,7\n"
BASE = "SELECT id, lower(email) AS email, created_at, score AS legacy FROM ref('source.users')"
NODES = f"""
kind: source
name: users
source: csv
table: data/users.csv
---
kind: transform
name: clean
transform: {BASE}
---
kind: transform
name: metrics
transform: SELECT id, legacy * 2 AS metric FROM ref('transform.clean')
---
kind: transform
name: emails
transform: SELECT email FROM ref('transform.clean')
"""

ALL = NODES.replace("id, legacy * 2 AS metric", "*")
"""A reader that names no column: one that names what is gone is a problem before any plan."""


@pytest.fixture
def planned(seeknal_project):
    """The plan after the SQL of transform.clean has become another."""

    def plan(old, new, *arguments, nodes=NODES):
        made = seeknal_project({"data/users.csv": USERS, "seeknal/nodes.yml": nodes})
        made.run("run").assert_ok()
        made.write({"seeknal/nodes.yml": nodes.replace(old, new)})
        return made, made.run("plan", *arguments).assert_ok()

    return plan


def test_a_column_that_nobody_reads_breaks_nothing(planned):
    made, outcome = planned("created_at,", "created_at, year(created_at) AS year,")

    assert "transform.clean  NON_BREAKING  column added: year" in outcome.stdout
    assert "+ year BIGINT  <- source.users.created_at" in outcome.stdout
    assert "downstream: none reads it; 0 to rebuild" in outcome.stdout
    assert "4 nodes: 1 run, 3 reused, 0 failed" in made.run("run").assert_ok().stdout


def test_a_column_with_another_name_is_known_as_such_with_its_readers(planned):
    _, outcome = planned("AS legacy FROM", "AS points FROM", nodes=ALL)

    assert "BREAKING      column renamed: legacy to points" in outcome.stdout
    assert "~ points: was 'legacy'  used by transform.metrics.legacy" in outcome.stdout
    assert "downstream: transform.metrics (1 more read nothing of it)" in outcome.stdout


def test_a_filter_reaches_everybody(planned):
    _, outcome = planned("ref('source.users')\n---", "ref('source.users') WHERE id > 1\n---")

    assert "BREAKING      SQL changed: WHERE" in outcome.stdout
    assert "2 descendants to rebuild" in outcome.stdout


def test_the_same_in_json(planned):
    _, outcome = planned("AS legacy FROM", "AS points FROM", "--format", "json", nodes=ALL)

    changes = {change["node"]: change for change in outcome.json()["changes"]}
    assert changes["transform.clean"]["category"] == "BREAKING"
    assert changes["transform.metrics"]["action"] == "REBUILD"
    assert changes["transform.emails"]["action"] == "REUSE"
