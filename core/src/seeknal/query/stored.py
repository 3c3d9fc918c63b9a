"""What is stored of each node: its rows, columns, size and when it last ran."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, frozen

from seeknal.intervals.holding import holding_of
from seeknal.lineage.private import outdated, private_columns
from seeknal.plan.views import is_view
from seeknal.query.database import open_views, snapshots_of, state_of
from seeknal.values.columns import Column
from seeknal.values.credentials import MASK
from seeknal.values.errors import UsageError, did_you_mean
from seeknal.values.names import PRODUCTION, NodeId

if TYPE_CHECKING:
    from seeknal.intervals.holding import Holding
    from seeknal.lineage.model import ProjectLineage
    from seeknal.lineage.private import Private
    from seeknal.plan.session import Loaded
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot

Found = TypeVar("Found")

UNSTORED = ("failed", "skipped", "interrupted")
"""How the last step of a node ended of which nothing is stored, if it ever ran."""


@frozen(kw_only=True)
class Stored:
    """One node and what is kept of it. A view is kept without rows."""

    node: NodeId
    kind: str
    layer: str | None
    status: str
    rows: int | None
    columns: tuple[Column, ...]
    bytes: int | None
    last_run: str | None
    path: str | None
    files: tuple[str, ...] = ()
    """Those that hold its rows; several of one that is made of parts."""
    note: str | None = None
    """What has to be known of its rows."""
    ranges: Holding | None = None
    """What of it is done, where its rows are processed by ranges of time."""


def stored_outputs(root: Path, environment: str, loaded: Loaded | None) -> list[Stored]:
    """Every node of the project and every stored output, in order of name.

    ``loaded`` may be None (the project's files are wrong): then only what is stored is known.
    """
    state = state_of(root, environment)
    snapshots = state.snapshots
    nodes: Mapping[NodeId, Node] = loaded.project.nodes if loaded else {}
    kinds = loaded.plugins.kinds if loaded else {}
    rowless = {name for name, kind in kinds.items() if not kind.produces_rows}
    ended = last_statuses(root, environment) if nodes.keys() - snapshots.keys() else {}
    found = [
        _stored(id, nodes.get(id), snapshots.get(id), ended.get(id), known=loaded is not None)
        for id in sorted({*nodes, *snapshots})
    ]
    return [
        evolve(
            entry,
            status="no rows" if entry.kind in rowless else entry.status,
            ranges=holding_of(snapshots[entry.node], state.marks.get(entry.node, ()))
            if entry.node in snapshots
            else None,
        )
        for entry in found
    ]


def _stored(
    id: NodeId, node: Node | None, snapshot: Snapshot | None, ended: str | None, *, known: bool
) -> Stored:
    artifact = snapshot.artifact if snapshot else None
    defined = node.layer if node else None
    return Stored(
        node=id,
        kind=id.kind,
        layer=snapshot.layer_among(defined) if snapshot else defined,
        status=_status(node, snapshot, ended, known),
        rows=artifact.rows if artifact else None,
        columns=(snapshot.columns if snapshot else None) or (),
        bytes=artifact.size if artifact else None,
        last_run=snapshot.made_at or None if snapshot else None,
        path=artifact.path if artifact else None,
        files=artifact.files if artifact else (),
        note=snapshot.note if snapshot else None,
    )


def _status(node: Node | None, snapshot: Snapshot | None, ended: str | None, known: bool) -> str:
    if snapshot is None:
        return ended if ended in UNSTORED else "never run"
    if node is None and known:
        return "removed"
    if snapshot.failing:
        return "audit failed"
    if any(delivery.status == "owed" for delivery in snapshot.deliveries.values()):
        return "target owed"
    return "view" if is_view(snapshot) else "ok"


def find_output(
    outputs: list[Stored], name: str, lacking: Callable[[NodeId], UsageError]
) -> Stored:
    """The output that ``name`` means, with or without its kind.

    Raises UsageError for an unknown or ambiguous name, and what ``lacking`` gives for a node of
    which nothing is stored.
    """
    found = find_node(name, {entry.node: entry for entry in outputs})
    if found.status in (*UNSTORED, "never run"):
        raise lacking(found.node)
    if not found.columns:
        raise UsageError(
            f"{found.node} keeps no rows of its own",
            code="SK0354",
            help="inspect one of the nodes that it reads: seeknal list",
        )
    return found


def find_node(name: str, nodes: Mapping[NodeId, Found]) -> Found:
    """What ``nodes`` have for the one that ``name`` means, with or without its kind.

    Raises UsageError for a name that none has, or several.
    """
    if name in nodes:
        return nodes[NodeId(name)]
    matches = [id for id in nodes if id.name == name]
    if len(matches) == 1:
        return nodes[matches[0]]
    if matches:
        help = f"say {' or '.join(matches)}"
        raise UsageError(f"{name!r} means several nodes", code="SK0351", help=help)
    raise no_node(name, nodes)


def no_node(name: str, known: Collection[NodeId]) -> UsageError:
    """The error for a name, with its kind or without, that none of the ``known`` nodes has."""
    near = did_you_mean(name, [*known, *(id.name for id in known)])
    return UsageError(
        f"no node {name!r}", code="SK0350", help=near or "seeknal list shows all nodes"
    )


def lineage_of(loaded: Loaded, environment: str) -> ProjectLineage:
    """What every node of a project depends on, as far as an environment's outputs tell."""
    from seeknal.lineage.project import trace_project

    return trace_project(
        loaded.project,
        loaded.graph,
        loaded.plugins,
        fingerprints=loaded.fingerprints(),
        snapshots=snapshots_of(loaded.project.root, environment),
    )


def private_in(
    loaded: Loaded, lineage: ProjectLineage, environment: str
) -> Mapping[NodeId, Private]:
    """Whose values in an environment's stored rows are shown to nobody."""
    old = outdated(loaded.fingerprints(), loaded.snapshots(environment))
    return private_columns(loaded.project.nodes, lineage, old)


def generated_sql(loaded: Loaded, node: Node) -> str:
    """The SQL that a node's rows come from: its own, or what its kind makes of its options.

    Raises Unbound when that takes columns that are not known until its inputs have run.
    """
    from seeknal.lineage.binding import Binder, Unbound

    kind = loaded.plugins.kinds.get(node.kind)
    body = node.sql.executable if node.sql else None
    if body is not None and (node.rows_of_body or kind is None or not kind.produces_rows):
        return body
    if kind is None or not kind.produces_rows:
        raise Unbound(f"a {node.kind} computes no rows")
    known = lineage_of(loaded, PRODUCTION).nodes
    with closing(Binder(loaded.project, loaded.plugins)) as binder:
        for id in node.parents:
            if not known[id].known:
                raise Unbound(f"the columns of {id} are not known until it has run")
            binder.define(id, known[id].columns)
        return binder.generated(node, body, node.parents)


def last_statuses(root: Path, environment: str) -> dict[NodeId, str]:
    """How the last step of each node that ever ran ended."""
    from seeknal.state.history import WELL, History

    found: dict[NodeId, str] = {}
    for record in History(root / "target").all(environment=environment):
        if record.get("node") is not None:
            found.setdefault(NodeId(record["node"]), str(record["status"]))
    return {id: "success" if status in WELL else status for id, status in found.items()}


LONGEST = 500
"""How many characters of a value a preview has."""

_TEXT = "COLUMNS(*)::VARCHAR"
# Cut by DuckDB: a value of megabytes never gets here.
_SHORT = (
    f"CASE WHEN length({_TEXT}) <= {LONGEST} THEN {_TEXT}"
    f" ELSE left({_TEXT}, {LONGEST}) || '… (' || length({_TEXT}) || ' characters)' END"
)


def previews(
    root: Path,
    environment: str,
    nodes: Sequence[NodeId],
    hides: Callable[[NodeId, str], bool],
    limit: int = 20,
) -> dict[NodeId, dict[str, Any]]:
    """The first rows of each node that keeps some, every value as text, a long one cut.

    ``hides``: whether a node's column is shown to nobody; its values are ``***``, NULL stays.
    """
    import duckdb

    from seeknal.sql.quote import quote_name

    found = {}
    with open_views(root, environment) as views:
        for id in nodes:
            try:
                # As SQL writes it: Python has no months, and no moments without a package more.
                rows = views.sql(
                    f"SELECT {_SHORT} FROM {quote_name(id.kind, id.name)} LIMIT {int(limit)}"
                )
                names = list(rows.columns)
                hidden = [hides(id, name) for name in names]
                values = [list(map(_text, row, hidden)) for row in rows.fetchall()]
            except duckdb.Error:
                # It keeps no rows, or its file is gone: the page shows it without.
                continue
            found[id] = {"columns": names, "rows": values}
    return found


def _text(value: str | None, hidden: bool) -> str | None:
    return None if value is None else MASK if hidden else value
