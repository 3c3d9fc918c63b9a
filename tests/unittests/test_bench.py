"""One node is run over rows that are given, as a run would run it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from seeknal.plan.session import Request, read_project
from seeknal.testing import TestProject
from seeknal.unittests.bench import Bench, Trial
from seeknal.values.errors import SeeknalError
from seeknal.values.names import NodeId
from seeknal.values.relations import Interval

PROJECT = {
    "seeknal_project.yml": "name: shop\n",
    "data/orders.csv": "id,day,amount\n1,2026-01-01,5\n",
    "seeknal/sources/orders.yml": (
        "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n"
    ),
}
ORDERS = (
    "SELECT * FROM (VALUES (1, DATE '2026-01-01', 5), (2, DATE '2026-01-02', 7)) t(id, day, amount)"
)


def rows(
    root: Path, node: str, inputs: Mapping[str, str], columns: str = "*", **more: Any
) -> list[tuple[Any, ...]]:
    loaded = read_project(root, Request())
    given = {NodeId(id): select for id, select in inputs.items()}
    trial = Trial(node=loaded.project.nodes[NodeId(node)], inputs=given, **more)
    with Bench(loaded) as bench, bench.result(trial) as result:
        return result.cursor.sql(f"SELECT {columns} FROM {result.scan}").fetchall()


def test_sql_sees_the_rows_that_are_given_and_no_others(seeknal_project: Any) -> None:
    files = {"seeknal/transforms/large.sql": "SELECT id FROM ref('source.orders') WHERE amount > 6"}
    project: TestProject = seeknal_project({**PROJECT, **files})

    found = rows(project.path, "transform.large", {"source.orders": ORDERS})

    assert found == [(2,)]


@pytest.mark.parametrize("word", ["localtime", "current_localtime()", "current_time"])
def test_the_time_of_day_stands_still(word: str, seeknal_project: Any) -> None:
    sql = f"SELECT CAST({word} AS VARCHAR) AS time FROM ref('source.orders') LIMIT 1"
    project: TestProject = seeknal_project({**PROJECT, "seeknal/transforms/dated.sql": sql})

    found = rows(
        project.path,
        "transform.dated",
        {"source.orders": ORDERS},
        frozen=datetime(2020, 2, 29, 23, tzinfo=UTC),
    )

    assert found[0][0].startswith("23:00:00")


def test_sql_that_reads_a_file_by_itself_reads_none(seeknal_project: Any) -> None:
    sql = "/* ---\nvolatile: true\n--- */\nSELECT * FROM read_csv('data/orders.csv')"
    project: TestProject = seeknal_project({**PROJECT, "seeknal/transforms/read.sql": sql})
    test = "test: transform.read\nexpected_output: {row_count: 1}\n"
    project.write({"tests/read.yml": test})

    result = project.run("test")

    assert result.exit_code == 1
    assert "a test reads no files" in result.stdout


@pytest.mark.parametrize("word", ["now()", "current_date", "current_timestamp", "today()"])
def test_every_clock_of_sql_stands_still(word: str, seeknal_project: Any) -> None:
    sql = f"SELECT CAST({word} AS DATE) AS today FROM ref('source.orders') LIMIT 1"
    project: TestProject = seeknal_project({**PROJECT, "seeknal/transforms/dated.sql": sql})

    found = rows(
        project.path,
        "transform.dated",
        {"source.orders": ORDERS},
        frozen=datetime(2020, 2, 29, 23, tzinfo=UTC),
    )

    assert found == [(datetime(2020, 2, 29).date(),)]


def test_the_clock_of_a_function_and_of_its_own_duckdb_stands_still(seeknal_project: Any) -> None:
    code = """
from datetime import date, datetime
import duckdb
from seeknal import transform

@transform(name="dated", inputs=["source.orders"], volatile=True)
def dated(ctx):
    said = f"{date.today()} {datetime.now():%H:%M} {duckdb.sql('SELECT today()').fetchall()[0][0]}"
    seen = f"SELECT '{said}' AS said, CAST(now() AS VARCHAR) AS now"
    return ctx.duckdb.sql(f"{seen} FROM orders LIMIT 1")
