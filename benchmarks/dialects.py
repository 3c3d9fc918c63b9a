"""A file of nodes whose SQL DuckDB and other dialects read alike, with ``dialect:`` and without."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

DIALECTS = ("postgres", "mysql", "spark", "snowflake", "bigquery", "sqlite", "starrocks")
SHAPES = (
    "SELECT a.id, a.k, a.v * 2 AS v FROM {a} AS a WHERE a.v >= 0 AND a.k < 1000",
    "SELECT MIN(a.id) AS id, a.k, MAX(a.v) AS v FROM {a} AS a GROUP BY a.k",
    "SELECT a.id, a.k, a.v + b.v AS v FROM {a} AS a JOIN {b} AS b ON a.id = b.id"
    " WHERE b.k IS NOT NULL",
    "SELECT a.id, a.k, CASE WHEN a.v > 10 THEN a.v ELSE 0 END AS v FROM {a} AS a"
    " WHERE a.id IN (SELECT b.id FROM {b} AS b WHERE b.v BETWEEN 1 AND 5)",
)
SOURCE = (
    "kind: source\nname: n0\nsource: csv\ntable: events.csv\n"
    "columns: {id: BIGINT, k: BIGINT, v: BIGINT}\n"
)


def write_project(root: Path, nodes: int, dialect: str) -> None:
    """A source, and one file of transforms, each over two that came before it."""
    folder = root / "seeknal"
    folder.mkdir(parents=True)
    (root / "seeknal_project.yml").write_text("name: dialects\n")
    (root / "events.csv").write_text("id,k,v\n1,2,3\n")
    (folder / "source.yml").write_text(SOURCE)
    texts = [_node(number, dialect) for number in range(1, nodes + 1)]
    (folder / "nodes.yml").write_text("---\n".join(texts))


def edited(root: Path) -> Callable[[], None]:
    """Writes another number into the last node each time that it is called."""
    file = root / "seeknal" / "nodes.yml"
    text = file.read_text()
    numbers = count(2_000)

    def write() -> None:
        file.write_text(text.rstrip() + f" AND {next(numbers)} > 1\n")

    return write


def _node(number: int, dialect: str) -> str:
    said = f"dialect: {dialect}\n" if dialect != "duckdb" else ""
    names = {"a": _ref(number - 1), "b": _ref(number // 2)}
    sql = SHAPES[number % len(SHAPES)].format(**names)
    return f"kind: transform\nname: n{number}\n{said}transform: |\n  {sql}\n"


def _ref(number: int) -> str:
    return f"ref('{'transform' if number else 'source'}.n{number}')"
