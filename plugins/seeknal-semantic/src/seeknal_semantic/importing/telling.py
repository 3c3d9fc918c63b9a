"""What an import has done, in words and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeknal_semantic.importing.pieces import Piece
    from seeknal_semantic.importing.taking import Imported

_SEVERAL = {
    "semantic_model": ("semantic model", "semantic models"),
    "metric": ("metric", "metrics"),
    "saved_query": ("saved query", "saved queries"),
    "time_spine": ("time spine", "time spines"),
}


def lines_of(found: Imported, root: Path, *, dry_run: bool) -> Iterator[str]:
    """A line for each file, then one for each thing that was left out."""
    for path, pieces in found.pieces.items():
        yield f"{_shown(path, root)}: {counts(pieces)}{' (not written)' if dry_run else ''}"
    if not found.pieces:
        yield "nothing could be carried over"
    if found.left_out:
        yield "not carried over:"
    for entry in found.left_out:
        yield f"  {entry.place.file}:{entry.place.line}  {entry.what}: {entry.why}"


def counts(pieces: Sequence[Piece]) -> str:
    number = Counter(piece.kind for piece in pieces)
    return ", ".join(
        f"{number[kind]} {words[number[kind] != 1]}"
        for kind, words in _SEVERAL.items()
        if number[kind]
    )


def answer(found: Imported, root: Path) -> dict[str, Any]:
    return {
        "written": [
            {
                "file": _shown(path, root),
                "nodes": [f"{piece.kind}.{piece.name}" for piece in pieces],
            }
            for path, pieces in found.pieces.items()
        ],
        "left_out": [
            {
                "file": entry.place.file,
                "line": entry.place.line,
                "what": entry.what,
                "why": entry.why,
            }
            for entry in found.left_out
        ],
    }


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
