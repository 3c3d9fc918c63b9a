"""Is this text one query that only reads?"""

from __future__ import annotations


class SqlRefused(ValueError):
    """The text is not what may run here; the message says why. ``line``/``column`` are 1-based."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def check_query(sql: str, *, dialect: str = "duckdb", allow_files: bool = False) -> None:
    """Raise SqlRefused unless ``sql`` is one SELECT/WITH/VALUES statement that only reads.

    Decided on the parsed tree, never by searching for words. Refused: a second statement, DDL,
    DML, data-modifying CTEs, SELECT INTO, COPY, ATTACH, INSTALL, LOAD, PRAGMA, SET, CALL; and,
    unless ``allow_files``, table functions and paths that read from outside the database.
    """
    raise NotImplementedError
