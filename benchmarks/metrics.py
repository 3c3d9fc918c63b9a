"""Measures `seeknal query` over a project of 100 semantic models and 300 metrics.

python benchmarks/metrics.py [--models 100] [--times 5]

Each figure is beside another of the same rounds: the SQL that a query compiles to, asked by
`seeknal sql`; and a run with nothing to do of the same project without its semantic layer, with
keys that are audited and with such that are not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Command, interleaved, run

SEEKNAL = (sys.executable, "-m", "seeknal")
BESIDE, COMPILE, NO_OP = 0.5, 20.0, 1.10
"""CPU seconds of a query beside its SQL alone, milliseconds to compile one, and how much dearer a
run with nothing to do may be."""

ASKED = ("--metrics", "m0_growth,m7_rate,m20_revenue", "--dimensions", "metric_time__month,region")
COMPILES = """
import sys, time
from pathlib import Path
from statistics import median
from seeknal import open_project
from seeknal.plan.session import Request, read_project
from seeknal_semantic.asking import query_of
from seeknal_semantic.building import semantic_layer
from seeknal_semantic.compiler import MetricCompiler
from seeknal.plugin import Column

layer = semantic_layer(read_project(Path(sys.argv[1]), Request()).project)
columns = [Column(name=name, type=type) for name, type in (
    ("id", "BIGINT"), ("parent", "BIGINT"), ("amount", "DECIMAL(12,2)"), ("region", "VARCHAR"),
    ("day", "DATE"),
)]
compiler = MetricCompiler(layer, lambda node: columns)
asked = [
    {"metrics": [f"m{at}_growth", f"m{at}_rate", f"m{at}_revenue"],
     "dimensions": ["metric_time__month", "region"], "filter": "region != 'x'"}
    for at in range(len(layer.models))
]
compiler.compile(query_of(asked[0], layer))
times = []
for query in asked:
    began = time.process_time()
    compiler.compile(query_of(query, layer))
    times.append(time.process_time() - began)
print(median(times) * 1000, max(times) * 1000)
"""


def write_project(root: Path, models: int, *, layer: bool, audits: bool = False) -> None:
    """A node for each model, three metrics of each, and a join from each to the one before."""
    folder = root / "seeknal"
    folder.mkdir(parents=True)
    (root / "seeknal_project.yml").write_text("name: large\n")
    for number in range(models):
        (folder / f"n{number}.yml").write_text(_node(number))
        if layer:
            (folder / f"s{number}.yml").write_text(_model(number, audits))


def _node(number: int) -> str:
    return (
        f"kind: transform\nname: n{number}\ntransform: |\n"
        "  SELECT i AS id, i // 2 AS parent, CAST(i * 1.25 AS DECIMAL(12, 2)) AS amount,\n"
        "    CASE WHEN i % 3 = 0 THEN 'north' ELSE 'south' END AS region,\n"
        "    DATE '2024-01-01' + CAST(i % 90 AS INTEGER) AS day\n"
        f"  FROM range({1000 - number}) t(i)\n"
    )


def _model(number: int, audits: bool) -> str:
    name, asked = f"m{number}", "" if audits else ", audit: 'off'"
    entities = [f"{{name: k{number}, type: primary, expr: id{asked}}}"]
    if number:
        entities.append(f"{{name: k{number - 1}, type: foreign, expr: parent{asked}}}")
    return f"""kind: semantic_model
name: {name}
model: ref('transform.n{number}')
default_time_dimension: day
entities: [{", ".join(entities)}]
dimensions:
  - {{name: day, type: time}}
  - {{name: region}}
measures:
  - {{name: {name}_amount, agg: sum, expr: amount}}
  - {{name: {name}_count, agg: count}}
---
kind: metric
name: {name}_revenue
type: simple
measure: {name}_amount
filter: "amount > 0"
---
kind: metric
name: {name}_rate
type: ratio
numerator: {name}_revenue
denominator: {name}_count
---
kind: metric
name: {name}_growth
type: derived
expr: "(current - previous) / previous"
inputs:
  - {{metric: {name}_revenue, alias: current}}
  - {{metric: {name}_revenue, alias: previous, offset: 1 month}}
"""


def seeknal(root: Path, *arguments: str) -> Command:
    return Command((*SEEKNAL, *arguments), root)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seeknal-metrics-") as folder:
        with_layer, without = Path(folder) / "with", Path(folder) / "without"
        audited = Path(folder) / "audited"
        write_project(with_layer, options.models, layer=True)
        write_project(audited, options.models, layer=True, audits=True)
        write_project(without, options.models, layer=False)
        for root in (with_layer, audited, without):
            run(seeknal(root, "run", "-q"))
        ask = seeknal(with_layer, "query", *ASKED, "--format", "json")
        printed = seeknal(with_layer, "query", *ASKED, "--compile")
        done = subprocess.run(printed.argv, cwd=with_layer, check=True, capture_output=True)
        commands = {
            "query": ask,
            "sql": seeknal(with_layer, "sql", done.stdout.decode(), "--format", "json"),
            "with": seeknal(with_layer, "run", "-q"),
            "audited": seeknal(audited, "run", "-q"),
            "without": seeknal(without, "run", "-q"),
        }
        found = interleaved(commands, options.times)
        command = [sys.executable, "-c", COMPILES, str(with_layer)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    beside = found["query"].cpu - found["sql"].cpu
    ratio = found["with"].cpu / found["without"].cpu
    with_audits = found["audited"].cpu / found["without"].cpu
    middle, most = map(float, said)
    print(f"{options.models} models, {options.models * 3} metrics")
    print(
        f"query          {found['query'].cpu:.2f} s CPU, its SQL {found['sql'].cpu:.2f} s:"
        f" {beside:.2f} s beside it, at most {BESIDE:.2f} s"
    )
    print(f"compiling one  {middle:.1f} ms, {most:.1f} ms the slowest, at most {COMPILE:.0f} ms")
    print(
        f"no-op run      {found['with'].cpu:.2f} s CPU, without the layer"
        f" {found['without'].cpu:.2f} s: {ratio:.2f}x, at most {NO_OP:.2f}x"
    )
    print(f"  keys audited {found['audited'].cpu:.2f} s CPU: {with_audits:.2f}x")
    return int(beside > BESIDE or middle > COMPILE or max(ratio, with_audits) > NO_OP)


if __name__ == "__main__":
    sys.exit(main())
