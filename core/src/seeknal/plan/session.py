"""What a command asks for, and the project that it asks it of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from seeknal.values.model import PRODUCTION, NodeId, Project, Snapshot

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.kernel.plugins import Plugins
    from seeknal.state.store import State


@frozen(kw_only=True)
class Request:
    """What a command was asked to do.

    ``refresh``: sources to read again, ``()`` for all of them, None for none. ``workers`` None
    leaves it to the project. ``command`` is what the lock tells others.
    """

    environment: str = PRODUCTION
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    full: bool = False
    refresh: tuple[str, ...] | None = None
    variables: Mapping[str, object] = field(factory=dict)
    profile: Path | None = None
    target: str | None = None
    workers: int | Literal["auto"] | None = None
    fail_fast: bool = False
    retries: int | None = None
    no_materialize: bool = False
    unpin: bool = False
    forward_only: tuple[str, ...] = ()
    verify: bool = False
    lock_timeout: float = 0.0
    command: str = "run"


@frozen(kw_only=True)
class Loaded:
    """A project with its graph, the plugins it uses and its state."""

    project: Project
    graph: Graph
    plugins: Plugins
    state: State

    def snapshots(self, environment: str) -> Mapping[NodeId, Snapshot]:
        """The current outputs of an environment; production's for one that is not made yet."""
        environments = self.state.environments
        found = environments.get(environment) or environments.get(PRODUCTION)
        return found.snapshots if found else {}

    def owes(self, request: Request) -> bool:
        """Whether targets are owed what is built: an environment may be kept to artifacts alone."""
        isolated = request.environment != PRODUCTION
        return self.project.environments.materialize or not isolated

    def delivers(self, request: Request) -> bool:
        """Whether what targets are owed is attempted."""
        return self.owes(request) and not request.no_materialize


def is_narrowed(request: Request) -> bool:
    """Whether only some of the nodes were asked for."""
    options = (request.select, request.exclude, request.types, request.tags, request.exclude_tags)
    return any(options)
