"""What audits and targets of plugins ask of columns is held against them before a run."""

import pytest

PROJECT = {
    "data/orders.csv": """
        order_id,customer_id,amount,status,day
        1,1,10.5,paid,2026-01-01
        2,2,120.0,open,2026-01-02
    """,
    "data/customers.csv": """
        customer_id,name
        1,Ann
        2,Bo
    """,
    "seeknal/sources.yml": """
        kind: source
        name: orders
        source: csv
        table: data/orders.csv
        audits:
          - {type: not_null, columns: [order_id, amount]}
        ---
        kind: source
        name: customers
        source: csv
        table: data/customers.csv
    """,
    "seeknal/orders.yml": """
        kind: transform
        name: orders
        inputs: [{ref: source.orders}]
        sql: |
          SELECT *
          FROM ref('source.orders')
        audits:
          - type: unique
            columns: [order_id]
          - type: expression
            expression: amount > 0
          - type: custom_sql
            sql: |
              SELECT *
              FROM __THIS__
              WHERE status = 'gone'
          - type: relationships
            column: customer_id
            to: source.customers
          - {type: between, column: amount, min: 0}
        materializations:
          - type: iceberg
            table: atlas.shop.orders
            mode: upsert_by_key
            unique_keys: [order_id]
            partition_by: [day(day), month(day)]
            sort_by: [amount desc]
          - type: iceberg
            table: atlas.shop.daily
            mode: incremental_by_time
            time_column: day
          - type: postgresql
            connection: pg
            table: orders
            mode: upsert_by_key
            unique_keys: [order_id]
    """,
    "profiles.yml": """
        connections:
          pg: {type: postgresql, host: localhost, database: shop}
    """,
}
SOURCES, ORDERS = "seeknal/sources.yml", "seeknal/orders.yml"
MISTAKES = [
    (
        "audited column of a source",
        SOURCES,
        "order_id, amount]",
        "order_id, amont]",
        "amont",
        "SK0903",
    ),
    ("audited column", ORDERS, "columns: [order_id]", "columns: [order_no]", "order_no", "SK0903"),
    ("column in an expression", ORDERS, "amount > 0", "amuont > 0", "amuont", "SK0912"),
    ("column in an audit's SQL", ORDERS, "status = 'gone'", "state = 'gone'", "state", "SK0912"),
    (
        "column that refers",
        ORDERS,
        "column: customer_id",
        "column: customer_no",
        "customer_no",
        "SK0903",
    ),
    ("value of another type", ORDERS, "min: 0", "min: x", "min: x", "SK0911"),
    (
        "literal in an expression",
        ORDERS,
        "amount > 0",
        "amount > 'many'",
        "many",
        "SK0912",
    ),
    (
        "literal in an audit's SQL",
        ORDERS,
        "status = 'gone'",
        "customer_id = 'gone'",
        "gone",
        "SK0912",
    ),
    (
        "key of a table",
        ORDERS,
        "unique_keys: [order_id]",
        "unique_keys: [orderid]",
        "orderid",
        "SK1338",
    ),
    ("partition", ORDERS, "[day(day)", "[day(dya)", "day(dya)", "SK1421"),
    (
        "partition of another type",
        ORDERS,
        "month(day)]",
        "month(amount)]",
        "month(amount)",
        "SK1422",
    ),
    ("order of rows", ORDERS, "[amount desc]", "[amounts desc]", "amounts desc", "SK1423"),
    (
        "time column without order",
        ORDERS,
        "time_column: day",
        "time_column: status",
        "status",
        "SK1336",
    ),
    (
        "key of a server's table",
        ORDERS,
        "table: orders\n    mode: upsert_by_key\n    unique_keys: [order_id]",
        "table: orders\n    mode: upsert_by_key\n    unique_keys: [id]",
        "[id]",
        "SK1338",
    ),
]


@pytest.fixture
def shop(seeknal_project):
    return seeknal_project(PROJECT)


