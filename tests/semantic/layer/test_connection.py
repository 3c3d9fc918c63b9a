"""``seeknal query --connection``: metrics of what was delivered to a database, computed there."""

import json

import pytest
from tests.semantic.layer.conftest import SHOP

pytestmark = pytest.mark.inside

ORDERS = "data/orders.csv"
SOURCES = "seeknal/sources.yml"
ROWS = (
    "order_id,customer_id,ordered_at,region,amount,status\n"
    "1,7,2026-01-05,north,10.50,paid\n2,8,2026-01-06,south,4.25,refunded\n"
    "3,7,2026-02-07,,0.10,paid\n4,9,2026-02-09,East,0.20,paid\n"
)
MORE = ROWS + "5,8,2026-02-10,north,100.00,paid\n"
ORDER_ROWS = """
kind: source
name: order_rows
source: csv
table: data/orders.csv
columns: {order_id: BIGINT, customer_id: BIGINT, ordered_at: DATE, region: VARCHAR,
  amount: "DECIMAL(12,2)", status: VARCHAR}
"""
CUSTOMERS = "kind: source\nname: customer_rows\nsource: csv\ntable: data/customers.csv\n"
QUERIES = [
    ["--metrics", "total_revenue,revenue,order_count", "--dimensions", "region"],
    ["--metrics", "avg_order_value", "--dimensions", "metric_time__month,customer__country"],
    ["--metrics", "revenue_per_customer,revenue"],
    ["--metrics", "mtd_revenue", "--dimensions", "metric_time__day"],
    ["--metrics", "revenue_growth_mom", "--dimensions", "metric_time__month"],
    ["--metrics", "unique_customers", "--filter", "customer__country = 'ID' OR region IS NULL"],
    ["--dimensions", "customer__country"],
]


def target(mode="", table="bi.orders", **more):
    keys = ", ".join(f"{key}: {value}" for key, value in more.items())
    said = f", mode: {mode}" if mode else ""
    return (
        f"materializations: [{{type: postgresql, connection: reporting, table: {table}{said}"
        f"{', ' if keys else ''}{keys}}}]\n"
    )


@pytest.fixture
def delivering(shop, database):
    """The shop with ``reporting``, to which both nodes of its models are delivered."""

    def delivering(orders=None, customers=None, **more):
        orders = target() if orders is None else orders
        customers = target(table="bi.customers") if customers is None else customers
        return shop(
            **{
                "profiles.yml": database.profile.replace("pg:", "reporting:"),
                SOURCES: f"{ORDER_ROWS}{orders}---\n{CUSTOMERS}{customers}",
                ORDERS: ROWS,
                **more,
            }
        )

    return delivering


def asked(project, *arguments):
    return project.run("query", *arguments, "--connection", "reporting", "--format", "json")


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[1])
def test_the_database_gives_what_duckdb_gives(delivering, query):
    project = delivering()
    project.run("run").assert_ok()

    here = project.run("query", *query, "--format", "json")
    there = asked(project, *query)

    assert there.exit_code == 0, there.stderr
    key = json.dumps
    assert sorted(there.json(), key=key) == sorted(here.json(), key=key)
    assert here.json()


def test_it_is_the_database_that_is_asked(delivering, database):
    project = delivering()
    project.run("run").assert_ok()
    database.run("UPDATE bi.orders SET amount = 1000 WHERE order_id = 1")

    outcome = asked(project, "--metrics", "revenue")

    assert outcome.json() == [{"revenue": "1004.55"}]


def test_keys_are_asked_about_where_they_are_joined(delivering, database):
    project = delivering()
    project.run("run").assert_ok()
    database.run("INSERT INTO bi.customers SELECT * FROM bi.customers WHERE customer_id = 7")

    joined = asked(project, "--metrics", "revenue", "--dimensions", "customer__country")
    alone = asked(project, "--metrics", "revenue")

    assert joined.exit_code == 2
    assert "error[SK1526]" in joined.stderr
    assert "1 value is in several rows" in joined.stderr
    assert alone.json() == [{"revenue": "15.05"}]


def test_an_environment_reads_its_own_tables_and_production_s_where_it_changed_nothing(
    delivering, database
):
    project = delivering()
    project.run("run").assert_ok()
    project.write({ORDERS: MORE})
    project.run("run", "--env", "dev").assert_ok()

    by_country = ["--metrics", "revenue", "--dimensions", "customer__country"]
    dev, prod = asked(project, *by_country, "--env", "dev"), asked(project, *by_country)

    here = project.run("query", *by_country, "--env", "dev", "--format", "json")
    key = json.dumps
    assert sorted(dev.json(), key=key) == sorted(here.json(), key=key)
    assert sorted(dev.json(), key=key) != sorted(prod.json(), key=key)


def test_a_node_that_is_not_delivered_there_is_refused(delivering):
    project = delivering(customers="\n")
    project.run("run").assert_ok()

    own = asked(project, "--metrics", "revenue")
    joined = asked(project, "--metrics", "revenue", "--dimensions", "customer__country")
    anyway = asked(
        project, "--metrics", "revenue", "--dimensions", "customer__country", "--allow-stale"
    )

    assert own.exit_code == 0
    assert (joined.exit_code, anyway.exit_code) == (2, 2)
    assert "source.customer_rows is not delivered to connection 'reporting'" in joined.stderr


