"""The kind's own query as an engine: earlier rows and inputs are tables of one DuckDB."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from itertools import starmap
from pathlib import Path

import duckdb

from seeknal.builtin.options.snapshot import SnapshotOptions
from seeknal.builtin.snapshots import run_node
from seeknal.plugin import Column, Location, Node, NodeError, NodeId, NodeInputs, Relation
from tests.contexts import step_context

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


def create(connection, name, table):
    """Make a table of DuckDB that has the rows of one of the reference."""
    listed = ", ".join(f'"{column}" {kind}' for column, kind in table.columns.items())
    connection.execute(f"CREATE TABLE {name} ({listed})")
    marks = ", ".join("?" for _ in table.columns)
    for row in table.rows:
        connection.execute(f"INSERT INTO {name} VALUES ({marks})", [*row.values()])


def columns_of(connection, scan):
    """The columns of what stands after FROM, with their types."""
    found = connection.sql(f"FROM {scan}")
    return [(name, str(kind)) for name, kind in zip(found.columns, found.types, strict=True)]


def rows_of(connection, scan):
    """The rows of what stands after FROM, as the reference has them."""
    listed = _readable(columns_of(connection, scan))
    rows = connection.execute(f"SELECT {listed} FROM {scan}").fetchall()
    return [tuple(map(_plain, row)) for row in rows]


def _plain(value):
    """A value of an engine's as the reference has it."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _readable(columns):
    """SQL of columns as every version of DuckDB gives them to Python: some need pytz for zones."""
    zoned = "TIMESTAMP WITH TIME ZONE"
    return ", ".join(
        f"""timezone('UTC', "{name}")""" if kind == zoned else f'"{name}"' for name, kind in columns
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
        create(self.duckdb, name, table)
        return self.relation(name)

    def relation(self, table):
        columns = tuple(starmap(Column, columns_of(self.duckdb, table)))
        rows = self.duckdb.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        return Relation(node=NODE, scan=table, columns=columns, rows=rows)

    def columns(self):
        return None if self.stored is None else columns_of(self.duckdb, self.stored)

    def rows(self):
        return rows_of(self.duckdb, self.stored)
