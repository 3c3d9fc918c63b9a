"""Python nodes in a run."""

import json

import pytest

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def test_what_a_node_prints_does_not_mix_with_the_commands_data(seeknal_project):
    project = seeknal_project(
        {
            "seeknal_project.yml": "name: p\n",
            "seeknal/pipelines/p.py": """
                from seeknal import transform

                @transform(name="chatty")
                def chatty(ctx):
                    print("working hard")
                    return [{"a": 1}]
            """,
        }
    )

    outcome = project.run("run", "--format", "json").assert_ok()

    assert json.loads(outcome.stdout)["status"] == "success"
    assert "working hard" in outcome.stderr


def test_ref_in_the_sql_of_a_function_is_answered_with_what_stands_there(seeknal_project):
    made = seeknal_project(
        {
            "data/s.csv": "id\n1\n",
            "seeknal/s.yml": "{kind: source, name: s, source: csv, table: data/s.csv}\n",
            "seeknal/pipelines/p.py": """
                from seeknal import transform

                @transform(name="t", inputs=["source.s"])
                def t(ctx):
                    return ctx.duckdb.sql("SELECT id FROM ref('source.s')")
            """,
        }
    )

    said = made.run("run").stderr

    assert "seeknal/pipelines/p.py:5" in said
    assert "help: here inputs are views of their own names: FROM orders, or ctx.ref(" in said
    assert "Did you mean" not in said
