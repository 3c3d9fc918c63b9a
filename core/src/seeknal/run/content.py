"""Whether two stored outputs hold the same rows, in the columns that somebody reads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier, quote_literal

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from seeknal.values.columns import Column
    from seeknal.values.snapshot import Artifact

Digest = tuple[int, int, int]
"""Rows, and two sums over the rows of independent hashes of 64 bits."""

_INEXACT = re.compile(r"\b(FLOAT|DOUBLE|REAL|INTERVAL)\b")
"""Types whose sort keys are equal for values that are not the same, such as 0.0 and -0.0."""


class Contents:
    """Digests of stored outputs; each is computed once. Thread-safe."""

    def __init__(self, path_of: Callable[[Artifact], Path]) -> None:
        self._path_of = path_of
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
        found = _computed(self._path_of(artifact), columns, cursor, ordered)
        with self._lock:
            self._known[key] = found
        return found


def _computed(
    path: Path, columns: Sequence[Column], cursor: duckdb.DuckDBPyConnection, ordered: bool
) -> Digest | None:
    import duckdb

    try:
        found = cursor.execute(digest_query(str(path), columns, ordered=ordered)).fetchall()
    except duckdb.Error:
        return None
    rows, first, second = found[0]
    return int(rows), int(first or 0), int(second or 0)


def digest_query(path: str, columns: Sequence[Column], *, ordered: bool) -> str:
    """A query that gives the `Digest` of a Parquet file's rows.

    Each row becomes one sort key: DuckDB's binary encoding of values, which tells apart NULL,
    empty and nested values and the ends of texts. It is equal for what sorts as equal, so values
    of floating point stand in it as text, too.
    """
    names = [quote_identifier(column.name) for column in columns]
    texts = [
        f"CAST({name} AS VARCHAR)"
        for name, column in zip(names, columns, strict=True)
        if _INEXACT.search(column.type)
    ]
    positions = ["file_row_number"] if ordered else []
    # A text at the end: without one, DuckDB packs short keys into numbers.
    parts = ", ".join(f"{part}, 'ASC NULLS FIRST'" for part in [*names, *texts, *positions, "''"])
    numbered = ", file_row_number = true" if ordered else ""
    rows = f"read_parquet({quote_literal(path)}, hive_partitioning = false{numbered})"
    return (
        "SELECT count(*), sum(hash(key)), sum(hash('\\x73'::BLOB || key))"
        f" FROM (SELECT create_sort_key({parts}) AS key FROM {rows})"
    )
