"""Which files a table names, and which lie in its folders that nobody names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from attrs import frozen

if TYPE_CHECKING:
    from pyiceberg.table import Table

FOLDERS = ("data", "metadata")


@frozen(kw_only=True)
class StoredFile:
    """A file below a table's location: where, and how many bytes."""

    location: str
    size: int
    modified: float = 0.0
    """Seconds since 1970."""


def named_files(table: Table) -> dict[str, int | None]:
    """Locations of all that the table's metadata names, with their sizes where it says them.

    Data files, delete files, manifests, manifest lists, statistics and metadata files.
    """
    found: dict[str, int | None] = {table.metadata_location: None}
    found |= {entry.metadata_file: None for entry in table.metadata.metadata_log}
    for statistics in table.metadata.statistics:
        found[statistics.statistics_path] = statistics.file_size_in_bytes
    seen: set[str] = set()
    for snapshot in table.snapshots():
        found[snapshot.manifest_list] = None
        for manifest in snapshot.manifests(table.io):
            found[manifest.manifest_path] = manifest.manifest_length
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                found[entry.data_file.file_path] = entry.data_file.file_size_in_bytes
    return found


def orphans(table: Table, days: float) -> list[StoredFile]:
    """Files of the table's folders that it does not name, untouched for so many days.

    A writer names its files when it commits: younger ones may be somebody's work.
    """
    limit = time.time() - days * 86_400
    named = {_place(location) for location in named_files(table)}
    return [
        file
        for file in stored_files(table)
        if file.modified < limit and _place(file.location) not in named
    ]


def stored_files(table: Table) -> Iterator[StoredFile]:
    """Every file in the table's own folders."""
    from pyarrow.fs import FileSelector, FileType

    parsed = urlparse(table.location())
    filesystem = table.io.fs_by_scheme(parsed.scheme or "file", parsed.netloc)  # type: ignore[attr-defined]
    root = f"{parsed.netloc}{unquote(parsed.path)}".rstrip("/")
    head = table.location().rstrip("/")
    for folder in FOLDERS:
        selector = FileSelector(f"{root}/{folder}", recursive=True, allow_not_found=True)
        for info in filesystem.get_file_info(selector):
            if info.type == FileType.File:
                yield StoredFile(
                    location=head + info.path[len(root) :],
                    size=info.size,
                    modified=info.mtime.timestamp(),
                )


def _place(location: str) -> str:
    """Equal for all ways to write one place: file:/a and file:///a, s3 and s3a."""
    parsed = urlparse(location)
    return f"{parsed.netloc}{unquote(parsed.path)}"


def damages(table: Table) -> list[str]:
    """What of the table's current snapshot is not there, or not as large as it was written."""
    sizes = {_place(file.location): file.size for file in stored_files(table)}
    found = []
    for location, size in named_files(table).items():
        there = sizes.get(_place(location))
        if there is None and not table.io.new_input(location).exists():
            found.append(f"{location} is missing")
        elif there is not None and size is not None and there != size:
            found.append(f"{location} has {there:,} bytes instead of {size:,}")
    return found
