"""What plain DuckDB needs for the same work: each transform to Parquet, a view over it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb


def main(root: Path) -> None:
    output = root / "floor_output"
    output.mkdir(exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    for name, sql in json.loads((root / "floor.json").read_text()):
        path = root / "data" / f"{name}.parquet"
        if sql is not None:
            path = output / f"{name}.parquet"
            connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{path}')")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
