"""TPC-H as a project: eight files of Parquet, and a node for each of the 22 queries."""

from __future__ import annotations

import shutil
from pathlib import Path

import sqlglot
from sqlglot import exp

from tests.core.lineage.tpch import QUERIES, SCHEMA
from tests.dialects.tpc import suite

SCALE = 0.01


def lay_out(folder: Path) -> None:
    """Write the project. Raises NoEngine where its data cannot be made."""
    (folder / "data").mkdir(parents=True)
    with suite("tpch", SCALE) as found:
        for table in SCHEMA:
            shutil.copy(found.folder / f"{table}.parquet", folder / "data")
    nodes = folder / "seeknal"
    nodes.mkdir()
    (folder / "seeknal_project.yml").write_text("name: tpch\n")
    (nodes / "sources.yml").write_text("---\n".join(map(_source, SCHEMA)))
    for number, (query, _) in QUERIES.items():
        (nodes / f"q{number:02}.sql").write_text(_referring(query) + "\n")


def _source(table: str) -> str:
    return f"kind: source\nname: {table}\nsource: parquet\ntable: data/{table}.parquet\n"


def _referring(query: str) -> str:
    tree = sqlglot.parse_one(query, read="duckdb")
    ctes = {found.alias for found in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.name not in ctes:
            name = f"source.{table.name}"
            called = exp.Anonymous(this="ref", expressions=[exp.Literal.string(name)])
            table.replace(exp.alias_(exp.Table(this=called), table.alias_or_name, table=True))
    return tree.sql("duckdb", pretty=True)
