"""Commands that make an environment, delete one, or take note of what its origin holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.host.garbage import uncollected
from seeknal.plan.environments import check_name, existing
from seeknal.plan.session import writing
from seeknal.run.environments.preparing import (
    changed_in_origin,
    create_environment,
    take_note_of_origin,
)
from seeknal.state.artifacts import Artifacts
from seeknal.state.store import read_state
from seeknal.values.errors import UsageError
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.plan.session import Request
    from seeknal.state.store import State
    from seeknal.values.names import NodeId

    pass


def create(root: Path, request: Request, name: str, origin: str, ttl: float | None) -> int:
    """Make an environment with the map of another; gives its number of nodes."""
    check_name(name)
    with uncollected(), writing(root / "target", request) as store:
        environments = store.state.environments
        if name in environments or name == PRODUCTION:
            raise UsageError(f"environment {name!r} exists already", code="SK0822")
        existing(environments, origin)
        create_environment(store, root / "target", name, origin, ttl)
        return len(store.state.environments[name].snapshots)


def delete(root: Path, request: Request, name: str) -> None:
    """Remove an environment and its stable names; the janitor removes what only it had."""
    if name == PRODUCTION:
        raise UsageError(f"{PRODUCTION} is not deleted", code="SK0823", help="seeknal clean")
    with uncollected(), writing(root / "target", request) as store:
        check_deletable(store.state, name)
        store.delete(name)
        Artifacts(root / "target").unlink_all(name)


def check_deletable(state: State, name: str) -> None:
    """Raise UsageError where nothing is known of an environment.

    One that was lost with ``target`` is known by where it has delivered to: to delete it says that
    it does not come back.
    """
    if not any(known.environment == name for known in state.destinations.values()):
        existing(state.environments, name)


def rebase(root: Path, request: Request) -> tuple[NodeId, ...]:
    """Take note of the origin's definitions as they are now; gives those that have changed.

    Raises LockHeld when another command is writing.
    """
    if not changed_in_origin(read_state(root / "target").environments, request.environment):
        return ()
    with uncollected(), writing(root / "target", request) as store:
        return take_note_of_origin(store, request.environment)
