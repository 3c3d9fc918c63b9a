from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from seeknal.graph.dag import build_graph
from seeknal.graph.fingerprint import fingerprints
from seeknal.plan.planner import Situation, make_plan
from seeknal.plan.stored import inlined_views
from seeknal.values.audits import Audit
from seeknal.values.deliveries import Delivery
from seeknal.values.errors import NodeError, SelectionError
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.node import Input, Node, PythonCode, Sql
from seeknal.values.snapshot import Artifact, Fingerprint, Snapshot
from seeknal.values.sources import Source
from seeknal.values.targets import Target

pytestmark = pytest.mark.versions

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = Location("a.yml", 1, 1)
DOES = {"source": "loads", "rule": "checks", "exposure": "delivers"}
SQL = Sql(text="SELECT 1", rendered="SELECT 1", executable="SELECT 1", location=PLACE)


def node(id, *parents, **more):
    id = NodeId(id)
    source = Source(node=id, type="csv", options=None) if id.kind == "source" else None
    inputs = tuple(Input(ref=NodeId(parent)) for parent in parents)
    defaults = {
        "definition": f"definition of {id}",
        "source": source,
        "does": DOES.get(id.kind, "computes"),
        "rows_of_body": id.kind == "transform",
    }
    return Node(id=id, location=PLACE, options=None, inputs=inputs, **(defaults | more))


def target(id, key="k"):
    return Target(node=NodeId(id), type="file", options=None, key=key, label="out.csv")


class World:
    """Nodes with snapshots that are current; a test disturbs one thing and plans."""

    def __init__(self, *nodes):
        self.nodes = {entry.id: entry for entry in nodes}
        self.graph = build_graph(self.nodes)
        self.marks = fingerprints(self.nodes, self.graph, "2026-03-01", Path())
        self.versions = {}
        self.health = {}
        self.snapshots = {id: self.snapshot(self.nodes[id]) for id in self.graph.order}

    def snapshot(self, entry):
        artifact = Artifact(
            path=entry.id, size=1, sha256=f"{entry.id}", rows=1, columns=(), stat=(0,) * 5
        )
        from seeknal.graph.fingerprint import audits_key

        return Snapshot(
            node=entry.id,
            fingerprint=self.marks[entry.id],
            inputs={parent: f"out-{parent}" for parent in entry.parents},
            output_id=f"out-{entry.id}",
            artifact=artifact,
            source_version=1,
            audits_key=audits_key(entry.audits),
            deliveries={
                target.key: Delivery(
                    key=target.key,
                    status="delivered",
                    output_id=f"out-{entry.id}",
                    delivery_id="x",
                )
                for target in entry.targets
            },
            finished_at=(NOW - timedelta(hours=2)).isoformat(),
            dated=entry.definition if entry.time_dependent else None,
        )

    def change(self, id, **changes):
        self.nodes[NodeId(id)] = evolve(self.nodes[NodeId(id)], **changes)

    def plan(self, today="2026-03-01", selected=None, **more):
        def version_of(entry, known):
            version = self.versions.get(entry.id, 1)
            if isinstance(version, Exception):
                raise version
            return version

        return make_plan(
            Situation(
                environment="prod",
                nodes=self.nodes,
                graph=self.graph,
                fingerprints=fingerprints(self.nodes, self.graph, today, Path()),
                snapshots=self.snapshots,
                selected=frozenset(selected or self.nodes),
                inlined=inlined_views(self.nodes, self.graph),
                rowless_kinds={"exposure", "rule"},
                now=NOW,
                version_of=version_of,
                refresh_default=lambda entry: "always",
                health_of=lambda artifact: self.health.get(artifact.path, "ok"),
                **more,
            )
        )

    def steps(self, **more):
        plan = self.plan(**more)
        return {step.node: (step.action, step.reason, step.conditional) for step in plan.steps}


@pytest.fixture
def world():
    return World(
        node("source.s"),
        node("source.other"),
        node("transform.a", "source.s"),
        node("transform.b", "transform.a"),
        node("transform.c", "source.other"),
        node("exposure.e", "transform.b", targets=(target("exposure.e"),)),
    )


def test_nothing_changed_reuses_everything(world):
    assert {action for action, *_ in world.steps().values()} == {"reuse"}


def test_a_changed_definition_runs_and_its_descendants_run_if_its_rows_change(world):
    world.change("transform.a", definition="other")

    steps = world.steps()

    assert steps["transform.a"] == ("run", "definition changed", False)
    assert steps["transform.b"] == ("run", "inputs changed", True)
    assert steps["exposure.e"] == ("run", "inputs changed", True)
    assert steps["transform.c"][0] == "reuse"


def test_a_moved_version_reads_the_source_again(world):
    world.versions["source.s"] = 2

    assert world.steps()["source.s"] == ("run", "source changed", False)


def test_an_unknown_version_follows_the_types_default(world):
    world.versions["source.s"] = None

    assert world.steps()["source.s"] == ("run", "refresh: always", False)


