"""Measures features at points in time beside DuckDB's own ASOF join.

python benchmarks/features.py [--rows 10000000] [--entities 1000000] [--groups 20] [--times 3]

Each figure is beside another of the same rounds: a training set beside the same join written by
hand, in one process, over the same files into files of the same kind; and the command for many
groups beside the sum of those for each alone.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Command, interleaved, run

ONE, MANY = 1.2, 1.2
"""How much dearer than the join by hand, and than the sum of single groups."""

DATA = """
import sys
import duckdb

folder, rows, entities = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
made = duckdb.connect()
made.execute(f'''COPY (
    SELECT CAST(hash(i * 7) % {entities} AS BIGINT) AS k,
        TIMESTAMP '2025-01-01' + to_seconds(CAST(hash(i) % 31536000 AS BIGINT))
            + to_milliseconds(i // {entities}) AS at,
        random() AS a, random() AS b, CAST(i % 100 AS INTEGER) AS c
    FROM range({rows}) t(i)) TO '{folder}/rows.parquet' ''')
made.execute(f'''COPY (
    SELECT CAST(hash(i * 13) % {entities} AS BIGINT) AS k,
        TIMESTAMP '2025-01-01' + to_seconds(CAST(hash(i + 5) % 31536000 AS BIGINT)) AS ts,
        i % 2 AS label
    FROM range({entities}) t(i)) TO '{folder}/entities.parquet' ''')
"""
BESIDE = """
import sys, time
from statistics import median

import duckdb
import seeknal

folder, kept, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
INTO = "(FORMAT parquet, COMPRESSION zstd)"

def asked():
    how = {"project": folder, "timestamp": "ts"}
    with seeknal.get_historical_features("g0", f"{folder}/entities.parquet", **how) as found:
        to = f"COPY ({found.query}) TO '{folder}/asked.parquet' {INTO}"
        found.connection.execute(to).fetchall()

def by_hand():
    with duckdb.connect() as made:
        made.execute(f'''COPY (
            SELECT e.*, f.a, f.b, f.c
            FROM read_parquet('{folder}/entities.parquet') AS e
            ASOF LEFT JOIN read_parquet('{kept}') AS f ON e.k = f.k AND e.ts >= f.at
        ) TO '{folder}/by_hand.parquet' {INTO}''').fetchall()

took = {asked: [], by_hand: []}
for number in range(times + 1):
    for act, found in took.items():
        began = time.perf_counter()
        act()
        if number:
            found.append(time.perf_counter() - began)
print(*(median(found) for found in took.values()))
"""
PROJECT = """
kind: source
name: rows
source: parquet
table: rows.parquet
"""
GROUP = """---
kind: feature_group
name: g{number}
entity: {{name: k, join_keys: [k]}}
event_time: at
ttl: 90d
inputs: [source.rows]
features: [{features}]
transform: SELECT k, "at", {columns} FROM ref('source.rows') WHERE k % {many} < {share}
"""


def write_project(root: Path, groups: int) -> None:
    """A group of all rows, and many of a part of them."""
    (root / "seeknal").mkdir()
    (root / "seeknal_project.yml").write_text("name: features\n")
    texts = [GROUP.format(number=0, features="a, b, c", columns="a, b, c", many=1, share=1)]
    for number in range(1, groups + 1):
        names = [f"{name}{number}" for name in "abc"]
        columns = ", ".join(f"{name[0]} AS {name}" for name in names)
        listed = ", ".join(names)
        texts.append(
            GROUP.format(number=number, features=listed, columns=columns, many=10, share=1)
        )
    (root / "seeknal" / "groups.yml").write_text(PROJECT + "".join(texts))


def get(root: Path, *features: str) -> Command:
    entities = ("--entities", "entities.parquet", "--output", "out.parquet", "--format", "parquet")
    words = (sys.executable, "-m", "seeknal", "features", "get", *features, *entities)
    # Without its manifest, as the join by hand has none.
    return Command((*words, "--limit", "0"), root)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--entities", type=int, default=1_000_000)
    parser.add_argument("--groups", type=int, default=20)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        sizes = (str(given.rows), str(given.entities))
        subprocess.run([sys.executable, "-c", DATA, folder, *sizes], check=True)
        write_project(root, given.groups)
        subprocess.run([sys.executable, "-m", "seeknal", "run"], cwd=root, check=True)
        kept = str((root / "target/intermediate/feature_group_g0.parquet").resolve())
        words = [sys.executable, "-c", BESIDE, folder, kept, str(given.times)]
        names = [f"g{number}" for number in range(1, given.groups + 1)]
        # The first question about a group finds out that its rows have an order.
        run(get(root, "g0", *names, "--full-names"))
        found = interleaved(
            {
                "one": get(root, "g0"),
                **{name: get(root, name) for name in names},
                "together": get(root, *names),
            },
            given.times,
        )
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    one, together = found["one"], found["together"]
    asked, hand = map(float, said)
    total = sum(found[name].wall for name in names)
    print(f"one group: {asked:.2f} s, by hand {hand:.2f} s: {asked / hand:.2f}, at most {ONE}")
    print(f"  as a command {one.wall:.2f} s, {one.peak:.0f} MiB")
    print(
        f"{given.groups} groups: {together.wall:.2f} s, one by one {total:.2f} s:"
        f" {together.wall / total:.2f}, at most {MANY}"
    )
    good = asked <= ONE * hand and together.wall <= MANY * total
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
