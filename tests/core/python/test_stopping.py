"""Python nodes that leave oddly, or do not end: a failure of that node, with its line."""

import sys
import textwrap
import time

import pytest

from seeknal.run import dispatching

pytestmark = pytest.mark.once


@pytest.fixture
def project(seeknal_project):
    def make(*bodies, head="", **settings):
        lines = [f"  {key}: {value}" for key, value in settings.items()]
        execution = "\n".join(["execution:", *lines]) if lines else ""
        files = {
            f"seeknal/pipelines/n{n}.py": f"from seeknal import transform\n{head}\n"
            f'@transform(name="n{n}")\ndef n{n}(ctx):\n' + textwrap.indent(body.strip(), "    ")
            for n, body in enumerate(bodies)
        }
        return seeknal_project({"seeknal_project.yml": f"name: p\n{execution}\n", **files})

    return make


def results(project, *arguments):
    outcome = project.run("run", "--format", "json", *arguments)
    return outcome, {node["node"]: node for node in outcome.json()["nodes"]}


OK = "return [{'a': 1}]"
PANIC = "class Panic(BaseException):\n    pass\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise Panic('index out of bounds')", "Panic: index out of bounds"),
        ("raise GeneratorExit('left')", "GeneratorExit: left"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt('mine')", "KeyboardInterrupt: mine"),
        ("yield {'a': 1}\nraise Panic('late')", "Panic: late"),
        ("raise ValueError('INTERRUPT')", "ValueError: INTERRUPT"),
    ],
)
def test_whatever_a_node_raises_is_its_failure(project, body, said):
    made = project(body, OK, head=PANIC)

    outcome, nodes = results(made)

    assert outcome.exit_code == 1
    assert nodes["transform.n0"]["status"] == "failed"
    assert nodes["transform.n0"]["error"]["message"] == said
    assert nodes["transform.n0"]["error"]["code"] == "SK0511"
    assert nodes["transform.n0"]["error"]["file"] == "seeknal/pipelines/n0.py"
    assert nodes["transform.n0"]["error"]["line"] == 7 + body.count(chr(10))
    assert nodes["transform.n1"]["status"] == "success"


def test_a_panic_of_polars_is_a_failure_of_its_node(project):
    polars = pytest.importorskip("polars")
    panic = "import polars\nraise polars.exceptions.PanicException('rust says no')"
    assert issubclass(polars.exceptions.PanicException, BaseException)

    outcome, nodes = results(project(panic, OK))

    assert outcome.exit_code == 1
    assert nodes["transform.n0"]["error"]["message"] == "PanicException: rust says no"
    assert nodes["transform.n1"]["status"] == "success"


def test_a_file_that_raises_while_it_is_read_is_a_problem_of_the_project(project):
    made = project(OK, head=PANIC + "raise Panic('at once')")

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "Panic: at once" in outcome.stdout + outcome.stderr


ENDLESS = {
    "python": "while True:\n    pass",
    "stubborn": "while True:\n    try:\n        abs(1)\n    except Exception:\n        pass",
    "query": "ctx.duckdb.execute('SELECT sum(a.range * b.range)"
    " FROM range(10000000) a, range(10000000) b').fetchall()",
    "default": "import duckdb\nduckdb.execute('SELECT sum(a.range * b.range)"
    " FROM range(10000000) a, range(10000000) b').fetchall()",
    "lazy": "return ctx.duckdb.sql('SELECT sum(a.range * b.range) AS a"
    " FROM range(10000000) a, range(10000000) b')",
    "child": "import subprocess\nsubprocess.run(['sleep', '60'])\nreturn [{'a': 1}]",
    "generator": "while True:\n    yield {'a': 1}",
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_node_that_takes_too_long_is_stopped(project, kind):
    if kind == "child" and not sys.platform.startswith("linux"):
        pytest.skip("the system does not say which thread started a process")
    began = time.monotonic()

    outcome, nodes = results(project(ENDLESS[kind], OK, timeout="1s"))

    assert outcome.exit_code == 1
    assert nodes["transform.n0"]["error"]["message"].startswith(
        "took longer than execution.timeout (1 s)"
    )
    assert nodes["transform.n0"]["error"]["code"] == "SK0714"
    assert nodes["transform.n1"]["status"] == "success"
    assert time.monotonic() - began < 50


def test_a_node_that_cannot_be_stopped_is_left_and_stores_nothing(project, monkeypatch):
    monkeypatch.setattr(dispatching, "GRACE", 0.2)
    body = "import time\ntime.sleep(4)\nreturn [{'a': 1}]"
    made = project(body, OK, timeout="1s", max_workers=1)

    outcome, nodes = results(made)
    time.sleep(4)

    assert outcome.exit_code == 1
    assert "cannot be stopped" in nodes["transform.n0"]["error"]["message"]
    assert nodes["transform.n1"]["status"] == "success"
    assert not list((made.path / "target").rglob("*n0*.parquet"))
