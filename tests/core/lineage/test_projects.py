"""The lineage of whole projects: every kind of node, Python nodes, and the cache."""

import json

import pytest
from tests.core.lineage import tpch

import seeknal
from seeknal.values.names import NodeId

pytestmark = pytest.mark.versions

SOURCES = """
    kind: source
    name: orders
    source: csv
    table: orders.csv
    columns: {id: BIGINT, customer: VARCHAR, amount: DOUBLE, day: DATE}
    ---
    kind: source
    name: customers
    source: csv
    table: customers.csv
    columns: {customer: VARCHAR, region: VARCHAR}
"""
ORDERS = "id,customer,amount,day\n1,a,10,2026-01-01\n2,b,20,2026-01-02\n"
CUSTOMERS = "customer,region\na,north\nb,south\n"


@pytest.fixture
def project(seeknal_project):
    """Makes a project of two sources and what a test adds to them."""
    base = {"seeknal/sources.yml": SOURCES, "orders.csv": ORDERS, "customers.csv": CUSTOMERS}
    return lambda files: seeknal_project(base | files)


def lineage(project):
    with seeknal.open_project(project.path) as opened:
        return opened.lineage()


def values(node):
    return {c.name: {".".join(ref) for ref in c.values} for c in node.query.columns}


def transform(name, sql, **more):
    extra = "".join(f"{key}: {value}\n" for key, value in more.items())
    return f"kind: transform\nname: {name}\n{extra}transform: |\n  {sql}\n"


def python_node(body, inputs='["source.orders", "source.customers"]'):
    return (
        "from seeknal import transform\n\n\n"
        f'@transform(name="made", inputs={inputs})\ndef made(ctx):\n    {body}\n'
    )


def ran(project):
    project.run("run").assert_ok()
    return lineage(project)["transform.made"]


def test_every_column_of_tpch_is_traced_to_the_right_base_columns(seeknal_project):
    sources = "---\n".join(
        f"kind: source\nname: {table}\nsource: csv\ntable: {table}.csv\n"
        f"columns: {json.dumps(columns)}\n"
        for table, columns in tpch.SCHEMA.items()
    )
    nodes = {}
    for number, (sql, _) in tpch.QUERIES.items():
        body = "".join(f"  {line.strip()}\n" for line in sql.strip().splitlines())
        read = [table for table in tpch.SCHEMA if table in sql.replace("partsupp", "ps")] + [
            "partsupp" if "partsupp" in sql else ""
        ]
        inputs = "".join(f"  - ref: source.{table}\n" for table in read if table)
        nodes[f"seeknal/q{number}.yml"] = (
            f"kind: transform\nname: q{number}\ninputs:\n{inputs}transform: |\n{body}"
        )
    made = seeknal_project({"seeknal/sources.yml": sources, **nodes})

    found = lineage(made)

    base = {name: table for table, columns in tpch.SCHEMA.items() for name in columns}

    def listed(text):
        return {f"source.{base[name]}.{name}" for name in text.split()}

    for number, (_, expected) in tpch.QUERIES.items():
        node = found[f"transform.q{number}"]
        assert node.unknown is None, (number, node.unknown)
        for column in node.query.columns:
            direct, _, indirect = expected[column.name].partition("|")
            assert {".".join(ref) for ref in column.values} == listed(direct), (number, column)
            assert {".".join(ref) for ref in column.influences} == listed(indirect), number
        assert list(expected) == [column.name for column in node.query.columns]
        if number in tpch.ROWS:
            assert {".".join(ref) for ref in node.query.rows} == listed(tpch.ROWS[number])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT amount FROM ref('source.orders')",
        "SELECT amount FROM {{ ref('source.orders') }}",
        "SELECT amount FROM source.orders",
        "SELECT o.\"AMOUNT\" AS amount FROM ref('orders') o",
    ],
)
def test_an_input_is_known_under_every_form_of_its_name(project, sql):
    made = project({"seeknal/made.yml": transform("made", sql)})

    assert values(lineage(made)["transform.made"]) == {"amount": {"source.orders.amount"}}


def test_a_star_takes_the_real_columns_of_a_node_that_never_ran(project):
    made = project(
        {
            "seeknal/a.yml": transform("a", "SELECT * EXCLUDE (day) FROM ref('source.orders')"),
            "seeknal/b.yml": transform("b", "SELECT * FROM ref('transform.a')"),
        }
    )

    assert values(lineage(made)["transform.b"]) == {
        "id": {"transform.a.id"},
        "customer": {"transform.a.customer"},
        "amount": {"transform.a.amount"},
    }


