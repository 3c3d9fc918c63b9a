"""What a new version of a query changes: told beforehand, and checked by running both versions."""

import random
from collections import Counter
from functools import cache
from pathlib import Path

import duckdb
import pytest

from seeknal.lineage.model import NodeLineage
from seeknal.plan.categories import effect_of
from seeknal.plan.effects import ALL, inherited
from seeknal.sql.differences import Difference, difference
from seeknal.sql.lineage.trace import trace_query
from seeknal.values.column_lineage import Untraceable
from seeknal.values.columns import Column
from seeknal.values.names import NodeId

pytestmark = [pytest.mark.inside, pytest.mark.versions]

CORPUS = [
    tuple(part.strip() for part in line.replace("::", "=>").split("=>"))
    for line in (Path(__file__).parent / "corpus.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
CHILDREN = {
    "one": "SELECT id FROM n",
    "star": "SELECT * FROM n",
    "count": "SELECT count(*) AS k FROM n",
    "sum": "SELECT sum(a) AS k FROM n",
    "grouped": "SELECT a, count(*) AS k FROM n GROUP BY a",
    "filter": "SELECT id FROM n WHERE a > 3",
    "total": "SELECT max(total) AS k FROM n",
    "union": "SELECT id FROM n UNION SELECT 1",
    "positions": "SELECT * FROM n UNION ALL SELECT * FROM n",
    "distinct": "SELECT DISTINCT * FROM n",
    "exclude": "SELECT * EXCLUDE (id) FROM n",
    "struct": "SELECT n FROM n",
    "natural": "SELECT count(*) AS k FROM n NATURAL JOIN (SELECT 1 AS id, 2 AS b, 3 AS more)",
    "captured": "SELECT n.id + 1 AS b, b AS c FROM n",
    "columns": "SELECT COLUMNS('^[a-m]') FROM n",
    "list": "SELECT list(id) AS k FROM n",
    "first": "SELECT first(id) AS k FROM n",
    "limit": "SELECT id FROM n LIMIT 2",
    "window": "SELECT id, row_number() OVER () AS k FROM n",
    "join": "SELECT count(*) AS k FROM n JOIN u USING (id)",
    "subquery": "SELECT id FROM u WHERE id IN (SELECT id FROM n)",
}
IN_ORDER = {"list", "first", "limit", "window"}
NODE = NodeId("transform.n")


def database(seed):
    """Tables with random rows."""
    chance = random.Random(seed)
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(
        "CREATE TABLE t (id INTEGER, a INTEGER, b INTEGER, c DOUBLE, note VARCHAR,"
        " tags INTEGER[], s STRUCT(x INTEGER, y INTEGER))"
    )
    connection.execute("CREATE TABLE u (id INTEGER, extra INTEGER)")
    for _ in range(chance.randint(3, 12)):
        few = [chance.randint(0, 6) for _ in range(4)]
        tags = [chance.randint(0, 3) for _ in range(chance.randint(0, 3))]
        row = [few[0], few[1], few[2], few[3] / 2, chance.choice("ab"), tags]
        row.append({"x": few[1], "y": chance.randint(0, 6)})
        connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    for _ in range(chance.randint(1, 6)):
        connection.execute("INSERT INTO u VALUES (?, ?)", [chance.randint(0, 6)] * 2)
    return connection


@cache
def databases():
    return [database(seed) for seed in range(3)]


def columns_of(connection, query):
    described = connection.execute(f"DESCRIBE {query}").fetchall()
    return [Column(name, kind) for name, kind, *_ in described]


@cache
def columns_of_node(query):
    return columns_of(databases()[0], query)


def told(old, new):
    """What is told of the new version."""
    names = [[c.name for c in columns_of_node(query)] for query in (old, new)]
    return difference(old, new, *names)


@cache
def effect(old, new):
    try:
        found = told(old, new)
    except Untraceable:
        return ALL
    return effect_of(found, columns_of_node(old), columns_of_node(new))


@cache
def lineage(child, node):
    """What a child reads of the node, over the columns that a version of it gives."""
    connection = databases()[0]
    own = columns_of_node(node)
    connection.execute(f"CREATE OR REPLACE TEMPORARY VIEW n AS {node}")
    try:
        columns = tuple(columns_of(connection, child))
    except duckdb.Error:
        return None
    tables = {
        ("n",): (str(NODE), [column.name for column in own]),
        ("u",): ("source.u", ["id", "extra"]),
    }
    query = trace_query(child, tables, [column.name for column in columns])
    return NodeLineage(
        node=NodeId("transform.child"), parents=(NODE,), columns=columns, query=query
    )


def is_reached(name, old, new):
    """Whether a child would be looked at again, as a plan tells it."""
    before, after = lineage(CHILDREN[name], old), lineage(CHILDREN[name], new)
    if after is None:
        return True
    reshaped = columns_of_node(old) != columns_of_node(new)
    other = reshaped and (before.unknown is not None or before != after)
    found = inherited(after, {NODE: effect(old, new)}, other_meaning=other)
    return found.shows


@cache
def output(seed, name, node):
    """Schema and rows of a child over a version of the node; None where it cannot be asked."""
    connection = databases()[seed]
    try:
        return _asked(connection, name, node)
    except duckdb.Error:
        return None


def _asked(connection, name, node):
    connection.execute(f"CREATE OR REPLACE TEMPORARY VIEW n AS {node}")
    found = connection.execute(CHILDREN[name])
    schema = [(column[0], str(column[1])) for column in found.description]
    rows = [str(row) for row in found.fetchall()]
    return schema, rows if name in IN_ORDER else Counter(rows)


def expected(text):
    words = text.split()
    marks = {mark: {word[1:] for word in words if word[0] == mark} for mark in "+-~"}
    return "rows" in words, "order" in words, marks["+"], marks["-"], marks["~"]


def shown(found: Difference):
    return (
        bool(found.rows),
        found.order,
        set(found.added),
        set(found.removed),
        set(found.changed),
    )


def test_the_corpus_is_large_enough():
    assert len(CORPUS) >= 100


@pytest.mark.parametrize(("old", "new", "what"), CORPUS, ids=[new for _, new, _ in CORPUS])
def test_a_change_is_told_for_what_it_is(old, new, what):
    assert shown(told(old, new)) == expected(what)


@pytest.mark.parametrize(("old", "new", "what"), CORPUS, ids=[new for _, new, _ in CORPUS])
def test_no_reader_that_had_to_be_built_again_is_spared(old, new, what):
    for name, child in CHILDREN.items():
        if lineage(child, old) is None or is_reached(name, old, new):
            continue
        for seed in range(len(databases())):
            before, after = output(seed, name, old), output(seed, name, new)
            assert before is not None, (name, seed)
            assert before == after, (name, seed)


SPARED = ["+b", "+total", "+n", "-b", "-total", "~a", "~total", "order", "same"]


@pytest.mark.parametrize("what", SPARED)
def test_readers_of_nothing_that_changed_are_spared(what):
    pairs = [(old, new) for old, new, told in CORPUS if told == what]
    for old, new in pairs:
        for name in ("one", "count", "union", "join", "subquery"):
            if lineage(CHILDREN[name], old) is not None:
                assert not is_reached(name, old, new), (name, old, new)
