"""Targets of StarRocks in whole projects: runs, environments, rollbacks, what is left behind."""

import pytest

ORDERS = (
    "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n"
    "columns: {id: INTEGER, day: DATE, amount: 'DECIMAL(10,2)'}\nTARGET"
)
HEAD = "id,day,amount\n"
FIRST = HEAD + "1,2024-01-01,1.00\n2,2024-01-02,2.00\n3,2024-01-03,3.00\n"
SECOND = HEAD + "2,2024-01-02,2.50\n3,2024-01-04,3.00\n4,2024-01-04,4.00\n"
UPSERT = "upsert_by_key, unique_keys: [id]"
BY_TIME = "incremental_by_time, time_column: day"


@pytest.fixture
def orders(seeknal_project, server):
    """Makes a project that delivers data/orders.csv to shop.orders."""
    profile = (
        "connections:\n  reporting:\n    type: starrocks\n"
        f"    host: {server.host}\n    port: {server.port}\n    http_port: {server.http_port}\n"
        "    user: root\n    replication_num: 1\n"
    )

    def make(mode, rows=FIRST, more=""):
        target = (
            "materializations:\n  - {type: starrocks, connection: reporting, table: shop.orders,"
            f" mode: {mode}{more}}}\n"
        )
        return seeknal_project(
            {
                "profiles.yml": profile,
                "seeknal/orders.yml": ORDERS.replace("TARGET", target),
                "data/orders.csv": rows,
            }
        )

    return make


def held(server, table="shop.orders"):
    return sorted(
        (id, f"{day:%m-%d}", str(amount))
        for id, day, amount in server.execute(f"SELECT id, day, amount FROM {table}")
    )


AFTER_FIRST = [(1, "01-01", "1.00"), (2, "01-02", "2.00"), (3, "01-03", "3.00")]
AFTER = {
    "full": [(2, "01-02", "2.50"), (3, "01-04", "3.00"), (4, "01-04", "4.00")],
    UPSERT: [
        *((1, "01-01", "1.00"), (2, "01-02", "2.50"), (3, "01-04", "3.00"), (4, "01-04", "4.00")),
    ],
    BY_TIME: [
        *((1, "01-01", "1.00"), (2, "01-02", "2.50"), (3, "01-04", "3.00"), (4, "01-04", "4.00")),
    ],
}


@pytest.mark.parametrize("mode", AFTER)
def test_a_later_run_changes_exactly_what_its_mode_says(orders, server, mode):
    made = orders(mode)
    first = made.run("run").assert_ok()
    assert held(server) == AFTER_FIRST
    made.write({"data/orders.csv": SECOND})

    made.run("run").assert_ok()

    assert "Created table shop.orders" in first.stdout
    assert held(server) == AFTER[mode]


@pytest.mark.parametrize(("mode", "left"), [("full", 0), (UPSERT, 3), (BY_TIME, 3)])
def test_no_rows_empty_a_full_table_and_leave_the_others(orders, server, mode, left):
    made = orders(mode)
    made.run("run").assert_ok()
    made.write({"data/orders.csv": HEAD})

    made.run("run").assert_ok()

    assert len(held(server)) == left


@pytest.mark.parametrize("mode", ["full", BY_TIME])
def test_a_rollback_brings_the_rows_of_before_back(orders, server, mode):
    made = orders(mode)
    made.run("run").assert_ok()
    made.write({"data/orders.csv": SECOND})
    made.run("run").assert_ok()

    made.run("rollback", "prod", "--yes").assert_ok()

    assert held(server) == AFTER_FIRST


@pytest.mark.parametrize("mode", AFTER)
def test_an_environment_has_a_database_of_its_own(orders, server, mode):
    made = orders(mode)
    made.run("run").assert_ok()
    made.write({"data/orders.csv": SECOND})

    made.run("run", "--env", "dev").assert_ok()

    assert held(server) == AFTER_FIRST
    assert held(server, "shop__dev.orders") == [
        *((2, "01-02", "2.50"), (3, "01-04", "3.00"), (4, "01-04", "4.00")),
    ]
