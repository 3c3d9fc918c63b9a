"""Position deletes: files that say which rows of others are no longer there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import quote_literal
from seeknal_iceberg.files import new_folder, placed
from seeknal_iceberg.partitions import NAN, partition_key
from seeknal_iceberg.resolving import parts_of

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile

    from seeknal_iceberg.files import Layout
    from seeknal_iceberg.scanning import Readable
    from seeknal_iceberg.workbench import Workbench

FILE_PATH, POS = 2147483546, 2147483545
"""The ids that the format reserves for the columns of a position delete file."""


def write_deletes(
    layout: Layout, positions: str, files: Sequence[Readable], context: Workbench
) -> list[DataFile]:
    """Position delete files for rows of ``files``: one for each partition.

    ``positions`` stands after FROM and has ``seeknal_file``, a local path, and ``seeknal_row``.
    """
    groups: dict[tuple[object, ...], list[Readable]] = {}
    for file in files:
        data = file.task.file
        key = partition_key(parts_of(data))
        # PyIceberg finds no deletes of a partition NaN, which is never equal to itself, but those
        # of a single file.
        alone = data.file_path if NAN in key else ""
        groups.setdefault((data.spec_id, key, alone), []).append(file)
    return [_write(layout, positions, group, context) for group in groups.values()]


def _write(
    layout: Layout, positions: str, files: Sequence[Readable], context: Workbench
) -> DataFile:
    from pyiceberg.manifest import DataFile, DataFileContent, FileFormat

    folder, location = new_folder(layout, context)
    name = f"{uuid.uuid4()}-deletes.parquet"
    named = ", ".join(
        f"({quote_literal(file.task.file.file_path)}, {quote_literal(str(file.path))})"
        for file in files
    )
    query = (
        "SELECT n.location AS file_path, CAST(p.seeknal_row AS BIGINT) AS pos"
        f" FROM {positions} AS p"
        f" JOIN (VALUES {named}) AS n (location, path) ON p.seeknal_file = n.path"
        " ORDER BY file_path, pos"
    )
    ids = f"{{file_path: {FILE_PATH}, pos: {POS}}}"
    copy = (
        f"COPY ({query}) TO {quote_literal(str(folder / name))}"
        f" (FORMAT parquet, COMPRESSION zstd, FIELD_IDS {ids})"
    )
    count = context.duckdb.execute(copy).fetchall()[0][0]
    size = placed(layout, folder / name, f"{location}/{name}")
    locations = sorted(file.task.file.file_path for file in files)
    like = files[0].task.file
    file = DataFile.from_args(
        content=DataFileContent.POSITION_DELETES,
        file_path=f"{location}/{name}",
        file_format=FileFormat.PARQUET,
        partition=like.partition,
        record_count=count,
        file_size_in_bytes=size,
        sort_order_id=None,
        equality_ids=None,
        key_metadata=None,
        **_bounds(locations),
    )
    file.spec_id = like.spec_id
    return file


def _bounds(locations: Sequence[str]) -> dict[str, Any]:
    """What lets a reader skip the file for data files that it does not name."""
    return {
        "column_sizes": {},
        "value_counts": {},
        "null_value_counts": {},
        "nan_value_counts": {},
        "lower_bounds": {FILE_PATH: locations[0].encode()},
        "upper_bounds": {FILE_PATH: locations[-1].encode()},
        "split_offsets": None,
    }
