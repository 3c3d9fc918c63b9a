"""One mistake of a query hides no other, and what only follows from one is not told."""

import re

DATA = {
    "data/orders.csv": """
        order_id,customer_id,ordered_on,amount,status
        1,1,2026-01-01,10.5,paid
    """,
    "data/customers.csv": """
        customer_id,name,region,since
        1,Ann,north,2025-01-01
    """,
    "seeknal/sources.yml": """
        kind: source
        name: o
        source: csv
        table: data/orders.csv
        ---
        kind: source
        name: c
        source: csv
        table: data/customers.csv
    """,
}
HIDDEN = [
    # Each ^ stands before what is told.
    "SELECT c.customer_id, ^e.nope AS nope, c.region ^+ 1 AS r FROM c JOIN o ON"
    " c.customer_id = o.customer_id JOIN o AS o2 USING (^order_idd)",
    "SELECT o.order_id, ^nosuch AS n FROM o JOIN o AS p USING (order_id, ^amoutt, ^statuss)",
    "SELECT customer_id, ^status, sum(amount) AS t FROM o WHERE ^sum(amount) > 3"
    " GROUP BY customer_id",
    "SELECT order_id, ^substrin(status, 1) AS s FROM o ^UNION ALL SELECT order_id FROM o",
    "WITH u AS (SELECT order_id, amount FROM o ^UNION SELECT customer_id FROM c)"
    " SELECT ^nada FROM u",
    "SELECT * EXCLUDE (^amout) FROM o WHERE ordered_on > ^'someday' AND ^c.status = 'paid'",
    "SELECT * EXCLUDE (^amout, ^statu) FROM o WHERE ^nope = 1",
    "SELECT * EXCLUDE ^amout FROM o WHERE ^nope = 1",
    "SELECT * REPLACE (1 AS ^nope) FROM o WHERE ^nada = 1",
    "WITH x AS (SELECT ^nope FROM o), y AS (SELECT ^nada FROM c) SELECT * FROM x, y",
    "WITH x AS (SELECT ^amoutt FROM o) SELECT ^nosuch, ^lenght('a') AS l FROM x",
    "SELECT ^summ(^amoutt) OVER (PARTITION BY ^statu) AS s, ^nada, ^lenght(^state) AS l FROM o",
    "SELECT order_id FROM o WHERE order_id IN ^(SELECT customer_id, name FROM c) AND ^nope = 1",
    "SELECT ^year(status) AS y, ^nope FROM o WHERE ordered_on ^+ status > 1 ORDER BY ^nada",
    "SELECT ^nope FROM o JOIN c ON o.customer_id ^= c.since WHERE status ~ ^'(a'",
    "SELECT ^row_number() AS n, sum(^count(*)) AS q, ^nope FROM o",
    "SELECT order_id FROM o, ^nada AS n WHERE n.x = 1 AND ^o.nope = 2 AND ^lenght(status) > 3",
    "SELECT ^x.*, ^nope FROM o",
    "SELECT ^lenght(o.status) AS l, x.b, b FROM o JOIN ^ref('source.orders') AS x USING (order_id)"
    " WHERE ^o.nope = x.a",
    "SELECT ^lenght(o.status) AS l, ordrs.b FROM o JOIN ^transform.ordrs USING (order_id)",
    "SELECT ^lenght(x.status) AS l, y.b FROM ref('source.o') AS x, ^q0 AS y WHERE ^x.nope = 1",
    "/* --- {dialect: postgres} --- */ SELECT a.nope FROM ^ref('source.ordrs') AS a",
    "SELECT e.a, ^o.nope FROM o JOIN ^nada AS e ON ^lenght(e.a) = 1",
    "SELECT list_transform([1, 2], x ^-> ^x.foo) AS l, amount.^b AS b, ^-status AS s,"
    " status ^BETWEEN 3 AND 4 AS k, ^nope FROM o",
]
FOLLOWING = [
    "SELECT year(^nosuch) AS y FROM o",
    "SELECT d - INTERVAL 1 DAY AS a, year(d) AS b, d LIKE 'x' AS c, abs(d) AS e, d ~ 'x' AS f"
    " FROM (SELECT ^nosuch AS d FROM o)",
    "SELECT status, count(*) AS n FROM o GROUP BY ^statuss",
    "SELECT amount + ^lenght(status) AS a, count(*) AS n FROM o GROUP BY amount + length(status)",
    "WITH x AS (SELECT ^amoutt FROM o) SELECT amount FROM x",
    "WITH x AS (SELECT amount * 2 AS twice FROM o), y AS (SELECT ^twic FROM x) SELECT twice FROM y",
    "WITH x AS (SELECT ^k.* FROM o) SELECT amount, status FROM x",
    "SELECT order_id FROM o JOIN o AS p USING (^order_idd)",
    "SELECT ^e.* FROM o UNION SELECT customer_id, name FROM c",
    "SELECT * EXCLUDE (^amout) FROM o UNION ALL SELECT order_id, customer_id, ordered_on, status"
    " FROM o",
    "SELECT ^custmer_id FROM o UNION SELECT customer_id FROM c ORDER BY customer_id",
    "SELECT status, n.x, sum(y) AS z FROM ^nada AS n GROUP BY ALL",
    "SELECT order_id FROM o QUALIFY ^row_numbr() OVER (ORDER BY amount) = 1",
    "SELECT order_id FROM o WHERE coalesce(^nosuch, 1) > DATE '2026-01-01'",
    "SELECT order_id FROM o WHERE coalesce(^nosuch, 1) = 'x'",
    "WITH x AS (SELECT coalesce(^nosuch, 1) AS ordered_on FROM o)"
    " SELECT * FROM x WHERE ordered_on = 'x'",
    "SELECT DISTINCT ^amoutt FROM o ORDER BY amount",
    "SELECT orders.a, ordrs.b FROM ^ref('source.ordrs')",
    "SELECT order_id FROM o ASOF JOIN c ON o.customer_id = c.customer_id"
    " AND o.ordered_on >= ^c.sinc",
]


