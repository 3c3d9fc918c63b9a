"""From the user's SQL to DuckDB's: names, problems, effects."""

import timeit

import duckdb
import pytest

from seeknal.dialects import known_pairs
from seeknal.sql.refs import resolve_sql
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.node import Input

pytestmark = pytest.mark.versions

PAIRS = known_pairs()

KNOWN = frozenset(
    NodeId(id)
    for id in (
        "source.orders",
        "source.customers",
        "source.raw",
        "transform.orders",
        "transform.daily",
        "transform.this_one",
    )
)


def resolve(sql, *inputs, **options):
    """``inputs`` are ``kind.name`` or ``kind.name as alias``."""
    given = []
    for text in inputs:
        ref, _, alias = text.partition(" as ")
        given.append(Input(ref=NodeId(ref), alias=alias or None, location=Location("a.yml", 4)))
    settings = {"known": KNOWN, "node": NodeId("transform.this_one"), "pairs": PAIRS}
    location = options.pop("location", Location("a.yml", 10))
    return resolve_sql(sql, inputs=given, location=location, **settings, **options)


def executable(sql, *inputs):
    resolved = resolve(sql, *inputs)
    assert not [problem for problem in resolved.problems if problem.severity == "error"]
    return resolved.executable


def codes(sql, *inputs, **options):
    return [problem.code for problem in resolve(sql, *inputs, **options).problems]


ORDERS = '"source"."orders"'


