"""The lineage of single queries, against a corpus and against experiments on DuckDB."""

import random
import time

import duckdb
import pytest
from tests.core.lineage import corpus
from tests.core.lineage.experiment import NAMES, Laboratory
from tests.core.lineage.randomquery import RandomQuery

from seeknal.sql.lineage import trace_query

pytestmark = [pytest.mark.inside, pytest.mark.versions]

COMMON = corpus.read("corpus.txt")
CASES = [*COMMON, *corpus.read("rare.txt")]


@pytest.fixture(scope="module")
def laboratory():
    return Laboratory(seed=7)


def texts(refs):
    return frozenset(".".join(ref) for ref in refs)


def traced(sql, laboratory):
    return trace_query(sql, NAMES, laboratory.columns_of(sql))


def missed(sql, laboratory, *, rounds):
    """What an experiment sees to change an output, and lineage does not list for it."""
    found = traced(sql, laboratory)
    if found.unknown is not None:
        return set()
    seen = laboratory.observe(sql, rounds=rounds)
    wrong = {("*", source) for source in seen.of("*") - set(map(tuple, found.reads))}
    for position, column in enumerate(found.columns):
        listed = set(map(tuple, column.values | column.influences | found.rows))
        wrong |= {(column.name, source) for source in seen.of(position) - listed}
    return wrong


def unseen(case, laboratory, *, rounds):
    """What lineage lists, and no experiment saw to matter."""
    seen = laboratory.observe(case.sql, rounds=rounds)
    every = texts(seen.of("*"))
    return (case.rows - every) | frozenset(
        ref
        for name, values, influences in case.columns
        for ref in values | influences
        if ref not in every
    )


def test_there_are_enough_queries():
    assert len(CASES) >= 200


@pytest.mark.parametrize("case", CASES, ids=[case.sql[:70] for case in CASES])
def test_a_query_is_traced(case, laboratory):
    found = traced(case.sql, laboratory)

    assert found.unknown is None
    columns = tuple((c.name, texts(c.values), texts(c.influences)) for c in found.columns)
    assert columns == case.columns
    assert texts(found.rows) == case.rows
    assert found.relations == case.relations


@pytest.mark.parametrize("number", range(4))
def test_no_experiment_finds_more_than_the_corpus_says(number):
    laboratory = Laboratory(seed=number)
    some = random.Random(number).sample(CASES, 8)

    assert {case.sql: missed(case.sql, laboratory, rounds=2) for case in some} == {
        case.sql: set() for case in some
    }


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("case", CASES, ids=[case.sql[:70] for case in CASES])
def test_no_long_experiment_finds_more_than_the_corpus_says(case):
    assert missed(case.sql, Laboratory(seed=11), rounds=6) == set()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("case", COMMON, ids=[case.sql[:70] for case in COMMON])
def test_experiments_find_all_that_the_corpus_says(case):
    assert not unseen(case, Laboratory(seed=11), rounds=25) or case.sql in OVERCLAIMED


OVERCLAIMED = frozenset(
    {
        # Either the alias or the column may be meant: both are counted.
        "SELECT k, sum(a) AS s FROM t GROUP BY k HAVING s > 3",
        "SELECT b AS a, count(*) AS n FROM t GROUP BY b HAVING a > 1",
        "SELECT a AS k, b FROM t ORDER BY k + b LIMIT 1",
        "SELECT c AS b, a FROM t QUALIFY rank() OVER (ORDER BY b) = 1",
        # A struct is one column, whatever field is read.
        "SELECT q.p FROM (SELECT {'p': a, 'r': b} AS q FROM t)",
    }
)


def seeds(count, start=0):
    return range(start, start + count)


def accepted(seed, laboratory):
    """A random query that DuckDB takes, or None."""
    sql = RandomQuery(seed).query()
    try:
        laboratory.columns_of(sql)
    except duckdb.Error:
        return None
    return sql


@pytest.mark.parametrize("block", range(4))
def test_no_experiment_finds_more_in_random_queries(block):
    laboratory = Laboratory(seed=block)
    queries = [accepted(seed, laboratory) for seed in seeds(12, start=block * 1000)]
    found = {sql: missed(sql, laboratory, rounds=1) for sql in queries if sql}

    assert len(found) >= 6
    assert {sql: wrong for sql, wrong in found.items() if wrong} == {}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("block", range(20))
def test_no_experiment_finds_more_in_many_random_queries(block):
    laboratory = Laboratory(seed=block)
    queries = [accepted(seed, laboratory) for seed in seeds(60, start=100_000 + block * 1000)]
    found = {sql: missed(sql, laboratory, rounds=3) for sql in queries if sql}

    assert {sql: wrong for sql, wrong in found.items() if wrong} == {}


