"""What stands after FROM to read an artifact that is made of parts, with its columns' own types."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.sql.nulls import null_of
from seeknal.sql.quote import quote_identifier
from seeknal.sql.storage import decoded, read_files, scan_of_files
from seeknal.sql.timefilter import time_filter

if TYPE_CHECKING:
    from seeknal.values.columns import Column
    from seeknal.values.snapshot import Artifact, Part


@frozen
class _Piece:
    """Rows of files that one SELECT reads, one after another: all, or those of ``span``."""

    columns: tuple[Column, ...]
    paths: tuple[str, ...]
    span: tuple[int, int] | None = None
    wide: bool = False


def scan_of_artifact(artifact: Artifact, target: str) -> str:
    """What stands after FROM to read an artifact below the folder ``target``.

    The rows of parts come in the order of their time.
    """
    if not artifact.composed:
        return scan_of_files([os.path.join(target, artifact.path)], artifact.columns)
    return _scan(artifact, [_piece(artifact, part, target) for part in artifact.parts if part.path])


def scan_between(artifact: Artifact, target: str, start: int, end: int) -> str:
    """The same of the rows in [start, end) alone. Names no file in which none of them can be."""
    pieces = [
        _piece(artifact, _cut(part, start, end), target)
        for part in artifact.parts
        if part.path and part.start < end and part.end > start
    ]
    return _scan(artifact, pieces)


def scan_of_part(artifact: Artifact, part: Part, target: str) -> str:
    """The same of one part's rows, in the columns of its artifact."""
    return _scan(artifact, [_piece(artifact, part, target)] if part.path else [])


def _cut(part: Part, start: int, end: int) -> Part:
    if start <= part.start and part.end <= end:
        return part
    return evolve(part, start=max(start, part.start), end=min(end, part.end), whole=False)


def _piece(artifact: Artifact, part: Part, target: str) -> _Piece:
    return _Piece(
        part.columns or artifact.columns,
        (os.path.join(target, part.path),),
        None if part.whole else (part.start, part.end),
        part.wide,
    )


def _scan(artifact: Artifact, pieces: Sequence[_Piece]) -> str:
    merged = list(_merged(pieces))
    if not merged:
        items = (
            f"{null_of(column.type)} AS {quote_identifier(column.name)}"
            for column in artifact.columns
        )
        return f"(SELECT {', '.join(items)} WHERE false)"
    if len(merged) == 1 and merged[0].span is None and merged[0].columns == artifact.columns:
        return scan_of_files(merged[0].paths, artifact.columns, mixed=merged[0].wide)
    return f"({' UNION ALL '.join(_select(artifact, piece) for piece in merged)})"


def _merged(pieces: Sequence[_Piece]) -> Iterator[_Piece]:
    """Whole files that follow each other as one piece, and spans of one file that touch."""
    joined: list[_Piece] = []
    for piece in pieces:
        both = _joined(joined[-1], piece) if joined else None
        joined[-1:] = [both] if both else [*joined[-1:], piece]
    for (whole, columns), group in groupby(
        joined, lambda piece: (piece.span is None, piece.columns)
    ):
        if whole:
            pieces = list(group)
            paths = tuple(path for piece in pieces for path in piece.paths)
            yield _Piece(columns, paths, wide=any(piece.wide for piece in pieces))
        else:
            yield from group


def _joined(one: _Piece, following: _Piece) -> _Piece | None:
    """Both as one, where they are spans of one file that touch."""
    if one.paths != following.paths or one.span is None or following.span is None:
        return None
    (start, middle), (begin, end) = one.span, following.span
    return evolve(one, span=(start, end)) if middle == begin else None


def _select(artifact: Artifact, piece: _Piece) -> str:
    held = {column.name.lower(): column for column in piece.columns}
    items = (_item(column, held.get(column.name.lower())) for column in artifact.columns)
    rows = f"SELECT {', '.join(items)} FROM {read_files(piece.paths, mixed=piece.wide)}"
    if piece.span is None:
        return rows
    time = held[artifact.time_column.lower()]
    return f"{rows} WHERE {time_filter(time, *piece.span, artifact.timezone)}"


def _item(column: Column, held: Column | None) -> str:
    """What gives an artifact's column of a file which may know it as another, or not at all."""
    name = quote_identifier(column.name)
    if held is None:
        return f"{null_of(column.type)} AS {name}"
    value = decoded(held) or quote_identifier(held.name)
    return f"{value if held.type == column.type else f'CAST({value} AS {column.type})'} AS {name}"