@pytest.mark.parametrize(
    ("sql", "inputs", "expected"),
    [
        ("FROM ref('source.orders')", [], f"FROM {ORDERS}"),
        ('FROM ref("source.orders") o', [], f"FROM {ORDERS} o"),
        ("FROM REF ( 'source' , 'orders' )", [], f"FROM {ORDERS}"),
        ("FROM ref('customers')", [], 'FROM "source"."customers"'),
        ("FROM ref('orders')", ["source.orders"], f"FROM {ORDERS}"),
        ("FROM ref('Source.Orders')", [], f"FROM {ORDERS}"),
        ("FROM source.orders", [], f"FROM {ORDERS}"),
        ("FROM orders", ["source.orders"], f"FROM {ORDERS}"),
        ("FROM Orders o", ["source.orders"], f"FROM {ORDERS} o"),
        ('FROM "orders"', ["source.orders"], f"FROM {ORDERS}"),
        ("FROM input_0", ["source.orders"], f'FROM {ORDERS} AS "input_0"'),
        ("FROM input_0 o", ["source.orders"], f"FROM {ORDERS} o"),
        ("FROM input_0 AS o", ["source.orders"], f"FROM {ORDERS} AS o"),
        ("FROM __THIS__", ["source.orders"], f'FROM {ORDERS} AS "__THIS__"'),
        ("FROM c", ["source.customers as c"], 'FROM "source"."customers" AS "c"'),
        ("FROM x: orders", ["source.orders"], f"FROM x: {ORDERS}"),
        (
            "FROM (orders JOIN raw USING (a))",
            ["source.orders", "source.raw"],
            f'FROM ({ORDERS} JOIN "source"."raw" USING (a))',
        ),
        ("FROM orders ; ; -- end", ["source.orders"], f"FROM {ORDERS}   -- end"),
        ("PIVOT orders ON a USING sum(b)", ["source.orders"], f"PIVOT {ORDERS} ON a USING sum(b)"),
        ("DESCRIBE orders", ["source.orders"], f"DESCRIBE {ORDERS}"),
        (
            "SELECT orders.a FROM orders, orders o, raw WHERE orders.b = 'orders' -- orders",
            ["source.orders", "source.raw"],
            f'SELECT orders.a FROM {ORDERS}, {ORDERS} o, "source"."raw" '
            "WHERE orders.b = 'orders' -- orders",
        ),
        (
            "SELECT extract(year FROM orders), trim(BOTH ' ' FROM orders) FROM orders",
            ["source.orders"],
            f"SELECT extract(year FROM orders), trim(BOTH ' ' FROM orders) FROM {ORDERS}",
        ),
        (
            "SELECT a IS DISTINCT FROM orders, [x FOR x IN orders] FROM t, orders",
            ["source.orders"],
            f"SELECT a IS DISTINCT FROM orders, [x FOR x IN orders] FROM t, {ORDERS}",
        ),
        (
            "SELECT 1 FROM raw JOIN orders ON x IN [orders, orders], orders "
            "ORDER BY orders, orders",
            ["source.orders", "source.raw"],
            f'SELECT 1 FROM "source"."raw" JOIN {ORDERS} ON x IN [orders, orders], {ORDERS} '
            "ORDER BY orders, orders",
        ),
        (
            "FROM orders SELECT orders, orders.a UNION ALL FROM orders",
            ["source.orders"],
            f"FROM {ORDERS} SELECT orders, orders.a UNION ALL FROM {ORDERS}",
        ),
        (
            "SELECT (SELECT max(a) FROM orders), EXISTS(FROM orders) FROM orders",
            ["source.orders"],
            f"SELECT (SELECT max(a) FROM {ORDERS}), EXISTS(FROM {ORDERS}) FROM {ORDERS}",
        ),
    ],
)
def test_inputs_get_their_full_names(sql, inputs, expected):
    assert executable(sql, *inputs) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "WITH orders AS (SELECT * FROM orders) SELECT * FROM orders",
            f"WITH orders AS (SELECT * FROM {ORDERS}) SELECT * FROM orders",
        ),
        (
            "WITH RECURSIVE orders AS (SELECT 1 UNION ALL FROM orders) FROM orders, source.orders",
            f"WITH RECURSIVE orders AS (SELECT 1 UNION ALL FROM orders) FROM orders, {ORDERS}",
        ),
        (
            "WITH a AS (FROM orders), Orders (x) AS MATERIALIZED (FROM a), "
            "b AS (FROM ORDERS) FROM b",
            f"WITH a AS (FROM {ORDERS}), Orders (x) AS MATERIALIZED (FROM a), "
            "b AS (FROM ORDERS) FROM b",
        ),
        (
            "SELECT * FROM (WITH orders AS (SELECT 1) FROM orders) JOIN orders USING (a)",
            f"SELECT * FROM (WITH orders AS (SELECT 1) FROM orders) JOIN {ORDERS} USING (a)",
        ),
        (
            "WITH orders AS (SELECT 1) (SELECT * FROM (SELECT * FROM orders))",
            "WITH orders AS (SELECT 1) (SELECT * FROM (SELECT * FROM orders))",
        ),
        (
            "WITH x AS (WITH orders AS (SELECT 1) FROM orders) FROM orders, x",
            f"WITH x AS (WITH orders AS (SELECT 1) FROM orders) FROM {ORDERS}, x",
        ),
        (
            "SELECT CAST(a AS TIMESTAMP WITH TIME ZONE) FROM unnest([1]) WITH ORDINALITY AS t, "
            "orders",
            "SELECT CAST(a AS TIMESTAMP WITH TIME ZONE) FROM unnest([1]) WITH ORDINALITY AS t, "
            f"{ORDERS}",
        ),
    ],
)
def test_a_cte_hides_an_input_where_its_name_is_visible(sql, expected):
    resolved = resolve(sql, "source.orders")

    assert resolved.executable == expected


def test_refs_found_in_the_sql_follow_the_declared_inputs():
    resolved = resolve("FROM ref('source.raw'), ref('source.customers'), orders", "source.orders")

    assert [entry.ref for entry in resolved.inputs] == [
        "source.orders",
        "source.raw",
        "source.customers",
    ]


def test_the_text_runs_in_duckdb_with_column_names_that_go_on_working():
    sql = "SELECT input_0.id, c.name, raw.x FROM input_0 JOIN c USING (id), raw -- end"
    resolved = resolve(sql, "source.orders", "source.customers as c", "source.raw")
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA source")
        connection.execute("CREATE VIEW source.orders AS SELECT 1 AS id")
        connection.execute("CREATE VIEW source.customers AS SELECT 1 AS id, 'a' AS name")
        connection.execute("CREATE VIEW source.raw AS SELECT 2 AS x")

        rows = connection.execute(resolved.executable).fetchall()

    assert rows == [(1, "a", 2)]


