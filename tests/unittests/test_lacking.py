"""Which columns a query reads of inputs that do not tell all of theirs."""

from __future__ import annotations

import pytest

from seeknal.unittests.lacking import lacking
from seeknal.values.names import NodeId

pytestmark = [pytest.mark.inside]

A, B = NodeId("source.a"), NodeId("source.b")


@pytest.mark.parametrize(
    ("sql", "of_a", "of_b"),
    [
        ("SELECT id, region FROM source.a", ["region"], []),
        ("SELECT a.region FROM source.a", ["region"], []),
        (
            "SELECT x.region, y.name FROM source.a x JOIN source.b y ON x.id = y.id",
            ["region"],
            ["name"],
        ),
        ("SELECT count(*) FROM source.b JOIN source.a USING (key)", ["key"], ["key"]),
        ("SELECT name FROM source.a LEFT JOIN source.b b USING (id)", ["name"], []),
        ("SELECT upper(region) AS region FROM source.a WHERE region > 'a'", ["region"], []),
        ("SELECT id AS one FROM source.a WHERE one > 3", [], []),
        ("SELECT id + 1 AS one, one + 1 AS two FROM source.a", [], []),
        ("WITH c AS (SELECT * FROM source.a) SELECT region FROM c", ["region"], []),
        ("SELECT region FROM (SELECT id FROM source.a)", [], []),
        (
            "SELECT id FROM source.a WHERE EXISTS (FROM source.b WHERE b.to = a.fro)",
            ["fro"],
            ["to"],
        ),
        ("SELECT place.street FROM source.a", ["place"], []),
        ("SELECT a FROM source.a", [], []),
        ("SELECT list_transform(parts, x -> x + 1) FROM source.a", ["parts"], []),
        ("SELECT * EXCLUDE (seen) FROM source.a", ["seen"], []),
        (
            "SELECT row_number() OVER (PARTITION BY who ORDER BY day) FROM source.a",
            ["who", "day"],
            [],
        ),
        ("SELECT n FROM (SELECT key, max(id) AS n FROM source.a GROUP BY key)", ["key"], []),
        ("SELECT (SELECT max(far) FROM source.b) FROM source.a WHERE near", ["near"], ["far"]),
        ("WITH c(far) AS (SELECT id FROM source.a) SELECT far FROM c, source.b", [], []),
        (
            "SELECT cost FROM source.a, source.b"
            " WHERE cost = (SELECT min(cost) FROM source.b WHERE part = whole)",
            ["cost"],
            ["cost", "part", "whole"],
        ),
        ("SELECT id FROM source.a UNION ALL SELECT key FROM source.b", [], ["key"]),
        ("SELECT amuont FROM source.a", [], []),
        ("SELECT amount, amounts FROM source.a", ["amounts"], []),
        ("SELECT not sql at all", [], []),
    ],
)
def test_columns_are_of_the_table_that_may_have_them(sql, of_a, of_b):
    found = lacking(sql, {A: ["id", "amount"], B: ["id"]}, whole=())

    assert found.get(A, []) == of_a
    assert found.get(B, []) == of_b


def test_a_table_of_which_all_columns_are_known_gets_none():
    found = lacking("SELECT a.x, b.y FROM source.a, source.b", {A: ["id"], B: ["id"]}, whole={A})

    assert found == {B: ["y"]}
