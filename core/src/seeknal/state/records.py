"""What the history keeps of a run: one record for each node that was worked on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import asdict

from seeknal.state.history import WELL
from seeknal.values.model import Delivery, NodeId, NodeResult, Project, RunSummary
from seeknal.values.secret import scrub


def history_records(
    summary: RunSummary, project: Project, unwell: Collection[NodeId]
) -> list[dict[str, Any]]:
    """One record per node and one for the run itself (its ``node`` is None).

    A node that was only reused has one when it was ``unwell`` before: its last record is what is
    told of it.
    """
    worked = [
        result for result in summary.results if result.status != "reused" or result.node in unwell
    ]
    touched = {result.node for result in summary.results}
    still = {result.node for result in worked if result.status not in WELL} | (
        set(unwell) - touched
    )
    return [*(_node(result, summary, project) for result in worked), run_record(summary, still)]


def moved_records(
    environment: str, command: str, run_id: str, nodes: Collection[NodeId]
) -> list[dict[str, Any]]:
    """Records of nodes that failed before, and got an output that was built elsewhere."""
    now = datetime.now(UTC).isoformat()
    return [
        {
            "batch_id": run_id,
            "environment": environment,
            "node": node,
            "status": "reused",
            "reason": command,
            "started_at": now,
            "finished_at": now,
        }
        for node in sorted(nodes)
    ]


def run_record(summary: RunSummary, unwell: Collection[NodeId]) -> dict[str, Any]:
    """The record of a run itself, with the nodes that are ``unwell`` after it."""
    statuses = [result.status for result in summary.results]
    return {
        "batch_id": summary.run_id,
        "environment": summary.environment,
        "node": None,
        "status": "interrupted" if summary.interrupted else "success" if summary.ok else "failed",
        "started_at": summary.started_at,
        "finished_at": _after(summary.started_at, summary.seconds),
        "seconds": round(summary.seconds, 6),
        "nodes": {status: statuses.count(status) for status in dict.fromkeys(statuses)},
        "unwell": sorted(unwell),
        "command": summary.command,
        **({"commit": summary.commit} if summary.commit else {}),
    }


def _node(result: NodeResult, summary: RunSummary, project: Project) -> dict[str, Any]:
    node = project.nodes[result.node]
    snapshot = result.snapshot
    return {
        "batch_id": summary.run_id,
        "environment": summary.environment,
        "node": result.node,
        "layer": node.layer,
        "status": result.status,
        "reason": result.reason,
        "rows_in": result.rows_in,
        "rows_out": result.rows,
        "bytes": result.bytes,
        "seconds": round(result.seconds, 6),
        "phases": {name: round(value, 6) for name, value in result.phases.items()},
        "started_at": summary.started_at,
        "finished_at": snapshot.finished_at
        if snapshot
        else _after(summary.started_at, summary.seconds),
        "fingerprint": snapshot.fingerprint.short if snapshot else None,
        "inputs": dict(snapshot.inputs) if snapshot else {},
        "artifact": snapshot.artifact.path if snapshot and snapshot.artifact else None,
        "audits": [asdict(audit) for audit in result.audits],
        "targets": [target_record(delivery) for delivery in result.deliveries],
        "error": scrub(result.error) if result.error else None,
    }


def target_record(delivery: Delivery) -> dict[str, Any]:
    """What people and programs read of a delivery."""
    identity = ("key", "status", "output_id", "delivery_id", "environment", "number")
    told = ("rows", "label", "detail", "error", "at", "refused")
    return {name: getattr(delivery, name) for name in (*identity, *told)}


def _after(started_at: str, seconds: float) -> str:
    return (datetime.fromisoformat(started_at) + timedelta(seconds=seconds)).isoformat()
