import threading

import pytest

from seeknal.run.python.function import release
from seeknal.values.columns import ColumnSpec
from seeknal.values.errors import NodeError
from seeknal.values.relations import ParquetFiles, Scan

HEAD = "from seeknal import source, transform\n"


def node(body, inputs=(), head=""):
    """A transform whose function has this body."""
    lines = "\n".join("    " + line for line in body.strip("\n").splitlines())
    return f"{HEAD}{head}\n@transform(inputs={list(inputs)!r})\ndef n(ctx):\n{lines}\n"


def test_the_readme_example_runs(pipelines):
    pipelines.table("source.orders", "SELECT 1 AS product_id, 9.5 AS amount")
    pipelines.table("source.products", "SELECT 1 AS product_id, 'pen' AS name, 'x' AS category")

    rows = pipelines.result(
        """
        from seeknal import transform, materialize

        @transform(name="order_products", inputs=["source.orders", "source.products"])
        @materialize(type="postgresql", connection="local_pg", table="a.b", mode="full")
        def order_products(ctx):
            orders = ctx.ref("source.orders")
            products = ctx.ref("source.products")
            return ctx.duckdb.sql('''
                SELECT o.*, p.name AS product_name, p.category
                FROM orders o JOIN products p ON o.product_id = p.product_id
            ''')
        """
    )

    assert [(row[0], float(row[1]), *row[2:]) for row in rows] == [(1, 9.5, "pen", "x")]


def test_an_input_is_a_table_without_a_variable(pipelines):
    pipelines.table("source.orders", "SELECT 5 AS a")

    assert pipelines.result(node("return ctx.duckdb.sql('FROM orders')", ["source.orders"])) == [
        (5,)
    ]


def test_a_name_that_two_inputs_share_means_neither(pipelines):
    pipelines.table("source.x", "SELECT 1 AS a")
    pipelines.table("transform.x", "SELECT 2 AS a")
    text = node("return ctx.duckdb.sql('FROM x')", ["source.x", "transform.x"])

    with pytest.raises(NodeError, match="x does not exist"):
        pipelines.result(text)


def test_ref_without_a_kind_works_when_one_input_has_the_name(pipelines):
    pipelines.table("source.orders", "SELECT 5 AS a")

    assert pipelines.result(node("return ctx.ref('orders')", ["source.orders"])) == [(5,)]


def test_ref_of_something_undeclared_offers_to_declare_it(pipelines):
    with pytest.raises(NodeError, match=r"'source.gone' is not an input") as caught:
        pipelines.result(node("name = 'source.gone'\nreturn ctx.ref(name)"))

    assert caught.value.help == "add it to the decorator: inputs=['source.gone']"
    assert str(caught.value.location) == "seeknal/pipelines/nodes.py:6"


PANDAS = "import pandas as pd"
POLARS = "import polars as pl"
ARROW = "import pyarrow as pa"


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ("return ctx.duckdb.sql('SELECT 1 AS a UNION ALL SELECT 2')", ""),
        ("return [{'a': 1}, {'a': 2}]", ""),
        ("yield {'a': 1}\nyield {'a': 2}", ""),
        ("yield [{'a': 1}]\nyield [{'a': 2}]", ""),
        ("return ({'a': n} for n in (1, 2))", ""),
        ("yield ctx.duckdb.sql('SELECT 1 AS a')\nyield ctx.duckdb.sql('SELECT 2 AS a')", ""),
        ("return pd.DataFrame({'a': [1, 2]})", PANDAS),
        ("for n in (1, 2):\n    yield pd.DataFrame({'a': [n]})", PANDAS),
        ("return pl.DataFrame({'a': [1, 2]})", POLARS),
        ("return pl.LazyFrame({'a': [1, 2]})", POLARS),
        ("return pa.table({'a': [1, 2]})", ARROW),
        ("return pa.table({'a': [1, 2]}).to_reader()", ARROW),
        ("return pa.table({'a': [1, 2]}).to_batches()[0]", ARROW),
        ("import duckdb\nreturn duckdb.sql('SELECT 1 AS a UNION ALL SELECT 2')", ""),
        ("t = pd.DataFrame({'a': [1, 2]})\nreturn ctx.duckdb.sql('FROM t')", PANDAS),
        ("t = pl.DataFrame({'a': [1, 2]})\nreturn ctx.duckdb.sql('FROM t')", POLARS),
        ("t = pa.table({'a': [1, 2]})\nreturn ctx.duckdb.sql('FROM t')", ARROW),
        ("return TABLE", f"{ARROW}\nTABLE = pa.table({{'a': [1, 2]}})"),
        ("return ctx.duckdb.sql('FROM TABLE_')", f"{ARROW}\nTABLE_ = pa.table({{'a': [1, 2]}})"),
    ],
)
def test_rows_may_be_returned_in_many_forms(pipelines, body, head):
    for line in head.splitlines():
        if line.startswith("import"):
            pytest.importorskip(line.split()[1])

    assert pipelines.result(node(body, head=head)) == [(1,), (2,)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return None", "returned nothing"),
        ("return 5", "value of type int"),
        ("return 'orders'", "value of type str"),
        ("return {'a': 1}", "value of type dict"),
        ("return [(1, 2)]", "value of type tuple"),
        ("import pandas as pd\nreturn pd.Series([1])", "type pandas"),
        ("yield ctx.duckdb.sql('SELECT 1')\nyield {'a': 1}", "among the parts is .* type dict"),
        ("return []", "no columns are known"),
    ],
)
def test_anything_else_is_an_error_that_names_the_type(pipelines, body, message):
    if "pandas" in body:
        pytest.importorskip("pandas")
    with pytest.raises(NodeError, match=message):
        pipelines.result(node(body))


