"""The DuckDB file in which views are kept for other tools, opened only where it is one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    import duckdb

_DATA = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
"""DuckDB reads a file with such an ending as a table, whatever is in it."""

_MAGIC = (8, b"DUCK")
"""Where a DuckDB database says that it is one."""

_INSTEAD = "name a DuckDB database, or a file that is not there yet, such as views.duckdb"


def open_file(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the database in ``path``, which is made where it is not there.

    Raises UsageError, with the file as it was, for what is no database or cannot be written.
    """
    import duckdb

    if reason := _unfit(path):
        raise _refused(path, reason, _INSTEAD)
    try:
        # With its folder: DuckDB takes ``md:x`` for a service.
        return duckdb.connect(str(path.absolute()))
    except duckdb.Error as error:
        text = str(error).partition("\n")[0]
        if "lock on file" in text:
            _, _, holder = text.partition("held in ")
            by = f": {holder.partition('. See')[0]}" if holder else ""
            reason = f"another process has it open{by}"
            raise _refused(path, reason, "close it there, or name another file") from None
        raise _refused(path, text, _INSTEAD) from None


def check_name(path: Path, kinds: Collection[str]) -> None:
    """Raise UsageError where a table ``kind.name`` would be sought in another place than its own.

    DuckDB calls a database as its file, and takes what stands before a dot for a database first.
    """
    own = path.name.partition(".")[0]
    if own.lower() in kinds:
        raise UsageError(
            f"{own}.NAME has two meanings in a database that is called {own}",
            code="SK0488",
            help=f"give {path} another name, such as views.duckdb",
        )


def _unfit(path: Path) -> str | None:
    """Why views cannot be kept in ``path``, as far as can be seen without opening it."""
    if str(path) == ":memory:":
        return "a database in memory is kept nowhere"
    if path.suffix.lower() in _DATA:
        return f"DuckDB takes a {path.suffix} file for a table"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    if not path.exists():
        return None
    if path.is_dir():
        return "it is a folder"
    if not path.is_file():
        return "it is no regular file"
    try:
        return None if _is_database(path) else "it is no DuckDB database"
    except OSError as error:
        return error.strerror or str(error)


def _is_database(path: Path) -> bool:
    start, magic = _MAGIC
    with path.open("rb") as file:
        return file.read(start + len(magic))[start:] == magic


def _refused(path: Path, reason: str, help: str) -> UsageError:
    return UsageError(f"views cannot be kept in {path}: {reason}", code="SK0487", help=help)
