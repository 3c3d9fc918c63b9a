"""Whether two stored outputs hold the same rows, in the columns that somebody reads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.timefilter import time_filter

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from seeknal.values.columns import Column
    from seeknal.values.snapshot import Artifact, Part

Digest = tuple[int, int, int]
"""Rows, and two sums of 64 bits over the rows of independent hashes of as many."""

_SUMS = 2**64
_INEXACT = re.compile(r"\b(FLOAT|DOUBLE|REAL|INTERVAL)\b")
"""Types whose sort keys are equal for values that are not the same, such as 0.0 and -0.0."""


class Contents:
    """Digests of stored outputs; each is computed once. Thread-safe."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._known: dict[tuple[str, tuple[Column, ...], bool], Digest | None] = {}
        self._lock = threading.Lock()

    def same(
        self,
        one: Artifact,
        other: Artifact,
        columns: Sequence[Column],
        cursor: duckdb.DuckDBPyConnection,
        *,
        ordered: bool,
    ) -> bool:
        """Whether both hold the same multiset, or sequence if ``ordered``, of ``columns``.

        False where that cannot be told: a type without an exact encoding, a file that is gone.
        """
        if one.sha256 == other.sha256:
            return True
        found = self._digest(one, columns, cursor, ordered)
        return found is not None and found == self._digest(other, columns, cursor, ordered)

    def same_as_file(
        self,
        one: Artifact,
        path: Path,
        columns: Sequence[Column],
        cursor: duckdb.DuckDBPyConnection,
        *,
        ordered: bool,
    ) -> bool:
        """Whether a file that is no output yet holds the same of ``columns``, as `same` says."""
        found = self._digest(one, columns, cursor, ordered)
        return found is not None and found == _computed(path, columns, cursor, ordered)

    def same_rows(
        self, one: Artifact, other: Artifact, cursor: Callable[[], duckdb.DuckDBPyConnection]
    ) -> bool:
        """Whether both hold the same rows of the same columns, in whatever order.

        ``cursor`` is asked for where that cannot be told without looking into them.
        """
        if (one.rows, one.columns) != (other.rows, other.columns):
            return False
        if one.sha256 == other.sha256:
            return True
        return self.same(one, other, one.columns, cursor(), ordered=False)

    def _digest(
        self,
        artifact: Artifact,
        columns: Sequence[Column],
        cursor: duckdb.DuckDBPyConnection,
        ordered: bool,
    ) -> Digest | None:
        key = (artifact.sha256, tuple(columns), ordered)
        with self._lock:
            if key in self._known:
                return self._known[key]
        found = (
            self._of_parts(artifact, columns, cursor, ordered)
            if artifact.composed
            else _computed(self._target / artifact.path, columns, cursor, ordered)
        )
        with self._lock:
            self._known[key] = found
        return found

    def _of_parts(
        self,
        artifact: Artifact,
        columns: Sequence[Column],
        cursor: duckdb.DuckDBPyConnection,
        ordered: bool,
    ) -> Digest | None:
        """The digest of all parts' rows, which is the same however they are divided."""
        total: Digest = (0, 0, 0)
        everything = not ordered and tuple(columns) == artifact.columns
        for part in artifact.parts:
            if not part.path:
                continue
            if part.columns and part.columns != artifact.columns:
                # Its values are stored as other types than those they are read as.
                return None
            if everything and part.digest is not None:
                found: Digest | None = (part.rows, *part.digest)
            else:
                path = self._target / part.path
                within = _within(artifact, part)
                found = _computed(path, columns, cursor, ordered, within, total[0])
            if found is None:
                return None
            total = added(total, found)
        return total


def digest_of(scan: str, columns: Sequence[Column], cursor: duckdb.DuckDBPyConnection) -> Digest:
    """The digest of the rows of a scan, whatever their order, as a `Part` has it.

    Raises duckdb.Error where the rows cannot be read.
    """
    return _summed(_digest_query(sort_key(columns), scan), cursor)


def added(one: Digest, other: Digest) -> Digest:
    """The digest of the rows of both."""
    rows, first, second = (left + right for left, right in zip(one, other, strict=True))
    return rows, first % _SUMS, second % _SUMS


def _within(artifact: Artifact, part: Part) -> str:
    """The condition that a row of the part's file is one of the part's; empty where all are."""
    if part.whole:
        return ""
    name = artifact.time_column.lower()
    column = next(column for column in artifact.columns if column.name.lower() == name)
    return time_filter(column, part.start, part.end, artifact.timezone)


def _computed(
    path: Path,
    columns: Sequence[Column],
    cursor: duckdb.DuckDBPyConnection,
    ordered: bool,
    within: str = "",
    before: int = 0,
) -> Digest | None:
    """The digest of a Parquet file's rows; None where that cannot be told.

    ``within``: a condition that is true of those that count. ``before``: how many other rows come
    before the first.
    """
    import duckdb

    number = f"file_row_number + {before}" if before else "file_row_number"
    key = sort_key(columns, [number] if ordered else [])
    numbered = ", file_row_number = true" if ordered else ""
    rows = f"read_parquet({quote_literal(str(path))}, hive_partitioning = false{numbered})"
    if within:
        position = "row_number() OVER (ORDER BY file_row_number) - 1 AS file_row_number"
        items = f"* REPLACE ({position})" if ordered else "*"
        rows = f"(SELECT {items} FROM {rows} WHERE {within})"
    try:
        return _summed(_digest_query(key, rows), cursor)
    except duckdb.Error:
        return None


def _summed(query: str, cursor: duckdb.DuckDBPyConnection) -> Digest:
    ((rows, first, second),) = cursor.execute(query).fetchall()
    return int(rows), int(first or 0) % _SUMS, int(second or 0) % _SUMS


def _digest_query(key: str, rows: str) -> str:
    """A query that gives the `Digest` of rows, but for sums beyond 64 bits.

    Each row becomes one sort key: DuckDB's binary encoding of values, which tells apart NULL,
    empty and nested values and the ends of texts. It is equal for what sorts as equal, so values
    of floating point stand in it as text, too.
    """
    return (
        "SELECT count(*), sum(hash(key)), sum(hash('\\x73'::BLOB || key))"
        f" FROM (SELECT {key} AS key FROM {rows})"
    )


def sort_key(columns: Sequence[Column], positions: Sequence[str] = ()) -> str:
    """SQL of a row's key, which is equal where rows are; ``positions``: further expressions."""
    names = [quote_identifier(column.name) for column in columns]
    texts = [
        f"CAST({name} AS VARCHAR)"
        for name, column in zip(names, columns, strict=True)
        if _INEXACT.search(column.type)
    ]
    # A text at the end: without one, DuckDB packs short keys into numbers.
    parts = ", ".join(f"{part}, 'ASC NULLS FIRST'" for part in [*names, *texts, *positions, "''"])
    return f"create_sort_key({parts})"
