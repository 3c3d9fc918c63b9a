"""What a run tells people: a line per node as it ends, the failures, and the totals."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.cli.batches import Batches
from seeknal.cli.fitting import columns_of, speaker, wrapped
from seeknal.cli.layout import INDENT, Layout, layout_of
from seeknal.cli.live import Live, above
from seeknal.cli.stopping import Stopping
from seeknal.cli.streams import is_terminal, paint, say, warn
from seeknal.cli.totals import totals

if TYPE_CHECKING:
    from seeknal.values.audits import AuditResult
    from seeknal.values.deliveries import Delivery
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.plan import Plan, Step
    from seeknal.values.problems import Problem
    from seeknal.values.project import Project
    from seeknal.values.results import NodeResult, RunSummary
    from seeknal.values.targets import Target
    from seeknal.values.tracking import Batch

MODES = {"upsert_by_key": "upsert", "incremental_by_time": "incremental"}
COLOURS = {"failed": "red", "skipped": "yellow", "interrupted": "yellow", "reused": "dim"}


class Silent:
    """A reporter that only passes warnings on; for answers that are written at the end."""

    def __init__(self) -> None:
        self._stopping = Stopping()

    def planned(self, plan: Plan, project: Project) -> None:
        self._stopping.planned(plan, project)
        for problem in project.warnings:
            warn(brief(problem))

    def started(self, node: NodeId) -> None:
        self._stopping.started(node)

    def finished(self, result: NodeResult) -> None:
        self._stopping.finished(result)

    def stopping(self, nodes: Collection[NodeId]) -> None:
        if text := self._stopping.stopping(nodes):
            say(text)

    def logged(self, node: NodeId, level: int, text: str) -> None:
        from logging import WARNING

        if level >= WARNING:
            self.warn(f"{node}: {text}")

    def batched(self, node: NodeId, batch: Batch) -> None: ...

    def warn(self, message: str) -> None:
        warn(message)

    def ended(self, summary: RunSummary) -> None:
        self._stopping.ended()


class Lines:
    """A reporter for people. ``quiet`` leaves only failures, ``verbose`` adds phases."""

    def __init__(self, root: Path, *, quiet: bool = False, verbose: bool = False) -> None:
        self._root = root
        self._quiet = quiet
        self._verbose = verbose
        self._steps: Mapping[NodeId, Step] = {}
        self._targets: Mapping[str, Target] = {}
        self._nodes: Mapping[NodeId, Node] = {}
        self._layout = Layout()
        self._live: Live | None = None
        self._batches = Batches()
        self._stopping = Stopping()

    def planned(self, plan: Plan, project: Project) -> None:
        self._stopping.planned(plan, project)
        self._steps = {step.node: step for step in plan.steps}
        self._nodes = project.nodes
        self._targets = {
            target.key: target for step in plan.steps for target in project.nodes[step.node].targets
        }
        targets = {step.node: project.nodes[step.node].targets for step in plan.steps}
        self._layout = layout_of(plan.steps, columns_of(sys.stdout), targets)
        for problem in project.warnings if not self._quiet else ():
            warn(brief(problem))
        for step in plan.steps if not self._quiet else ():
            for note in step.notes if step.ranges else ():
                say(f"{speaker(step.node, sys.stderr)}: {note}")
        if plan.to_run and not self._quiet and is_terminal(sys.stderr):
            self._live = Live(len(plan.steps))
            self._live.begin()

    def started(self, node: NodeId) -> None:
        self._stopping.started(node)
        if self._live:
            self._live.start(node)

    def finished(self, result: NodeResult) -> None:
        self._stopping.finished(result)
        if self._live:
            self._live.finish(result.node)
        if not self._quiet:
            with above():
                print(self.line(result), flush=True)

    def stopping(self, nodes: Collection[NodeId]) -> None:
        if text := self._stopping.stopping(nodes):
            with above():
                say(text)

    def warn(self, message: str) -> None:
        with above():
            warn(message)

    def logged(self, node: NodeId, level: int, text: str) -> None:
        from logging import WARNING

        line = f"{speaker(node, sys.stderr)}: {text}"
        if level >= WARNING:
            self.warn(line)
        elif self._verbose:
            with above():
                say(line)

    def batched(self, node: NodeId, batch: Batch) -> None:
        from seeknal.cli.spans import batch_text

        if self._live:
            self._live.note(node, batch_text(batch))
        elif not self._quiet and self._batches.worth_a_line(node, batch):
            say(f"{speaker(node, sys.stderr)}: {batch_text(batch)}")

    def ended(self, summary: RunSummary) -> None:
        self._stopping.ended()
        if self._live:
            self._live.end()
            self._live = None
        if not self._quiet:
            text = totals(summary.results, summary.seconds, summary.interrupted, summary.abandoned)
            print(wrapped(text, self._layout.columns, 0, INDENT), flush=True)
        told = {result.node: result.audits for result in summary.results}
        for result in (*summary.results, *summary.abandoned):
            node = self._nodes.get(result.node)
            audits = self._audits(result, node, told)
            for text in failures(result, self._root, node, audits):
                say(f"\n{text}")

    def _audits(
        self,
        result: NodeResult,
        node: Node | None,
        told: Mapping[NodeId, Sequence[AuditResult]],
    ) -> list[tuple[AuditResult, Location | None]]:
        """A node's audits with their places; a rule's without those that its inputs tell."""
        if node is None or node.does != "checks":
            return _places(result.audits, node)
        parents = [self._nodes[id] for id in node.parents if id in self._nodes]
        asked = [
            audit for parent in parents for audit in parent.audits if audit.declared_by == node.id
        ]
        places = [audit.location for audit in asked]
        if len(places) != len(result.audits):
            places = [None] * len(result.audits)
        said = [audit for parent in node.parents for audit in told.get(parent, ())]
        pairs = zip(result.audits, places, strict=True)
        return [(audit, place) for audit, place in pairs if audit not in said]

    def line(self, result: NodeResult) -> str:
        """One node's line, as run.md shows it."""
        layout, verb = self._layout, self.verb(result)
        word = paint(f"{verb:<{layout.verb}}", COLOURS.get(verb, "green"), sys.stdout)
        numbers = f"{_rows(result):>{layout.rows}} {_seconds(result):>{layout.seconds}}"
        told = layout.told(result.reason, verb, numbers)
        parts = [layout.named(result.node), word, told, numbers]
        more = _ranges(result)
        more += [audits_text(result.audits)] if result.audits else []
        deliveries = [self.delivery_text(delivery) for delivery in result.deliveries]
        if self._verbose:
            times = [f"{phase} {took:.2f} s" for phase, took in result.phases.items()]
            deliveries += times if layout.columns is None else ["   ".join(times)]
        return layout.lines("  ".join(parts), more, deliveries)

    def verb(self, result: NodeResult) -> str:
        if result.status != "success":
            return result.status
        step = self._steps.get(result.node)
        if step is None:
            return "run"
        return step.otherwise if step.conditional and result.reason != step.reason else step.action

    def delivery_text(self, delivery: Delivery) -> str:
        target = self._targets.get(delivery.key)
        place = delivery.label
        if target and target.type != "file":
            mode = MODES.get(target.mode, target.mode)
            if delivery.status == "owed":
                return f"-> {place} ({mode}) OWED"
            detail = f" {delivery.detail}" if delivery.detail else ""
            place = f"{place} ({mode}, {delivery.rows:,}){detail}"
        return f"-> {place}" if delivery.status == "delivered" else f"-> {place} OWED"


