"""Every aggregate of DuckDB's catalogue: does the order of the rows show in what it gives?"""

import itertools
import random

import duckdb
import pytest

from seeknal.sql.differences import difference
from seeknal.sql.lineage.trace import trace_query
from seeknal.values.column_lineage import ColumnRef

pytestmark = [pytest.mark.inside, pytest.mark.versions]

COLUMNS = {
    "i": ("INTEGER", ["3", "1", "2", "3", "NULL", "7", "1"]),
    "j": ("INTEGER", ["1", "1", "2", "2", "5", "0", "7"]),
    "h": ("HUGEINT", ["3", "1", "2", "3", "NULL", "170141183460469231731687303715884105", "1"]),
    "n": ("DECIMAL(18, 3)", ["1.105", "0.333", "2.718", "1.105", "NULL", "900000.001", "0.333"]),
    "d": ("DOUBLE", ["0.1", "1e16", "0.7", "-1e16", "NULL", "-0.0", "0.0"]),
    "z": ("DOUBLE", ["0.0", "-0.0", "0.0", "-0.0", "NULL", "-0.0", "0.0"]),
    "f": ("FLOAT", ["0.1", "1e8", "0.7", "-1e8", "NULL", "-0.0", "0.0"]),
    "c": ("VARCHAR", ["'p'", "'q'", "'P'", "'pq'", "NULL", "'p'", "'r'"]),
    "t": ("TIMESTAMP", [f"'2020-01-0{n} 0{n}:00:00'" for n in (3, 1, 2, 3, 5, 7, 1)]),
    "y": ("DATE", [f"'2020-01-0{n}'" for n in (3, 1, 2, 3, 5, 7, 1)]),
    "v": (
        "INTERVAL",
        ["'30 days'", "'1 month'", "'1 day'", "'24 hours'", "NULL", "'1 day'", "'2 days'"],
    ),
    "b": ("BOOLEAN", ["true", "false", "NULL", "true", "true", "false", "true"]),
    "l": ("INTEGER[]", ["[1]", "[2, 1]", "NULL", "[3]", "[1]", "[]", "[1]"]),
    "s": (
        "STRUCT(x INTEGER, y INTEGER)",
        [f"{{x: {n}, y: {n % 2}}}" for n in (3, 1, 2, 3, 5, 7, 1)],
    ),
    "o": ("JSON", [f"""'{{"k{n}": {n}}}'""" for n in (3, 1, 2, 3, 5, 7, 1)]),
    "q": ("BIT", ["'011'", "'110'", "'011'", "'111'", "NULL", "'000'", "'010'"]),
}
NAMES = {("p",): ("p", tuple(COLUMNS))}
INEXACT = frozenset("dzfv")
OTHERS = ["'x'", "2", "0.3", "[0.3, 0.8]", "0.3::DOUBLE"]


def aggregates():
    """Every function, macros too, that makes one row of several."""
    connection = duckdb.connect(config={"threads": 1})
    rows = connection.execute(
        "SELECT lower(function_name) AS name, max(len(parameters)),"
        " bool_or(function_type = 'macro')"
        " FROM duckdb_functions() WHERE function_type IN ('aggregate', 'macro')"
        " AND function_name SIMILAR TO '\\w+' AND function_name <> 'pg_sleep'"
        " GROUP BY name ORDER BY name"
    )
    found = []
    for name, count, macro in rows.fetchall():
        calls = [
            f"SELECT {name}({', '.join([first, 'range', 'range'][:count])}) FROM range(3)"
            for first in ("range", "range::VARCHAR")
        ]
        if not macro or any(_rows(connection, sql) == 1 for sql in calls):
            found.append(name)
    return found


def _rows(connection, sql):
    try:
        return len(connection.execute(sql).fetchall())
    except duckdb.Error:
        return None


def expressions(name, short):
    """Calls over columns, pairs with a constant, and pairs of columns."""
    columns = "icz" if short else COLUMNS
    yield from (f"{name}({column})" for column in columns)
    yield from (
        f"{name}({column}, {other})" for column in columns for other in OTHERS[:: 3 if short else 1]
    )
    pairs = ("ij", "ci", "dj") if short else itertools.product("ijdnctz", repeat=2)
    yield from (f"{name}({a}, {b})" for a, b in pairs)
    yield from (f"{name}({column}, j, 2)" for column in "idc"[short:])
    yield f"{name}(i, 0, 9)"
    yield from (f"{name}(0.3) WITHIN GROUP (ORDER BY {column})" for column in "idcz"[short:])
    yield from (f"{name}() WITHIN GROUP (ORDER BY {column})" for column in "idcz"[short:])


class Orders:
    """The same rows in several orders."""

    def __init__(self, count):
        rows = list(zip(*(values for _, values in COLUMNS.values()), strict=True))
        self.connection = duckdb.connect(config={"threads": 1})
        shuffled = random.Random(7)
        for number in range(count):
            listed = ", ".join(
                "("
                + ", ".join(
                    f"CAST({value} AS {kind})"
                    for value, (kind, _) in zip(row, COLUMNS.values(), strict=True)
                )
                + ")"
                for row in rows
            )
            self.connection.execute(
                f"CREATE TABLE p{number} AS"
                f" SELECT * FROM (VALUES {listed}) AS r({', '.join(COLUMNS)})"
            )
            shuffled.shuffle(rows)
        self.count = count

    def answers(self, sql):
        """What each order gives; empty where the query is none."""
        found = set()
        for number in range(self.count):
            try:
                found.add(str(self.connection.execute(sql.format(f"p{number}")).fetchall()))
            except duckdb.Error:
                return set()
        return found


