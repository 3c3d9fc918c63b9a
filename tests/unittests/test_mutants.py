"""Mutants are queries with one mistake of each kind that people make, the same each time."""

import duckdb
import pytest

from tests.unittests.around import Around
from tests.unittests.mutants import mutants_of, parsed, sample, written
from tests.unittests.operators import OPERATORS

TABLES = {
    "source.o": {
        "id": "BIGINT",
        "buyer": "BIGINT",
        "day": "DATE",
        "paid": "BIGINT",
        "t": "VARCHAR",
    },
    "source.c": {"id": "BIGINT", "name": "VARCHAR", "since": "DATE"},
}
AROUND = Around(tables=TABLES, result={"id": "BIGINT"})
ORDERS, BUYERS = '"source"."o" AS o', '"source"."c" AS c'
ON = "ON c.id = o.buyer AND c.since < o.day"

MISTAKES = [
    ("filter changed", f"SELECT id FROM {ORDERS} WHERE paid > 3", "o WHERE paid >= 3"),
    ("filter changed", f"SELECT id FROM {ORDERS} WHERE paid > 3", "o WHERE paid < 3"),
    ("filter changed", f"SELECT id FROM {ORDERS} WHERE id = 1 AND paid = 2", "id = 1 OR paid = 2"),
    ("filter changed", f"SELECT id FROM {ORDERS} WHERE t LIKE 'a'", "NOT t LIKE 'a'"),
    ("filter changed", f"SELECT id FROM {ORDERS} WHERE paid IN (1, 2)", "paid IN (2)"),
    ("filter changed", f"SELECT id FROM {ORDERS} WHERE paid BETWEEN 1 AND 2", "paid < 2"),
    ("filter changed", f"SELECT CASE WHEN id = 1 THEN 2 END AS id FROM {ORDERS}", "WHEN id <> 1"),
    ("filter dropped", f"SELECT id FROM {ORDERS} WHERE id = 1 AND paid = 2", "o WHERE paid = 2"),
    ("filter dropped", f"SELECT id FROM {ORDERS} GROUP BY id HAVING COUNT(*) > 1", "o GROUP BY id"),
    (
        "filter dropped",
        f"SELECT SUM(id) FILTER(WHERE paid = 2) AS id FROM {ORDERS}",
        "SUM(id) AS id",
    ),
    ("filter dropped", f"SELECT id FROM {ORDERS} QUALIFY RANK() OVER (ORDER BY id) = 1", " AS o"),
    ("join type", f"SELECT o.id FROM {ORDERS} JOIN {BUYERS} ON c.id = o.buyer", "LEFT JOIN"),
    ("join type", f"SELECT o.id FROM {ORDERS} LEFT JOIN {BUYERS} ON c.id = o.buyer", "o JOIN"),
    ("join type", f"SELECT o.id FROM {ORDERS} FULL JOIN {BUYERS} ON c.id = o.buyer", "RIGHT JOIN"),
    ("join key", f"SELECT o.id FROM {ORDERS} JOIN {BUYERS} {ON}", "ON c.since < o.day"),
    ("join key", f"SELECT o.id FROM {ORDERS} JOIN {BUYERS} ON c.id = o.buyer", "c.id = o.paid"),
    (
        "join key",
        f"SELECT o.id FROM {ORDERS}, {BUYERS} WHERE c.id = buyer AND paid = 1",
        "WHERE paid = 1",
    ),
    ("aggregate", f"SELECT SUM(paid) AS id FROM {ORDERS}", "AVG(paid)"),
    ("aggregate", f"SELECT MIN(paid) AS id FROM {ORDERS}", "MAX(paid)"),
    ("aggregate", f"SELECT COUNT(paid) AS id FROM {ORDERS}", "COUNT(*)"),
    ("constant", f"SELECT id FROM {ORDERS} WHERE paid > 3", "paid > 4"),
    ("constant", f"SELECT id FROM {ORDERS} WHERE paid > 0.05", "paid > 0.06"),
    ("constant", f"SELECT id FROM {ORDERS} WHERE t = 'a'", "t = 'A'"),
    ("constant", f"SELECT id FROM {ORDERS} WHERE t LIKE '%a%'", "t LIKE 'a%'"),
    ("constant", f"SELECT COALESCE(paid > 1, FALSE) AS id FROM {ORDERS}", "TRUE"),
    ("dropped column", f"SELECT id, t FROM {ORDERS}", 'CAST(NULL AS BIGINT) AS "id"'),
    ("dropped column", f"SELECT id, t FROM {ORDERS} GROUP BY id, t", "o GROUP BY id"),
    ("dropped column", f"SELECT * REPLACE (1 AS id) FROM {ORDERS}", "SELECT * FROM"),
    ("off-by-one date", f"SELECT id FROM {ORDERS} WHERE day < DATE '2025-01-31'", "'2025-02-01'"),
    ("off-by-one date", f"SELECT day - INTERVAL 6 DAY AS id FROM {ORDERS}", "INTERVAL '7' DAY"),
    ("off-by-one date", f"SELECT date_trunc('month', day) AS id FROM {ORDERS}", "'QUARTER'"),
    ("swapped operands", f"SELECT id - paid AS id FROM {ORDERS}", "paid - id"),
    ("swapped operands", f"SELECT COALESCE(id, paid) AS id FROM {ORDERS}", "COALESCE(paid, id)"),
    (
        "swapped operands",
        f"SELECT CASE WHEN id = 1 THEN 2 ELSE 3 END AS id FROM {ORDERS}",
        "THEN 3",
    ),
    ("dropped DISTINCT", f"SELECT DISTINCT id FROM {ORDERS}", "SELECT id"),
    ("dropped DISTINCT", f"SELECT id FROM {ORDERS} UNION SELECT id FROM {BUYERS}", "UNION ALL"),
    ("dropped DISTINCT", f"SELECT COUNT(DISTINCT id) AS id FROM {ORDERS}", "COUNT(id)"),
    ("window frame", f"SELECT ROW_NUMBER() OVER (ORDER BY day) AS id FROM {ORDERS}", "RANK()"),
    ("window frame", f"SELECT LAG(id) OVER (ORDER BY day) AS id FROM {ORDERS}", "LEAD(id)"),
    ("window frame", f"SELECT LAG(id) OVER (ORDER BY day) AS id FROM {ORDERS}", "day DESC"),
    (
        "window frame",
        f"SELECT SUM(id) OVER (PARTITION BY t ORDER BY day) AS id FROM {ORDERS}",
        "(ORDER",
    ),
    (
        "window frame",
        "SELECT SUM(id) OVER (ORDER BY day ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS id"
        f" FROM {ORDERS}",
        "ROWS BETWEEN 3 PRECEDING",
    ),
    ("NULL handling", f"SELECT COALESCE(id, 0) AS id FROM {ORDERS}", "SELECT id AS id"),
    ("NULL handling", f"SELECT NULLIF(id, 0) AS id FROM {ORDERS}", "SELECT id AS id"),
    ("NULL handling", f"SELECT id FROM {ORDERS} WHERE paid IS NULL", "NOT paid IS NULL"),
    ("NULL handling", f"SELECT id FROM {ORDERS} WHERE id IS NOT DISTINCT FROM paid", "id = paid"),
    (
        "NULL handling",
        f"SELECT CASE WHEN id = 1 THEN 2 ELSE 3 END AS id FROM {ORDERS}",
        "THEN 2 END",
    ),
]
SENTENCE = f"""
    SELECT o.t, SUM(COALESCE(o.paid, 0)) AS paid, COUNT(DISTINCT c.name) AS names,
        RANK() OVER (ORDER BY SUM(o.paid) DESC) AS place
    FROM {ORDERS} LEFT JOIN {BUYERS} {ON}
    WHERE o.day >= DATE '2025-01-01' AND o.paid - o.id > 0
    GROUP BY o.t
"""


