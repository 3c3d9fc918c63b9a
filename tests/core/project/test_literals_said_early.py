"""Values that SQL itself writes and that cannot be what they are used as are said early."""

import pytest

pytestmark = pytest.mark.inside

PROJECT = {
    "data/orders.csv": """
        order_id,amount,status,day
        1,10.5,paid,2026-01-01
        2,120.0,open,2026-01-02
    """,
    "seeknal/orders.yml": """
        kind: source
        name: orders
        source: csv
        table: data/orders.csv
        ---
        kind: transform
        name: clean
        inputs: [{ref: source.orders}]
        sql: |
          SELECT order_id
          FROM ref('source.orders')
          WHERE status = 'paid'
    """,
}
FILE = "seeknal/orders.yml"
WRONG = [
    ("compared", "status = 'paid'", "day = 'notadate'", "'notadate'"),
    ("one of several", "status = 'paid'", "day IN ('2026-01-01', 'notadate')", "'notadate'"),
    ("between", "status = 'paid'", "day BETWEEN '2026-01-01' AND 'tomorrow'", "'tomorrow'"),
    ("number", "status = 'paid'", "order_id > 'many'", "'many'"),
    ("the other way", "status = 'paid'", "'notadate' < orders.day", "'notadate'"),
    ("not one of several", "status = 'paid'", "day NOT IN ('notadate')", "'notadate'"),
    ("not between", "status = 'paid'", "day NOT BETWEEN 'soon' AND '2026-01-01'", "'soon'"),
    ("expression", "status = 'paid'", "day + INTERVAL 1 DAY > 'soon'", "'soon'"),
    ("cast", "order_id\n", "CAST('abc' AS INTEGER) AS id\n", "'abc'"),
    ("short cast", "order_id\n", "'abc'::DECIMAL(10, 2) AS id\n", "'abc'"),
    ("typed", "status = 'paid'", "day > DATE '2026-13-01'", "'2026-13-01'"),
    ("too large", "order_id\n", "CAST('300' AS TINYINT) AS id\n", "'300'"),
    ("limit", "status = 'paid'", "order_id > 0 LIMIT 'x'", "'x'"),
    ("pattern", "status = 'paid'", "regexp_matches(status, '(x')", "'(x'"),
    ("pattern replaced", "order_id\n", "regexp_replace(status, '[x', 'y') AS id\n", "'[x'"),
    ("format", "order_id\n", "strptime(status, '%Q') AS id\n", "'%Q'"),
    ("part of a date", "order_id\n", "date_trunc('fortnight', day) AS id\n", "'fortnight'"),
    ("columns of other types", "status = 'paid'", "orders.order_id = day", "= day"),
    ("number of a parameter", "order_id\n", "order_id + $1 AS id\n", "$1"),
    ("unnamed parameter", "status = 'paid'", "status = ?", "?"),
    ("named parameter", "status = 'paid'", "status = $status", "$status"),
]
FINE = [
    "day = '2026-01-01'",
    "day IN ('2026-01-01', '2026-01-02') AND status <> 'notadate'",
    "TRY_CAST('abc' AS INTEGER) IS NULL",
    "CASE WHEN status = 'x' THEN CAST('abc' AS INTEGER) ELSE 1 END = 1",
    "coalesce(order_id, CAST('abc' AS INTEGER)) > 0",
    "day > CAST('2026-01-01' AS DATE) - INTERVAL '3 days'",
    "TRY(CAST('abc' AS INTEGER)) IS NULL",
    "status = '?' OR status = '$1' OR status LIKE '%?'",
    "list_contains(['a', 'b'], status) OR status = $$paid$$",
    "order_id = '1'",
    "regexp_matches(status, '(x', 'l')",
    "order_id = amount",
    "order_id IN (SELECT s.id FROM (SELECT 1 AS id, 1 AS day) AS s WHERE s.id = s.day)",
]


@pytest.fixture
def shop(seeknal_project):
    return seeknal_project(PROJECT)


def _replace(project, good, bad):
    path = project.path / FILE
    text = path.read_text()
    assert good in text
    path.write_text(text.replace(good, bad, 1))


@pytest.mark.parametrize(("kind", "good", "bad", "caret"), WRONG, ids=[e[0] for e in WRONG])
def test_it_is_said_where_it_is_written_and_by_a_run_alike(shop, kind, good, bad, caret):
    _replace(shop, good, bad)
    text = (shop.path / FILE).read_text()
    at = text.index(caret)

    [told] = shop.run("validate", "--format", "json").json()["problems"]
    ran = shop.run("run", "--format", "json").json()

    assert told["severity"] == "error"
    assert told["line"] == text.count("\n", 0, at) + 1
    assert told["column"] == at - text.rfind("\n", 0, at)
    [said] = ran.get("problems") or [node["error"] for node in ran["nodes"] if node["error"]]
    for key in ("code", "message", "file", "line"):
        assert said[key] == told[key], key


