"""Each condition of a query is counted by the rows that reach it, and the result stays the same."""

import random

import duckdb
import pytest

from seeknal.unittests.coverage.counting import outcomes
from seeknal.unittests.coverage.finding import conditions
from seeknal.unittests.coverage.structure import Structure

TABLES = """
CREATE TABLE a AS FROM (VALUES (1, 10, 'x'), (2, 20, 'y'), (3, NULL, 'y')) AS t(id, n, s);
CREATE TABLE b AS FROM (VALUES (1, 5), (1, 7), (9, 1)) AS t(id, m);
"""
BOTH = {"true", "false"}


@pytest.fixture
def cursor():
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


@pytest.fixture
def seen(cursor):
    """How the conditions of a query turn out; None where it cannot be told."""

    def ask(sql):
        query = Structure(sql)
        found = conditions(query)
        told = outcomes(cursor, query, found)
        return {
            f"{each.clause} {each.text}": set(told[each]) if each in told else None
            for each in found
        }

    return ask


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("SELECT * FROM a WHERE n > 5", {"WHERE n > 5": BOTH}, id="NULL is not true"),
        pytest.param(
            "SELECT * FROM a WHERE id < 2 AND n < 15",
            {"WHERE id < 2": BOTH, "WHERE n < 15": {"true"}},
            id="a row that was dropped does not come to the next condition",
        ),
        pytest.param(
            "SELECT * FROM a WHERE id < 2 AND n < 15 OR s = 'x'",
            {"WHERE id < 2 AND n < 15 OR s = 'x'": BOTH},
            id="what has an OR is one condition",
        ),
        pytest.param(
            "SELECT * FROM a WHERE n BETWEEN 5 AND 30 AND id IS DISTINCT FROM 3",
            {"WHERE n BETWEEN 5 AND 30": BOTH, "WHERE id IS DISTINCT FROM 3": {"true"}},
            id="BETWEEN has an AND of its own",
        ),
        pytest.param("SELECT * FROM a WHERE true AND 1 = 1", {}, id="what no row decides"),
        pytest.param(
            "SELECT CASE WHEN id = 1 THEN 'p' WHEN id < 3 THEN 'q' ELSE 'r' END AS c FROM a",
            {"CASE id = 1": BOTH, "CASE id < 3": BOTH},
            id="arms",
        ),
        pytest.param(
            "SELECT CASE WHEN id > 0 THEN 'p' WHEN n IS NULL THEN 'q' END AS c FROM a",
            {"CASE id > 0": {"true"}, "CASE n IS NULL": set()},
            id="an arm behind one that is always true is never reached",
        ),
        pytest.param(
            "SELECT CASE s WHEN 'x' THEN 1 WHEN 'z' THEN 2 END AS c FROM a",
            {"CASE s = 'x'": BOTH, "CASE s = 'z'": {"false"}},
            id="arms that compare",
        ),
        pytest.param(
            "SELECT s, CASE WHEN s = 'x' THEN 1 END AS c, count(*) AS k FROM a"
            " GROUP BY s, CASE WHEN s = 'x' THEN 1 END",
            {"CASE s = 'x'": BOTH},
            id="what rows are grouped by",
        ),
        pytest.param(
            "SELECT count(*) FILTER (WHERE n > 0) AS k, sum(id) FILTER (id > 0) AS l FROM a",
            {"FILTER n > 0": BOTH, "FILTER id > 0": {"true"}},
            id="FILTER",
        ),
        pytest.param(
            "SELECT s, count(*) AS k FROM a GROUP BY s HAVING count(*) > 0 AND sum(n) > 100",
            {"HAVING count(*) > 0": {"true"}, "HAVING sum(n) > 100": {"false"}},
            id="HAVING",
        ),
        pytest.param(
            "SELECT * FROM a QUALIFY row_number() OVER (PARTITION BY s ORDER BY id) = 1",
            {"QUALIFY row_number() OVER (PARTITION BY s ORDER BY id) = 1": BOTH},
            id="QUALIFY",
        ),
        pytest.param(
            "SELECT coalesce(n, 0) AS c, ifnull(s, '') AS d, if(id > 2, 1, 2) AS e FROM a",
            {
                "COALESCE n": {"NULL", "not NULL"},
                "IFNULL s": {"not NULL"},
                "IF id > 2": BOTH,
            },
            id="functions that decide",
        ),
        pytest.param(
            "SELECT coalesce(CASE WHEN id > 5 THEN n END, coalesce(n, 1)) AS c FROM a",
            {
                "COALESCE CASE WHEN id > 5 THEN n END": {"NULL"},
                "CASE id > 5": {"false"},
                "COALESCE n": {"NULL", "not NULL"},
            },
            id="one within another",
        ),
        pytest.param(
            "SELECT a.id FROM a LEFT JOIN b ON a.id = b.id",
            {"LEFT JOIN LEFT JOIN b ON a.id = b.id": {"matched", "not matched"}},
            id="a left join",
        ),
        pytest.param(
            "SELECT * FROM b LEFT JOIN (SELECT * FROM a WHERE id < 0) USING (id)",
            {
                "LEFT JOIN LEFT JOIN (SELECT * FROM a WHERE id < 0) USING (id)": {"not matched"},
                "WHERE id < 0": {"false"},
            },
            id="a left join without any match",
        ),
        pytest.param(
            "SELECT a.n FROM a JOIN (SELECT DISTINCT id FROM a) AS c ON a.id = c.id",
            {"JOIN JOIN (SELECT DISTINCT id FROM a) AS c ON a.id = c.id": {"matched"}},
            id="an inner join that drops nothing",
        ),
        pytest.param(
            "SELECT * FROM a FULL OUTER JOIN b ON a.id = b.id AND b.m > 6",
            {
                "FULL JOIN FULL JOIN b ON a.id = b.id AND b.m > 6": {
                    "matched",
                    "left not matched",
                    "right not matched",
                }
            },
            id="both sides of a full join",
        ),
        pytest.param(
            "WITH c AS (SELECT * FROM b WHERE m > 0), d AS (SELECT a.id FROM a SEMI JOIN c"
            " USING (id)) SELECT * FROM d RIGHT JOIN c USING (id)",
            {
                "WHERE m > 0": {"true"},
                "SEMI JOIN SEMI JOIN c USING (id)": {"matched", "not matched"},
                "RIGHT JOIN RIGHT JOIN c USING (id)": {"matched", "not matched"},
            },
            id="CTEs that read each other",
        ),
        pytest.param(
            "SELECT * FROM a, b WHERE a.id = b.id AND b.m > 0",
            {"WHERE b.m > 0": {"true"}},
            id="an equality that joins tables is a join",
        ),
        pytest.param(
            "SELECT id, (SELECT count(*) FROM b WHERE b.id = a.id AND m > 5) AS c FROM a",
            {"WHERE b.id = a.id": BOTH, "WHERE m > 5": BOTH},
            id="a subquery for each row",
        ),
        pytest.param(
            "SELECT s AS end, id AS \"when\" FROM a WHERE n > 5 -- AND id > 0\n AND s = 'it''s'",
            {"WHERE n > 5": BOTH, "WHERE s = 'it''s'": {"false"}},
            id="words that are names, and comments",
        ),
        pytest.param(
            "FROM a WHERE id IN (1, 2, 3)", {"WHERE id IN (1, 2, 3)": {"true"}}, id="FROM"
        ),
        pytest.param(
            "SELECT id FROM (SELECT id, CASE WHEN n > 15 THEN 1 END AS c FROM a)"
            " LEFT JOIN (SELECT id, sum(m) FILTER (m > 5) AS s FROM b GROUP BY id) USING (id)",
            {
                "CASE n > 15": BOTH,
                "LEFT JOIN LEFT JOIN (...) USING (id)": {"matched", "not matched"},
                "FILTER m > 5": BOTH,
            },
            id="columns that nobody uses",
        ),
        pytest.param(
            "SELECT id FROM a WHERE id = 1 UNION ALL SELECT id FROM b WHERE id = 1 ORDER BY id",
            {"WHERE id = 1": BOTH},
            id="halves of a UNION",
        ),
    ],
)
def test_conditions_are_counted_by_the_rows_that_reach_them(seen, sql, expected):
    assert seen(sql) == expected


