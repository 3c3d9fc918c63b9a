"""Results without a name are called as at their origin, or refused."""

import pytest

from seeknal.plugin import translate
from tests.dialects.engines import Failed, engine
from tests.dialects.loading import schema

UNNAMED = [
    "count(*)",
    "COUNT( * )",
    "sum(pay)",
    "Sum (pay)",
    "count(distinct team)",
    "max(pay) - min(pay)",
    "(max(pay))",
    "max(id) + 1",
    "-max(id)",
    "1",
    "'x'",
    "'a''b'",
    "null",
    "true",
    "cast(max(id) as bigint)",
    "cast(1 as bigint)",
    "max(id)::bigint",
    "1::bigint",
    "(1 + 2)::text",
    "'1'::int",
    "date '2024-01-31'",
    "coalesce(max(id), 1)",
    "nullif(max(id), 1)",
    "case when max(id) > 1 then 2 end",
    "case when max(id) > 1 then 2 else 3 end",
    "case when max(id) > 1 then 2 else max(id) end",
    "count(*) filter (where id > 1)",
    "sum(pay) over ()",
    "sum(max(pay)) over ()",
    "max(id) is null",
    "max(id) in (1, 2)",
    "max(id) between 1 and 2",
    "not max(id) > 1",
    "max(id) > 1 and max(id) < 3",
    "abs(max(id)) + abs(min(id))",
    "length(')') + 1",
    "concat('(', 'b')",
    "round(1.5)",
    "exists (select 1)",
    "trim(max(name))",
    "substring(max(name) from 1 for 2)",
    "extract(year from date '2024-01-31')",
    "'a' || 'b'",
    "max(name) like 'a%'",
    "count(*) /* of all */",
    "greatest(max(id), 3)",
    "max(team) = 'x'",
]


@pytest.mark.parametrize("dialect", ["postgres", "sqlite"])
def test_results_without_a_name_are_called_as_at_their_origin_or_refused(dialect):
    known = schema(dialect)
    with engine(dialect) as asked:
        given = {text: _columns(asked, f"SELECT {text} FROM staff") for text in UNNAMED}

    found = {
        text: made.tree.named_selects
        for text in UNNAMED
        if given[text]
        and (made := translate(f"SELECT {text} FROM staff", dialect, "duckdb", known)).tree
    }

    assert found == {text: list(given[text]) for text in found}
    assert len(found) > 10


def _columns(asked, sql):
    try:
        return asked.ask(sql).columns
    except Failed:
        return ()


@pytest.mark.parametrize(
    ("dialect", "query", "names"),
    [
        ("mysql", "SELECT team, count(*), id+1 FROM staff", ["team", "count(*)", "id+1"]),
        ("spark", "SELECT count(*), max(id) + 1 FROM staff", ["count(1)", "(max(id) + 1)"]),
        ("bigquery", "SELECT count(*), 1 AS n, max(id) FROM staff", ["f0_", "n", "f1_"]),
        ("snowflake", "SELECT count(*), max(id) FROM staff", ["COUNT(*)", "MAX(ID)"]),
        ("postgres", "SELECT count(*) FROM staff UNION ALL SELECT 1 AS n", ["count"]),
        ("postgres", "WITH a AS (SELECT 1 AS n) SELECT n, n + 1 FROM a", ["n", "?column?"]),
        ("postgres", "SELECT s.*, 1 FROM (SELECT 2 AS n) AS s", ["n", "?column?"]),
        ("postgres", "SELECT id, count(*) FROM staff GROUP BY 1 ORDER BY count", ["id", "count"]),
    ],
)
def test_the_name_is_the_origins(dialect, query, names):
    found = translate(query, dialect, "duckdb", schema(dialect))

    assert found.refusals == ()
    assert found.tree.named_selects == names


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("postgres", "SELECT count(*), count(id) FROM staff"),
        ("starrocks", "SELECT count(*) FROM staff"),
        ("spark", "SELECT sum(id) OVER () FROM staff"),
        ("mysql", "SELECT 1 /* one */ + 1 FROM staff"),
    ],
)
def test_a_name_that_is_not_sure_is_asked_for(dialect, query):
    found = translate(query, dialect, "duckdb", schema(dialect))

    assert all("give it one with AS" in refusal.message for refusal in found.refusals)
    assert found.refusals[0].column == len("SELECT ") + 1
