"""The medallion example: files to dashboards, and the same results as DuckDB alone."""

import filecmp

import duckdb
import pytest
from tests.e2e.conftest import executed, steps
from tests.examples import EXAMPLES, Filled, call, script, seeknal

EXAMPLE = EXAMPLES / "medallion"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    return Filled("medallion", tmp_path_factory.mktemp("filled"), "seed_lake.py")


@pytest.fixture
def medallion(filled, database, monkeypatch):
    """A copy of the example that nobody has run, on a database that was just filled."""
    at = database.parameters
    place = f"{at['user']}:{at['password']}@127.0.0.1:{at['port']}/{at['dbname']}"
    monkeypatch.setenv("SHOP_DB_URL", f"postgresql://{place}")
    database.run((EXAMPLE / "sql" / "seed.sql").read_text())
    return filled.anew()


def kinds_of_references(project):
    """(language of the reader, language of what it reads) of every edge."""
    listed = project.run("list", "--format", "json").assert_ok().json()
    language = {node["node"]: "Python" if node["type"] == "python" else "YAML" for node in listed}
    return {
        (language[node["node"]], language[parent]) for node in listed for parent in node["inputs"]
    }


def test_its_results_are_those_of_duckdb_alone(medallion):
    medallion.run("run").assert_ok()

    assert script(medallion, "check.py").count("none different") == 5


def test_the_check_notices_a_wrong_row(medallion):
    medallion.run("run").assert_ok()
    data = medallion.path / "data" / "orders.csv"
    data.write_text(data.read_text() + "O99999,1,P001,1.00,2025-06-01,completed\n")

    checked = call(medallion, "scripts/check.py")

    assert checked.returncode == 1


def test_the_dashboard_gets_the_rows_that_are_stored(medallion):
    medallion.run("run").assert_ok()

    for name in ("revenue_summary", "customer_lifetime_value"):
        file = medallion.path / "outputs" / f"{name}.csv"
        delivered = duckdb.sql(f"SELECT count(*) FROM read_csv('{file}')").fetchall()
        assert delivered == [(len(medallion.rows(f"transform.{name}")),)]


FROM_DATABASE = {"source.customers", "source.orders", "source.products"}


def test_an_unchanged_project_reads_its_database_and_reuses_the_rest(medallion, database):
    first = medallion.run("run", "--format", "json").assert_ok()
    second = medallion.run("run", "--format", "json").assert_ok()

    assert executed(first) == set(steps(first))
    assert executed(second) == FROM_DATABASE
    assert database.value("SELECT count(*) FROM seeknal.deliveries") == 5


def test_a_late_order_reaches_the_dashboard(medallion, database):
    medallion.run("run").assert_ok()
    before = (medallion.path / "outputs" / "revenue_summary.csv").read_text()
    database.run("INSERT INTO orders VALUES ('O99999', 1, 'P001', 1.00, '2025-06-01', 'completed')")

    outcome = medallion.run("run", "--format", "json").assert_ok()

    assert "transform.enrich_traffic" not in executed(outcome)
    assert (medallion.path / "outputs" / "revenue_summary.csv").read_text() != before


BY_HAND = {
    "analytics.silver_orders": """
        SELECT o.order_id, o.customer_id, o.product_id, o.amount, o.order_date, c.region
        FROM orders o JOIN customers c USING (customer_id) WHERE o.status = 'completed'
    """,
    "analytics.silver_order_products": """
        SELECT o.order_id, o.customer_id, o.product_id, o.amount, o.order_date, c.region,
               p.name AS product_name, p.category
        FROM orders o JOIN customers c USING (customer_id) JOIN products p USING (product_id)
        WHERE o.status = 'completed'
    """,
    "analytics.gold_revenue_summary": """
        SELECT c.region, date_trunc('month', o.order_date)::date AS month, count(*) AS orders,
               sum(o.amount)::numeric(38,2) AS revenue, count(DISTINCT p.category) AS categories
        FROM orders o JOIN customers c USING (customer_id) JOIN products p USING (product_id)
        WHERE o.status = 'completed' GROUP BY 1, 2
    """,
    "analytics.gold_customer_ltv": """
        SELECT c.customer_id, c.region, count(o.order_id) AS orders,
               coalesce(sum(o.amount), 0) AS lifetime_value, max(o.order_date) AS last_order
        FROM customers c LEFT JOIN orders o
            ON o.customer_id = c.customer_id AND o.status = 'completed'
        GROUP BY 1, 2
    """,
}


