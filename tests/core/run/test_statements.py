"""What a node's SQL may be: every form of a query that DuckDB has works, all else is refused."""

import pytest

pytestmark = pytest.mark.inside

DATA = "id,a,b\n1,10,x\n2,20,y\n"
SOURCE = "kind: source\nname: t\nsource: csv\ntable: data/t.csv\n"
PIVOTED = (["id", "x", "y"], [(1, 10, None), (2, None, 20)])
UNPIVOTED = (["b", "n", "v"], [("x", "a", 10), ("x", "id", 1), ("y", "a", 20), ("y", "id", 2)])
WHOLE = (["id", "a", "b"], [(1, 10, "x"), (2, 20, "y")])
T = "ref('source.t')"
QUERIES = {
    "on": (f"pivot {T} on b using sum(a) group by id", PIVOTED),
    "in": (f"pivot {T} on b in ('x', 'y') using sum(a) group by id", PIVOTED),
    "standard": (f"from {T} pivot (sum(a) for b in ('x', 'y') group by id)", PIVOTED),
    "wider": (f"pivot_wider {T} on b using sum(a) group by id;", PIVOTED),
    "before": (f"with q as (from {T}) pivot q on b using sum(a) group by id", PIVOTED),
    "inside": (f"with p as (pivot {T} on b using sum(a) group by id) from p", PIVOTED),
    "below": (f"select * from (pivot {T} on b using sum(a) group by id) -- all", PIVOTED),
    "first": (f"from (pivot {T} on b using sum(a) group by id) select *", PIVOTED),
    "sorted": (
        f"pivot {T} on b using sum(a) group by id order by id limit 1",
        (["id", "x", "y"], [(1, 10, None)]),
    ),
    "joined": (
        f"select p.*, t.a from (pivot {T} on b using sum(a) group by id) p join {T} t using (id)",
        (["id", "x", "y", "a"], [(1, 10, None, 10), (2, None, 20, 20)]),
    ),
    "twice": (
        f"pivot {T} on b, id using count(*) group by a",
        (["a", "x_1", "x_2", "y_1", "y_2"], [(10, 1, 0, 0, 0), (20, 0, 0, 0, 1)]),
    ),
    "computed": (
        f"pivot {T} on upper(b) using sum(a), max(a) AS m group by id",
        (
            ["id", "X_sum(a)", "X_m", "Y_sum(a)", "Y_m"],
            [(1, 10, 10, None, None), (2, None, None, 20, 20)],
        ),
    ),
    "selected": (
        f"pivot {T} on b in (select 'x') using sum(a) group by id",
        (["id", "x"], [(1, 10), (2, None)]),
    ),
    "united": (
        f"(pivot {T} on b using sum(a) group by id) union all select 3, 4, 5",
        (["id", "x", "y"], [(1, 10, None), (2, None, 20), (3, 4, 5)]),
    ),
    "unpivot": (f"unpivot {T} on a, id into name n value v", UNPIVOTED),
    "columns": (f"unpivot {T} on columns(* exclude (b)) into name n value v", UNPIVOTED),
    "longer": (f"pivot_longer {T} on a, id into name n value v", UNPIVOTED),
    "from": (f"from {T}", WHOLE),
    "table": ("table source.t", WHOLE),
    "brackets": (f"(select * from {T})", WHOLE),
    "comments": (f"/* all */ select * from {T} -- of it\n  ;; -- no more", WHOLE),
    "values": ("values (1, 'x'), (2, 'y')", (["col0", "col1"], [(1, "x"), (2, "y")])),
    "recursive": (
        "with recursive r as (select 1 n union all select n + 1 from r where n < 3) from r",
        (["n"], [(1,), (2,), (3,)]),
    ),
    "summarize": (
        f"select column_name, count from (summarize {T})",
        (["column_name", "count"], [("a", 2), ("b", 2), ("id", 2)]),
    ),
    "described": (
        f"select column_name, column_type from (describe {T})",
        (["column_name", "column_type"], [("a", "BIGINT"), ("b", "VARCHAR"), ("id", "BIGINT")]),
    ),
}
WIDE = {
    "summarize": f"summarize {T}",
    "describe": f"describe {T}",
    "inner": f"describe select a from {T}",
}


