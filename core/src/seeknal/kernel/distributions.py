"""What is installed: the distributions on the path and what they name in entry points.

`importlib.metadata` says the same, and brings parsers of e-mail and zip files with it, which cost a
tenth of what ``--help`` does. So the folders that installers write are read here; where anything
else may hold a distribution, it is asked.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path

_FOLDER = ".dist-info"
_OLDER = (".egg-info", ".egg", ".egg-link")
"""What earlier installers wrote."""
_SETTLED = 1_000_000_000
"""Nanoseconds after which a folder's time tells whether something was written into it."""


class Distribution:
    """An installed distribution. Its files are read when something of them is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.location = str(folder.parent)

    @property
    def key(self) -> str:
        """Its name without what spellings of a name differ by."""
        return normal(self._folder.name.removesuffix(_FOLDER).partition("-")[0])

    @property
    def name(self) -> str:
        return next(self._headers("Name"), "")

    @property
    def version(self) -> str:
        return next(self._headers("Version"), "")

    @property
    def requires(self) -> tuple[str, ...]:
        """The distributions that it asks for, as it writes them."""
        return tuple(self._headers("Requires-Dist"))

    @cached_property
    def entry_points(self) -> tuple[tuple[str, str, str], ...]:
        """Group, name and value of each entry point."""
        return tuple(_entry_points(self._text("entry_points.txt").splitlines()))

    def _headers(self, name: str) -> Iterator[str]:
        return (value for key, value in self._metadata if key.lower() == name.lower())

    @cached_property
    def _metadata(self) -> tuple[tuple[str, str], ...]:
        head = self._text("METADATA").partition("\n\n")[0]
        lines = head.replace("\n ", " ").replace("\n\t", " ").splitlines()
        pairs = (line.partition(":") for line in lines)
        return tuple((key.strip(), value.strip()) for key, _, value in pairs)

    def _text(self, file: str) -> str:
        try:
            return (self._folder / file).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


class _Asked(Distribution):
    """One that `importlib.metadata` has found."""

    def __init__(self, found: object) -> None:
        from importlib.metadata import Distribution as Found

        assert isinstance(found, Found)
        self._found = found
        self.location = str(found.locate_file(""))

    @property
    def key(self) -> str:
        return normal(self.name)

    @cached_property
    def _metadata(self) -> tuple[tuple[str, str], ...]:
        metadata = self._found.metadata
        return tuple((key, value) for key in set(metadata) for value in metadata.get_all(key) or ())

    def _text(self, file: str) -> str:
        return self._found.read_text(file) or ""


def distributions() -> list[Distribution]:
    """Every distribution in the order of the path: of two of one name, Python imports the first."""
    found = _in_folders()
    if found is not None:
        return found
    from importlib.metadata import distributions as asked

    return [_Asked(found) for found in asked()]


def normal(name: str) -> str:
    """A name as the one that all its spellings share."""
    return name.replace("-", "_").replace(".", "_").lower()


def _in_folders() -> list[Distribution] | None:
    """The distributions that are folders; None where there may be others."""
    if any(hasattr(finder, "find_distributions") for finder in _other_finders()):
        return None
    found: list[Distribution] = []
    for place in sys.path:
        try:
            there = _in_place(place)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        if there is None:
            return None
        found += there
    return found


def _in_place(place: str) -> tuple[Distribution, ...] | None:
    changed = os.stat(place or ".").st_mtime_ns
    # What changes twice within a tick of the clock does not show it.
    is_settled = time.time_ns() - changed > _SETTLED
    read = _in_folder if is_settled else _in_folder.__wrapped__
    return read(place, os.path.abspath(place), changed)


@lru_cache(maxsize=64)
def _in_folder(place: str, path: str, changed: int) -> tuple[Distribution, ...] | None:
    """Those in one folder of the path; one command asks several times, and hosts at each command.

    ``path`` and ``changed`` tell what was there before from what is there now.
    """
    names = os.listdir(place or ".")
    if any(name.endswith(_OLDER) for name in names):
        return None
    return tuple(Distribution(Path(place, name)) for name in names if name.endswith(_FOLDER))


def _other_finders() -> Iterable[object]:
    return (each for each in sys.meta_path if getattr(each, "__name__", "") != "PathFinder")


def _entry_points(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    group = ""
    for line in map(str.strip, lines):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield group, name.strip(), value.strip()
