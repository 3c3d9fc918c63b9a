"""An edit inside of a CTE or subquery is told as it is told outside, and no less safely."""

import duckdb
import pytest
from tests.core.plan import test_categories as outside

from seeknal.plan.categories import effect_of, told
from seeknal.plan.effects import ALL, inherited
from seeknal.values.column_lineage import Untraceable
from seeknal.values.names import NodeId

pytestmark = [pytest.mark.inside, pytest.mark.versions]

CORPUS = [pair for pair in outside.CORPUS if not pair[0].startswith("WITH")]
WRAPPINGS = {
    "cte": "WITH p AS ({}\n) SELECT * FROM p",
    "from first": "WITH p AS ({}\n) FROM p",
    "chain": "WITH p AS ({}\n), q AS (SELECT * FROM p), r AS (FROM q) SELECT * FROM r",
    "subquery": "SELECT * FROM ({}\n) AS p",
    "nested": "SELECT * FROM (WITH p AS ({}\n) SELECT * FROM p) AS q",
    "beside": "WITH s AS (SELECT 1 AS one), p AS ({}\n) SELECT * FROM p",
}
READING = {
    "some": "WITH p AS ({}\n) SELECT id FROM p",
    "sums": "WITH p AS ({}\n) SELECT count(*) AS id, sum(id) AS a FROM p",
    "grouped": "WITH p AS ({}\n) SELECT id, max(a) AS a FROM p GROUP BY id",
    "joined": "WITH p AS ({}\n) SELECT p.id, u.extra AS a FROM p JOIN u ON u.id = p.id",
    "listed": "WITH p AS ({}\n) SELECT list(id) AS id FROM p",
    "limited": "WITH p AS ({}\n) SELECT id FROM p LIMIT 2",
    "sorted": "WITH p AS ({}\n) SELECT id, a FROM p ORDER BY id, a",
    "filtered": "WITH p AS ({}\n) SELECT id FROM p WHERE a > 2",
    "twice": (
        "WITH p AS ({}\n), q AS (SELECT id, a FROM p) SELECT q.id, q.a FROM q JOIN p USING (id)"
    ),
    "tested": "WITH p AS ({}\n) SELECT id FROM u WHERE id IN (SELECT id FROM p)",
    "scalar": "WITH p AS ({}\n) SELECT id, (SELECT max(a) FROM p) AS a FROM u",
    "struct": "WITH p AS ({}\n) SELECT id, p AS a FROM p",
    "excluded": "WITH p AS ({}\n) SELECT * EXCLUDE (id) FROM p",
    "united": "WITH p AS ({}\n) SELECT id FROM p UNION ALL SELECT extra FROM u",
    "whole": "WITH p AS ({}\n) FROM p UNION ALL FROM p",
    "distinct": "WITH p AS ({}\n) SELECT DISTINCT * FROM p",
    "windowed": "WITH p AS ({}\n) SELECT id, row_number() OVER (ORDER BY id) AS a FROM p",
    "captured": "WITH p AS ({}\n) SELECT id + 1 AS b, b AS a FROM p",
    "qualified": "WITH p AS ({}\n) SELECT p.id, p.a AS a FROM p ORDER BY p.id",
}


def inputs():
    connection = outside.databases()[0]
    return {NodeId(name): outside.columns_of(connection, f"FROM {name}") for name in ("t", "u")}


def between(old, new):
    connection = outside.databases()[0]
    columns = [outside.columns_of(connection, query) for query in (old, new)]
    return told(old, new, *columns, inputs()), columns


def shown(old, new):
    """Rows, order, and the columns added, removed and changed."""
    return outside.shown(between(old, new)[0])


def binds(query):
    try:
        outside.columns_of(outside.databases()[0], query)
    except duckdb.Error:
        return False
    return True


OFTEN = ("cte", "nested")


@pytest.mark.parametrize(
    "wrapping",
    [name if name in OFTEN else pytest.param(name, marks=pytest.mark.slow) for name in WRAPPINGS],
)
@pytest.mark.parametrize(("old", "new", "what"), CORPUS, ids=[new for _, new, _ in CORPUS])
def test_an_edit_inside_is_told_as_it_is_outside(old, new, what, wrapping):
    found = shown(*(WRAPPINGS[wrapping].format(query) for query in (old, new)))

    assert found == outside.expected(what)


