"""What the files hold that Python nodes read, for their fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from hashlib import file_digest
from pathlib import Path

from seeknal.host.walk import matching, project_files

_known: dict[str, tuple[tuple[int, ...], str]] = {}
"""Digests by path, each good for as long as what stat says of the file."""


class FilesRead:
    """The files of a project, looked for once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def files(self) -> list[str]:
        return list(project_files(self.root))

    def contents(self, patterns: Iterable[str]) -> Iterator[str]:
        """The digest of each file whose path ends with one of ``patterns``."""
        names = {name for each in patterns for name in matching(each, self.root, self.files)}
        for name in sorted(names):
            yield f"{name}={self.digest(self.root / name)}"

    def digest(self, path: Path) -> str:
        try:
            status = path.stat()
            seen = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            if _known.get(str(path), ((), ""))[0] != seen:
                with path.open("rb") as file:
                    _known[str(path)] = (seen, file_digest(file, "sha256").hexdigest())
            return _known[str(path)][1]
        except OSError as error:
            return f"unreadable: {type(error).__name__}"
