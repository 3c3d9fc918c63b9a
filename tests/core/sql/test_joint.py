"""Queries that give other rows for two ranges of time at once than for each of them."""

import random

import duckdb
import pytest

from seeknal.sql.cuts.joint import is_joint
from seeknal.values.names import NodeId
from seeknal.values.tracking import END_MARK, START_MARK

pytestmark = [pytest.mark.inside, pytest.mark.versions]

TRACKED = ((NodeId("source.a"), "ts"), (NodeId("source.b"), "ts"))
DAYS = range(6)
BY_RANGE = (
    "SELECT * FROM @a",
    "SELECT CAST(ts AS DATE) AS day, sum(one) AS s FROM @a GROUP BY day",
    "SELECT CAST(ts AS DATE) AS day, sum(one) AS s FROM @a GROUP BY 1",
    "SELECT CAST(ts AS DATE) AS day, key, sum(one) AS s FROM @a GROUP BY ALL",
    "SELECT date_trunc('hour', ts) AS h, sum(one) AS s FROM @a GROUP BY date_trunc('hour', ts)",
    "WITH x AS (SELECT CAST(ts AS DATE) AS d, one FROM @a) SELECT d, max(one) FROM x GROUP BY d",
    "SELECT t.ts, t.one, o.name FROM @a t JOIN @other o USING (key)",
    "SELECT a.ts, a.one, b.one AS two FROM @a a JOIN @b b ON a.ts = b.ts",
    "SELECT a.one, b.one AS two FROM @a a LEFT JOIN @b b USING (ts, key)",
    "SELECT a.ts FROM @a a JOIN @b b ON a.key = b.key AND CAST(a.ts AS DATE) = CAST(b.ts AS DATE)",
    "SELECT ts, one FROM @a UNION ALL SELECT ts, one FROM @b",
    "SELECT ts, one FROM @a UNION SELECT ts, one FROM @b",
    "SELECT DISTINCT ts, key FROM @a",
    "SELECT DISTINCT ON (ts, key) * FROM @a ORDER BY ts, key, one",
    "SELECT ts, rank() OVER (PARTITION BY CAST(ts AS DATE), key ORDER BY ts, one) AS n FROM @a",
    "SELECT ts, one FROM @a, (SELECT max(one) AS most, key FROM (VALUES (1, 2)) AS v(one, key)"
    " GROUP BY key)",
    "SELECT t.ts, t.one FROM @a t WHERE t.key IN (SELECT key FROM @other)",
    "SELECT t.ts, o.name FROM @a t JOIN (SELECT key, name, row_number() OVER (PARTITION BY key"
    " ORDER BY name) AS n FROM @other) o ON o.key = t.key AND o.n = 1",
    "SELECT ts, unnest([one, key]) AS u FROM @a",
    "SELECT CAST(ts AS DATE) AS day, key, count(*) AS c FROM @a GROUP BY GROUPING SETS ((1, 2), 1)",
    "SELECT ts, one FROM @a ORDER BY one",
)
TOGETHER = (
    "SELECT ts, sum(one) OVER (ORDER BY ts, one) AS s FROM @a",
    "SELECT ts, count(*) OVER () AS c FROM @a",
    "SELECT ts, row_number() OVER (PARTITION BY key ORDER BY ts, one) AS n FROM @a",
    "SELECT ts, lag(one) OVER w AS l FROM @a WINDOW w AS (PARTITION BY key ORDER BY ts, one)",
    "SELECT ts, one FROM @a QUALIFY row_number() OVER (PARTITION BY key ORDER BY ts, one) = 1",
    "SELECT ts, one FROM @a ORDER BY ts, one LIMIT 2",
    "SELECT ts, one FROM @a ORDER BY ts, one OFFSET 2",
    "SELECT ts, one FROM @a ORDER BY ts, one LIMIT 10%",
    "SELECT ts, one FROM (SELECT * FROM @a ORDER BY one, ts LIMIT 3)",
    "SELECT max(ts) AS ts, count(*) AS c FROM @a",
    "SELECT key, max(ts) AS ts, sum(one) AS s FROM @a GROUP BY key",
    "SELECT key, max(ts) AS ts FROM @a GROUP BY ALL",
    "SELECT CAST(ts AS DATE) AS day, count(*) AS c FROM @a GROUP BY ROLLUP (day)",
    "SELECT max(ts) AS ts FROM @a HAVING count(*) > 1",
    "SELECT DISTINCT key FROM @a",
    "SELECT DISTINCT ON (key) * FROM @a ORDER BY key, ts, one",
    "SELECT key FROM @a UNION SELECT key FROM @b",
    "SELECT key FROM @a EXCEPT SELECT key FROM @b",
    "SELECT key, one FROM @a INTERSECT SELECT key, one FROM @a",
    "SELECT a.ts, b.one FROM @a a JOIN @b b ON a.key = b.key",
    "SELECT a.ts, b.one FROM @a a JOIN @b b USING (key)",
    "SELECT a.ts, b.one FROM @a a ASOF LEFT JOIN @b b ON a.key = b.key AND a.ts >= b.ts",
    "SELECT a.ts, b.one FROM @a a LEFT JOIN @b b ON a.key = b.key AND a.ts IS NOT NULL",
    "SELECT a.ts FROM @a a SEMI JOIN @b b ON a.key = b.key",
    "SELECT a.ts, a.one FROM @a a WHERE key IN (SELECT key FROM @b)",
    "SELECT a.ts, a.one FROM @a a WHERE one > (SELECT avg(one) FROM @a)",
    "SELECT a.ts FROM @a a WHERE NOT EXISTS (SELECT 1 FROM @b b WHERE b.key = a.key)",
    "WITH x AS (SELECT key, sum(one) AS s FROM @a GROUP BY key) SELECT a.ts, x.s FROM @a a"
    " JOIN x USING (key)",
    "SELECT * FROM (PIVOT (SELECT key, one FROM @a) ON key IN (0, 1) USING sum(one))",
)
WITH_ENDS = (
    f"SELECT ts, TIMESTAMP '{START_MARK}' AS since FROM @a",
    f"SELECT name, TIMESTAMP '{END_MARK}' AS until FROM @other",
    f"SELECT ts, ts < TIMESTAMP '{END_MARK}' - INTERVAL 1 HOUR AS early FROM @a",
)
UNTOLD = (
    "SELECT ts FROM @a TABLESAMPLE 10%",
    "SELECT ts FROM @a USING SAMPLE 10",
    "SELECT FROM WHERE",
    "SELECT * FROM @a, LATERAL (SELECT ts AS t FROM @b b WHERE b.key = a.key LIMIT 1)",
)


