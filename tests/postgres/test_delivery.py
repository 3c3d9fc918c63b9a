"""Each write mode: its first run, its later runs, no rows, and what it refuses."""

import pytest

ORDERS = (
    "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n"
    "columns: {id: INTEGER, day: DATE, amount: 'DECIMAL(10,2)'}\nTARGET"
)
HEAD = "id,day,amount\n"
FIRST = HEAD + "1,2024-01-01,1.00\n2,2024-01-02,2.00\n3,2024-01-03,3.00\n"


@pytest.fixture
def orders(project):
    """Makes a project that delivers data/orders.csv to analytics.orders."""

    def make(mode, rows=FIRST, more=""):
        target = (
            "materializations:\n  - {type: postgresql, connection: pg, table: analytics.orders,"
            f" mode: {mode}{more}}}\n"
        )
        return project(
            {"seeknal/orders.yml": ORDERS.replace("TARGET", target), "data/orders.csv": rows}
        )

    return make


UPSERT = "upsert_by_key, unique_keys: [id]"
BY_TIME = "incremental_by_time, time_column: day"


def held(database):
    return [
        (id, f"{day:%m-%d}", str(amount))
        for id, day, amount in database.rows("SELECT * FROM analytics.orders ORDER BY 1, 3")
    ]


@pytest.mark.parametrize("mode", ["full", "append", UPSERT, BY_TIME])
def test_the_first_run_creates_the_table_and_says_so(orders, database, mode):
    outcome = orders(mode).run("run").assert_ok()

    assert "Created table analytics.orders" in outcome.stdout
    assert held(database) == [(1, "01-01", "1.00"), (2, "01-02", "2.00"), (3, "01-03", "3.00")]


@pytest.mark.parametrize("mode", ["full", "append", UPSERT, BY_TIME])
def test_unchanged_rows_are_not_delivered_again(orders, database, mode):
    made = orders(mode)
    made.run("run").assert_ok()

    made.run("run").assert_ok()

    assert database.value("SELECT count(*) FROM seeknal.deliveries") == 1


SECOND = HEAD + "2,2024-01-02,2.50\n3,2024-01-04,3.00\n4,2024-01-04,4.00\n"
AFTER = {
    "full": [(2, "01-02", "2.50"), (3, "01-04", "3.00"), (4, "01-04", "4.00")],
    "append": [
        *((1, "01-01", "1.00"), (2, "01-02", "2.00"), (2, "01-02", "2.50")),
        *((3, "01-03", "3.00"), (3, "01-04", "3.00"), (4, "01-04", "4.00")),
    ],
    UPSERT: [
        *((1, "01-01", "1.00"), (2, "01-02", "2.50"), (3, "01-04", "3.00"), (4, "01-04", "4.00")),
    ],
    BY_TIME: [
        *((1, "01-01", "1.00"), (2, "01-02", "2.50"), (3, "01-04", "3.00"), (4, "01-04", "4.00")),
    ],
}


@pytest.mark.parametrize("mode", AFTER)
def test_a_later_run_changes_exactly_what_its_mode_says(orders, database, mode):
    made = orders(mode)
    made.run("run").assert_ok()
    made.write({"data/orders.csv": SECOND})

    made.run("run").assert_ok()

    assert sorted(held(database)) == sorted(AFTER[mode])


@pytest.mark.parametrize(("mode", "left"), [("full", 0), ("append", 3), (UPSERT, 3), (BY_TIME, 3)])
def test_no_rows_empty_a_full_table_and_leave_the_others(orders, database, mode, left):
    made = orders(mode)
    made.run("run").assert_ok()
    made.write({"data/orders.csv": HEAD})

    made.run("run").assert_ok()

    assert len(held(database)) == left


def test_an_upsert_writes_only_rows_that_differ(orders, database):
    made = orders(UPSERT)
    made.run("run").assert_ok()
    before = dict(database.rows("SELECT id, xmin::text FROM analytics.orders"))
    made.write({"data/orders.csv": FIRST.replace("2.00", "2.50")})

    made.run("run").assert_ok()

    after = dict(database.rows("SELECT id, xmin::text FROM analytics.orders"))
    assert [id for id in before if before[id] != after[id]] == [2]


def test_an_upsert_makes_its_keys_unique_in_the_table(orders, database):
    orders(UPSERT).run("run").assert_ok()

    index = database.value("SELECT indexdef FROM pg_indexes WHERE schemaname = 'analytics'")

    assert "UNIQUE" in index
    assert "(id)" in index


def test_keys_of_several_columns(orders, database):
    made = orders("upsert_by_key, unique_keys: [id, day]")
    made.run("run").assert_ok()
    made.write({"data/orders.csv": HEAD + "1,2024-01-01,9.00\n1,2024-01-02,8.00\n"})

    made.run("run").assert_ok()

    assert held(database)[:2] == [(1, "01-02", "8.00"), (1, "01-01", "9.00")]
    assert len(held(database)) == 4


