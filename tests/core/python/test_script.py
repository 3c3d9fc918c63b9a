import shutil
import subprocess
import sys
import threading
import time

import pytest

from seeknal.project.python import uv
from seeknal.values.errors import NodeError
from seeknal.values.relations import Scan

pytestmark = pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")

HEADER = """\
# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
from seeknal import source, transform
"""


@pytest.fixture(scope="module", autouse=True)
def packages():
    """The child's own packages come from the index, or from uv's cache."""
    command = ["uv", "run", "--quiet", "--no-project", "--isolated", "--with", uv.NEEDED[0]]
    done = subprocess.run([*command, "--with", uv.NEEDED[1], "python", "-c", ""], check=False)
    if done.returncode:
        pytest.skip("no package index is at hand")


def node(body, decorator="@transform()"):
    lines = "\n".join("    " + line for line in body.strip("\n").splitlines())
    return f"{HEADER}\n{decorator}\ndef n(ctx):\n{lines}\n"


def test_a_file_with_a_header_runs_in_its_own_process(pipelines):
    pipelines.table("source.orders", "SELECT 5 AS a, 2::HUGEINT AS h")
    captured = []
    body = """
import os, sys
ctx.log.warning("from %s", "inside")
orders = ctx.ref("source.orders")
return ctx.duckdb.sql(f"SELECT a + {ctx.params['p']} AS a, h, {os.getpid()} AS pid FROM orders")
"""
    raw = pipelines.node("n.py", node(body))

    scan = pipelines.call(raw, params={"p": 1}, capture=captured.append)

    relation = pipelines.cursor.sql(scan.sql)
    assert [str(type) for type in relation.types][:2] == ["INTEGER", "HUGEINT"]
    assert relation.fetchall()[0][:2] == (6, 2)
    assert relation.fetchall()[0][2] != __import__("os").getpid()
    assert pipelines.notes == ["from inside"]
    assert "FROM orders" in captured[0]


def test_the_child_sees_only_the_packages_of_its_header(pipelines):
    raw = pipelines.node("n.py", node("import sqlglot"))

    with pytest.raises(NodeError, match="No module named 'sqlglot'") as caught:
        pipelines.call(raw)

    assert str(caught.value.location) == "seeknal/pipelines/n.py:9"


def test_a_run_of_a_script_prints_nothing_of_its_own(seeknal_project):
    project = seeknal_project({"seeknal/pipelines/n.py": node("return [{'a': 1}]")})

    outcome = project.run("run", "--quiet").assert_ok()

    assert (outcome.stdout, outcome.stderr) == ("", "")
    assert project.rows("transform.n") == [(1,)]


@pytest.mark.slow
def test_rows_of_dicts_come_back_typed(pipelines):
    raw = pipelines.node("n.py", node("yield {'a': 1, 'd': None}\nyield {'a': 2, 'd': 'x'}"))

    assert pipelines.rows(raw) == [(1, None), (2, "x")]


@pytest.mark.slow
def test_a_source_in_a_script_gets_its_loaded_rows(pipelines):
    text = node("return ctx.ref('source.n').project('a * 2')", "@source(source='csv', table='x')")
    raw = pipelines.node("n.py", text)

    assert pipelines.rows(raw, source_rows=Scan("SELECT 4 AS a")) == [(8,)]


def test_an_empty_source_function_starts_no_process(pipelines, monkeypatch):
    monkeypatch.setenv("PATH", "")
    raw = pipelines.node("n.py", node("pass", "@source(source='csv', table='x')"))

    assert pipelines.call(raw, source_rows=Scan("SELECT 4 AS a")) is None


def test_missing_uv_is_a_clear_error(pipelines, monkeypatch):
    raw = pipelines.node("n.py", node("return [{'a': 1}]"))
    monkeypatch.setenv("PATH", "")

    with pytest.raises(NodeError, match="needs uv, and uv was not found") as caught:
        pipelines.call(raw)

    assert caught.value.code == "SK0521"


