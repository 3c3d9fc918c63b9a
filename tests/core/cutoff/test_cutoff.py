"""A node is built again only when something that it reads of its inputs has changed."""

import pytest

pytestmark = pytest.mark.versions

BASE = "SELECT * FROM (VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')) AS r(id, amount, note)"


def node(name, sql, more=""):
    return f"kind: transform\nname: {name}\n{more}transform: |\n  {sql}\n"


def project(base, **children):
    """A base table and what reads it."""
    texts = {f"seeknal/{name}.yml": node(name, sql) for name, sql in children.items()}
    return {"seeknal/base.yml": node("base", base), **texts}


def actions(outcome):
    return {step["node"].partition(".")[2]: step["status"] for step in outcome.json()["nodes"]}


def after(seeknal_project, first, second, **children):
    """What a run does to each child when the base goes from one query to another."""
    made = seeknal_project(project(first, **children))
    made.run("run").assert_ok()
    made.write({"seeknal/base.yml": node("base", second)})
    outcome = made.run("run", "--format", "json").assert_ok()
    found = actions(outcome)
    assert found.pop("base") == "success"
    return {name for name, status in found.items() if status == "success"}


CHILDREN = {
    "sums": "SELECT sum(amount) AS total FROM ref('transform.base')",
    "notes": "SELECT id, note FROM ref('transform.base')",
    "counted": "SELECT count(*) AS n FROM ref('transform.base')",
    "everything": "SELECT * FROM ref('transform.base')",
    "listed": "SELECT list(id) AS ids FROM ref('transform.base')",
    "filtered": "SELECT id FROM ref('transform.base') WHERE note <> 'b'",
}


@pytest.mark.parametrize(
    ("change", "rebuilt"),
    [
        (BASE.replace("10,", "11,"), {"sums", "everything"}),
        (BASE.replace("'a'", "'z'"), {"notes", "everything", "filtered"}),
        (BASE.replace("'c')", "'c'), (4, 40, 'd')"), set(CHILDREN)),
        (BASE.replace("SELECT *", "SELECT *, id * 2 AS twice"), {"everything"}),
        (BASE.replace("SELECT *", "SELECT note, id, amount"), {"everything"}),
        (f"{BASE} ORDER BY id DESC", {"listed"}),
        (
            BASE.replace("SELECT *", "SELECT * REPLACE (amount::BIGINT AS amount)"),
            {"sums", "everything"},
        ),
        (f"{BASE} WHERE true", set()),
    ],
    ids=["a value", "a text", "a row", "a column", "an order", "rows", "a type", "nothing"],
)
def test_only_what_reads_the_change_is_built_again(seeknal_project, change, rebuilt):
    assert after(seeknal_project, BASE, change, **CHILDREN) == rebuilt


VIEW = "SELECT *, amount > 15 AS large FROM ref('transform.base') WHERE id < 4"
READERS = {
    "sums": "SELECT sum(amount) AS total FROM ref('transform.seen')",
    "notes": "SELECT id, note FROM ref('transform.seen')",
    "counted": "SELECT count(*) AS n FROM ref('transform.seen')",
    "large": "SELECT id FROM ref('transform.seen') WHERE large",
    "listed": "SELECT list(id) AS ids FROM ref('transform.seen')",
    "beside": "SELECT note FROM ref('transform.seen') JOIN ref('transform.base') USING (id, note)",
    "twice": "SELECT note FROM ref('transform.again')",
}


@pytest.mark.parametrize(
    ("change", "rebuilt"),
    [
        (BASE.replace("10,", "11,"), {"sums", "large"}),
        (BASE.replace("'a'", "'z'"), {"notes", "beside", "twice"}),
        (BASE.replace("'c')", "'c'), (4, 40, 'd')"), set(READERS)),
        (BASE.replace("SELECT *", "SELECT *, id * 2 AS twice"), set()),
        (f"{BASE} ORDER BY id DESC", {"listed"}),
        (f"{BASE} WHERE true", set()),
    ],
    ids=["a value", "a text", "a row", "a column", "an order", "nothing"],
)
def test_a_view_is_looked_through(seeknal_project, change, rebuilt):
    views = {"seen": VIEW, "again": "SELECT * FROM ref('transform.seen')"}
    files = project(BASE, **READERS) | {
        f"seeknal/{name}.yml": node(name, sql, "materialized: view\n")
        for name, sql in views.items()
    }
    made = seeknal_project(files)
    made.run("run").assert_ok()
    made.write({"seeknal/base.yml": node("base", change)})

    found = actions(made.run("run", "--format", "json").assert_ok())

    assert {name for name in READERS if found[name] == "success"} == rebuilt


