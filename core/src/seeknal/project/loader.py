"""The project at a path: from the cache when nothing moved, else from its files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.project.cache import open_cache
from seeknal.project.paths import PROJECT_FILE, find_profile, root_above
from seeknal.project.profile.confidential import note_variables
from seeknal.project.profile.secrecy import note_project
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.project import Project


def find_root(start: Path) -> Path:
    """The project that ``start`` lies in. Raises UsageError when there is none."""
    if (found := root_above(start.resolve())) is not None:
        return found
    raise UsageError(
        f"no {PROJECT_FILE} in {start} or above it",
        code="SK0004",
        help="go to your project, say --project DIR, or begin one: seeknal init",
    )


def load_project(
    root: Path,
    plugins: Plugins,
    *,
    variables: Mapping[str, object] | None = None,
    profile: Path | None = None,
    use_cache: bool = True,
    keep: bool = True,
    beside: Mapping[str, str] | None = None,
) -> Project:
    """The project at ``root``.

    ``variables`` win over those of the project file. Files that did not move since the last
    time come from a cache, which is written anew where ``keep`` says so. ``beside`` are texts of
    YAML files that are read as if they stood there, by their paths. Raises ProjectError with
    everything that is wrong.
    """
    chosen = find_profile(root, profile)
    note_project(root, chosen)
    note_variables({name: str(value) for name, value in (variables or {}).items()})
    use_cache = use_cache and not beside
    cache = None
    if use_cache:
        cache = open_cache(root, chosen, plugins, variables or {}, writes=keep)
    if cache is not None and (project := cache.project()) is not None:
        return project
    # Only now: reading files brings modules that a run without changes does not need.
    from seeknal.project.reading import read_project

    return read_project(root, plugins, variables or {}, chosen, cache, beside or {})