@pytest.mark.parametrize("condition", FINE)
def test_what_can_be_converted_or_is_passed_over_is_no_problem(shop, condition):
    _replace(shop, "status = 'paid'", condition)

    validated = shop.run("validate")
    ran = shop.run("run")

    assert (validated.stdout, validated.stderr) == ("2 nodes, no problems\n", "")
    assert ran.exit_code == 0


@pytest.mark.parametrize(
    ("join", "is_told"),
    [
        ("JOIN ref('source.days') AS d USING (order_id)", True),
        ("LEFT JOIN source.days USING (order_id)", True),
        ("JOIN ref('source.days') AS d USING (day)", False),
    ],
)
def test_columns_that_a_join_compares_in_vain_are_told_where_they_stand(shop, join, is_told):
    days = "kind: source\nname: days\nsource: csv\ntable: data/days.csv\n"
    rows = "order_id,day\n2026-01-01,1\n" if is_told else "day\n2026-01-01\n"
    shop.write({"data/days.csv": rows})
    _with_node(shop, days)
    text = _with_node(
        shop, f"kind: transform\nname: j\nsql: SELECT status FROM ref('source.orders') {join}\n"
    )

    problems = shop.run("validate", "--format", "json").json()["problems"]

    line = text[text.rindex("sql:") :]
    assert [(told["column"], told["message"]) for told in problems] == (
        [(line.index("USING (") + 8, "Cannot compare values of type BIGINT and type DATE")]
        if is_told
        else []
    )


def test_all_of_them_are_said_together(shop):
    _replace(shop, "order_id\n", "'a'::INTEGER AS a, 'b'::INTEGER AS b\n")
    _replace(shop, "status = 'paid'", "day = 'c'")

    problems = shop.run("validate", "--format", "json").json()["problems"]

    assert len(problems) == 3


PIVOTS = {
    "on": "PIVOT ref('source.orders') ON ^statuss USING sum(amount)",
    "using": "PIVOT ref('source.orders') ON status USING sum(^amountt) AS a",
    "group": "PIVOT ref('source.orders') ON status, day USING sum(amount) GROUP BY ^order_idd",
    "with": (
        "WITH o AS (SELECT day, ^amountt FROM ref('source.orders')) PIVOT o ON day USING count(*)"
    ),
}


def _with_node(shop, text):
    path = shop.path / FILE
    path.write_text(path.read_text().rstrip() + "\n---\n" + text)
    return path.read_text()


@pytest.mark.parametrize("name", PIVOTS)
def test_a_column_that_a_pivot_reads_and_that_is_not_there_is_told(shop, name):
    marked = f"kind: transform\nname: p\nsql: {PIVOTS[name]}\n"
    text = _with_node(shop, marked.replace("^", ""))
    at = text.index(marked[: marked.index("^")]) + marked.index("^")

    [told] = shop.run("validate", "--format", "json").json()["problems"]
    ran = shop.run("run", "--format", "json").json()

    assert (told["line"], told["column"]) == (
        text.count("\n", 0, at) + 1,
        at - text.rfind("\n", 0, at),
    )
    [said] = [node["error"] for node in ran["nodes"] if node["error"]]
    for key in ("code", "message", "file", "line"):
        assert said[key] == told[key], key


def test_what_reads_the_rows_of_a_pivot_is_not_judged(shop):
    sql = "PIVOT ref('source.orders') ON status USING sum(amount) GROUP BY day ORDER BY paid"
    _with_node(shop, f"kind: transform\nname: p\nsql: {sql}\n")

    validated, ran = shop.run("validate"), shop.run("run")

    assert validated.exit_code == ran.exit_code == 0


AGGREGATION = (
    "kind: aggregation\nname: g\ninputs: [{ref: source.orders}]\ngroup_by: [order_id]\n"
    "windows: [7d]\nfeatures:\n  spent: {column: amount, agg: [sum]}\ntime_column: "
)


@pytest.mark.parametrize(("column", "severity"), [("amount", "error"), ("status", "warn")])
def test_a_time_column_that_is_no_time_is_told(shop, column, severity):
    text = _with_node(shop, f"{AGGREGATION}{column}\n")

    [told] = shop.run("validate", "--format", "json").json()["problems"]
    ran = shop.run("run", "--format", "json").json()

    assert (told["code"], told["severity"]) == ("SK0756", severity)
    assert (told["line"], told["column"]) == (text.count("\n"), 14)
    [said] = [node["error"] for node in ran["nodes"] if node["error"]]
    assert said["line"] == told["line"]


def test_a_value_that_does_not_fit_is_told_at_the_column_that_it_is_of(shop):
    _replace(shop, "status = 'paid'", "order_id > 0\n            AND status")
    text = (shop.path / FILE).read_text()

    ran = shop.run("run", "--format", "json").json()

    [said] = [node["error"] for node in ran["nodes"] if node["error"]]
    assert said["line"] == text.count("\n", 0, text.index("AND status")) + 1


def test_constants_of_functions_are_told_together(shop):
    _replace(
        shop,
        "order_id\n",
        "strptime(status, '%Q') AS a, date_trunc('fortnight', day) AS b, round(1, nope) AS c\n",
    )

    problems = shop.run("validate", "--format", "json").json()["problems"]

    assert len(problems) == 3