def test_a_new_column_of_the_name_that_a_view_gives_another_is_refused(seeknal_project):
    view = {"seeknal/seen.yml": node("seen", VIEW, "materialized: view\n")}
    made = seeknal_project({**project(BASE, large=READERS["large"]), **view})
    made.run("run").assert_ok()
    made.write({"seeknal/base.yml": node("base", BASE.replace("*", "*, id * 2 AS large"))})

    outcome = made.run("run", "--format", "json")

    assert outcome.exit_code == 1
    assert actions(outcome) == {"base": "success", "seen": "failed", "large": "skipped"}
    assert "two output columns have one name: 'large' and 'large'" in repr(outcome)


def test_a_view_with_another_query_is_another_input(seeknal_project):
    view = node("seen", VIEW, "materialized: view\n")
    made = seeknal_project(project(BASE, notes=READERS["notes"]) | {"seeknal/seen.yml": view})
    made.run("run").assert_ok()
    made.write({"seeknal/seen.yml": view.replace("id < 4", "id < 3")})

    found = actions(made.run("run", "--format", "json").assert_ok())

    assert found["notes"] == "success"


def test_what_was_cut_off_is_not_looked_into_again(seeknal_project):
    made = seeknal_project(project(BASE, sums=CHILDREN["sums"]))
    made.run("run").assert_ok()
    made.write({"seeknal/base.yml": node("base", BASE.replace("'a'", "'z'"))})
    made.run("run").assert_ok()

    outcome = made.run("plan", "--format", "json").assert_ok()

    assert {step["action"] for step in outcome.json()["nodes"]} == {"reuse"}


def test_descendants_of_what_was_cut_off_are_reused(seeknal_project):
    children = {
        "sums": CHILDREN["sums"],
        "more": "SELECT total + 1 AS more FROM ref('transform.sums')",
    }

    assert after(seeknal_project, BASE, BASE.replace("'a'", "'z'"), **children) == set()


def test_a_parent_that_was_built_alone_is_compared_later(seeknal_project):
    made = seeknal_project(project(BASE, **CHILDREN))
    made.run("run").assert_ok()
    made.write({"seeknal/base.yml": node("base", BASE.replace("10,", "11,"))})
    made.run("run", "--select", "transform.base").assert_ok()

    outcome = made.run("run", "--format", "json").assert_ok()

    found = actions(outcome)
    assert {name for name, status in found.items() if status == "success"} == {"sums", "everything"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("SELECT 0.0::DOUBLE AS v", "SELECT '-0.0'::DOUBLE AS v"),
        ("SELECT [0.0::DOUBLE] AS v", "SELECT ['-0.0'::DOUBLE] AS v"),
        ("SELECT INTERVAL 30 DAY AS v", "SELECT INTERVAL 1 MONTH AS v"),
        ("SELECT []::INTEGER[] AS v", "SELECT NULL::INTEGER[] AS v"),
        ("SELECT [[1], [2]] AS v", "SELECT [[1, 2]] AS v"),
        ("SELECT '' AS v", "SELECT NULL::VARCHAR AS v"),
        ("SELECT {'a': NULL::INTEGER} AS v", "SELECT NULL::STRUCT(a INTEGER) AS v"),
        ("SELECT 'a' AS v, 'bc' AS w", "SELECT 'ab' AS v, 'c' AS w"),
        ("SELECT 1::INTEGER AS v", "SELECT 1::BIGINT AS v"),
        ("SELECT MAP {'a': 1, 'b': 2} AS v", "SELECT MAP {'b': 2, 'a': 1} AS v"),
        ("SELECT '\\x00'::BLOB AS v", "SELECT '\\x00\\x00'::BLOB AS v"),
        (
            "SELECT * FROM (VALUES (1), (1), (2)) AS r(v)",
            "SELECT * FROM (VALUES (1), (2), (2)) AS r(v)",
        ),
    ],
)
def test_values_that_only_look_alike_are_told_apart(seeknal_project, first, second):
    child = "SELECT v, typeof(v) AS type FROM ref('transform.base')"

    assert after(seeknal_project, first, second, child=child) == {"child"}


