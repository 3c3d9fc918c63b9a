"""CSV files: what seeknal stores of them at first, beside DuckDB's own COPY of the same files."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from measure import Command, Sample, interleaved

COLUMNS = """
    i AS id, i % 1000 AS customer, round(i * 0.37, 2) AS share, (i * 0.01)::DECIMAL(12,2) AS amount,
    'name ' || (i % 50000) AS name, DATE '2020-01-01' + (i % 3000)::INT AS day,
    TIMESTAMP '2020-01-01' + to_seconds(i) AS seen, i % 2 = 0 AS flag, (i % 7)::INT AS grade,
    'c' || (i % 5) AS kind
"""
COPIED = """
import duckdb, sys

connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
for number, file in enumerate(sys.argv[3:]):
    source = f"read_csv('{file}', sample_size = {sys.argv[1]})"
    target = f"{sys.argv[2]}/{number}.parquet"
    connection.execute(f"COPY (FROM {source}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
"""


class Bench:
    """A project with ``count`` sources, each a CSV file of ``rows`` rows."""

    def __init__(self, folder: Path, count: int, rows: int) -> None:
        import duckdb

        self.root = folder / f"csv_{count}_{rows}"
        (self.root / "seeknal").mkdir(parents=True)
        (self.root / "copies").mkdir()
        (self.root / "seeknal_project.yml").write_text("name: bench\n")
        self.files = [self.root / f"f{number}.csv" for number in range(count)]
        for number, file in enumerate(self.files):
            made = f"SELECT {COLUMNS} FROM range({number}, {rows + number}) AS r(i)"
            duckdb.sql(f"COPY ({made}) TO '{file}'")
            (self.root / "seeknal" / f"f{number}.yml").write_text(
                f"kind: source\nname: f{number}\nsource: csv\ntable: f{number}.csv\n"
            )

    @property
    def bytes(self) -> int:
        return sum(file.stat().st_size for file in self.files)

    def beside(self, sample_size: int, times: int) -> tuple[Sample, Sample]:
        """(seeknal's first run, DuckDB's COPY of one file after the other)."""
        names = [str(file) for file in self.files]
        copy = [sys.executable, "-c", COPIED, str(sample_size), str(self.root / "copies"), *names]
        found = interleaved(
            {
                "duckdb": Command(copy, self.root),
                "seeknal": Command(
                    [sys.executable, "-m", "seeknal", "run", "-q"],
                    self.root,
                    lambda: shutil.rmtree(self.root / "target", ignore_errors=True),
                ),
            },
            times,
        )
        return found["seeknal"], found["duckdb"]