def test_a_target_that_is_appended_to_is_refused(delivering):
    project = delivering(orders=target("append"))
    project.run("run").assert_ok()

    outcome = asked(project, "--metrics", "revenue", "--allow-stale")

    assert outcome.exit_code == 2
    assert "source.order_rows is appended to bi.orders" in outcome.stderr


def test_what_is_older_than_the_generation_is_refused(delivering):
    project = delivering()
    project.run("run").assert_ok()
    project.write({ORDERS: MORE})
    project.run("run", "--no-materialize").assert_ok()

    refused = asked(project, "--metrics", "revenue")
    anyway = asked(project, "--metrics", "revenue", "--allow-stale")

    assert refused.exit_code == 2
    assert "bi.orders does not hold what generation 2 of prod has of source.order_rows" in (
        refused.stderr
    )
    assert "--allow-stale" in refused.stderr
    assert anyway.json() == [{"revenue": "15.05"}]


def test_a_delivery_that_is_owed_is_refused(delivering, database):
    project = delivering()
    project.run("run").assert_ok()
    database.run("CREATE VIEW bi.v AS SELECT region FROM bi.orders")
    project.write(
        {
            ORDERS: MORE,
            SOURCES: (project.path / SOURCES)
            .read_text()
            .replace("region: VARCHAR", "region: VARCHAR, extra: VARCHAR"),
        }
    )
    project.write(
        {
            ORDERS: "\n".join(
                line + (",extra" if line.startswith("order_id") else ",x")
                for line in MORE.splitlines()
            )
            + "\n"
        }
    )
    ran = project.run("run")

    refused = asked(project, "--metrics", "revenue")
    anyway = asked(project, "--metrics", "revenue", "--allow-stale")

    assert ran.exit_code == 1
    assert "bi.orders is owed what it is to hold of source.order_rows" in refused.stderr
    assert anyway.json() == [{"revenue": "15.05"}]


@pytest.mark.parametrize(
    "how",
    [
        {"mode": "upsert_by_key", "unique_keys": "[order_id]"},
        {"mode": "incremental_by_time", "time_column": "ordered_at"},
    ],
    ids=lambda how: how["mode"],
)
def test_a_target_that_keeps_earlier_rows_is_asked_while_it_holds_no_others(delivering, how):
    project = delivering(orders=target(**how))
    project.run("run").assert_ok()
    same = asked(project, "--metrics", "revenue")
    project.write({ORDERS: ROWS.replace("1,7,2026-01-05,north,10.50,paid\n", "")})
    project.run("run").assert_ok()

    more = asked(project, "--metrics", "revenue")

    assert same.json() == [{"revenue": "15.05"}]
    assert more.exit_code == 2
    assert "bi.orders holds 4 rows, of which source.order_rows has 3" in more.stderr


def test_before_any_run_there_is_nothing_to_ask(delivering):
    outcome = asked(delivering(), "--metrics", "revenue")

    assert outcome.exit_code == 2
    assert "source.order_rows has never run" in outcome.stderr


def test_an_unknown_connection_is_told_with_the_nearest(delivering):
    outcome = delivering().run("query", "--metrics", "revenue", "--connection", "reportin")

    assert outcome.exit_code == 2
    assert "did you mean reporting?" in outcome.stderr


def test_the_sql_for_a_connection_can_be_seen(delivering):
    project = delivering()
    project.run("run").assert_ok()

    printed = project.run(
        *("query", "--metrics", "revenue", "--dimensions", "region"),
        *("--connection", "reporting", "--compile"),
    )
    pasted = project.run("sql", printed.stdout, "--connection", "reporting", "--format", "json")

    assert '"bi"."orders"' in printed.stdout
    assert "status" not in printed.stdout
    assert {str(row["revenue"]) for row in pasted.json()} == {"10.50", "4.25", "0.10", "0.20"}


def test_names_of_tables_are_no_sql(delivering):
    project = delivering(orders=target(table='\'bi."or""d; DROP"\''))
    project.run("run").assert_ok()

    outcome = asked(project, "--metrics", "revenue")

    assert outcome.json() == [{"revenue": "15.05"}]


def test_metrics_are_validated_for_a_connection_and_bound_there(delivering, database):
    project = delivering()
    project.run("run").assert_ok()

    well = project.run("metrics", "validate", "--connection", "reporting")
    database.run("ALTER TABLE bi.orders DROP COLUMN status, DROP COLUMN amount")
    wrong = project.run("metrics", "validate", "--connection", "reporting")

    assert well.exit_code == 0, well.stderr
    assert wrong.exit_code == 2
    assert wrong.stderr.count("error[SK1524]") >= 4
    assert "total_revenue" in wrong.stderr
    assert "mtd_revenue" in wrong.stderr
    assert "measure unique_customers" not in wrong.stderr


def test_metrics_are_validated_by_what_files_tell_of_columns(shop):
    project = shop()

    outcome = project.run("metrics", "validate")

    assert outcome.exit_code == 0, outcome.stderr


def test_a_metric_that_does_not_compile_is_told_of_with_all_others(shop):
    text = SHOP["seeknal/semantic_models/orders.yml"] + "  - {name: regions, expr: region}\n"
    project = shop(**{"seeknal/semantic_models/orders.yml": text})

    outcome = project.run("metrics", "validate")

    assert outcome.exit_code == 2
    assert "regions" in outcome.stderr
    assert "1 problem" in outcome.stderr
