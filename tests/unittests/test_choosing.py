"""Rows are chosen so that what people break in a query gives another result over them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import duckdb
import pytest

from seeknal.unittests.choosing.choose import choose
from seeknal.unittests.choosing.goals import Choice
from seeknal.values.columns import Column
from seeknal.values.names import NodeId

pytestmark = [pytest.mark.inside, pytest.mark.versions]

ORDERS, CUSTOMERS = NodeId("source.orders"), NodeId("transform.customers")
DAYS = ("2024-02-28", "2024-02-29", "2024-03-01", "2024-04-15", "2024-05-31", "2024-06-01")
AMOUNTS = (None, 10, 49, 50, 51, 60, 61, 75, 89, 90, 91, 92, 95, 96, 99)
STATES = (None, "open", "shipped", "done")


def filled(connection: duckdb.DuckDBPyConnection) -> None:
    """Tables of a shop: orders without customers, customers without orders, and much alike."""
    draw = random.Random(5)
    customers = [(number, f"name {number}", draw.choice((None, 1, 2))) for number in range(1, 61)]
    orders = [
        (
            number,
            draw.choice((None, *range(1, 51))),
            draw.choice(AMOUNTS),
            draw.choice(DAYS),
            draw.choice(STATES),
        )
        for number in range(160)
    ]
    connection.execute("CREATE SCHEMA source")
    connection.execute("CREATE SCHEMA transform")
    connection.execute(
        "CREATE TABLE source.orders"
        " (id INTEGER, customer INTEGER, amount INTEGER, day DATE, status VARCHAR)"
    )
    connection.execute(
        "CREATE TABLE transform.customers (id INTEGER, name VARCHAR, region INTEGER)"
    )
    connection.executemany("INSERT INTO source.orders VALUES (?, ?, ?, ?, ?)", orders)
    connection.executemany("INSERT INTO transform.customers VALUES (?, ?, ?)", customers)


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        filled(connection)
        yield connection


def columns(connection: duckdb.DuckDBPyConnection, *nodes: NodeId) -> dict[NodeId, list[Column]]:
    described = {
        node: connection.execute(f'DESCRIBE "{node.kind}"."{node.name}"').fetchall()
        for node in nodes
    }
    return {node: [Column(row[0], row[1]) for row in rows] for node, rows in described.items()}


def chosen(connection: duckdb.DuckDBPyConnection, sql: str, *, budget: float = 60) -> Choice:
    tables = columns(connection, ORDERS, CUSTOMERS)
    return choose(connection.cursor(), sql, tables, budget=budget)


def over(
    connection: duckdb.DuckDBPyConnection, choice: Choice, sql: str
) -> Counter[tuple[object, ...]]:
    """What a query gives over the chosen rows alone."""
    with duckdb.connect() as fresh:
        for node, rows in choice.kept.items():
            table = f'"{node.kind}"."{node.name}"'
            place = {row: number for number, row in enumerate(rows)}
            found = connection.execute(f"SELECT rowid, * FROM {table}").fetchall()
            kept = sorted((row for row in found if row[0] in place), key=lambda row: place[row[0]])
            described = connection.execute(f"DESCRIBE {table}").fetchall()
            fresh.execute(f'CREATE SCHEMA IF NOT EXISTS "{node.kind}"')
            fresh.execute(
                f"CREATE TABLE {table} ({', '.join(f'{one[0]} {one[1]}' for one in described)})"
            )
            marks = ", ".join("?" * len(described))
            for row in kept:
                fresh.execute(f"INSERT INTO {table} VALUES ({marks})", row[1:])
        return Counter(fresh.execute(sql).fetchall())


JOIN = (
    "SELECT o.id, c.name FROM source.orders AS o"
    " JOIN transform.customers AS c ON c.id = o.customer WHERE o.amount > 90"
)
PAIRS = JOIN.removesuffix(" WHERE o.amount > 90")
LEFT = JOIN.replace(" JOIN", " LEFT JOIN")
TOTALS = "SELECT status, sum(amount) AS total FROM source.orders GROUP BY status"
SIZES = (
    "SELECT id, CASE WHEN amount > 95 THEN 'big' WHEN amount > 50 THEN 'middle' ELSE 'small' END"
    " AS size FROM source.orders WHERE status = 'open'"
)
LATEST = (
    "SELECT * FROM (SELECT customer, id, row_number() OVER"
    " (PARTITION BY customer ORDER BY day DESC, id) AS place FROM source.orders) WHERE place = 1"
)
RUNNING = (
    "SELECT id, sum(amount) OVER (PARTITION BY customer ORDER BY id"
    " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS total FROM source.orders"
)
BUSY = (
    "SELECT c.id, count(*) AS orders FROM source.orders AS o"
    " JOIN transform.customers AS c ON c.id = o.customer GROUP BY c.id HAVING count(*) > 3"
)
ABSENT = (
    "SELECT id FROM transform.customers AS c WHERE NOT EXISTS"
    " (SELECT 1 FROM source.orders AS o WHERE o.customer = c.id AND o.amount > 91)"
)
TOP = "SELECT id, amount FROM source.orders WHERE amount < 99 ORDER BY amount DESC, id LIMIT 3"
SPRING = (
    "WITH spring AS (SELECT * FROM source.orders WHERE day >= DATE '2024-03-01'"
    " AND day < DATE '2024-06-01')"
    " SELECT count(*) AS orders, count(status) AS known, avg(amount) AS usual FROM spring"
)

BOUGHT = (
    "SELECT c.name FROM transform.customers AS c"
    " SEMI JOIN source.orders AS o ON o.customer = c.id AND o.status = 'done'"
)
STATES_OF = (
    "SELECT customer, string_agg(DISTINCT status, ',' ORDER BY status) AS states"
    " FROM source.orders GROUP BY customer"
)

BROKEN = {
    "a bound that is taken in": (JOIN, "> 90", ">= 90"),
    "a filter that is left out": (JOIN, " WHERE o.amount > 90", ""),
    "a nudged constant": (JOIN, "> 90", "> 91"),
    "a nudged constant, the other way": (JOIN, "> 90", "> 89"),
    "rows without a partner kept": (JOIN, " JOIN", " LEFT JOIN"),
    "rows without a partner kept of the other": (PAIRS, " JOIN", " RIGHT JOIN"),
    "rows without a partner lost": (LEFT, " LEFT JOIN", " JOIN"),
    "another key": (JOIN, "c.id = o.customer", "c.id = o.id"),
    "another aggregate": (TOTALS, "sum(", "max("),
    "duplicates counted once": (TOTALS, "sum(", "sum(DISTINCT "),
    "NULL left out": (TOTALS, " GROUP BY", " WHERE status IS NOT NULL GROUP BY"),
    "NULL made something": (TOTALS, "status, sum", "coalesce(status, 'open') AS status, sum"),
    "a case left out": (SIZES, " WHEN amount > 50 THEN 'middle'", ""),
    "the first case left out": (SIZES, " WHEN amount > 95 THEN 'big'", ""),
    "a case whose bound is taken in": (SIZES, "amount > 95", "amount >= 95"),
    "another state": (SIZES, "= 'open'", "= 'done'"),
    "the first instead of the last": (LATEST, "DESC", "ASC"),
    "no partitions": (LATEST, "PARTITION BY customer ", ""),
    "two of each instead of one": (LATEST, "place = 1", "place <= 2"),
    "a wider frame": (RUNNING, "2 PRECEDING", "3 PRECEDING"),
    "a narrower frame": (RUNNING, "2 PRECEDING", "1 PRECEDING"),
    "no frame": (RUNNING, " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", ""),
    "no condition of groups": (BUSY, " HAVING count(*) > 3", ""),
    "another condition of groups": (BUSY, "> 3", "> 4"),
    "not there instead of there": (ABSENT, "NOT EXISTS", "EXISTS"),
    "a condition less inside": (ABSENT, " AND o.amount > 91", ""),
    "another limit": (TOP, "LIMIT 3", "LIMIT 2"),
    "the other end": (TOP, "amount DESC", "amount"),
    "a day earlier": (SPRING, "2024-03-01", "2024-02-29"),
    "a day later": (SPRING, "2024-06-01", "2024-06-02"),
    "rows counted instead of values": (SPRING, "count(status)", "count(*)"),
    "sum instead of average": (SPRING, "avg(", "sum("),
    "partners counted": (BOUGHT, "SEMI JOIN", "JOIN"),
    "duplicates in a list": (STATES_OF, "DISTINCT ", ""),
}


@pytest.fixture(scope="module")
def choices() -> Iterator[dict[str, tuple[duckdb.DuckDBPyConnection, Choice]]]:
    """What was chosen for each query, found once."""
    with duckdb.connect() as connection:
        filled(connection)
        queries = dict.fromkeys(sql for sql, _, _ in BROKEN.values())
        yield {sql: (connection, chosen(connection, sql)) for sql in queries}


@pytest.mark.parametrize(("sql", "old", "new"), BROKEN.values(), ids=BROKEN)
def test_what_people_break_gives_another_result_over_the_chosen_rows(choices, sql, old, new):
    connection, choice = choices[sql]
    broken = sql.replace(old, new)

    right, wrong = (over(connection, choice, one) for one in (sql, broken))

    assert Counter(connection.execute(broken).fetchall()) != Counter(
        connection.execute(sql).fetchall()
    )
    assert right
    assert wrong != right


def test_few_rows_are_chosen(choices):
    counts = {sql: [len(rows) for rows in one.kept.values()] for sql, (_, one) in choices.items()}

    biggest = max(max(one) for one in counts.values())

    assert biggest <= 30


def test_every_goal_that_the_rows_show_is_met(choices):
    missed = {
        sql: [one.goal.words for one in choice.unreached if one.goal.theme != "inputs"]
        for sql, (_, choice) in choices.items()
    }

    assert {sql: words for sql, words in missed.items() if words} == {}


def test_a_table_that_is_not_read_has_no_rows(shop):
    choice = chosen(shop, TOTALS)

    assert choice.kept[CUSTOMERS] == ()
    assert choice.kept[ORDERS]


def test_goals_are_said_in_words_with_their_line(shop):
    choice = chosen(shop, "SELECT id\nFROM source.orders\nWHERE amount > 90")

    words = [goal.words for goal in choice.reached]

    assert "without the condition amount > 90 in line 3" in words
    assert "amount >= 90 instead of amount > 90 in line 3" in words


def test_a_goal_that_no_row_shows_is_told_apart(shop):
    choice = chosen(shop, "SELECT id FROM source.orders WHERE id < 1000")

    words = [goal.words for goal in choice.unshown]

    assert "without the condition id < 1000 in line 1" in words


def test_the_same_rows_give_the_same_choice(shop):
    first, second = (chosen(shop, LATEST) for _ in range(2))

    assert first.kept == second.kept


def test_what_a_query_gives_over_the_chosen_rows_does_not_depend_on_their_order(shop):
    unordered = LATEST.replace(", id)", ")")
    choice = chosen(shop, unordered)

    turned = Choice(
        kept={node: rows[::-1] for node, rows in choice.kept.items()},
        reached=(),
        unreached=(),
    )

    assert over(shop, choice, unordered) == over(shop, turned, unordered)
    assert len(choice.kept[ORDERS]) > 3


def test_columns_that_chance_makes_are_left_out(shop):
    choice = chosen(shop, "SELECT uuid() AS key, amount FROM source.orders WHERE amount > 90")

    assert choice.unstable == ("key",)
    assert "amount >= 90 instead of amount > 90 in line 1" in [g.words for g in choice.reached]


def test_rows_are_chosen_for_sql_that_only_duckdb_understands(shop):
    sql = "SELECT id, (id % 5)! AS ways FROM source.orders WHERE amount > 60"

    choice = chosen(shop, sql)

    assert over(shop, choice, sql)
    assert "the result has rows" in [goal.words for goal in choice.reached]
    assert 0 < len(choice.kept[ORDERS]) <= 25


def test_no_more_time_is_taken_than_there_is(shop):
    choice = chosen(shop, BUSY, budget=0)

    assert {one.why for one in choice.unreached} == {"the time was over"}
    assert choice.reached == ()


def test_the_connection_is_left_as_it_was(shop):
    chosen(shop, JOIN)

    databases: Sequence[tuple[str]] = shop.execute(
        "SELECT database_name FROM duckdb_databases() WHERE NOT internal"
    ).fetchall()

    assert databases == [("memory",)]
    assert shop.execute("SELECT count(*) FROM source.orders").fetchall() == [(160,)]
