"""The plugin keeps what every plugin, source, target and connection promises."""

from decimal import Decimal

import pytest
from psycopg.rows import dict_row

from seeknal.testing import (
    ConnectionContract,
    OnlineStoreContract,
    PluginContract,
    SourceContract,
    TargetContract,
    WarehouseContract,
)
from seeknal.values.names import NodeId
from seeknal.values.secret import Secret
from seeknal.values.sources import Connection, Source
from seeknal.values.targets import Target
from seeknal_postgres.options import Postgres, PostgresSource, PostgresTarget

PLUGIN = "seeknal_postgres.plugin"


def options_of(database, **more):
    given = {**database.parameters, "password": database.server.password, **more}
    return Postgres(**given)


class TestPlugin(PluginContract):
    plugin = PLUGIN
    drivers = ("psycopg", "adbc_driver_postgresql", "pgpq", "duckdb", "pyarrow")


class OverDatabase:
    @pytest.fixture
    def connections(self, database):
        return {"pg": options_of(database)}


class TestTableSource(OverDatabase, SourceContract):
    plugin = PLUGIN

    def of(self, **given):
        given = {"table": ("public.customers",), "connection": "pg", **given}
        return Source(node=NodeId("source.s"), type="postgresql", options=PostgresSource(), **given)

    @pytest.fixture
    def source(self, database):
        database.run(
            "CREATE TABLE customers (id int, name text, amount numeric(10,2));"
            "INSERT INTO customers VALUES (1, 'a', 1.50), (2, NULL, NULL)"
        )
        return self.of()

    @pytest.fixture
    def expected(self):
        columns = [("id", "INTEGER"), ("name", "VARCHAR"), ("amount", "DECIMAL(10,2)")]
        return columns, [(1, "a", Decimal("1.50")), (2, None, None)]

    @pytest.fixture
    def empty_source(self, source, database):
        database.run("CREATE TABLE none_yet (LIKE customers)")
        return self.of(table=("public.none_yet",))

    @pytest.fixture
    def missing_source(self):
        return self.of(table=("public.costumers",))

    @pytest.fixture
    def timed(self, database):
        database.run(
            "CREATE TABLE events (id int, at timestamptz);"
            "INSERT INTO events VALUES (1, '2024-06-01 00:00+00'), (2, '2024-06-01 23:59:59.9+00'),"
            " (3, '2024-06-02 00:00+00'), (4, NULL), (5, '2024-06-04 07:00+07')"
        )
        return self.of(table=("public.events",)), "at"


class TestQuerySource(TestTableSource):
    def of(self, **given):
        table = given.pop("table", ("public.customers",))[0]
        return super().of(table=(), query=f"SELECT * FROM {table} -- all", **given)

    @pytest.fixture
    def missing_name(self):
        return "public.costumers"


class TestTarget(OverDatabase, TargetContract):
    plugin = PLUGIN

    def of(self, **given):
        return Target(
            node=NodeId("transform.contract"),
            type="postgresql",
            options=PostgresTarget(**{"table": "public.delivered", **given}),
            key="k",
            label="public.delivered",
            connection="pg",
        )

    @pytest.fixture
    def target(self):
        return self.of()

    @pytest.fixture
    def delivered(self, database):
        return lambda: database.rows("SELECT id, name FROM delivered")

    @pytest.fixture
    def unwritable(self, database):
        database.run("CREATE VIEW seen AS SELECT 1 AS id, 'a' AS name")
        return self.of(table="public.seen")


class TestConnection(ConnectionContract):
    plugin = PLUGIN

    @pytest.fixture
    def connection(self, database):
        database.run("CREATE TABLE customers (id int, name text)")
        return Connection(name="pg", type="postgresql", options=options_of(database))

    @pytest.fixture
    def unreachable(self, database):
        wrong = options_of(database, password=Secret(self.secret))
        return Connection(name="pg", type="postgresql", options=wrong)

    @pytest.fixture
    def table(self):
        return "public.customers", ("id", "name")

    @pytest.fixture
    def writing(self):
        return (
            "INSERT INTO customers VALUES (1, 'a')",
            "SET default_transaction_read_only = off; INSERT INTO customers VALUES (1, 'a')",
            "DROP TABLE customers",
            "WITH x AS (DELETE FROM customers RETURNING 1) SELECT * FROM x",
            "COMMIT; DELETE FROM customers",
        )

    @pytest.fixture
    def endless(self):
        return "SELECT pg_sleep(1000)"

    @pytest.fixture
    def losing(self, database):
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        return lambda: database.run(
            f"{others} WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


class TestWarehouse(WarehouseContract):
    plugin = PLUGIN

    @pytest.fixture
    def connection(self, database):
        return Connection(name="pg", type="postgresql", options=options_of(database))

    @pytest.fixture
    def held(self, database):
        def rows(table):
            if database.value("SELECT to_regclass(%s)", table) is None:
                return []
            with database.connect(row_factory=dict_row) as connection:
                return connection.execute(f"SELECT * FROM {table}").fetchall()

        return rows


class TestOnlineStore(OnlineStoreContract):
    plugin = PLUGIN

    @pytest.fixture
    def connection(self, database):
        return Connection(name="pg", type="postgresql", options=options_of(database))
