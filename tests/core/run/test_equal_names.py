"""Two columns of one name, in upper or lower case, are refused wherever a node makes them."""

import pytest

SQL = [
    "SELECT 1 AS x, 2 AS x",
    'SELECT 1 AS x, 2 AS "X"',
    "SELECT * FROM (SELECT 1 AS x) AS a, (SELECT 2 AS x) AS b",
    "SELECT a.*, b.* FROM transform.one AS a JOIN transform.one AS b ON true",
]


def node(name, sql, more=""):
    return {f"seeknal/{name}.yml": f"kind: transform\nname: {name}\n{more}transform: |\n  {sql}\n"}


def check_refused(made, names):
    found = made.run("run", "--format", "json")

    assert found.exit_code == 1
    told = {step["node"]: step["error"] for step in found.json()["nodes"]}
    for name in names:
        error = told[f"transform.{name}"]
        assert (name, error["code"]) == (name, "SK0712")
        assert "two output columns have one name: 'x' and" in error["message"]


def test_two_columns_of_one_name_are_refused_in_a_table_and_in_a_view(seeknal_project):
    files, names = node("one", "SELECT 1 AS x"), []
    for kind in ("table", "view"):
        for number, sql in enumerate(SQL):
            names.append(f"{kind}{number}")
            files |= node(names[-1], sql, f"materialized: {kind}\n")

    check_refused(seeknal_project(files), names)


BODIES = [
    "return pa.table([[1], [2]], names=['x', 'x'])",
    "return pa.table([[1], [2]], names=['x', 'X']).to_reader()",
    "return iter([pa.table([[1], [2]], names=['x', 'X'])])",
    "found = pa.table([[1], [2]], names=['x', 'X']); return ctx.duckdb.sql('FROM found')",
    "return pl.DataFrame({'x': [1], 'X': [2]})",
    "return pl.LazyFrame({'x': [1], 'X': [2]})",
    "return pd.DataFrame([[1, 2]], columns=['x', 'X'])",
    "return [{'x': 1, 'X': 2}]",
    "return ctx.duckdb.sql('SELECT 1 AS x, 2 AS \"X\"')",
]


def test_two_columns_of_one_name_are_refused_of_python(seeknal_project):
    for library in ("pyarrow", "polars", "pandas"):
        pytest.importorskip(library)
    code = "import pandas as pd\nimport polars as pl\nimport pyarrow as pa\n"
    code += "from seeknal import transform\n"
    for number, body in enumerate(BODIES):
        code += f'@transform(name="two{number}")\ndef two{number}(ctx):\n    {body}\n'
    made = seeknal_project({"seeknal/pipelines/two.py": code})

    check_refused(made, [f"two{number}" for number in range(len(BODIES))])


@pytest.mark.parametrize("names", [["x", "x"], ["x", "X"]])
def test_two_columns_of_one_name_in_a_parquet_file_are_told_apart_and_said(seeknal_project, names):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    made = seeknal_project(
        {"seeknal/s.yml": "kind: source\nname: s\nsource: parquet\ntable: s.parquet\n"}
    )
    parquet.write_table(pa.table([[1], [2]], names=names), made.path / "s.parquet")

    found = made.run("run", "--format", "json").assert_ok().json()["nodes"]

    assert found[0]["notes"] == [f"column {names[1]!r} occurs again: it is called '{names[1]}_1'"]


def test_a_column_of_a_parquet_file_that_only_looks_numbered_is_not_spoken_of(seeknal_project):
    import duckdb

    made = seeknal_project(
        {"seeknal/s.yml": "kind: source\nname: s\nsource: parquet\ntable: s.parquet\n"}
    )
    path = made.path / "s.parquet"
    duckdb.sql("SELECT 1 AS x, 2 AS x_1").write_parquet(str(path))

    found = made.run("run", "--format", "json").assert_ok().json()["nodes"]

    assert found[0]["notes"] == []
