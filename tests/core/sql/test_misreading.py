"""What the parser takes for something else than its origin does is refused."""

import pytest

from seeknal.plugin import SqlRefused, translate

SCHEMA = {
    "o": {"id": "INTEGER", "cust": "INTEGER", "price": "DOUBLE", "open": "BOOLEAN", "note": "TEXT"},
    "c": {"id": "INTEGER", "name": "VARCHAR"},
}


@pytest.mark.parametrize(
    ("origin", "target", "query", "said"),
    [
        ("snowflake", "duckdb", "SELECT o.id FROM o, c WHERE o.cust = c.id(+)", "outer join"),
        ("snowflake", "duckdb", "SELECT * ILIKE '%d%' FROM o", "ILIKE"),
        (
            "spark",
            "duckdb",
            "SELECT 1 AS n FROM o GROUP BY cust, id GROUPING SETS ((cust), ())",
            "groups",
        ),
        ("mysql", "duckdb", "SELECT 1 AS n FROM o GROUP BY cust, cust WITH ROLLUP", "groups"),
        ("postgres", "duckdb", "SELECT count(*) AS n FROM o GROUP BY ALL ROLLUP(cust)", "groups"),
        ("spark", "duckdb", "SELECT 6 | 1 & 2 AS x", "order"),
        ("snowflake", "duckdb", "SELECT bitor(6, bitand(1, 2)) AS x", "order"),
        ("duckdb", "spark", "SELECT 6 | 1 & 2 AS x", "order"),
        ("duckdb", "spark", "SELECT xor(1, 3) & 2 AS x", "order"),
        ("spark", "duckdb", "SELECT 'it''s' AS x", "texts"),
        ("spark", "duckdb", "SELECT pmod(7, -3) AS x", "not known"),
        ("postgres", "duckdb", 'SELECT id FROM (SELECT -id AS "ID", id FROM o) t', "case alone"),
        ("postgres", "duckdb", "SELECT date '2024-01-31'::text AS x", "brackets"),
        ("bigquery", "duckdb", "SELECT min(price) AS x FROM o", "NaN"),
        ("bigquery", "duckdb", "SELECT id FROM o WHERE price >= 100", "NaN"),
    ],
)
def test_what_is_read_otherwise_is_refused(origin, target, query, said):
    found = translate(query, origin, target, SCHEMA)

    assert any(said in refusal.message for refusal in found.refusals)


def test_a_query_that_is_nested_too_deeply_is_refused():
    query = "SELECT id FROM o WHERE " + " OR ".join(f"id = {number}" for number in range(3000))

    with pytest.raises(SqlRefused, match="too deeply"):
        translate(query, "postgres", "duckdb", SCHEMA)


@pytest.mark.parametrize("origin", ["bigquery", "snowflake", "spark"])
def test_a_count_of_what_is_true_is_0_over_no_rows(origin):
    name = "countif" if origin == "bigquery" else "count_if"

    found = translate(f"SELECT {name}(open) AS n FROM o", origin, "duckdb", SCHEMA)

    assert "COUNT(*) FILTER" in found.sql()


def test_a_part_of_a_choice_stands_in_brackets():
    query = "SELECT string_split(note, 'b')[1] AS x FROM o"

    found = translate(query, "duckdb", "postgres", SCHEMA)

    assert "END)[1]" in found.sql()
