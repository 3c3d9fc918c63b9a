"""Run the queries of TPC-H and TPC-DS through a translator, and compare the rows.

``python -m tests.dialects.tpc --suite tpch --target postgres [--scale 0.01]
[--translate MODULE:FUNCTION]`` prints a line for each query that is not equal, and counts.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.dialects.corpus import Entry
from tests.dialects.engines import (
    Answer,
    Engine,
    Failed,
    ask_duckdb,
    ask_postgres,
    ask_spark,
    postgres_server,
)
from tests.dialects.judge import Outcome, Schema, Translate, Verdict, judged, translator
from tests.dialects.servers import NoEngine, spark_connect
from tests.unpacked import CACHE

SUITES = {"tpch": 22, "tpcds": 99}
WHEELS = ("duckdb==1.5.5", "duckdb-extension-tpch==1.5.5", "duckdb-extension-tpcds==1.5.5")
TIMEOUT = "120s"


@frozen(kw_only=True)
class Suite:
    """Data in Parquet files, and queries in DuckDB's SQL by their number."""

    folder: Path
    queries: dict[int, str]
    tables: dict[str, dict[str, str]]


@contextmanager
def suite(name: str, scale: float) -> Iterator[Suite]:
    """A suite's data in a folder of its own. Raises NoEngine when its wheels are not to be had."""
    import duckdb

    python = _python()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        maker = Path(__file__).with_name("tpc_data.py")
        subprocess.run([python, maker, name, str(scale), place], check=True)
        found = json.loads((folder / "queries.json").read_text())
        tables = {}
        for path in sorted(folder.glob("*.parquet")):
            described = duckdb.sql(f"DESCRIBE FROM '{path}'").fetchall()
            tables[path.stem] = {row[0]: row[1] for row in described}
        yield Suite(
            folder=folder,
            queries={int(number): text for number, text in found.items()},
            tables=tables,
        )


def _python() -> Path:
    """A Python with the DuckDB that the extensions are for, made when it is asked for first."""
    home = CACHE / "tpc"
    python = home / "bin" / "python"
    if not (home / "made").exists():
        venv.create(home, with_pip=True, clear=True)
        got = subprocess.run([python, "-m", "pip", "install", "--quiet", *WHEELS])
        if got.returncode:
            raise NoEngine(f"no wheels {', '.join(WHEELS)}")
        (home / "made").touch()
    return python


@contextmanager
def duckdb_with(found: Suite) -> Iterator[Engine]:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name in found.tables:
            connection.execute(f"CREATE TABLE {name} AS FROM '{found.folder / name}.parquet'")
        yield Engine("duckdb", lambda sql: ask_duckdb(connection, sql))


@contextmanager
def postgres_with(found: Suite) -> Iterator[Engine]:
    import psycopg

    with postgres_server() as parameters, psycopg.connect(**parameters) as connection:
        connection.autocommit = True
        for name, columns in found.tables.items():
            written = ", ".join(
                f'"{column}" {"double precision" if of == "DOUBLE" else of}'
                for column, of in columns.items()
            )
            connection.execute(f"CREATE TABLE {name} ({written})".encode())
            _copy(found.folder / f"{name}.parquet", name, connection)
            for column in columns:
                if column.endswith(("key", "_sk")):
                    connection.execute(f'CREATE INDEX ON {name} ("{column}")'.encode())
            connection.execute(f"ANALYZE {name}".encode())
        connection.execute(f"SET statement_timeout = '{TIMEOUT}'".encode())
        yield Engine("postgres", lambda sql: ask_postgres(connection, sql))


def _copy(path: Path, name: str, connection: Any) -> None:
    import duckdb

    written = path.with_suffix(".csv")
    duckdb.sql(f"FROM '{path}'").write_csv(str(written), header=False)
    with (
        written.open("rb") as rows,
        connection.cursor().copy(f"COPY {name} FROM STDIN (FORMAT csv)".encode()) as copy,
    ):
        while block := rows.read(1 << 20):
            copy.write(block)
    written.unlink()


@contextmanager
def spark_with(found: Suite) -> Iterator[Engine]:
    with spark_connect() as connection:
        for name in found.tables:
            ask_spark(
                connection,
                f"CREATE OR REPLACE TEMPORARY VIEW {name} USING parquet"
                f" OPTIONS (path '{found.folder / name}.parquet')",
            )
        yield Engine("spark", lambda sql: ask_spark(connection, sql))


def verdicts(
    translate: Translate, found: Suite, origin: Engine, target: Engine
) -> Iterator[tuple[int, Verdict]]:
    """What becomes of each query; where its ORDER BY leaves ties, rows may come in any order."""
    known: Schema = found.tables
    for number, sql in sorted(found.queries.items()):
        try:
            answer: Answer = origin.ask(sql)
        except Failed as failed:
            print(f"query {number} fails in DuckDB: {failed}", file=sys.stderr)
            continue
        plain = all(re.fullmatch(r"\w+", name) for name in answer.columns)
        entry = Entry(
            dialect="duckdb",
            about=f"query {number}",
            query=sql.strip().removesuffix(";"),
            gives=answer.rows,
            columns=answer.columns if plain else (),
            keys=_keys(sql, answer.columns),
        )
        yield number, judged(translate, entry, target, known)


def _keys(sql: str, columns: tuple[str, ...]) -> tuple[int, ...]:
    """The columns that a query is ordered by, up to the first that is none of its result."""
    import sqlglot
    from sqlglot import exp

    order = sqlglot.parse_one(sql, read="duckdb").args.get("order")
    names = [name.lower() for name in columns]
    found: list[int] = []
    for part in order.expressions if order else ():
        key = part.this
        if isinstance(key, exp.Literal) and key.is_int:
            found.append(int(key.name) - 1)
        elif isinstance(key, exp.Column) and names.count(key.name.lower()) == 1:
            found.append(names.index(key.name.lower()))
        else:
            break
    return tuple(found)


TARGETS: dict[str, Callable[[Suite], Any]] = {"postgres": postgres_with, "spark": spark_with}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="TPC-H and TPC-DS through a translator.")
    parser.add_argument("--suite", choices=tuple(SUITES), default="tpch")
    parser.add_argument("--target", choices=tuple(TARGETS), default="postgres")
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--translate", default="", metavar="MODULE:FUNCTION")
    options = parser.parse_args(arguments)
    translate = translator(options.translate)
    counts: Counter[str] = Counter()
    try:
        with (
            suite(options.suite, options.scale) as found,
            duckdb_with(found) as origin,
            TARGETS[options.target](found) as target,
        ):
            for number, verdict in verdicts(translate, found, origin, target):
                counts[verdict.outcome.value] += 1
                counts["of them without rows"] += not verdict.entry.gives
                if verdict.outcome != Outcome.EQUAL:
                    print(f"query {number}: {verdict.outcome.value}: {verdict.detail[:400]}")
    except NoEngine as error:
        print(f"not run: {error}", file=sys.stderr)
        return 2
    print(f"{options.suite} to {options.target}:", dict(counts))
    return 1 if counts[Outcome.WRONG.value] + counts[Outcome.FAILED.value] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
