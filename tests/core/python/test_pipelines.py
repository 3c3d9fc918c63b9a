import signal
import sys

import pytest

from seeknal.project.python.decorators import KINDS
from seeknal.values.names import NodeId


def test_decorators_give_the_keys_that_yaml_would(pipelines):
    raw = pipelines.node(
        "orders.py",
        """
        from seeknal import materialize, transform

        @transform(name="orders", inputs=["source.raw"], tags=("a", "b"), description="d")
        @materialize(type="postgresql", connection="pg", table="a.b", unique_keys=["id"])
        @materialize(table="atlas.ns.orders")
        def build(ctx):
            return ctx.ref("source.raw")
        """,
    )

    assert raw.id == "transform.orders"
    assert raw.data == {
        "kind": "transform",
        "name": "orders",
        "inputs": [{"ref": "source.raw"}],
        "tags": ["a", "b"],
        "description": "d",
        "materializations": [
            {"type": "postgresql", "connection": "pg", "table": "a.b", "unique_keys": ["id"]},
            {"table": "atlas.ns.orders"},
        ],
    }
    assert (raw.python.file, raw.python.function) == ("seeknal/pipelines/orders.py", "build")


def test_materialize_may_stand_above_the_node_decorator(pipelines):
    raw = pipelines.node(
        "n.py",
        """
        from seeknal.pipeline import materialize, transform

        @materialize(type="file", path="a.csv")
        @transform()
        @materialize(type="file", path="b.csv")
        def n(ctx): ...
        """,
    )

    assert [target["path"] for target in raw.data["materializations"]] == ["a.csv", "b.csv"]


def test_ids_read_through_ctx_ref_are_inputs(pipelines):
    raw = pipelines.node(
        "n.py",
        """
        from seeknal import transform

        def other(ctx):
            return ctx.ref("source.b")

        @transform(inputs=["source.a"])
        def n(ctx):
            ctx.ref("source.a")
            ctx.ref("a")
            return other(ctx)
        """,
    )

    assert raw.data["inputs"] == [{"ref": "source.a"}, {"ref": "source.b"}]


def test_a_source_that_refers_to_its_own_rows_has_no_input(pipelines):
    raw = pipelines.node(
        "n.py",
        """
        from seeknal import source

        @source(name="s", source="csv", table="data/s.csv", delimiter=";")
        def s(ctx):
            return ctx.ref("source.s")
        """,
    )

    assert "inputs" not in raw.data
    assert raw.data["params"] == {"delimiter": ";"}


def test_a_source_without_a_type_is_made_by_its_function(pipelines):
    raw = pipelines.node("n.py", "from seeknal import source\n@source()\ndef s(ctx): ...\n")

    assert raw.data["source"] == "python"


def test_nodes_may_be_made_in_a_loop(pipelines):
    raws, problems = pipelines.read(
        "n.py",
        """
        from seeknal import transform

        def make(region):
            @transform(name=f"orders_{region}")
            def build(ctx):
                return [{"region": region}]

        for name in ("north", "south"):
            make(name)
        """,
    )

    assert problems == []
    assert [raw.id for raw in raws] == ["transform.orders_north", "transform.orders_south"]
    assert pipelines.rows(raws[0]) == [("north",)]
    assert pipelines.rows(raws[1]) == [("south",)]


def test_helpers_of_one_name_in_two_folders_do_not_clash(pipelines):
    text = """
        from seeknal import transform
        import helpers
        from .helpers import NAME

        @transform(name=NAME)
        def n(ctx):
            return [{"a": helpers.NAME}]
        """
    pipelines.write("one/helpers.py", "NAME = 'one'\n")
    pipelines.write("two/helpers.py", "NAME = 'two'\n")

    one = pipelines.node("one/n.py", text)
    two = pipelines.node("two/n.py", text)

    assert [one.name, two.name] == ["one", "two"]
    assert pipelines.rows(one) == [("one",)]
    assert pipelines.rows(two) == [("two",)]
    assert "helpers" not in sys.modules


