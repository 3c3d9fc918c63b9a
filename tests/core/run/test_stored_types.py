"""A node's columns have one type, wherever they are read."""

import json

import duckdb
import pytest

from seeknal import open_project

pytestmark = pytest.mark.inside

ROW = (
    "SELECT 1 AS id, 170141183460469231731687303715884105727::HUGEINT AS big,"
    " 'b'::ENUM('b', 'a') AS mood, '0101'::BIT AS bits, [1, 2]::FLOAT[2] AS place,"
    " TIMESTAMP_S '2024-01-01 00:00:00' AS at, INTERVAL '1 month' AS span,"
    " union_value(n := 3)::UNION(n INTEGER, s VARCHAR) AS either"
)
TYPES = [
    *("INTEGER", "HUGEINT", "ENUM('b', 'a')", "BIT", "FLOAT[2]"),
    *("TIMESTAMP_S", "INTERVAL", "UNION(n INTEGER, s VARCHAR)"),
]


def node(name, sql, more=""):
    return f"kind: transform\nname: {name}\n{more}transform: |\n  {sql}\n"


def types(relation):
    return [str(type) for type in relation.types]


@pytest.fixture
def made(seeknal_project):
    project = seeknal_project({"seeknal/base.yml": node("base", ROW)})
    project.run("run").assert_ok()
    return project


def test_open_project_gives_the_types_of_the_nodes_query(made):
    with open_project(made.path) as opened:
        table = opened.table("transform.base")

        assert types(table) == TYPES
        assert table.fetchall()[0][1] == 2**127 - 1


def test_sql_describes_the_types_of_the_nodes_query(made):
    found = made.run("sql", "DESCRIBE transform.base", "--format", "json").assert_ok()

    assert [row["column_type"] for row in found.json()] == TYPES


def test_inspect_shows_the_types_of_the_nodes_query(made):
    found = made.run("inspect", "transform.base", "--schema", "--format", "json").assert_ok()

    assert [column["type"] for column in found.json()] == TYPES


def test_a_python_node_reads_the_types_of_the_nodes_query(made):
    made.write(
        {
            "seeknal/pipelines/told.py": """
                from seeknal import transform

                @transform(name="told", inputs=["transform.base"])
                def told(ctx):
                    found = ctx.ref("transform.base")
                    return [{"type": str(type)} for type in found.types]
                """
        }
    )

    made.run("run").assert_ok()

    assert [row[0] for row in made.rows("transform.told")] == TYPES


def test_an_environment_reads_the_types_of_the_nodes_query(made):
    made.write({"seeknal/more.yml": node("more", "SELECT typeof(COLUMNS(*)) FROM transform.base")})

    made.run("run", "--env", "dev").assert_ok()

    found = made.run("sql", "FROM transform.more", "--env", "dev", "--format", "json").assert_ok()
    assert [list(row.values()) for row in found.json()] == [TYPES]


def test_a_row_of_39_digits_keeps_other_tools_reading_decimals_elsewhere(made):
    made.write({"seeknal/base.yml": node("base", "SELECT sum(x) AS v FROM range(3) AS r(x)")})

    made.run("run").assert_ok()

    path = made.path / "target" / "intermediate" / "transform_base.parquet"
    assert types(duckdb.read_parquet(str(path))) == ["DECIMAL(38,0)"]


def test_an_integer_of_39_digits_that_is_read_only_once_is_refused_by_name(seeknal_project):
    made = seeknal_project(
        {
            "seeknal/pipelines/big.py": """
                from seeknal import transform

                @transform(name="big")
                def big(ctx):
                    return ctx.duckdb.sql("SELECT 1 AS a, 2::HUGEINT ** 0 * (-1) AS b, "
                        "170141183460469231731687303715884105727::HUGEINT AS c")
                """
        }
    )

    found = made.run("run")

    assert found.exit_code == 1
    assert "SK0835" in found.stderr + found.stdout
    assert "'c' holds the integer 170141183460469231731687303715884105727" in repr(found)


def test_what_parquet_has_no_place_for_is_refused_by_name(seeknal_project):
    made = seeknal_project(
        {"seeknal/v.yml": node("v", "SELECT 1 AS a, {'x': 42::VARIANT} AS \"b c\"")}
    )

    found = made.run("run")

    assert found.exit_code == 1
    assert "SK0836" in repr(found)
    assert "column 'b c' cannot be stored: it is of type STRUCT(x VARIANT)" in repr(found)


