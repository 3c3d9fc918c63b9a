"""Which steps run, beside which, and what a failure means for the others."""

import threading

import pytest
from tests.core.run.values import node

from seeknal.graph.dag import build_graph
from seeknal.run.dispatching import CPU_WORKERS, IO_WORKERS, Events, Limits, file_nodes, io_nodes
from seeknal.run.dispatching import run_plan as run
from seeknal.run.signals import Stop
from seeknal.values.names import NodeId
from seeknal.values.plan import Plan, Step
from seeknal.values.results import NodeResult
from seeknal.values.sources import Source


class Steps:
    """Carries out steps in no time: those in ``failing`` fail, as often as that says."""

    def __init__(self, failing=()):
        self.failing = dict(failing)
        self.given_up = set()
        self.order = []
        self.most = self.now = 0
        self.lock = threading.Lock()

    def execute(self, step):
        with self.lock:
            self.order.append(step.node.name)
            self.now += 1
            self.most = max(self.most, self.now)
        failures, code = self.failing.get(step.node.name, (0, ""))
        if failures:
            self.failing[step.node.name] = (failures - 1, code)
        with self.lock:
            self.now -= 1
        status = "failed" if failures else "reused" if step.action == "reuse" else "success"
        return NodeResult(node=step.node, status=status, reason=step.reason, code=code)

    def interrupt(self, thread=None):
        pass


def carry_out(nodes, failing=(), action="run", stop=None, **limits):
    """The results by name, and what the runner did."""
    made = {entry.id: entry for entry in nodes}
    graph = build_graph(made)
    steps = tuple(Step(node=id, action=action, reason="first run") for id in graph.order)
    runner = Steps(failing)
    told = []
    events = Events(started=lambda id: None, finished=told.append, stopping=lambda ids: None)
    plan = Plan(environment="prod", steps=steps)
    results = run(plan, graph, runner, Limits(**limits), events, {}, stop or Stop())
    assert {result.node for result in told} == {result.node for result in results}
    return {result.node.name: result for result in results}, runner


CHAIN = (node("a"), node("b", "transform.a"), node("c", "transform.b"), node("alone"))


def test_every_step_runs_after_those_that_it_reads():
    results, runner = carry_out(CHAIN)

    assert {result.status for result in results.values()} == {"success"}
    order = [name for name in runner.order if name != "alone"]
    assert order == ["a", "b", "c"]


def test_a_failure_skips_only_what_depends_on_it():
    results, _ = carry_out(CHAIN, {"a": (1, "SK0706")})

    assert [results[name].status for name in ("a", "b", "c", "alone")] == [
        *("failed", "skipped", "skipped", "success"),
    ]
    assert {results["b"].reason, results["c"].reason} == {"transform.a failed"}


def test_nothing_new_starts_after_a_failure_where_that_is_asked():
    results, _ = carry_out(CHAIN, {"a": (1, "SK0706")}, workers=1, fail_fast=True)

    assert results["alone"].status == "skipped"
    assert results["alone"].reason == "transform.a failed (--fail-fast)"


@pytest.mark.parametrize(("code", "tries"), [("SK0704", 3), ("SK0706", 1), ("SK0901", 1)])
def test_only_what_may_go_well_is_tried_again(code, tries, monkeypatch):
    monkeypatch.setattr(Stop, "wait", lambda self, seconds: None)

    results, runner = carry_out([node("a")], {"a": (2, code)}, retries=5)

    assert runner.order == ["a"] * tries
    assert results["a"].status == ("success" if tries > 1 else "failed")


def test_a_run_that_is_to_end_starts_nothing():
    stop = Stop()
    stop.ask()

    results, runner = carry_out(CHAIN, stop=stop)

    assert runner.order == []
    assert {result.status for result in results.values()} == {"skipped"}


def test_a_reused_step_takes_no_worker():
    _, runner = carry_out(CHAIN, action="reuse")

    assert runner.most == 1
    assert len(runner.order) == len(CHAIN)


def test_the_machine_decides_how_many_run_unless_somebody_says():
    known, asked = Limits(), Limits(workers=3)

    assert (known.total(), known.cpu(), known.files()) == (IO_WORKERS, CPU_WORKERS, 1)
    assert (asked.total(), asked.cpu(), asked.files()) == (3, 3, 3)


def test_sources_wait_for_others_but_for_those_that_read_files():
    def source(name, type, **more):
        id = NodeId(f"source.{name}")
        return node(str(id), sql=None, source=Source(node=id, type=type, options=None), **more)

    made = {entry.id: entry for entry in (source("f", "csv"), source("d", "shelf"), node("t"))}

    assert file_nodes(made, lambda type: type == "csv") == {"source.f"}
    assert io_nodes(made, lambda type: type == "csv") == {"source.d"}