LARGE = {
    "1,000 brackets": "SELECT " + "(" * 1000 + "a" + ")" * 1000 + " AS x FROM t",
    "2,000 columns": "SELECT " + ", ".join(f"a + b AS c{n}" for n in range(2000)) + " FROM t",
    "5,000 conditions": "SELECT a FROM t WHERE " + " OR ".join(f"b = {n}" for n in range(5000)),
    "900 additions": "SELECT " + " + ".join(["a"] * 900) + " AS x FROM t",
    "300 CTEs": "WITH c0 AS (FROM t), "
    + ", ".join(f"c{n} AS (FROM c{n - 1})" for n in range(1, 300))
    + " SELECT a FROM c299",
    "500 unions": " UNION ALL ".join(["SELECT a FROM t"] * 500),
    "doubling aliases": "SELECT a AS x0, "
    + ", ".join(f"x{n - 1} + x{n - 1} AS x{n}" for n in range(1, 300))
    + " FROM t",
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_query_takes_no_time(name):
    started = time.process_time()
    found = trace_query(LARGE[name], NAMES)

    assert time.process_time() - started < 2
    assert found.unknown is not None or {ref.relation for ref in found.reads} == {"t"}


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELEC 1", "does not parse"),
        ("", "not one statement"),
        ("SELECT 1; SELECT 2", "not one statement"),
        ("SELECT a FROM elsewhere", "elsewhere, which is not one of its inputs"),
        ("SELECT z FROM t", "no column z"),
        ("PIVOT u ON k USING sum(d)", "columns from the data"),
        ("SELECT my_macro(a) FROM t", "my_macro()"),
        ("SELECT * FROM query('SELECT a FROM t')", "query()"),
        ("SUMMARIZE t", "cannot be traced"),
        ("SELECT a FROM t AT (VERSION => 1)", "another version"),
        ("SELECT a \udc80 FROM t", "not Unicode"),
    ],
)
def test_what_cannot_be_told_is_unknown_and_says_why(sql, why):
    assert why in (trace_query(sql, NAMES).unknown or "")


def test_an_output_that_is_not_the_real_one_is_unknown():
    assert trace_query("SELECT a FROM t", NAMES, ["b"]).unknown == "column b was taken for a"
    assert trace_query("SELECT a FROM t", NAMES, ["a", "b"]).unknown is not None


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT first(a) AS x FROM t", True),
        ("SELECT string_agg(c, ',') AS x FROM t", True),
        ("SELECT arg_max(a, b) AS x FROM t", True),
        ("SELECT lag(a) OVER (ORDER BY b) AS x FROM t", True),
        ("SELECT sum(a) OVER (ORDER BY b ROWS 1 PRECEDING) AS x FROM t", True),
        ("SELECT DISTINCT ON (a) b FROM t", True),
        ("SELECT u.d FROM u POSITIONAL JOIN w", True),
        ("SELECT a FROM t USING SAMPLE 10%", True),
        ("SELECT a FROM t WHERE k IN (SELECT k FROM u LIMIT 1)", True),
        ("SELECT sum(a) OVER (ORDER BY b) AS x FROM t", False),
        ("SELECT DISTINCT a FROM t ORDER BY a", False),
        ("SELECT max(a) AS x, count(*) AS n FROM t GROUP BY k", False),
    ],
)
def test_a_query_whose_result_depends_on_the_order_of_rows_says_so(sql, ordered):
    names = duckdb_names(sql)

    assert trace_query(sql, NAMES, names).ordered is ordered


TOP = "SELECT k, count(*) AS n FROM t"
TOPS = {
    f"{TOP} GROUP BY k ORDER BY n DESC, k LIMIT 3": False,
    f"{TOP} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3": False,
    f"{TOP} GROUP BY ALL ORDER BY ALL LIMIT 3": False,
    "SELECT a, k, sum(b) AS s FROM t GROUP BY ALL ORDER BY s, k, a LIMIT 3": False,
    "SELECT a + k AS q, sum(b) AS s FROM t GROUP BY q ORDER BY s, q LIMIT 3": False,
    "SELECT sum(b) AS s FROM t GROUP BY a, k ORDER BY s, k, t.a, a OFFSET 2": False,
    f"SELECT n FROM ({TOP} GROUP BY k ORDER BY n DESC, k LIMIT 3)": False,
    f"{TOP} GROUP BY k ORDER BY n DESC LIMIT 3": True,
    f"{TOP} GROUP BY k LIMIT 3": True,
    "SELECT a, k, sum(b) AS s FROM t GROUP BY ALL ORDER BY s, k LIMIT 3": True,
    "SELECT abs(k) AS k, sum(b) AS s FROM t GROUP BY t.k ORDER BY k LIMIT 3": True,
    "SELECT abs(k) AS k, sum(b) AS s FROM t GROUP BY k ORDER BY k LIMIT 3": True,
    f"{TOP} GROUP BY ROLLUP (k) ORDER BY n DESC, k LIMIT 3": True,
    "SELECT DISTINCT count(*) AS n FROM t GROUP BY k ORDER BY n LIMIT 3": True,
    "SELECT k, unnest([a, b]) AS x FROM t GROUP BY k, a, b ORDER BY k, a, b LIMIT 3": True,
    "SELECT k, row_number() OVER () AS x FROM t GROUP BY k ORDER BY k LIMIT 3": True,
    "SELECT k, first(a) AS x FROM t GROUP BY k ORDER BY k LIMIT 3": True,
    f"SELECT k FROM ({TOP} GROUP BY k ORDER BY k) LIMIT 3": True,
}
"""Queries with LIMIT, and whether the order of the rows that they read can show."""


@pytest.mark.parametrize(("sql", "ordered"), TOPS.items())
def test_limit_after_a_sort_by_all_that_is_grouped_by_picks_the_same_rows(sql, ordered):
    names = duckdb_names(sql)

    assert trace_query(sql, NAMES, names).ordered is ordered


@pytest.mark.parametrize("sql", [sql for sql, ordered in TOPS.items() if not ordered])
def test_a_query_that_is_said_to_pick_the_same_rows_does(sql):
    import duckdb

    rows = [(n % 5, n % 3, n % 2, str(n % 7)) for n in range(40)]
    answers = set()
    for seed in range(20):
        random.Random(seed).shuffle(rows)
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute("CREATE TABLE t (a INT, k INT, b INT, c VARCHAR)")
            connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
            answers.add(tuple(connection.execute(sql).fetchall()))

    assert len(answers) == 1


def duckdb_names(sql):
    return Laboratory(seed=0).columns_of(sql)
