"""Where something stands in a project's files."""

from __future__ import annotations

from attrs import frozen


@frozen
class Location:
    """A place in a project file. ``file`` is relative to the project; 1-based, 0 = unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file, *(str(part) for part in (self.line, self.column) if part)]
        return ":".join(parts)