def effect_between(old, new):
    try:
        found, columns = between(old, new)
    except Untraceable:
        return ALL
    return effect_of(found, *columns)


def is_reached(child, old, new):
    before, after = outside.lineage(child, old), outside.lineage(child, new)
    if after is None:
        return True
    reshaped = outside.columns_of_node(old) != outside.columns_of_node(new)
    other = reshaped and (before.unknown is not None or before != after)
    return inherited(after, {outside.NODE: effect_between(old, new)}, other_meaning=other).shows


def unsafe(old, new, children):
    """Readers that give something else after an edit though they are spared."""
    found = []
    for name in children:
        child = outside.CHILDREN[name]
        if outside.lineage(child, old) is None or is_reached(child, old, new):
            continue
        for seed in range(len(outside.databases())):
            before = outside.output(seed, name, old)
            if before is None or before != outside.output(seed, name, new):
                found.append((name, old, new))
    return found


FEW = ["one", "star", "list", "sum"]
PAIRS = [
    pytest.param(
        wrapping.format(old),
        wrapping.format(new),
        id=f"{name}-{new}",
        marks=() if number % 29 == place % 29 else pytest.mark.slow,
    )
    for place, (name, wrapping) in enumerate({**WRAPPINGS, **READING}.items())
    for number, (old, new, _) in enumerate(CORPUS)
]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_no_reader_that_had_to_be_built_again_is_spared(old, new):
    if not (binds(old) and binds(new)):
        pytest.skip("this reader needs columns that this version has not")

    assert unsafe(old, new, FEW) == []


