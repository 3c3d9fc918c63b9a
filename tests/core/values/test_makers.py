"""A table that is not there leads to the file of the project that would make it."""

import pytest

from seeknal.host.makers import how_to_make

pytestmark = pytest.mark.inside

CREATE = "CREATE TABLE IF NOT EXISTS public.{} (id int);\n"
TARGET = "kind: transform\nname: clean\nsql: SELECT 1 AS id\nmaterializations: [{}]\n"
PYTHON_TARGET = """
from seeknal import materialize, transform


@transform(name="clean", inputs=["source.a"])
@materialize(
    type="postgresql",
    table="analytics.orders",
)
def clean(ctx):
    return ctx.ref("source.a")
"""


@pytest.fixture
def project(tmp_path):
    def make(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


def test_a_script_that_creates_it_is_run_where_seeknal_is_installed(project):
    script = "def main():\n    catalog.create_table(('shop', 'orders'))\n"
    root = project({"scripts/fill.py": script, "scripts/check.py": "print('orders')\n"})

    assert how_to_make(root, "atlas.shop.orders") == (
        "scripts/fill.py makes it: seeknal python scripts/fill.py"
    )


def test_a_script_that_writes_it_with_a_library_is_found_as_well(project):
    root = project({"load.py": "frame.to_sql('orders', engine)\n"})

    assert how_to_make(root, "orders") == "load.py makes it: seeknal python load.py"


def test_an_sql_file_is_run_by_what_the_database_is_asked_with(project):
    root = project({"sql/seed.sql": CREATE.format("orders")})

    assert how_to_make(root, "public.orders", "seeknal postgres psql --file") == (
        "sql/seed.sql makes it: seeknal postgres psql --file sql/seed.sql"
    )


def test_an_sql_file_that_nothing_runs_is_named_all_the_same(project):
    root = project({"sql/seed.sql": CREATE.format('"Orders"')})

    assert how_to_make(root, "public.orders") == "sql/seed.sql makes it"


def test_the_file_that_creates_it_comes_before_one_that_writes_such_a_file(project):
    writes = "FILE.write_text('CREATE TABLE orders')\n"
    root = project({"make_data.py": writes, "sql/seed.sql": CREATE.format("orders")})

    assert how_to_make(root, "orders") == "sql/seed.sql makes it"


def test_of_two_scripts_the_one_that_says_it_seeds_comes_first(project):
    text = "create_table('orders')\n"
    root = project({"scripts/all.py": text, "scripts/seed.py": text})

    assert how_to_make(root, "orders") == "scripts/seed.py makes it: seeknal python scripts/seed.py"


@pytest.mark.parametrize(
    "target",
    [
        "{type: postgresql, table: analytics.orders}",
        "{type: iceberg, table: atlas.analytics.ORDERS, mode: full}",
    ],
)
def test_a_node_that_delivers_to_it_is_named_with_the_better_way(project, target):
    root = project({"seeknal/clean.yml": TARGET.format(target)})

    assert how_to_make(root, "orders") == (
        "transform.clean writes it (seeknal/clean.yml): run that first,"
        " or read it with ref('transform.clean')"
    )


def test_a_python_node_that_delivers_to_it_is_named_by_its_file(project):
    root = project({"seeknal/pipelines/p.py": PYTHON_TARGET})

    assert how_to_make(root, "analytics.orders") == (
        "a node of seeknal/pipelines/p.py writes it: run that first, or read the node with ref()"
    )


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"scripts/seed.py": "create_table('orders_archive')\n"},
        {"scripts/check.py": "read('orders')\n"},
        {"sql/seed.sql": "CREATE TABLE orders_old (id int); SELECT * FROM orders;\n"},
        {"seeknal/orders.yml": "kind: source\nname: orders\ntable: orders\n"},
        {"seeknal/broken.yml": "materializations: [{table: orders\n"},
        {"target/seed.sql": CREATE.format("orders")},
        {".hidden/seed.sql": CREATE.format("orders")},
    ],
    ids=str,
)
def test_what_does_not_make_it_is_not_named(project, files):
    assert how_to_make(project(files), "orders") is None


def test_a_file_that_cannot_be_read_is_passed_over(project):
    root = project({"sql/b.sql": CREATE.format("orders")})
    (root / "sql" / "a.sql").write_bytes(b"\xff\xfe\x00CREATE TABLE orders")

    assert how_to_make(root, "orders") == "sql/b.sql makes it"


TARGETS = {
    "another type": "{type: postgresql, table: OUT.A}",
    "another schema": "{type: iceberg, table: atlas.other.a}",
    "another catalog": "{type: iceberg, table: elsewhere.s.a}",
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_a_node_that_delivers_to_another_table_of_that_name_is_not_named(project, target):
    root = project({"seeknal/a2.yml": TARGET.format(target)})

    assert how_to_make(root, "atlas.s.a", types=("iceberg",)) is None


@pytest.mark.parametrize("written", ['type="postgresql", table="s.a"', 'type="x", table="t.a"'])
def test_a_python_node_that_delivers_to_another_one_is_not_named(project, written):
    root = project({"seeknal/p.py": f"@materialize({written})\ndef clean(ctx): ...\n"})

    assert how_to_make(root, "atlas.s.a", types=("iceberg",)) is None


@pytest.mark.parametrize(
    "target",
    ["{type: iceberg, table: S.A}", "{type: iceberg, table: atlas.s.a}", "{table: a}"],
)
def test_a_name_with_fewer_parts_may_be_the_same_table(project, target):
    root = project({"seeknal/a.yml": TARGET.format(target)})

    assert "transform.clean writes it" in how_to_make(root, "atlas.s.a", types=("iceberg",))
