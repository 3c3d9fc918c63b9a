"""Sources: which snapshot is read, when nothing is, and what is told."""

import itertools

import duckdb
import pyarrow
import pytest

pytestmark = pytest.mark.versions

TABLE = "atlas.shop.orders"
SOURCE = "kind: source\nname: orders\nsource: iceberg\ntable: atlas.shop.orders\n"


@pytest.fixture
def stocked(seeknal_project, lake):
    """A project over a table that PyIceberg wrote: two snapshots, one branch, one tag."""
    from pyiceberg.catalog import load_catalog

    def make(more="", rows=((1, "a"), (2, "b"))):
        made = seeknal_project({"seeknal/orders.yml": SOURCE + more})
        folder = made.path / ".seeknal" / "iceberg"
        (folder / "warehouse").mkdir(parents=True)
        catalog = load_catalog(
            "atlas",
            type="sql",
            uri=f"sqlite:///{folder / 'catalog.db'}",
            warehouse=(folder / "warehouse").as_uri(),
        )
        catalog.create_namespace("shop")
        ids, names = zip(*rows, strict=True)
        data = pyarrow.table(
            {"id": pyarrow.array(ids, pyarrow.int64()), "name": pyarrow.array(names)}
        )
        table = catalog.create_table(("shop", "orders"), schema=data.schema)
        table.append(data)
        return made, table

    return make


def more_rows(table, start=10):
    table.append(pyarrow.table({"id": pyarrow.array([start], pyarrow.int64()), "name": ["later"]}))


def test_its_rows_and_types_arrive(stocked):
    made, _ = stocked()

    made.run("run").assert_ok()

    assert sorted(made.rows("source.orders")) == [(1, "a"), (2, "b")]


def test_an_unchanged_table_is_not_read_again(stocked):
    made, table = stocked()
    made.run("run").assert_ok()
    for task in table.scan().plan_files():
        # Had a data file to be opened, the run would fail.
        path = task.file.file_path.removeprefix("file://")
        with open(path, "wb"):
            pass

    outcome = made.run("run").assert_ok()

    assert "reused     source unchanged" in outcome.stdout


def test_a_new_snapshot_is_read(stocked):
    made, table = stocked()
    made.run("run").assert_ok()
    more_rows(table)

    made.run("run").assert_ok()

    assert sorted(made.rows("source.orders")) == [(1, "a"), (2, "b"), (10, "later")]


def test_time_travel_by_snapshot_time_branch_and_tag(stocked):
    made, table = stocked()
    first = table.current_snapshot()
    table.manage_snapshots().create_tag(first.snapshot_id, "v1").commit()
    table.manage_snapshots().create_branch(first.snapshot_id, "audit").commit()
    table.refresh()
    more_rows(table)
    options = (
        f"snapshot_id: {first.snapshot_id}",
        "tag: v1",
        "branch: audit",
    )

    counts = []
    for option in options:
        made.write({"seeknal/orders.yml": SOURCE + f"params: {{{option}}}\n"})
        made.run("run").assert_ok()
        counts.append(len(made.rows("source.orders")))

    assert counts == [2, 2, 2]


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("snapshot_id: 1", "there is no snapshot 1"),
        ("branch: v9", "there is no branch or tag 'v9'"),
        ("as_of: yesterday", "is not a time"),
        ("as_of: '2001-01-01'", "did not exist as of"),
        ("tag: a, branch: b", "exclude each other"),
        ("filter: id >", "filter:"),
        ("filter: 'id in (select 1)'", "filter:"),
    ],
)
def test_a_wrong_option_is_told(stocked, option, told):
    made, _ = stocked(more=f"params: {{{option}}}\n")

    outcome = made.run("run")

    assert outcome.exit_code in (1, 2)
    assert told in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_filter_leaves_files_unopened_and_rows_out(stocked):
    made, table = stocked(more="params: {filter: id >= 10}\n")
    for start in (10, 20):
        more_rows(table, start)
    for task in table.scan(row_filter="id < 10").plan_files():
        with open(task.file.file_path.removeprefix("file://"), "wb"):
            pass

    made.run("run").assert_ok()

    assert sorted(made.rows("source.orders")) == [(10, "later"), (20, "later")]


def test_only_the_named_columns_are_read(stocked):
    made, _ = stocked(more="columns: {name: VARCHAR}\n")

    made.run("run").assert_ok()

    assert sorted(made.rows("source.orders")) == [("a",), ("b",)]


def test_other_columns_are_read_as_soon_as_they_are_named_also_without_a_type(stocked):
    made, _ = stocked(more="columns: {name: {pii: true}}\n")
    made.run("run").assert_ok()
    made.write({"seeknal/orders.yml": f"{SOURCE}columns: {{name: {{pii: true}}, id: the key}}\n"})

    checked = made.run("validate").assert_ok()
    made.run("run").assert_ok()

    assert "no column" not in checked.stdout + checked.stderr
    assert sorted(made.rows("source.orders")) == [(1, "a"), (2, "b")]


def test_columns_that_were_renamed_and_added_since_are_found(stocked):
    made, table = stocked()
    with table.update_schema() as update:
        update.rename_column("name", "title")
        update.add_column("price", __import__("pyiceberg.types").types.DoubleType())

    made.run("run").assert_ok()

    relation = made.rows("source.orders")
    assert sorted(relation) == [(1, "a", None), (2, "b", None)]