def test_nodes_of_an_imported_helper_are_not_declared_twice(pipelines):
    pipelines.write(
        "base.py", "from seeknal import transform\n@transform()\ndef a(ctx): return [{'x': 1}]\n"
    )

    raws, problems = pipelines.read(
        "n.py",
        """
        from seeknal import transform
        from base import a

        @transform()
        def b(ctx):
            return a(ctx)
        """,
    )

    assert problems == []
    assert [raw.name for raw in raws] == ["b"]


def test_a_file_without_decorators_is_not_imported(pipelines):
    assert pipelines.read("helper.py", "raise SystemExit('imported')\n") == ([], [])


@pytest.mark.parametrize(
    "line",
    [
        "from seeknal.pipeline.decorators import source, transform, materialize",
        "from seeknal.pipeline import source, transform, materialize",
        "from seeknal import source, transform, materialize",
        "from seeknal.pipeline.decorators import *",
    ],
)
def test_decorators_may_be_imported_as_2x_spells_it(pipelines, line):
    text = (
        f"{line}\n@transform(name='n')\n@materialize(type='file', path='x.csv')\ndef n(ctx): ...\n"
    )

    raws, problems = pipelines.read("n.py", text)

    assert problems == []
    assert [raw.id for raw in raws] == ["transform.n"]
    assert raws[0].data["materializations"] == [{"type": "file", "path": "x.csv"}]


@pytest.mark.parametrize(
    ("line", "decorator"),
    [
        ("import seeknal.pipeline.decorators", "seeknal.pipeline.decorators.transform"),
        ("import seeknal.pipeline.decorators as d", "d.transform"),
        ("from seeknal.pipeline import decorators", "decorators.transform"),
        ("from seeknal import pipeline", "pipeline.transform"),
        ("import seeknal.pipeline", "seeknal.pipeline.transform"),
        ("import seeknal", "seeknal.transform"),
        ("import seeknal as sk", "sk.transform"),
        ("from seeknal.pipeline.decorators import transform as node", "node"),
    ],
)
def test_decorators_may_be_reached_through_their_module(pipelines, line, decorator):
    raws, problems = pipelines.read("n.py", f"{line}\n@{decorator}(name='n')\ndef n(ctx): ...\n")

    assert problems == []
    assert [(raw.id, raw.location.line) for raw in raws] == [("transform.n", 2)]


@pytest.mark.parametrize("module", ["seeknal.pipeline", "seeknal.pipeline.context"])
def test_the_type_of_the_context_may_be_imported(pipelines, module):
    text = (
        f"from {module} import PipelineContext\nfrom seeknal import transform\n"
        "@transform(name='n')\ndef n(ctx: PipelineContext): ...\n"
    )

    raws, problems = pipelines.read("n.py", text)

    assert problems == []
    assert [raw.id for raw in raws] == ["transform.n"]


def test_a_materialization_config_of_2x_is_a_target(pipelines):
    raws, problems = pipelines.read(
        "n.py",
        """
        from seeknal.pipeline.decorators import transform
        from seeknal.pipeline.materialization_config import MaterializationConfig

        @transform(name="n", materialization=MaterializationConfig(enabled=True, table="a.b.c"))
        def n(ctx): ...
        """,
    )

    assert [problem.code for problem in problems] == ["SK0509"]
    assert raws[0].data["materializations"] == [{"table": "a.b.c"}]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            "from seeknal.decorators import transform\n@transform()\ndef n(ctx): ...\n",
            2,
            "seeknal.d",
        ),
        ("from sekkal import transform\n\n@transform()\ndef n(ctx): ...\n", 3, "sekkal"),
        ("from seeknal.nodes import transform as t\n@t()\ndef n(ctx): ...\n", 2, "seeknal.nodes"),
        ("import seeknl\n@seeknl.transform()\ndef n(ctx): ...\n", 2, "seeknl"),
        ("from nowhere_at_all import transform\n@transform\ndef n(ctx): ...\n", 2, "nowhere"),
        ("@transform(name='n')\ndef n(ctx): ...\n", 1, "called transform"),
        ("from seeknal.decorators import tranform\n@tranform()\ndef n(ctx): ...\n", 2, "seeknal.d"),
        (
            "from seeknal import source\nfrom sekkal import transform\n@source()\ndef s(): ...\n"
            "@transform()\ndef n(ctx): ...\n",
            5,
            "sekkal",
        ),
        (
            "# /// script\n# dependencies = ['x']\n# ///\nfrom sekkal import transform\n"
            "@transform()\ndef n(ctx): ...\n",
            5,
            "sekkal",
        ),
        (
            "from dbtx_not_there import model as transform\n@transform(name='z')\n"
            "def n(ctx): ...\n",
            2,
            "dbtx_not_there",
        ),
        (
            "def outer():\n    from sekkal import transform\n    @transform()\n"
            "    def n(ctx): ...\n",
            3,
            "sekkal",
        ),
    ],
)
def test_a_node_by_a_decorator_that_is_not_ours_is_an_error(pipelines, text, line, words):
    raws, problems = pipelines.read("n.py", text)

    (problem,) = problems
    assert raws == []
    assert (problem.code, problem.severity) == ("SK0224", "error")
    assert str(problem.location) == f"seeknal/pipelines/n.py:{line}"
    assert words in problem.message
    assert problem.help == "write: from seeknal import transform"