@pytest.mark.parametrize(
    ("refresh", "expected"),
    [
        ("manual", "reuse"),
        ("always", "run"),
        ("1h", "run"),
        ("6h", "reuse"),
        ("0 11 * * *", "run"),
        ("0 13 * * *", "reuse"),
    ],
)
def test_refresh_policies_decide_when_a_source_is_read(world, refresh, expected):
    source = world.nodes["source.s"].source
    world.change("source.s", source=evolve(source, refresh=refresh))

    assert world.steps()["source.s"][0] == expected


def test_a_source_that_cannot_be_checked_runs_and_will_say_why(world):
    world.versions["source.s"] = NodeError("no file data/x.csv")

    action, reason, _ = world.steps()["source.s"]

    assert action == "run"
    assert "no file data/x.csv" in reason


@pytest.mark.parametrize("health", ["missing", "damaged"])
def test_a_lost_artifact_is_built_again_with_one_warning(world, health):
    world.health["transform.a"] = health

    plan = world.plan()

    assert world.steps()["transform.a"] == ("run", f"artifact {health}", False)
    assert len(plan.warnings) == 1
    assert "transform.a" in plan.warnings[0]


def test_an_input_that_moved_on_is_read_again(world):
    world.snapshots["transform.a"] = evolve(world.snapshots["transform.a"], output_id="newer")

    # The run compares what it reads of the input, and may find that it says the same.
    assert world.steps()["transform.b"] == ("run", "inputs changed", True)


def test_changed_audits_run_without_rebuilding(world):
    audit = Audit(type="row_count", options=None, node=NodeId("transform.a"))
    world.change("transform.a", audits=(audit,))

    steps = world.steps()

    assert steps["transform.a"] == ("audit", "audits changed", False)
    assert steps["transform.b"] == ("run", "inputs changed", True)


def test_failing_audits_are_asked_again_until_they_pass(world):
    world.snapshots["transform.a"] = evolve(world.snapshots["transform.a"], failing=True)

    assert world.steps()["transform.a"] == ("audit", "audits failed", False)


def test_an_owed_target_is_delivered_without_rebuilding(world):
    world.change("transform.a", targets=(target("transform.a"),))

    assert world.steps()["transform.a"] == ("deliver", "target owed", False)
    assert world.steps(deliver=False)["transform.a"][0] == "reuse"


def test_todays_date_is_part_of_a_dated_node(world):
    world = World(node("transform.d", time_dependent="date"))

    assert world.steps()["transform.d"][0] == "reuse"
    assert world.steps(today="2026-03-02")["transform.d"] == ("run", "date changed", False)


def test_a_volatile_node_runs_each_time_and_one_warning_says_so():
    world = World(node("transform.v", volatile="now()"))

    plan = world.plan()

    assert plan.steps[0].reason == "volatile: now()"
    assert len(plan.warnings) == 1


def test_full_forces_everything_and_refresh_its_sources(world):
    assert {reason for _, reason, _ in world.steps(full=True).values()} == {"forced (--full)"}
    refreshed = world.steps(refresh=frozenset({NodeId("source.s")}))
    assert refreshed["source.s"] == ("run", "refreshed (--refresh)", False)
    assert refreshed["source.other"][0] == "reuse"


def test_selecting_a_node_whose_input_never_ran_offers_to_select_it(world):
    del world.snapshots[NodeId("transform.a")]

    with pytest.raises(SelectionError) as caught:
        world.plan(selected=["transform.b"])

    assert "transform.a, which has never run" in caught.value.message
    assert "+transform.b" in caught.value.help


def test_a_stale_unselected_input_is_read_as_it_is_with_one_warning(world):
    old = Fingerprint(content="old", config="", upstream="")
    world.snapshots["transform.a"] = evolve(world.snapshots["transform.a"], fingerprint=old)

    plan = world.plan(selected=["transform.b"])

    assert [step.action for step in plan.steps] == ["reuse"]
    assert len(plan.warnings) == 1


def test_a_view_is_inlined_unless_something_needs_its_rows():
    world = World(
        node("source.s"),
        node("transform.v", "source.s", materialized="view", sql=SQL),
        node("transform.w", "source.s", materialized="view", sql=SQL),
        node("transform.p", "transform.w", python=PythonCode(file="a.py", function="p", line=1)),
    )

    assert inlined_views(world.nodes, world.graph) == {"transform.v"}


def test_inlining_stops_before_it_gets_too_deep():
    nodes = [node("transform.v0", materialized="view", sql=SQL)]
    for n in range(1, 120):
        nodes.append(node(f"transform.v{n}", f"transform.v{n - 1}", materialized="view", sql=SQL))
    world = World(*nodes)

    inlined = inlined_views(world.nodes, world.graph)

    stored = [n for n in range(120) if f"transform.v{n}" not in inlined]
    assert stored == [50, 101]