def test_an_added_column_is_found_before_anything_runs_again(project):
    made = project({"seeknal/a.yml": transform("a", "SELECT id FROM ref('source.orders')")})
    made.write({"seeknal/b.yml": transform("b", "SELECT * FROM ref('transform.a')")})
    made.run("run").assert_ok()
    made.write({"seeknal/a.yml": transform("a", "SELECT id, day FROM ref('source.orders')")})

    assert list(values(lineage(made)["transform.b"])) == ["id", "day"]


def test_what_a_child_reads_of_a_parent(project):
    sql = "SELECT sum(amount::INT) AS total FROM ref('source.orders') WHERE customer = 'a'"
    found = lineage(project({"seeknal/made.yml": transform("made", sql)}))

    reads = found.reads("source.orders", "transform.made")

    assert reads.columns == {"amount", "customer"}
    assert (reads.rows, reads.ordered, reads.everything) == (True, False, False)


def test_a_child_that_counts_rows_reads_no_column_but_the_rows(project):
    sql = "SELECT count(*) AS n FROM ref('source.orders')"
    found = lineage(project({"seeknal/made.yml": transform("made", sql)}))

    reads = found.reads("source.orders", "transform.made")

    assert (reads.columns, reads.rows) == (frozenset(), True)


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT id FROM ref('source.orders') LIMIT 1", True),
        ("SELECT list(id) AS ids FROM ref('source.orders')", True),
        ("SELECT row_number() OVER (ORDER BY day) AS n FROM ref('source.orders')", True),
        ("SELECT rank() OVER (ORDER BY day) AS n FROM ref('source.orders')", False),
        ("SELECT sum(id) AS s FROM ref('source.orders')", False),
        ("SELECT sum(amount::DOUBLE) AS s FROM ref('source.orders')", True),
        ("SELECT id FROM ref('source.orders') ORDER BY day", False),
    ],
)
def test_a_result_that_depends_on_the_order_of_rows_says_so(project, sql, ordered):
    found = lineage(project({"seeknal/made.yml": transform("made", sql)}))

    assert found.reads("source.orders", "transform.made").ordered is ordered


def test_a_column_that_only_orders_the_rows_is_read_too(project):
    sql = "SELECT id FROM ref('source.orders') ORDER BY day"
    found = lineage(project({"seeknal/made.yml": transform("made", sql)}))

    assert found.reads("source.orders", "transform.made").columns == {"id", "day"}


def test_a_parent_of_unknown_columns_makes_its_readers_unknown(seeknal_project):
    made = seeknal_project(
        {
            "profiles.yml": "connections: {}\n",
            "seeknal/pipelines/p.py": (
                "from seeknal import source\n\n\n"
                '@source(name="a")\ndef a(ctx):\n    return [{"x": 1}]\n'
            ),
            "seeknal/b.yml": transform("b", "SELECT x FROM ref('source.a')"),
        }
    )

    found = lineage(made)

    assert "not known until it has run" in found["transform.b"].unknown
    assert found.reads("source.a", "transform.b").everything


@pytest.mark.parametrize(
    "body",
    [
        'return ctx.ref("source.orders")',
        'return ctx.duckdb.sql("SELECT * FROM orders")',
        'rows = ctx.ref("source.orders")\n    return ctx.duckdb.sql("SELECT * FROM rows")',
        'rows = ctx.duckdb.sql("FROM orders")\n    more = ctx.duckdb.sql("FROM rows")\n'
        '    return ctx.duckdb.sql("SELECT * FROM more")',
        'return ctx.ref("source.orders").project("*")',
    ],
)
def test_a_python_node_that_hands_rows_on_is_traced(project, body):
    made = project({"seeknal/pipelines/p.py": python_node(body)})

    node = ran(made)

    assert node.unknown is None
    assert values(node) == {
        name: {f"source.orders.{name}"} for name in ("id", "customer", "amount", "day")
    }