def node(name, sql, more=""):
    text = "\n  ".join(sql.splitlines())
    return f"---\nkind: transform\nname: {name}\n{more}transform: |\n  {text}\n"


def project(seeknal_project, *nodes):
    files = {"data/t.csv": DATA, "seeknal/nodes.yml": SOURCE + "".join(nodes)}
    return seeknal_project(files)


def rows(made, name):
    """Columns and sorted rows of a node."""
    import duckdb

    path = made.path / f"target/intermediate/transform_{name}.parquet"
    with duckdb.connect() as connection:
        relation = connection.sql(f"FROM read_parquet('{path}')")
        return relation.columns, sorted(relation.fetchall(), key=str)


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    """One project with every form, run once, and how it went."""
    import json
    import subprocess
    import sys

    root = tmp_path_factory.mktemp("statements")
    (root / "data").mkdir()
    (root / "seeknal").mkdir()
    (root / "seeknal_project.yml").write_text("name: statements\n")
    (root / "data/t.csv").write_text(DATA)
    text = SOURCE + "".join(node(f"n_{name}", sql) for name, (sql, _) in QUERIES.items())
    text += "".join(node(f"wide_{name}", sql) for name, sql in WIDE.items())
    (root / "seeknal/nodes.yml").write_text(text)
    command = [sys.executable, "-m", "seeknal", "-C", str(root), "run", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return root, {step["node"]: step for step in json.loads(done.stdout)["nodes"]}


@pytest.mark.parametrize("name", QUERIES)
def test_a_form_of_query_gives_its_rows(every, name):
    root, steps = every

    assert steps[f"transform.n_{name}"]["status"] == "success", steps[f"transform.n_{name}"]
    made = type("Made", (), {"path": root})
    columns, found = QUERIES[name][1]
    assert rows(made, f"n_{name}") == (columns, sorted(found, key=str))


@pytest.mark.parametrize("name", WIDE)
def test_a_query_about_a_table_gives_rows(every, name):
    _, steps = every

    assert steps[f"transform.wide_{name}"]["status"] == "success"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("pragma version", "PRAGMA"),
        ("call duckdb_tables()", "CALL"),
        ("set threads = 1", "SET"),
        ("create macro f(x) as x", "CREATE"),
        ("create table x as select 1", "CREATE"),
        ("copy source.t to 'x.csv'", "COPY"),
        ("insert into source.t values (1, 2, 'z') returning *", "INSERT"),
        ("explain select 1", "EXPLAIN"),
        ("attach 'x.db'", "ATTACH"),
        ("show tables", "SHOW"),
        ("from (show all tables)", "SHOW"),
        ("describe", "DESCRIBE"),
        ("select 1; select 2", "several statements"),
        ("pivot source.t on b using sum(a); select 2", "several statements"),
        ("create macro f(x) as x; select f(1)", "several statements"),
        ("-- nothing", "no SQL"),
        (";", "no SQL"),
        ("pivot source.t on", "syntax error"),
    ],
)
def test_what_is_no_query_is_refused_by_name_with_its_line(seeknal_project, sql, said):
    outcome = project(seeknal_project, node("o", sql)).run("validate")

    assert outcome.exit_code == 2
    text = outcome.stdout + outcome.stderr
    assert said in text
    assert "nodes.yml:9" in text


def actions(made, *arguments):
    outcome = made.run("run", *arguments, "--format", "json").assert_ok()
    return {step["node"].partition(".")[2]: step["status"] for step in outcome.json()["nodes"]}


def test_a_new_value_in_the_data_adds_a_column_and_builds_what_reads_it(seeknal_project):
    made = project(
        seeknal_project,
        node("p", f"pivot {T} on b using sum(a) group by id"),
        node("everything", "select * from ref('transform.p')"),
        node("one", "select id, x from ref('transform.p') where x is not null"),
        node("counted", "select count(*) as n from ref('transform.p')"),
    )
    made.run("run").assert_ok()
    assert set(actions(made).values()) == {"reused"}
    made.write({"data/t.csv": DATA.replace("2,20,y", "2,20,z")})

    found = actions(made)

    assert {name for name in found if found[name] == "success"} == {"t", "p", "everything"}
    assert rows(made, "p") == (["id", "x", "z"], [(1, 10, None), (2, None, 20)])
    assert rows(made, "everything") == rows(made, "p")


