"""The stable name of an output that is made of parts: a symlink to a folder with a file for each.

Who lists the folder finds the files in the order of their time, and reads in each of them rows of
the output alone. A folder is never changed: the next output has another, so that readers see
either. A file's name says what is in it, so that it can be taken over from the folder of before.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from seeknal.host.files import sync, temporary_name
from seeknal.values.digests import digest
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from seeknal.values.columns import Column
    from seeknal.values.snapshot import Artifact, Part

_FOLDER = Pattern(r"\.(.+\.parquet)\.[0-9a-f]{16}")
_NONE = "none.parquet"


def link_parts(link: Path, artifact: Artifact, target: Path) -> None:
    """Let ``link`` stand for an artifact below ``target``; whoever opens it gets the old or new."""
    folder = _folder(link, artifact)
    before = folder_behind(link)
    if before == folder and folder.is_dir():
        return
    if not folder.is_dir():
        _fill(folder, before, artifact, target)
    _point(link, folder)
    if before is not None and before != folder:
        shutil.rmtree(before, ignore_errors=True)


def folder_behind(link: Path) -> Path | None:
    """The folder that a stable name leads to; None where it is another thing."""
    try:
        text = os.readlink(link)
    except OSError:
        return None
    return link.with_name(text) if _FOLDER.fullmatch(text) else None


def orphans(links: Path) -> Iterator[Path]:
    """The folders among stable names to which none of them leads any more."""
    for path in links.iterdir() if links.is_dir() else ():
        found = _FOLDER.fullmatch(path.name)
        if found and folder_behind(links / found[1]) != path:
            yield path


def _point(link: Path, folder: Path) -> None:
    """Let ``link`` lead to ``folder`` beside it, whichever file it was before."""
    temporary = temporary_name(link)
    temporary.unlink(missing_ok=True)
    os.symlink(folder.name, temporary)
    os.replace(temporary, link)


def _folder(link: Path, artifact: Artifact) -> Path:
    return link.with_name(f".{link.name}.{artifact.sha256[:16]}")


def _fill(folder: Path, before: Path | None, artifact: Artifact, target: Path) -> None:
    """Make ``folder`` with a file for each part; it appears whole or not at all."""
    temporary = temporary_name(folder)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    from seeknal.sql.partscan import scan_of_artifact, scan_of_part

    copies: dict[Path, str] = {}
    parts = [part for part in artifact.parts if part.path]
    for part in parts:
        path = temporary / _name(artifact, part)
        if before is None or not _taken_over(before / path.name, path):
            if _is_exact(artifact, part):
                os.symlink(f"../../{part.path}", path)
            else:
                copies[path] = scan_of_part(artifact, part, str(target))
    if not parts:
        copies[temporary / _NONE] = scan_of_artifact(artifact, str(target))
    if copies:
        _copy(copies, artifact.columns)
    os.rename(temporary, folder)


def _taken_over(file: Path, path: Path) -> bool:
    try:
        # Of a symlink too, it costs a tenth of a new one.
        os.link(file, path, follow_symlinks=False)
    except (OSError, NotImplementedError):
        return False
    return True


def _is_exact(artifact: Artifact, part: Part) -> bool:
    """Whether the part's file has its rows alone, and the columns of all."""
    return part.whole and part.columns in ((), artifact.columns)


def _name(artifact: Artifact, part: Part) -> str:
    """A name that sorts by time, and is another for other rows or columns."""
    from seeknal.intervals.clocks import in_utc

    at = in_utc(part.start)
    said = [part.sha256, str(part.start), str(part.end), artifact.timezone, str(part.whole)]
    said += [f"{column.name} {column.type}" for column in artifact.columns]
    return f"{at:%Y%m%dT%H%M%SZ}-{digest(*said)[:16]}.parquet"


def _copy(scans: Mapping[Path, str], columns: Sequence[Column]) -> None:
    """Write rows, by the paths of the files, which nobody changes any more."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for path, scan in scans.items():
            try:
                _write(connection, scan, columns, path, wide=False)
            except duckdb.ConversionException:
                # Integers of more digits than most have: as text they all fit.
                _write(connection, scan, columns, path, wide=True)


def _write(
    connection: duckdb.DuckDBPyConnection,
    scan: str,
    columns: Sequence[Column],
    path: Path,
    *,
    wide: bool,
) -> None:
    from seeknal.sql.storage import copy_statement

    connection.execute(copy_statement(f"SELECT * FROM {scan}", columns, str(path), wide=wide))
    path.chmod(0o444)
    sync(path)
