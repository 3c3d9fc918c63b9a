"""Compiled queries: equal to the naive reference at random, and on PostgreSQL to DuckDB."""

from collections import Counter
from decimal import Decimal

import pytest

from seeknal.plugin import SeeknalError
from seeknal.sql.refs import resolve_sql
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal_semantic.compiler import MetricCompiler, sketch
from tests.semantic import drawing, oracle
from tests.semantic.compiled import Wrong, asked, by_compiler, compiled

pytestmark = pytest.mark.inside

FEW, MANY = range(60), range(4000)


def judged(case):
    """What the reference says of the compiler's answer to a case.

    It looks at the definitions that a query takes, a project at all of them.
    """
    said = drawing.verdict(case, by_compiler)
    if said.startswith("wrongly refused: bad_definition"):
        said = drawing.verdict(drawing.pruned(case), by_compiler)
        return "bad project" if said == "equal" else said
    return said


def wrong_one(seeds):
    """The first case that the compiler gets wrong, made small, and what is wrong with it."""
    for seed in seeds:
        case = drawing.draw(seed)
        said = judged(case)
        if drawing.is_wrong(said):
            small = drawing.shrink(case, drawing.fails_alike(by_compiler, said))
            return f"{drawing.as_yaml(small)}\n{judged(small)}"
    return None


@pytest.mark.once
def test_random_queries_are_answered_as_row_by_row():
    assert wrong_one(FEW) is None


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(0, len(MANY), 500))
def test_thousands_of_random_queries_are_answered_as_row_by_row(first):
    assert wrong_one(MANY[first : first + 500]) is None


def plain(rows):
    """Rows with numbers as they are told apart by nobody: PostgreSQL's sums are NUMERICs."""
    return [
        tuple(
            float(value) if isinstance(value, int | Decimal) and value is not True else value
            for value in row
        )
        for row in rows
    ]


def on_postgresql(case):
    """The compiled query for PostgreSQL; None where it is said not to give the same values."""
    try:
        return compiled(case, "postgres")
    except SeeknalError as error:
        if error.code != "SK1521":
            raise
        return None


@pytest.mark.timeout(600)
def test_postgresql_gives_the_same_values_or_the_query_is_refused_for_it(database):
    said = Counter()
    for case in oracle.all_cases():
        if case.refused or case.unjudged:
            continue
        here, there = compiled(case), on_postgresql(case)
        if there is None:
            said["refused"] += 1
            continue
        names = ", ".join(f'"{name}"' for name in case.tables)
        database.run(f"DROP TABLE IF EXISTS {names};" + ";".join(oracle.statements(case.tables)))
        columns = tuple(column.name for column in here.columns)
        found = oracle.Rows(columns, plain(database.rows(there.sql)))
        right = oracle.Rows(columns, plain(by_compiler(case).rows))
        assert oracle.differ(found, right, case.query.get("limit")) is None, case.name
        said["equal"] += 1
        database.run(f"DROP TABLE {names}")

    assert said["equal"] >= 80, said


@pytest.mark.parametrize(
    "query",
    [
        {"metrics": ["revenue"], "filter": "region = 'x'; DROP TABLE orders"},
        {"metrics": ["revenue"], "filter": "1=1) OR (SELECT count(*) FROM orders) > (0"},
        {"metrics": ["revenue"], "filter": "region = 'x' -- and more"},
        {"metrics": ["revenue"], "filter": "read_text('/etc/passwd') IS NOT NULL"},
        {"metrics": ["revenue"], "order_by": ["region; DROP TABLE orders"]},
        {"metrics": ["revenue"], "dimensions": ['region" FROM orders; --']},
        {"metrics": ['revenue"; DROP TABLE orders; --']},
        {"metrics": ["revenue"], "start": "2024-01-01' OR '1'='1"},
        {"metrics": ["revenue"], "timezone": "UTC'; DROP TABLE orders; --"},
        {"metrics": ["revenue"], "limit": "1; DROP TABLE orders"},
        {"metrics": ["revenue"], "limit": 2**63},
        {"metrics": ["revenue"], "end": "9999-12-31"},
        {"metrics": ["revenue"], "start": "2024-W01"},
        {"metrics": ["revenue"], "start": "20240101"},
        {"metrics": ["revenue"], "start": "2024-01-01 00:00:00.123456789"},
        {"metrics": ["revenue"], "filter": "ordered_at > DATE '2024-W01'"},
        {"metrics": ["revenue"], "saved_query": "x' OR '1'='1"},
        {"metrics": ["revenue"], "dimensions": ["metric_time__extract_x; DROP TABLE orders"]},
        {"metrics": ["revenue"], "order_by": ["-"]},
        {"metrics": [""]},
        {"metrics": ["revenue"], "filter": "metric('x\"; DROP TABLE orders', 'customer') > 1"},
        {"metrics": ["revenue"], "filter": "region = $1"},
        {"metrics": ["revenue"], "filter": "region = 'a' UNION SELECT 1"},
        {"metrics": ["revenue"], "filter": "NOT " * 3000 + "region = 'a'"},
        {"metrics": ["revenue"], "filter": "(" * 3000 + "region = 'a'" + ")" * 3000},
        {"metrics": ["revenue"], "filter": "{{ region }} = 1"},
        {"metrics": ["revenue"], "filter": [None]},
        {"metrics": {"revenue": 1}},
        {
            "metrics": ["paid_before"],
            "dimensions": ["metric_time__month"],
            "filter": "ordered_at + 1 > 2",
        },
    ],
    ids=lambda query: str(query)[:80],
)
def test_nothing_of_a_query_reaches_sql_unparsed(query):
    shop = next(case for case in oracle.all_cases() if case.home == "groups")
    earlier = {"metric": "revenue", "alias": "a", "offset": "1 month"}
    before = {"name": "paid_before", "type": "derived", "expr": "a", "inputs": [earlier]}
    project = [*shop.project, {"kind": "metric", **before}]
    asked = oracle.Case(name="", project=project, tables=shop.tables, query=query)

    found = by_compiler(asked)

    assert isinstance(found, oracle.Refusal)