def test_a_decorator_of_another_library_is_no_node_and_says_so(pipelines):
    raws, problems = pipelines.read("n.py", "from pytest import source\n@source()\ndef n(): ...\n")

    assert raws == []
    assert [(problem.code, problem.severity) for problem in problems] == [("SK0224", "warn")]


@pytest.mark.parametrize(
    "text",
    [
        "def transform(f): return f\n@transform\ndef helper(x): ...\n",
        "from functools import cache\n@cache\ndef helper(x): ...\n",
        "from decorating import transform\n@transform\ndef helper(x): ...\n",
        "from . import decorating\n@decorating.transform\ndef helper(x): ...\n",
        "import click\n@click.command()\n@click.option('--source')\ndef main(source): ...\n",
    ],
)
def test_helpers_with_decorators_of_their_own_are_no_problem(pipelines, text):
    pipelines.write("decorating.py", "def transform(f):\n    return f\n")

    assert pipelines.read("n.py", text) == ([], [])


@pytest.mark.parametrize(
    "line",
    ["from shared import transform", "from shared import *", "from .shared import transform"],
)
def test_decorators_that_a_helper_hands_on_make_nodes(pipelines, line):
    pipelines.write("shared.py", "from seeknal import transform\n")

    raws, problems = pipelines.read("n.py", f"{line}\n@transform(name='n')\ndef n(ctx): ...\n")

    assert problems == []
    assert [raw.id for raw in raws] == ["transform.n"]


def test_what_decorators_of_a_helper_say_is_no_code(pipelines):
    pipelines.write("shared.py", "from seeknal import transform\n")
    text = "from shared import transform\n@transform(name='n', description={!r})\ndef n(ctx): ...\n"

    (first,), _ = pipelines.read("n.py", text.format("old"))
    (second,), _ = pipelines.read("n.py", text.format("new"))

    assert first.code_hash == second.code_hash


def test_files_that_a_node_is_told_to_load_or_writes_are_not_read_by_its_code(pipelines):
    raws, problems = pipelines.read(
        "n.py",
        """
        from pathlib import Path
        from seeknal import materialize, source

        @source(name="s", source="csv", table="data/s.csv")
        @materialize(type="file", path="out/s.csv")
        def s(ctx):
            rows = ctx.ref("source.s")
            rows.to_parquet("out/copy.parquet")
            Path("out/done.txt").write_text("done")
            with open("out/log.txt", "w") as log:
                log.write("done")
            ctx.duckdb.execute("COPY (SELECT 1) TO 'out/one.csv'")
            ctx.log.info("see out/log.txt")
            return rows
        """,
    )

    assert problems == []
    assert raws[0].python.reads == ()
    assert raws[0].reads.unknown == {}


def test_a_module_of_2x_that_is_gone_says_what_to_import(pipelines):
    text = "from seeknal import source\nfrom seeknal.tasks.duckdb import DuckDBTask\n"

    _, problems = pipelines.read("n.py", text)

    assert [problem.code for problem in problems] == ["SK0504"]
    assert "from seeknal import transform" in problems[0].help