def forget_types(project):
    """Let the state be one of before types were stored, with files as they were then."""
    from seeknal.state.document import read_document, write_document

    path = project.path / "target" / "run_state.json"
    document = read_document(path.read_bytes())
    entries = json.loads(json.dumps(document.entries).replace(', "typed": true', ""))
    path.write_bytes(write_document(entries))


def test_outputs_of_older_versions_are_read_and_built_once_more(seeknal_project):
    largest = "SELECT max(mood) AS most FROM ref('transform.base')"
    made = seeknal_project(
        {
            "seeknal/base.yml": node("base", ROW),
            "seeknal/most.yml": node("most", largest),
            "seeknal/plain.yml": node("plain", "SELECT id FROM ref('transform.base')"),
        }
    )
    made.run("run").assert_ok()
    made.run("run").assert_ok()
    forget_types(made)

    with open_project(made.path) as opened:
        assert types(opened.table("transform.base")) == TYPES
    first = made.run("run", "--format", "json").assert_ok().json()["nodes"]
    second = made.run("run", "--format", "json").assert_ok().json()["nodes"]

    assert {step["node"]: step["status"] for step in first} == {
        "transform.base": "success",
        "transform.most": "success",
        "transform.plain": "reused",
    }
    assert {step["status"] for step in second} == {"reused"}


def test_outputs_of_older_versions_whose_readers_got_their_types_are_not_built_again(
    seeknal_project,
):
    made = seeknal_project(
        {
            "seeknal/base.yml": node("base", "SELECT sum(x) AS v FROM (VALUES (25)) AS r(x)"),
            "seeknal/half.yml": node("half", "SELECT v // 2 AS h FROM ref('transform.base')"),
        }
    )
    made.run("run").assert_ok()
    forget_types(made)
    first = made.run("run", "--format", "json").assert_ok().json()["nodes"]
    assert {step["status"] for step in first} == {"reused"}


def test_equal_bytes_of_an_older_version_are_no_equal_types(seeknal_project, monkeypatch):
    summed = "SELECT sum(x) AS v FROM (VALUES (25)) AS r(x)"
    made = seeknal_project(
        {
            "seeknal/base.yml": node("base", summed),
            "seeknal/half.yml": node("half", "SELECT v // 2 AS h FROM ref('transform.base')"),
        }
    )
    with monkeypatch.context() as older:
        older.setattr("seeknal.run.engine.copy_statement", without_metadata)
        made.run("run").assert_ok()

    made.write({"seeknal/base.yml": node("base", summed.replace("(x)", "(x)::DECIMAL(38,0)", 1))})
    made.run("run").assert_ok()

    assert made.rows("transform.half") == duckdb.sql("SELECT 25::DECIMAL(38,0) // 2").fetchall()


def without_metadata(select, columns, path, *, wide=False, metadata=None):
    """The COPY of versions that stored no types."""
    from seeknal.sql.storage import COPY_OPTIONS, as_parquet

    return f"COPY ({as_parquet(select, columns)}) TO '{path}' ({COPY_OPTIONS})"


@pytest.mark.parametrize("materialized", ["table", "view"])
def test_a_collation_that_is_not_stored_is_said(seeknal_project, materialized):
    named = node("named", "SELECT 'a' COLLATE NOCASE AS \"a b\"", f"materialized: {materialized}\n")
    made = seeknal_project(
        {
            "seeknal/named.yml": named,
            "seeknal/more.yml": node("more", "SELECT * FROM ref('transform.named')"),
            "seeknal/sorted.yml": node("sorted", "SELECT 1 AS x WHERE 'a' COLLATE NOCASE = 'A'"),
        }
    )

    found = made.run("run", "--format", "json").assert_ok().json()["nodes"]

    said = {step["node"]: step["notes"] for step in found if step["notes"]}
    teller = "transform.named" if materialized == "table" else "transform.more"
    assert list(said) == [teller]
    assert 'column "a b": its collation NOCASE is not stored' in said[teller][0]