def places(project):
    """The places that validate tells, by node."""
    found = {}
    for problem in project.run("validate", "-v", "--format", "json").json()["problems"]:
        found.setdefault(problem["node"], set()).add((problem["line"], problem["column"]))
    return found


def as_project(marked):
    """A project with a node for each query, and the places that are marked in it."""
    files, expected = dict(DATA), {}
    for number, text in enumerate(marked):
        text = re.sub(r"\b(FROM|JOIN|,) (o|c)\b(?!\.)", r"\1 source.\2", text)
        head, *parts = text.split("^")
        marks, before = set(), len(head)
        for part in parts:
            marks.add((1, before + 1))
            before += len(part)
        files[f"seeknal/q{number}.sql"] = text.replace("^", "")
        expected[f"transform.q{number}"] = marks
    return files, expected


def test_every_mistake_of_a_query_is_told_at_its_place(seeknal_project):
    files, expected = as_project(HIDDEN)
    project = seeknal_project(files)

    found = places(project)

    assert found == expected


def test_what_follows_from_another_mistake_is_not_told(seeknal_project):
    files, expected = as_project(FOLLOWING)
    project = seeknal_project(files)

    found = places(project)

    assert found == expected


def test_what_is_wrong_in_keys_of_a_kind_hides_none_of_its_other_keys(seeknal_project):
    marked = """\
kind: aggregation
name: a
inputs: [{ref: source.o}]
group_by: [^customer_idd]
time_column: ^ordered
windows: [^7 fortnights]
features:
  amount: {agg: [^summ]}
  number: {column: ^order_idd, agg: [count, ^conut]}
"""
    project = seeknal_project({**DATA, "seeknal/a.yml": marked.replace("^", "")})

    found = places(project)["aggregation.a"]

    lines = marked.splitlines()
    assert found == {
        (number, at + 1 - line[:at].count("^"))
        for number, line in enumerate(lines, 1)
        for at, character in enumerate(line)
        if character == "^"
    }


def test_what_reads_a_node_with_a_wrong_key_is_not_told_that_columns_are_missing(seeknal_project):
    aggregation = """
        kind: aggregation
        name: a
        inputs: [{ref: source.o}]
        group_by: [customer_id]
        time_column: ordered_on
        windows: [7 fortnights, 7d]
        features: {amount: {agg: [sum]}}
    """
    reader = "SELECT amount_sum_7d FROM ref('aggregation.a')"
    project = seeknal_project({**DATA, "seeknal/a.yml": aggregation, "seeknal/r.sql": reader})

    found = places(project)

    assert list(found) == ["aggregation.a"]
