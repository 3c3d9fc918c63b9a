"""What a judge says: how many mutants of each kind were caught, and which were not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.unittests.judging import Fate, Judged, Verdict
from tests.unittests.operators import OPERATORS

ALL, OF_A_KIND, MUTANTS, KINDS = 0.92, 0.85, 300, 10
"""What has to be caught, and of how many."""


def counted(found: Sequence[Judged]) -> dict[str, Counter[Fate]]:
    """What became of the mutants of each kind."""
    counts: dict[str, Counter[Fate]] = {kind: Counter() for kind in OPERATORS}
    for verdict in _verdicts(found):
        counts[verdict.mutant.kind][verdict.fate] += 1
    return counts


def _verdicts(found: Sequence[Judged]) -> list[Verdict]:
    return [verdict for judged in found for verdict in judged.verdicts]


def of_all(counts: dict[str, Counter[Fate]]) -> Counter[Fate]:
    return sum(counts.values(), Counter())


def real(counts: Counter[Fate]) -> int:
    """How many were to be caught."""
    return counts[Fate.CAUGHT] + counts[Fate.SURVIVED]


def share(counts: Counter[Fate]) -> float:
    return counts[Fate.CAUGHT] / real(counts) if real(counts) else 1.0


def good_enough(found: Sequence[Judged]) -> bool:
    """Whether as much is caught as has to be, of as many mutants and kinds."""
    counts = {kind: each for kind, each in counted(found).items() if real(each)}
    everything = of_all(counts)
    return (
        real(everything) >= MUTANTS
        and len(counts) >= KINDS
        and share(everything) >= ALL
        and all(share(each) >= OF_A_KIND for each in counts.values())
    )


def report(found: Sequence[Judged], *, nodes: bool = False) -> str:
    """The table of kinds, below what survived; with ``nodes`` one of these, too."""
    counts = counted(found)
    lines = [
        f"{'kind':<18} {'mutants':>8} {'equivalent':>11} {'no query':>9} {'too long':>9}"
        f" {'caught':>7} {'%':>6}"
    ]
    for kind, each in [*counts.items(), ("all", of_all(counts))]:
        lines.append(
            f"{kind:<18} {real(each):>8} {each[Fate.EQUIVALENT]:>11} {each[Fate.NONE]:>9}"
            f" {each[Fate.TOO_LONG]:>9} {each[Fate.CAUGHT]:>7} {100 * share(each):>6.1f}"
        )
    if nodes:
        lines += ["", *map(_node, found)]
    if unsound := [judged for judged in found if judged.unsound]:
        lines += ["", "tests that fail without a mistake:"]
        lines += [f"  {judged.subject}: {_line(judged.unsound or '', 400)}" for judged in unsound]
    survived = [verdict for verdict in _verdicts(found) if verdict.fate is Fate.SURVIVED]
    sound = {judged.subject for judged in found if not judged.unsound}
    lines += ["", "survived:"]
    lines += [_survivor(verdict) for verdict in survived if verdict.subject in sound]
    return "\n".join(lines)


def _node(judged: Judged) -> str:
    counts = Counter(verdict.fate for verdict in judged.verdicts)
    kinds = Counter(
        v.mutant.kind for v in judged.verdicts if v.fate in (Fate.CAUGHT, Fate.SURVIVED)
    )
    told = ", ".join(f"{kind} {number}" for kind, number in kinds.items())
    return f"  {judged.subject}: {counts[Fate.CAUGHT]} of {real(counts)} caught ({told})"


def _survivor(verdict: Verdict) -> str:
    mutant = verdict.mutant
    before, after = _line(mutant.before, 100), _line(mutant.after, 100)
    return f"  {verdict.subject}, {mutant.id}: {before} -> {after}"


def _line(text: str, longest: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."
