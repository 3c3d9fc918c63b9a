"""Iceberg: what seeknal appends, reads and merges, beside DuckDB's own Parquet files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

from measure import Command, run

COLUMNS = """
    i::BIGINT AS id, (i % 1000)::INT AS customer, (i * 1.37)::DECIMAL(18,2) AS amount,
    'name ' || i AS name, md5(i::VARCHAR) AS hash,
    TIMESTAMP '2024-01-01' + to_seconds(i) AS seen,
    (DATE '2024-01-01' + (i % 900)::INT)::DATE AS day, i % 3 = 0 AS flag, i / 7.0 AS share,
    (i % 5)::INT AS grade
"""
COPY = "COPY (SELECT * FROM read_parquet({})) TO '{}' (FORMAT parquet, COMPRESSION zstd)"
FILLED = (
    "kind: source\nname: big\nsource: parquet\ntable: ../big.parquet\nallow_outside: true\n"
    "materializations: [{type: iceberg, table: lake.out.big, mode: append}]\n"
)
TIMED = """
import duckdb, sys, time

began = time.perf_counter()
connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
connection.execute(sys.argv[1])
print(time.perf_counter() - began)
"""


class Bench:
    """A file of ``rows`` rows, and a project for each thing that is measured."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder = folder / f"iceberg_{rows}"
        self.folder.mkdir()
        self.rows = rows
        self.file = self.folder / "big.parquet"
        made = f"SELECT {COLUMNS} FROM range({rows}) AS r(i)"
        self.duckdb(f"COPY ({made}) TO '{self.file}' (FORMAT parquet, COMPRESSION zstd)")

    def duckdb(self, statement: str) -> float:
        """Wall seconds of one statement in a process of its own, without its start."""
        command = [sys.executable, "-c", TIMED, statement]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def project(self, name: str, nodes: str) -> Path:
        root = self.folder / name
        (root / "seeknal").mkdir(parents=True, exist_ok=True)
        (root / "seeknal_project.yml").write_text("name: bench\n")
        (root / "seeknal" / "nodes.yml").write_text(nodes)
        return root

    def run(self, root: Path, *arguments: str) -> tuple[float, float, dict[str, float]]:
        """Wall seconds, peak MiB and the phases of the last node."""
        out = root / "result.json"
        line = f"{sys.executable} -m seeknal run --format json {' '.join(arguments)} > {out}"
        try:
            found = run(Command(["bash", "-c", f"exec {line}"], root))
        except RuntimeError as error:
            raise RuntimeError(out.read_text()) from error
        return found.wall, found.peak, json.loads(out.read_text())["nodes"][-1]["phases"]


def appending(bench: Bench, times: int) -> tuple[float, float]:
    """(DuckDB's COPY by the delivery, peak MiB): medians of interleaved rounds."""
    root = bench.project("append", FILLED)
    ratios, peaks = [], []
    for _ in range(times):
        for left in ("target", ".seeknal"):
            shutil.rmtree(root / left, ignore_errors=True)
        plain = bench.duckdb(COPY.format(f"'{bench.file}'", bench.folder / "copy.parquet"))
        _, peak, phases = bench.run(root)
        ratios.append(plain / phases["deliver"])
        peaks.append(peak)
    return median(ratios), median(peaks)


def reading(bench: Bench, times: int) -> tuple[float, float]:
    """The same for a source over the table that `appending` left."""
    root = bench.project("read", "kind: source\nname: big\nsource: iceberg\ntable: lake.out.big\n")
    shutil.rmtree(root / ".seeknal", ignore_errors=True)
    (root / ".seeknal").symlink_to(bench.folder / "append" / ".seeknal")
    files = [str(path) for path in (root / ".seeknal/iceberg/warehouse").rglob("*.parquet")]
    ratios, peaks = [], []
    for _ in range(times):
        shutil.rmtree(root / "target", ignore_errors=True)
        plain = bench.duckdb(COPY.format(files, bench.folder / "copy.parquet"))
        _, peak, phases = bench.run(root)
        ratios.append(plain / phases["execute"])
        peaks.append(peak)
    return median(ratios), median(peaks)


def merging(bench: Bench, changed: int, times: int) -> tuple[float, float]:
    """(wall seconds of the whole run, peak MiB) for rows spread over the whole table."""
    root = bench.project("merge", FILLED)
    bench.run(root)
    walls, peaks = [], []
    for number in range(times):
        rows = f"range(0, {bench.rows}, {bench.rows // changed}) AS r(i)"
        (root / "seeknal/nodes.yml").write_text(
            "kind: transform\nname: changes\ntransform: |\n"
            f"  SELECT * REPLACE ('version {number}' AS name)\n"
            f"  FROM (SELECT {' '.join(COLUMNS.split())} FROM {rows})\n"
            "materializations:\n"
            "  - {type: iceberg, table: lake.out.big, mode: upsert_by_key, unique_keys: [id]}\n"
        )
        wall, peak, _ = bench.run(root)
        walls.append(wall)
        peaks.append(peak)
    return median(walls), median(peaks)
