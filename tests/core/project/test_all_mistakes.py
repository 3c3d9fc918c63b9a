"""Everything that is wrong with a project is said by one ``validate``, each thing at its place."""

from pathlib import PurePath

import pytest

pytestmark = pytest.mark.inside

PROJECT = {
    "seeknal_project.yml": """
        name: shop
        version: 1.0.0
    """,
    "data/orders.csv": """
        order_id,customer_id,amount,status,ordered_at
        1,1,10.5,paid,2026-01-01
        2,2,120.0,open,2026-01-02
    """,
    "data/customers.csv": """
        customer_id,name,country
        1,Ann,DE
        2,Bo,ID
    """,
    "seeknal/sources.yml": """
        kind: source
        name: orders
        owner: data-team
        source: csv
        table: data/orders.csv
        params: {delimiter: ","}
        refresh: on_change
        columns:
          amount: DOUBLE
          status: {type: VARCHAR, description: paid or open}
        ---
        kind: source
        name: customers
        source: csv
        table: data/customers.csv
        tags: [crm]
        layer: bronze
        description: Who buys
    """,
    "seeknal/transforms.yml": """
        kind: transform
        name: clean_orders
        inputs: [{ref: source.orders}]
        sql: |
          -- Orders as they are meant.
          SELECT
            order_id,
            customer_id,
            amount,
            status = 'paid' AS paid,
            CAST(ordered_at AS DATE) AS day
          FROM ref('source.orders')
          WHERE amount > 0
            AND length(status) > 0
        materializations:
          - type: file
            path: outputs/clean.parquet
        ---
        kind: transform
        name: big_orders
        inputs: [{ref: source.orders}, {ref: source.customers, as: c}]
        sql: >
          SELECT o.order_id, o.amount,
            c.name
          FROM ref('source.orders') AS o

          JOIN c ON c.customer_id = o.customer_id
          WHERE o.amount > 100
        materializations:
          - type: file
            path: outputs/big.csv
            mode: full
        ---
        kind: transform
        name: spent
        inputs: [{ref: transform.clean_orders}]
        sql: |
          WITH paid AS (
            SELECT customer_id, amount FROM ref('transform.clean_orders') WHERE paid
          )
          SELECT customer_id, sum(amount) AS total
          FROM paid
          GROUP BY customer_id
        materialization: {type: file, path: outputs/spent.json}
        audits: []
        ---
        kind: transform
        name: monthly
        params: {unit: month}
        inputs: [{ref: source.orders}]
        contract: true
        columns:
          month: TIMESTAMP
          n: BIGINT
        sql: |
          SELECT date_trunc('{{ params.unit }}', CAST(ordered_at AS TIMESTAMP)) AS month,
          {% for name in ['n'] %}
            count(*) AS {{ name }}
          {% endfor %}
          FROM ref('source.orders')
          GROUP BY ALL
        ---
        kind: transform
        name: latest
        sql: SELECT max(ordered_at) AS at FROM ref('source.orders')
    """,
    "seeknal/features.yml": """
        kind: feature_group
        name: buyer
        entity: {name: customer, join_keys: [customer_id]}
        event_time: ordered_at
        features:
          amount: {dtype: double}
          status: {dtype: varchar}
        inputs: [{ref: source.orders}]
        ---
        kind: aggregation
        name: per_customer
        group_by: [customer_id]
        time_column: ordered_at
        features:
          amount: {agg: [sum, max]}
          orders: {column: order_id, agg: [count]}
        inputs: [{ref: source.orders}]
        ---
        kind: profile
        name: shape
        profile: {columns: [amount]}
        inputs: [{ref: source.orders}]
        ---
        kind: exposure
        name: report
        type: file
        params: {path: outputs/report.csv, header: true}
        inputs: [{ref: transform.big_orders}]
        sql: SELECT b.order_id, b.name FROM ref('transform.big_orders') AS b
    """,
    "seeknal/pipelines/scored.py": """
        from seeknal import transform


        @transform(
            name="scored",
            inputs=["source.orders"],
            tags=["ml"],
            description="Scores",
        )
        def scored(ctx):
            names = ctx.ref("source.customers")
            return ctx.ref("source.orders")
    """,
}

