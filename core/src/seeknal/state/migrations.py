"""From older forms of the state to today's, one numbered step at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seeknal.state.sealed import Entry
from seeknal.values.errors import StateError

Migration = Callable[[Sequence[Entry]], list[Entry]]

MIGRATIONS: dict[int, Migration] = {
    # Version 2 adds environments that share snapshots, and what they know of themselves.
    1: list,
    # Version 3 adds outputs made of parts, of which older ones would remove the files.
    2: list,
}
"""``MIGRATIONS[k]`` turns entries of version k into entries of version k + 1."""


def schema_version() -> int:
    """The version that this seeknal writes."""
    return 1 + max(MIGRATIONS, default=0)


def migrate(entries: Sequence[Entry], version: int) -> list[Entry]:
    """``entries`` of an older version as they would be written today."""
    for number in range(version, schema_version()):
        entries = MIGRATIONS[number](entries)
    return list(entries)


def refuse_newer(version: int, file: str) -> None:
    """Raise StateError when ``file`` was written by a newer seeknal."""
    if version > schema_version():
        raise StateError(
            f"{file} has schema version {version}; this seeknal knows {schema_version()}",
            code="SK0803",
            help="upgrade seeknal, or set the file aside to build every node again",
        )
