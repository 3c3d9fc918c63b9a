"""Python nodes that run at once, or one after the other, know nothing of each other."""

import random
import textwrap
from importlib.util import find_spec

import duckdb
import pytest

pytestmark = pytest.mark.inside

HEAD = """
    import random, time
    from pathlib import Path
    import duckdb
    from seeknal import source, transform

    def pause(chance, most=0.004):
        time.sleep(chance.random() * most)
"""

BUSY = """
    @{kind}(name="{name}"{more})
    def {name}(ctx):
        chance = random.Random({seed})
        me, con = {me}, {connection}
        seen = []

        def see(query):
            pause(chance)
            seen.append(repr(con.execute(query).fetchall()))

        steps = {steps}
        for step in steps:
            pause(chance)
            if step == "table":
                con.execute("CREATE OR REPLACE TABLE t AS SELECT {me} AS a")
                see("SELECT a FROM t")
                con.execute("INSERT INTO t VALUES (10 + {me})")
                see("SELECT sum(a) FROM t")
                con.execute("DROP TABLE t")
            if step == "view":
                con.execute("CREATE OR REPLACE VIEW v AS SELECT {me} AS a")
                see("SELECT a FROM v")
                con.execute("DROP VIEW v")
            if step == "temp":
                con.execute("CREATE OR REPLACE TEMP TABLE tt AS SELECT {me} AS a")
                see("SELECT a FROM tt")
            if step == "macro":
                con.execute("CREATE OR REPLACE MACRO m() AS {me}")
                see("SELECT m()")
                con.execute("DROP MACRO m")
            if step == "type":
                con.execute("CREATE TYPE mood AS ENUM ('of{me}')")
                see("SELECT 'of{me}'::mood::VARCHAR")
                con.execute("DROP TYPE mood")
            if step == "sequence":
                con.execute("CREATE SEQUENCE s START {me}")
                see("SELECT nextval('s')")
                con.execute("DROP SEQUENCE s")
            if step == "schema":
                con.execute("CREATE SCHEMA IF NOT EXISTS w")
                con.execute("CREATE OR REPLACE TABLE w.t AS SELECT {me} AS a")
                see("SELECT a FROM w.t")
            if step == "setting":
                con.execute("SET GLOBAL default_null_order = '{order}'")
                see("SELECT current_setting('default_null_order')")
                con.execute("PRAGMA threads={threads}")
                see("SELECT current_setting('threads')")
            if step == "secret":
                con.execute("CREATE OR REPLACE SECRET k (TYPE http, SCOPE 'https://of{me}.test')")
                see("SELECT name, scope FROM duckdb_secrets()")
                con.execute("DROP SECRET k")
            if step == "attached":
                con.execute("ATTACH IF NOT EXISTS ':memory:' AS other")
                con.execute("CREATE OR REPLACE TABLE other.t AS SELECT {me} AS a")
                see("SELECT a FROM other.t")
            if step == "function":
                con.create_function("f", lambda: {me}, [], "INTEGER")
                see("SELECT f()")
                con.remove_function("f")
            if step == "prepared":
                con.execute("PREPARE p AS SELECT {me}")
                see("EXECUTE p")
                con.execute("DEALLOCATE p")
            if step == "variable":
                con.execute("SET VARIABLE x = {me}")
                see("SELECT getvariable('x')")
        con.execute("CREATE OR REPLACE TABLE kept AS SELECT {me} AS me, unnest(?) AS seen", [seen])
        pause(chance)
        return con.{asked}("SELECT * FROM kept")
"""

STEPS = (
    *("table", "view", "temp", "macro", "type", "sequence", "schema", "setting", "secret"),
    *("attached", "prepared", "variable"),
    # DuckDB makes a function of Python code only where numpy is.
    *(["function"] if find_spec("numpy") else []),
)


