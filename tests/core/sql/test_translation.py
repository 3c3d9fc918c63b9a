"""SQL in another dialect: the same values, or a refusal that names what may differ."""

import pytest

from seeknal.plugin import SqlRefused, translate

pytestmark = [pytest.mark.inside, pytest.mark.versions]

SHOP = {
    "shop.orders": {"id": "INTEGER", "region": "VARCHAR", "amount": "BIGINT"},
    "shop.regions": {"region": "VARCHAR", "name": "VARCHAR"},
}
T = {
    "t": {
        **{"a": "INTEGER", "b": "INTEGER", "f": "DOUBLE", "m": "DECIMAL(10,2)", "s": "VARCHAR"},
        **{"d": "DATE", "e": "DATE", "l": "INTEGER[]", "Amount": "BIGINT"},
    },
    "u": {"a": "INTEGER", "s": "VARCHAR"},
}
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
def test_what_means_the_same_is_written_in_the_other_dialect_and_back(sql):
    there = translate(sql, "duckdb", "postgresql", SHOP)

    back = translate(there.sql(), "postgres", "duckdb", SHOP)

    assert (there.refusals, back.refusals) == ((), ())


@pytest.mark.parametrize(
    ("sql", "there"),
    [
        ("SELECT a / 2 AS x FROM t", 'CAST("t"."a" AS DOUBLE PRECISION) / CAST(2 AS'),
        ("SELECT min(s) AS x FROM t", 'MIN("t"."s" COLLATE "C")'),
        ("SELECT s FROM t ORDER BY s LIMIT 1", 'SELECT "t"."s" COLLATE "C" AS "s"'),
        ("SELECT avg(a) OVER () AS x FROM t", 'CAST(AVG("t"."a") OVER () AS DOUBLE PRECISION)'),
        ("SELECT a + 1 AS x, x * 2 AS y FROM t", '("t"."a" + 1) * 2 AS "y"'),
        ("SELECT * EXCLUDE (a) FROM u", 'SELECT "u"."s" FROM'),
        ("SELECT s, sum(a) AS n FROM t GROUP BY ALL", "GROUP BY 1"),
        ("SELECT d FROM t WHERE d < '2024-01-01'", "CAST('2024-01-01' AS DATE)"),
        ("SELECT count(*) FROM t", 'COUNT(*) AS "count_star()"'),
        ("SELECT a FROM t ORDER BY a DESC", 'ORDER BY "a" DESC NULLS LAST'),
        ("SELECT t.a FROM t NATURAL JOIN u", 'USING ("a", "s")'),
        ("SELECT n FROM t, (SELECT t.a + 1 AS n) AS q", 'LATERAL (SELECT "t"."a" + 1'),
        ("SELECT sum(a) OVER w AS n FROM t WINDOW w AS (ORDER BY b)", 'OVER (ORDER BY "t"."b"'),
        ("SELECT 3 * xor(a, b) AS x FROM t", '3 * ("t"."a" # "t"."b")'),
    ],
)
def test_what_differs_is_written_as_the_other_one_says_it(sql, there):
    assert there in translate(sql, "duckdb", "postgres", T).sql()


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT a // b AS x FROM t", "by 0 it is NULL in some versions of DuckDB"),
        ("SELECT CAST(f AS DECIMAL(5, 2)) AS x FROM t", "a DOUBLE is rounded otherwise"),
        ("SELECT my_function(a) AS x FROM t", "what my_function(a) gives there is not known"),
        ("SELECT a FROM t WHERE s GLOB '_'", "gives there is not known"),
        ("SELECT a + s AS x FROM t", "of whole, text gives there is not known"),
        ("SELECT sum(b) AS b FROM t GROUP BY a HAVING b > 1", "may be the column or the result"),
        ("SELECT t.a FROM t ASOF JOIN u ON t.a >= u.a", "may mean something else"),
        ("SELECT t.a FROM t POSITIONAL JOIN u", "may mean something else"),
        ("SELECT a FROM t UNION BY NAME SELECT a FROM u", "UNION with by_name"),
        ("WITH RECURSIVE r AS (SELECT 1 AS a UNION SELECT a + 1 FROM r) FROM r", "may not end"),
        ("WITH RECURSIVE r AS (SELECT m FROM t UNION SELECT m FROM r, u) FROM r", "other digits"),
        ("SELECT DISTINCT ON (a) a FROM t", "DISTINCT ON may keep other rows"),
        ("SELECT a FROM read_csv('x.csv')", "may give other rows"),
        ("SELECT l[-1] AS x FROM t", "l[-1] may mean something else"),
        ("SELECT regexp_matches(s, a::VARCHAR) AS x FROM t", "a pattern that stands in quotes"),
        ("SELECT v FROM t, unnest(l) AS v", "give its column a name"),
        ("SELECT median(a) OVER (PARTITION BY s) AS x FROM t", "an order within, in a window"),
        ("SELECT {'a': 1} AS x FROM t", "what {'a': 1} gives there is not known"),
        ("SELECT a FROM nowhere", "the columns of nowhere are not known"),
        ("SELECT nowhere FROM t", "no table has a column 'nowhere'"),
        ("SELECT CASE WHEN a > 1 THEN s ELSE a END AS x FROM t", "results of several types"),
    ],
)
def test_what_may_differ_is_refused_by_name(sql, why):
    found = translate(sql, "duckdb", "postgres", T)

    assert found.tree is None
    assert why in found.refusals[0].message


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT avg(a)::text AS x FROM t", "of quotient, text gives there is not known"),
        ("SELECT CASE WHEN a > 1 THEN m ELSE m / 3 END AS x FROM t", "results of several types"),
        ("SELECT avg(a) / 3 AS x FROM t", "of quotient, whole gives there is not known"),
        ("SELECT avg(m / 3) AS x FROM t", "of quotient gives there is not known"),
        ("SELECT max(s) AS x FROM t", "in the order of a database's language"),
        ("SELECT s FROM t WHERE s < 'b'", "in the order of a database's language"),
        ("SELECT s::varchar(3) AS x FROM t", "cuts texts"),
        ("SELECT date_trunc('month', d) AS x FROM t", "gives an instant in PostgreSQL"),
        ("SELECT date_part('year', d) AS x FROM t", "date_part gives a DOUBLE PRECISION"),
        ("SELECT upper(s) AS x FROM t", "which letters have another case"),
        ("SELECT count(*), count(a) FROM t", "give it one with AS"),
    ],
)
def test_what_postgresql_would_give_and_duckdb_not_is_refused(sql, why):
    found = translate(sql, "postgres", "duckdb", T)

    assert found.tree is None
    assert why in found.refusals[0].message