@pytest.mark.parametrize(
    ("sql", "inputs", "code", "help"),
    [
        ("FROM ref('source.ordres')", [], "SK0310", "did you mean source.orders"),
        ("FROM ref('source.daily')", [], "SK0310", "did you mean transform.daily"),
        ("FROM source.ordres", [], "SK0310", "did you mean source.orders"),
        ("FROM ref('orders')", [], "SK0311", "ref('source.orders') or ref('transform.orders')"),
        ("FROM orders", ["source.orders", "transform.orders"], "SK0311", "ref('source.orders')"),
        ("FROM customers", [], "SK0312", "ref('source.customers')"),
        ("FROM input_1", ["source.orders"], "SK0313", "numbered from input_0"),
        ("FROM __THIS__", ["source.orders", "source.raw"], "SK0314", "ref()"),
        ("FROM ref(orders || 'x')", [], "SK0316", "ref('kind.name')"),
        ("FROM ref()", [], "SK0316", "ref('kind.name')"),
        ("SELECT 1; DROP TABLE x", [], "SK0451", "keep one query"),
        ("DELETE FROM source.orders", [], "SK0452", "write a SELECT"),
        ("INSERT INTO x FROM source.orders", [], "SK0452", "write a SELECT"),
        ("COPY source.orders TO 'x.csv'", [], "SK0452", "write a SELECT"),
        ("  -- nothing", [], "SK0452", "write a SELECT"),
        ("SELECT '\0'", [], "SK0453", "remove it"),
    ],
)
def test_what_is_wrong_is_named_with_a_way_out(sql, inputs, code, help):
    problems = [problem for problem in resolve(sql, *inputs).problems if problem.code == code]

    assert len(problems) == 1
    assert help in problems[0].help


def test_all_problems_are_reported_together():
    found = codes("FROM ref('source.a_b_c'), customers, input_7, __THIS__")

    assert found == ["SK0310", "SK0312", "SK0313", "SK0314"]


def test_this_may_be_forbidden():
    assert codes("FROM __THIS__", "source.orders", this_allowed=False) == ["SK0314"]


def test_an_unused_input_is_a_warning_at_its_place():
    problems = resolve("FROM orders", "source.orders", "source.raw").problems

    assert [(problem.code, problem.severity) for problem in problems] == [("SK0315", "warn")]
    assert str(problems[0].location) == "a.yml:4"


def test_a_problem_points_to_its_line_of_the_file():
    problems = resolve("SELECT *\nFROM ref('source.orders')\nCROSS JOIN customers\n").problems

    assert [str(problem.location) for problem in problems] == ["a.yml:12"]


def test_a_column_is_given_when_the_text_s_own_is_known():
    problems = resolve("SELECT *\n  FROM customers", location=Location("a.yml", 10, 5)).problems

    assert [str(problem.location) for problem in problems] == ["a.yml:11:12"]


def test_a_syntax_error_points_to_what_the_user_wrote():
    sql = "SELECT *\nFROM ref('source.orders') o JOIN ref('source.raw') r WHER o.id = 1"

    problems = resolve(sql, location=Location("a.yml", 10, 1)).problems

    assert [problem.code for problem in problems] == ["SK0450"]
    line = sql.split("\n")[problems[0].location.line - 10]
    assert line[problems[0].location.column - 1 :].startswith(("WHER", "o.id"))


@pytest.mark.parametrize(
    ("sql", "volatile", "dated"),
    [
        ("SELECT now()", "now()", False),
        ("SELECT NOW ( )", "now()", False),
        ("SELECT current_timestamp", "current_timestamp", False),
        ("SELECT random(), uuid()", "random()", False),
        ("SELECT gen_random_uuid()", "gen_random_uuid()", False),
        ("FROM range(9) USING SAMPLE 10%", "a sample without a seed", False),
        ("FROM range(9) TABLESAMPLE 10%", "a sample without a seed", False),
        ("FROM range(9) TABLESAMPLE bernoulli(10%) REPEATABLE (42)", None, False),
        ("FROM range(9) USING SAMPLE 10% (bernoulli, 42)", None, False),
        ("SELECT current_date", None, True),
        ("SELECT today()", None, True),
        ("SELECT age(DATE '2020-01-01')", None, True),
        ("SELECT age(DATE '2020-01-01', DATE '2020-01-01')", None, False),
        ("SELECT 'now()', \"random\" -- uuid()\nFROM (SELECT 1 AS random)", None, False),
        (
            'SELECT t.current_date, 1 AS current_timestamp FROM (SELECT 1 AS "current_date") t',
            None,
            False,
        ),
    ],
)
def test_what_depends_on_more_than_the_inputs_is_noticed(sql, volatile, dated):
    resolved = resolve(sql)

    assert resolved.problems == ()
    assert (resolved.volatile, resolved.time_dependent) == (volatile, dated)