def test_nothing_is_told_of_a_condition_whose_counting_changes_the_result(seen):
    found = seen("SELECT CASE WHEN id > 0 THEN random() END AS r, n FROM a WHERE n > random()")

    assert found["WHERE n > random()"] is None or found["WHERE n > random()"] <= BOTH
    assert found["CASE id > 0"] == {"true"}


def test_a_condition_that_cannot_be_counted_leaves_others_alone(seen):
    lambda_ = "list_transform([id], lambda x: CASE WHEN x > 1 THEN x END)"

    found = seen(f"SELECT {lambda_} AS l FROM a WHERE id > 0")

    assert found["WHERE id > 0"] == {"true"}
    assert found["CASE x > 1"] in (None, BOTH)


def test_a_query_that_fails_tells_nothing(seen):
    assert seen("SELECT * FROM missing WHERE id > 0") == {"WHERE id > 0": None}


def test_of_text_whose_brackets_do_not_match_nothing_is_known(seen):
    assert seen("SELECT {'a': (1]} AS s FROM a WHERE id > 0") == {}


def test_nothing_is_told_of_a_query_that_takes_too_long(seen, monkeypatch):
    monkeypatch.setattr("seeknal.unittests.coverage.counting._LONGEST", 0.1)

    found = seen(
        "SELECT count(*) AS n FROM range(9000000) AS r(i), range(9000) AS s(j) WHERE i > j"
    )

    assert found == {"WHERE i > j": None}