def test_declared_columns_shape_an_empty_result(pipelines):
    raw = pipelines.node("n.py", node("return []"))
    columns = (ColumnSpec(name="a", type="DATE"), ColumnSpec(name="b", type="VARCHAR"))

    scan = pipelines.call(raw, columns=columns)

    assert [str(type) for type in pipelines.cursor.sql(scan.sql).types] == ["DATE", "VARCHAR"]


def test_documented_columns_do_not_forbid_others(pipelines):
    raw = pipelines.node("n.py", node("return [{'a': 1, 'b': 2}]"))

    assert pipelines.rows(raw, columns=(ColumnSpec(name="a", type="INTEGER"),)) == [(1, 2)]


def test_an_exception_points_to_the_line_of_the_user(pipelines):
    pipelines.write("helpers.py", "def fail():\n    return {}['missing']\n")
    text = node("import helpers\nreturn helpers.fail()")

    with pytest.raises(NodeError, match="KeyError: 'missing'") as caught:
        pipelines.result(text)

    assert caught.value.code == "SK0511"
    assert str(caught.value.location) == "seeknal/pipelines/helpers.py:2"


def test_an_exception_in_a_generator_points_to_its_line(pipelines):
    with pytest.raises(NodeError, match="ZeroDivisionError") as caught:
        pipelines.result(node("yield {'a': 1}\nyield {'a': 1 / 0}"))

    assert caught.value.location.line == 6


def test_leaving_the_process_is_a_failure_of_the_node(pipelines):
    with pytest.raises(NodeError, match="SystemExit: 3"):
        pipelines.result(node("import sys\nsys.exit(3)"))


def test_a_missing_package_says_how_to_get_it(pipelines):
    with pytest.raises(NodeError, match="no_such_thing") as caught:
        pipelines.result(node("import no_such_thing"))

    assert "script" in caught.value.help


def test_a_variable_named_like_an_input_is_ambiguous(pipelines):
    pipelines.table("source.orders", "SELECT 5 AS a")
    body = "orders = ctx.ref('source.orders').filter('a > 9')\nreturn ctx.duckdb.sql('FROM orders')"

    with pytest.raises(NodeError, match=r"'orders' in the SQL is ambiguous") as caught:
        pipelines.result(node(body, ["source.orders"]))

    assert caught.value.location.line == 6


def test_a_variable_named_like_an_input_is_fine_where_sql_does_not_read_it(pipelines):
    pipelines.table("source.a", "SELECT 5 AS n")
    pipelines.table("source.b", "SELECT 7 AS n")
    body = """
a = ctx.ref("source.b").filter("n > 0")
return ctx.duckdb.sql("SELECT n AS a FROM b")
"""

    assert pipelines.result(node(body, ["source.a", "source.b"])) == [(7,)]


def test_a_variable_in_a_helper_function_is_found(pipelines):
    head = """
def total(ctx, part):
    return ctx.duckdb.sql("SELECT sum(a) FROM part")
"""

    rows = pipelines.result(node("return total(ctx, ctx.duckdb.sql('SELECT 4 AS a'))", head=head))

    assert rows == [(4,)]


