"""Days of ``seeknal scheduler`` by a clock that runs faster, while much goes wrong around it.

``python -m tests.scheduling.soak --days 3 --rate 60 --seed 7`` says at its end what was wrong, or
that nothing was. All that was seen stays in ``--folder``; ``--judge FOLDER`` judges it once more,
and ``--timeline FOLDER`` prints it in order.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.scheduling import shop
from tests.scheduling.evidence import Evidence, collected
from tests.scheduling.faults import Happens, drawn
from tests.scheduling.judging import Verdict, judged


def soaked(
    folder: Path,
    *,
    days: float,
    rate: float,
    seed: int = 0,
    plan: Sequence[Happens] | None = None,
    plant: str = "",
) -> Verdict:
    """Let it run, and judge it. Without a plan of what happens one is drawn."""
    from tests.scheduling.driving import Soak

    until = shop.BEGIN + timedelta(days=days)
    plan = drawn(seed, shop.BEGIN, until) if plan is None else plan
    soak = Soak(folder, until=until, rate=rate, seed=seed, plant=plant)
    with soak.prepared():
        soak.run(plan)
    return judged(collected(folder))


def timeline(evidence: Evidence) -> list[str]:
    """All that happened, in order, by the true time."""
    lines = []
    for event in evidence.events:
        if event["what"] in ("status", "gone"):
            continue
        more = {key: value for key, value in event.items() if key not in ("what", "real", "shown")}
        lines.append((evidence.at(event), f"* {event['what']} {_words(more)}"))
    for run in evidence.runs:
        nodes = ", ".join(f"{node} {run.outcome(node)}" for node in run.selected)
        who = "by hand " if run.hand else ""
        ending = " LOST" if run.lost else ""
        took = (run.end - run.begin).total_seconds()
        lines.append((run.begin, f"  {who}run {run.pid}{ending} ({took:.0f} s): {nodes}"))
    return [f"{moment:%m-%d %H:%M:%S} {line}" for moment, line in sorted(lines)]


def _words(more: dict) -> str:
    return " ".join(f"{key}={str(value)[:60]}" for key, value in more.items())


def told(verdict: Verdict) -> str:
    figures = "\n".join(f"{name}: {value}" for name, value in verdict.figures.items())
    if not verdict.faults:
        return f"{figures}\nholds"
    faults = "\n".join(map(str, verdict.faults))
    return f"{figures}\n{len(verdict.faults)} FAULTS (node, tick, what was seen)\n{faults}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=0.5)
    parser.add_argument("--rate", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plant", default="", help="a mistake to make: see soak_planted.py")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--timeline", type=Path)
    given = parser.parse_args(arguments)
    # Whoever ends it leaves no server and no scheduler behind.
    signal.signal(signal.SIGTERM, lambda *_ignored: sys.exit(1))
    if given.timeline:
        print("\n".join(timeline(collected(given.timeline))))
        return 0
    if given.judge:
        verdict = judged(collected(given.judge))
    else:
        folder = given.folder or Path(tempfile.mkdtemp(prefix="soak-"))
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        print(
            f"seed {given.seed}, {given.days:g} days, rate {given.rate:g}, in {folder}", flush=True
        )
        verdict = soaked(
            folder, days=given.days, rate=given.rate, seed=given.seed, plant=given.plant
        )
        (folder / "verdict").write_text(told(verdict))
        (folder / "timeline").write_text("\n".join(timeline(collected(folder))))
        print(json.dumps({"seed": given.seed, "folder": str(folder)}))
    print(told(verdict))
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