def test_what_a_variant_does_not_keep_is_said(seeknal_project):
    made = seeknal_project({"seeknal/v.yml": node("v", "SELECT 42::VARIANT AS v")})

    found = made.run("run", "--format", "json").assert_ok().json()["nodes"]

    assert "of a VARIANT, integers of 128 bits" in found[0]["notes"][0]


GIVEN = (
    "SELECT 1152921504606846977::HUGEINT AS x, 'b'::ENUM('b', 'a') AS e, '01'::BIT AS b,"
    " INTERVAL '-1 month' AS i, TIMETZ '12:00:00.5+02' AS z, [1, 2]::FLOAT[2] AS f,"
    " union_value(n := 3)::UNION(n INTEGER, s VARCHAR) AS u"
)


@pytest.mark.parametrize(
    "body",
    [
        "return ctx.duckdb.sql(SQL)",
        "return duckdb.sql(SQL)",
        "yield ctx.duckdb.sql(SQL)",
        "yield duckdb.sql(SQL)",
        "other = duckdb.sql(SQL); return ctx.duckdb.sql('FROM other')",
    ],
)
def test_what_python_gives_of_duckdb_keeps_its_types_and_digits(seeknal_project, body):
    made = seeknal_project(
        {
            "seeknal/pipelines/given.py": f"""
                import duckdb

                from seeknal import transform

                SQL = {GIVEN!r}

                @transform(name="given")
                def given(ctx):
                    {body}
                """
        }
    )

    made.run("run").assert_ok()

    with duckdb.connect() as duck, open_project(made.path) as opened:
        expected = duck.sql(GIVEN)
        found = opened.table("transform.given")
        assert types(found) == types(expected)
        text = "SELECT COLUMNS(*)::VARCHAR FROM transform.given"
        assert (
            opened.sql(text).fetchall()
            == duck.sql(f"SELECT COLUMNS(*)::VARCHAR FROM ({GIVEN})").fetchall()
        )


def test_parts_of_several_types_are_put_together(seeknal_project):
    made = seeknal_project(
        {
            "seeknal/pipelines/given.py": """
                from seeknal import transform

                @transform(name="given")
                def given(ctx):
                    yield ctx.duckdb.sql("SELECT 1 AS n, 2 AS x")
                    yield ctx.duckdb.sql("SELECT 1152921504606846977::HUGEINT AS x, 'a' AS t")
                    yield ctx.duckdb.sql("SELECT 3 AS n")
                """
        }
    )

    made.run("run").assert_ok()

    with open_project(made.path) as opened:
        found = opened.table("transform.given")
        assert types(found) == ["INTEGER", "HUGEINT", "VARCHAR"]
        assert found.fetchall() == [(1, 2, None), (None, 2**60 + 1, "a"), (3, None, None)]


@pytest.mark.parametrize("type", ["hugeint", "HUGEINT", "int128", "uhugeint", "varint"])
def test_declared_types_count_in_whatever_spelling(seeknal_project, type):
    made = seeknal_project(
        {
            "seeknal/pipelines/given.py": f"""
                from seeknal import transform

                @transform(name="given", columns={{"x": "{type}"}}, contract=True)
                def given(ctx):
                    return [{{"x": 2**60 + 1}}]
                """
        }
    )

    made.run("run").assert_ok()

    with open_project(made.path) as opened:
        assert opened.sql("SELECT x::VARCHAR FROM transform.given").fetchall() == [
            (str(2**60 + 1),)
        ]


def test_an_interval_of_a_parquet_file_is_read(seeknal_project):
    made = seeknal_project(
        {"seeknal/s.yml": "kind: source\nname: s\nsource: parquet\ntable: s.parquet\n"}
    )
    rows = "SELECT INTERVAL '1 month' AS i, TIMETZ '12:00:00+00' AS z"
    with duckdb.connect() as duck:
        duck.sql(rows).write_parquet(str(made.path / "s.parquet"))

    made.run("run").assert_ok()

    with open_project(made.path) as opened:
        found = opened.sql("SELECT typeof(COLUMNS(*)) FROM source.s")
        assert found.fetchall() == [("INTERVAL", "TIME WITH TIME ZONE")]
        assert opened.sql("SELECT i::VARCHAR FROM source.s").fetchall() == [("1 month",)]
