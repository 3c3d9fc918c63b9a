"""What runs did, node by node: lines of JSON in ``target/history``, one file per month.

Past months may be archived as Parquet.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict

from seeknal.host import clock
from seeknal.state.archive import archived_files, archived_records
from seeknal.state.faults import reading, writing
from seeknal.state.sealed import parse_object
from seeknal.values.estimates import Pace
from seeknal.values.freshness import by_runs, is_confirmed
from seeknal.values.names import NodeId
from seeknal.values.pii import pii_columns
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.values.deliveries import Delivery
    from seeknal.values.project import Project
    from seeknal.values.results import NodeResult, RunSummary
    from seeknal.values.snapshot import Snapshot

WELL = ("success", "reused")
"""Statuses of a step after which a node's output is what its files say."""
_BLOCK = 1 << 18
_FOR_DURATIONS = 5_000
_PACES = 20
_FOR_COUNTS = 200_000
"""Records that a run looks back on: its cost must not grow with its project's age."""


class History:
    """The records below ``target/history``. Readers need no lock."""

    def __init__(self, target: Path) -> None:
        self._folder = target / "history"

    def append(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Add records, in order; durable when this returns. Raises StateError."""
        if not records:
            return
        # Files are read in the order of their names: a clock that was put back must not hide
        # what comes now behind what it wrote when it ran ahead.
        months = [path.stem for path in self._folder.glob("????-??.ndjson")]
        path = self._folder / f"{max([*months, f'{clock.now():%Y-%m}'])}.ndjson"
        text = "".join(f"{json.dumps(record, separators=(',', ':'))}\n" for record in records)
        with writing(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.open("ab+") as file:
                file.write(_separator(file.fileno()) + text.encode())
                file.flush()
                os.fsync(file.fileno())

    def read(
        self, node: str | None = None, batch: str | None = None, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Records of a node, of a run, or all; newest first. Without months that are archived."""
        wanted = {"node": node, "batch_id": batch}
        return list(islice(self._matching(wanted), limit))

    def all(self, **wanted: str | None) -> Iterator[dict[str, Any]]:
        """Records that have the values given of ``node``, ``batch_id`` and others; newest first.

        Archived months are opened when all others have been read.
        """
        yield from self._matching(wanted)
        given = {name: value for name, value in wanted.items() if value is not None}
        for path in archived_files(self._folder):
            yield from archived_records(path, given)

    def newest(self, environment: str, each: int) -> dict[NodeId | None, list[dict[str, Any]]]:
        """The newest records of an environment: up to ``each`` of every node, and of runs (None).

        Without months that are archived.
        """
        found: dict[NodeId | None, list[dict[str, Any]]] = {}
        for record in self._matching({"environment": environment}, _FOR_COUNTS):
            node = record.get("node")
            records = found.setdefault(None if node is None else NodeId(node), [])
            if len(records) < each:
                records.append(record)
        return found

    def durations(self) -> dict[NodeId, float]:
        """How many seconds each node took when it last ran."""
        found: dict[NodeId, float] = {}
        for record in self._matching({"status": "success"}, _FOR_DURATIONS):
            if record.get("node") is not None:
                found.setdefault(NodeId(record["node"]), record.get("seconds") or 0.0)
        return found

    def paces(self) -> dict[NodeId, list[Pace]]:
        """What ranges of each tracked node took in the newest runs that computed some."""
        found: dict[NodeId, list[Pace]] = {}
        for record in self._matching({"status": "success"}, _FOR_DURATIONS):
            if record.get("node") is None or not record.get("processed"):
                continue
            paces = found.setdefault(NodeId(record["node"]), [])
            if len(paces) < _PACES:
                paces.append(
                    Pace(
                        ranges=record["processed"],
                        rows=record.get("rows_computed") or 0,
                        seconds=record.get("seconds") or 0.0,
                    )
                )
        return found

    def unwell(self, environment: str) -> set[NodeId]:
        """The nodes whose last record in an environment is of a failure, or of its consequences.

        Each run's record says so of the nodes before it: only what came later is read.
        """
        newer: dict[NodeId, str] = {}
        before: list[str] = []
        for record in self._matching({"environment": environment}):
            if record.get("node") is not None:
                newer.setdefault(NodeId(record["node"]), str(record.get("status")))
            elif (unwell := record.get("unwell")) is not None:
                before = unwell
                break
        known = {**{NodeId(node): "failed" for node in before}, **newer}
        return {node for node, status in known.items() if status not in WELL}

    def confirmed(
        self, environment: str, rows: Mapping[NodeId, tuple[str, str]]
    ) -> dict[NodeId, str]:
        """When a run last began that found these rows current, of nodes of which one did.

        ``rows`` are output ids, each with when its rows were computed, before which none did.
        """
        found: dict[NodeId, str] = {}
        records = self.all(environment=environment)
        while left := [made for id, (_, made) in rows.items() if id not in found]:
            record = next(records, None)
            if record is None or str(record.get("finished_at") or "") < min(left):
                break
            confirmed = record.get("confirmed") or {}
            for id, (output, _) in rows.items():
                if id not in found and confirmed.get(id) == output:
                    found[id] = str(record["started_at"])
        return found

    def row_counts(self, node: NodeId, limit: int, environment: str | None = None) -> list[int]:
        """Row counts of a node's last successful runs, newest first."""
        wanted = {"node": node, "status": "success", "environment": environment}
        counts = (record.get("rows_out") for record in self._matching(wanted, _FOR_COUNTS))
        return list(islice((count for count in counts if count is not None), limit))

    def _matching(
        self, wanted: Mapping[str, str | None], among: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Newest first, among the newest ``among``; what a crash cut short is left out."""
        needed = {key: value for key, value in wanted.items() if value is not None}
        texts = [json.dumps(value).encode() for value in needed.values()]
        for line in islice(self._lines(), among):
            # Most lines are seen to be of no interest without being parsed.
            if all(text in line for text in texts):
                record = parse_object(line.decode("utf-8", errors="replace"))
                if record and all(record.get(key) == value for key, value in needed.items()):
                    yield record

    def _lines(self) -> Iterator[bytes]:
        for path in sorted(self._folder.glob("*.ndjson"), reverse=True):
            yield from _lines_backwards(path)


def _separator(descriptor: int) -> bytes:
    """A newline when the file ends in the middle of a line."""
    size = os.fstat(descriptor).st_size
    return b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""


def _lines_backwards(path: Path) -> Iterator[bytes]:
    """A file's lines, last first, without holding the file."""
    with reading(path), path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        rest = b""
        while position:
            start = max(0, position - _BLOCK)
            file.seek(start)
            first, *lines = (file.read(position - start) + rest).split(b"\n")
            yield from (line for line in reversed(lines) if line)
            rest, position = first, start
        if rest:
            yield rest


def history_records(
    summary: RunSummary,
    project: Project,
    unwell: Collection[NodeId],
    snapshots: Mapping[NodeId, Snapshot],
) -> list[dict[str, Any]]:
    """One record per node and one for the run itself (its ``node`` is None).

    ``snapshots`` are what the environment has after it.

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
    confirmed = _confirmed(summary, project, snapshots)
    records = [_node(result, summary, project) for result in worked]
    return [*records, run_record(summary, still, confirmed)]


def _confirmed(
    summary: RunSummary, project: Project, snapshots: Mapping[NodeId, Snapshot]
) -> dict[str, str]:
    """The rows that a run has found, or made, current, of nodes that are as fresh as that."""
    found = {}
    for result in summary.results:
        snapshot = result.snapshot or snapshots.get(result.node)
        node = project.nodes[result.node]
        if result.status not in WELL or snapshot is None or not by_runs(node):
            continue
        if is_confirmed(node, snapshot):
            found[str(result.node)] = snapshot.output_id
    return found


def moved_records(
    environment: str, command: str, run_id: str, nodes: Collection[NodeId]
) -> list[dict[str, Any]]:
    """Records of nodes that failed before, and got an output that was built elsewhere."""
    now = clock.now().isoformat()
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


def run_record(
    summary: RunSummary, unwell: Collection[NodeId], confirmed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The record of a run itself, with the nodes that are ``unwell`` after it.

    ``confirmed``: output ids of rows that are current as of when it began.
    """
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
        **({"confirmed": dict(confirmed)} if confirmed else {}),
        "command": summary.command,
        **({"commit": summary.commit} if summary.commit else {}),
    }


def _node(result: NodeResult, summary: RunSummary, project: Project) -> dict[str, Any]:
    node = project.nodes[result.node]
    snapshot = result.snapshot
    private = sorted(pii_columns(project.nodes, node.id)) if result.error else []
    return {
        "batch_id": summary.run_id,
        "environment": summary.environment,
        "node": result.node,
        "layer": node.layer,
        "status": result.status,
        "reason": result.reason,
        **_transition(result),
        **_ranges(result),
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
        # Of no use but to who shows the error: it says nothing of columns that were marked later.
        **({"private": private} if private else {}),
    }


def _transition(result: NodeResult) -> dict[str, Any]:
    """From where its rows came; nothing of a step that computed none."""
    found = result.transition
    if found is None:
        return {}
    counts = [read.rows for read in found.reads]
    layers = dict.fromkeys(read.layer for read in found.reads if read.layer is not None)
    return {
        "source_layers": list(layers),
        "rows_in": sum(count for count in counts if count is not None)
        if counts and None not in counts
        else None,
        "columns_added": list(found.added),
        "columns_removed": list(found.removed),
        "reads": [asdict(read) for read in found.reads],
        "source_files": list(found.files),
    }


def _ranges(result: NodeResult) -> dict[str, Any]:
    """Which ranges of a tracked node it has computed, so that others can be told in advance."""
    work = result.work
    if work is None or not work.ranges:
        return {}
    from seeknal.intervals.wording import iso_spans

    return {
        "processed": work.ranges,
        "batches": work.batches,
        "rows_computed": work.rows,
        "spans": iso_spans(result.processed),
    }


def target_record(delivery: Delivery) -> dict[str, Any]:
    """What people and programs read of a delivery."""
    identity = ("key", "status", "output_id", "delivery_id", "environment", "number")
    told = ("rows", "label", "detail", "at", "refused")
    error = asdict(delivery.error) if delivery.error else None
    return {**{name: getattr(delivery, name) for name in (*identity, *told)}, "error": error}


def _after(started_at: str, seconds: float) -> str:
    return (datetime.fromisoformat(started_at) + timedelta(seconds=seconds)).isoformat()
