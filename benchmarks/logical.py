"""One logical project, written for seeknal and for plain DuckDB over the same files and SQL."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from pathlib import Path

SHAPES = (
    "SELECT id, k, v * 2 AS v FROM {a} WHERE v >= 0",
    "SELECT min(id) AS id, k, sum(v) AS v FROM {a} GROUP BY k",
    "SELECT a.id, a.k, a.v + b.v AS v FROM {a} a JOIN {b} b USING (id)",
    "SELECT id, k, v FROM {a} QUALIFY row_number() OVER (PARTITION BY k ORDER BY id) <= 50",
)
HEAVY = (
    "SELECT k, sum(v) AS v, count(*) AS n, count(DISTINCT id % 5000) AS ids FROM {a} GROUP BY k",
    "SELECT id % 1000000 AS g, avg(v) AS v, max(k) AS k, stddev(v) AS s FROM {b} GROUP BY g",
    "SELECT a.k, b.k AS bk, count(*) AS n, sum(a.v * b.v) AS v "
    "FROM {a} a JOIN {b} b USING (id) GROUP BY ALL",
    "SELECT id % 2500000 AS g, sum(v) AS v, min(k) AS k, max(id) AS last FROM {a} GROUP BY g",
    "SELECT k, median(v) AS v, quantile_cont(v, 0.9) AS p90, mode(id % 100) AS m "
    "FROM {b} GROUP BY k",
    "SELECT id, k, v, sum(v) OVER (PARTITION BY k % 50000 ORDER BY id) AS running "
    "FROM {a} QUALIFY row_number() OVER (PARTITION BY k ORDER BY v, id) <= 20",
    "SELECT md5(CAST(id AS VARCHAR)) AS h, k, v FROM {b} WHERE id % 3 = 0 ORDER BY h",
    "SELECT a.id, a.k, a.v - b.v AS v, a.v / (b.v + 1) AS r FROM {a} a JOIN {b} b USING (id) "
    "WHERE a.v > b.v",
)


@dataclass(frozen=True)
class Step:
    """One node: a source's file, or a transform's SQL with its inputs in place of names."""

    name: str
    sql: str | None
    inputs: tuple[str, ...]


def small(count: int, seed: int = 1) -> list[Step]:
    """20 % sources of 1,000 rows and 80 % layered transforms with one to three inputs."""
    chance = random.Random(seed)
    sources = max(1, count // 5)
    steps = [Step(f"n{number}", None, ()) for number in range(sources)]
    for number in range(sources, count):
        # The last fifth before it: layers, as pipelines have them, not one long chain.
        below = steps[max(0, number - max(5, count // 5)) : number]
        a, b = chance.choice(below).name, chance.choice(below).name
        shape = SHAPES[number % len(SHAPES)]
        inputs = (a, b) if "{b}" in shape else (a,)
        steps.append(Step(f"n{number}", shape, inputs))
    return steps


def chain(count: int) -> list[Step]:
    """A source and one transform after the other."""
    steps = [Step("n0", None, ())]
    for number in range(1, count):
        steps.append(Step(f"n{number}", "SELECT id, k, v + 1 AS v FROM {a}", (f"n{number - 1}",)))
    return steps


def heavy() -> list[Step]:
    """Two sources of five million rows, eight aggregations and joins over them."""
    steps = [Step("n0", None, ()), Step("n1", None, ())]
    return steps + [Step(f"n{n + 2}", sql, ("n0", "n1")) for n, sql in enumerate(HEAVY)]


def rebuilt_with(step: Step, steps: list[Step]) -> int:
    """How many nodes a change of ``step`` may rebuild, itself included."""
    reached = {step.name}
    for other in steps:
        if other.sql is not None and reached & set(other.inputs):
            reached.add(other.name)
    return len(reached)


def write_sources(folder: Path, names: list[str], rows: int) -> None:
    """The sources' Parquet files, the same ones each time."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for number, name in enumerate(names):
            connection.execute(
                f"COPY (SELECT range AS id, "
                f"(range * {7919 + number}) % {max(10, rows // 50)} AS k, "
                f"((range * {104729 + number}) % 1000) / 1000.0 AS v FROM range({rows})) "
                f"TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )


def write_seeknal(root: Path, steps: list[Step]) -> None:
    """The project's files, one for each node."""
    nodes = root / "seeknal"
    nodes.mkdir(parents=True, exist_ok=True)
    (root / "seeknal_project.yml").write_text("name: benchmark\n")
    for step in steps:
        (nodes / f"{step.name}.yml").write_text(node_text(step, steps))


def node_text(step: Step, steps: list[Step]) -> str:
    """A node's YAML."""
    if step.sql is None:
        return (
            f"kind: source\nname: {step.name}\ndescription: generated\nsource: parquet\n"
            f"table: data/{step.name}.parquet\n"
        )
    sources = {entry.name for entry in steps if entry.sql is None}
    ids = [f"{'source' if name in sources else 'transform'}.{name}" for name in step.inputs]
    used = [id for id, mark in zip(ids, "ab", strict=False) if f"{{{mark}}}" in step.sql]
    names = dict(zip("ab", (f"ref('{id}')" for id in ids), strict=False))
    inputs = "".join(f"  - ref: {id}\n" for id in dict.fromkeys(used))
    return (
        f"kind: transform\nname: {step.name}\ndescription: generated\ntags: [bench]\n"
        f"inputs:\n{inputs}transform: |\n  {step.sql.format(**names)}\n"
    )


def write_floor(root: Path, steps: list[Step]) -> None:
    """The same as a list of (name, SQL or None) that the floor runs."""
    import json

    listed = [
        [
            step.name,
            step.sql.format(**dict(zip("ab", step.inputs, strict=False))) if step.sql else None,
        ]
        for step in steps
    ]
    (root / "floor.json").write_text(json.dumps(listed))


if __name__ == "__main__":
    write_sources(Path(sys.argv[1]), sys.argv[3:], int(sys.argv[2]))
