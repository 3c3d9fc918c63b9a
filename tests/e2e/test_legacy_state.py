"""The state of seeknal 2.x beside a project is kept, set aside, and said in one line."""

import json

import pytest

FILES = {
    "data/a.csv": "x\n1\n2\n",
    "seeknal/a.yml": """
        kind: source
        name: a
        source: csv
        table: data/a.csv
        ---
        kind: transform
        name: b
        sql: SELECT x + 1 AS y FROM ref('source.a')
    """,
}
RUN_STATE = {
    "version": "1.0.0",
    "run_id": "20250101_120000",
    "config": {},
    "nodes": {"source.a": {"hash": "abc", "status": "success", "row_count": 2}},
}
EXECUTION_STATE = {"nodes": {"transform.b": {"status": "success"}}, "last_run": "2025-01-01"}


@pytest.mark.parametrize(
    "states",
    [
        {"run_state.json": RUN_STATE},
        {"state/execution_state.json": EXECUTION_STATE},
        {"run_state.json": RUN_STATE, "state/execution_state.json": EXECUTION_STATE},
    ],
)
def test_a_2x_state_is_backed_up_and_the_run_works(seeknal_project, states):
    old = {f"target/{name}": json.dumps(content) for name, content in states.items()}
    project = seeknal_project({**FILES, **old})

    outcome = project.run("run").assert_ok()
    again = project.run("run", "--format", "json").assert_ok()

    lines = [line for line in outcome.stderr.splitlines() if "2.x" in line]
    assert len(lines) == len(states)
    assert project.rows("transform.b") == [(2,), (3,)]
    kept = [path.read_text() for path in (project.path / "target").rglob("*2x*.bak")]
    assert sorted(kept) == sorted(old.values())
    assert {entry["status"] for entry in again.json()["nodes"]} == {"reused"}
    assert "2.x" not in again.stderr


def test_reading_commands_leave_a_2x_state_where_it_is(seeknal_project):
    text = json.dumps(RUN_STATE)
    project = seeknal_project({**FILES, "target/run_state.json": text})

    outcomes = [project.run("plan"), project.run("validate"), project.run("list")]

    assert [outcome.exit_code for outcome in outcomes] == [0, 0, 0]
    assert (project.path / "target/run_state.json").read_text() == text


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"nodes": 5}', "\0\0\0"])
def test_what_is_no_state_at_all_is_set_aside_too(seeknal_project, text):
    project = seeknal_project({**FILES, "target/run_state.json": text})

    outcome = project.run("run").assert_ok()

    assert "run_state.json" in outcome.stderr
    assert project.rows("transform.b") == [(2,), (3,)]
