"""Measures column lineage of a large project: asked for the first time, and asked again.

python benchmarks/lineage.py [--nodes 1000] [--columns 20]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

COLD, WARM = 10.0, 0.3
"""Seconds that the first answer may take, and seconds of CPU that any other one may."""

ASK = """
import sys, time
from pathlib import Path
from seeknal.query.stored import lineage_of
from seeknal.plan.session import Request, load

loaded = load(Path(sys.argv[1]), Request())
wall, cpu = time.perf_counter(), time.process_time()
lineage = lineage_of(loaded, "prod")
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
unknown = sum(node.unknown is not None for node in lineage.nodes.values())
print(wall, cpu, len(lineage.nodes), unknown)
"""


def make_project(root: Path, nodes: int, columns: int) -> None:
    """Joins, filters, aggregates and windows, each node over two that came before it."""
    folder = root / "seeknal"
    folder.mkdir(parents=True)
    (root / "seeknal_project.yml").write_text("name: large\n")
    (root / "events.csv").write_text("")
    names = [f"c{number}" for number in range(columns)]
    types = ", ".join(f"{name}: BIGINT" for name in names)
    (folder / "source.yml").write_text(
        f"kind: source\nname: n0\nsource: csv\ntable: events.csv\ncolumns: {{{types}}}\n"
    )
    for number in range(1, nodes):
        (folder / f"n{number}.yml").write_text(node(number, names))


def node(number: int, names: list[str]) -> str:
    first, second = number - 1, number // 2
    kinds = {parent: "transform" if parent else "source" for parent in (first, second)}
    items = [
        f"CASE WHEN x.{name} > {place} THEN x.{name} ELSE y.{name} END AS {name}"
        if place % 3
        else f"sum(x.{name}) OVER (PARTITION BY y.{names[0]}) AS {name}"
        for place, name in enumerate(names)
    ]
    return (
        f"kind: transform\nname: n{number}\ntransform: |\n  SELECT {', '.join(items)}\n"
        f"  FROM ref('{kinds[first]}.n{first}') x\n"
        f"  JOIN ref('{kinds[second]}.n{second}') y ON x.{names[1]} = y.{names[1]}\n"
        f"  WHERE x.{names[2]} IN (SELECT {names[3]} FROM ref('{kinds[second]}.n{second}'))\n"
    )


def ask(root: Path) -> tuple[float, float, int, int]:
    """(seconds, seconds of CPU, nodes, nodes of which nothing is known) of one question."""
    command = [sys.executable, "-c", ASK, str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall, cpu, nodes, unknown = done.stdout.split()
    return float(wall), float(cpu), int(nodes), int(unknown)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--columns", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seeknal-lineage-") as folder:
        root = Path(folder) / "project"
        make_project(root, options.nodes, options.columns)
        cold = ask(root)
        warm = min(ask(root) for _ in range(3))
    print(f"{cold[2]:,} nodes of {options.columns} columns, {cold[3]} unknown")
    print(f"first answer   {cold[0]:.2f} s ({cold[1]:.2f} s CPU), at most {COLD:.1f} s")
    print(f"asked again    {warm[0]:.2f} s ({warm[1]:.2f} s CPU), at most {WARM:.1f} s CPU")
    return int(cold[0] > COLD or warm[1] > WARM or cold[3] > 0)


if __name__ == "__main__":
    sys.exit(main())
