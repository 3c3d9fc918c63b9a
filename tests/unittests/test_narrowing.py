"""Of inputs with many rows a few thousand are left, over which joins still yield rows."""

from __future__ import annotations

import duckdb
import pytest

from seeknal.lineage.model import NodeLineage
from seeknal.rows.scans import columns_of
from seeknal.unittests.narrowing import MOST, TOGETHER, narrow
from seeknal.unittests.sampling import Sample
from seeknal.values.column_lineage import ColumnLineage, ColumnRef, QueryLineage
from seeknal.values.names import NodeId

NODE = NodeId("transform.t")
QUERY = (
    'SELECT l.id, o.day FROM "source"."lines" l JOIN "source"."orders" o ON l.of_order = o.number'
    " WHERE o.status = 'rare'"
)
MANY = TOGETHER


@pytest.fixture
def sample():
    """Lines of orders, of which one in ten thousand has a rare status."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA source")
        connection.execute(
            "CREATE TABLE source.lines AS SELECT i AS id, i // 3 AS of_order,"
            f" CASE WHEN i = 7 THEN NULL ELSE i % 5 END AS quantity FROM range({MANY}) t(i)"
        )
        connection.execute(
            "CREATE TABLE source.orders AS SELECT i AS number, DATE '2020-01-01' AS day,"
            " CASE WHEN i % 10000 = 9999 THEN 'rare' ELSE 'usual' END AS status"
            f" FROM range({MANY // 2}) t(i)"
        )
        connection.execute("CREATE TABLE source.small AS SELECT 1 AS one")
        connection.execute(f"CREATE TABLE given AS {QUERY}")
        names = ("source.lines", "source.orders", "source.small")
        tables = {NodeId(name): columns_of(connection.sql(f"FROM {name}")) for name in names}
        yield Sample(cursor=connection, tables=tables)


def traced(**columns):
    """The lineage of a node whose columns are copies of columns of inputs."""
    found = tuple(
        ColumnLineage(name=name, values=frozenset((ColumnRef(*of),)))
        for name, of in columns.items()
    )
    return NodeLineage(node=NODE, query=QueryLineage(columns=found))


def test_a_join_and_a_filter_that_few_rows_pass_still_yield_rows(sample):
    lineage = traced(id=("source.lines", "id"), day=("source.orders", "day"))

    narrowed = narrow(sample, "given", lineage, QUERY)

    assert narrowed == ("source.lines", "source.orders")
    assert all(sample.rows(id) < MOST for id in narrowed)
    assert len(sample.cursor.sql(QUERY).fetchall()) >= 3


def test_rows_with_null_and_the_extremes_are_kept(sample):
    narrow(sample, None, traced(), None)

    found = sample.cursor.sql(
        "SELECT min(id), max(id), count(*) FILTER (quantity IS NULL) FROM source.lines"
    ).fetchall()

    assert found == [(0, MANY - 1, 1)]


def test_an_input_with_few_rows_is_left_as_it_is(sample):
    narrow(sample, "given", traced(), QUERY)

    assert sample.rows(NodeId("source.small")) == 1


def test_the_same_rows_are_kept_each_time(sample):
    for name in ("lines", "orders"):
        sample.cursor.execute(f"CREATE TABLE {name}_before AS FROM source.{name}")
    kept = []
    for _ in range(2):
        narrow(sample, "given", traced(id=("source.lines", "id")), QUERY)
        kept.append(sample.cursor.sql("SELECT list(id ORDER BY id) FROM source.lines").fetchall())
        for name in ("lines", "orders"):
            sample.cursor.execute(f"CREATE OR REPLACE TABLE source.{name} AS FROM {name}_before")

    assert kept[0] == kept[1]