def _expected(me, steps):
    """What a node alone in the world sees."""
    order, threads = _settings(me)
    alone = {
        "table": [[(me,)], [(10 + 2 * me,)]],
        "view": [[(me,)]],
        "temp": [[(me,)]],
        "macro": [[(me,)]],
        "type": [[(f"of{me}",)]],
        "sequence": [[(me,)]],
        "schema": [[(me,)]],
        "setting": [[(order,)], [(threads,)]],
        "secret": [[("k", [f"https://of{me}.test"])]],
        "attached": [[(me,)]],
        "function": [[(me,)]],
        "prepared": [[(me,)]],
        "variable": [[(me,)]],
    }
    return [(me, repr(found)) for step in steps for found in alone[step]]


def _settings(me):
    return ("NULLS_FIRST", 2) if me % 2 else ("NULLS_LAST_ON_ASC_FIRST_ON_DESC", 3)


def _busy(me, steps, chance, kind="transform", more=', inputs=["source.numbers"]'):
    order, threads = _settings(me)
    text = textwrap.dedent(BUSY).format(
        kind=kind,
        name=f"n{me}",
        me=me,
        more=more,
        order=order,
        threads=threads,
        seed=chance.randrange(10**6),
        steps=list(steps),
        connection=chance.choice(["ctx.duckdb", "duckdb"]),
        asked=chance.choice(["sql", "query"]),
    )
    return textwrap.dedent(HEAD) + text


def _project(seeknal_project, chance):
    steps = {me: chance.sample(STEPS, chance.randint(6, len(STEPS))) for me in range(1, 5)}
    files = {
        f"seeknal/pipelines/p{me}.py": _busy(me, chosen, chance) for me, chosen in steps.items()
    }
    project = seeknal_project(
        {
            **files,
            "numbers.csv": "a\n1\n2\n",
            "seeknal/sources/numbers.yml": "kind: source\nname: numbers\nsource: csv\n"
            "table: numbers.csv\n",
            # What SQL nodes see of all that: nothing.
            "seeknal/transforms/total.yml": "kind: transform\nname: total\n"
            "inputs: [{ref: transform.n1}, {ref: transform.n2}]\n"
            "transform: SELECT count(*) AS tables FROM duckdb_tables()"
            " WHERE NOT internal\nvolatile: true\n",
        }
    )
    return project, steps


@pytest.mark.parametrize("run", range(10))
def test_nodes_at_once_see_only_what_is_their_own(seeknal_project, run):
    _see_only_their_own(seeknal_project, run)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_nodes_at_once_see_only_what_is_their_own_in_200_runs(seeknal_project, workers):
    for run in range(200):
        _see_only_their_own(seeknal_project, 1000 + run, workers)


def _see_only_their_own(seeknal_project, seed, workers=None):
    chance = random.Random(seed)
    workers = workers or chance.choice([1, 2, 4])
    project, steps = _project(seeknal_project, chance)

    project.run("run", "--workers", workers).assert_ok()

    for me, chosen in steps.items():
        found = project.rows(f"transform.n{me}")
        assert found == _expected(me, chosen), (seed, workers, me, chosen)
    assert project.rows("transform.total") == [(0,)], (seed, workers)


def _file(name, body, head=""):
    return (
        f"import duckdb\nfrom seeknal import transform\n{head}\n"
        f'@transform(name="{name}")\ndef {name}(ctx):\n' + textwrap.indent(body.strip("\n"), "    ")
    )


def _run(seeknal_project, *bodies, head="", workers=1):
    """Rows of transforms n0, n1, ... with these bodies, each a file of its own."""
    files = {
        f"seeknal/pipelines/n{n}.py": _file(f"n{n}", body, head) for n, body in enumerate(bodies)
    }
    project = seeknal_project(files)
    project.run("run", "--workers", workers).assert_ok()
    return [project.rows(f"transform.n{n}") for n in range(len(bodies))]


def test_what_a_node_makes_is_gone_after_it(seeknal_project):
    make = """
for con in (ctx.duckdb, duckdb):
    con.execute("CREATE TABLE left_over AS SELECT 1 AS a")
    con.execute("SET GLOBAL TimeZone = 'Asia/Tokyo'")
    con.execute("CREATE MACRO abs(x) AS 42")
return [{"a": 1}]
"""
    look = """
return [
    {
        "tables": con.execute("SELECT count(*) FROM duckdb_tables()").fetchone()[0],
        "abs": con.execute("SELECT abs(-3)").fetchone()[0],
        "zone": con.execute("SELECT current_setting('TimeZone')").fetchone()[0] == "Asia/Tokyo",
    }
    for con in (ctx.duckdb, duckdb)
]
"""

    _, found = _run(seeknal_project, make, look)

    assert found == [(0, 3, False), (0, 3, False)]


