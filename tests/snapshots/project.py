"""A whole project as an engine: a Parquet file is what a run finds, and each run is a command."""

from __future__ import annotations

import re
from datetime import UTC
from unittest import mock

import duckdb

from seeknal.host import clock
from tests.snapshots.engine import WHY, columns_of, create, rows_of

SOURCE = "{kind: source, name: customers, source: parquet, table: data/customers.parquet}\n"


class ProjectEngine:
    """Runs ``seeknal run`` after each edit of the input and of the definition.

    Every third run is one with ``--full``: nothing is left behind by that.
    """

    def __init__(self, make):
        self.made = make({"seeknal/source.yml": SOURCE})
        self.number = 0
        (self.made.path / "data").mkdir()

    def run(self, run):
        self.write(run.given)
        self.made.write({"seeknal/node.yml": node_of(run.said)})
        self.number += 1
        full = ["--full"] if self.number % 3 == 0 else []
        moment = run.moment.replace(tzinfo=UTC)
        with mock.patch.object(clock, "now", return_value=moment):
            done = self.made.run("run", *full)
        if done.exit_code == 0:
            return None
        codes = [WHY[code] for code in re.findall(r"SK\d{4}", done.stderr) if code in WHY]
        return codes[0] if codes else repr(done)

    def write(self, table):
        with duckdb.connect() as connection:
            create(connection, "given", table)
            path = self.made.path / "data/customers.parquet"
            connection.execute(f"COPY given TO '{path}'")

    @property
    def stored(self):
        return self.made.path / "target/intermediate/snapshot_customers.parquet"

    def columns(self):
        if not self.stored.exists():
            return None
        with duckdb.connect() as connection:
            return columns_of(connection, f"read_parquet('{self.stored}')")

    def rows(self):
        with duckdb.connect() as connection:
            return rows_of(connection, f"read_parquet('{self.stored}')")


def node_of(said):
    """The file of a definition."""
    lines = ["kind: snapshot", "name: customers", "inputs: [source.customers]"]
    lines += [f"unique_key: [{', '.join(said.keys)}]", f"strategy: {said.strategy}"]
    if said.strategy == "timestamp":
        lines.append(f"updated_at: {said.updated_at}")
    else:
        compared = "all" if said.check is None else f"[{', '.join(said.check)}]"
        lines.append(f"check_columns: {compared}")
    return "\n".join([*lines, f"hard_deletes: {said.deletes}", ""])
