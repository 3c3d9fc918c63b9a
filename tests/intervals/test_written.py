"""The SQL of a project's files gives what the model computes, also for several ranges at once."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from random import Random

import duckdb
import pytest

from tests.intervals.events import Node
from tests.intervals.histories import COARSE, ERAS, FINE
from tests.intervals.parts import computed, in_order, inside, reached
from tests.intervals.ranges import DAY, GRID, ranges, unit_of
from tests.intervals.written import query

pytestmark = pytest.mark.once

FROM = {name: Node(name, "source", schedule="@hourly", start="2024-01-01") for name in "de"}
NODES = {**FROM, "rates": Node("rates", "source")}


@pytest.mark.parametrize("kind", ["each", "sum", "rolling", "running", "total"])
@pytest.mark.parametrize("seed", range(10))
def test_sql_computes_what_the_model_does(kind, seed):
    chance = Random(f"{kind} {seed}")
    begun, zones = chance.choice(ERAS)
    reach = chance.choice((6, 24)) if kind == "rolling" else 0
    parents = ("d", "e", "rates")[: chance.randrange(1, 4)]
    schedule = chance.choice(COARSE if kind == "running" else FINE + COARSE)
    node = Node(
        "n", kind, parents, schedule=schedule, zone=chance.choice(zones), version=2, reach=reach
    )
    spans = ranges(unit_of(node.schedule), node.zone, begun, begun + 8 * DAY)
    spans = spans[: 1 if kind == "running" else 5]
    rows = {name: drawn_rows(chance, begun) for name in parents}
    before = ((begun - DAY, 1, 5), (begun - timedelta(hours=1), 2, 7))

    found = answer(node, spans, rows, before)

    assert in_order(found) == in_order(expected(node, spans, rows, before))


def drawn_rows(chance, begun):
    return tuple(
        (begun + chance.randrange(-2 * DAY // GRID, 8 * DAY // GRID) * GRID, one, one * 7)
        for one in range(chance.randrange(0, 60))
    )


def answer(node, spans, rows, before):
    """What the SQL gives over inputs that are cut to what the batch reads."""
    start, end = reached(node, (spans[0][0], spans[-1][1]))
    connection = duckdb.connect()
    tables = {**rows, "this": before}
    for name, held in tables.items():
        whole = name in ("rates", "this") or node.kind == "total"
        connection.execute(f'CREATE TABLE {name} ("at" TIMESTAMP, one BIGINT, two BIGINT)')
        for row in held if whole else inside(held, (start, end)):
            connection.execute(f"INSERT INTO {name} VALUES (?, ?, ?)", row)
    sql = re.sub(r"ref\('source\.(\w+)'\)", r"\1", query(NODES, node))
    marks = {"interval_start": spans[0][0], "interval_end": spans[-1][1]}
    for mark, moment in marks.items():
        sql = sql.replace(f"{{{{ {mark} }}}}", f"TIMESTAMP '{moment}'")
    return connection.sql(sql.replace("{{ this }}", "this")).fetchall()


def expected(node, spans, rows, before):
    tracked = [row for name in rows if NODES[name].schedule for row in rows[name]]
    extra = sum(row[2] for row in rows.get("rates", ()))
    if node.kind == "total":
        return computed(node, datetime.min, [tracked], extra, ())
    return [
        row
        for span in spans
        for row in computed(
            node, span[0], [tuple(inside(tracked, reached(node, span)))], extra, before
        )
    ]