def test_rows_that_another_engine_deleted_are_left_out(stocked):
    made, table = stocked(rows=[(number, str(number)) for number in range(10)])
    table.delete("id < 8")

    made.run("run").assert_ok()

    assert sorted(made.rows("source.orders")) == [(8, "8"), (9, "9")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("table: atlas.shop.odrers", "did you mean atlas.shop.orders?"),
        ("table: orders", "is not the name of an Iceberg table"),
        ("query: SELECT 1 AS a", "reads a table, not a query"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(stocked, text, told):
    made, _ = stocked()
    source = SOURCE.replace("table: atlas.shop.orders", text)
    made.write({"seeknal/orders.yml": source})

    outcome = made.run("run")

    assert outcome.exit_code in (1, 2)
    assert told in outcome.stderr


VALUES = {
    "boolean": ("true", "BOOLEAN"),
    "tinyint": ("(-128)::TINYINT", "INTEGER"),
    "integer": ("2147483647", "INTEGER"),
    "uinteger": ("4294967295::UINTEGER", "BIGINT"),
    "bigint": ("9223372036854775807", "BIGINT"),
    "ubigint": ("18446744073709551615::UBIGINT", "DECIMAL(20,0)"),
    "hugeint": ("170141183460469231731::HUGEINT", "DECIMAL(38,0)"),
    "float": ("1.5::FLOAT", "FLOAT"),
    "double": ("'nan'::DOUBLE", "DOUBLE"),
    "decimal": ("12345678901234567890.12::DECIMAL(38,2)", "DECIMAL(38,2)"),
    "text": ("'żółć 🦆'", "VARCHAR"),
    "enum": ("'x'::ENUM('x', 'y')", "VARCHAR"),
    "blob": (r"'\x00\xff'::BLOB", "BLOB"),
    "date": ("DATE '2024-02-29'", "DATE"),
    "time": ("TIME '12:34:56.789012'", "TIME"),
    "timestamp": ("TIMESTAMP '2024-02-29 12:34:56.789012'", "TIMESTAMP"),
    "timestamptz": ("TIMESTAMPTZ '2024-02-29 12:34:56.789012+02'", "TIMESTAMP WITH TIME ZONE"),
    "uuid": ("'11111111-2222-3333-4444-555555555555'::UUID", "UUID"),
    "json": ("'{\"a\": [1]}'::JSON", "VARCHAR"),
    "interval": ("INTERVAL '1 day -1 second'", "VARCHAR"),
    "list": ("[1, NULL, 3]", "INTEGER[]"),
    "nested": ("[[1], NULL]", "INTEGER[][]"),
    "struct": ("{'a': 1, 'B c': [DATE '2024-01-01']}", 'STRUCT(a INTEGER, "B c" DATE[])'),
    "map": ("MAP {'k': 1.5::DECIMAL(3,1)}", "MAP(VARCHAR, DECIMAL(3,1))"),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_survives_the_way_there_and_back(seeknal_project, name):
    expression, type = VALUES[name]
    made = seeknal_project(
        {
            "seeknal/t.yml": "kind: transform\nname: t\ntransform: |\n"
            f"  SELECT 1 AS id, {expression} AS v UNION ALL SELECT 2, NULL\n"
            "materializations: [{type: iceberg, table: atlas.x.t, mode: append}]\n",
        }
    )
    made.run("run").assert_ok()
    made.write({"seeknal/s.yml": "kind: source\nname: s\nsource: iceberg\ntable: atlas.x.t\n"})
    (made.path / "seeknal/t.yml").unlink()

    made.run("run").assert_ok()

    path = next((made.path / "target/intermediate").glob("source_s.parquet"))
    wanted = duckdb.sql(f"SELECT CAST({expression} AS {type})::VARCHAR").fetchall()
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        wanted = connection.execute(f"SELECT CAST({expression} AS {type})::VARCHAR").fetchall()
        query = f"SELECT v::VARCHAR, typeof(v) FROM '{path}' ORDER BY id"
        found = connection.execute(query).fetchall()
    assert found == [(wanted[0][0], type), (None, type)]


def test_numbers_of_snapshots_are_those_of_the_table(stocked):
    made, table = stocked()
    for start in itertools.islice(itertools.count(10), 2):
        more_rows(table, start)

    shown = made.run("iceberg", "snapshots", TABLE).assert_ok()

    assert len(shown.stdout.splitlines()) == 3
    assert str(table.current_snapshot().snapshot_id) in shown.stdout


@pytest.mark.parametrize(
    ("target", "is_named"),
    [
        ("{type: csv, path: orders.csv}", False),
        ("{type: postgresql, table: OUT.ORDERS}", False),
        ("{type: iceberg, table: atlas.other.orders}", False),
        ("{type: iceberg, table: atlas.shop.orders}", True),
    ],
)
def test_only_a_node_that_writes_the_missing_table_is_named(seeknal_project, target, is_named):
    node = "kind: transform\nname: a\nsql: SELECT 1 AS id\nenabled: false\n"
    made = seeknal_project(
        {"seeknal/orders.yml": SOURCE, "seeknal/a.yml": f"{node}materializations: [{target}]\n"}
    )

    outcome = made.run("run")

    assert "there is no Iceberg table atlas.shop.orders" in outcome.stdout + outcome.stderr
    assert ("transform.a writes it" in outcome.stdout + outcome.stderr) == is_named
