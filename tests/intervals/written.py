"""Writes the nodes of a history as the files of a project."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb
import yaml

from tests.intervals.begins import begin
from tests.intervals.events import Node, Row
from tests.intervals.ranges import GRID, MINUTE

PROJECT = """\
name: judged
janitor: {auto_run: false, output_retention: 10000}
execution: {max_workers: 1}
environments: {materialize: false}
"""
AT = '"at"'
START, END = "{{ interval_start }}", "{{ interval_end }}"
FIGURES = "CAST(sum(one) AS BIGINT) AS one, CAST(sum(two) * {v} + {x} AS BIGINT) AS two"


def id_of(node: Node) -> str:
    return f"source.{node.name}" if node.kind == "source" else f"transform.{node.name}"


def write_node(root: Path, nodes: Mapping[str, Node], node: Node, target: object = None) -> None:
    """Write a node's file, ``target`` being where its rows are delivered."""
    if node.kind == "source":
        path, text = root / f"seeknal/pipelines/{node.name}.py", source(node, target)
    else:
        path, text = root / f"seeknal/{node.name}.yml", transform(nodes, node, target)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_rows(root: Path, source: str, rows: Iterable[Row]) -> None:
    """Write what a source's table holds."""
    path = root / f"data/{source}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    values = ", ".join(f"({literal(time)}, {one}, {two})" for time, one, two in rows)
    given = f"VALUES {values}" if values else "SELECT NULL, 0, 0 WHERE false"
    types = f"CAST(a AS TIMESTAMP) AS {AT}, CAST(b AS BIGINT) AS one, CAST(c AS BIGINT) AS two"
    written = path.with_suffix(".new")
    connection().execute(
        f"COPY (SELECT {types} FROM ({given}) AS t(a, b, c)) TO '{written}' (FORMAT parquet)"
    )
    written.replace(path)


def literal(time: datetime | None) -> str:
    return "NULL" if time is None else f"TIMESTAMP '{time}'"


@cache
def connection() -> duckdb.DuckDBPyConnection:
    # A child that is forked could not use threads that its parent had.
    return duckdb.connect(config={"threads": 1})


def keys(node: Node, target: object) -> dict[str, object]:
    """What a node's file says of its time and of its target."""
    if not node.schedule:
        return {}
    found: dict[str, object] = {
        "time_column": "at",
        "schedule": node.schedule,
        "timezone": node.zone,
        "batch_size": node.batch,
    }
    if node.start:
        found["start"] = node.start
    if node.lookback:
        found["lookback"] = node.lookback
    if node.partial:
        found["allow_partial"] = True
    if not node.restate:
        found["restate"] = "never"
    if target is not None:
        found["materializations"] = [target]
    return found


def source(node: Node, target: object) -> str:
    """A function of what the file has, for a source itself computes nothing."""
    given = {
        "name": node.name,
        "source": "parquet",
        "table": f"data/{node.name}.parquet",
        **keys(node, target),
    }
    return "\n".join(
        (
            "from seeknal import source",
            "",
            "",
            f"@source({', '.join(f'{key}={value!r}' for key, value in given.items())})",
            f"def {node.name}(ctx):",
            f'    rows = ctx.ref("{id_of(node)}")',
            f"    return rows.project('{AT}, one, two * {node.version} AS two')",
            "",
        )
    )


def transform(nodes: Mapping[str, Node], node: Node, target: object) -> str:
    document = {
        "kind": "transform",
        "name": node.name,
        "inputs": [{"ref": id_of(nodes[name])} for name in node.parents],
        "transform": query(nodes, node),
        **keys(node, target),
    }
    return yaml.safe_dump(document, sort_keys=False, width=1000)


def query(nodes: Mapping[str, Node], node: Node) -> str:
    """What ``MEANING.md`` says of a kind, as SQL that may have several ranges at once."""
    parents = [nodes[name] for name in node.parents]
    tracked = [f"ref('{id_of(each)}')" for each in parents if each.schedule]
    others = [f"ref('{id_of(each)}')" for each in parents if not each.schedule]
    sums = [f"(SELECT coalesce(sum(two), 0) FROM {each})" for each in others]
    x, v = " + ".join(sums) or "0", str(node.version)
    if node.kind == "rolling":
        return rolling(node, tracked, v, x)
    read = union(tracked)
    if node.kind == "each":
        return f"SELECT {AT}, one, CAST(two * {v} + {x} AS BIGINT) AS two FROM ({read})"
    figures = FIGURES.format(v=v, x=x)
    if node.kind == "sum":
        start = begin(node.unit, node.zone, AT)
        return f"SELECT {start} AS {AT}, {figures} FROM ({read}) GROUP BY 1"
    if node.kind == "total":
        first = f"TIMESTAMP '{datetime.min.isoformat(' ')}'"
        return f"SELECT {first} AS {AT}, {figures} FROM ({read}) HAVING count(*) > 0"
    return (
        f"SELECT {START} AS {AT}, CAST(coalesce(sum(one), 0) AS BIGINT) AS one,"
        f" CAST(coalesce(sum(two), 0) * {v} + {x} + coalesce("
        f"(SELECT arg_max(two, {AT}) FROM {{{{ this }}}}), 0) AS BIGINT) AS two FROM ({read})"
    )


def rolling(node: Node, tracked: Collection[str], v: str, x: str) -> str:
    """Sums over ranges and what comes before: each range of the batch is found by its moments."""
    step, reach = f"INTERVAL {GRID // MINUTE} MINUTE", f"INTERVAL {node.reach} HOUR"
    read = union(tracked, f" WHERE {AT} >= {START} - {reach} AND {AT} < {END}")
    return (
        f"WITH moments AS (SELECT unnest(generate_series({START}, {END} - {step}, {step})) AS m),"
        f" begins AS (SELECT DISTINCT {begin(node.unit, node.zone, 'm')} AS opens FROM moments),"
        f" spans AS (SELECT opens, lead(opens, 1, {END}) OVER (ORDER BY opens) AS closes"
        f" FROM begins)"
        f" SELECT opens AS {AT}, {FIGURES.format(v=v, x=x)} FROM spans JOIN ({read}) AS found"
        f" ON found.{AT} >= opens - {reach} AND found.{AT} < closes GROUP BY opens"
    )


def union(tracked: Iterable[str], where: str = "") -> str:
    found = [f"SELECT {AT}, one, two FROM {each}{where}" for each in tracked]
    return " UNION ALL ".join(found or [f"SELECT NULL AS {AT}, 0 AS one, 0 AS two WHERE false"])
