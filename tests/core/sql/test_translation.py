"""SQL in another dialect: the same values, or a refusal that names what may differ."""

import pytest

from seeknal.plugin import SqlRefused, transpile

pytestmark = [pytest.mark.inside, pytest.mark.versions]

EXACT = [
    "SELECT o.region AS region, SUM(o.amount) AS revenue FROM shop.orders AS o GROUP BY o.region",
    "SELECT COUNT(*) AS n, COUNT(DISTINCT o.region) AS regions FROM shop.orders AS o",
    "SELECT o.id FROM shop.orders AS o WHERE o.amount > 5 AND NOT o.region IN ('north', 'west')",
    "SELECT o.id FROM shop.orders AS o WHERE o.amount BETWEEN -10 AND 10 OR o.region IS NULL",
    "SELECT o.id, c.name FROM shop.orders AS o LEFT JOIN shop.regions AS c ON o.region = c.region",
    "SELECT o.id AS a, c.name FROM shop.orders AS o CROSS JOIN shop.regions AS c",
    "WITH big AS (SELECT x.id AS id FROM shop.orders AS x WHERE x.amount >= 10)"
    " SELECT b.id FROM big AS b",
    "SELECT CASE WHEN o.amount > 9 THEN 'big' ELSE 'small' END AS size FROM shop.orders AS o",
    "SELECT COALESCE(o.region, 'none') AS place, o.amount * 2 - 1 AS a FROM shop.orders AS o",
    "SELECT o.region AS r FROM shop.orders AS o UNION SELECT c.region AS r FROM shop.regions AS c",
    "SELECT DISTINCT o.region FROM shop.orders AS o WHERE o.region LIKE 'n%'",
    "SELECT o.region AS r, NULLIF(SUM(o.amount), 0) AS s FROM shop.orders AS o"
    " GROUP BY o.region HAVING SUM(o.amount) > 12",
    "SELECT o.id FROM shop.orders AS o WHERE EXISTS(SELECT c.name AS x FROM shop.regions AS c"
    " WHERE c.region = o.region)",
]


@pytest.mark.parametrize("sql", EXACT)
def test_what_means_the_same_is_written_in_the_other_dialect(sql):
    there = transpile(sql, "duckdb", "postgresql")

    assert transpile(there, "postgres", "duckdb") == transpile(sql, "duckdb", "duckdb")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT a / b AS x FROM t", "a / b may mean something else"),
        ("SELECT a % b AS x FROM t", "a % b may mean something else"),
        ("SELECT a || b AS x FROM t", "a || b may mean something else"),
        ("SELECT avg(a) AS x FROM t", "AVG(a) may mean something else"),
        ("SELECT min(a) AS x FROM t", "MIN(a) may mean something else"),
        ("SELECT CAST(a AS INT) AS x FROM t", "CAST(a AS INT) may mean something else"),
        ("SELECT my_function(a) AS x FROM t", "MY_FUNCTION(a) may mean something else"),
        ("SELECT date_diff('day', a, b) AS x FROM t", "may mean something else"),
        ("SELECT a FROM t WHERE a > b", "a > b may compare texts, which have another order"),
        ("SELECT a FROM t WHERE a BETWEEN 'a' AND 'b'", "may compare texts"),
        ("SELECT a FROM t ORDER BY a", "with order may mean something else"),
        ("SELECT a FROM t LIMIT 1", "with limit may mean something else"),
        ("SELECT a FROM t WHERE a LIKE b", "may have a backslash"),
        ("SELECT a FROM t WHERE a LIKE '\\_'", "may have a backslash"),
        ("SELECT a + 1 FROM t", "a result without a name has another one"),
        ("SELECT count(*) FROM t", "a result without a name has another one"),
        ("SELECT a + 1 AS b, b + 1 AS c FROM t", "b may be the column or the result of it"),
        ("SELECT sum(b) AS b FROM t GROUP BY b", "b may be the column or the result of it"),
        ("SELECT a + 1 AS b FROM t GROUP BY b", "b may be the column or the result of it"),
        ("SELECT a FROM t ASOF JOIN u ON t.a = u.a", "may mean something else"),
        ("SELECT a FROM t JOIN u USING (a)", "JOIN with using may mean something else"),
        ("SELECT a FROM t NATURAL JOIN u", "JOIN with method may mean something else"),
        ("SELECT a FROM t UNION BY NAME SELECT a FROM u", "UNION with by_name"),
        ("SELECT a, sum(b) AS b FROM t GROUP BY ALL", "GROUP with all may mean something else"),
        ("WITH RECURSIVE r AS (SELECT 1 AS a) SELECT a FROM r", "WITH with recursive"),
        ("SELECT DISTINCT ON (a) a FROM t", "DISTINCT with on may mean something else"),
        ("SELECT a FROM read_csv('x.csv')", "may mean something else"),
        ("SELECT * EXCLUDE (a) FROM t", "STAR with except"),
        ("SELECT a FROM t QUALIFY row_number() OVER () = 1", "with qualify"),
        ("SELECT a[1] AS x FROM t", "may mean something else"),
        ("SELECT {'a': 1} AS x FROM t", "may mean something else"),
    ],
)  # fmt: skip
def test_what_may_differ_is_refused_by_name(sql, why):
    with pytest.raises(SqlRefused) as refused:
        transpile(sql, "duckdb", "postgres")

    assert why in str(refused.value)
    assert str(refused.value).endswith("in postgres")


def test_a_refusal_has_its_place():
    with pytest.raises(SqlRefused) as refused:
        transpile("SELECT a,\n  price / 2 AS half\nFROM t", "duckdb", "postgres")

    assert (refused.value.line, refused.value.column) == (2, 3)


@pytest.mark.parametrize("sql", ["DELETE FROM t", "SELECT 1; SELECT 2", "SELECT FROM WHERE"])
def test_only_one_query_is_taken(sql):
    with pytest.raises(SqlRefused):
        transpile(sql, "duckdb", "postgres")


def test_a_dialect_of_which_nothing_is_known_is_refused():
    with pytest.raises(SqlRefused, match="did you mean postgres"):
        transpile("SELECT 1 AS a", "duckdb", "postgrs")
    with pytest.raises(SqlRefused, match="it is not known what differs in the dialect 'oracle'"):
        transpile("SELECT 1 AS a", "oracle", "duckdb")


def test_names_keep_what_they_mean():
    there = transpile("SELECT t.Amount AS Total FROM t", "duckdb", "postgres")
    back = transpile('SELECT t.Amount AS "Total" FROM T AS t', "postgres", "duckdb")

    assert there == 'SELECT "t"."Amount" AS "Total" FROM "t"'
    assert back == 'SELECT "t"."amount" AS "Total" FROM "t" AS "t"'