def test_a_foreign_table_without_an_index_is_merged_under_a_lock_with_a_warning(orders, database):
    database.run(
        "CREATE SCHEMA analytics;"
        "CREATE TABLE analytics.orders (id int, day date, amount numeric(10,2));"
        "INSERT INTO analytics.orders VALUES (1, '2023-01-01', 0), (9, '2023-01-01', 9)"
    )

    outcome = orders(UPSERT).run("run").assert_ok()

    assert "no unique index on id" in outcome.stderr
    assert [row[0] for row in held(database)] == [1, 2, 3, 9]
    assert held(database)[0] == (1, "01-01", "1.00")


@pytest.mark.parametrize(
    ("mode", "rows", "message"),
    [
        (UPSERT, HEAD + ",2024-01-01,1\n", "1 of 1 rows have no id"),
        (UPSERT, HEAD + "1,2024-01-01,1\n1,2024-01-01,2\n", "id = 1 (2 rows)"),
        (BY_TIME, HEAD + "1,,1\n", "1 of 1 rows have no day"),
        (
            "upsert_by_key, unique_keys: [ident]",
            FIRST,
            "there is no column 'ident', which unique_keys names\n",
        ),
        ("incremental_by_time, time_column: dya", FIRST, "did you mean day?"),
    ],
)
def test_rows_that_do_not_fit_the_mode_are_refused_untouched(orders, database, mode, rows, message):
    made = orders(UPSERT if mode.startswith("upsert") else BY_TIME)
    made.run("run").assert_ok()
    before = held(database)
    text = (made.path / "seeknal/orders.yml").read_text()
    current = UPSERT if mode.startswith("upsert") else BY_TIME
    made.write({"seeknal/orders.yml": text.replace(current, mode), "data/orders.csv": rows})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert message in outcome.stderr
    assert held(database) == before


def test_mistakes_of_a_target_are_told_before_anything_runs(project):
    made = project(
        {
            "seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT 1 AS id\n"
            "materializations:\n"
            "  - {type: postgresql, connection: pg, table: a.b, mode: upsert_by_key}\n"
            "  - {type: postgresql, connection: pg, table: a.c, mode: incremental_by_time}\n"
            "  - {type: postgresql, table: a.e}\n"
            "  - {type: postgresql, connection: pg, table: a.f, mode: upsert}\n"
        }
    )

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    for text in (
        *("upsert_by_key needs unique_keys", "incremental_by_time needs a time_column"),
        "it does not say in which database",
    ):
        assert text in outcome.stdout + outcome.stderr


def test_without_create_table_a_missing_table_is_an_error(orders, database):
    outcome = orders("full", more=", create_table: false").run("run")

    assert outcome.exit_code == 1
    assert "there is no table analytics.orders" in outcome.stderr
    assert database.value("SELECT to_regclass('analytics.orders')") is None


def narrow(made):
    """The same node with another set of columns."""
    text = (made.path / "seeknal/orders.yml").read_text()
    changed = text.replace("kind: source\nname: orders\n", "kind: source\nname: raw\n")
    target = changed[changed.index("materializations") :]
    source = changed[: changed.index("materializations")]
    node = (
        "---\nkind: transform\nname: orders\n"
        "transform: SELECT id, day, amount, amount * 2 AS twice FROM ref('source.raw')\n"
    )
    made.write({"seeknal/orders.yml": source + node + target})


@pytest.mark.parametrize("mode", ["append", UPSERT, BY_TIME])
def test_a_new_column_is_an_error_unless_the_schema_may_evolve(orders, database, mode):
    made = orders(mode)
    made.run("run").assert_ok()
    narrow(made)

    refused = made.run("run")
    text = (made.path / "seeknal/orders.yml").read_text()
    made.write(
        {
            "seeknal/orders.yml": text.replace(
                "table: analytics.orders,", "table: analytics.orders, schema_change: evolve,"
            )
        }
    )
    evolved = made.run("run").assert_ok()

    assert "has no column for twice" in refused.stderr
    assert refused.exit_code == 1
    assert str(database.value("SELECT max(twice) FROM analytics.orders")) == "6.00"
    assert evolved.exit_code == 0


def test_full_follows_a_change_of_columns_and_keeps_grants_comments_and_indexes(orders, database):
    made = orders("full")
    made.run("run").assert_ok()
    database.run(
        "COMMENT ON COLUMN analytics.orders.amount IS 'in euro';"
        "CREATE INDEX by_day ON analytics.orders (day);"
        "GRANT SELECT ON analytics.orders TO public"
    )
    narrow(made)

    made.run("run").assert_ok()

    assert str(database.value("SELECT sum(twice) FROM analytics.orders")) == "12.00"
    assert database.value("SELECT col_description('analytics.orders'::regclass, 3)") == "in euro"
    assert database.value("SELECT count(*) FROM pg_indexes WHERE indexname = 'by_day'") == 1
    assert database.value("SELECT relacl::text FROM pg_class WHERE relname = 'orders'").startswith(
        "{"
    )