SETTINGS, SOURCES, SQL, FEATURES, PYTHON = (
    "seeknal_project.yml",
    "seeknal/sources.yml",
    "seeknal/transforms.yml",
    "seeknal/features.yml",
    "seeknal/pipelines/scored.py",
)
MISTAKES = [
    # kind, file, what stood there, what stands there now, where the caret is
    ("unknown setting", SETTINGS, "version: 1.0.0", "versoin: 1.0.0", "versoin"),
    ("unknown key", SOURCES, "owner: data-team", "ownr: data-team", "ownr"),
    ("unknown option of a source", SOURCES, "delimiter:", "delimeter:", "delimeter"),
    ("no policy", SOURCES, "refresh: on_change", "refresh: sometimes", "sometimes"),
    ("declared as no type", SOURCES, "amount: DOUBLE", "amount: DOUBEL", "DOUBEL"),
    ("declared but not in the file", SOURCES, "status: {type", "statuss: {type", "statuss"),
    ("value of a wrong type", SOURCES, "tags: [crm]", "tags: {crm: 1}", "{crm"),
    ("key that stands twice", SOURCES, "layer: bronze", "layer: x\nlayer: bronze", "layer: bronze"),
    ("word of two meanings", SOURCES, "description: Who buys", "description: yes", "yes"),
    ("unknown column", SQL, "status = 'paid'", "statu = 'paid'", "statu ="),
    ("unknown type in a cast", SQL, "ordered_at AS DATE)", "ordered_at AS DAET)", "DAET"),
    ("types that do not compare", SQL, "WHERE amount > 0", "WHERE ordered_at > 5", "> 5"),
    ("unknown function", SQL, "length(status)", "lenght(status)", "lenght"),
    (
        "unknown target type",
        SQL,
        "- type: file\n    path: outputs/c",
        "- type: fil\n    path: outputs/c",
        "fil\n",
    ),
    ("unknown column of a table", SQL, "o.amount,\n", "o.amout,\n", "o.amout"),
    ("column of two tables", SQL, "    c.name\n", "    customer_id\n", "customer_id\n  FROM"),
    ("unknown table in SQL", SQL, "WHERE o.amount > 100", "WHERE p.amount > 100", "p.amount"),
    ("path outside", SQL, "path: outputs/big.csv", "path: ../big.csv", "../big"),
    ("unknown mode", SQL, "mode: full", "mode: append", "append"),
    (
        "column that is not grouped",
        SQL,
        "FROM paid\n  GROUP BY customer_id",
        "FROM paid",
        "customer_id, sum",
    ),
    (
        "format that does not show",
        SQL,
        "outputs/spent.json",
        "outputs/spent.foo",
        "outputs/spent.foo",
    ),
    ("unknown audit type", SQL, "audits: []", "audits: [{type: nosuch}]", "nosuch"),
    (
        "unknown input",
        SQL,
        "unit: month}\ninputs: [{ref: source.orders}]",
        "unit: month}\ninputs: [{ref: source.orders}, {ref: source.nothing}]",
        "{ref: source.nothing",
    ),
    ("contract: column missing", SQL, "  month: TIMESTAMP", "  mont: TIMESTAMP", "mont:"),
    ("contract: other type", SQL, "  n: BIGINT", "  n: VARCHAR", "n: VARCHAR"),
    (
        "syntax error",
        SQL,
        "max(ordered_at) AS at FROM",
        "max(ordered_at AS at, FROM",
        "AS at, FROM",
    ),
    (
        "unknown join key",
        FEATURES,
        "join_keys: [customer_id]",
        "join_keys: [customer_no]",
        "customer_no",
    ),
    (
        "unknown event time",
        FEATURES,
        "event_time: ordered_at",
        "event_time: orderd_at",
        "orderd_at",
    ),
    ("feature of no type", FEATURES, "dtype: double", "dtype: dobule", "dobule"),
    ("unknown feature", FEATURES, "  status: {dtype", "  state: {dtype", "state"),
    (
        "unknown group column",
        FEATURES,
        "group_by: [customer_id]",
        "group_by: [custmer_id]",
        "custmer_id",
    ),
    (
        "unknown time column",
        FEATURES,
        "time_column: ordered_at",
        "time_column: ordered_on",
        "ordered_on",
    ),
    ("unknown aggregated column", FEATURES, "column: order_id", "column: order_no", "order_no"),
    ("unknown profiled column", FEATURES, "columns: [amount]", "columns: [amont]", "amont"),
    ("unknown option of a target", FEATURES, "header: true", "hedaer: true", "hedaer"),
    (
        "ref to no node",
        FEATURES,
        "ref('transform.big_orders')",
        "ref('transform.big_order')",
        "ref('transform.big_order')",
    ),
    ("unknown argument of a decorator", PYTHON, "description=", "descripton=", '"Scores"'),
    ("argument of a wrong type", PYTHON, 'tags=["ml"]', 'tags={"ml": 1}', '{"ml"'),
    (
        "unknown input in Python",
        PYTHON,
        'inputs=["source.orders"]',
        'inputs=["source.ordres"]',
        '"source.ordres"',
    ),
    (
        "ctx.ref of no node",
        PYTHON,
        'ctx.ref("source.customers")',
        'ctx.ref("source.customer")',
        'ctx.ref("source.customer")',
    ),
]


