"""What is known of a node's columns before it runs."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.intervals.timedpaths import pattern_of
from seeknal.kernel.roles import texts_of, with_role
from seeknal.project.inside import leads_outside
from seeknal.values.columns import Column
from seeknal.values.digests import digest

if TYPE_CHECKING:
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.sources import Source

_HEAD = 2**18
LARGEST = 2 * 2**20
"""Bytes of a source's files that are read to learn their columns; of Parquet only the footer."""
TOGETHER = 32 * 2**20
"""The same of all sources whose files have changed."""
_MOST_FILES = 100
_WEIGHTS = {".parquet": 0, ".xlsx": 10, ".xls": 10, ".gz": 10, ".zst": 10}


@frozen(kw_only=True)
class Schema:
    """A node's columns. ``typed``: their types are known, else they are empty texts.

    ``sure``: they follow from what is there now; else they are those of the last run or of a
    declaration, and may be others by the next run.
    """

    columns: tuple[Column, ...]
    typed: bool = True
    sure: bool = True

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def key(self) -> str:
        """Names all of it."""
        parts = [part for column in self.columns for part in (column.name, column.type)]
        return digest(str(self.typed), str(self.sure), *parts)


def named_only(names: Iterable[str], *, sure: bool) -> Schema:
    """Columns of which nothing but the names is known."""
    columns = tuple(Column(name, "") for name in names)
    return Schema(columns=columns, typed=False, sure=sure)


def named_files(node: Node, root: Path) -> list[Path] | None:
    """What a source's paths name or match; None where one of them lies elsewhere."""
    source = node.source
    if source is None or source.connection is not None:
        return None
    found: list[Path] = []
    for path in paths_of(source):
        elsewhere = "://" in path or (leads_outside(root, path) and not source.allow_outside)
        if elsewhere or not path.strip():
            return None
        names = sorted(glob.glob(pattern_of(path), root_dir=root, recursive=True)) or [path]
        found += [root / name for name in names]
    return found


def paths_of(source: Source) -> tuple[str, ...]:
    """The paths that a source of files names; beside that of a database stands a table of it."""
    paths = texts_of(source.options, "path")
    in_file = source.options is not None and with_role(type(source.options), "table")
    return (paths or source.table) if in_file else (source.table or paths)


def files_of(node: Node, root: Path) -> list[Path] | None:
    """The files that a source reads, where all of them lie in the project and are there."""
    found = named_files(node, root)
    return found if found and all(path.is_file() for path in found) else None


def cost_of(files: Sequence[Path]) -> int:
    """Bytes that are looked at to learn the files' columns, those of compressed ones ten times."""
    return sum(path.stat().st_size * _WEIGHTS.get(path.suffix.lower(), 1) for path in files) + (
        LARGEST if len(files) > _MOST_FILES else 0
    )


def has_heads(files: Sequence[Path], root: Path) -> bool:
    """Whether the first lines of the files name all of their columns."""
    return all(
        path.suffix.lower() in (".csv", ".tsv") and "=" not in os.path.relpath(path, root)
        for path in files
    )


def heads_of(files: Sequence[Path], folder: Path) -> tuple[str, ...]:
    """Copies of the files that end after some of their lines."""
    found = []
    for number, path in enumerate(files):
        with path.open("rb") as file:
            head = file.read(_HEAD)
        copy = folder / f"head{number}{path.suffix.lower()}"
        copy.write_bytes(head[: head.rfind(b"\n") + 1])
        found.append(str(copy))
    return tuple(found)


def token_of(files: Sequence[Path], root: Path) -> str:
    """Names the files as they are now, by what the file system says of them."""
    parts = []
    for path in files:
        status = path.stat()
        parts += [os.path.relpath(path, root), str(status.st_size), str(status.st_mtime_ns)]
    return digest(*parts)


def is_unmoved(files: Sequence[Path], snapshot: Snapshot, root: Path) -> bool:
    """Whether the files are those that the last run read, by what the file system says."""
    token = snapshot.source_version
    if not isinstance(token, list | tuple) or len(token) != len(files):
        return False
    for path, entry in zip(files, token, strict=True):
        status = path.stat()
        if not isinstance(entry, list | tuple) or len(entry) < 3:
            return False
        if [root / str(entry[0]), *entry[1:3]] != [path, status.st_size, status.st_mtime_ns]:
            return False
    return True


def computed_of(given: Sequence[Schema]) -> Schema:
    """How much is known of rows that are computed from all of these."""
    return Schema(
        columns=(),
        typed=all(schema.typed for schema in given),
        sure=all(schema.sure for schema in given),
    )


def of_stored(columns: Sequence[Column] | None) -> Schema | None:
    """What the last run or a declaration says."""
    return None if columns is None else Schema(columns=tuple(columns), sure=False)