def test_a_view_that_takes_its_columns_from_the_data_is_stored(seeknal_project):
    made = project(
        seeknal_project,
        node("p", f"pivot {T} on b using sum(a) group by id", "materialized: view\n"),
        node("q", "select * from ref('transform.p')", "materialized: view\n"),
        node("everything", "select * from ref('transform.q')"),
    )

    made.run("run").assert_ok()

    assert rows(made, "everything") == PIVOTED
    made.write({"data/t.csv": DATA + "3,30,z\n"})
    made.run("run").assert_ok()
    assert rows(made, "everything")[0] == ["id", "x", "y", "z"]
    listed = made.run("sql", "select id, z from q order by id", "--format", "csv").assert_ok()
    assert listed.stdout.split() == ["id,z", "1,", "2,", "3,30"]


def test_a_view_may_describe_what_it_reads(seeknal_project):
    made = project(
        seeknal_project,
        node("d", f"describe {T}", "materialized: view\n"),
        node("names", "select column_name as n from ref('transform.d')"),
    )

    made.run("run").assert_ok()

    assert rows(made, "names") == (["n"], [("a",), ("b",), ("id",)])
    listed = made.run("sql", "select column_name from d order by 1", "--format", "csv").assert_ok()
    assert listed.stdout.split() == ["column_name", "a", "b", "id"]


def test_the_lineage_of_columns_from_the_data_is_unknown_and_says_why(seeknal_project):
    made = project(seeknal_project, node("p", f"pivot {T} on b using sum(a) group by id"))

    before = made.run("lineage", "transform.p", "--format", "text").assert_ok()
    made.run("run").assert_ok()
    after = made.run("lineage", "transform.p", "--format", "text").assert_ok()

    assert "PIVOT without IN" in after.stdout
    assert "PIVOT without IN" in before.stdout + before.stderr


def test_sql_on_the_command_line_may_pivot(seeknal_project):
    made = project(seeknal_project)
    made.run("run").assert_ok()

    outcome = made.run(
        "sql", "from (pivot t on b using sum(a) group by id) order by id", "--format", "csv"
    )

    assert outcome.assert_ok().stdout.split() == ["id,x,y", "1,10,", "2,,20"]


@pytest.mark.parametrize(
    "more",
    [
        "audits: [{type: row_count, min: 1}]\n",
        "contract: true\ncolumns: {id: BIGINT, z: HUGEINT}\n",
    ],
)
def test_checks_see_the_pivoted_rows(seeknal_project, more):
    if "row_count" in more:
        pytest.importorskip("seeknal_audits")
    made = project(seeknal_project, node("p", f"pivot {T} on b using sum(a) group by id", more))

    outcome = made.run("run")

    assert "IndexError" not in outcome.stdout + outcome.stderr
    assert outcome.exit_code == (1 if "contract" in more else 0)


def test_kinds_that_compute_from_their_own_sql_may_pivot(seeknal_project):
    made = project(
        seeknal_project,
        "---\nkind: feature_group\nname: f\nentity: {name: t, join_keys: [id]}\ntransform: |\n"
        f"  pivot {T} on b using sum(a) group by id\n"
        "---\nkind: aggregation\nname: g\ngroup_by: id\nfeatures: {x: {agg: [sum]}}\ntransform: |\n"
        f"  pivot {T} on b using sum(a) group by id\n"
        "---\nkind: exposure\nname: e\ntype: file\nparams: {path: out.csv}\nsql: |\n"
        f"  pivot {T} on b using sum(a) group by id order by id\n",
    )

    made.run("run").assert_ok()

    assert (made.path / "out.csv").read_text().split() == ["id,x,y", "1,10,", "2,,20"]
    assert set(actions(made).values()) == {"reused"}
