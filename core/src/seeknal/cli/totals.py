"""How many nodes of a run ended how, in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.values.results import NodeResult

STATUSES = ("success", "reused", "failed", "skipped", "interrupted")


def totals(
    results: Sequence[NodeResult],
    seconds: float,
    interrupted: bool = False,
    abandoned: Sequence[NodeResult] = (),
) -> str:
    """``4 nodes: 3 run, 1 reused, 0 failed   0.4 s``."""
    owed = sum(len(result.owed) for result in (*results, *abandoned))
    end = "   interrupted" if interrupted else ""
    return f"{counts_text(counted(results), owed)}   {seconds:.1f} s{end}"


def counts_text(counts: Mapping[str, int], owed: int = 0) -> str:
    """``4 nodes: 3 run, 1 reused, 0 failed`` for the number of each status."""
    parts = [f"{counts['success']} run", f"{counts['reused']} reused", f"{counts['failed']} failed"]
    parts += [f"{counts[name]} {name}" for name in ("skipped", "interrupted") if counts[name]]
    if owed:
        parts.append(f"{owed} {'delivery' if owed == 1 else 'deliveries'} owed")
    number = sum(counts.values())
    return f"{number} {'node' if number == 1 else 'nodes'}: {', '.join(parts)}"


def counted(results: Sequence[NodeResult]) -> dict[str, int]:
    """How many results there are of each status."""
    statuses: list[str] = [result.status for result in results]
    return {name: statuses.count(name) for name in STATUSES}
