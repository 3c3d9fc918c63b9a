"""Rows that Python holds, given to DuckDB without pyarrow or pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.model import Column, Scan

if TYPE_CHECKING:
    import duckdb


def scan_of_rows(
    cursor: duckdb.DuckDBPyConnection,
    rows: Iterable[Sequence[object] | Mapping[str, object]],
    *,
    workdir: Path,
    columns: Sequence[Column] | None = None,
) -> Scan:
    """A scan over ``rows``, which are spooled to Parquet below ``workdir`` batch by batch.

    Rows are sequences in the order of ``columns``, or mappings; without ``columns`` names and
    types come from the rows. Memory holds one batch. Raises NodeError that names row and column
    for a value that does not fit its column.
    """
    raise NotImplementedError
