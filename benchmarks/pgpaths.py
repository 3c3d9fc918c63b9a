"""PostgreSQL: what seeknal reads and writes, beside what psql moves in the same rounds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from measure import Command, run

COLUMNS = """
    i::bigint AS id, (i % 1000)::int AS customer, (i * 1.37)::numeric(18,2) AS amount,
    'name ' || i AS name, md5(i::text) AS hash,
    timestamp '2024-01-01' + i * interval '1 second' AS seen,
    date '2024-01-01' + (i % 900)::int AS day, i % 3 = 0 AS flag, (i / 7.0)::float8 AS share,
    (i % 5)::smallint AS grade
"""


@contextmanager
def server(folder: Path) -> Iterator[Any]:
    from seeknal_postgres.embedded import Server

    found = Server(folder=folder, settings={"fsync": "off", "max_wal_size": "4GB"})
    found.start()
    try:
        yield found
    finally:
        found.stop()


class Bench:
    """One server with a table of ``rows`` rows, and a project for each thing that is measured."""

    def __init__(self, server: Any, folder: Path, rows: int) -> None:
        self.folder = folder
        at = server.parameters()
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
        self.environment = {variable: str(at[key]) for key, variable in names.items()}
        self.environment["PGPASSWORD"] = at["password"]
        self.program = _psql()
        self.psql("DROP TABLE IF EXISTS big")
        self.psql(f"CREATE TABLE big AS SELECT {COLUMNS} FROM generate_series(1, {rows}) AS s(i)")
        self.psql("VACUUM ANALYZE big")

    def psql(self, command: str) -> float:
        """Wall seconds."""
        began = time.perf_counter()
        subprocess.run(
            [self.program, "-qc", command],
            env={**os.environ, **self.environment},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - began

    def pipe(self, one: str, other: str) -> float:
        """Wall seconds of a psql whose output another one reads."""
        around = {**os.environ, **self.environment}
        began = time.perf_counter()
        first = subprocess.Popen([self.program, "-qc", one], env=around, stdout=subprocess.PIPE)
        subprocess.run([self.program, "-qc", other], env=around, stdin=first.stdout, check=True)
        if first.wait():
            raise RuntimeError(f"{one} failed")
        return time.perf_counter() - began

    def project(self, name: str, nodes: str) -> Path:
        root = self.folder / name
        (root / "seeknal").mkdir(parents=True, exist_ok=True)
        (root / "seeknal_project.yml").write_text("name: bench\n")
        (root / "profiles.yml").write_text("connections:\n  pg: {type: postgresql}\n")
        (root / "seeknal" / "nodes.yml").write_text(nodes)
        return root

    def run(self, root: Path, *arguments: str) -> tuple[float, float, dict[str, float]]:
        """Wall seconds, peak MiB and the phases of the last node."""
        out = root / "result.json"
        line = f"{sys.executable} -m seeknal run --format json {' '.join(arguments)} > {out}"
        try:
            found = run(Command(["bash", "-c", f"exec {line}"], root, environment=self.environment))
        except RuntimeError as error:
            raise RuntimeError(out.read_text()) from error
        phases = json.loads(out.read_text())["nodes"][-1]["phases"]
        return found.wall, found.peak, phases


def _psql() -> str:
    from seeknal_postgres.binaries import account, binaries

    return str(binaries(account()) / "psql")


def reading(bench: Bench, transport: str, times: int) -> tuple[float, float]:
    """(psql's seconds by seeknal's, peak MiB): medians of interleaved rounds."""
    root = bench.project(
        f"read_{transport}",
        "kind: source\nname: big\nsource: postgresql\nconnection: pg\ntable: public.big\n"
        f"params: {{transport: {transport}}}\n",
    )
    ratios, peaks = [], []
    for _ in range(times):
        shutil.rmtree(root / "target", ignore_errors=True)
        plain = bench.psql("COPY big TO STDOUT (FORMAT binary)")
        wall, peak, _ = bench.run(root)
        ratios.append(plain / wall)
        peaks.append(peak)
    return median(ratios), median(peaks)


SEVEN = """
    i::bigint AS id, (i % 1000)::int AS customer, (i * 1.37)::numeric(18,2) AS amount,
    'name ' || i AS name, timestamptz '2024-01-01' + i * interval '1 second' AS seen,
    i % 3 = 0 AS flag, (i / 7.0)::float8 AS share
