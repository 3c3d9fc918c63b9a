"""What seeknal_project.yml says about the project as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, field, frozen

from seeknal.kernel.options import convert, option
from seeknal.project.defaults import NodeDefaults, read_defaults
from seeknal.project.keys import UNUSED
from seeknal.project.paths import PROJECT_FILE
from seeknal.project.text_files import nothing_in, read_text
from seeknal.project.yaml_files import read_documents
from seeknal.project.zones import zone_fault
from seeknal.values.durations import Duration
from seeknal.values.marks import Marks
from seeknal.values.problems import Problem, Problems
from seeknal.values.project import (
    Calendar,
    Environments,
    Execution,
    Retention,
    Suffix,
    Weekday,
)

if TYPE_CHECKING:
    from seeknal.project.yaml_files import Document

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|[KMGT]i?B?)", re.IGNORECASE)
_UNITS = {"B": 1}
_UNITS |= {f"{unit}{end}": 1000**n for n, unit in enumerate("KMGT", 1) for end in ("", "B")}
_UNITS |= {f"{unit}{end}": 1024**n for n, unit in enumerate("KMGT", 1) for end in ("I", "IB")}


def _positive(instance: object, attribute: Any, value: Any) -> None:
    if isinstance(value, int | float) and value <= 0:
        raise ValueError(f"{attribute.name} must be greater than 0")


def _size(instance: object, attribute: Any, value: Any) -> None:
    if value is not None and bytes_of(value) is None:
        raise ValueError(f"{attribute.name}: {value!r} is no size; write it as 20GB")


def _timezone(instance: object, attribute: Any, value: Any) -> None:
    if value is not None and (fault := zone_fault(value)):
        raise ValueError(f"timezone: {fault}")


def _month(instance: object, attribute: Any, value: Any) -> None:
    if not 1 <= value <= 12:
        raise ValueError("fiscal_year_start is a month: 1 to 12")


def bytes_of(size: str | int) -> int | None:
    """``20GB`` as a number of bytes; None for what is no size."""
    if isinstance(size, int):
        return size if size > 0 else None
    match = _SIZE.fullmatch(size.strip())
    return int(float(match[1]) * _UNITS[match[2].upper()]) if match else None


@frozen(kw_only=True)
class ExecutionOptions:
    """``execution:``"""

    parallel: bool = option(True, summary="run independent nodes side by side")
    max_workers: int | Literal["auto"] = option(
        "auto", summary="nodes at once", validator=_positive
    )
    memory_limit: str | None = option(None, summary="what DuckDB may use, such as 4GB")
    timeout: Duration | None = option(None, summary="how long one node may take")
    retries: int = option(0, summary="further attempts of a node that failed")


@frozen(kw_only=True)
class EnvironmentOptions:
    """``environments:``"""

    suffix: Suffix = option("schema", summary="which part of a target's name the environment joins")
    materialize: bool = option(True, summary="environments deliver to targets of their own")


@frozen(kw_only=True)
class JanitorOptions:
    """``janitor:``"""

    environment_ttl: Duration | None = option(
        Duration.parse("7d"), summary="how long an unused environment is kept; null for ever"
    )
    output_retention: int = option(
        30, summary="generations kept of each environment", validator=_positive
    )
    state_history: Duration | None = option(
        Duration.parse("90d"), summary="how long the history stays uncompressed"
    )
    auto_run: bool = option(True, summary="clean up at the end of each run, for a second")
    orphan_detection: bool = option(True, summary="remove artifacts that nothing refers to")
    max_cache_size: str | int | None = option(
        None, summary="such as 20GB; the oldest generations go first", validator=_size
    )


@frozen(kw_only=True)
class CatalogOptions:
    """``catalog:``"""

    profile: Literal["metadata", "full"] = option(
        "metadata",
        summary="what statistics of columns are from: the footers of stored files, or every row",
    )


@frozen(kw_only=True)
class ProjectOptions:
    """Every key of seeknal_project.yml. Those from ``profile`` on are of seeknal 2.x."""

    name: str = option(summary="the project's name")
    version: str | float | int = option("1.0.0", summary="the project's version")
    description: str | None = option(None, summary="what the project is about")
    vars: Mapping[str, object] = option(factory=dict, summary="variables for templates")
    execution: ExecutionOptions = option(factory=ExecutionOptions, summary="how runs work")
    environments: EnvironmentOptions = option(
        factory=EnvironmentOptions, summary="where environments deliver to"
    )
    janitor: JanitorOptions = option(
        factory=JanitorOptions, summary="how much of what runs have stored is kept"
    )
    catalog: CatalogOptions = option(
        factory=CatalogOptions, summary="what is told of stored tables"
    )
    provenance: bool = option(
        False, summary="the rows of all sources get columns that say where they are from"
    )
    defaults: Mapping[str, object] = option(
        factory=dict,
        summary="keys that every node starts with; below `folders` those of a folder's nodes",
    )
    connections: Mapping[str, Mapping[str, object]] = option(
        factory=dict, summary="connections as profiles.yml has them, whose own win"
    )
    source_defaults: Mapping[str, Mapping[str, object]] = option(
        factory=dict, summary="params that every source of a type starts with"
    )
    week_start: Weekday = option("monday", summary="the day on which reported weeks begin")
    timezone: str | None = option(
        None,
        summary="where reported days begin and end, such as Asia/Jakarta",
        validator=_timezone,
    )
    fiscal_year_start: int = option(
        1, summary="the month in which fiscal years begin, 1 to 12", validator=_month
    )
    meta: Mapping[str, object] = option(factory=dict, summary="anything; never checked")
    profile: str | None = option(None, summary=UNUSED)
    config_version: int | None = option(None, aliases=("config-version",), summary=UNUSED)
    state_backend: str | None = option(None, summary=UNUSED)


@frozen(kw_only=True)
class Settings:
    """The settings of a project, and where they stand."""

    options: ProjectOptions
    defaults: NodeDefaults = field(factory=NodeDefaults)
    marks: Marks = field(factory=lambda: Marks("", {}, {}))

    @property
    def variables(self) -> dict[str, object]:
        """Declared variables with their values."""
        listed = self.environment_names
        return {
            name: value
            for name, value in self.options.vars.items()
            if not (listed and name == "env")
        }

    @property
    def environment_names(self) -> tuple[str, ...]:
        """Environment variables that templates may read; ``env: dev`` is a variable itself."""
        listed = self.options.vars.get("env", ())
        return tuple(str(name) for name in listed) if isinstance(listed, list) else ()

    @property
    def execution(self) -> Execution:
        chosen = self.options.execution
        return Execution(
            parallel=chosen.parallel,
            max_workers=chosen.max_workers,
            memory_limit=chosen.memory_limit,
            timeout=chosen.timeout.seconds if chosen.timeout else None,
            retries=chosen.retries,
        )

    @property
    def calendar(self) -> Calendar:
        chosen = self.options
        return Calendar(
            week_start=chosen.week_start,
            timezone=chosen.timezone,
            fiscal_year_start=chosen.fiscal_year_start,
        )

    @property
    def environments(self) -> Environments:
        chosen = self.options.environments
        return Environments(suffix=chosen.suffix, materialize=chosen.materialize)

    @property
    def retention(self) -> Retention:
        chosen = self.options.janitor
        ttl, history, size = chosen.environment_ttl, chosen.state_history, chosen.max_cache_size
        return Retention(
            environment_ttl=ttl.rough_seconds if ttl else None,
            output_retention=chosen.output_retention,
            state_history=history.rough_seconds if history else None,
            auto_run=chosen.auto_run,
            orphan_detection=chosen.orphan_detection,
            max_cache_size=None if size is None else bytes_of(size),
        )


def empty_file_problems(root: Path) -> list[Problem]:
    """A warning where the project file says nothing: without its variables rows are others."""
    text = read_text(root / PROJECT_FILE, PROJECT_FILE, Problems())
    empty = None if text is None else nothing_in(text, PROJECT_FILE)
    if empty is None:
        return []
    help = "restore it from git or a backup; a project of no settings has name: alone"
    return [evolve(empty, code="SK0132", severity="warn", help=help)]


def load_settings(root: Path) -> tuple[Settings, Problems]:
    """The project's settings, and what is wrong with them."""
    path = root / PROJECT_FILE
    problems = Problems()
    text = read_text(path, PROJECT_FILE, problems)
    documents, found = read_documents(text or "", PROJECT_FILE)
    problems += found
    if not documents:
        return Settings(options=ProjectOptions(name=root.name)), problems
    document = documents[0]
    problems += [only_one(other) for other in documents[1:]]
    if not isinstance(document.data, dict):
        problems.add("SK0108", "expected a mapping", document.location)
        return Settings(options=ProjectOptions(name=root.name)), problems
    data = {"name": root.name, **document.data}
    options = convert(ProjectOptions, data, document.marks, problems)
    if options is not None and not _NAME.fullmatch(options.name):
        text = f"project name {options.name!r} is not a name: letters, digits, _ and -"
        problems.add("SK0109", text, document.marks.value("name"))
    chosen = options or ProjectOptions(name=root.name)
    marks = document.marks.below("defaults")
    defaults = read_defaults(chosen.defaults, marks, problems, root)
    return Settings(options=chosen, defaults=defaults, marks=document.marks), problems


def only_one(document: Document) -> Problem:
    """A second document in a file that is one mapping."""
    message = "this file holds one document, and another begins here"
    return Problem(code="SK0108", message=message, location=document.location)