@pytest.mark.parametrize(
    ("format", "there"),
    [
        ("%Y at %H", r"'yyyy\' at \'HH'"),
        ("day %d", r"'\'day \'dd'"),
        ("[%Y] {%m}#%d", r"'\'[\'yyyy\'] {\'MM\'}#\'dd'"),
        ("%Y-%m-%d", "'yyyy-MM-dd'"),
    ],
)
def test_what_is_no_sign_of_a_format_is_one_text_in_spark(format, there):
    found = translate(f"SELECT strftime(d, '{format}') AS x FROM t", "duckdb", "spark", T)

    assert f"DATE_FORMAT(`t`.`d`, {there})" in found.sql()


@pytest.mark.parametrize(
    ("origin", "target", "sql"),
    [
        ("duckdb", "postgres", "strftime(d, '')"),
        ("mysql", "duckdb", "date_format(d, '')"),
        ("duckdb", "postgres", "strftime(d, '%d%a')"),
        ("duckdb", "spark", "strftime(d, '%-m%m')"),
        ("spark", "duckdb", """date_format(d, "yyyy''MM")"""),
        ("spark", "duckdb", """date_format(d, "'a''b'")"""),
        ("postgres", "duckdb", """to_char(d, '""')"""),
    ],
)
def test_formats_that_may_mean_something_else_are_refused(origin, target, sql):
    found = translate(f"SELECT {sql} AS x FROM t", origin, target, T)

    assert [entry.message for entry in found.refusals] == [f"what {sql} gives is not known"]


