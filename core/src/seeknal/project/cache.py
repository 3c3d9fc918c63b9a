"""A project as it was read last time, for as long as nothing that it was read from moved."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.host import clock
from seeknal.host.files import keep_text, kept_json
from seeknal.host.walk import python_files
from seeknal.project import codec
from seeknal.project.profile.endpoints import without_credentials
from seeknal.project.profile.envfile import environment
from seeknal.values.secret import holds_secret

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.project import Project

VERSION = 23
FOLDER = "seeknal"
OUTSIDE = "*.py"
"""Stands among the files when those beside the folder count as well."""
_NODES = (".yml", ".yaml", ".sql")
"""Files that are read as nodes wherever they lie."""
Stat = list[int]


def open_cache(
    root: Path,
    profile: Path | None,
    plugins: Plugins,
    variables: Mapping[str, object],
    *,
    writes: bool = True,
) -> Cache:
    """The cache of the project at ``root`` under these circumstances."""
    return Cache(root, profile, plugins, variables, writes=writes)


class Cache:
    """The last reading of a project. Unreadable or outdated content is simply not used."""

    def __init__(
        self,
        root: Path,
        profile: Path | None,
        plugins: Plugins,
        variables: Mapping[str, object],
        *,
        writes: bool = True,
    ) -> None:
        self.root = root
        self.writes = writes
        """Whether files are written: a reader that leaves none uses what others have left."""
        self.plugins = plugins
        self.path = root / "target" / "cache" / "project.json"
        self.profile = profile
        self.circumstances = _circumstances(plugins, variables)
        self.stats = file_stats(root, profile)
        self.content = kept_json(self.path) or None
        self.hashes: dict[str, str] = {}

    def project(self) -> Project | None:
        """The project, when nothing moved but dates of files; None otherwise."""
        content = self.content
        if content is None or content.get("circumstances") != self.circumstances:
            return None
        try:
            if not self._holds(content):
                return None
            return codec.project_from(content["project"], self.root, self.profile, self.plugins)
        except (AttributeError, LookupError, ValueError, TypeError):
            # Damaged: read the files again.
            return None

    def _holds(self, content: Mapping[str, Any]) -> bool:
        if content["dated"] and content["day"] != _today():
            return False
        if content["environment"] != self._environment(content["environment"]):
            return False
        if content["endpoints"] != self._endpoints(content["endpoints"]):
            return False
        return self._unmoved(content["files"])

    def _unmoved(self, known: Mapping[str, Any]) -> bool:
        if any(name.startswith(OUTSIDE) for name in known):
            self.look_outside()
        if known.keys() != self.stats.keys():
            return False
        touched = [name for name, stat in self.stats.items() if known[name][0] != stat]
        if any(self._hash(name) != known[name][1] for name in touched):
            return False
        if touched and self.content is not None:
            for name in touched:
                known[name][0] = self.stats[name]
            self._write(self.content)
        return True

    def _environment(self, names: Iterable[str]) -> dict[str, str]:
        """Hashes of the environment variables that templates may read."""
        values = environment(self.root)
        return {name: sha256(values.get(name, "").encode()).hexdigest() for name in names}

    def _endpoints(self, names: Iterable[str]) -> dict[str, str]:
        """Hashes of where the environment variables of connections lead, which may be secret."""
        values = environment(self.root)
        led = {name: without_credentials(values.get(name, "")) for name in names}
        return {name: sha256(text.encode()).hexdigest() for name, text in led.items()}

    def keep(
        self, project: Project, environment_names: Iterable[str], endpoint_names: Iterable[str]
    ) -> None:
        """Remember ``project`` for the next time."""
        from seeknal.project.templates.rendering import RUN_ID

        if not self.writes:
            return
        nodes = project.nodes.values()
        if any(node.volatile == RUN_ID for node in nodes):
            # A template that names the run is rendered anew for each.
            return
        if any(node.python is not None and node.python.computed for node in nodes):
            return
        if any(node.python is not None and node.python.outside for node in nodes):
            self.look_outside()
        self._write(
            {
                "circumstances": self.circumstances,
                "day": _today(),
                "dated": any(node.time_dependent for node in nodes),
                "environment": self._environment(sorted(environment_names)),
                "endpoints": self._endpoints(sorted(endpoint_names)),
                "files": {name: [stat, self._hash(name)] for name, stat in self.stats.items()},
                "project": codec.project_to(project),
            },
        )

    def _write(self, content: Mapping[str, Any]) -> None:
        text = json.dumps(content, separators=(",", ":"))
        # Whoever writes passwords into nodes reads their files each time.
        if self.writes and not holds_secret(text):
            # A target that cannot be written to is the run's problem, not that of reading.
            keep_text(self.path, text)

    def look_outside(self) -> None:
        """Take note of Python files that do not lie below ``seeknal/``."""
        self.stats[OUTSIDE] = []
        for name in python_files(self.root):
            path = self.root / name
            _note(name, path, self.stats)

    def _hash(self, name: str) -> str:
        if name == OUTSIDE:
            return ""
        if name not in self.hashes:
            self.hashes[name] = sha256((self.root / name).read_bytes()).hexdigest()
        return self.hashes[name]


def _circumstances(plugins: Plugins, variables: Mapping[str, object]) -> list[Any]:
    from seeknal import __version__

    others = [[plugin.name, plugin.version] for plugin in plugins.installed]
    given = json.dumps(dict(variables), sort_keys=True, default=str)
    return [
        VERSION,
        __version__,
        list(sys.version_info[:2]),
        others,
        given,
        _distributions(),
    ]


def _distributions() -> str:
    """Names and versions of what is installed: Python nodes depend on what they import."""
    found: list[str] = []
    for folder in sys.path:
        with suppress(OSError):
            found += [name for name in os.listdir(folder or ".") if name.endswith(".dist-info")]
    return sha256("\n".join(sorted(found)).encode()).hexdigest()


def file_stats(root: Path, profile: Path | None) -> dict[str, Stat]:
    """Every file that a project is read from, with what stat says of it, but code elsewhere."""
    found: dict[str, Stat] = {}
    for path in (root / "seeknal_project.yml", root / ".env", profile):
        if path is not None:
            _note(os.path.relpath(path, root), path, found)
    base = str(root / FOLDER)
    waiting = [(base, False)]
    while waiting:
        folder, among_data = waiting.pop()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    # Below pipelines/ a folder of any name may be a package.
                    data = entry.name == "data" and f"{os.sep}pipelines{os.sep}" not in entry.path
                    if entry.name != "__pycache__":
                        waiting.append((entry.path, among_data or data))
                elif entry.name.lower().endswith(_NODES) or not (
                    among_data or entry.name.endswith(".pyc")
                ):
                    _note(f"{FOLDER}{entry.path[len(base) :]}", entry, found)
    return dict(sorted(found.items()))


def _note(name: str, entry: Any, found: dict[str, Stat]) -> None:
    with suppress(OSError):
        status = entry.stat()
        if not stat.S_ISREG(status.st_mode):
            # Whoever needs it says so; reading a pipe would never end.
            return
        found[name] = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _today() -> str:
    return clock.now().date().isoformat()
