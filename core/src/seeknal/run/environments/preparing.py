"""An environment before it is written to: made where it is new, mended where a command died."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.host import clock
from seeknal.plan.origins import changed_since, common_base
from seeknal.state.artifacts import Artifacts
from seeknal.state.ledger import definitions_of
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.plan.session import Request
    from seeknal.state.ledger import EnvironmentState
    from seeknal.state.store import StateStore
    from seeknal.values.names import NodeId
    from seeknal.values.project import Project
    from seeknal.values.snapshot import Artifact, Snapshot


def prepare_environment(store: StateStore, project: Project, request: Request) -> None:
    """Make a new environment from production, and an old one ready to be run."""
    mend_names(store, project.target, request.environment)
    environments = store.state.environments
    environment = environments.get(request.environment)
    if environment is None:
        if request.environment != PRODUCTION:
            create_environment(
                store, project.target, request.environment, PRODUCTION, _ttl(project)
            )
        return
    if environment.pinned is not None:
        store.annotate(environment.name, pinned=None)
    if environment.ttl is not None and _is_old(environment.updated):
        # In use though nothing changes: its time begins anew.
        store.annotate(environment.name)
    if (origin := environments.get(environment.origin or "")) is not None:
        base = common_base(environment, definitions_of(origin.snapshots))
        if base != environment.base:
            store.annotate(environment.name, base=base)


def changed_in_origin(
    environments: Mapping[str, EnvironmentState], name: str
) -> tuple[NodeId, ...]:
    """Nodes whose definition in an environment's origin is not the one last taken note of."""
    mine = environments.get(name)
    origin = environments.get(mine.origin or "") if mine else None
    return changed_since(mine, definitions_of(origin.snapshots)) if mine and origin else ()


def take_note_of_origin(store: StateStore, name: str) -> tuple[NodeId, ...]:
    """Take note of an origin's definitions as they are now; gives those that have changed."""
    environments = store.state.environments
    changed = changed_in_origin(environments, name)
    if changed:
        mine = environments[name]
        known = definitions_of(environments[mine.origin or ""].snapshots)
        store.annotate(name, seen={**mine.seen, **{id: known.get(id, "") for id in changed}})
    return changed


def _is_old(updated: str) -> bool:
    now, last = clock.now(), datetime.fromisoformat(updated)
    # What lies ahead was written by a clock that was wrong.
    return last + timedelta(days=1) < now or last > now


def _ttl(project: Project) -> float | None:
    return project.retention.environment_ttl


def create_environment(
    store: StateStore, target: Path, name: str, origin: str, ttl: float | None
) -> None:
    """Make ``name`` with the map of ``origin``; its stable names show the same files."""
    known = store.state.environments.get(origin)
    artifacts = Artifacts(target)
    # The environment is there when its names are: what a crash leaves here belongs to nobody.
    artifacts.unlink_all(name)
    artifacts.link_all(name, _stored(known.snapshots if known else {}))
    store.create(name, origin, ttl)


def mend_names(store: StateStore, target: Path, name: str) -> None:
    """Let stable names say what the map does, where they were removed or a command has died."""
    environment = store.state.environments.get(name)
    if environment is None:
        return
    artifacts = Artifacts(target)
    if environment.open is None:
        lost = artifacts.unnamed(name, environment.snapshots)
        # Views have no name: a look at each snapshot would be a cost of every run.
        if found := _stored({id: environment.snapshots[id] for id in lost}):
            artifacts.link_all(name, found)
        return
    stored = _stored(environment.snapshots)
    artifacts.link_all(name, stored)
    artifacts.unlink_others(name, stored)
    store.end_generation(name)


def _stored(snapshots: Mapping[NodeId, Snapshot]) -> dict[NodeId, Artifact]:
    return {id: found.artifact for id, found in snapshots.items() if found.artifact}