def _plant(project, mistakes):
    """Make the mistakes, and give where each is."""
    for _, file, good, bad, _, _ in mistakes:
        path = project.path / file
        assert good in path.read_text(), good
        path.write_text(path.read_text().replace(good, bad, 1))
    places = {}
    for kind, file, _, bad, caret, code in mistakes:
        text = (project.path / file).read_text()
        at = text.index(caret, text.index(bad))
        at += len(caret) - len(caret.lstrip("["))
        line = text[:at].count("\n") + 1
        places[file, line, code] = kind
    return places


def test_what_audits_and_targets_name_wrongly_is_told_at_once_each_at_its_line(shop):
    places = _plant(shop, [entry for entry in MISTAKES if not entry[0].startswith("literal")])

    answer = shop.run("validate", "--format", "json").json()

    found = [(entry["file"], entry["line"], entry["code"]) for entry in answer["problems"]]
    assert [kind for place, kind in places.items() if place not in found] == []
    assert [entry for entry in answer["problems"] if _place(entry) not in places] == []
    assert len(found) == len(places)


@pytest.mark.parametrize(
    "partition",
    [
        "bucket(0, order_id)",
        "truncate(0, status)",
        "truncate(000, status)",
        "bucket(99999999999999, order_id)",
        "bucket(2147483648, order_id)",
        f"bucket({'9' * 5_000}, order_id)",
    ],
    ids=lambda text: text[:40],
)
def test_a_width_that_no_partition_has_is_told_beside_other_mistakes(shop, partition):
    mistake = ("width", ORDERS, "month(day)]", f"'{partition}']", partition, "SK1422")
    other = next(entry for entry in MISTAKES if entry[0] == "order of rows")
    places = _plant(shop, [mistake, other])

    answer = shop.run("validate", "--format", "json").json()

    assert {_place(entry) for entry in answer["problems"]} == set(places)
    assert "from 1 to 2,147,483,647" in answer["problems"][0]["message"]


def _place(entry):
    return entry["file"], entry["line"], entry["code"]


def test_a_project_whose_audits_and_targets_fit_has_no_problem(shop):
    outcome = shop.run("validate").assert_ok()

    assert outcome.stdout == "3 nodes, no problems\n"
    assert outcome.stderr == ""


@pytest.mark.parametrize(
    "mistake", [entry for entry in MISTAKES if entry[5] in ("SK0903", "SK0912")], ids=lambda e: e[0]
)
def test_a_run_says_the_same_in_the_same_words(shop, mistake):
    _plant(shop, [mistake])

    [told] = shop.run("validate", "--format", "json").json()["problems"]
    ran = shop.run("run", "--no-materialize", "--format", "json").json()

    [failed] = [entry for entry in ran["nodes"] if entry["status"] == "failed"]
    error = failed["error"]
    assert (error["message"], error["code"]) == (told["message"], told["code"])


LONG = "a" * 70
IN_POSTGRES = {
    "column": (
        f"kind: transform\nname: t\nsql: |\n  SELECT order_id,\n    amount AS ^{LONG}\n"
        "  FROM ref('source.orders')\nmaterializations:\n"
        "  - {type: postgresql, connection: pg, table: x.t}\n"
    ),
    "query": (
        "kind: source\nname: t\nsource: postgresql\nconnection: pg\nquery: |\n  SELECT 1 AS a,\n"
        "    ^pg_sleep(3) AS b\n"
    ),
}


@pytest.mark.parametrize("name", IN_POSTGRES)
def test_what_postgres_would_refuse_is_told_where_it_is_written(seeknal_project, name):
    text = IN_POSTGRES[name]
    before = text.partition("^")[0]
    made = seeknal_project({**PROJECT, "seeknal/t.yml": text.replace("^", "")})

    [told] = made.run("validate", "--format", "json").json()["problems"]

    place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert (told["line"], told["column"]) == place


def test_a_connection_of_a_target_is_told_where_there_is_no_profile(seeknal_project):
    files = {path: text for path, text in PROJECT.items() if path != "profiles.yml"}
    made = seeknal_project(files)
    text = (made.path / ORDERS).read_text()

    problems = made.run("validate", "--format", "json").json()["problems"]

    [told] = [entry for entry in problems if entry["code"] == "SK0603"]
    assert told["severity"] == "warn"
    assert told["message"] == "connection 'pg' is used, but there is no profiles.yml"
    assert told["line"] == text.count("\n", 0, text.index("connection: pg")) + 1