def test_functions_imported_from_duckdb_speak_to_the_node_s_own(seeknal_project):
    body = """
execute("CREATE TABLE t AS SELECT {me} AS a")
here = sql("SELECT 1 AS b")
return sql("SELECT a + b AS a FROM t, here")
"""

    found = _run(
        seeknal_project,
        body.format(me=1),
        body.format(me=2),
        head="from duckdb import execute, sql",
    )

    assert found == [[(2,)], [(3,)]]


def test_duckdb_is_as_it_was_outside_of_nodes(seeknal_project):
    duckdb.execute("CREATE OR REPLACE TEMP TABLE seeknal_outside AS SELECT 5 AS a")

    _run(seeknal_project, "return duckdb.sql('SELECT 1 AS a')")

    assert duckdb.sql("FROM seeknal_outside").fetchall() == [(5,)]
    duckdb.execute("DROP TABLE seeknal_outside")


def test_what_a_node_sets_does_not_change_what_a_kind_makes_of_its_rows(seeknal_project):
    project = seeknal_project(
        {
            "seeknal/pipelines/g.py": """
                from seeknal import feature_group

                @feature_group(name="g", entity={"name": "c", "join_keys": ["c"]})
                def g(ctx):
                    ctx.duckdb.execute("CREATE MACRO sum(x) AS 42")
                    ctx.duckdb.execute("CREATE MACRO coalesce(x, y) AS 42")
                    return ctx.duckdb.sql("SELECT 1 AS c, 2 AS v")
            """
        }
    )

    project.run("run").assert_ok()

    assert [row[:2] for row in project.rows("feature_group.g")] == [(1, 2)]


def test_settings_do_not_change_how_returned_values_are_stored(seeknal_project):
    body = """
import datetime
ctx.duckdb.execute("SET GLOBAL TimeZone = 'Asia/Tokyo'")
return [{"a": datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)}]
"""

    project = seeknal_project({"seeknal/pipelines/n.py": _file("n", body)})
    project.run("run").assert_ok()

    stored = project.path / "target" / "intermediate" / "transform_n.parquet"
    with duckdb.connect() as con:
        assert con.execute(f"SELECT epoch(a) FROM '{stored}'").fetchall() == [(1704067200.0,)]


def test_the_state_of_the_process_is_as_it_was_after_a_node(seeknal_project):
    change = """
import decimal, os, sys, tempfile
decimal.getcontext().prec = 3
os.chdir(tempfile.gettempdir())
os.environ["SEEKNAL_TEST_LEFT"] = "1"
sys.path.insert(0, "/nowhere")
return [{"a": 1}]
"""
    look = """
import decimal, os, sys
return [{
    "a": decimal.getcontext().prec,
    "b": os.path.exists("seeknal_project.yml"),
    "c": "SEEKNAL_TEST_LEFT" in os.environ,
    "d": "/nowhere" in sys.path,
}]
"""

    _, found = _run(seeknal_project, change, look)

    assert found == [(28, True, False, False)]


def test_a_node_that_changes_the_folder_runs_alone(seeknal_project):
    body = """
import os, time
from pathlib import Path
folder = Path({me!r}).resolve()
folder.mkdir(exist_ok=True)
(folder / "here.csv").write_text("a\\n{me}\\n")
os.chdir(folder)
seen = []
for _ in range(5):
    time.sleep(0.005)
    seen.append(Path("here.csv").read_text().split()[1])
return ctx.duckdb.sql(f"SELECT a, {{seen}} AS seen FROM read_csv('here.csv')")
"""

    found = _run(
        seeknal_project,
        *(body.format(me=str(me)) for me in (1, 2, 3)),
        "import os\nreturn [{'a': os.path.exists('seeknal_project.yml')} for _ in range(3)]",
        workers=4,
    )

    assert found == [*[[(me, [str(me)] * 5)] for me in (1, 2, 3)], [(True,)] * 3]