"""
    project: TestProject = seeknal_project({**PROJECT, "seeknal/pipelines/dated.py": code})

    found = rows(
        project.path,
        "transform.dated",
        {"source.orders": ORDERS},
        frozen=datetime(2020, 2, 29, 23, tzinfo=UTC),
    )

    assert found == [("2020-02-29 23:00 2020-02-29", "2020-02-29 23:00:00+00")]


def test_a_node_of_ranges_sees_its_range_alone(seeknal_project: Any) -> None:
    tracked = "schedule: '@daily'\ntime_column: day\nstart: 2026-01-01\n"
    source = PROJECT["seeknal/sources/orders.yml"] + tracked
    node = (
        "kind: transform\nname: daily\ninputs: [source.orders]\n"
        f"{tracked}transform: |\n"
        "  SELECT day, sum(amount) AS total FROM ref('source.orders') GROUP BY day\n"
    )
    project: TestProject = seeknal_project(
        {**PROJECT, "seeknal/sources/orders.yml": source, "seeknal/transforms/daily.yml": node}
    )

    found = rows(
        project.path,
        "transform.daily",
        {"source.orders": ORDERS},
        interval=Interval(
            start=datetime(2026, 1, 2, tzinfo=UTC), end=datetime(2026, 1, 3, tzinfo=UTC)
        ),
    )

    assert found == [(datetime(2026, 1, 2).date(), 7)]


def test_a_snapshot_goes_on_from_the_rows_that_are_given(seeknal_project: Any) -> None:
    node = (
        "kind: snapshot\nname: history\ninputs: [source.orders]\nstrategy: check\n"
        "unique_key: id\ncheck_columns: [amount]\n"
    )
    project: TestProject = seeknal_project({**PROJECT, "seeknal/snapshots/history.yml": node})
    earlier = (
        "SELECT 1::BIGINT AS id, DATE '2026-01-01' AS day, 4::BIGINT AS amount,"
        " TIMESTAMPTZ '2026-01-01 00:00:00+00' AS valid_from, NULL::TIMESTAMPTZ AS valid_to,"
        " TRUE AS is_current"
    )
    given = ORDERS.replace("(1,", "(1::BIGINT,").replace(", 5)", ", 5::BIGINT)")

    found = rows(
        project.path,
        "snapshot.history",
        {"source.orders": given},
        "id, amount, is_current",
        earlier=earlier,
        frozen=datetime(2026, 2, 8, tzinfo=UTC),
    )

    assert sorted(found) == [(1, 4, False), (1, 5, True), (2, 7, True)]


def test_a_cte_can_be_looked_at_instead_of_the_node(seeknal_project: Any) -> None:
    sql = """
WITH RECURSIVE large(id) AS (SELECT id FROM ref('source.orders') WHERE amount > 6),
small AS NOT MATERIALIZED (SELECT id, ')' AS odd FROM ref('source.orders') WHERE amount <= 6)
SELECT count(*) AS n FROM large
"""
    project: TestProject = seeknal_project({**PROJECT, "seeknal/transforms/sized.sql": sql})

    found = rows(project.path, "transform.sized", {"source.orders": ORDERS}, cte="SMALL")

    assert found == [(1, ")")]


def test_an_unknown_cte_is_refused_with_the_nearest_name(seeknal_project: Any) -> None:
    sql = "WITH large AS (SELECT 1 AS id) SELECT * FROM large, ref('source.orders')"
    project: TestProject = seeknal_project({**PROJECT, "seeknal/transforms/sized.sql": sql})

    with pytest.raises(SeeknalError) as raised:
        rows(project.path, "transform.sized", {"source.orders": ORDERS}, cte="larg")

    assert (raised.value.code, raised.value.help) == ("SK1702", "did you mean large?")