def test_chained_relations_are_traced(project):
    body = (
        'orders = ctx.ref("source.orders")\n'
        '    totals = orders.filter("id > 0").aggregate("customer, sum(amount) AS total")\n'
        '    return ctx.duckdb.sql("SELECT region, total FROM totals JOIN customers'
        ' USING (customer)")'
    )
    node = ran(project({"seeknal/pipelines/p.py": python_node(body)}))

    assert values(node) == {
        "region": {"source.customers.region"},
        "total": {"source.orders.amount"},
    }
    assert {".".join(ref) for ref in node.query.rows} == {
        "source.orders.id",
        "source.orders.customer",
        "source.customers.customer",
    }


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('return [{"x": 1}]', "returns a list"),
        (
            'n = ctx.ref("source.orders").fetchall()[0][0]\n'
            '    return ctx.duckdb.sql(f"SELECT region FROM customers WHERE {n} > 0")',
            "line 6",
        ),
        (
            'ctx.duckdb.execute("CREATE OR REPLACE TEMP VIEW customers AS SELECT 1 AS z")\n'
            '    return ctx.duckdb.sql("SELECT z FROM customers")',
            "line 6",
        ),
        (
            'def peek(rows):\n        return rows.fetchall()\n    rows = ctx.ref("source.orders")\n'
            '    peek(rows)\n    return ctx.duckdb.sql("SELECT region FROM customers")',
            "line 9",
        ),
        (
            'ctx.duckdb.sql("CREATE TEMP TABLE mine AS FROM orders")\n'
            '    return ctx.duckdb.sql("SELECT id FROM mine")',
            "not queries",
        ),
        (
            'found = [ctx.ref("source.orders")]\n    n = len(found[0])\n'
            '    return ctx.duckdb.sql(f"SELECT region FROM customers LIMIT {n}")',
            "line 6",
        ),
    ],
)
def test_a_python_node_that_may_look_at_rows_is_unknown_and_says_why(project, body, why):
    made = project({"seeknal/pipelines/p.py": python_node(body)})

    node = ran(made)

    assert why in node.unknown
    assert node.reads(NodeId("source.orders")).everything


ONE = 'ctx.duckdb.sql("SELECT id FROM orders")'
TWO = 'ctx.duckdb.sql("SELECT region FROM customers")'


@pytest.mark.parametrize(
    "body",
    [
        f"try:\n        return {ONE}\n    except Exception:\n        return {TWO}",
        f"try:\n        found = {ONE}\n    except Exception:\n        found = {TWO}\n"
        "    return found",
        f"import contextlib\n    with contextlib.suppress(Exception):\n        return {ONE}\n"
        f"    return {TWO}",
        f"if ctx.environment == 'prod':\n        return {ONE}\n    return {TWO}",
        f"if ctx.environment != 'prod':\n        return {TWO}\n    else:\n        return {ONE}",
        f"return {ONE} if ctx.environment == 'prod' else {TWO}",
        "name = 'orders' if ctx.environment == 'prod' else 'others'\n"
        "    return ctx.duckdb.sql(f'SELECT id FROM {name}')",
        f"match ctx.environment:\n        case 'prod':\n            return {ONE}\n    return {TWO}",
        f"for _ in range(1):\n        return {ONE}\n    return {TWO}",
        f"while True:\n        return {ONE}",
        f"def one():\n        return {ONE}\n    def other():\n        return {TWO}\n"
        "    return one() if ctx.environment == 'prod' else other()",
        f"def one():\n        try:\n            return {ONE}\n        except Exception:\n"
        f"            return {TWO}\n    return one()",
        f"pick = lambda: {ONE} if ctx.environment == 'prod' else {TWO}\n    return pick()",
        "name = (ctx.environment == 'prod' and 'orders') or 'others'\n"
        "    return ctx.duckdb.sql(f'SELECT id FROM {name}')",
        "name = ['others', 'orders'][ctx.environment == 'prod']\n"
        "    return ctx.duckdb.sql(f'SELECT id FROM {name}')",
        "name = {'prod': 'orders'}.get(ctx.environment, 'others')\n"
        "    return ctx.duckdb.sql(f'SELECT id FROM {name}')",
        "names = [name for name in ('orders', 'x') if name != 'x']\n"
        "    return ctx.duckdb.sql(f'SELECT id FROM {names[0]}')",
        "name = __import__('random').choice(['orders'])\n"
        "    return ctx.duckdb.sql(f'SELECT id FROM {name}')",
        f"found = {ONE}\n    found = {ONE} if ctx.environment == 'prod' else found\n"
        "    return found",
    ],
)
def test_a_python_node_that_decides_while_it_runs_is_unknown(project, body):
    made = project({"seeknal/pipelines/p.py": python_node(body)})

    node = ran(made)

    assert "decides" in node.unknown
    assert node.reads(NodeId("source.customers")).everything


