"""Python nodes in a run."""

import json

import pytest

pytestmark = pytest.mark.versions


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