@pytest.fixture(scope="module")
def tables():
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA source")
        for name, columns in TABLES.items():
            told = ", ".join(f"{column} {type}" for column, type in columns.items())
            connection.execute(f"CREATE TABLE {name} ({told})")
        yield connection


@pytest.mark.parametrize(("kind", "query", "text"), MISTAKES)
def test_each_kind_of_mistake_is_made(kind, query, text, tables):
    found = [mutant.sql for mutant in mutants_of(query, AROUND) if mutant.kind == kind]

    (made,) = [sql for sql in found if text in sql][:1]
    tables.execute(f"EXPLAIN {made}")


def test_every_kind_is_among_them():
    kinds = [mutant.kind for mutant in mutants_of(SENTENCE, AROUND)]

    assert list(dict.fromkeys(kinds)) == list(OPERATORS)


def test_each_is_another_query_than_the_original_and_all_others():
    found = [mutant.sql for mutant in mutants_of(SENTENCE, AROUND)]

    assert len({written(parsed(SENTENCE)), *found}) == len(found) + 1


def test_all_can_be_run(tables):
    for mutant in mutants_of(SENTENCE, AROUND):
        tables.execute(f"EXPLAIN {mutant.sql}")


def test_each_says_what_stands_where_something_else_stood():
    query = f"SELECT id FROM {ORDERS} WHERE paid > 3"

    (found, *_) = mutants_of(query, AROUND)

    assert (found.kind, found.before, found.after) == ("filter changed", "paid > 3", "paid >= 3")


def test_they_are_the_same_each_time():
    assert mutants_of(SENTENCE, AROUND) == mutants_of(SENTENCE, AROUND)


def test_a_sample_is_one_of_each_kind_and_follows_from_its_seed():
    found = mutants_of(SENTENCE, AROUND)

    some = sample(found, 1, "1")

    assert [mutant.kind for mutant in some] == list(OPERATORS)
    assert some == sample(found, 1, "1")
    assert some != sample(found, 1, "2")


def test_what_stands_for_the_range_that_is_processed_is_no_constant():
    query = f"SELECT id FROM {ORDERS} WHERE day < TIMESTAMP '0001-01-01 00:00:02.000002'"

    kinds = {mutant.kind for mutant in mutants_of(query, AROUND)}

    assert kinds == {"filter changed", "filter dropped", "dropped column"}