def test_importing_leaves_no_bytecode_behind(pipelines):
    pipelines.write("helpers.py", "X = 1\n")

    pipelines.node("n.py", "import helpers\nfrom seeknal import source\n@source()\ndef s(): ...\n")

    assert not list(pipelines.root.rglob("__pycache__"))


def test_what_a_file_prints_is_kept_out_of_stdout(pipelines, capsys):
    pipelines.node("n.py", "from seeknal import source\nprint('x')\n@source()\ndef s(): ...\n")

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "code", "line", "words"),
    [
        ("def broken(:\n", "SK0501", 1, "Python cannot read"),
        ("# /// script\n# dependencies = [\n# ///\n", "SK0503", 1, "not TOML"),
        ("# /// script\n# dependencies = []\n", "SK0503", 1, "not closed"),
        ("from seeknal import source\n\nimport no_such_thing\n", "SK0504", 3, "no_such_thing"),
        ("from seeknal import source\n1 / 0\n", "SK0504", 2, "ZeroDivisionError"),
        ("from seeknal import source\nraise SystemExit(3)\n", "SK0504", 2, "SystemExit"),
        (
            "from seeknal import materialize\n@materialize(type='file')\ndef f(ctx): ...\n",
            "SK0505",
            2,
            "is no node",
        ),
        (
            "from seeknal import source, transform\n@source()\n@transform()\ndef f(ctx): ...\n",
            "SK0505",
            2,
            "on one function",
        ),
        ("from seeknal import source\n@source(name='a b')\ndef f(): ...\n", "SK0506", 2, "'a b'"),
        ("from seeknal import source\n@source()\nasync def f(): ...\n", "SK0507", 2, "async"),
        ("from seeknal import source\n@source()\ndef f(a, b): ...\n", "SK0507", 2, "2 arguments"),
        (
            "from seeknal import source\n@source(\n    tags=[object()]\n)\ndef f(): ...\n",
            "SK0508",
            3,
            "type object",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_a_problem_with_a_line(pipelines, text, code, line, words):
    raws, problems = pipelines.read("n.py", text)

    (problem,) = problems
    assert raws == []
    assert (problem.code, problem.location.file) == (code, "seeknal/pipelines/n.py")
    assert problem.location.line == line
    assert words in problem.message


def test_an_error_in_a_helper_points_to_the_helper(pipelines):
    pipelines.write("helpers.py", "a = 1\nb = 2\nx = 1 / 0\n")

    _, problems = pipelines.read("n.py", "from seeknal import source\nimport helpers\n")

    assert str(problems[0].location) == "seeknal/pipelines/helpers.py:3"


def test_materialization_on_a_decorator_is_deprecated_but_works(pipelines):
    raws, problems = pipelines.read(
        "n.py",
        """
        from seeknal import materialize, transform

        @transform(materialization={"enabled": True, "table": "a.b.c"})
        @materialize(type="file", path="x.csv")
        def n(ctx): ...
        """,
    )

    assert [(problem.code, problem.severity) for problem in problems] == [("SK0509", "warn")]
    assert problems[0].location.line == 3
    assert [entry.get("table") for entry in raws[0].data["materializations"]] == [None, "a.b.c"]


def test_settings_of_a_feature_group_are_no_target(pipelines):
    raw = pipelines.node(
        "n.py",
        """
        from seeknal import feature_group, materialize

        @feature_group(entity="customer", materialization={"event_time_col": "at", "offline": True})
        @materialize(type="file", path="x.csv")
        def n(ctx): ...
        """,
    )

    assert raw.data["event_time"] == "at"
    assert raw.data["materializations"] == [{"type": "file", "path": "x.csv"}]


def test_arguments_know_their_lines(pipelines):
    raw = pipelines.node(
        "n.py",
        """
        from seeknal import transform

        @transform(
            inputs=[
                "source.a",
                "source.b",
            ],
        )
        def n(ctx): ...
        """,
    )

    assert str(raw.marks.value("inputs", 1)) == "seeknal/pipelines/n.py:6:9"
    assert str(raw.location) == "seeknal/pipelines/n.py:3"


def test_a_file_with_a_header_is_read_without_its_packages(pipelines):
    raw = pipelines.node(
        "n.py",
        """
        # /// script
        # dependencies = ["no-such-package"]
        # ///
        import no_such_package
        from seeknal import transform

        TAGS = ["x"]

        @transform(name="t", tags=TAGS)
        def n(ctx):
            return no_such_package.load(ctx.ref("source.a"))
        """,
    )

    assert raw.data["tags"] == ["x"]
    assert raw.data["inputs"] == [{"ref": "source.a"}]
    assert "no-such-package" in raw.python.script


def test_another_header_is_another_definition(pipelines):
    text = """
        # /// script
        # dependencies = ["{}"]
        # ///
        from seeknal import transform

        @transform()
        def n(ctx): ...
        """

    first = pipelines.node("n.py", text.format("pandas"))
    second = pipelines.node("n.py", text.format("pandas>2"))

    assert first.code_hash != second.code_hash


def test_an_exposure_has_no_code_to_run(pipelines):
    raw = pipelines.node(
        "n.py",
        "from seeknal import exposure\n@exposure(inputs=['transform.a'])\ndef e(): ...\n",
    )

    assert (raw.id, raw.python, raw.code_hash) == (NodeId("exposure.e"), None, None)


def test_reading_declarations_imports_no_engine(pipelines):
    import subprocess

    pipelines.write("n.py", "from seeknal import source\n@source()\ndef s(): ...\n")
    code = f"""
import sys
from pathlib import Path
from seeknal.project.python.pipelines import read_pipeline
root = Path({str(pipelines.root)!r})
assert read_pipeline(root / "seeknal/pipelines/n.py", root)[0]
print([name for name in ("duckdb", "sqlglot", "yaml", "jinja2") if name in sys.modules])
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("header", ["", "# /// script\n# dependencies = []\n# ///\n"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_decorator_without_parentheses_makes_a_node(pipelines, header, kind):
    text = f"{header}from seeknal import {kind}\n@{kind}\ndef n(ctx): ...\n"

    raws, problems = pipelines.read("n.py", text)

    assert (problems, [(raw.kind, raw.name) for raw in raws]) == ([], [(kind, "n")])


def test_materialize_without_parentheses_adds_the_usual_target(pipelines):
    text = "import seeknal\n@seeknal.materialize\n@seeknal.transform\ndef n(ctx): ...\n"

    raw = pipelines.node("n.py", text)

    assert raw.data["materializations"] == [{}]


@pytest.mark.parametrize("what", ["class n: ...", "@cache\ndef n(ctx): ..."])
def test_a_bare_decorator_above_anything_else_is_an_error(pipelines, what):
    text = f"from functools import cache\nfrom seeknal import transform\n@transform\n{what}\n"

    raws, problems = pipelines.read("n.py", text)

    assert raws == []
    assert ["stands above a function" in problem.message for problem in problems] == [True]


def test_another_library_s_decorator_that_is_called_transform_says_so(pipelines):
    text = "from pytest import fixture as transform\n@transform()\ndef n(): ...\n"

    raws, problems = pipelines.read("n.py", text)

    assert raws == []
    assert [(problem.code, problem.severity) for problem in problems] == [("SK0224", "warn")]


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "KeyboardInterrupt('no')"])
def test_an_interrupt_that_a_file_raises_itself_is_its_problem(pipelines, error):
    raws, problems = pipelines.read("n.py", f"from seeknal import transform\nraise {error}\n")

    assert raws == []
    (problem,) = problems
    assert (problem.code, problem.location.line) == ("SK0504", 2)


def test_an_interrupt_from_outside_still_interrupts(pipelines):
    text = (
        "import signal\nfrom seeknal import transform\n"
        "signal.raise_signal(signal.SIGINT)\nfor n in range(10**6): pass\n"
    )
    # What a shell starts in the background takes no notice of it otherwise.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        with pytest.raises(KeyboardInterrupt):
            pipelines.read("n.py", text)
    finally:
        signal.signal(signal.SIGINT, before)
