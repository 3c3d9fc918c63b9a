"""Lineage that was told before, kept below ``target/`` by what it was told from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seeknal.host.files import keep_text, kept_json
from seeknal.lineage.model import NodeLineage
from seeknal.values.column_lineage import ColumnLineage, ColumnRef, QueryLineage
from seeknal.values.columns import Column
from seeknal.values.names import NodeId

MOST = 5_000
"""Entries that are kept for another time; more are dropped for those of the last."""

SCHEME = "3"
"""Goes up whenever the same query may get another answer."""


class LineageCache:
    """One JSON file; what is damaged or cannot be written is as if it were not there."""

    def __init__(self, target: Path, name: str = "columns.json") -> None:
        self._path = target / "lineage" / name
        self._known = _read(self._path)
        self._used: dict[str, Any] = {}

    def get(self, key: str) -> NodeLineage | None:
        """What was kept under ``key``."""
        data = self._known.get(key)
        if data is None:
            return None
        try:
            found = _decode(data)
        except (KeyError, TypeError, ValueError, IndexError):
            return None
        self._used[key] = data
        return found

    def put(self, key: str, lineage: NodeLineage) -> NodeLineage:
        """Keep ``lineage`` under ``key``, and give it back."""
        self._used[key] = encode(lineage)
        return lineage

    def save(self) -> None:
        """Keep what this project asked for, and nothing else."""
        if self._used.keys() == self._known.keys() or not self._used:
            return
        self._write()

    def add(self) -> None:
        """Keep what was asked for beside what was known, as long as that is not too much."""
        if self._used.keys() <= self._known.keys():
            return
        if len(self._known) < MOST:
            self._used = {**self._known, **self._used}
        self._write()

    def _write(self) -> None:
        text = json.dumps({"scheme": SCHEME, "nodes": self._used}, separators=(",", ":"))
        keep_text(self._path, text)


def _read(path: Path) -> Mapping[str, Any]:
    content = kept_json(path)
    nodes = content.get("nodes") if content.get("scheme") == SCHEME else None
    return nodes if isinstance(nodes, dict) else {}


def encode(lineage: NodeLineage) -> dict[str, Any]:
    """A node's lineage as JSON values; each column that it refers to stands once."""
    numbers: dict[ColumnRef, int] = {}

    def listed(refs: frozenset[ColumnRef]) -> list[int]:
        return [numbers.setdefault(ref, len(numbers)) for ref in sorted(refs)]

    query = lineage.query
    data = {
        "node": lineage.node,
        "parents": list(lineage.parents),
        "known": lineage.known,
        "columns": [[column.name, column.type, column.nullable] for column in lineage.columns],
        "lineage": [[c.name, listed(c.values), listed(c.influences)] for c in query.columns],
        "rows": listed(query.rows),
        "order": listed(query.order),
        "relations": sorted(query.relations),
        "ordered": query.ordered,
        "settled": query.settled,
        "unknown": query.unknown,
    }
    return data | {"refs": [list(ref) for ref in numbers]}


def _decode(data: Mapping[str, Any]) -> NodeLineage:
    refs = [ColumnRef(*ref) for ref in data["refs"]]

    def pick(numbers: Sequence[int]) -> frozenset[ColumnRef]:
        return frozenset([refs[number] for number in numbers])

    return NodeLineage(
        node=NodeId(data["node"]),
        parents=tuple(map(NodeId, data["parents"])),
        columns=tuple(Column(*column) for column in data["columns"]),
        known=data["known"],
        query=QueryLineage(
            columns=tuple(
                ColumnLineage(name=name, values=pick(values), influences=pick(influences))
                for name, values, influences in data["lineage"]
            ),
            rows=pick(data["rows"]),
            order=pick(data["order"]),
            relations=frozenset(data["relations"]),
            ordered=data["ordered"],
            settled=data["settled"],
            unknown=data["unknown"],
        ),
    )
