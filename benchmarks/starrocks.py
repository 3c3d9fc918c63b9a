"""Rows of StarRocks and MariaDB: what the reader here needs, beside plain pymysql's cursor.

A MariaDB of Debian's and the stand-in for StarRocks serve the same table of nine columns. CPU is
the client's alone, without what it needs for a table of no rows. Peak memory is that of reading
all rows and keeping none.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from attrs import frozen
from measure import Command, Sample, run

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
COLUMNS = (
    *("id BIGINT", "n INT", "amount DECIMAL(18, 2)", "share DOUBLE", "seen DATETIME", "day DATE"),
    *("name VARCHAR(20)", "hash VARCHAR(40)", "grade TINYINT"),
)
VALUES = (
    "i * 7919, i, i * 1.25, i / 7.0,"
    " CAST(concat('2024-01-', 10 + i % 20, ' 12:00:', 10 + i % 50) AS DATETIME),"
    " CAST(concat('2024-01-', 10 + i % 20) AS DATE), concat('name ', i),"
    " concat('some longer text, nr. ', i), CASE WHEN i % 10 = 0 THEN NULL ELSE i % 100 END"
)


def statements(rows: int) -> Iterator[str]:
    """The tables, made the same way by either server: one row, and the same again and again."""
    counts = {"none": 0, "quarter": rows // 4, "whole": rows, "twice": 2 * rows}
    yield "CREATE TABLE numbers (i BIGINT)"
    yield "INSERT INTO numbers VALUES (0)"
    made = 1
    while made < 2 * rows:
        yield f"INSERT INTO numbers SELECT i + {made} FROM numbers"
        made *= 2
    for name, count in counts.items():
        yield f"CREATE TABLE {name} ({', '.join(COLUMNS)})"
        yield f"INSERT INTO {name} SELECT {VALUES} FROM numbers WHERE i < {count}"


@contextmanager
def maria(rows: int) -> Iterator[int]:
    from tests.starrocks.mariadbs import mariadb

    with mariadb() as server:
        server.execute(*statements(rows))
        yield server.port


@contextmanager
def standin(rows: int) -> Iterator[int]:
    command = [
        sys.executable,
        "-m",
        "seeknal_starrocks.testing",
        "--database",
        "shop",
        "--statements",
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline().split()[1].rstrip(","))
        for statement in (*statements(rows), "SELECT 'made' AS done"):
            process.stdin.write(f"{statement}\n")
        process.stdin.flush()
        while process.stdout.readline().strip() != "made":
            pass
        yield port
    finally:
        process.stdin.close()
        process.wait()


@frozen
class Place:
    """Where the stand-in is."""

    port: int
    host: str = "127.0.0.1"


def read(reader: str, kind: str, port: int, table: str) -> None:
    """``own`` puts the rows into a table of DuckDB's; ``drained`` and ``pymysql`` keep none."""
    if reader == "pymysql":
        _by_pymysql(kind, port, table)
        return
    from tests.starrocks.asked import Asker
    from tests.starrocks.mariadbs import MariaDb

    from seeknal_starrocks.plugin import load_source

    server = MariaDb(port=port, socket=Path()) if kind == "MariaDB" else Place(port)
    with Asker(Path(tempfile.gettempdir())) as ask:
        scan = load_source(*ask.source(server, table, connection={"ssl": "disabled"}))
        if reader == "own":
            ask.duckdb.execute(f"CREATE TABLE kept AS {scan.sql}")
        else:
            columns = ", ".join(f"max({column.split()[0]})" for column in COLUMNS)
            ask.duckdb.execute(f"SELECT {columns} FROM ({scan.sql})").fetchall()


def _by_pymysql(kind: str, port: int, table: str) -> None:
    import pymysql
    from pymysql.cursors import SSCursor
    from tests.starrocks.mariadbs import PASSWORD

    user = {"user": "reader", "password": PASSWORD} if kind == "MariaDB" else {"user": "root"}
    connection = pymysql.connect(host="127.0.0.1", port=port, database="shop", **user)
    with connection, connection.cursor(SSCursor) as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        while cursor.fetchone() is not None:
            pass


def measured(reader: str, kind: str, port: int, table: str) -> Sample:
    command = [sys.executable, __file__, "--read", reader, kind, str(port), table]
    return run(Command(command, ROOT))


def compare(kind: str, port: int, rows: int, times: int) -> None:
    seconds: dict[str, list[float]] = {"pymysql": [], "own": []}
    for _ in range(times):
        for reader, found in seconds.items():
            least = measured(reader, kind, port, "none").cpu
            found.append(measured(reader, kind, port, "whole").cpu - least)
    plain, own = (median(found) for found in seconds.values())
    print(f"{kind}: {rows} rows x {len(COLUMNS)} columns")
    print(f"  CPU: pymysql {plain:.2f} s, own {own:.2f} s, ratio {own / plain:.2f}")
    peaks = {table: measured("drained", kind, port, table).peak for table in ("quarter", "twice")}
    told = ", ".join(
        f"{count} rows {peaks[table]:.0f} MiB"
        for table, count in (("quarter", rows // 4), ("twice", 2 * rows))
    )
    print(f"  peak memory: {told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--read", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.read:
        reader, kind, port, table = asked.read
        read(reader, kind, int(port), table)
        return
    for kind, serve in (("MariaDB", maria), ("stand-in", standin)):
        with serve(asked.rows) as port:
            compare(kind, port, asked.rows, asked.times)


if __name__ == "__main__":
    main()
