"""Sources and connections of StarRocks and MySQL keep what every source and connection promises."""

from decimal import Decimal

import pytest
from tests.starrocks.asked import options_of

from seeknal.testing import ConnectionContract, SourceContract
from seeknal.values.names import NodeId
from seeknal.values.secret import Secret
from seeknal.values.sources import Connection, Source
from seeknal_starrocks.mysqloptions import MySqlSource
from seeknal_starrocks.options import StarRocksSource

PLUGIN = "seeknal_starrocks.plugin"
COLUMNS = [("id", "INTEGER"), ("name", "VARCHAR"), ("amount", "DECIMAL(10,2)")]
ROWS = [(1, "a", Decimal("1.50")), (2, None, None)]


class TestTableOfStarRocks(SourceContract):
    plugin = PLUGIN

    @pytest.fixture
    def connections(self, server):
        return {"dwh": options_of(server)}

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


class TestTableOfMySql(SourceContract):
    plugin = PLUGIN

    @pytest.fixture
    def connections(self, maria):
        return {"shop": options_of(maria)}

    def of(self, **given):
        given = {"table": ("shop.customers",), "connection": "shop", **given}
        return Source(node=NodeId("source.s"), type="mysql", options=MySqlSource(), **given)

    @pytest.fixture
    def source(self, maria):
        maria.execute(
            "CREATE TABLE customers (id INT, name VARCHAR(20), amount DECIMAL(10, 2))",
            "INSERT INTO customers VALUES (1, 'a', 1.50), (2, NULL, NULL)",
        )
        return self.of()

    @pytest.fixture
    def expected(self):
        return COLUMNS, ROWS

    @pytest.fixture
    def empty_source(self, source, maria):
        maria.execute("CREATE TABLE none_yet LIKE customers")
        return self.of(table=("shop.none_yet",))

    @pytest.fixture
    def missing_source(self):
        return self.of(table=("shop.costumers",))

    @pytest.fixture(params=["DATETIME(1)", "TIMESTAMP(1) NULL", "DATE"])
    def timed(self, maria, request):
        maria.execute(
            f"CREATE TABLE events (id INT, at {request.param})",
            "INSERT INTO events VALUES (1, '2024-06-01 00:00:00'), (2, '2024-06-01 23:59:59.9'),"
            " (3, '2024-06-02 00:00:00'), (4, NULL), (5, '2024-06-04 00:00:00')",
        )
        return self.of(table=("events",)), "at"


class TestQueryOfMySql(TestTableOfMySql):
    def of(self, **given):
        table = given.pop("table", ("shop.customers",))[0]
        return super().of(table=(), query=f"SELECT * FROM {table} # all", **given)

    @pytest.fixture
    def missing_name(self):
        return "costumers"


class TestConnectionOfMySql(ConnectionContract):
    plugin = PLUGIN

    @pytest.fixture
    def connection(self, maria):
        maria.execute("CREATE TABLE people (id BIGINT, name VARCHAR(20))")
        return Connection(name="shop", type="mysql", options=options_of(maria))

    @pytest.fixture
    def unreachable(self, maria):
        wrong = options_of(maria, password=Secret(self.secret))
        return Connection(name="shop", type="mysql", options=wrong)

    @pytest.fixture
    def table(self):
        return "people", ("id", "name")

    @pytest.fixture
    def writing(self):
        return (
            "INSERT INTO people VALUES (1, 'a')",
            "SELECT 1; INSERT INTO people VALUES (1, 'a')",
            "DROP TABLE people",
            "SELECT 1 /*! INTO OUTFILE '/tmp/x' */",
            "CALL mysql.rds_kill(1)",
        )

    @pytest.fixture
    def endless(self):
        return "SELECT sum(a.seq * b.seq) AS n FROM seq_1_to_9999999 AS a, seq_1_to_9999999 AS b"

    @pytest.fixture
    def losing(self, maria):
        return lambda: maria.execute("KILL USER reader")

    def test_it_goes_to_another_database_by_its_name(self, session, maria):
        maria.execute("CREATE OR REPLACE DATABASE `a.b`", "CREATE TABLE `a.b`.things (id INT)")

        session.use("a.b")

        assert "a.b" in session.databases()
        assert session.tables() == ["things"]
        assert not hasattr(session, "catalogs")