def same_as_by_hand(database, table):
    """Rows that only one side has."""
    query = BY_HAND[table]
    names = [column.name for column in _described(database, query)]
    listed = ", ".join(names)
    both = f"SELECT {listed} FROM {table}", query
    return [
        row
        for one, other in (both, both[::-1])
        for row in database.rows(f"({one}) EXCEPT ALL ({other})")
    ]


def _described(database, query):
    with database.connect() as connection:
        return connection.execute(f"SELECT * FROM ({query}) AS q LIMIT 0").description


def test_its_tables_hold_what_a_query_by_hand_gives(medallion, database):
    medallion.run("run").assert_ok()

    assert [row for table in BY_HAND for row in same_as_by_hand(database, table)] == []


IN_BOTH = ("silver_orders", "silver_order_products", "gold_revenue_summary")


def lake(project, name):
    """A table of the project's lake, opened with PyIceberg alone."""
    from pyiceberg.catalog import load_catalog

    folder = project.path / ".seeknal" / "iceberg"
    where = {"uri": f"sqlite:///{folder / 'catalog.db'}", "warehouse": folder.as_uri()}
    return load_catalog("atlas", type="sql", **where).load_table(("medallion", name))


def test_postgresql_and_iceberg_hold_the_same_rows(medallion, database):
    medallion.run("run").assert_ok()

    for name in IN_BOTH:
        found = lake(medallion, name).scan().to_arrow()
        columns = ", ".join(found.column_names)
        rows = database.rows(f"SELECT {columns} FROM analytics.{name}")
        expected = sorted(str(tuple(row.values())) for row in found.to_pylist())
        assert sorted(map(str, rows)) == expected, name


def test_rows_that_change_in_the_database_change_exactly_those_of_its_tables(medallion, database):
    medallion.run("run").assert_ok()
    keys = "SELECT order_id, xmin::text FROM analytics.silver_order_products"
    before = dict(database.rows(keys))
    order, day = database.rows(
        "SELECT order_id, order_date FROM orders WHERE status = 'completed' ORDER BY 2, 1 LIMIT 1"
    )[0]
    database.run(
        f"UPDATE orders SET amount = 7.77 WHERE order_id = '{order}';"
        "INSERT INTO orders VALUES ('O99998', 1, 'P001', 5.00, '2025-06-01', 'completed'),"
        " ('O99999', 2, 'P002', 6.00, '2025-06-02', 'cancelled')"
    )

    medallion.run("run").assert_ok()

    after = dict(database.rows(keys))
    assert {key for key in after if before.get(key) != after[key]} == {order, "O99998"}
    assert day.year == 2025
    for table in BY_HAND:
        assert same_as_by_hand(database, table) == []
    counted = "SELECT count(*), count(DISTINCT order_id) FROM analytics.silver_order_products"
    assert database.rows(counted) == [(337, 337)]


def test_it_runs_on_the_embedded_server_with_nothing_else_installed(medallion, monkeypatch):
    monkeypatch.delenv("SHOP_DB_URL")

    query = "SELECT count(*) AS n FROM analytics.silver_orders"
    seeded = call(
        medallion, "-m", "seeknal", "postgres", "psql", "--quiet", "--file", "sql/seed.sql"
    )
    seeknal(medallion, "run")
    asked = seeknal(medallion, "sql", "--connection", "local_pg", query, "--format", "csv")

    assert (seeded.returncode, seeded.stderr) == (0, "")
    assert asked.split() == ["n", "336"]


def test_yaml_and_python_nodes_refer_to_each_other(medallion):
    languages = ("YAML", "Python")

    assert kinds_of_references(medallion) == {
        (one, other) for one in languages for other in languages
    }


def test_its_data_is_what_its_script_makes(medallion):
    files = sorted(f"data/{path.name}" for path in (EXAMPLE / "data").iterdir())
    files.append("sql/seed.sql")

    script(medallion, "make_data.py")

    same = filecmp.cmpfiles(EXAMPLE, medallion.path, files, shallow=False)[0]
    assert sorted(same) == files


def test_init_writes_the_same_project(medallion, tmp_path):
    medallion.run("init", str(tmp_path / "mine"), "--example", "medallion").assert_ok()

    mine = tmp_path / "mine" / "data"
    names = [path.name for path in mine.iterdir()]
    assert filecmp.cmpfiles(EXAMPLE / "data", mine, names, shallow=False)[0] == names