@pytest.mark.parametrize(
    "above",
    [
        "import functools\n\ndef either(function):\n    @functools.wraps(function)\n"
        "    def inner(ctx):\n        try:\n            return function(ctx)\n"
        "        except Exception:\n            return ctx.ref('source.customers')\n"
        "    return inner\n\n",
    ],
)
def test_a_python_node_that_is_wrapped_by_other_code_is_unknown(project, above):
    text = python_node(f"return {ONE}")
    made = project(
        {"seeknal/pipelines/p.py": above + text.replace("def made", "@either\ndef made")}
    )

    made.run("run")

    assert "decorat" in lineage(made)["transform.made"].unknown


@pytest.mark.parametrize(
    "body",
    [
        "if ctx.vars.get('loud'):\n        ctx.log.info('loud')\n"
        "    return ctx.ref('source.orders')",
        "assert ctx.params is not None\n    return ctx.ref('source.orders')",
        "columns = ', '.join(['id', 'customer'])\n"
        "    return ctx.duckdb.sql(f'SELECT {columns} FROM orders')",
    ],
)
def test_code_beside_the_query_leaves_a_python_node_traced(project, body):
    made = project({"seeknal/pipelines/p.py": python_node(body)})

    node = ran(made)

    assert node.unknown is None


def test_a_python_node_is_unknown_until_it_has_run_as_it_is_now(project):
    made = project({"seeknal/pipelines/p.py": python_node('return ctx.ref("source.orders")')})
    before = lineage(made)["transform.made"]
    made.run("run").assert_ok()
    after = lineage(made)["transform.made"]
    made.write({"seeknal/pipelines/p.py": python_node('return ctx.ref("source.customers")')})
    changed = lineage(made)["transform.made"]

    assert "no run of it has succeeded yet" in before.unknown
    assert after.unknown is None
    assert "no run of it has succeeded since" in changed.unknown


def test_a_feature_group_an_aggregation_and_an_exposure_are_traced(project):
    made = project(
        {
            "seeknal/fg.yml": """
                kind: feature_group
                name: spending
                entity: {name: customer, join_keys: [customer]}
                event_time: day
                features: {amount: {dtype: double}}
                inputs: [{ref: source.orders}]
            """,
            "seeknal/agg.yml": """
                kind: aggregation
                name: totals
                group_by: [customer]
                features: {amount: {agg: [sum]}}
                inputs: [{ref: source.orders}]
            """,
            "seeknal/out.yml": """
                kind: exposure
                name: report
                type: file
                params: {path: out.csv}
                inputs: [{ref: aggregation.totals}]
            """,
        }
    )

    found = lineage(made)

    assert values(found["feature_group.spending"]) == {
        name: {f"source.orders.{name}"} for name in ("customer", "day", "amount")
    }
    assert values(found["aggregation.totals"])["amount_sum"] == {"source.orders.amount"}
    assert values(found["exposure.report"])["amount_sum"] == {"aggregation.totals.amount_sum"}


@pytest.mark.inside
def test_a_rule_reads_what_its_audits_name(project):
    pytest.importorskip("seeknal_audits", reason="a rule's check is an audit of the plugin")
    rule = """
        kind: rule
        name: positive
        inputs: [{ref: source.orders}]
        audits:
          - {type: expression, expression: amount > 0}
          - {type: not_null, columns: [id]}
    """
    found = lineage(project({"seeknal/rule.yml": rule}))

    assert found.reads("source.orders", "rule.positive").columns == {"amount", "id"}


def test_a_second_question_is_answered_from_the_cache(project, monkeypatch):
    made = project({"seeknal/made.yml": transform("made", "FROM ref('source.orders')")})
    first = lineage(made)
    monkeypatch.setattr("seeknal.lineage.project.trace_node", None)

    assert lineage(made) == first


@pytest.mark.parametrize("damage", ["", "{", '{"scheme": "1", "nodes": {"x": 3}}', "[]", "\0"])
def test_a_damaged_cache_is_ignored(project, damage):
    made = project({"seeknal/made.yml": transform("made", "FROM ref('source.orders')")})
    first = lineage(made)
    (made.path / "target/lineage/columns.json").write_text(damage)

    assert lineage(made) == first


def test_a_cache_with_wrong_entries_is_ignored(project):
    made = project({"seeknal/made.yml": transform("made", "FROM ref('source.orders')")})
    first = lineage(made)
    file = made.path / "target/lineage/columns.json"
    data = json.loads(file.read_text())
    file.write_text(json.dumps(data | {"nodes": {key: {"node": 1} for key in data["nodes"]}}))

    assert lineage(made) == first
