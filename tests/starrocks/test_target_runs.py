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

    def make(mode, rows=FIRST, more="", name="shop"):
        target = (
            "materializations:\n  - {type: starrocks, connection: reporting, table: shop.orders,"
            f" mode: {mode}{more}}}\n"
        )
        return seeknal_project(
            {
                "seeknal_project.yml": f"name: {name}\n",
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


def janitor(made, *options):
    """What --targets does: name -> verdict and why."""
    outcome = made.run("janitor", "--targets", "--yes", "--format", "json", *options).assert_ok()
    return {
        entry["target"]: (entry["verdict"], entry["why"]) for entry in outcome.json()["left_behind"]
    }


def removed(made):
    (made.path / "seeknal/orders.yml").unlink()
    made.write({"seeknal/other.yml": "kind: transform\nname: other\nsql: SELECT 1 AS id\n"})
    made.run("run").assert_ok()
    return made


@pytest.fixture
def left(orders):
    """A project whose only node with a target is gone."""

    def make(mode):
        made = orders(mode)
        made.run("run").assert_ok()
        made.write({"data/orders.csv": SECOND})
        made.run("run").assert_ok()
        return removed(made)

    return make


@pytest.mark.parametrize("mode", AFTER)
def test_a_table_that_is_left_behind_is_dropped_when_that_is_asked(left, server, mode):
    made = left(mode)
    dry = janitor(made, "--dry-run")
    before = held(server)

    found = janitor(made)

    assert dry == found == {"shop.orders": ("dropped", None)}
    assert before == AFTER[mode]
    assert server.execute("SHOW TABLES", "shop") == []


@pytest.mark.parametrize("mode", AFTER)
def test_a_table_that_somebody_else_has_written_to_stays(left, server, mode):
    made = left(mode)
    server.execute("INSERT INTO orders VALUES (9, '2026-01-01', 9)", "shop")

    ((verdict, why),) = janitor(made).values()

    assert verdict == "kept"
    assert "somebody else has written to it" in why


def test_the_database_of_an_environment_that_is_gone_is_told_to_stay(orders, server):
    made = orders("full")
    made.run("run", "--env", "dev").assert_ok()
    made.run("env", "delete", "dev", "--yes").assert_ok()

    dry = janitor(made, "--dry-run")
    found = janitor(made)

    why = "the database shop__dev has no other table and stays: nothing tells who made it"
    assert dry == found == {"shop__dev.orders": ("dropped", why)}
    assert server.execute("SHOW TABLES", "shop__dev") == []


def test_a_table_that_a_view_reads_stays(left, server):
    made = left("full")
    server.execute("CREATE VIEW seen AS SELECT id FROM orders", "shop")

    ((verdict, why),) = janitor(made).values()

    assert (verdict, why) == ("kept", "the view shop.seen reads it")


def test_a_table_of_somebody_elses_stays(orders, server):
    made = orders("full")
    server.execute("CREATE TABLE orders (id INT, day DATE, amount DECIMAL(10, 2))", "shop")
    made.run("run").assert_ok()
    removed(made)

    ((verdict, why),) = janitor(made).values()

    assert (verdict, why) == ("kept", "seeknal did not make it")


def test_a_table_of_somebody_elses_with_columns_of_its_own_stays(orders, server):
    made = orders("full")
    server.execute(
        "CREATE TABLE orders (id INT, day DATE, amount DECIMAL(10, 2), noted VARCHAR(5))", "shop"
    )
    made.run("run").assert_ok()
    removed(made)

    ((verdict, why),) = janitor(made).values()

    assert (verdict, why) == ("kept", "seeknal did not make it")
    assert server.execute("SELECT noted FROM orders", "shop") == [(None,)] * 3


@pytest.mark.parametrize("mode", AFTER)
@pytest.mark.parametrize(("name", "who"), [("other", "other delivered"), ("shop", "another copy")])
def test_a_table_that_somebody_else_has_delivered_to_stays(orders, server, mode, name, who):
    made, other = orders(mode), orders(mode, SECOND, name=name)
    made.run("run").assert_ok()
    other.run("run").assert_ok()
    made.write({"data/orders.csv": FIRST.replace("1.00", "1.50")})
    made.run("run").assert_ok()
    removed(made)
    before = held(server)

    ((verdict, why),) = janitor(made).values()

    assert verdict == "kept"
    assert who in why
    assert held(server) == before


@pytest.mark.parametrize("mode", AFTER)
def test_a_table_stays_of_which_another_project_has_the_first_and_last_delivery(
    orders, server, mode
):
    made, other = orders(mode), orders(mode, SECOND, name="other")
    other.run("run").assert_ok()
    made.run("run").assert_ok()
    other.write({"data/orders.csv": SECOND.replace("2.50", "2.60")})
    other.run("run").assert_ok()
    before = held(server)

    found = janitor(removed(made)), janitor(removed(other))

    assert {verdict for each in found for verdict, _ in each.values()} == {"kept"}
    assert held(server) == before


def test_a_table_stays_whose_other_project_keeps_its_record_elsewhere(orders, server):
    made, other = orders(UPSERT), orders(UPSERT, FIRST, name="other")
    profile = (other.path / "profiles.yml").read_text()
    other.write({"profiles.yml": f"{profile}    delivery_database: elsewhere\n"})
    made.run("run").assert_ok()
    other.run("run").assert_ok()
    removed(made)

    ((verdict, why),) = janitor(made).values()

    assert (verdict, why) == ("kept", "project other delivered to it too, from environment prod")


@pytest.mark.parametrize("mode", AFTER)
def test_a_table_that_somebody_has_made_like_one_of_ours_stays(orders, server, mode):
    made = orders(mode)
    made.run("run").assert_ok()
    server.execute("CREATE TABLE theirs LIKE orders", "shop")
    server.execute("INSERT INTO theirs VALUES (7, '2025-12-31', 7)", "shop")
    node = (made.path / "seeknal/orders.yml").read_text()
    made.write({"seeknal/orders.yml": node.replace("shop.orders", "shop.theirs")})
    made.run("run").assert_ok()
    removed(made)

    found = janitor(made)

    assert found["shop.theirs"] == ("kept", "seeknal did not make it")


EXPOSED = """
    kind: exposure
    name: shown
    type: starrocks
    params: {connection: reporting, table: shop.shown, mode: MODE}
    inputs:
      - ref: source.orders
"""


@pytest.mark.parametrize("mode", AFTER)
def test_the_table_of_an_exposure_that_is_gone_is_dropped(orders, server, mode):
    made = orders("full")
    made.write({"seeknal/shown.yml": EXPOSED.replace("MODE", mode)})
    made.run("run").assert_ok()
    (made.path / "seeknal/shown.yml").unlink()
    made.run("run").assert_ok()

    found = janitor(made)

    assert found == {"shop.shown": ("dropped", None)}
    assert server.execute("SHOW TABLES", "shop") == [("orders",)]


WRONG = [
    ("upsert_by_key", "SK1954"),
    ("incremental_by_time", "SK1955"),
    ("full, buckets: 0", "SK1944"),
    ("full, partition_by: rand()", "SK1944"),
    ("full, distributed_by: [nothing]", "SK1944"),
    ("upsert_by_key, unique_keys: [amount]", "SK1953"),
    ("upsert_by_key, unique_keys: [id], partition_by: [day]", "SK1944"),
    ("upsert_by_key, unique_keys: [id, ID]", "SK1954"),
    ("full, distributed_by: [id, Id]", "SK1944"),
    ("full, partition_by: [day, day]", "SK1944"),
    ("incremental_by_time, time_column: days", "SK1338"),
]


@pytest.mark.parametrize(("mode", "code"), WRONG)
def test_what_is_wrong_with_a_target_is_told_without_a_server(orders, server, mode, code):
    made = orders(mode)
    server.log.clear()

    outcome = made.run("validate")

    assert outcome.exit_code != 0
    assert code in outcome.stdout + outcome.stderr
    assert server.log.all == []


def test_properties_may_be_numbers_and_true_or_false(orders, server):
    made = orders("full", more=", properties: {replication_num: 2, replicated_storage: true}")

    made.run("run").assert_ok()

    written = server.execute("SHOW CREATE TABLE shop.orders")[0][1]
    assert '"replication_num" = "2"' in written
    assert '"replicated_storage" = "true"' in written


def test_a_table_that_no_load_can_name_is_told_without_a_server(orders, server):
    made = orders("full")
    target = "materializations:\n  - {type: starrocks, connection: reporting, table: shop.größe}\n"
    made.write({"seeknal/orders.yml": ORDERS.replace("TARGET", target)})
    server.log.clear()

    outcome = made.run("validate")

    assert "SK1930" in outcome.stdout + outcome.stderr
    assert server.log.all == []


def test_a_target_says_where_it_is_in_an_environment(orders):
    made = orders("full")

    outcome = made.run("run", "--env", "dev").assert_ok()

    assert "shop__dev.orders" in outcome.stdout + outcome.stderr


def test_rows_that_are_refused_are_kept_until_the_user_decides(orders, server):
    made = orders(UPSERT)
    made.run("run").assert_ok()
    made.write({"data/orders.csv": FIRST + "3,2024-01-09,4.00\n"})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "several rows have one key" in outcome.stdout + outcome.stderr
    assert held(server) == AFTER_FIRST


TIMED = """
    kind: transform
    name: moments
    sql: SELECT id, CAST(moment AS {type}) AS moment FROM (VALUES {rows}) AS r(id, moment)
    materializations:
      - type: starrocks
        connection: reporting
        table: shop.moments
        mode: incremental_by_time
        time_column: moment
"""


@pytest.mark.parametrize(
    "type",
    [
        "TIMESTAMPTZ",
        "BIGINT",
        *(pytest.param(t, marks=pytest.mark.slow) for t in ("TIMESTAMP", "DATE")),
    ],
)
def test_a_rollback_replaces_rows_by_any_kind_of_time(orders, server, type):
    def rows(*given):
        times = {"BIGINT": "{0}", "DATE": "'2024-01-0{0}'"}
        written = times.get(type, "'2024-01-0{0} 20:30:00.5+07'")
        return ", ".join(f"({id}, {written.format(day)})" for id, day in given)

    made = orders("full")
    made.write({"seeknal/moments.yml": TIMED.format(type=type, rows=rows((1, 1), (2, 2), (3, 3)))})
    made.run("run").assert_ok()
    made.write({"seeknal/moments.yml": TIMED.format(type=type, rows=rows((5, 2), (6, 4)))})
    made.run("run").assert_ok()
    after = server.execute("SELECT id FROM moments ORDER BY id", "shop")

    made.run("rollback", "prod", "--yes").assert_ok()

    assert after == [(1,), (3,), (5,), (6,)] or after == [(1,), (5,), (6,)]
    assert server.execute("SELECT id FROM moments ORDER BY id", "shop") == [(1,), (2,), (3,)]


def test_a_rollback_lists_a_table_that_is_upserted(orders, server):
    made = orders(UPSERT)
    made.run("run").assert_ok()
    made.write({"data/orders.csv": SECOND})
    made.run("run").assert_ok()

    outcome = made.run("rollback", "prod", "--yes")

    assert "shop.orders" in outcome.stdout + outcome.stderr
    assert held(server) == AFTER[UPSERT]


BOTH = """
    kind: transform
    name: {name}
    sql: SELECT {id} AS id, DATE '2024-01-01' AS day
    materializations:
      - {{type: starrocks, connection: reporting, table: shop.shared, mode: upsert_by_key,
         unique_keys: [id]}}
"""


def test_nodes_that_share_a_table_take_back_nothing_of_each_other(orders, server):
    made = orders("full")
    nodes = {f"seeknal/n{id}.yml": BOTH.format(name=f"n{id}", id=id) for id in range(4)}
    made.write({**nodes, "seeknal_project.yml": "name: x\nexecution: {max_workers: 4}\n"})
    server.faults.delay("be write received", 0.3, times=4)

    made.run("run").assert_ok()

    assert server.execute("SELECT id FROM shared ORDER BY id", "shop") == [(0,), (1,), (2,), (3,)]
