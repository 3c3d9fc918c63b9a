"""Nodes as files write them: every common key, the forms of seeknal 2.x, the examples."""

import textwrap

import pytest
from tests.core.project.conftest import NEIGHBOURS

from seeknal.kernel.installing import install_command
from seeknal.values.durations import Duration


def clean(text):
    return textwrap.dedent(text).lstrip("\n")


EVERY_KEY = clean("""
    kind: transform
    name: x
    description: "What it means"
    owner: data@example.com
    tags: [daily, finance]
    meta: {anything: {goes: [here]}, unknwon: 1}
    layer: gold
    domain: sales
    business_purpose: reports
    columns:
      id: BIGINT
      note: why it is there
      price: {type: "DECIMAL(10,2)", description: in euros}
      empty:
    contract: true
    audits: []
    enabled: true
    engine: duckdb
    schedule: "@daily"
    start: 2024-01-01
    timezone: Europe/Berlin
    time_column: day
    lookback: 3
    batch_size: 7
    allow_partial: true
    keys: [id]
    volatile: true
    params: {column: amount}
    inputs:
      - ref: source.a
      - ref: transform.b
        as: bee
    transform: |
      SELECT a.{{ params.column }} FROM a JOIN bee USING (id)
    dialect: duckdb
    materialized: table
    materializations:
      - {type: file, path: out/x.csv}
      - {type: file, path: out/x.parquet, enabled: false}
    files: [data/extra.csv]
    env: [TZ]
""")


def test_every_common_key_is_read(node):
    found = node(EVERY_KEY)

    assert (found.description, found.owner) == ("What it means", "data@example.com")
    assert (found.tags, found.layer, found.domain) == (("daily", "finance"), "gold", "sales")
    assert found.business_purpose == "reports"
    assert found.meta == {"anything": {"goes": ["here"]}, "unknwon": 1}
    assert [(entry.name, entry.type, entry.description) for entry in found.columns] == [
        ("id", "BIGINT", None),
        ("note", None, "why it is there"),
        ("price", "DECIMAL(10,2)", "in euros"),
        ("empty", None, None),
    ]
    assert found.contract
    assert [(entry.ref, entry.alias) for entry in found.inputs] == [
        ("source.a", None),
        ("transform.b", "bee"),
    ]
    assert "a.amount" in found.sql.rendered
    assert '"transform"."b" AS "bee"' in found.sql.executable
    assert found.sql.location.line == EVERY_KEY.splitlines().index("transform: |") + 2
    assert (found.tracking.column, found.tracking.lookback) == ("day", 3)
    assert (found.materialized, found.volatile, found.engine) == ("table", "declared", "duckdb")
    assert [target.label for target in found.targets] == ["out/x.csv"]
    assert (found.files, found.env) == (("data/extra.csv",), ("TZ",))


SOURCE_KEYS = clean("""
    kind: source
    name: x
    type: csv
    table: [data/1.csv, "data/2*.csv"]
    params: {delim: ";", header: true, skip: 1}
    columns: {id: BIGINT, note: free text}
    refresh: 6h
    allow_outside: true
    version_query: SELECT 1
""")


def test_every_key_of_a_source_is_read(node):
    source = node(SOURCE_KEYS).source

    assert source.type == "csv"
    assert source.table == ("data/1.csv", "data/2*.csv")
    assert (source.options.delimiter, source.options.header, source.options.skip) == (";", True, 1)
    assert [(entry.name, entry.type) for entry in source.columns] == [
        ("id", "BIGINT"),
        ("note", None),
    ]
    assert (source.refresh, source.allow_outside, source.version_query) == ("6h", True, "SELECT 1")


