"""What reading and writing a table's files takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import duckdb


class Workbench(Protocol):
    """What reading and writing files takes; a node's context is one."""

    @property
    def duckdb(self) -> duckdb.DuckDBPyConnection: ...

    @property
    def workdir(self) -> Path:
        """A folder for temporary files."""