def test_a_name_may_stand_for_one_relation_after_another(pipelines):
    body = """
acc = ctx.duckdb.sql("SELECT 1 AS a")
for n in (2, 3):
    acc = ctx.duckdb.sql(f"SELECT * FROM acc UNION ALL SELECT {n}")
return acc
"""

    assert pipelines.result(node(body)) == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    "sql",
    [
        "WITH q AS (SELECT * FROM t) SELECT * FROM q",
        "with recursive q(a) as (select a from t union all select a + 1 from q where a < 1) from q",
        "-- a comment\nSELECT a FROM t",
        "/* with t */ FROM t",
        "(SELECT a FROM t)",
        "WITH t AS (SELECT a FROM t) SELECT a FROM t",
        "SELECT a FROM t -- done",
        "SELECT sum(a) AS a FROM t",
        "PIVOT t ON a USING max(a)",
        "SELECT column_name = 'a' FROM (DESCRIBE t)",
        "SUMMARIZE t",
    ],
)
def test_variables_are_found_in_every_kind_of_query(pipelines, sql):
    body = f"t = ctx.duckdb.sql('SELECT 1 AS a')\nreturn ctx.duckdb.sql({sql!r})"

    assert pipelines.result(node(body))[0][0] in (1, True, "a")


def test_a_with_clause_hides_a_variable(pipelines):
    body = """
t = ctx.duckdb.sql("SELECT 1 AS a")
return ctx.duckdb.sql("WITH t AS (SELECT 2 AS a) FROM t")
"""

    assert pipelines.result(node(body)) == [(2,)]


def test_statements_may_build_up_temporary_tables(pipelines):
    body = """
rows = ctx.duckdb.sql("SELECT 1 AS a")
ctx.duckdb.execute("CREATE TEMP TABLE stage AS SELECT a FROM rows")
ctx.duckdb.execute("INSERT INTO stage VALUES (?)", [2])
stage = ctx.duckdb.table("stage")
return ctx.duckdb.sql("FROM stage")
"""

    assert pipelines.result(node(body)) == [(1,), (2,)]


def test_variables_of_the_caller_s_caller_are_not_tables(pipelines):
    head = "def read(ctx):\n    return ctx.duckdb.sql('FROM secret')\n"
    body = "secret = ctx.duckdb.sql('SELECT 1 AS a')\nreturn read(ctx)"

    with pytest.raises(NodeError, match="secret"):
        pipelines.result(node(body, head=head))


def test_the_sql_is_captured_with_the_inputs_named(pipelines):
    pipelines.table("source.orders", "SELECT 5 AS a")
    captured = []
    body = "x = ctx.ref('source.orders')\nreturn ctx.duckdb.sql('SELECT a FROM x')"

    pipelines.result(node(body, ["source.orders"]), capture=captured.append)

    assert captured == ['WITH "x" AS (FROM "source"."orders") SELECT a FROM x']


def test_params_variables_and_log_reach_the_function(pipelines):
    body = "ctx.log.warning('look')\nreturn [{'a': ctx.params['p'], 'b': ctx.vars['v']}]"

    rows = pipelines.result(node(body), params={"p": 1}, variables={"v": "x"})

    assert rows == [(1, "x")]
    assert pipelines.notes == ["look"]


def test_a_named_pandas_index_is_warned_of(pipelines):
    pytest.importorskip("pandas")
    body = "return pd.DataFrame({'k': [1], 'a': [2]}).set_index('k')"

    assert pipelines.result(node(body, head=PANDAS)) == [(2,)]
    assert "reset_index" in pipelines.notes[0]


def test_a_pandas_column_of_nulls_gets_a_type(pipelines):
    pytest.importorskip("pandas")
    raw = pipelines.node("n.py", node("return pd.DataFrame({'a': [None]})", head=PANDAS))

    scan = pipelines.call(raw)

    assert str(pipelines.cursor.sql(scan.sql).types[0]) in ("VARCHAR", "INTEGER")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return ctx.duckdb.sql('SELECT 1 AS a, 2 AS A')", "one name"),
        ("return pd.DataFrame([[1, 2]], columns=['a', 'a'])", "one name"),
        ("return pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([(1, 2)]))", "levels"),
    ],
)
def test_columns_that_cannot_be_stored_are_refused(pipelines, body, message):
    pytest.importorskip("pandas")

    with pytest.raises(NodeError, match=message):
        pipelines.result(node(body, head=PANDAS))


SOURCE = """
from seeknal import source

@source(name="s", source="csv", table="s.csv")
def s(ctx=None):
    {}
"""


def test_a_source_without_a_body_keeps_its_loaded_rows(pipelines):
    raw = pipelines.node("n.py", SOURCE.format("'''Only declared.'''"))

    assert pipelines.call(raw, source_rows=Scan("SELECT 1 AS a")) is None