def test_a_package_that_cannot_be_found_shows_what_uv_says(pipelines):
    text = node("return [{'a': 1}]").replace("[]", '["seeknal==0.0.0.1"]', 1)
    raw = pipelines.node("n.py", text)

    with pytest.raises(NodeError, match=r"(?s)could not be run with uv.*seeknal") as caught:
        pipelines.call(raw)

    assert caught.value.code == "SK0522"


def test_a_child_that_dies_without_an_answer_is_an_error(pipelines):
    raw = pipelines.node("n.py", node("import os\nprint('last words')\nos._exit(7)"))

    with pytest.raises(NodeError, match="could not be run with uv"):
        pipelines.call(raw)


def test_stop_ends_a_child_at_once(pipelines):
    raw = pipelines.node("n.py", node("import time\ntime.sleep(60)"))
    started = time.monotonic()
    stopping = threading.Timer(1.0, uv.stop)
    stopping.start()

    with pytest.raises(NodeError):
        pipelines.call(raw)

    assert time.monotonic() - started < 20


@pytest.mark.slow
def test_a_child_ends_when_its_parent_is_killed(pipelines, tmp_path):
    mark = tmp_path / "alive"
    raw = pipelines.node(
        "n.py",
        node(f"""
import time
while True:
    open({str(mark)!r}, "w").write(str(time.time()))
    time.sleep(0.1)
"""),
    )
    code = f"""
import sys
from pathlib import Path
from seeknal.project.python.uv import run_with_uv
job = {{"do": "run", "node": "transform.n", "inputs": {{}}, "source": None, "columns": [],
       "contract": False, "params": {{}}, "variables": {{}}, "interval": None, "environment": "",
       "run_id": "", "file": sys.argv[1], "root": sys.argv[2], "workdir": sys.argv[2],
       "result": "x"}}
run_with_uv(Path(sys.argv[1]), {raw.python.script!r}, job, Path(sys.argv[2]))
"""
    file = pipelines.folder / "n.py"
    parent = subprocess.Popen([sys.executable, "-c", code, str(file), str(pipelines.root)])
    deadline = time.monotonic() + 30
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    parent.kill()
    parent.wait()
    time.sleep(0.5)

    last = mark.read_text()
    time.sleep(0.5)
    assert mark.read_text() == last


def test_computed_arguments_are_learned_by_running_the_file(pipelines):
    raws, problems = pipelines.read(
        "n.py",
        HEADER
        + """
TAGS = [word.upper() for word in ("a", "b")]

@transform(name="t".lower(), tags=TAGS)
def n(ctx):
    return ctx.ref("source.x")
""",
    )

    assert problems == []
    assert raws[0].data["tags"] == ["A", "B"]
    assert raws[0].data["inputs"] == [{"ref": "source.x"}]


def test_the_rows_that_new_ones_are_merged_into_are_there_too(seeknal_project):
    decorator = '@transform(inputs=["source.orders"], materialized="incremental", unique_key="id")'
    body = """
had = ctx.this
if not ctx.is_incremental:
    return ctx.ref("source.orders")
return ctx.duckdb.sql("SELECT id, o.n + h.n AS n FROM orders o JOIN had h USING (id)")
"""
    made = seeknal_project(
        {
            "data/orders.csv": "id,n\n1,10\n2,20\n",
            "seeknal/o.yml": "{kind: source, name: orders, source: csv, table: data/orders.csv}\n",
            "seeknal/pipelines/n.py": node(body, decorator),
        }
    )
    made.run("run").assert_ok()
    made.write({"data/orders.csv": "id,n\n2,1\n"})

    made.run("run").assert_ok()

    rows = made.run("sql", "SELECT * FROM transform.n ORDER BY id", "--format", "json").json()
    assert rows == [{"id": 1, "n": 10}, {"id": 2, "n": 21}]