@pytest.mark.parametrize(
    "type",
    [
        *("ENUM('a', 'b')", "BIT", "BIGNUM", "TIMESTAMP_S", "TIME WITH TIME ZONE", "INT32"),
        *("UNION(a INTEGER, b VARCHAR)", "STRUCT(a INTEGER)[]", "TIMETZ[2]"),
    ],
)
def test_a_type_of_duckdb_is_no_description(node, type):
    text = SOURCE_KEYS.replace("note: free text", f'note: "{type}"')

    assert [entry.type for entry in node(text).source.columns] == ["BIGINT", type]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("VARCAHR", "VARCHAR"),
        ("INTERGER", "INTEGER"),
        ("BIGNIT[]", "BIGINT"),
        ("DECMAL(3,1)", "DECIMAL"),
    ],
)
def test_a_word_like_a_type_is_a_mistake(problems, word, meant):
    text = SOURCE_KEYS.replace("note: free text", f'note: "{word}"')

    (found,) = problems({"seeknal/x.yml": text})

    assert found.code == "SK0740"
    assert repr(word) in found.message
    assert f"did you mean {meant}?" in found.help


@pytest.mark.parametrize(
    "text", ["STATE", "TITLE", "EMAIL", "RATE", "SKU", "enum", "union", "varcahr"]
)
def test_other_words_are_descriptions(node, text):
    found = node(SOURCE_KEYS.replace("note: free text", f"note: {text}")).source.columns

    assert [entry.type for entry in found] == ["BIGINT", None]


@pytest.mark.parametrize("refresh", ["on_change", "always", "manual", "6h", "2 days", "0 6 * * *"])
def test_a_refresh_is_a_word_a_duration_or_a_cron_schedule(node, refresh):
    text = f"{{kind: source, name: x, source: csv, table: a.csv, refresh: '{refresh}'}}\n"

    assert node(text).source.refresh == refresh


def test_a_disabled_node_is_left_out(load):
    text = "{kind: transform, name: x, enabled: false, sql: SELECT 1 AS a}\n"

    assert list(load({**NEIGHBOURS, "seeknal/x.yml": text}).nodes) == ["source.a", "transform.b"]


def test_a_seed_is_a_source_of_its_name(load):
    project = load({"seeknal/seeds/countries.csv": "code,name\nDE,Germany\n"})

    source = project.nodes["source.countries"].source

    assert (source.type, source.table) == ("csv", ("seeknal/seeds/countries.csv",))


def test_a_seed_and_a_source_of_one_name_are_two_of_a_kind(problems):
    files = {**NEIGHBOURS, "seeknal/seeds/a.csv": "x\n"}

    (problem,) = problems(files)

    assert problem.code == "SK0215"
    assert problem.message == "source.a is defined twice: also at seeknal/a.yml:1:1"


def test_names_that_differ_by_case_are_told_with_both_files(problems):
    files = {
        "seeknal/transforms/Twin.sql": "SELECT 1 AS a\n",
        "seeknal/z/twin.sql": "SELECT 1 AS a\n",
    }

    (problem,) = problems(files)

    assert problem.code == "SK0215"
    assert "transform.twin is, but for case, the name of transform.Twin" in problem.message
    assert "seeknal/transforms/Twin.sql:1:1" in problem.message
    assert problem.location.file == "seeknal/z/twin.sql"
    assert "give one of them another name" in problem.help


def test_files_in_any_folder_and_of_either_ending_are_read(load):
    document = "{{kind: transform, name: {}, sql: SELECT 1 AS a}}\n"
    names = ["a.yml", "transforms/b.yaml", "transforms/deep/er/c.yml", "pipelines/d.yml"]

    project = load(
        {f"seeknal/{name}": document.format(f"n{index}") for index, name in enumerate(names)}
    )

    assert sorted(project.nodes) == [f"transform.n{index}" for index in range(4)]


def test_macros_and_common_reach_sources_queries_too(node, vault):
    files = {
        "seeknal/common/a.yml": "sources: [{id: ev, params: {day: event_date}}]\n",
        "seeknal/macros/m.sql": "{% macro recent(c) %}{{ c }} > DATE '2024-01-01'{% endmacro %}",
    }
    text = "{kind: source, name: x, source: vault, query: 'FROM t WHERE {{ recent(ev.day) }}'}\n"

    assert node(text, files).source.query == "FROM t WHERE event_date > DATE '2024-01-01'"


# What seeknal 2.x writes.


def inputs(found):
    return [entry.ref for entry in found.inputs]