@pytest.fixture
def planted(seeknal_project):
    """The project with all mistakes, and where each one is."""
    project = seeknal_project(PROJECT)
    for kind, file, good, bad, _ in MISTAKES:
        path = project.path / file
        text = path.read_text()
        assert good in text, kind
        path.write_text(text.replace(good, bad, 1))
    places = {}
    for kind, file, _, bad, caret in MISTAKES:
        text = (project.path / file).read_text()
        at = text.find(caret, text.index(bad))
        at = at if at >= 0 else text.index(caret)
        before = text[:at]
        place = (file, before.count("\n") + 1, at - before.rfind("\n"))
        places[place] = kind
    assert len(places) == len(MISTAKES)
    return project, places


def test_one_validate_says_forty_mistakes_of_many_kinds_each_at_its_place(planted):
    project, places = planted

    answer = project.run("validate", "--format", "json").json()

    found = [(entry["file"], entry["line"], entry["column"]) for entry in answer["problems"]]
    lines = {place[:2] for place in found}
    assert len(MISTAKES) == 40
    assert len({kind for kind, *_ in MISTAKES}) >= 25
    assert [kind for place, kind in places.items() if place[:2] not in lines] == []
    assert [kind for place, kind in places.items() if place not in found] == []
    assert [entry for entry in answer["problems"] if _place(entry) not in places] == []
    assert len(found) == 40


def _place(entry):
    return entry["file"], entry["line"], entry["column"]


def test_the_same_project_without_mistakes_has_no_problem_and_runs(seeknal_project):
    project = seeknal_project(PROJECT)

    validated = project.run("validate").assert_ok()
    project.run("run").assert_ok()

    assert validated.stdout == "12 nodes, no problems\n"
    assert project.run("validate").assert_ok().stdout == "12 nodes, no problems\n"


def test_no_problem_names_a_file_without_its_line(planted):
    project, _ = planted

    answer = project.run("validate", "--format", "json").json()

    assert [entry for entry in answer["problems"] if not entry["line"]] == []
    assert all(PurePath(entry["file"]).suffix for entry in answer["problems"])


SAID_AS_WELL = [
    "unknown column",
    "types that do not compare",
    "unknown function",
    "column of two tables",
    "contract: other type",
    "declared but not in the file",
    "unknown event time",
    "unknown profiled column",
]


@pytest.mark.parametrize("kind", SAID_AS_WELL)
def test_a_run_says_the_same_at_the_same_place_and_so_does_plan(seeknal_project, kind):
    project = seeknal_project(PROJECT)
    [(_, file, good, bad, _)] = [entry for entry in MISTAKES if entry[0] == kind]
    path = project.path / file
    path.write_text(path.read_text().replace(good, bad, 1))

    validated = project.run("validate")
    planned = project.run("plan")
    ran = project.run("run")

    told = validated.stderr.partition("\n\n")[0]
    # What was not checked is said by validate alone.
    assert planned.stderr == validated.stderr.partition("note: ")[0]
    assert told.partition(": ")[2].splitlines()[0] in ran.stderr
    for line in told.splitlines()[1:]:
        assert line.strip() in ran.stderr
    assert (validated.exit_code, planned.exit_code, ran.exit_code) == (2, 2, 1)
