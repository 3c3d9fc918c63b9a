"""Leaving out what the project would not take: everything that is written has no problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import ProjectError
from seeknal_semantic.expressions import columns_in
from seeknal_semantic.importing.needing import without_lacking
from seeknal_semantic.importing.pieces import PARTS, Piece
from seeknal_semantic.importing.writing import SEPARATOR, line_of, lines_of, text_of

if TYPE_CHECKING:
    from seeknal.plugin import Problem
    from seeknal_semantic.importing.entries import Report
    from seeknal_semantic.importing.needing import Names
    from seeknal_semantic.importing.pieces import Part

NO_COLUMN = "SK1510"
_ONE = {"entities": "entity", "dimensions": "dimension", "measures": "measure"}
ProblemsWith = Callable[[Mapping[str, str]], Sequence["Problem"]]


def checked(
    pieces: Sequence[Piece], names: Names, report: Report, problems_with: ProblemsWith
) -> dict[str, list[Piece]]:
    """The pieces by their files, without those that something is wrong with.

    Raises ProjectError where what there is already would be wrong with them.
    """
    kept = without_lacking(list(pieces), names, report)
    while kept:
        files = by_file(kept)
        problems = problems_with({file: text_of(each) for file, each in files.items()})
        found = _Found(files)
        ours = [problem for problem in problems if found.piece(problem) is not None]
        if not ours:
            # What is wrong anyway is none of the import's business.
            before = problems_with({}) if problems else []
            if broken := [problem for problem in problems if problem not in before]:
                raise ProjectError(broken)
            return files
        kept = without_lacking(_without(kept, ours, found, report), names, report)
    return {}


def by_file(pieces: Iterable[Piece]) -> dict[str, list[Piece]]:
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(piece.file, []).append(piece)
    return found


class _Found:
    """Which piece, and which part of it, a place in the files that would be written is in."""

    def __init__(self, files: Mapping[str, list[Piece]]) -> None:
        self.lines: dict[tuple[str, int], tuple[Piece, str]] = {}
        for file, pieces in files.items():
            every = [(each, line) for each in pieces for line in (*lines_of(each), SEPARATOR)]
            self.lines |= {(file, number): one for number, one in enumerate(every, 1)}

    def piece(self, problem: Problem) -> Piece | None:
        place = problem.location
        found = self.lines.get((place.file, place.line)) if place is not None else None
        return None if found is None else found[0]

    def parts(self, problem: Problem) -> list[tuple[str, Part]]:
        """The entities, dimensions and measures that a problem is about."""
        place = problem.location
        if place is None or (place.file, place.line) not in self.lines:
            return []
        piece, line = self.lines[place.file, place.line]
        every = [(key, part) for key in PARTS for part in piece.parts.get(key, ())]
        if problem.code == NO_COLUMN:
            # It begins with the column; where that stands is looked up in files that are there.
            column = problem.message.partition(" ")[0]
            return [(key, part) for key, part in every if column in _columns(part)]
        return [(key, part) for key, part in every if line_of(part) == line]


def _columns(part: Part) -> tuple[str, ...]:
    """The columns that a part reads."""
    return columns_in(str(part.keys.get("expr", part.name)))


def _without(
    pieces: list[Piece], problems: Iterable[Problem], found: _Found, report: Report
) -> list[Piece]:
    """Without the parts, or the whole pieces, that the problems are about."""
    gone: set[int] = set()
    for problem in problems:
        piece, parts = found.piece(problem), found.parts(problem)
        assert piece is not None
        why = _why(problem, piece)
        named = [(f"{_ONE[key]} {part.name} of model {piece.name}", part) for key, part in parts]
        blamed: list[tuple[str, Part | Piece]] = [*named] or [(piece.words, piece)]
        for words, which in blamed:
            if id(which) not in gone:
                report.add(words, which.place, why)
                report.lost.update(_names(which))
                gone.add(id(which))
    kept = [piece for piece in pieces if id(piece) not in gone]
    return [
        evolve(
            piece,
            parts={
                key: tuple(one for one in each if id(one) not in gone)
                for key, each in piece.parts.items()
            },
        )
        for piece in kept
    ]


def _names(gone: Part | Piece) -> Iterator[str]:
    """The dimensions and entities that are left out with something."""
    if isinstance(gone, Piece):
        yield from (part.name.lower() for part in gone.parts.get("dimensions", ()))
    else:
        yield gone.name.lower()


def _why(problem: Problem, piece: Piece) -> str:
    """What is wrong, without the node that it is said of."""
    message = problem.message.removeprefix(f"{piece.kind}.{piece.name}: ")
    return f"{message} ({problem.help})" if problem.help else message
