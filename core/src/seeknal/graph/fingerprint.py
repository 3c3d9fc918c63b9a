"""Fingerprints: what a node is, in hashes that change only when something does."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.graph.files_read import FilesRead
from seeknal.kernel.options import compact
from seeknal.values.digests import digest
from seeknal.values.snapshot import Fingerprint

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.values.audits import Audit
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node


def fingerprints(
    nodes: Mapping[NodeId, Node], graph: Graph, today: str, root: Path
) -> dict[NodeId, Fingerprint]:
    """Every node's fingerprint. ``today`` (ISO) enters those that read the date.

    A node has none where something that it reads, directly or not, is no node.

    Files below ``root`` that Python nodes read enter with what they hold. What nodes that only
    describe say is part of the definition of those that run, as far as it matters to these.
    """
    files = FilesRead(root)
    found: dict[NodeId, Fingerprint] = {}
    for id in graph.order:
        node = nodes[id]
        reads = node.parents
        if any(parent not in found for parent in reads):
            # The graph may not have those that are no nodes.
            continue
        runs = node.does != "describes"
        parents = [
            found[parent] for parent in reads if not (runs and nodes[parent].does == "describes")
        ]
        found[id] = Fingerprint(
            content=_content(node, today, files),
            config=config_hash(node),
            upstream=_upstream(parents),
            notes=node.notes,
        )
    return found


def _content(node: Node, today: str, files: FilesRead) -> str:
    values = [f"{name}={os.environ.get(name)}" for name in node.env]
    if node.time_dependent is not None:
        values.append(today)
    if node.python is not None and node.python.reads:
        values += files.contents(node.python.reads)
    return digest(node.definition, *values) if values else node.definition


def _upstream(parents: list[Fingerprint]) -> str:
    return digest(*(text for parent in parents for text in (parent.content, parent.upstream)))


def derived_id(content: str, inputs: Mapping[NodeId, str]) -> str:
    """The output id of a node that stores no rows: its definition over its inputs' content."""
    return digest(content, *(f"{id}={output}" for id, output in inputs.items()))[:16]


def config_hash(node: Node) -> str:
    """What people read about a node and where it goes: no reason to compute rows again."""
    return digest(
        node.description or "",
        node.owner or "",
        ",".join(node.tags),
        audits_key(node.audits),
        ",".join(target.key for target in node.targets),
        *(f"{key}={note}" for key, note in sorted(node.notes.items()) if key not in _TOLD),
    )


_TOLD = ("description", "owner", "tags")


def audits_key(audits: tuple[Audit, ...]) -> str:
    """Names a node's audits: the same key asks the same questions."""
    return digest(*(_audit_text(audit) for audit in audits)) if audits else ""


def _audit_text(audit: Audit) -> str:
    settings = [audit.type, audit.severity, audit.warn_if, audit.error_if]
    # Audits of all rows keep the keys that they had.
    settings += [audit.where] if audit.where is not None else []
    options = audit.plain_options
    options = compact(audit.options) if options is None else options
    return json.dumps([settings, options], sort_keys=True, default=str)