def test_a_dependent_view_stops_a_change_of_columns_and_is_named(orders, database):
    made = orders("full")
    made.run("run").assert_ok()
    database.run("CREATE VIEW analytics.report AS SELECT * FROM analytics.orders")
    narrow(made)

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "analytics.report" in outcome.stderr
    assert "twice is new" in outcome.stderr
    assert len(database.rows("SELECT * FROM analytics.report")) == 3
    assert "cascade: true" in outcome.stderr


def test_cascade_drops_what_depends_on_the_old_columns(orders, database):
    made = orders("full", more=", cascade: true")
    made.run("run").assert_ok()
    database.run("CREATE VIEW analytics.report AS SELECT * FROM analytics.orders")
    narrow(made)

    outcome = made.run("run").assert_ok()

    assert "dropped analytics.report" in outcome.stdout
    assert database.value("SELECT to_regclass('analytics.report')") is None


def test_full_with_the_same_columns_leaves_a_dependent_view_alone(orders, database):
    made = orders("full")
    made.run("run").assert_ok()
    database.run("CREATE VIEW analytics.report AS SELECT * FROM analytics.orders")
    made.write({"data/orders.csv": SECOND})

    made.run("run").assert_ok()

    assert len(database.rows("SELECT * FROM analytics.report")) == 3


@pytest.mark.parametrize(
    ("column", "type"), [("amount", "numeric(10,1)"), ("amount", "integer"), ("day", "timestamptz")]
)
def test_a_column_that_would_change_values_is_refused_by_name_and_types(
    orders, database, column, type
):
    types = {"id": "int", "day": "date", "amount": "numeric(10,2)", column: type}
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    database.run(f"CREATE SCHEMA analytics; CREATE TABLE analytics.orders ({columns})")

    outcome = orders("append").run("run")

    assert outcome.exit_code == 1
    assert f"{column} is" in outcome.stderr
    assert held(database) == []


def test_a_value_that_is_too_long_is_an_error_not_cut_off(project, database):
    database.run("CREATE TABLE t (v varchar(3)); INSERT INTO t VALUES ('old')")
    made = project(
        {
            "seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT 'abcd' AS v\n"
            "materializations: [{type: postgresql, connection: pg, table: t, mode: append}]\n"
        }
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "too long" in outcome.stderr
    assert database.rows("SELECT v FROM t") == [("old",)]


def test_defaults_and_generated_columns_of_the_table_stay_its_own(orders, database):
    database.run(
        "CREATE SCHEMA analytics;"
        "CREATE TABLE analytics.orders (id int, day date, amount numeric(10,2),"
        " loaded timestamptz DEFAULT now(), twice numeric GENERATED ALWAYS AS (amount * 2) STORED)"
    )
    made = orders("full")

    made.run("run").assert_ok()

    rows = database.rows("SELECT twice, loaded IS NOT NULL FROM analytics.orders ORDER BY 1")
    assert [(str(twice), loaded) for twice, loaded in rows] == [
        ("2.00", True),
        ("4.00", True),
        ("6.00", True),
    ]


def test_each_delivery_leaves_its_mark(orders, database):
    made = orders(BY_TIME)
    made.run("run").assert_ok()

    ((table, node, environment, mode, rows, start, end),) = database.rows(
        "SELECT table_name, node, environment, mode, rows, range_start, range_end"
        " FROM seeknal.deliveries"
    )

    assert (table, node, environment) == ("analytics.orders", "source.orders", "prod")
    assert (mode, rows, start, end) == ("incremental_by_time", 3, "2024-01-01", "2024-01-03")


def test_odd_names_are_quoted(project, database):
    made = project(
        {
            "seeknal/t.yml": "kind: transform\nname: t\n"
            'transform: SELECT 1 AS "select", 2 AS "a""b", 3 AS "Größe%s"\n'
            "materializations:\n  - {type: postgresql, connection: pg, table: 'My Schema.Or\"\"d',"
            " mode: upsert_by_key, unique_keys: [select]}\n"
        }
    )

    made.run("run").assert_ok()

    assert database.rows('SELECT * FROM "My Schema"."Ord"') == [(1, 2, 3)]


def test_a_rollback_takes_out_all_that_it_undoes(orders, database):
    made = orders(BY_TIME)
    made.run("run").assert_ok()
    before = held(database)
    made.write({"data/orders.csv": SECOND})
    made.run("run").assert_ok()

    made.run("rollback", "prod", "--yes").assert_ok()

    assert held(database) == before
