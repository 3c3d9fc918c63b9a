"""What runs did, node by node: lines of JSON in ``target/history``, one file per month.

Past months may be archived as Parquet.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from seeknal.state.archive import archived_files, archived_records
from seeknal.state.faults import reading, writing
from seeknal.state.sealed import parse_object
from seeknal.values.model import NodeId

WELL = ("success", "reused")
"""Statuses of a step after which a node's output is what its files say."""
_BLOCK = 1 << 18
_FOR_DURATIONS = 5_000
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
        path = self._folder / f"{max([*months, f'{datetime.now(UTC):%Y-%m}'])}.ndjson"
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

    def durations(self) -> dict[NodeId, float]:
        """How many seconds each node took when it last ran."""
        found: dict[NodeId, float] = {}
        for record in self._matching({"status": "success"}, _FOR_DURATIONS):
            if record.get("node") is not None:
                found.setdefault(NodeId(record["node"]), record.get("seconds") or 0.0)
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