@pytest.mark.parametrize("form", ["scan", "files", "relation"])
def test_a_source_may_derive_from_its_loaded_rows(pipelines, form):
    path = pipelines.workdir / "x.parquet"
    pipelines.cursor.execute(f"COPY (SELECT 1 AS a) TO '{path}'")
    loaded = {
        "scan": Scan("SELECT 1 AS a"),
        "files": ParquetFiles([str(path)]),
        "relation": pipelines.cursor.sql("SELECT 1 AS a"),
    }[form]
    text = SOURCE.format("return ctx.ref('source.s').project('a + 1')")

    assert pipelines.rows(pipelines.node("n.py", text), source_rows=loaded) == [(2,)]


def test_a_source_that_returns_nothing_keeps_its_loaded_rows(pipelines):
    raw = pipelines.node("n.py", SOURCE.format("print(ctx.ref('s').count('*'))"))

    assert pipelines.call(raw, source_rows=Scan("SELECT 1 AS a")) is None


def test_a_function_may_take_no_argument(pipelines):
    text = "from seeknal import source\n@source()\ndef s():\n    return [{'a': 1}]\n"

    assert pipelines.result(text) == [(1,)]


def test_nothing_is_left_on_the_cursor_after_release(pipelines):
    pipelines.table("source.orders", "SELECT 5 AS a")
    body = """
ctx.duckdb.execute("CREATE TEMP TABLE stage AS FROM orders")
return ctx.duckdb.sql("FROM stage")
"""
    pipelines.result(node(body, ["source.orders"]))

    release()

    left = pipelines.cursor.execute(
        "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        " UNION ALL SELECT table_name FROM duckdb_tables()"
    ).fetchall()
    assert left == [("orders",)]


def test_a_changed_file_is_imported_again(pipelines):
    assert pipelines.result(node("return [{'a': 1}]")) == [(1,)]
    assert pipelines.result(node("return [{'a': 22}]")) == [(22,)]


def test_another_run_imports_files_again_wherever_they_lie(pipelines):
    (pipelines.root / "seeknal_project.yml").write_text("name: p\n")
    shared = pipelines.root / "lib" / "shared.py"
    shared.parent.mkdir()
    shared.write_text("VALUE = 1\n")
    pipelines.write("value.txt", "1")
    text = """
        import sys
        from pathlib import Path
        from seeknal import transform

        sys.path.append(str(Path(__file__).parents[2] / "lib"))
        import shared
        READ = Path(__file__).with_name("value.txt").read_text()

        @transform(name="n")
        def n(ctx):
            return [{"a": shared.VALUE, "b": READ}]
        """
    raw = pipelines.node("n.py", text)
    first = pipelines.rows(raw, run_id="1")

    shared.write_text("VALUE = 2\n")
    pipelines.write("value.txt", "2")
    second = pipelines.rows(raw, run_id="2")

    assert (first, second) == ([(1, "1")], [(2, "2")])
    assert not list(pipelines.root.rglob("__pycache__"))


def test_nodes_run_in_several_threads_without_seeing_each_other(pipelines):
    import duckdb

    raw = pipelines.node("n.py", node("x = ctx.vars['x']\nreturn ctx.duckdb.sql(f'SELECT {x} a')"))
    instance = duckdb.connect()
    found = {}

    def work(number):
        made = type(pipelines).__new__(type(pipelines))
        made.__dict__ |= pipelines.__dict__ | {"cursor": instance.cursor()}
        found[number] = made.rows(raw, variables={"x": number})
        release()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {number: [(number,)] for number in range(8)}


def test_a_result_larger_than_a_batch_streams_through_a_reader(pipelines):
    pa = pytest.importorskip("pyarrow")
    head = """
import pyarrow as pa

def batches():
    for n in range(50):
        yield pa.record_batch({"a": list(range(n * 1000, (n + 1) * 1000))})
"""
    body = "return pa.RecordBatchReader.from_batches(pa.schema([('a', pa.int64())]), batches())"

    rows = pipelines.result(node(body, head=head))

    assert pa is not None
    assert (len(rows), rows[-1]) == (50_000, (49_999,))


def test_a_function_is_given_the_rows_that_a_scan_turns_out_to_be(pipelines):
    def instead(error):
        assert "stop" in str(error)
        return Scan("SELECT 2 AS a")

    loaded = Scan("SELECT error('stop ' || range) AS a FROM range(3)", instead=instead)
    text = SOURCE.format("return ctx.ref('source.s').project('a + 1')")

    assert pipelines.rows(pipelines.node("n.py", text), source_rows=loaded) == [(3,)]