"""


def ingesting(bench: Bench, rows: int, times: int) -> tuple[float, float]:
    """(seconds of ``seeknal ingest`` by those of psql's pipe, peak MiB): medians of rounds.

    Both bring the same table into an empty one of the same server; seeknal stores it as Parquet
    on the way, and keeps a record.
    """
    bench.psql("DROP TABLE IF EXISTS seven")
    bench.psql(f"CREATE TABLE seven AS SELECT {SEVEN} FROM generate_series(1, {rows}) AS s(i)")
    bench.psql("VACUUM ANALYZE seven")
    root = bench.folder / "ingest"
    root.mkdir(exist_ok=True)
    (root / "profiles.yml").write_text("connections:\n  pg: {type: postgresql}\n")
    words = "ingest --connection pg --table public.seven --name seven --into pg:public.loaded"
    line = [sys.executable, "-m", "seeknal", *words.split(), "--lake", "lake", "--format", "json"]
    ratios, peaks = [], []
    for _ in range(times):
        bench.psql("DROP TABLE IF EXISTS piped")
        bench.psql("CREATE TABLE piped (LIKE seven)")
        bench.psql("DROP TABLE IF EXISTS loaded")
        shutil.rmtree(root / "lake", ignore_errors=True)
        plain = bench.pipe(
            "COPY seven TO STDOUT (FORMAT binary)", "COPY piped FROM STDIN (FORMAT binary)"
        )
        found = run(Command(line, root, environment=bench.environment))
        ratios.append(found.wall / plain)
        peaks.append(found.peak)
    return median(ratios), median(peaks)


def _stored(bench: Bench) -> Path:
    """The table's rows as seeknal stores them."""
    root = bench.project(
        "stored",
        "kind: source\nname: big\nsource: postgresql\nconnection: pg\ntable: public.big\n",
    )
    bench.run(root)
    return root / "target" / "intermediate" / "source_big.parquet"


def writing(bench: Bench, mode: str, times: int) -> tuple[float, float]:
    """The same for a delivery: its own seconds, the run's peak."""
    file = bench.folder / "big.bin"
    bench.psql(f"\\copy big TO '{file}' (FORMAT binary)")
    rest = ", unique_keys: [id]" if mode == "upsert_by_key" else ""
    root = bench.project(
        f"write_{mode}",
        "kind: source\nname: big\nsource: parquet\ntable: big.parquet\n"
        f"materializations: [{{type: postgresql, connection: pg, table: out.big, mode: {mode}"
        f"{rest}}}]\n",
    )
    shutil.copyfile(_stored(bench), root / "big.parquet")
    ratios, peaks = [], []
    for _ in range(times):
        bench.psql("DROP TABLE IF EXISTS copied")
        bench.psql("CREATE TABLE copied (LIKE big)")
        plain = bench.psql(f"\\copy copied FROM '{file}' (FORMAT binary)")
        if mode == "upsert_by_key":
            bench.psql("CREATE SCHEMA IF NOT EXISTS out")
            bench.psql("DROP TABLE IF EXISTS out.big")
            # Half of the rows are there already.
            bench.psql("CREATE TABLE out.big AS SELECT * FROM big WHERE id % 2 = 0")
            bench.psql("ALTER TABLE out.big ADD PRIMARY KEY (id)")
        else:
            bench.psql("DROP TABLE IF EXISTS out.big")
        shutil.rmtree(root / "target", ignore_errors=True)
        _, peak, phases = bench.run(root)
        ratios.append(plain / phases["deliver"])
        peaks.append(peak)
    return median(ratios), median(peaks)