@pytest.mark.parametrize(
    ("sql", "executable"),
    [
        ("SELECT * FROM source.a", 'SELECT * FROM "source"."a"'),
        ("SELECT * FROM ref('source.a')", 'SELECT * FROM "source"."a"'),
        ('SELECT * FROM ref("source.a")', 'SELECT * FROM "source"."a"'),
        ("SELECT * FROM {{ ref('source.a') }}", 'SELECT * FROM "source"."a"'),
        ("SELECT * FROM input_0", 'SELECT * FROM "source"."a" AS "input_0"'),
        ("SELECT * FROM __THIS__", 'SELECT * FROM "source"."a" AS "__THIS__"'),
        ("SELECT * FROM a", 'SELECT * FROM "source"."a"'),
        ("SELECT * FROM ref('a')", 'SELECT * FROM "source"."a"'),
    ],
)
def test_an_input_has_many_names_in_sql(node, sql, executable):
    text = f"kind: transform\nname: x\ninputs: [{{ref: source.a}}]\ntransform: |\n  {sql}\n"

    assert node(text).sql.executable.strip() == executable


@pytest.mark.parametrize(
    "written",
    [
        "inputs: [{ref: source.a}]",
        "inputs: [source.a]",
        "inputs: source.a",
        "inputs: [a]",
        "inputs: [{ref: a}]",
        "inputs: [Source.A]",
        "inputs: [\"ref('source.a')\"]",
        "inputs:\n  - ref: source.a\n  - ref: source.a",
    ],
)
def test_inputs_are_written_in_many_ways(node, written):
    text = f"kind: transform\nname: x\n{written}\nsql: SELECT * FROM ref('source.a')\n"

    assert inputs(node(text)) == ["source.a"]


@pytest.mark.parametrize("key", ["schema", "columns"])
def test_columns_may_be_a_list_of_name_and_data_type(node, key):
    text = clean(f"""
        kind: source
        name: x
        source: csv
        table: a.csv
        {key}:
          - name: id
            data_type: integer
          - {{name: note, data_type: string, description: free, nullable: true}}
    """)

    columns = node(text).columns

    assert [(entry.name, entry.type) for entry in columns] == [
        ("id", "integer"),
        ("note", "string"),
    ]


@pytest.mark.parametrize(
    ("entry", "type"),
    [
        ("data_type: float", "DOUBLE"),
        ("data_type: FLOAT", "DOUBLE"),
        ("data_type: 'float[]'", "DOUBLE[]"),
        ("data_type: float32", "FLOAT"),
        ("data_type: float64", "DOUBLE"),
        ("data_type: str", "VARCHAR"),
        ("data_type: double", "double"),
        ("data_type: long", "long"),
        ("data_type: 'decimal(9, 2)'", "decimal(9, 2)"),
        ("type: float", "float"),
        ("type: real", "real"),
    ],
)
def test_data_type_is_named_as_in_2x_and_type_as_in_duckdb(node, entry, type):
    text = clean(f"""
        kind: source
        name: x
        source: csv
        table: a.csv
        columns:
          x: {{{entry}}}
    """)

    assert [column.type for column in node(text).columns] == [type]


def test_a_schema_as_2x_lists_it_has_floats_of_64_bits(node):
    text = clean("""
        kind: source
        name: x
        source: csv
        table: a.csv
        schema:
          - {name: a, type: float}
          - {name: b, data_type: float}
    """)

    assert [column.type for column in node(text).columns] == ["DOUBLE", "DOUBLE"]


def test_a_column_has_one_type(problems):
    text = clean("""
        kind: source
        name: x
        source: csv
        table: a.csv
        columns:
          a: {type: float, data_type: double}
    """)

    (problem,) = problems({"seeknal/x.yml": text})
    assert "type and data_type say the same" in problem.message


def test_an_exposure_depends_on_nodes(node):
    text = clean("""
        kind: exposure
        name: x
        type: file
        depends_on:
          - ref: transform.b
        params: {format: csv, path: "target/exports/x.csv"}
    """)

    found = node(text)

    assert inputs(found) == ["transform.b"]
    assert found.targets[0].options.format == "csv"


def test_an_exposure_without_type_only_documents(node):
    text = clean("""
        kind: exposure
        name: x
        url: https://example.com
        maturity: high
        owner: bi@example.com
        inputs: [transform.b, source.a]
    """)

    found = node(text)

    assert found.targets == ()
    assert inputs(found) == ["transform.b", "source.a"]