def _ranges(result: NodeResult) -> list[str]:
    if result.work is None:
        return []
    from seeknal.cli.spans import work_text

    return work_text(result.work, result.processed)


def brief(problem: Problem) -> str:
    """A warning of the project's files in one line; ``validate`` shows it in full."""
    place = f" ({problem.location})" if problem.location else ""
    return f"{problem.message}{place}"


def _rows(result: NodeResult) -> str:
    if result.rows is None or result.status != "success":
        return ""
    return f"{result.rows:,} row" + ("s" if result.rows != 1 else " ")


def _seconds(result: NodeResult) -> str:
    return f"{result.seconds:.2f} s" if result.status in ("success", "failed") else ""


def audits_text(audits: Sequence[AuditResult]) -> str:
    """``2 audits ok``, or how many of them are not."""
    if not audits:
        return ""
    failed = sum(not audit.passed and audit.severity == "error" for audit in audits)
    warned = sum(not audit.passed for audit in audits) - failed
    noun = "audit" if len(audits) == 1 else "audits"
    if failed:
        return f"{failed} of {len(audits)} {noun} failed"
    return f"{len(audits)} {noun} ok" if not warned else f"{warned} of {len(audits)} {noun} warned"


def _place_of(delivery: Delivery, node: Node | None) -> Location | None:
    """Where the target of a delivery is declared, if that is still so."""
    targets = node.targets if node is not None else ()
    return next((entry.location for entry in targets if entry.key == delivery.key), None)


def _naming(node: NodeId, text: str) -> str:
    """What is told of a node, with its name in front unless it is told already."""
    named = re.search(rf"(?<![\w.]){re.escape(node)}(?![\w.])", text)
    return text if named else f"{node}: {text}"


def _places(
    audits: Sequence[AuditResult], node: Node | None
) -> list[tuple[AuditResult, Location | None]]:
    """The audits, each with where it is declared if that is still so."""
    declared = node.audits if node is not None and len(node.audits) == len(audits) else ()
    places = [audit.location for audit in declared] or [None] * len(audits)
    return [*zip(audits, places, strict=True)]


def failures(
    result: NodeResult,
    root: Path,
    node: Node | None = None,
    audits: Sequence[tuple[AuditResult, Location | None]] | None = None,
) -> list[str]:
    """What went wrong with one node, as messages for people.

    ``audits`` are those that may warn, each with its place; else all that the result has.
    """
    if audits is None:
        audits = _places(result.audits, node)
    if result.status != "failed" and not result.deliveries and not audits:
        return []
    from seeknal.cli.failing import rows_text
    from seeknal.cli.failures import message

    messages = []
    if result.status == "failed":
        text = _naming(result.node, result.error or "failed")
        failed = [audit for audit in result.audits if audit.severity == "error"]
        rows = rows_text(failed, node, root) if result.code == "SK0901" else []
        # The rows themselves say more than where they are.
        help = None if rows else result.help
        said = message("error", result.code, text, result.location, help, root)
        messages.append("\n".join([said, *rows]))
    messages += [
        message(
            "error",
            delivery.error.code,
            f"{result.node} -> {delivery.label}: {delivery.error.message}",
            _place_of(delivery, node),
            delivery.error.help,
            root,
        )
        for delivery in result.deliveries
        if delivery.status == "owed" and delivery.error
    ]
    warned = [
        (audit, place) for audit, place in audits if not audit.passed and audit.severity == "warn"
    ]
    return [*messages, *(_warning(result, *entry, node, root) for entry in warned)]


def _warning(
    result: NodeResult,
    audit: AuditResult,
    place: Location | None,
    node: Node | None,
    root: Path,
) -> str:
    from seeknal.cli.failing import rows_text
    from seeknal.cli.failures import message
    from seeknal.run.audits import named

    said = message("warning", "SK0901", f"{result.node}: {named(audit)}", place, root=root)
    return "\n".join([said, *rows_text([audit], node, root)])
