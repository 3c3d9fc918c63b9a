"""Data files of a table: where they are, how DuckDB reads and writes them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from attrs import frozen

from seeknal.plugin import quote_literal
from seeknal_iceberg.partitions import NUMBER, partitioned
from seeknal_iceberg.resolving import Fields
from seeknal_iceberg.types import cast_to_schema, check_writable, field_ids

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import DataFile
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import TableMetadata

    from seeknal_iceberg.workbench import Workbench


def local_path(location: str) -> Path | None:
    """A location on this machine as a path; None for a store.

    PyIceberg encodes the values of partitions in paths, and means what it then writes letter
    for letter; others encode a path as a URL.
    """
    parsed = urlparse(location)
    if parsed.scheme == "file":
        literal = Path(location.removeprefix("file://").removeprefix(parsed.netloc))
        return literal if literal.exists() else Path(unquote(parsed.path))
    return Path(location) if not parsed.scheme else None


def is_pattern(path: Path) -> bool:
    """Whether DuckDB takes a path for a pattern of several."""
    return bool(set("*?[") & set(str(path)))


@frozen(kw_only=True)
class Layout:
    """What decides how data files of a table are written."""

    schema: Schema
    spec: PartitionSpec
    location: str
    properties: Mapping[str, str]
    io: FileIO
    fields: Fields
    version: int = 2
    private: frozenset[str] = frozenset()
    """Columns whose values no message shows."""

    @property
    def file_size(self) -> int:
        """Bytes after which the next file begins."""
        return int(self.properties.get("write.target-file-size-bytes", 512 << 20))

    @classmethod
    def of(cls, metadata: TableMetadata, io: FileIO) -> Layout:
        return cls(
            schema=metadata.schema(),
            spec=metadata.spec(),
            location=metadata.location,
            properties=metadata.properties,
            io=io,
            fields=Fields.of(metadata),
            version=metadata.format_version,
        )


def write_files(
    layout: Layout, rows: str, names: Sequence[str], order: str, context: Workbench
) -> list[DataFile]:
    """Store rows as data files: as many as their size asks for, and one or more a partition.

    ``rows`` stands after FROM and has the columns ``names``; ``order`` is an ORDER BY or empty.
    """
    check_writable(layout.schema)
    selected = cast_to_schema(layout.schema, names)
    folder, location = new_folder(layout, context)
    options = (
        f"FORMAT parquet, COMPRESSION zstd, FIELD_IDS {field_ids(layout.schema)},"
        " FILENAME_PATTERN '{uuid}', OVERWRITE_OR_IGNORE true, RETURN_FILES true"
    )
    split = partitioned(layout.spec, layout.schema, rows, context, layout.private)
    if split is None:
        query = f"SELECT {selected} FROM {rows}{order}"
        more = f"FILE_SIZE_BYTES {layout.file_size}"
    else:
        query = f"SELECT {selected}, {NUMBER} FROM {split.source} AS r{order}"
        more = f"PARTITION_BY ({NUMBER})"
    copy = f"COPY ({query}) TO {quote_literal(str(folder))} ({options}, {more})"
    count, written = context.duckdb.execute(copy).fetchall()[0]
    if count == 0:
        for path in written or ():
            Path(path).unlink(missing_ok=True)
        folder.rmdir()
        return []
    return [
        _registered(layout, Path(path), folder, location, split.values if split else ((),))
        for path in written
    ]


def new_folder(layout: Layout, context: Workbench) -> tuple[Path, str]:
    """Where files are written, and the same place as the table names it."""
    name = uuid.uuid4().hex[:12]
    location = f"{layout.location}/data/{name}"
    local = local_path(location)
    folder = local or context.workdir / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder, location


def placed(layout: Layout, path: Path, location: str) -> int:
    """Let a written file be at ``location``; its size in bytes."""
    import shutil

    if local_path(location) is None:
        with path.open("rb") as source, layout.io.new_output(location).create() as target:
            shutil.copyfileobj(source, target, 1 << 20)
    return path.stat().st_size


def fetched(io: FileIO, location: str, workdir: Path) -> Path:
    """A file of the table on this machine under a name that DuckDB reads: itself, a link to it,
    or a copy of one that lies in a store."""
    import shutil

    local = local_path(location)
    if local is not None and not is_pattern(local):
        return local
    # Files of different folders may have one name.
    path = workdir / f"{sha256(location.encode()).hexdigest()[:32]}.parquet"
    if local is not None and not path.exists():
        path.symlink_to(local)
    if not path.exists():
        with io.new_input(location).open() as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    return path


def _registered(
    layout: Layout,
    path: Path,
    folder: Path,
    location: str,
    values: Sequence[tuple[object, ...]],
) -> DataFile:
    relative = path.relative_to(folder)
    number = int(relative.parts[0].partition("=")[2]) if len(relative.parts) > 1 else 0
    place = f"{location}/{relative.as_posix()}"
    placed(layout, path, place)
    return data_file(layout, path, place, values[number])


def data_file(layout: Layout, path: Path, location: str, partition: Sequence[object]) -> DataFile:
    """The entry of a file in a manifest, with the statistics of its columns."""
    import pyarrow.parquet as parquet
    from pyiceberg.io.pyarrow import (
        compute_statistics_plan,
        data_file_statistics_from_parquet_metadata,
        parquet_path_to_id_mapping,
    )
    from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
    from pyiceberg.typedef import Record

    from seeknal_iceberg.footers import Footer

    statistics = data_file_statistics_from_parquet_metadata(
        parquet_metadata=Footer(parquet.read_metadata(path)),
        stats_columns=compute_statistics_plan(layout.schema, dict(layout.properties)),
        parquet_column_mapping=parquet_path_to_id_mapping(layout.schema),
    )
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=Record(*partition),
        file_size_in_bytes=path.stat().st_size,
        sort_order_id=None,
        spec_id=layout.spec.spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )


@contextmanager
def removed_unless_kept(layout: Layout, written: Sequence[DataFile]) -> Iterator[None]:
    """Files that do not pass what is asked of them are not left behind."""
    try:
        yield
    except BaseException:
        remove_files(layout.io, written)
        raise


def remove_files(io: FileIO, files: Iterable[DataFile]) -> None:
    """Remove files that no snapshot names."""
    for file in files:
        try:
            io.delete(file.file_path)
        except OSError:
            # The janitor finds what could not be removed now.
            continue