def test_an_exposure_with_a_pattern_writes_a_file_for_each_input(node):
    text = clean("""
        kind: exposure
        name: x
        type: file
        inputs: [source.a, transform.b]
        params: {path: "out/{name}.csv"}
    """)

    targets = node(text).targets

    assert [(entry.label, entry.reads) for entry in targets] == [
        ("out/a.csv", "source.a"),
        ("out/b.csv", "transform.b"),
    ]


def test_a_workbook_has_a_sheet_for_each_input(node):
    text = clean("""
        kind: exposure
        name: x
        type: file
        inputs: [source.a, transform.b]
        params: {path: out.xlsx}
    """)

    assert node(text).targets[0].options.sheets == ("source.a", "transform.b")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("overwrite", "full"),
        ("upsert", "upsert_by_key"),
        ("insert_overwrite", "incremental_by_time"),
        ("append", "append"),
        ("full", "full"),
    ],
)
def test_modes_of_2x_have_new_names(node, vault, old, new):
    text = (
        "{kind: transform, name: x, sql: SELECT 1 AS a, "
        f"materialization: {{type: vault, table: t, mode: {old}}}}}\n"
    )

    assert node(text).targets[0].mode == new


FEATURES = clean("""
    kind: feature_group
    name: x
    entity: {entity}
    materialization: {materialization}
    features: {{orders: {{dtype: int, description: "..."}}, ltv: {{dtype: double}}}}
    inputs: [{{ref: source.a}}]
""")


def test_event_time_of_2x_stands_below_materialization(node, vault):
    settings = "{event_time_col: day, offline: true, online: false}"
    target = "{event_time_col: day, offline: true, type: vault, table: t}"

    plain = node(FEATURES.format(entity="customer", materialization=settings))
    delivered = node(FEATURES.format(entity="customer", materialization=target))

    assert (plain.options.event_time, plain.targets) == ("day", ())
    assert delivered.options.event_time == "day"
    assert [entry.type for entry in delivered.targets] == ["vault"]


@pytest.mark.parametrize("entity", ["customer", "{name: customer, join_keys: [customer_id]}"])
def test_an_entity_is_text_or_a_mapping(node, entity):
    text = FEATURES.format(entity=entity, materialization="{}")

    assert "customer" in str(node(text).options.entity)


def test_a_key_without_effect_is_a_note_not_silence(load):
    text = "kind: transform\nname: x\nsql: SELECT 1 AS a\nprovenance: true\n"

    project = load({"seeknal/x.yml": text})

    assert [(entry.code, entry.location.line) for entry in project.warnings] == [("SK0212", 4)]


# The examples of the documentation, as they are written.

ORDERS = {
    "seeknal/o.yml": """
        kind: source
        name: orders
        source: csv              # csv | json | parquet
        table: data/orders.csv   # a path
        params: {delimiter: ";", header: true}     # options of the source type
        columns: {order_id: BIGINT}
        refresh: on_change       # on_change | always
        ---
        kind: source
        name: customers
        source: csv
        table: data/customers.csv
    """,
    "data/orders.csv": """
        order_id;customer_id;amount;last_order
        1;7;10;2024-01-01
        2;7;5;2024-02-02
    """,
    "data/customers.csv": "customer_id,region\n7,north\n",
}
CLEAN_ORDERS = """
    kind: transform
    name: clean_orders
    inputs:
      - ref: source.orders
      - ref: source.customers
        as: c                    # optional name in SQL
    transform: |                 # or sql:
      SELECT o.order_id, o.amount, c.region
      FROM ref('source.orders') o JOIN ref('source.customers') c USING (customer_id)
    dialect: duckdb              # postgres, snowflake, bigquery, ...
    materialized: table          # table | view | incremental
"""
CUSTOMER_FEATURES = """
    kind: feature_group
    name: customer_features
    entity: {name: customer, join_keys: [customer_id]}
    event_time: last_order           # also materialization.event_time_col
    created_time: loaded_at          # optional
    ttl: 90d
    features: {orders: {dtype: int, description: "..."}, ltv: {dtype: double}}     # or a list
    inputs: [{ref: transform.customer_ltv}]
    ---
    kind: transform
    name: customer_ltv
    sql: |
      SELECT customer_id, max(last_order) AS last_order, count(*) AS orders, sum(amount) AS ltv,
             TIMESTAMP '2024-03-01' AS loaded_at
      FROM ref('source.orders') GROUP BY customer_id
"""
REVENUE_REPORT = """
    kind: exposure
    name: revenue_report
    type: file                 # file | starrocks_materialized_view | ... (plugins)
    params: {path: outputs/revenue.csv, format: csv}      # csv, json, parquet, xlsx
    inputs: [{ref: transform.revenue_by_region}]
    ---
    kind: transform
    name: revenue_by_region
    sql: SELECT region, sum(amount) AS total FROM ref('transform.clean_orders') GROUP BY region
"""


