"""Tables that PostgreSQL or seeknal itself writes are no targets."""

import pytest

PROFILE = "connections:\n  pg: {type: postgresql, host: nowhere.invalid, MORE}\n"


@pytest.fixture
def told(seeknal_project):
    """What ``validate`` says of a target of this table; no server is reached."""

    def told(table, mode="append", more="password: '${NOT_SET}'"):
        made = seeknal_project(
            {
                "profiles.yml": PROFILE.replace("MORE", more),
                "seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT 1 AS id\n"
                "materializations:\n"
                f"  - {{type: postgresql, connection: pg, table: {table}, mode: {mode}}}\n",
            }
        )
        return made.run("validate")

    return told


@pytest.mark.parametrize(
    "table",
    [
        *("pg_catalog.pg_class", "information_schema.tables", "pg_toast.t"),
        *("seeknal.deliveries", "public.iceberg_tables", "x.iceberg_namespace_properties"),
    ],
)
@pytest.mark.parametrize("mode", ["full", "append"])
def test_a_table_that_others_write_is_refused(told, table, mode):
    outcome = told(table, mode)

    assert outcome.exit_code == 2
    assert "SK1339" in outcome.stderr
    assert f"{table} " in outcome.stderr
    assert "seeknal/t.yml:5:" in outcome.stderr


@pytest.mark.parametrize(
    ("table", "more"),
    [
        ("deliveries", "schema: seeknal"),
        ("ops.deliveries", "delivery_schema: ops"),
        ("deliveries", "schema: ops, delivery_schema: ops"),
        ("seeknal_online.customers", "schema: x"),
        ("customers", "schema: ops, online_schema: ops"),
    ],
)
def test_the_schemas_of_the_connection_count(told, table, more):
    outcome = told(table, more=more)

    assert outcome.exit_code == 2
    assert "SK1339" in outcome.stderr


@pytest.mark.parametrize(
    ("table", "more"),
    [
        ("seeknal.orders", "schema: x"),
        ("deliveries", "schema: x"),
        ("seeknal.deliveries", "delivery_schema: ops"),
        ("seeknal_online.customers", "online_schema: ops"),
        ("mypg_catalog.t", "schema: x"),
    ],
)
def test_other_tables_of_these_names_are_free(told, table, more):
    told(table, more=more).assert_ok()


@pytest.mark.parametrize("table", ["a.b.c", "a.b.c.d", "a..b"])
def test_a_text_that_is_no_name_of_a_table_is_told_before_a_run(told, table):
    outcome = told(table)

    assert outcome.exit_code == 2
    assert "SK1311" in outcome.stderr
    assert outcome.stderr.count("error[") == 1


def test_the_schema_of_the_deliveries_takes_other_tables(project, database):
    made = project(
        {
            "seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT 1 AS id\n"
            "materializations: [{type: postgresql, connection: pg, table: seeknal.mine}]\n",
        }
    )

    made.run("run").assert_ok()

    assert database.rows("SELECT id FROM seeknal.mine") == [(1,)]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("table: t", "PostgreSQL keeps the column name 'ctid' for itself"),
        ("table: t, unique_keys: [idd]", "there is no column 'idd', which unique_keys names"),
        ("table: t, time_column: dya", "there is no column 'dya', which time_column names"),
    ],
)
def test_names_of_columns_are_looked_at_in_every_mode(seeknal_project, more, told):
    made = seeknal_project(
        {
            "profiles.yml": PROFILE.replace("MORE", "schema: x"),
            "seeknal/t.yml": "kind: transform\nname: t\n"
            "transform: SELECT 1 AS id, 'x' AS day, 2 AS ctid\n"
            f"materializations: [{{type: postgresql, connection: pg, {more}}}]\n",
        }
    )

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert told in outcome.stderr
