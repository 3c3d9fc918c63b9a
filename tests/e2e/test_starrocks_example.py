"""The example of StarRocks, against a server that stays: as with one of somebody's own."""

import duckdb
import pytest
from tests.examples import copy_of, script

from seeknal_starrocks.testing import StandIn

SHOP = "shop"
TABLES = {
    "orders": "transform_clean_orders",
    "revenue_by_day": "transform_revenue_by_day",
    "revenue_by_city": "transform_revenue_by_city",
}


@pytest.fixture
def server(monkeypatch):
    with StandIn(users={"root": "p@ss/w:rd"}) as server:
        url = f"starrocks://root:p%40ss%2Fw%3Ard@{server.host}:{server.port}/shop"
        monkeypatch.setenv("STARROCKS_URL", url)
        monkeypatch.setenv("STARROCKS_HTTP_PORT", str(server.http_port))
        yield server


@pytest.fixture
def project(server, tmp_path):
    project = copy_of("starrocks", tmp_path)
    script(project, "run.py")
    return project


def held(server, database="analytics"):
    return {
        table: sorted(map(str, server.execute(f"SELECT * FROM {table}", database)))
        for table in TABLES
    }


def stored(project):
    folder = project.path / "target" / "intermediate"
    return {
        table: sorted(str(row) for row in duckdb.sql(f"FROM '{folder}/{file}.parquet'").fetchall())
        for table, file in TABLES.items()
    }


def test_the_tables_hold_what_is_stored_after_each_run(project, server):
    first, loads = held(server), len(server.log.requests)
    again = script(project, "run.py")
    second, repeated = held(server), len(server.log.requests)
    server.execute("INSERT INTO orders VALUES (301, '2026-04-01 09:00:00', 1, 12.5, 'paid')", SHOP)
    project.run("run").assert_ok()

    assert "6 nodes: 2 run, 4 reused" in again
    assert (second, repeated) == (first, loads)
    assert (len(first["orders"]), len(held(server)["orders"])) == (150, 151)
    assert held(server) == stored(project)


def test_an_environment_has_tables_of_its_own(project, server):
    before = held(server)
    file = project.path / "seeknal/transforms/clean_orders.yml"
    file.write_text(file.read_text().replace("= 'paid'", "<> 'cancelled'"))

    project.run("apply", "dev", "--yes").assert_ok()
    asked = project.run("repl", "--connection", "dwh", "--exec", ".databases").assert_ok()

    assert held(server) == before
    assert len(held(server, "analytics__dev")["orders"]) > 150
    assert {"analytics", "analytics__dev", "shop"} <= set(asked.stdout.split())
    assert "p@ss" not in asked.stdout + asked.stderr
