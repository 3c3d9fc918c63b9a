"""Groups and their totals are those of the origin; the rows are their engines'."""

import duckdb
import pytest

from seeknal.plugin import translate

TABLES = {
    "t": {"a": "INTEGER", "b": "INTEGER", "c": "INTEGER", "s": "VARCHAR"},
    "nothing": {"a": "INTEGER", "b": "INTEGER", "c": "INTEGER"},
}
ROLLED = [(1, 1, 10), (1, 2, 20), (1, None, 30), (2, 1, 30), (2, None, 30)]
ROLLED += [(None, 1, 5), (None, None, 5), (None, None, 65)]
CUBED = [*ROLLED, (None, 1, 45), (None, 2, 20)]
SETS = [(1, None, 30), (2, None, 30), (None, None, 5), (None, 1, 45), (None, 2, 20)]


@pytest.fixture(scope="module")
def tables():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER, s VARCHAR)")
        connection.execute(
            "INSERT INTO t VALUES (1, 1, 10, 'x'), (1, 2, 20, 'X'), (2, 1, 30, 'x'),"
            " (NULL, 1, 5, 'x')"
        )
        connection.execute("CREATE TABLE nothing AS FROM t WHERE false")
        yield connection


def ordered(rows):
    return sorted(map(tuple, rows), key=str)


@pytest.mark.parametrize(
    ("dialect", "query", "rows"),
    [
        ("mysql", "SELECT a, b, sum(c) AS n FROM t GROUP BY a, b WITH ROLLUP", ROLLED),
        ("mysql", "SELECT a AS k, b, sum(c) AS n FROM t GROUP BY k, 2 WITH ROLLUP", ROLLED),
        (
            "mysql",
            "SELECT a, count(*) AS n FROM t GROUP BY a WITH ROLLUP HAVING count(*) > 1 OR a = 2",
            [(1, 2), (2, 1), (None, 4)],
        ),
        ("mysql", "SELECT a, count(*) AS n FROM nothing GROUP BY a WITH ROLLUP", []),
        ("spark", "SELECT a, b, sum(c) AS n FROM t GROUP BY a, b WITH ROLLUP", ROLLED),
        ("spark", "SELECT a, b, sum(c) AS n FROM t GROUP BY a, b WITH CUBE", CUBED),
        ("spark", "SELECT a, b, sum(c) AS n FROM t GROUP BY CUBE (1, 2)", CUBED),
        ("spark", "SELECT a, b, sum(c) AS n FROM t GROUP BY a, b GROUPING SETS ((a), (b))", SETS),
        ("spark", "SELECT a, count(*) AS n FROM nothing GROUP BY a WITH CUBE", []),
        ("spark", "SELECT a, count(*) AS n FROM nothing GROUP BY ROLLUP (a)", []),
        ("spark", "SELECT a, count(*) AS n FROM nothing GROUP BY GROUPING SETS ((a), ())", []),
        ("spark", "SELECT a, count(*) AS n FROM nothing GROUP BY a, ROLLUP (b)", []),
        ("postgres", "SELECT a, count(*) AS n FROM nothing GROUP BY ROLLUP (a)", [(None, 0)]),
        ("postgres", "SELECT a, b, sum(c) AS n FROM t GROUP BY ROLLUP (1, b)", ROLLED),
        (
            "postgres",
            "SELECT a + 1 AS k, count(*) AS n FROM t GROUP BY k",
            [(2, 2), (3, 1), (None, 1)],
        ),
        (
            "postgres",
            "SELECT a, b, sum(c) AS n FROM t GROUP BY a, GROUPING SETS ((b), ())",
            ROLLED[:-1],
        ),
    ],
)
def test_groups_are_those_of_the_origin(tables, dialect, query, rows):
    found = translate(query, dialect, "duckdb", TABLES)

    assert found.refusals == ()
    assert ordered(tables.sql(found.sql()).fetchall()) == ordered(rows)


@pytest.mark.parametrize(
    ("dialect", "query", "place"),
    [
        ("mysql", "SELECT s, count(*) AS n FROM t\nGROUP BY 1", (2, 10)),
        ("mysql", "SELECT s, count(*) AS n FROM t\nGROUP BY a, 1 WITH ROLLUP", (2, 13)),
        ("mysql", "SELECT s AS k, count(*) AS n FROM t\nGROUP BY k", (2, 10)),
        ("mysql", "SELECT a, count(*) AS n FROM t\nGROUP BY a, 1 WITH ROLLUP", (2, 1)),
        ("spark", "SELECT a, b FROM t\nGROUP BY a, b GROUPING SETS ((a))", (2, 1)),
        ("spark", "SELECT count(*) AS n FROM nothing\nGROUP BY GROUPING SETS (())", (2, 1)),
        ("sqlite", "SELECT a, max(c) AS m,\n  b FROM t GROUP BY a", (2, 3)),
        ("postgres", "SELECT a FROM t\nGROUP BY DISTINCT ROLLUP (a), a", (2, 1)),
    ],
)
def test_groups_that_are_others_are_refused_at_their_place(dialect, query, place):
    found = translate(query, dialect, "duckdb", TABLES)

    assert [(refusal.line, refusal.column) for refusal in found.refusals] == [place]


@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize("groups", ["{}", "ROLLUP ({})", "GROUPING SETS ((a), ({}))"])
@pytest.mark.parametrize("dialect", ["postgres", "spark"])
def test_a_group_by_the_number_of_no_result_stays_the_error_that_it_is(
    tables, dialect, groups, number
):
    query = f"SELECT a, count(*) AS n FROM t GROUP BY {groups.format(number)}"

    found = translate(query, dialect, "duckdb", TABLES)
    back = translate(query, "duckdb", dialect, TABLES)

    with pytest.raises(duckdb.BinderException, match="out of range"):
        tables.sql(found.sql())
    assert back.refusals or str(number) in back.sql()
