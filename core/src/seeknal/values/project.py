"""A project as its files say it, with its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.problems import Problem
    from seeknal.values.targets import Target


Suffix = Literal["schema", "table", "catalog", "database"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@frozen(kw_only=True)
class Execution:
    """How a run uses the machine (``execution:`` of seeknal_project.yml)."""

    parallel: bool = True
    max_workers: int | Literal["auto"] = "auto"
    memory_limit: str | None = None
    timeout: float | None = None
    """Seconds that one node may take."""
    retries: int = 0


@frozen(kw_only=True)
class Environments:
    """How environments keep apart from production (``environments:`` of seeknal_project.yml)."""

    suffix: Suffix = "schema"
    materialize: bool = True


@frozen(kw_only=True)
class Retention:
    """What the janitor keeps, in seconds, generations and bytes (``janitor:``)."""

    environment_ttl: float | None = 7 * 86400.0
    output_retention: int = 30
    state_history: float | None = 90 * 86400.0
    auto_run: bool = True
    orphan_detection: bool = True
    max_cache_size: int | None = None


@frozen(kw_only=True)
class Calendar:
    """How time is cut into periods, for what reports over it.

    ``timezone`` None: times are taken as they stand. ``fiscal_year_start`` is a month, 1 to 12.
    """

    week_start: Weekday = "monday"
    timezone: str | None = None
    fiscal_year_start: int = 1


@frozen(kw_only=True)
class Project:
    """A project as its files say it. Nothing here knows whether a node was YAML or Python."""

    root: Path
    name: str
    version: str = "1.0.0"
    description: str | None = None
    nodes: Mapping[NodeId, Node]
    disabled: frozenset[NodeId] = frozenset()
    """Nodes that files define with ``enabled: false``."""
    wrong_targets: tuple[Target, ...] = ()
    """Targets whose options are wrong, as far as their places are known: for ``validate_project``
    alone, to tell what is in the way of what."""
    variables: Mapping[str, object] = field(factory=dict)
    execution: Execution = field(factory=Execution)
    environments: Environments = field(factory=Environments)
    retention: Retention = field(factory=Retention)
    calendar: Calendar = field(factory=Calendar)
    profile_statistics: bool = False
    """The catalog's statistics are taken of all rows (``catalog: {profile: full}``)."""
    warnings: tuple[Problem, ...] = ()
    profile: Path | None = None
    """The profiles.yml in force; its connections are read when one is used."""

    @property
    def target(self) -> Path:
        return self.root / "target"
