"""A clock that ran ahead and was put back leaves nothing stale, unreadable or kept for ever."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from seeknal.plan.freshness import reason_to_read
from seeknal.run.janitor import Chores
from seeknal.state.history import History
from seeknal.state.store import read_state
from seeknal.values.names import NodeId

pytestmark = [pytest.mark.inside, pytest.mark.versions]

NOW = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def project(seeknal_project):
    made = seeknal_project(
        {
            "data/a.csv": "x\n1\n",
            "seeknal/a.yml": "{kind: source, name: a, source: csv, table: data/a.csv, refresh: 6h}",
        }
    )
    made.run("run").assert_ok()
    return made


def snapshot(project):
    return read_state(project.path / "target").environments["prod"].snapshots[NodeId("source.a")]


@pytest.mark.parametrize("policy", ["6h", "1d", "0 3 * * *"])
@pytest.mark.parametrize(("age", "due"), [(timedelta(minutes=1), False), (timedelta(days=3), True)])
def test_rows_are_read_again_when_they_are_old(project, policy, age, due):
    known = evolve(snapshot(project), finished_at=(NOW - age).isoformat())

    assert bool(reason_to_read(policy, "manual", None, known, NOW)) == due


@pytest.mark.parametrize("policy", ["6h", "1d", "0 3 * * *"])
@pytest.mark.parametrize("ahead", [timedelta(seconds=1), timedelta(hours=3), timedelta(days=9000)])
def test_rows_of_the_future_are_read_again(project, policy, ahead):
    known = evolve(snapshot(project), finished_at=(NOW + ahead).isoformat())

    assert reason_to_read(policy, "manual", None, known, NOW) == f"refresh: {policy}"


def test_what_comes_after_a_run_of_the_future_is_still_the_newest(project):
    folder = project.path / "target" / "history"
    (path,) = folder.glob("*.ndjson")
    path.rename(folder / "2099-01.ndjson")

    History(project.path / "target").append([{"node": "source.a", "status": "failed"}])

    lines = (folder / "2099-01.ndjson").read_text().splitlines()
    assert History(project.path / "target").read(node="source.a")[0]["status"] == "failed"
    assert json.loads(lines[-1]) == {"node": "source.a", "status": "failed"}


@pytest.mark.parametrize(
    ("age", "gone"),
    [
        (timedelta(minutes=5), True),
        (timedelta(seconds=1), False),
        (timedelta(hours=-1), False),
        (timedelta(days=-400), True),
    ],
)
def test_no_moment_of_the_far_future_keeps_what_nothing_needs(project, age, gone):
    state = read_state(project.path / "target")
    moment = (datetime.now(UTC) - age).isoformat()
    before = {"prod": evolve(state.environments["prod"], updated=moment)}

    chores = Chores(target=project.path / "target", store=None, retention=None, before=before)

    assert chores.readers_are_gone() == gone