@pytest.mark.parametrize("seed", range(30))
def test_random_queries_are_counted_as_separate_queries_count_them(cursor, seed):
    draw = random.Random(seed)
    cursor.execute(
        "CREATE TABLE r AS SELECT i AS id, nullif(hash(i, ?) % 5, 4) AS p,"
        " nullif(hash(i, ?) % 7, 6) AS q FROM range(8) AS t(i)",
        [seed, seed + 100],
    )
    filters = [_condition(draw) for _ in range(draw.randint(1, 3))]
    arms = [_condition(draw) for _ in range(draw.randint(1, 3))]
    case = " ".join(f"WHEN {arm} THEN {at}" for at, arm in enumerate(arms))
    sql = f"SELECT id, CASE {case} ELSE -1 END AS c FROM r WHERE {' AND '.join(filters)}"
    query = Structure(sql)
    found = conditions(query)

    told = outcomes(cursor, query, found)

    assert [set(told[each]) for each in found] == [
        *_reference(cursor, filters, arms, among_arms=True),
        *_reference(cursor, filters, arms, among_arms=False),
    ]


def _condition(draw):
    column, other = draw.sample(["p", "q", "id"], 2)
    return draw.choice(
        [
            f"{column} > {draw.randint(0, 5)}",
            f"({column} = {draw.randint(0, 4)} OR {other} IS NULL)",
            f"{column} <> {other}",
            f"NOT {column} = {draw.randint(0, 4)}",
            f"{column} BETWEEN {draw.randint(0, 3)} AND {draw.randint(2, 7)}",
            f"{column} IN (SELECT m FROM b)",
        ]
    )


def _reference(cursor, filters, arms, *, among_arms):
    """The same, asked with a query for each condition."""
    asked = arms if among_arms else filters
    for at, condition in enumerate(asked):
        before = [f"({each}) IS NOT TRUE" for each in asked[:at]] if among_arms else asked[:at]
        reached = " AND ".join(f"({each})" for each in [*before, *(filters if among_arms else [])])
        counts = cursor.execute(
            f"SELECT count(*) FILTER (WHERE ({condition})),"
            f" count(*) FILTER (WHERE ({condition}) IS NOT TRUE) FROM r WHERE {reached or 'true'}"
        ).fetchone()
        yield {name for name, rows in zip(("true", "false"), counts, strict=True) if rows}