def test_a_name_that_comes_to_mean_another_column_counts(seeknal_project):
    children = {
        "shadowed": "SELECT b.id + 1 AS extra, extra AS again FROM ref('transform.base') AS b",
        "natural": "SELECT count(*) AS n FROM ref('transform.base')"
        " NATURAL JOIN (SELECT 1 AS id, 99 AS extra)",
    }

    changed = BASE.replace("SELECT *", "SELECT *, id + 5 AS extra")

    assert after(seeknal_project, BASE, changed, **children) == {"shadowed", "natural"}


PYTHON = """
from seeknal import transform


@transform(name="traced", inputs=["transform.base"])
def traced(ctx):
    return ctx.duckdb.sql("SELECT sum(amount) AS total FROM base")


@transform(name="fetched", inputs=["transform.base"])
def fetched(ctx):
    return [{"n": len(ctx.ref("transform.base").fetchall())}]
"""


def test_a_python_node_is_judged_by_its_query_or_by_everything(seeknal_project):
    made = seeknal_project({**project(BASE), "seeknal/pipelines/p.py": PYTHON})
    made.run("run").assert_ok()
    made.write({"seeknal/base.yml": node("base", BASE.replace("'a'", "'z'"))})

    found = actions(made.run("run", "--format", "json").assert_ok())

    assert found["traced"] == "reused"
    assert found["fetched"] == "success"


def test_a_file_is_written_again_when_the_order_of_its_rows_changes(seeknal_project):
    exposure = (
        "kind: exposure\nname: report\ntype: file\ndepends_on: [{ref: transform.base}]\n"
        "params: {path: out.csv}\n"
    )
    made = seeknal_project({**project(BASE), "seeknal/report.yml": exposure})
    made.run("run").assert_ok()
    made.write({"seeknal/base.yml": node("base", f"{BASE} ORDER BY id DESC")})

    made.run("run").assert_ok()

    assert (made.path / "out.csv").read_text().splitlines()[1] == "3,30,c"


@pytest.mark.parametrize(
    ("middle", "last", "rebuilt"),
    [
        ("SELECT * FROM ref('transform.base')", "list(id)", {"middle", "last"}),
        ("SELECT * FROM ref('transform.base')", "first(note)", {"middle", "last"}),
        ("SELECT * FROM ref('transform.base')", "sum(amount)", set()),
        ("SELECT * FROM ref('transform.base') ORDER BY id, note, amount", "list(id)", {"middle"}),
    ],
)
def test_the_order_of_rows_is_carried_to_whoever_sees_it(seeknal_project, middle, last, rebuilt):
    children = {"middle": middle, "last": f"SELECT {last} AS v FROM ref('transform.middle')"}

    assert after(seeknal_project, BASE, f"{BASE} ORDER BY id DESC", **children) == rebuilt


def test_a_file_shows_the_order_of_rows_behind_a_node_that_reads_them_all(seeknal_project):
    made = seeknal_project(project(BASE, middle="SELECT * FROM ref('transform.base')"))
    made.write(
        {
            "seeknal/out.yml": "kind: exposure\nname: out\ntype: file\n"
            "params: {path: out.csv}\ninputs: [{ref: transform.middle}]\n"
        }
    )
    made.run("run").assert_ok()
    made.write({"seeknal/base.yml": node("base", f"{BASE} ORDER BY id DESC")})

    made.run("run").assert_ok()

    assert [line[0] for line in (made.path / "out.csv").read_text().split()[1:]] == ["3", "2", "1"]


def test_a_source_that_is_read_again_without_change_rebuilds_nothing(seeknal_project):
    source = (
        "kind: source\nname: base\nsource: csv\ntable: data/base.csv\nrefresh: always\n"
        "columns: {id: INTEGER, amount: INTEGER}\n"
    )
    child = "SELECT sum(amount) AS total FROM ref('source.base')"
    made = seeknal_project(
        {
            "seeknal/base.yml": source,
            "data/base.csv": "id,amount\n1,10\n2,20\n",
            "seeknal/sums.yml": node("sums", child),
        }
    )
    made.run("run").assert_ok()
    made.write({"data/base.csv": "id,amount\n2,20\n1,10\n"})

    outcome = made.run("run").assert_ok()

    assert "transform.sums  reused     inputs unchanged" in outcome.stdout
