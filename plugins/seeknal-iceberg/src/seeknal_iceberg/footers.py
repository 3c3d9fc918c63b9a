"""The statistics of a Parquet file as its manifest may hold them: nothing that is not so."""

from __future__ import annotations

from typing import Any

from attrs import frozen


def miscounts(metadata: Any) -> bool:
    """Whether a file's writer may have counted a NULL twice in lists and maps that hold structs."""
    return str(metadata.created_by).startswith("DuckDB version v1.")


@frozen
class Footer:
    """Parquet's metadata for PyIceberg, which makes a manifest's statistics of it.

    Least and most of times are the numbers that are stored: Python has no dates before the year 1
    or after 9999. A column has them only where every row group with values does: DuckDB leaves
    them out for a row group that has a NaN, and PyIceberg would take those of the others for all.
    """

    metadata: Any

    @property
    def num_row_groups(self) -> int:
        return int(self.metadata.num_row_groups)

    @property
    def num_columns(self) -> int:
        return int(self.metadata.num_columns)

    @property
    def num_rows(self) -> int:
        return int(self.metadata.num_rows)

    def row_group(self, number: int) -> _RowGroup:
        return _RowGroup(self, self.metadata.row_group(number))

    def counts_nulls(self, column: int) -> bool:
        """False where the writer miscounts: see `miscounts`."""
        repeated = self.metadata.schema.column(column).max_repetition_level > 0
        return not (repeated and miscounts(self.metadata))

    def is_bounded(self, column: int) -> bool:
        groups = (self.metadata.row_group(number) for number in range(self.num_row_groups))
        chunks = [group.column(column) for group in groups]
        return all(
            chunk.is_stats_set
            and (chunk.statistics.has_min_max or chunk.statistics.null_count == chunk.num_values)
            for chunk in chunks
        )


@frozen
class _RowGroup:
    footer: Footer
    group: Any

    def column(self, number: int) -> _Chunk:
        footer = self.footer
        return _Chunk(
            self.group.column(number), footer.is_bounded(number), footer.counts_nulls(number)
        )


@frozen
class _Chunk:
    """A column of a row group: its own attributes, but for what its statistics say."""

    chunk: Any
    bounded: bool
    counted: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.chunk, name)

    @property
    def statistics(self) -> _Statistics:
        return _Statistics(self.chunk.statistics, self.bounded, self.counted)


_TIMES = ("DATE", "TIME", "TIMESTAMP")


@frozen
class _Statistics:
    statistics: Any
    bounded: bool
    counted: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.statistics, name)

    @property
    def has_null_count(self) -> bool:
        return bool(self.statistics.has_null_count and self.counted)

    @property
    def min(self) -> Any:
        return self._bound("min")

    @property
    def max(self) -> Any:
        return self._bound("max")

    @property
    def min_raw(self) -> Any:
        return self.statistics.min_raw if self.bounded else None

    @property
    def max_raw(self) -> Any:
        return self.statistics.max_raw if self.bounded else None

    def _bound(self, which: str) -> Any:
        if not self.bounded or not self.statistics.has_min_max:
            return None
        raw = self.statistics.logical_type.type in _TIMES
        return getattr(self.statistics, f"{which}_raw" if raw else which)
