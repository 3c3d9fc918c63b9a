"""Values that SQL itself writes and that cannot be what they are used as are said early."""

import pytest

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


def test_all_of_them_are_said_together(shop):
    _replace(shop, "order_id\n", "'a'::INTEGER AS a, 'b'::INTEGER AS b\n")
    _replace(shop, "status = 'paid'", "day = 'c'")

    problems = shop.run("validate", "--format", "json").json()["problems"]

    assert len(problems) == 3
