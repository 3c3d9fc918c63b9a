"""What `seeknal docs` shows of a project: its lineage document, and what runs have left of it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.lineage.document import Facts, lineage_document, scrubbed
from seeknal.plan.environments import existing
from seeknal.plan.views import is_view
from seeknal.project.python.syntax import first_line
from seeknal.query.catalog import brought_up_to_date
from seeknal.query.freshness import freshness_of
from seeknal.query.stored import last_statuses, lineage_of, previews, private_in
from seeknal.state.catalog import STATISTICS, VALUES
from seeknal.state.history import History
from seeknal.values.names import NodeId
from seeknal.values.pii import pii_columns

if TYPE_CHECKING:
    from seeknal.lineage.private import Private
    from seeknal.plan.session import Loaded
    from seeknal.values.deliveries import Delivery
    from seeknal.values.node import Node, PythonCode
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.targets import Target

MOST_RUNS = 30
"""How many runs are told of: of the project, and of each node."""

NOT_SHOWN = "why is not shown, for it may hold values of columns that were marked pii: true later"

Entry = dict[str, Any]


@frozen(kw_only=True)
class _Known:
    """What there is to look up about nodes, in one environment."""

    root: Path
    nodes: Mapping[NodeId, Node]
    snapshots: Mapping[NodeId, Snapshot]
    private: Mapping[NodeId, Private]
    tables: Mapping[str, Entry]
    runs: Mapping[NodeId | None, list[Entry]] = field(factory=dict)
    fresh: Mapping[NodeId, Entry] = field(factory=dict)


def docs_document(loaded: Loaded, environment: str, preview: int = 0) -> dict[str, Any]:
    """The lineage document of all nodes, with what a catalog tells of each besides.

    ``preview`` is how many rows of each node go into it, as text; none of them by itself. Columns
    with ``pii: true`` have neither values nor statistics that are values, and secrets are masked.
    Raises UsageError for an unknown environment.
    """
    root = loaded.project.root
    state = existing(loaded.state.environments, environment)
    lineage = lineage_of(loaded, environment)
    private = private_in(loaded, lineage, environment)

    def hides(id: NodeId, column: str) -> bool:
        return private[id].hides(column)

    facts = Facts(
        environment=environment,
        snapshots=loaded.snapshots(environment),
        statuses=last_statuses(root, environment),
        marks=state.marks,
        previews=previews(root, environment, loaded.graph.order, hides, preview) if preview else {},
    )
    document = lineage_document(loaded.project, loaded.graph, lineage, facts)
    known = _Known(
        root=root,
        nodes=loaded.project.nodes,
        private=private,
        snapshots=facts.snapshots,
        tables={
            entry["table_name"]: entry
            for entry in brought_up_to_date(root, state, loaded).documents()
        },
        runs=History(root / "target").newest(environment, MOST_RUNS),
        fresh={found.node: found.answer for found in freshness_of(loaded, environment)},
    )
    more = scrubbed([_node(entry, known) for entry in document["nodes"]])
    nodes_told = [{**entry, **told} for entry, told in zip(document["nodes"], more, strict=True)]
    project = {
        "description": loaded.project.description,
        "runs": [_run(record) for record in known.runs.get(None, ())],
    }
    return {**document, "nodes": nodes_told, "catalog": scrubbed(project)}


def _node(entry: Entry, known: _Known) -> Entry:
    id = NodeId(entry["id"])
    node, snapshot = known.nodes[id], known.snapshots.get(id)
    table = known.tables.get(id, {})
    statistics = {column["name"].lower(): column for column in table.get("columns", ())}
    return {
        "does": node.does,
        "business_purpose": node.business_purpose,
        "materialized": "view" if snapshot and is_view(snapshot) else node.materialized,
        "meta": {str(name): str(value) for name, value in node.meta.items()},
        "keys": list(node.keys),
        "time_column": node.time_column,
        "bytes": table.get("file_size_bytes"),
        "run_id": snapshot.made_by or None if snapshot else None,
        "generation": table.get("generation"),
        "freshness": {
            "loaded_at": snapshot.made_at or None if snapshot else None,
            **known.fresh.get(id, {}),
        },
        "python": _source(known.root, node.python) if node.python else None,
        "columns": [
            _column(column, statistics.get(column["name"].lower(), {}), known.private[id])
            for column in entry["columns"]
        ],
        "audits": [*entry["audits"], *_never_asked(node, entry["audits"])],
        "targets": [
            _target(told, target, snapshot)
            for told, target in zip(entry["targets"], node.targets, strict=True)
        ],
        "runs": [_step(record, pii_columns(known.nodes, id)) for record in known.runs.get(id, ())],
    }


def _column(column: Entry, statistics: Entry, private: Private) -> Entry:
    hidden = private.hides(column["name"])
    told = {name: statistics.get(name) for name in ("nullable", *STATISTICS)}
    return {
        **column,
        **told,
        **(dict.fromkeys(VALUES) if hidden else {}),
    }


def _never_asked(node: Node, answered: list[Entry]) -> list[Entry]:
    """The audits of which nothing was found yet: they are new, or nothing is stored."""
    left = Counter((audit["type"], audit["name"]) for audit in answered)
    found = []
    for audit in node.audits:
        key = audit.declared_type, audit.name
        if left[key]:
            left[key] -= 1
            continue
        found.append(
            {
                "type": audit.declared_type,
                "name": audit.name,
                "columns": list(getattr(audit.options, "columns", None) or ()),
                "passed": None,
                "failing_rows": None,
                "severity": audit.severity,
            }
        )
    return found


def _target(told: Entry, target: Target, snapshot: Snapshot | None) -> Entry:
    delivery = _delivery(target, snapshot)
    return {
        **told,
        "status": delivery.status if delivery else None,
        "delivered_at": (delivery.at or None)
        if delivery and delivery.status == "delivered"
        else None,
    }


def _delivery(target: Target, snapshot: Snapshot | None) -> Delivery | None:
    deliveries = snapshot.deliveries.values() if snapshot else ()
    return next((found for found in deliveries if found.key == target.key), None)


def _run(record: Mapping[str, Any]) -> Entry:
    return {
        "run_id": record.get("batch_id"),
        **{name: record.get(name) for name in ("status", "command", "started_at", "seconds")},
        "counts": record.get("nodes") or {},
    }


def _step(record: Mapping[str, Any], private: Collection[str]) -> Entry:
    error = record.get("error")
    if error and not set(record.get("private") or ()).issuperset(private):
        # It was written before these were marked.
        error = NOT_SHOWN
    return {
        "run_id": record.get("batch_id"),
        **{name: record.get(name) for name in ("status", "reason", "finished_at", "seconds")},
        "rows": record.get("rows_out"),
        "error": error,
    }


def _source(root: Path, code: PythonCode) -> str | None:
    """The text of the function behind a node, with its decorators."""
    lines, functions = _functions(root / code.file)
    for first, last, name in functions:
        if name == code.function and first <= code.line <= last:
            return "\n".join(lines[first - 1 : last])
    return None


@cache
def _functions(path: Path) -> tuple[list[str], list[tuple[int, int, str]]]:
    """A file's lines, and first line, last line and name of each function in it."""
    try:
        text = path.read_text(encoding="utf-8")
        functions = [
            found
            for found in ast.walk(ast.parse(text))
            if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
    except (OSError, ValueError, SyntaxError):
        return [], []
    places = [
        (first_line(found), found.end_lineno or found.lineno, found.name) for found in functions
    ]
    return text.splitlines(), places