def test_the_documented_nodes_run(seeknal_project):
    project = seeknal_project(
        {
            **ORDERS,
            "seeknal/clean.yml": CLEAN_ORDERS,
            "seeknal/features.yml": CUSTOMER_FEATURES,
            "seeknal/report.yml": REVENUE_REPORT,
        }
    )

    project.run("run").assert_ok()

    assert project.rows("transform.clean_orders") == [(1, 10, "north"), (2, 5, "north")]
    assert (project.path / "outputs/revenue.csv").read_text() == "region,total\nnorth,15\n"


MATERIALIZED = """
    kind: transform
    name: x
    sql: SELECT 1 AS order_id
    materializations:
      - type: postgresql
        connection: local_pg
        table: analytics.silver_orders      # schema.name
        mode: incremental_by_time           # full | incremental_by_time | upsert_by_key | append
        time_column: order_date
        lookback: 3d                        # or a number of days
        unique_keys: [order_id]             # upsert_by_key
        cascade: false
      - type: iceberg
        table: atlas.medallion.silver_orders
"""
PIPELINE = '''
    from seeknal import source, transform, feature_group, materialize

    @source(name="products", source="postgresql", connection="local_pg",
            query="SELECT product_id, name, category, price FROM products WHERE price > 0")
    def products(ctx):
        return ctx.ref("source.products")

    @transform(name="order_products", inputs=["source.orders", "source.products"])
    @materialize(type="postgresql", connection="local_pg", table="analytics.silver_order_products",
                 mode="upsert_by_key", unique_keys=["order_id"])
    @materialize(type="iceberg", table="atlas.medallion.silver_order_products")
    def order_products(ctx):
        orders = ctx.ref("source.orders")
        products = ctx.ref("source.products")
        return ctx.duckdb.sql("""
            SELECT o.*, p.name AS product_name, p.category
            FROM orders o JOIN products p ON o.product_id = p.product_id
        """)
'''
PROFILES = """
    connections:
      local_pg: {type: postgresql, host: localhost, port: 5433, database: seeknal_test, user: seeknal, password: "${PG_PASSWORD:seeknal_pass}", schema: public, sslmode: prefer, connect_timeout: 10}
      demo_pg:  {type: postgresql, embedded: true}          # a private server
      reporting: {type: starrocks, host: starrocks-fe.internal, port: 9030, http_port: 8030, user: seeknal, password: "${STARROCKS_PASSWORD}", database: analytics, catalog: iceberg_catalog}
    materialization:
      enabled: true
      catalog: {type: rest, uri: "...", warehouse: "..."}     # absent: an embedded catalog
      default_mode: full
    source_defaults: {postgresql: {connection: local_pg}}
"""  # noqa: E501 - as the documentation has it


def missing_plugins(found):
    """(what stands where, what to install) of each problem."""
    return [(entry.location.line, entry.help.rpartition("/")[2]) for entry in found]


@pytest.fixture
def without_databases(monkeypatch):
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, starrocks, semantic")


def test_targets_of_missing_plugins_say_what_to_install(problems, without_databases):
    files = {"profiles.yml": PROFILES, "seeknal/x.yml": MATERIALIZED}

    found = problems(files)

    assert {entry.code for entry in found} == {"SK0208"}
    assert missing_plugins(found) == [(5, "seeknal-postgres"), (13, "seeknal-iceberg")]
    assert all("pip install" in entry.help for entry in found)