@pytest.mark.parametrize(
    ("origin", "target", "expression", "there"),
    [
        ("duckdb", "spark", "3 * xor(a, b)", "3 * (`t`.`a` ^ `t`.`b`)"),
        ("duckdb", "spark", "xor(a, b) IN (3)", "(`t`.`a` ^ `t`.`b`) IN (3)"),
        ("snowflake", "duckdb", "-bitand(a, b)", '-("t"."a" & "t"."b")'),
        ("duckdb", "spark", "a & b", "`t`.`a` & `t`.`b`"),
    ],
)
def test_a_function_that_is_an_operator_there_has_brackets(origin, target, expression, there):
    found = translate(f"SELECT {expression} AS x FROM t", origin, target, T)

    assert f"SELECT {there} AS" in found.sql()


@pytest.mark.parametrize(
    ("join", "lost"),
    [
        ("LEFT JOIN unnest(l) AS u(v) ON true", True),
        ("LEFT JOIN LATERAL unnest(l) AS u(v) ON true", True),
        ("JOIN unnest(l) AS u(v) ON v = a", True),
        ("JOIN unnest(l) AS u(v) ON true", False),
        ("CROSS JOIN unnest(l) AS u(v)", False),
    ],
)
def test_what_a_join_says_of_elements_of_lists_is_not_lost_in_spark(join, lost):
    found = translate(f"SELECT v FROM t {join}", "duckdb", "spark", T)

    assert [entry.construct for entry in found.refusals] == ["Join"] * lost


def test_every_refusal_is_told_with_its_place():
    sql = "SELECT a,\n  l[-1] AS one,\n  a // b AS half\nFROM t"

    found = translate(sql, "duckdb", "postgres", T)

    assert [(entry.line, entry.column) for entry in found.refusals] == [(2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("origin", "target", "sql", "said"),
    [
        ("mysql", "duckdb", "SELECT count(*) AS n FROM u GROUP BY\n  s", "s"),
        (
            "postgres",
            "duckdb",
            "SELECT\n  date_trunc('month',d) AS x FROM t",
            "date_trunc('month',d)",
        ),
        ("postgres", "duckdb", "SELECT a FROM t\n  limit 1+1", "limit 1+1"),
        (
            "spark",
            "duckdb",
            "SELECT a,\n  cast('x'  as ARRAY<INT>) AS x FROM t",
            "what cast('x' as ARRAY<INT>) of",
        ),
        ("postgres", "duckdb", "SELECT coalesce(\n  s->'x', s) AS x FROM t", "what s->'x' of"),
        ("duckdb", "postgres", "SELECT case when true then\n  {'a':1} END AS x", "{'a':1}"),
        (
            "duckdb",
            "postgres",
            "SELECT 1 AS x -- one\n, my_function( /* two */ 1,  2 ) AS y",
            "my_function( 1, 2 )",
        ),
    ],
)
def test_a_refusal_says_what_was_written_and_where(origin, target, sql, said):
    found = translate(sql, origin, target, T)

    assert {entry.line for entry in found.refusals} == {2}
    assert found.refusals[0].column == 3
    assert said in found.refusals[0].message


def test_what_a_result_is_refused_for_is_told_with_all_else():
    found = translate(
        "SELECT date_trunc('month', d) AS m, upper(s) AS u FROM t", "postgres", "duckdb", T
    )

    assert [entry.construct for entry in found.refusals] == ["Cast", "Upper"]


def test_what_is_refused_within_what_is_refused_is_told_as_well():
    sql = "SELECT my_function(upper(s)) AS x, upper(your_function(s)) AS y FROM t WHERE s < foo(s)"

    found = translate(sql, "postgres", "duckdb", T)

    assert [(entry.construct, entry.column) for entry in found.refusals] == [
        ("Anonymous", sql.index("my_function") + 1),
        ("Upper", sql.index("upper(s)") + 1),
        ("Anonymous", sql.index("your_function") + 1),
        ("Anonymous", sql.index("foo") + 1),
    ]


@pytest.mark.parametrize("sql", ["DELETE FROM t", "SELECT 1; SELECT 2", "SELECT FROM WHERE"])
def test_only_one_query_is_taken(sql):
    with pytest.raises(SqlRefused):
        translate(sql, "duckdb", "postgres", T)


def test_a_dialect_of_which_nothing_is_known_is_refused():
    with pytest.raises(SqlRefused, match="did you mean duckdb to postgres"):
        translate("SELECT 1 AS a", "duckdb", "postgrs", {})
    with pytest.raises(SqlRefused, match="it is not known what differs from oracle to duckdb"):
        translate("SELECT 1 AS a", "oracle", "duckdb", {})


def test_names_keep_what_they_mean():
    there = translate("SELECT t.amount AS Total FROM t", "duckdb", "postgres", T)
    back = translate('SELECT t.Amount AS "Total", a AS Rest FROM T', "postgres", "duckdb", T)

    assert there.sql() == 'SELECT "t"."Amount" AS "Total" FROM t AS "t"'
    assert back.sql() == 'SELECT "T"."Amount" AS "Total", "T"."a" AS "rest" FROM T AS "T"'


MONEY = {"t": {"a": "INTEGER", "m": "DECIMAL(10,2)", "e": "DECIMAL(12,4)", "w": "DECIMAL(38,2)"}}
BOTH_WAYS = [
    ("duckdb", "postgres"),
    ("postgres", "duckdb"),
    ("duckdb", "spark"),
    ("spark", "duckdb"),
]


@pytest.mark.parametrize("pair", BOTH_WAYS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT coalesce(sum(m), 0) AS x, coalesce(sum(m), 0.0) AS y FROM t",
        "SELECT coalesce(sum(m), 0.0000) AS x FROM t",
        "SELECT sum(CASE WHEN a > 1 THEN m ELSE 0 END) AS x FROM t",
        "SELECT CASE WHEN a > 1 THEN m ELSE 0.00 END AS x FROM t",
        "SELECT coalesce(m, e) AS x, greatest(m, e, a) AS y FROM t",
        "SELECT sum(m) AS x FROM t UNION ALL SELECT sum(w) FROM t",
        "WITH q AS (SELECT a, sum(m) AS s FROM t GROUP BY a) SELECT coalesce(max(s), 0) x FROM q",
        "SELECT coalesce(round(sum(e), 2), 0.00) AS x FROM t",
        "SELECT a FROM t GROUP BY a HAVING sum(m) > 100.50",
    ],
)
def test_decimals_with_room_beside_one_another_are_translated(sql, pair):
    found = translate(sql, *pair, MONEY)

    assert found.refusals == ()
    assert "38, 4" not in found.sql()


