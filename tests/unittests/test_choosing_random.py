"""What is said of the chosen rows holds for random queries over random tables."""

from __future__ import annotations

import random
from collections import Counter

import duckdb
import pytest

from seeknal.unittests.choosing.choose import choose
from seeknal.values.columns import Column
from seeknal.values.names import NodeId

pytestmark = [pytest.mark.inside]

TABLES = {
    NodeId("source.a"): [Column("k", "INTEGER"), Column("v", "INTEGER"), Column("s", "VARCHAR")],
    NodeId("source.b"): [Column("k", "INTEGER"), Column("w", "INTEGER"), Column("d", "DATE")],
}


def table(draw: random.Random, node: NodeId) -> str:
    """A table of some rows, many of which are alike."""
    values = {
        "k": lambda: draw.choice(("NULL", *map(str, range(9)))),
        "v": lambda: draw.choice(("NULL", "0", "1", "5", "10", "11", "50")),
        "w": lambda: draw.choice(("NULL", "0", "2", "10", "99")),
        "s": lambda: draw.choice(("NULL", "'x'", "'y'", "'Z'")),
        "d": lambda: draw.choice(("NULL", "DATE '2024-01-31'", "DATE '2024-02-01'")),
    }
    columns = TABLES[node]
    rows = [
        f"({', '.join(values[column.name]() for column in columns)})"
        for _ in range(draw.randint(20, 90))
    ]
    names = ", ".join(column.name for column in columns)
    types = ", ".join(
        f"CAST({column.name} AS {column.type}) AS {column.name}" for column in columns
    )
    return f"CREATE TABLE {node} AS SELECT {types} FROM (VALUES {', '.join(rows)}) AS t({names})"


def condition(draw: random.Random) -> str:
    return draw.choice(
        (
            "a.v > 5",
            "a.v BETWEEN 1 AND 10",
            "a.s <> 'x'",
            "a.s IN ('x', 'y')",
            "b.w IS NOT NULL",
            "coalesce(b.w, 10) >= 10",
            "b.d < DATE '2024-02-01'",
            "a.v IN (SELECT w FROM source.b)",
            "NOT EXISTS (SELECT 1 FROM source.b AS c WHERE c.w = a.v)",
        )
    )


def query(draw: random.Random) -> str:
    """A query of a join, with conditions, and groups, a window or DISTINCT on top."""
    join = draw.choice(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"))
    word = draw.choice((" AND ", " OR "))
    where = word.join(condition(draw) for _ in range(draw.randint(1, 3)))
    rows = f"source.a AS a {join} source.b AS b ON b.k = a.k WHERE {where}"
    return draw.choice(
        (
            f"SELECT a.k, a.v, b.w FROM {rows}",
            f"SELECT DISTINCT a.s, b.d FROM {rows}",
            f"SELECT a.s, count(*) AS n, sum(b.w) AS w, max(a.v) AS v FROM {rows} GROUP BY a.s",
            f"SELECT b.d, count(DISTINCT a.v) AS n FROM {rows} GROUP BY b.d HAVING count(*) > 2",
            "SELECT k, v, CASE WHEN v > 10 THEN 'big' WHEN v > 1 THEN s ELSE 'none' END AS size,"
            f" rank() OVER (PARTITION BY k ORDER BY v) AS place FROM (SELECT a.* FROM {rows}) AS r",
            f"SELECT a.k FROM {rows} UNION SELECT w FROM source.b WHERE w > 1",
        )
    )


SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 100))]


@pytest.mark.parametrize("seed", SEEDS)
def test_goals_that_are_said_to_be_met_are_met(seed):
    draw = random.Random(seed)
    sql = query(draw)
    with duckdb.connect() as connection, duckdb.connect() as fresh:
        for database in (connection, fresh):
            database.execute("CREATE SCHEMA source")
        for node in TABLES:
            connection.execute(table(draw, node))

        choice = choose(connection.cursor(), sql, TABLES, budget=60)

        for node, rows in choice.kept.items():
            among = ", ".join(map(str, rows)) or "NULL"
            found = connection.execute(f"SELECT * FROM {node} WHERE rowid IN ({among})").fetchall()
            described = ", ".join(f"{column.name} {column.type}" for column in TABLES[node])
            fresh.execute(f"CREATE TABLE {node} ({described})")
            for row in found:
                fresh.execute(f"INSERT INTO {node} VALUES (?, ?, ?)", row)
        right = Counter(fresh.execute(sql).fetchall())
        same = [
            goal.words
            for goal in choice.reached
            if Counter(fresh.execute(goal.rungs[0]).fetchall()) == right
        ]
        unshown = [
            goal.words
            for goal in choice.unshown
            if (given := given_by(connection, goal.rungs[0])) is not None
            and given != given_by(connection, sql)
        ]
    assert choice.reached, sql
    assert same == [], sql
    assert unshown == [], sql
    assert max(len(rows) for rows in choice.kept.values()) <= 40, sql


def given_by(connection: duckdb.DuckDBPyConnection, sql: str) -> Counter[tuple[object, ...]] | None:
    try:
        return Counter(connection.execute(sql).fetchall())
    except duckdb.Error:
        return None