def test_reading_from_outside_is_noticed_with_its_line():
    sql = (
        "FROM read_csv('a'), 'b.csv'\nJOIN \"c.parquet\" ON true, data.json,\n glob('*'), range(3)"
    )

    resolved = resolve(sql)

    assert resolved.reads_outside == (
        ("read_csv(...)", 1),
        ("'b.csv'", 1),
        ("c.parquet", 2),
        ("data.json", 2),
        ("glob(...)", 3),
    )


def test_another_dialect_is_translated():
    sql = "SELECT IFF(a > 1, NVL(b, 0), 3) AS x FROM ref('source.orders') o, input_0, customers"

    resolved = resolve(sql, "source.raw", "source.customers", dialect="snowflake")

    assert resolved.problems == ()
    assert 'FROM "source"."orders" AS o' in resolved.executable
    assert '"source"."raw" AS "input_0"' in resolved.executable
    assert '"source"."customers"' in resolved.executable
    assert "CASE WHEN a > 1" in resolved.executable


def test_a_dialect_of_which_only_the_syntax_is_known_is_told():
    resolved = resolve("SELECT a FROM orders", "source.orders", dialect="trino")

    assert [(problem.code, problem.severity) for problem in resolved.problems] == [
        ("SK0457", "warn")
    ]


def test_a_cte_hides_an_input_in_another_dialect_too():
    sql = "WITH orders AS (SELECT * FROM orders) SELECT `a` FROM orders"

    resolved = resolve(sql, "source.orders", dialect="bigquery")

    expected = f'WITH orders AS (SELECT * FROM {ORDERS}) SELECT "a" FROM orders'
    assert resolved.executable == expected


def test_an_unknown_dialect_is_named():
    problems = resolve("SELECT 1", dialect="postgrs").problems

    assert [(problem.code, problem.help) for problem in problems] == [
        ("SK0454", "did you mean postgres?")
    ]


def test_sql_that_its_dialect_does_not_know_is_a_problem():
    problems = resolve("SELECT a FROM", dialect="postgres").problems

    assert [problem.code for problem in problems] == ["SK0450"]
    assert "\x1b" not in problems[0].message


def test_deep_and_long_queries_do_not_crash():
    deep = "SELECT " + "(" * 1000 + "1" + ")" * 1000 + " FROM orders"
    long = "SELECT 1 FROM orders WHERE " + " OR ".join(f"a = {n}" for n in range(5000))
    nested = "SELECT * FROM " * 300 + "orders" + ")" * 0
    wide = "\nUNION ALL ".join(["SELECT * FROM ref('source.orders')"] * 2000)

    for sql in (deep, long, nested, wide):
        assert resolve(sql, "source.orders").executable


def test_two_thousand_ctes_take_linear_time():
    ctes = ",\n".join(f"c{n} AS (SELECT * FROM c{n - 1})" for n in range(1, 4000))
    sql = f"WITH c0 AS (FROM orders), {ctes} SELECT * FROM c3999"

    seconds = timeit.timeit(lambda: resolve(sql, "source.orders"), number=1)

    assert seconds < 5


def test_an_ordinary_query_is_resolved_in_well_under_two_milliseconds():
    sql = (
        "SELECT o.order_id, o.amount, c.region, count(*) AS n FROM ref('source.orders') o "
        "JOIN ref('source.customers') c USING (customer_id) WHERE o.x = 1 GROUP BY ALL"
    )
    resolve(sql)

    best = min(timeit.repeat(lambda: resolve(sql), number=20, repeat=5)) / 20

    assert best < 0.0015