def named(sql):
    for name in ("a", "b", "other"):
        sql = sql.replace(f"@{name}", f'"source"."{name}"')
    return sql


@pytest.fixture(scope="module")
def answers():
    chance = random.Random(7)
    connection = duckdb.connect()
    rows = [
        (day, chance.choice(("06", "12")), chance.randrange(4), chance.randrange(5))
        for day in DAYS
        for _ in range(8)
    ]
    connection.execute("CREATE SCHEMA source; CREATE TABLE stored(ts TIMESTAMP, key INT, one INT)")
    connection.executemany(
        "INSERT INTO stored VALUES (?, ?, ?)",
        [(f"2024-01-0{day + 1} {hour}:00", key, one) for day, hour, key, one in rows],
    )
    connection.execute(
        "CREATE TABLE source.other AS SELECT i AS key, chr(65 + i::INT) AS name FROM range(3) t(i)"
    )

    def over(sql, first, last):
        within = f"ts >= '2024-01-0{first + 1}' AND ts < '2024-01-0{last + 2}'"
        connection.execute(
            f"CREATE OR REPLACE VIEW source.a AS SELECT * FROM stored WHERE {within};"
            f"CREATE OR REPLACE VIEW source.b AS SELECT * FROM stored WHERE {within} AND one > 1"
        )
        return connection.execute(sql).fetchall()

    with connection:
        yield over


def differs(sql, over):
    at_once = over(named(sql), DAYS[0], DAYS[-1])
    one_by_one = [row for day in DAYS for row in over(named(sql), day, day)]
    return sorted(map(repr, at_once)) != sorted(map(repr, one_by_one))


@pytest.mark.parametrize("sql", BY_RANGE)
def test_a_query_whose_rows_are_of_one_moment_each_is_not_joint(sql, answers):
    assert not differs(sql, answers)

    assert not is_joint(named(sql), TRACKED)


@pytest.mark.parametrize("sql", TOGETHER)
def test_a_query_that_gives_other_rows_for_more_of_its_inputs_is_joint(sql, answers):
    assert differs(sql, answers)

    assert is_joint(named(sql), TRACKED)


@pytest.mark.parametrize("sql", WITH_ENDS)
def test_a_query_with_an_end_of_the_range_in_its_rows_is_joint(sql):
    assert is_joint(named(sql), TRACKED)


def test_a_condition_on_the_range_makes_no_query_joint():
    sql = f"SELECT ts FROM @a WHERE ts >= TIMESTAMP '{START_MARK}' - INTERVAL 1 DAY"

    assert not is_joint(named(sql), TRACKED)


@pytest.mark.parametrize("sql", UNTOLD)
def test_a_query_of_which_nothing_can_be_told_is_taken_for_joint(sql):
    assert is_joint(named(sql), TRACKED)


@pytest.mark.parametrize("sql", TOGETHER)
def test_inputs_that_are_not_tracked_make_no_query_joint(sql):
    assert not is_joint(named(sql), ((NodeId("source.else"), "ts"),))
