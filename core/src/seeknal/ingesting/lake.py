"""The lake: ``<lake>/<type>/<name>/<day>/<name>_<moment>.parquet``, and what its files say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.sql.quote import quote_literal
from seeknal.sql.storage import METADATA
from seeknal.values.columns import Column
from seeknal.values.errors import RunError, UsageError

if TYPE_CHECKING:
    import duckdb

ORIGIN = "seeknal_ingest"
"""The key of a file's metadata under which stands what `Origin` holds."""
STATE = ".seeknal"


@frozen(kw_only=True)
class Origin:
    """What a file of the lake says of where its rows come from, and where it landed."""

    protocol: str = "parquet"
    name: str = ""
    types: Mapping[str, str] = field(factory=dict)
    file: str = ""

    @property
    def metadata(self) -> dict[str, str]:
        """The same for the file itself."""
        said = {"protocol": self.protocol, "name": self.name, "types": dict(self.types)}
        return {ORIGIN: json.dumps({**said, "file": self.file})}


@frozen(kw_only=True)
class Landed:
    """A file of the lake: ``id`` is how ``_source_file`` names it, wherever it lies now.

    ``known_as`` are names by which rows may stand there that were loaded before files had one.
    """

    path: Path
    id: str
    known_as: tuple[str, ...] = ()
    columns: tuple[Column, ...]
    rows: int
    origin: Origin


def file_for(lake: Path, protocol: str, name: str, moment: datetime) -> Path:
    """Where the rows of a load land that began at ``moment``, which is in UTC."""
    file = f"{name}_{moment:%Y%m%dT%H%M%S}{moment.microsecond:06}Z.parquet"
    return lake / protocol / name / f"{moment:%Y-%m-%d}" / file


def id_of(path: Path, lake: Path) -> str:
    """A file's path below the lake, or the whole of it where it lies elsewhere."""
    full, below = path.absolute(), lake.absolute()
    return full.relative_to(below).as_posix() if full.is_relative_to(below) else full.as_posix()


def _named(path: Path, lake: Path, origin: Origin | None) -> tuple[str, tuple[str, ...]]:
    """What a file is called wherever it lies, and what it may have been called before."""
    real = id_of(path.resolve(), lake.resolve())
    others = (id_of(path, lake), real, path.resolve().as_posix())
    if origin is not None and origin.file:
        return origin.file, others
    if origin is not None:
        # Files of before say their name and type, and have the moment in their own name.
        day = re.fullmatch(rf"{re.escape(origin.name)}_(\d{{4}})(\d\d)(\d\d)T\d{{12}}Z", path.stem)
        if day:
            return f"{origin.protocol}/{origin.name}/{'-'.join(day.groups())}/{path.name}", others
    with path.open("rb") as file:
        content = file_digest(file, "sha256").hexdigest()[:16]
    return f"{real}#{content}", others


def files_of(paths: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """The files that paths, patterns and folders mean, in order of name.

    Raises UsageError that names each one of which nothing is there.
    """
    found: list[Path] = []
    missing: list[str] = []
    for text in paths:
        files = list(_matching(folder, text))
        found += files
        missing += [] if files else [text]
    if missing:
        raise UsageError(
            f"there is no Parquet file at {', '.join(missing)}",
            code="SK1608",
            help="--from-lake takes files, folders and patterns such as 'lake/**/*.parquet'",
        )
    once = {path.resolve(): path for path in found}
    return tuple(sorted(once.values(), key=lambda path: (path.name, path)))


def _matching(folder: Path, text: str) -> Iterable[Path]:
    import glob

    full = folder / text
    if full.is_dir():
        below = (path for path in full.rglob("*.parquet") if path.is_file())
        return sorted(path for path in below if STATE not in path.relative_to(full).parts)
    if full.is_file():
        return [full]
    # No star matches a folder that begins with a dot: one that is written is meant.
    matches = (folder / name for name in glob.glob(text, root_dir=folder, recursive=True))
    return sorted(path for path in matches if path.is_file())


def described(cursor: duckdb.DuckDBPyConnection, path: Path, lake: Path) -> Landed:
    """What a file of the lake holds. Raises RunError for one that is no Parquet."""
    import duckdb

    text = quote_literal(str(path))
    try:
        said = _metadata(cursor, text)
        reader = f"read_parquet({text}, hive_partitioning = false)"
        shown = cursor.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()
        ((rows,),) = cursor.execute(
            f"SELECT coalesce(sum(num_rows), 0) FROM parquet_file_metadata({text})"
        ).fetchall()
        origin = Origin(**json.loads(said[ORIGIN])) if ORIGIN in said else None
        id, known_as = _named(path, lake, origin)
    except (duckdb.Error, OSError) as error:
        raise RunError(f"{path} cannot be read: {error}", code="SK1609") from error
    own = json.loads(said.get(METADATA, "{}"))
    columns = tuple(Column(row[0], own.get(row[0], row[1])) for row in shown)
    return Landed(
        path=path,
        id=id,
        known_as=known_as,
        columns=columns,
        rows=int(rows),
        origin=origin or Origin(),
    )


def _metadata(cursor: duckdb.DuckDBPyConnection, text: str) -> dict[str, str]:
    rows = cursor.execute(f"SELECT key, value FROM parquet_kv_metadata({text})").fetchall()
    return {bytes(key).decode(): bytes(value).decode() for key, value in rows}
