"""No file below seeknal/ is passed over in silence, and none is taken for what it is not."""

import pytest

NODE = "kind: transform\nname: a\nsql: SELECT 1 AS x\n"
DECORATED = """
    from seeknal.pipeline import transform

    def helper():
        return 1

    @transform(name="b")
    def b(ctx):
        return ctx.duckdb.sql("SELECT 1 AS x")
"""
MACRO = "{% macro big(c) %}{{ c }} > 100{% endmacro %}\n"


def told(found):
    return [(str(entry.location), entry.code, entry.severity) for entry in found]


@pytest.mark.parametrize("file", ["seeknal/p.py", "seeknal/transforms/deep/p.py"])
def test_a_decorated_function_outside_of_pipelines_is_told(problems, file):
    (problem,) = problems({"seeknal/a.yml": NODE, file: DECORATED})

    assert (str(problem.location), problem.code) == (f"{file}:6", "SK0245")
    assert "seeknal/pipelines/" in problem.help


@pytest.mark.parametrize("text", ["def helper():\n    return 1\n", "def broken(:\n", ""])
def test_a_helper_outside_of_pipelines_is_nobodys_business(load, text):
    nodes = load({"seeknal/a.yml": NODE, "seeknal/helpers/h.py": text}).nodes

    assert list(nodes) == ["transform.a"]


def test_a_macro_of_two_files_is_told_with_both_places(problems):
    other = "-- Sums.\n{% macro big(c) %}{{ c }} > 5{% endmacro %}\n"
    files = {"seeknal/a.yml": NODE, "seeknal/macros/m.sql": MACRO, "seeknal/macros/n.sql": other}

    (problem,) = problems(files)

    assert (str(problem.location), problem.code) == ("seeknal/macros/n.sql:2", "SK0403")
    assert "seeknal/macros/m.sql:1" in problem.message


def test_the_same_macro_twice_is_no_problem(load):
    files = {"seeknal/a.yml": NODE, "seeknal/macros/m.sql": MACRO, "seeknal/macros/n.sql": MACRO}

    project = load(files)

    assert list(project.nodes) == ["transform.a"]


def test_a_file_below_macros_that_defines_nothing_is_told(problems):
    (problem,) = problems({"seeknal/a.yml": NODE, "seeknal/macros/c.sql": "SELECT 1\n"})

    assert told([problem]) == [("seeknal/macros/c.sql:1", "SK0241", "error")]
    assert "seeknal/transforms/" in problem.help


@pytest.mark.parametrize(
    "text",
    ["{%- set limit = 5 -%}\n", "{% from 'm' import big %}\n", "{%- macro x() %}1{% endmacro %}"],
)
def test_a_file_below_macros_may_hold_values_and_imports(load, text):
    files = {"seeknal/a.yml": NODE, "seeknal/macros/m.sql": MACRO, "seeknal/macros/n.sql": text}

    project = load(files)

    assert list(project.nodes) == ["transform.a"]


def test_a_seed_may_be_named_in_capitals(load):
    nodes = load({"seeknal/seeds/ok.CSV": "id\n1\n"}).nodes

    assert nodes["source.ok"].source.table == ("seeknal/seeds/ok.CSV",)


def test_other_files_among_the_seeds_are_told(load):
    files = {
        "seeknal/seeds/ok.csv": "id\n1\n",
        "seeknal/seeds/t.tsv": "id\n1\n",
        "seeknal/seeds/deep/u.csv": "id\n1\n",
        "seeknal/seeds/README.md": "What they are.\n",
        "seeknal/seeds/.gitkeep": "",
        "seeknal/seeds/about.yml": NODE,
    }

    project = load(files)

    assert sorted(project.nodes) == ["source.ok", "transform.a"]
    assert told(project.warnings) == [
        ("seeknal/seeds/deep/u.csv", "SK0245", "warn"),
        ("seeknal/seeds/t.tsv", "SK0245", "warn"),
    ]


def test_sql_among_the_seeds_is_refused(problems):
    (problem,) = problems({"seeknal/a.yml": NODE, "seeknal/seeds/q.sql": "SELECT 1 AS x\n"})

    assert told([problem]) == [("seeknal/seeds/q.sql", "SK0241", "error")]


@pytest.mark.parametrize(
    "file",
    [
        ".hidden/h.sql",
        ".h.sql",
        "transforms/.old/h.sql",
        ".hidden/h.yml",
        "macros/.old/h.sql",
        "audits/.h.sql",
        "pipelines/.old/p.py",
        ".old/p.py",
        "seeds/.h.csv",
        "seeds/.h.tsv",
        "common/.h.yml",
    ],
)
def test_what_begins_with_a_dot_is_nobodys(load, file):
    project = load({"seeknal/a.yml": NODE, f"seeknal/{file}": "SELECT nonsense {{ FROM"})

    assert (list(project.nodes), project.warnings) == (["transform.a"], ())


@pytest.mark.parametrize("file", ["seeknal/B.YML", "seeknal/b.Yaml"])
def test_the_ending_of_a_yaml_file_may_be_in_capitals(load, file):
    nodes = load({file: NODE}).nodes

    assert list(nodes) == ["transform.a"]
