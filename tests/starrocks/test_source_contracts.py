"""Sources and connections of StarRocks and MySQL keep what every source and connection promises."""

from decimal import Decimal

import pytest

from seeknal.testing import SourceContract
from seeknal.values.names import NodeId
from seeknal.values.sources import Source
from seeknal_starrocks.options import StarRocks, StarRocksSource

PLUGIN = "seeknal_starrocks.plugin"
COLUMNS = [("id", "INTEGER"), ("name", "VARCHAR"), ("amount", "DECIMAL(10,2)")]
ROWS = [(1, "a", Decimal("1.50")), (2, None, None)]


class TestTableOfStarRocks(SourceContract):
    plugin = PLUGIN

    @pytest.fixture
    def connections(self, server):
        return {"dwh": StarRocks(host=server.host, port=server.port, user="root", database="shop")}

    def of(self, **given):
        given = {"table": ("shop.customers",), "connection": "dwh", **given}
        return Source(node=NodeId("source.s"), type="starrocks", options=StarRocksSource(), **given)

    @pytest.fixture
    def source(self, server):
        server.execute(
            "CREATE TABLE customers (id INT, name VARCHAR(20), amount DECIMAL(10, 2))", "shop"
        )
        server.execute("INSERT INTO customers VALUES (1, 'a', 1.50), (2, NULL, NULL)", "shop")
        return self.of()

    @pytest.fixture
    def expected(self):
        return COLUMNS, ROWS

    @pytest.fixture
    def empty_source(self, source, server):
        server.execute("CREATE TABLE none_yet LIKE customers", "shop")
        return self.of(table=("shop.none_yet",))

    @pytest.fixture
    def missing_source(self):
        return self.of(table=("shop.costumers",))

    @pytest.fixture
    def timed(self, server):
        server.execute("CREATE TABLE events (id INT, at DATETIME)", "shop")
        server.execute(
            "INSERT INTO events VALUES (1, '2024-06-01 00:00:00'), (2, '2024-06-01 23:59:59.9'),"
            " (3, '2024-06-02 00:00:00'), (4, NULL), (5, '2024-06-04 00:00:00')",
            "shop",
        )
        return self.of(table=("events",)), "at"


class TestQueryOfStarRocks(TestTableOfStarRocks):
    def of(self, **given):
        table = given.pop("table", ("shop.customers",))[0]
        return super().of(table=(), query=f"SELECT * FROM {table} -- all", **given)

    @pytest.fixture
    def missing_name(self):
        return "costumers"
