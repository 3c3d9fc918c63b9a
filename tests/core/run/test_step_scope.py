"""What a step works with, and how its outcome is put on record."""

import logging
import time
from datetime import UTC, datetime

import pytest
from tests.core.run.values import artifact, delivery, node, snapshot, target

from seeknal.kernel.plugins import load_plugins
from seeknal.run.content import Contents
from seeknal.run.engine import Engine, open_instance
from seeknal.run.outputs import Outputs
from seeknal.run.step_scope import Phases, Services, Staged, StepScope
from seeknal.state.artifacts import Artifacts
from seeknal.state.batch_files import BatchFiles
from seeknal.state.store import open_state, read_state
from seeknal.values.names import NodeId
from seeknal.values.plan import Plan
from seeknal.values.project import Project
from seeknal.values.relations import Relation

ID = NodeId("transform.a")


@pytest.fixture
def scope(tmp_path):
    """Makes the scope of a step of ``made``, in a project of its own."""
    opened = []

    def scope(made, snapshots=None, environment="prod", **more):
        project = Project(root=tmp_path, name="test", nodes={made.id: made})
        artifacts, engine = Artifacts(project.target), Engine(project.target)
        instance = open_instance()
        opened.append(instance)
        services = Services(
            project=project,
            plan=Plan(environment=environment, steps=()),
            plugins=load_plugins(),
            engine=engine,
            artifacts=artifacts,
            batches=BatchFiles(project.root, artifacts),
            contents=Contents(project.target),
            outputs=Outputs(snapshots if snapshots is not None else {}, engine, artifacts),
            connections=lambda name: None,
            row_counts=lambda node, limit: [],
            run_id="run1",
            moment=datetime(2024, 1, 1, tzinfo=UTC),
            **more,
        )
        return StepScope(
            node=made,
            services=services,
            cursor=instance.cursor,
            workdir=tmp_path / "work",
            log=logging.getLogger("test"),
        )

    yield scope
    for instance in opened:
        instance.close()


@pytest.fixture
def stored(tmp_path):
    """An output that is published as the node's."""
    artifacts = Artifacts(tmp_path / "target")
    artifacts.prepare([ID])
    path = artifacts.candidate(ID, "run1")
    with open_instance() as instance:
        instance.execute(f"COPY (SELECT 1 AS x) TO '{path}'")
    return artifacts.publish(ID, path, fingerprint="f", rows=1, columns=artifact().columns)


@pytest.mark.parametrize(
    ("mode", "services", "hands"),
    [
        (None, {}, False),
        ("full", {}, True),
        ("full", {"deliver": False}, False),
        ("append", {"deliver": False}, True),
        ("append", {"deliver": False, "queues": False}, False),
    ],
)
def test_a_target_is_handed_rows_where_they_are_delivered_or_have_to_wait(
    scope, mode, services, hands
):
    made = node(targets=(target(mode),) if mode else ())

    assert scope(made, **services).hands_over() is hands


def test_an_outcome_is_on_record_and_under_its_stable_name(scope, stored, tmp_path):
    store = open_state(tmp_path / "target")
    found = scope(node(), store=store)

    found.record(snapshot(stored=stored))
    store.close()

    known = read_state(tmp_path / "target").environments["prod"].snapshots
    assert known[ID].artifact == stored
    assert found.outputs.snapshots[ID].artifact == stored
    assert (tmp_path / "target/intermediate/transform_a.parquet").exists()


def test_what_is_staged_shows_nowhere_yet(scope, stored, tmp_path):
    store, staged = open_state(tmp_path / "target"), Staged(snapshots={})

    scope(node(), staged.snapshots, store=store, staged=staged).record(snapshot(stored=stored))
    store.close()

    assert staged.built[ID].artifact == stored
    assert read_state(tmp_path / "target").environments == {}
    assert not (tmp_path / "target/intermediate/transform_a.parquet").exists()


def test_a_stable_name_goes_with_what_it_named(scope, stored, tmp_path):
    found = scope(node(), store=open_state(tmp_path / "target"))
    found.record(snapshot(stored=stored))

    found.record(snapshot(artifact=None))

    assert not (tmp_path / "target/intermediate/transform_a.parquet").exists()


def test_a_run_that_has_ended_records_nothing_more(scope, stored, tmp_path):
    from seeknal.values.errors import NodeError

    found = scope(node(), store=open_state(tmp_path / "target"))
    found.services.stop.end_recording()

    with pytest.raises(NodeError, match="the run has ended"):
        found.record(snapshot(stored=stored))


def test_rows_are_held_by_the_environment_that_delivered_them(scope):
    theirs = snapshot(deliveries={"k": delivery(environment="prod")})

    found = scope(node(), {ID: theirs}, environment="dev")

    assert found.holder(target()) == "prod"
    assert found.holder(target(key="another")) == "dev"


def test_rows_of_an_earlier_output_are_read_where_they_are_stored(scope, stored):
    found = scope(node()).relation_of(stored)

    assert isinstance(found, Relation)
    assert (found.node, found.rows, found.path.exists()) == (ID, 1, True)


def test_a_phase_takes_the_time_of_all_its_parts():
    phases = Phases()

    with phases.timed("deliver"):
        time.sleep(0.01)
    first = phases.seconds["deliver"]
    with pytest.raises(LookupError), phases.timed("deliver"):
        raise LookupError

    assert 0.01 <= first <= phases.seconds["deliver"]
