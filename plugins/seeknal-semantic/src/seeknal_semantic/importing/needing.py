"""What metrics need: without it they are left out, and nothing else may stand in for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve, frozen

if TYPE_CHECKING:
    from seeknal_semantic.importing.entries import Report
    from seeknal_semantic.importing.pieces import Part, Piece

_MEASURES = ("measure", "base_measure", "conversion_measure")


@frozen(kw_only=True)
class Names:
    """Metrics that dbt's files define, and those that the project has, in lower case."""

    defined: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()


def without_lacking(pieces: list[Piece], names: Names, report: Report) -> list[Piece]:
    """Without those that need a metric or a measure that is left out, however far away."""
    while True:
        pieces = _without_stand_ins(pieces, names)
        metrics = {each.name.lower() for each in pieces if each.kind == "metric"}
        measures = {part.name.lower() for each in pieces for part in _measures(each)}
        # A measure is the metric of its name, unless that is another one.
        metrics |= measures - names.defined - names.ours
        there = {f"metric {name}" for name in metrics} | {f"measure {name}" for name in measures}
        there |= {f"grain {name}" for each in pieces for name in _grains(each)}
        lacking = [(each, _lacking(each, there, report.lost)) for each in pieces]
        lacking = [(each, needs) for each, needs in lacking if needs]
        if not lacking:
            return pieces
        for piece, needs in lacking:
            report.add(piece.words, piece.place, f"it needs {', '.join(needs)}, not carried over")
        gone = {id(piece) for piece, _ in lacking}
        pieces = [piece for piece in pieces if id(piece) not in gone]


def _lacking(piece: Piece, there: set[str], lost: set[str]) -> list[str]:
    """What of a piece's needs is not there; of a dimension's name another one might be meant."""
    gone = {f"dimension {name}" for name in lost}
    return sorted(
        need
        for need in piece.needs
        if (need.lower() in gone if need.startswith("dimension ") else need.lower() not in there)
    )


def _grains(piece: Piece) -> Iterator[str]:
    """The grains of the project's own that a time spine brings."""
    if piece.kind == "time_spine":
        for each in cast("list[dict[str, str]]", piece.keys.get("custom_granularities", [])):
            yield each["name"].lower()


def _measures(piece: Piece) -> tuple[Part, ...]:
    return piece.parts.get("measures", ())


def _without_stand_ins(pieces: list[Piece], names: Names) -> list[Piece]:
    """Without measures of the names of metrics that are left out: they would be asked for instead.

    Those that other metrics take have another name, which says nothing in dbt.
    """
    metrics = {each.name.lower() for each in pieces if each.kind == "metric"}
    needed = {need.lower() for each in pieces for need in each.needs}
    taken = {*metrics, *names.defined, *names.ours}
    taken |= {part.name.lower() for each in pieces for part in _measures(each)}
    renamed: dict[str, str] = {}
    for piece in pieces:
        for part in _measures(piece):
            lower = part.name.lower()
            if lower in names.defined - metrics and f"measure {lower}" in needed:
                new = f"{part.name}_measure"
                while new.lower() in taken:
                    new += "_"
                renamed[lower] = new
    return [_with_names(piece, renamed, names.defined - metrics) for piece in pieces]


def _with_names(piece: Piece, renamed: Mapping[str, str], lost: frozenset[str]) -> Piece:
    """The piece with measures by their new names, and without those that are lost."""
    needs = set()
    for need in piece.needs:
        kind, _, name = need.partition(" ")
        new = renamed.get(name.lower()) if kind == "measure" else None
        needs.add(f"measure {new}" if new else need)
    keys: dict[str, Any] = {**piece.keys}
    for key in _MEASURES:
        value = keys.get(key)
        if isinstance(value, str):
            keys[key] = renamed.get(value.lower(), value)
        elif isinstance(value, Mapping):
            name = str(value["measure"])
            keys[key] = {**value, "measure": renamed.get(name.lower(), name)}
    measures = tuple(
        evolve(part, keys={**part.keys, "name": renamed.get(part.name.lower(), part.name)})
        for part in _measures(piece)
        if part.name.lower() not in lost or part.name.lower() in renamed
    )
    parts = {**piece.parts, "measures": measures} if _measures(piece) else piece.parts
    return evolve(piece, keys=keys, needs=frozenset(needs), parts=parts)
