"""Delivers so many rows to a server, and prints how many arrived, CPU seconds and peak memory.

``python -m tests.starrocks.sized PORT HTTP_PORT MODE ROWS``
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import duckdb
from tests.contexts import step_context

from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.relations import Relation
from seeknal.values.sources import Connection
from seeknal.values.targets import Target
from seeknal_starrocks import plugin
from seeknal_starrocks.options import StarRocks, StarRocksTarget

GIVEN = {"full": {}, "upsert_by_key": {"unique_keys": ("id",)}}
ROWS = """
    SELECT i::BIGINT AS id, (i % 100000)::INT AS k, (i * 1.37)::DECIMAL(12, 2) AS amount,
        i * 0.1::DOUBLE AS score, TIMESTAMP '2026-01-01' + to_seconds(i % 1000000) AS moment,
        DATE '2026-01-01' + (i % 365)::INT AS "day", 'customer ' || i AS name,
        'city of ' || (i % 1000) AS city, CASE WHEN i % 3 > 0 THEN (i % 100)::TINYINT END AS t
    FROM range({}) AS r(i)
"""


def main(port: int, http_port: int, mode: str, rows: int) -> None:
    node = NodeId("transform.told")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/rows.duckdb") as found:
        found.execute("SET memory_limit = '400MB'")
        found.execute(f"CREATE TABLE given AS {ROWS.format(rows)}")
        described = found.execute("DESCRIBE given").fetchall()
        columns = tuple(Column(row[0], row[1]) for row in described)
        relation = Relation(node=node, scan="given", columns=columns, rows=rows)
        options = StarRocks(host="127.0.0.1", port=port, http_port=http_port, user="root")
        target = Target(
            **{"node": node, "type": "starrocks", "key": "k", "label": "told", "mode": mode},
            options=StarRocksTarget(table=f"shop.told_{rows}", **GIVEN[mode]),
            connection="reporting",
        )
        context = step_context(
            node,
            Path(folder),
            found,
            connections=lambda name: Connection(name=name, type="starrocks", options=options),
            delivery_id="20260101-1",
            output_id="output",
        )
        before = resource.getrusage(resource.RUSAGE_SELF)
        done = plugin.materialize(target, relation, context)
        after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(done.rows, f"{seconds:.2f}", after.ru_maxrss // 1024)


if __name__ == "__main__":
    port, http_port, mode, rows = sys.argv[1:]
    main(int(port), int(http_port), mode, int(rows))