@pytest.fixture(scope="module")
def orders():
    return Orders(6)


def missed(queries, orders, wrapped="{}"):
    """Queries whose result depends on the order of rows though their lineage denies it.

    ``wrapped`` goes around a query that is run, so that only its rows show and not their order.
    """
    inexact = frozenset(ColumnRef("p", column) for column in INEXACT)
    found = []
    for sql in queries:
        if len(orders.answers(wrapped.replace("{}", sql))) < 2:
            continue
        lineage = trace_query(sql.format("p"), NAMES, ["x"], inexact=inexact)
        if not lineage.ordered and lineage.unknown is None:
            found.append(sql)
    return found


LENGTHS = [True, pytest.param(False, marks=pytest.mark.slow)]


@pytest.mark.parametrize("short", LENGTHS)
def test_every_aggregate_that_shows_the_order_of_rows_is_known_to(orders, short):
    calls = [call for name in aggregates() for call in expressions(name, short)]

    assert missed([f"SELECT {call}::VARCHAR AS x FROM {{}}" for call in calls], orders) == []


@pytest.mark.parametrize("short", LENGTHS)
def test_every_aggregate_over_a_window_that_shows_the_order_of_rows_is_known_to(orders, short):
    queries = [
        f"SELECT ({name}({column}) OVER ({window}))::VARCHAR AS x FROM {{}}"
        for name in aggregates()
        for column in ("id" if short else "idcz")
        for window in ("ORDER BY j", "", "PARTITION BY j")[: 1 if short else 3]
    ]

    assert missed(queries, orders, "SELECT list(x ORDER BY x) FROM ({})") == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT z AS x FROM {} GROUP BY z ORDER BY z",
        "SELECT DISTINCT z AS x FROM {} ORDER BY z",
        "SELECT DISTINCT v AS x FROM {} ORDER BY v",
        "SELECT z AS x FROM {} UNION SELECT 5.0::DOUBLE ORDER BY 1",
        "SELECT sum(h) AS x FROM (SELECT i / 7 AS h FROM {} WHERE i IS NOT NULL)",
        "WITH c AS (SELECT d AS e FROM {}) SELECT sum(e) AS x FROM c",
        "SELECT sum(i::DOUBLE * 1e16 + j / 3) AS x FROM {}",
        "SELECT sum(sqrt(i)) AS x FROM {}",
        "SELECT max(c COLLATE NOCASE) AS x FROM {}",
        "SELECT sum(s['x'] / 7) AS x FROM {}",
        "SELECT sum(CASE WHEN i > 1 THEN 0.1::DOUBLE ELSE 1e16 * (2 - j) END) AS x FROM {}",
        "SELECT sum(coalesce(d, 1)) AS x FROM {}",
        "SELECT sum(list_sum([d, 1])) AS x FROM {}",
        "SELECT json_group_object(c, i)::VARCHAR AS x FROM {} WHERE c IS NOT NULL",
        "SELECT list_sort([max(z)])::VARCHAR AS x FROM {}",
    ],
)
def test_equal_values_that_differ_and_sums_that_round_show_the_order_of_rows(sql, orders):
    assert missed([sql], orders) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum(i) AS x FROM p",
        "SELECT avg(i) AS x FROM p",
        "SELECT sum(n * i) AS x FROM p",
        "SELECT sum(i + 1) AS x FROM p GROUP BY date_trunc('month', t)",
        "SELECT sum(CASE WHEN d > 0.5 THEN i ELSE 0 END) AS x FROM p",
        "SELECT sum(d::BIGINT) AS x FROM p",
        "SELECT max(lower(c)) AS x FROM p",
        "SELECT max(strftime(t, '%Y')) AS x FROM p GROUP BY year(t)",
        "SELECT count(d) AS x FROM p",
        "SELECT count(DISTINCT d) AS x FROM p",
        "SELECT median(i) AS x FROM p",
        "SELECT sum(coalesce(i, j)) AS x FROM p",
        "WITH c AS (SELECT i, d FROM p) SELECT sum(i) AS x FROM c",
    ],
)
def test_exact_sums_do_not_show_the_order_of_rows(sql, orders):
    inexact = frozenset(ColumnRef("p", column) for column in INEXACT)

    lineage = trace_query(sql, NAMES, ["x"], inexact=inexact)

    assert (lineage.unknown, lineage.ordered) == (None, False)
    assert len(orders.answers(sql.replace("FROM p", "FROM {}") + " ORDER BY ALL")) == 1


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT json_group_array(a) AS x FROM t", "aggregates"),
        ("SELECT geomean(a) AS x FROM t", "aggregates"),
        ("SELECT regexp_split_to_table(note, ',') AS x FROM t", "UNNEST"),
    ],
)
def test_a_macro_over_an_aggregate_makes_other_rows(sql, rows):
    found = difference("SELECT a AS x FROM t", sql, ["x"], ["x"])

    assert rows in found.rows
