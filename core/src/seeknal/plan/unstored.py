"""Why nothing is stored of a node that the project has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.plan.plugin_queries import rowless_kinds
from seeknal.plan.session import Request, load
from seeknal.sql.names import find, named
from seeknal.sql.refs import replace_refs
from seeknal.sql.scopes import table_references
from seeknal.sql.tokens import tokenize
from seeknal.state.history import History
from seeknal.values.errors import ProjectError, UsageError

if TYPE_CHECKING:
    from seeknal.values.names import NodeId

_ENDED = {"failed": "failed", "skipped": "was skipped", "interrupted": "was interrupted"}


def unstored(id: NodeId, environment: str, target: Path) -> UsageError:
    """The error for a node of which an environment stores nothing: it never ran, or failed."""
    last = next(History(target).all(node=id, environment=environment), {})
    ended = _ENDED.get(str(last.get("status")))
    if ended is None:
        return UsageError(
            f"{id} has never run",
            code="SK0352",
            help=f"run it and what it reads: seeknal run --select +{id}",
        )
    return UsageError(
        f"nothing is stored of {id}: it {ended} when it last ran{_moment(last)}",
        code="SK0352",
        help=f"seeknal history --node {id} says why",
    )


def _moment(record: Mapping[str, object]) -> str:
    at = str(record.get("finished_at") or record.get("started_at") or "")
    return f", at {at[:19].replace('T', ' ')} UTC" if at else ""


def unstored_in(query: str, root: Path, environment: str) -> UsageError | None:
    """The error for the first node in a query of which nothing is stored; None without one.

    A node is named by ``ref()`` or as a table. Nothing is known of them while the project's files
    are wrong.
    """
    try:
        loaded = load(root, Request(command="query", environment=environment))
        known = list(loaded.project.nodes)
        tokens = tokenize(replace_refs(query, known))
    except (ProjectError, UsageError):
        return None
    stored = loaded.snapshots(environment)
    rowless = rowless_kinds(loaded.plugins)
    for table in table_references(tokens):
        id = None if table.shadowed or table.function else _meant(table.parts, known)
        if id is not None and id not in stored and id.kind not in rowless:
            return unstored(id, environment, loaded.project.target)
    return None


def _meant(parts: Sequence[str], known: Collection[NodeId]) -> NodeId | None:
    """The node that a table's name may be, with its kind or, where one has it, without."""
    text = ".".join(parts)
    if "." in text:
        return find(text, known)
    found = named(text, known)
    return found[0] if len(found) == 1 else None
