"""What a plan changes, with everything that is known of it: SQL, columns, durations."""

from __future__ import annotations

from seeknal.model import PRODUCTION, NodeId, Plan
from seeknal.plan.changes import Consequences, Known, consequences
from seeknal.project.commit import commit_of
from seeknal.run.session import Loaded, Request, is_narrowed
from seeknal.state.definitions import Definitions
from seeknal.state.history import History


def explain_plan(loaded: Loaded, plan: Plan, request: Request) -> Consequences:
    """The consequences of a plan. Imports DuckDB only when a node's SQL has changed."""
    project = loaded.project
    snapshots = loaded.snapshots(plan.environment)
    edited = {
        id
        for id, mark in plan.fingerprints.items()
        if (found := snapshots.get(id)) is not None
        and found.fingerprint.content != mark.content
        and project.nodes[id].sql is not None
    }
    columns = {}
    if edited:
        from seeknal.run.binding import bound_columns

        columns = bound_columns(edited, project.nodes, loaded.graph, snapshots)
    known = Known(
        sql_of=Definitions(project.target).text_of,
        columns_of=lambda node: columns.get(NodeId(node)),
        durations=History(project.target).durations() if plan.to_run else {},
    )
    whole = not is_narrowed(request)
    return consequences(plan, project.nodes, loaded.graph, snapshots, known, whole=whole)


def other_commit(loaded: Loaded) -> str | None:
    """A warning when production was last built from another commit than the files are at."""
    production = loaded.state.environments.get(PRODUCTION)
    here = commit_of(loaded.project.root)
    if production is None or not production.commit or not here or production.commit == here:
        return None
    return (
        f"{PRODUCTION} was last built from commit {production.commit[:10]},"
        f" these files are at {here[:10]}"
    )