def test_the_documented_pipeline_says_what_to_install(problems, without_databases):
    files = {**ORDERS, "profiles.yml": PROFILES, "seeknal/pipelines/p.py": PIPELINE}

    found = problems(files)

    assert missing_plugins(found) == [
        (3, "seeknal-postgres"),
        (9, "seeknal-postgres"),
        (11, "seeknal-iceberg"),
    ]


@pytest.mark.parametrize(
    ("type", "distribution"),
    [
        ("postgresql", "seeknal-postgres"),
        ("iceberg", "seeknal-iceberg"),
        ("starrocks", "seeknal-starrocks"),
        ("mysql", "seeknal-starrocks"),
    ],
)
def test_sources_of_missing_plugins_say_what_to_install(
    problems, without_databases, type, distribution
):
    text = f"kind: source\nname: x\nsource: {type}\ntable: a.b\nparams: {{catalog_uri: x}}\n"

    (problem,) = problems({"seeknal/x.yml": text})

    assert problem.location.line == 3
    assert f"needs {distribution}" in problem.help


def test_a_materialization_without_type_is_icebergs(problems, without_databases):
    text = "kind: transform\nname: x\nsql: SELECT 1 AS a\nmaterialization:\n  table: a.b\n"

    (problem,) = problems({"seeknal/x.yml": text})

    assert install_command("seeknal-iceberg") in problem.help
    assert problem.location.line in (4, 5)


def test_a_semantic_model_without_its_plugin_says_what_to_install(problems, without_databases):
    text = "kind: semantic_model\nname: orders\nmetrics: []\n"

    (problem,) = problems({**NEIGHBOURS, "seeknal/semantic_models/o.yml": text})

    assert (problem.code, problem.lacks) == ("SK0214", "seeknal-semantic")
    assert install_command("seeknal-semantic") in problem.help


# What enters a node's definition.


@pytest.mark.parametrize(
    "change",
    [
        ("sql: SELECT a.x FROM a", "sql: select  a.x /* same */ FROM a;"),
        ("owner: me", "owner: you\ndescription: new\ntags: [t]\nlayer: gold\nmeta: {a: 1}"),
        ("owner: me", "materializations: [{type: file, path: a.csv}]"),
        ("owner: me", "columns: {x: the x}"),
        ("owner: me", "columns: {x: BIGINT}"),
    ],
)
def test_what_cannot_change_rows_leaves_the_definition_alone(node, change):
    text = "kind: transform\nname: x\ninputs: [source.a]\nsql: SELECT a.x FROM a\nowner: me\n"

    before, after = node(text), node(text.replace(*change))

    assert before.definition == after.definition


@pytest.mark.parametrize(
    "change",
    [
        ("SELECT a.x", "SELECT a.y"),
        ("SELECT a.x", "SELECT a.x AS y"),
        ("owner: me", "columns: {x: BIGINT}\ncontract: true"),
        ("sql:", "materialized: view\nsql:"),
        ("{ref: source.a}", "{ref: source.a, as: c}"),
        ("{ref: source.a}", "{ref: source.a}, transform.b"),
    ],
)
def test_what_may_change_rows_changes_the_definition(node, change):
    text = clean("""
        kind: transform
        name: x
        inputs: [{ref: source.a}]
        sql: SELECT a.x FROM ref('source.a') a
        owner: me
    """)

    before, after = node(text), node(text.replace(*change))

    assert before.definition != after.definition


def test_durations_are_one_grammar(node):
    for text in ("3d", "3 days", "3"):
        found = node(
            "kind: transform\nname: x\nsql: SELECT 1 AS a\ntime_column: a\nschedule: 1 day\n"
            f"start: 2024-01-01\nlookback: {text}\n"
        )

        assert found.tracking.lookback in (3, Duration(3, "day"))
    assert Duration.parse("3 days") == Duration.parse("3d")


