"""The kind's own query as an engine: earlier rows and inputs are tables of one DuckDB."""

from __future__ import annotations

import tempfile
from datetime import UTC
from pathlib import Path

import duckdb

from seeknal.builtin.options.snapshot import SnapshotOptions
from seeknal.builtin.snapshots import run_node
from seeknal.plugin import Column, Location, Node, NodeError, NodeId, NodeInputs, Relation
from tests.contexts import step_context
from tests.snapshots.judge import plain, readable

WHY = {
    "SK0852": "name",
    "SK0853": "moment",
    "SK0854": "null",
    "SK0855": "doubled",
    "SK0856": "contradiction",
    "SK0857": "place",
    "SK0858": "type",
    "SK0859": "keys",
}
NODE = NodeId("snapshot.customers")


def options_of(said):
    """The options that a definition of the reference is written with."""
    timestamp = said.strategy == "timestamp"
    return SnapshotOptions(
        unique_key=said.keys,
        strategy=said.strategy,
        updated_at=said.updated_at if timestamp else None,
        check_columns=() if timestamp else said.check or ("all",),
        hard_deletes=said.deletes,
    )


class QueryEngine:
    """Runs the query of each run, and keeps what it gives in a table."""

    run_node = staticmethod(run_node)

    def __init__(self):
        self.duckdb = duckdb.connect(config={"threads": 1})
        self.duckdb.execute("SET TimeZone = 'UTC'")
        self.number = 0
        self.stored = None
        self.said = None

    def run(self, run):
        node = Node(
            id=NODE,
            location=Location("snapshots.yml", 1),
            options=options_of(run.said),
            definition="",
        )
        context = step_context(NODE, Path(tempfile.gettempdir()), self.duckdb, pii_of=lambda id: ())
        earlier = None if self.stored is None else self.relation(self.stored)
        inputs = NodeInputs(
            parents={NodeId("source.customers"): self.given(run.given)},
            earlier=earlier,
            edited=self.said != run.said,
            moment=run.moment.replace(tzinfo=UTC),
        )
        table = f"stored{self.number}"
        try:
            scan = self.run_node(node, inputs, context)
            try:
                self.duckdb.execute(f"CREATE TABLE {table} AS {scan.sql}")
            except duckdb.Error as error:
                scan.instead(error)
        except NodeError as error:
            return WHY.get(error.code, str(error))
        except duckdb.Error as error:
            return str(error)
        self.stored, self.said = table, run.said
        return None

    def given(self, table):
        self.number += 1
        name = f"given{self.number}"
        listed = ", ".join(f'"{column}" {kind}' for column, kind in table.columns.items())
        self.duckdb.execute(f"CREATE TABLE {name} ({listed})")
        marks = ", ".join("?" for _ in table.columns)
        for row in table.rows:
            self.duckdb.execute(f"INSERT INTO {name} VALUES ({marks})", [*row.values()])
        return self.relation(name)

    def relation(self, table):
        found = self.duckdb.sql(f"FROM {table}")
        pairs = zip(found.columns, found.types, strict=True)
        columns = tuple(Column(name, str(kind)) for name, kind in pairs)
        rows = self.duckdb.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        return Relation(node=NODE, scan=table, columns=columns, rows=rows)

    def columns(self):
        if self.stored is None:
            return None
        return [(column.name, column.type) for column in self.relation(self.stored).columns]

    def rows(self):
        listed = readable(self.columns())
        rows = self.duckdb.execute(f"SELECT {listed} FROM {self.stored}").fetchall()
        return [tuple(map(plain, row)) for row in rows]
