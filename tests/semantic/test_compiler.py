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

FEW, MANY = range(120), range(4000)
KNOWN = {
    # It would have to be matched first and put into earlier periods then.
    "wrongly refused: offset_does_not_fit": "an offset of a conversion that looks back by calendar",
}


def judged(case):
    """What the reference says of the compiler's answer to a case."""
    said = drawing.verdict(case, by_compiler)
    # The reference looks at the definitions that a query takes, a project at all of them.
    return "bad project" if said.startswith("wrongly refused: bad_definition") else said


def is_wrong(said):
    return drawing.is_wrong(said) and not said.startswith(tuple(KNOWN))


def wrong_one(seeds):
    """The first case that the compiler gets wrong, made small, and what is wrong with it."""
    for seed in seeds:
        case = drawing.draw(seed)
        said = judged(case)
        if is_wrong(said):
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


@pytest.mark.inside
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
    ],
    ids=str,
)
def test_nothing_of_a_query_reaches_sql_unparsed(query):
    shop = next(case for case in oracle.all_cases() if case.home == "groups")
    asked = oracle.Case(name="", project=shop.project, tables=shop.tables, query=query)

    found = by_compiler(asked)

    assert isinstance(found, oracle.Refusal)


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