@pytest.mark.parametrize("pair", BOTH_WAYS)
@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT w AS x FROM t UNION SELECT e FROM t", "column 'x'"),
        ("SELECT sum(m) AS x FROM t UNION SELECT e FROM t", "column 'x'"),
        ("SELECT a FROM t WHERE e IN (SELECT sum(m) FROM t)", "e IN (SELECT sum(m) FROM t)"),
        (
            "SELECT q.a FROM (SELECT a, e AS k FROM t) AS q FULL JOIN (SELECT w AS k FROM t) AS r"
            " USING (k)",
            "k",
        ),
    ],
)
def test_decimals_without_room_beside_one_another_are_refused(sql, said, pair):
    found = translate(sql, *pair, MONEY)

    assert len(found.refusals) == 1
    assert found.refusals[0].message.startswith("digits of ")
    assert said in found.refusals[0].message


@pytest.mark.parametrize(
    "value",
    ["coalesce(w, e)", "CASE WHEN a > 1 THEN w ELSE e END", "greatest(sum(m), max(e))"],
)
def test_where_duckdb_cuts_digits_off_only_postgresqls_are_kept(value):
    sql = f"SELECT {value} AS x FROM t{' GROUP BY a' if 'sum' in value else ''}"

    there, kept = (translate(sql, *pair, MONEY) for pair in BOTH_WAYS[:2])

    assert value in there.refusals[0].message
    assert kept.sql().count("AS DECIMAL(38, 4))") == 2


def test_spark_compares_all_digits_that_duckdb_does():
    sql = "SELECT a FROM t WHERE e > w"

    there = translate(sql, "duckdb", "spark", MONEY)
    back = translate(sql, "spark", "duckdb", MONEY)

    assert there.sql().count("AS DECIMAL(38, 4))") == 2
    assert "e > w" in back.refusals[0].message


def test_decimals_are_compared_in_starrocks_where_one_type_has_room_for_both():
    roomy, cut = (
        translate(f"SELECT a FROM t WHERE e > {other}", "duckdb", "starrocks", MONEY)
        for other in ("m", "w")
    )

    assert roomy.refusals == ()
    assert "e > w" in cut.refusals[0].message