@pytest.mark.parametrize(
    "condition",
    [
        "discounted LIKE 'x'",
        "region > 5",
        "region = 5",
        "region IN (1, 2)",
        "region BETWEEN 1 AND 2",
        "region = TRUE",
        "discounted = 'x'",
        "discounted > 1",
        "ordered_at = 5",
        "ordered_at > TRUE",
        "ordered_at IN ('2024-01-01', 5)",
        "ordered_at BETWEEN '2024-01-01' AND 5",
        "ordered_at LIKE '2024%'",
        "ordered_at = region",
        "metric_time__extract_dow = '1'",
        "lower(ordered_at) = 'x'",
        "length(order) > 1",
        "abs(region) > 1",
        "coalesce(region, 1) = 'x'",
        "nullif(region, 5) = 'x'",
        "coalesce(ordered_at, 'never') > '2024-01-01'",
        "region",
        "NOT region",
        "region IS TRUE",
        "ordered_at AND TRUE",
        "customer = 'abc'",
        "customer = region",
    ],
)
def test_a_filter_compares_what_is_alike(condition):
    shop = next(case for case in oracle.all_cases() if case.home == "groups")
    query = {"metrics": ["revenue"], "filter": condition}
    asked = oracle.Case(name="", project=shop.project, tables=shop.tables, query=query)

    found = by_compiler(asked)

    assert isinstance(found, oracle.Refusal)
    assert found.reason == "bad_filter"


def test_a_time_that_is_none_is_refused():
    odd = {"name": "at", "type": "time", "expr": "quantity"}
    shop = next(case for case in oracle.all_cases() if case.home == "groups")
    model = {"kind": "semantic_model", "name": "odd", "model": "ref('transform.orders')"}
    project = [*shop.project, {**model, "dimensions": [odd]}]
    query = {"dimensions": ["at__month"]}

    found = by_compiler(oracle.Case(name="", project=project, tables=shop.tables, query=query))

    assert found.reason == "SK1525"
    assert "'at' is no time: its values are INTEGER" in found.message


def test_quotes_in_a_filter_are_part_of_its_text():
    shop = next(case for case in oracle.all_cases() if case.home == "groups")
    query = {"metrics": ["revenue"], "filter": "region = 'o''er'' OR 1=1 --'"}
    asked = oracle.Case(name="", project=shop.project, tables=shop.tables, query=query)

    found = by_compiler(asked)

    assert found.rows == [(None,)]


def test_the_same_query_compiles_to_the_same_text():
    cases = [case for case in oracle.all_cases() if not case.refused and not case.unjudged]

    once, again = ([compiled(case).sql for case in cases[::7]] for _ in range(2))

    assert once == again


def test_what_a_query_reads_is_known():
    shop = next(case for case in oracle.all_cases() if case.home == "groups")
    query = {"metrics": ["revenue"], "dimensions": ["customer__country"]}

    found = compiled(oracle.Case(name="", project=shop.project, tables=shop.tables, query=query))

    assert found.models == ("orders", "customers")
    assert set(found.nodes) == {"transform.orders", "transform.customers"}
    assert {(str(node), column) for node, column in found.reads} == {
        ("transform.orders", "amount"),
        ("transform.orders", "customer_id"),
        ("transform.customers", "customer_id"),
        ("transform.customers", "country"),
    }


def test_a_project_that_is_wrong_says_where():
    odd = [{"kind": "metric", "name": "odd", "type": "simple", "measure": "nothing"}]
    asked = oracle.Case(name="", project=odd, tables={}, query={"metrics": ["odd"]})

    with pytest.raises(Wrong, match=r"seeknal/all\.yml:\d+:\d+ .*'nothing' is no measure"):
        compiled(asked)


def in_sql_of_a_node(query, nodes):
    """What the SQL of a node says that reads a query, and whether the query is in it as it was."""
    text = f"(\n{query}\n)"
    found = resolve_sql(
        f"SELECT * FROM {text} AS asked",
        inputs=(),
        known=nodes,
        node=NodeId("transform.asking"),
        location=Location("asking.sql", 1),
    )
    return text in found.executable, found.problems, found.volatile, found.time_dependent


@pytest.mark.parametrize("home", sorted({case.home for case in oracle.all_cases()}))
def test_without_columns_a_query_reads_what_it_reads_with_them(home):
    compared = 0
    for case in oracle.all_cases():
        if case.home != home or case.refused or case.unjudged:
            continue
        compiler, query = asked(case)
        exact = MetricCompiler(compiler.layer, compiler.columns_of).compile(query)

        found = sketch(compiler.layer, query)

        assert {*exact.nodes} <= {*found.nodes}, case.name
        assert {*exact.reads} <= {*found.reads}, case.name
        for sql in (exact.sql, found.sql):
            said = in_sql_of_a_node(sql, found.nodes)
            assert said == (True, (), None, False), case.name
        compared += 1
    assert compared or home == "definitions"