@pytest.mark.parametrize(
    "type",
    [
        "ENUM('a', 'b')",
        "BIT",
        "BIGNUM",
        "TIMESTAMP_S",
        "TIMESTAMP_NS",
        "TIMETZ",
        "UNION(a INTEGER)",
    ],
)
def test_the_rarer_types_of_columns_are_no_descriptions(node, type):
    text = f'{{kind: source, name: x, source: csv, table: a.csv, columns: {{c: "{type}"}}}}'

    (column,) = node(text).columns

    assert (column.type, column.description) == (type, None)


@pytest.mark.parametrize("text", ["Union of both", "Bit by bit", "enum", "the union"])
def test_words_that_are_no_types_are_descriptions(node, text):
    text_ = f'{{kind: source, name: x, source: csv, table: a.csv, columns: {{c: "{text}"}}}}'

    (column,) = node(text_).columns

    assert (column.type, column.description) == (None, text)


@pytest.mark.parametrize("wrong", ["ownr: me", "keys: {a: 1}"])
def test_what_is_read_back_is_told_beside_other_mistakes_of_both_nodes(problems, wrong):
    source = "kind: source\nname: back\nsource: csv\ntable: out/t.csv\n"
    target = "kind: transform\nname: t\nsql: SELECT 1 AS a\n"
    place = "materializations: [{type: file, path: out/t.csv}, {type: fil, path: x.csv}]\n"

    found = problems(
        {
            "seeknal/t.yml": f"{target}{wrong}\n{place}",
            "seeknal/s.yml": f"{source}{wrong}\n",
        }
    )

    codes = [entry.code for entry in found]
    assert codes.count("SK0220") == 1
    assert codes.count("SK0208") == 1
    assert len(codes) == 4


def test_a_table_of_two_nodes_is_told_beside_other_mistakes(problems, vault):
    node = "kind: transform\nname: {}\nsql: SELECT 1 AS a\nownr: me\n"
    place = "materializations: [{type: vault, table: t}]\n"

    found = problems({f"seeknal/{name}.yml": node.format(name) + place for name in "ab"})

    assert sorted(entry.code for entry in found) == ["SK0201", "SK0201", "SK0223"]


WRONG_TARGETS = {
    "an option": ("delimter: x", "SK0201"),
    "an option's value": ("delimiter: {a: 1}", "SK0203"),
    "a mode": ("mode: nope", "SK0211"),
}


@pytest.mark.parametrize("name", WRONG_TARGETS)
def test_what_is_read_back_is_told_beside_mistakes_of_its_target(problems, name):
    wrong, code = WRONG_TARGETS[name]
    files = {
        "seeknal/t.yml": "kind: transform\nname: t\nsql: SELECT 1 AS a\n"
        f"materializations: [{{type: file, path: out/t.csv, {wrong}}}]\n",
        "seeknal/s.yml": "kind: source\nname: back\nsource: csv\ntable: out/t.csv\n",
    }

    found = problems(files)

    assert sorted(entry.code for entry in found) == sorted([code, "SK0220"])


@pytest.mark.parametrize(
    ("modes", "codes"),
    [
        (("full, tabel: x", "full"), ["SK0201", "SK0223"]),
        (("append, tabel: x", "full"), ["SK0201", "SK0223"]),
        (("append, tabel: x", "append"), ["SK0201"]),
        (("nope", "append"), ["SK0211"]),
        (("apend", "full"), ["SK0211", "SK0223"]),
    ],
)
def test_a_table_of_two_targets_is_told_beside_mistakes_of_them(problems, vault, modes, codes):
    node = (
        "kind: transform\nname: {}\nsql: SELECT 1 AS a\n"
        "materializations: [{{type: vault, table: t, mode: {}}}]\n"
    )
    named = zip("ab", modes, strict=True)
    files = {f"seeknal/{name}.yml": node.format(name, mode) for name, mode in named}

    found = problems(files)

    assert sorted(entry.code for entry in found) == codes


def test_a_path_outside_is_told_beside_an_option_that_is_none(problems):
    target = "{type: file, path: ../x.csv, delimter: x}"
    text = f"kind: transform\nname: t\nsql: SELECT 1 AS a\nmaterializations: [{target}]\n"

    found = problems({"seeknal/t.yml": text})

    assert len(found) == 2