ORDERS = "SELECT id, a, b FROM t WHERE b > 1"
KINDS = {
    "column added that nobody reads": (
        f"WITH o AS ({ORDERS}) SELECT id, a FROM o",
        f"WITH o AS ({ORDERS.replace('b FROM', 'b, note FROM')}) SELECT id, a FROM o",
        "same",
    ),
    "column removed that nobody reads": (
        f"WITH o AS ({ORDERS}) SELECT id, a FROM o",
        f"WITH o AS ({ORDERS.replace(', b FROM', ' FROM')}) SELECT id, a FROM o",
        "same",
    ),
    "column changed that nobody reads": (
        f"WITH o AS ({ORDERS.replace('b FROM', 'b, c FROM')}) SELECT id, a FROM o",
        f"WITH o AS ({ORDERS.replace('b FROM', 'b, c + 1 AS c FROM')}) SELECT id, a FROM o",
        "same",
    ),
    "column changed that is read": (
        f"WITH o AS ({ORDERS}) SELECT id, a FROM o",
        f"WITH o AS ({ORDERS.replace('a,', 'a + 1 AS a,')}) SELECT id, a FROM o",
        "~a",
    ),
    "column changed that is summed": (
        f"WITH o AS ({ORDERS}) SELECT id, sum(a) AS s1, count(*) AS n FROM o GROUP BY id",
        f"WITH o AS ({ORDERS.replace('a,', 'a + 1 AS a,')})"
        " SELECT id, sum(a) AS s1, count(*) AS n FROM o GROUP BY id",
        "~s1",
    ),
    "column changed that filters": (
        f"WITH o AS ({ORDERS}) SELECT id FROM o WHERE a > 1",
        f"WITH o AS ({ORDERS.replace('a,', 'a + 1 AS a,')}) SELECT id FROM o WHERE a > 1",
        "rows",
    ),
    "filter changed": (
        f"WITH o AS ({ORDERS}) SELECT id FROM o",
        f"WITH o AS ({ORDERS.replace('> 1', '> 2')}) SELECT id FROM o",
        "rows",
    ),
    "filter of one that nobody reads": (
        f"WITH o AS ({ORDERS}), x AS (SELECT 1) SELECT id FROM o",
        f"WITH o AS ({ORDERS}), x AS (SELECT 1 WHERE false) SELECT id FROM o",
        "same",
    ),
    "unused one added": (
        f"WITH o AS ({ORDERS}) SELECT id FROM o",
        f"WITH x AS (SELECT * FROM t), o AS ({ORDERS}) SELECT id FROM o",
        "same",
    ),
    "unused one removed": (
        f"WITH x AS (SELECT * FROM u), o AS ({ORDERS}) SELECT id FROM o",
        f"WITH o AS ({ORDERS}) SELECT id FROM o",
        "same",
    ),
    "put in another order": (
        f"WITH o AS ({ORDERS}), v AS (SELECT id FROM u) SELECT o.id FROM o, v",
        f"WITH v AS (SELECT id FROM u), o AS ({ORDERS}) SELECT o.id FROM o, v",
        "same",
    ),
    "renamed": (
        f"WITH o AS ({ORDERS}) SELECT o.id, a FROM o",
        f"WITH orders AS ({ORDERS}) SELECT orders.id, a FROM orders",
        "same",
    ),
    "inlined": (
        f"WITH o AS ({ORDERS}) SELECT o.id, a FROM o",
        f"SELECT o.id, a FROM ({ORDERS}) o",
        "same",
    ),
    "taken out": (
        f"SELECT o.id, a FROM ({ORDERS}) AS o",
        f"WITH o AS ({ORDERS}) SELECT o.id, a FROM o",
        "same",
    ),
    "materialized": (
        f"WITH o AS ({ORDERS}) SELECT id FROM o WHERE a > 1 ORDER BY id, a",
        f"WITH o AS MATERIALIZED ({ORDERS}) SELECT id FROM o WHERE a > 1 ORDER BY id, a",
        None,
    ),
    "recursive": (
        "WITH RECURSIVE r AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM r WHERE id < 3) FROM r",
        "WITH RECURSIVE r AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM r WHERE id < 4) FROM r",
        "rows",
    ),
    "beside a recursive one": (
        "WITH RECURSIVE r AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM r WHERE id < 3),"
        " o AS (SELECT id, a FROM t) SELECT r.id, o.a FROM r JOIN o ON o.id = r.id",
        "WITH RECURSIVE r AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM r WHERE id < 3),"
        " o AS (SELECT id, a, b FROM t) SELECT r.id, o.a FROM r JOIN o ON o.id = r.id",
        "same",
    ),
    "group keys changed": (
        "WITH o AS (SELECT id, sum(a) AS a FROM t GROUP BY id) SELECT id, a FROM o",
        "WITH o AS (SELECT id, sum(a) AS a FROM t GROUP BY id, b) SELECT id, a FROM o",
        "rows",
    ),
    "join changed": (
        "WITH o AS (SELECT t.id, a FROM t JOIN u USING (id)) SELECT id FROM o",
        "WITH o AS (SELECT t.id, a FROM t LEFT JOIN u USING (id)) SELECT id FROM o",
        "rows",
    ),
    "limit added": (
        f"WITH o AS ({ORDERS}) SELECT id FROM o",
        f"WITH o AS ({ORDERS} LIMIT 2) SELECT id FROM o",
        "rows",
    ),
    "column added up to the end": (
        f"WITH o AS ({ORDERS}), f AS (SELECT * FROM o) SELECT * FROM f",
        f"WITH o AS ({ORDERS.replace('b FROM', 'b, note FROM')}), f AS (SELECT * FROM o)"
        " SELECT * FROM f",
        "+note",
    ),
    "column that takes a name from outside": (
        "WITH o AS (SELECT id FROM t) SELECT id,"
        " (SELECT extra FROM o WHERE o.id = u.id LIMIT 1) AS a FROM u",
        "WITH o AS (SELECT id, 7 AS extra FROM t) SELECT id,"
        " (SELECT extra FROM o WHERE o.id = u.id LIMIT 1) AS a FROM u",
        "~a",
    ),
    "name exchanged with another's": (
        "WITH o AS (SELECT id FROM t), v AS (SELECT extra AS id FROM u) SELECT id FROM o",
        "WITH v AS (SELECT id FROM t), o AS (SELECT extra AS id FROM u) SELECT id FROM o",
        "rows",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_edit_is_told_for_what_it_is(kind):
    old, new, what = KINDS[kind]

    found = shown(old, new)

    assert what is None or found == outside.expected(what)
    assert unsafe(old, new, FEW) == []
