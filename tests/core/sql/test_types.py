"""A stored column is read back with its own type: to every query it is what a table holds."""

import json
import random
import tempfile

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.cutoff.typecases import OF_VARIANT, READERS, TYPES, answer, query_of

from seeknal.rows.scans import columns_of
from seeknal.sql.quote import quote_identifier
from seeknal.sql.storage import copy_statement, is_kept, scan_of, special
from seeknal.sql.typetree import type_tree
from seeknal.values.columns import Column

pytestmark = [pytest.mark.inside, pytest.mark.versions]


@pytest.fixture(scope="module")
def duck():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.mark.slow
@pytest.mark.parametrize("name", TYPES)
def test_a_stored_column_means_to_every_query_what_a_column_of_a_table_means(tmp_path, duck, name):
    check(duck, name, str(tmp_path / "rows.parquet"), READERS)


def test_a_stored_column_means_to_a_query_what_a_column_of_a_table_means(tmp_path, duck):
    chance = random.Random(7)
    for name in TYPES:
        check(duck, name, str(tmp_path / "rows.parquet"), chance.sample(READERS, 8))


def check(duck, name, path, readers):
    query = query_of(name)
    readers = OF_VARIANT if name == "VARIANT" else ("typeof(v)", "v::VARCHAR", *readers)
    duck.execute("SET schema = 'main'")
    try:
        duck.execute(f"CREATE OR REPLACE TABLE t AS {query}")
    except duckdb.InvalidInputException:
        # DuckDB 1.5 has no tables of structs without names.
        assert "unnamed" in name
        return
    columns = columns_of(duck.sql(query))

    duck.execute(copy_statement(query, columns, path, wide="39 digits" in name))

    duck.execute("CREATE SCHEMA IF NOT EXISTS stored")
    duck.execute(f"CREATE OR REPLACE VIEW stored.t AS FROM {scan_of(path, columns)}")
    expected = {reader: answer(duck, f"SELECT {reader} AS r FROM t") for reader in readers}
    duck.execute("SET schema = 'stored'")
    found = {reader: answer(duck, f"SELECT {reader} AS r FROM t") for reader in readers}
    duck.execute("SET schema = 'main'")
    assert {name: found} == {name: expected}


LOST = {
    *("HUGEINT", "HUGEINT of 39 digits", "UHUGEINT", "UHUGEINT of 39 digits", "BIGNUM", "BIT"),
    *("ENUM", "ENUM of other order", "TIMETZ", "TIMESTAMP_S", "TIMESTAMP_MS", "INTERVAL"),
    *("ARRAY", "ARRAY of ARRAY", "UNION", "UNION of special types", "LIST of HUGEINT"),
    *("LIST of HUGEINT of 39 digits", "LIST of INTERVAL", "LIST of UNION", "ARRAY of UNION"),
    *("MAP of special types", "MAP of UNION", "STRUCT of special types"),
    *("unnamed STRUCT of UNION", "STRUCT of unnamed STRUCT", "GEOMETRY", "LIST of GEOMETRY"),
}
"""What DuckDB does not give back as it was when it writes a Parquet file by itself."""


def test_duckdb_alone_keeps_in_parquet_what_it_is_known_to_keep(tmp_path, duck):
    path = str(tmp_path / "rows.parquet")
    lost = set()
    for name in TYPES:
        query = query_of(name)
        try:
            duck.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
            found = answer(duck, f"SELECT v FROM read_parquet('{path}')")
        except duckdb.Error:
            found = None
        if found != answer(duck, f"SELECT v FROM ({query})"):
            lost.add(name)

    known = LOST | ({"TIME_NS"} if duckdb.__version__ < "2" else {"unnamed STRUCT"})
    assert lost == known


def test_only_types_that_parquet_keeps_are_taken_to_be_kept(duck):
    types = {name: str(duck.sql(f"SELECT {TYPES[name][0]} AS v").types[0]) for name in TYPES}

    unsure = {name for name, type in types.items() if not is_kept(type)}

    assert unsure >= LOST
    assert not any(special(type) for name, type in types.items() if name not in unsure)


@pytest.mark.parametrize("type", ["BIGINT", "DECIMAL(18,2)", "STRUCT(a INTEGER, b VARCHAR[])"])
def test_types_that_parquet_keeps_cost_nothing(type):
    columns = [Column("a", type), Column("b", "VARCHAR")]

    written, read = copy_statement("FROM x", columns, "f"), scan_of("f", columns)

    assert written.startswith("COPY (FROM x\n) TO 'f'")
    assert "METADATA" not in written
    assert read == "read_parquet('f', hive_partitioning = false)"


def test_a_type_that_nobody_knows_is_looked_at():
    assert not is_kept("STRUCT(a FUTURE(")
    assert not is_kept("FUTURE")
    assert special("ENUM(") is None


def test_a_file_says_of_which_types_its_columns_are(tmp_path, duck):
    path = str(tmp_path / "rows.parquet")
    query = "SELECT 1 AS a, 2::HUGEINT AS b, 'x'::ENUM('x', 'it''s') AS \"c d\""

    duck.execute(copy_statement(query, columns_of(duck.sql(query)), path))

    ((told,),) = duck.sql(f"SELECT decode(value) FROM parquet_kv_metadata('{path}')").fetchall()
    assert json.loads(told) == {"b": "HUGEINT", "c d": "ENUM('x', 'it''s')"}


NAMES = st.text(
    st.sampled_from(["a", "B", " ", '"', "'", ",", "(", ")", "[", "]", "é", "1"]), min_size=1
).filter(lambda text: text.strip())
LEAVES = st.sampled_from(
    [
        *("INTEGER", "HUGEINT", "VARCHAR", "DECIMAL(4,1)", "TIMESTAMP WITH TIME ZONE", "BIT"),
        *("TIME WITH TIME ZONE", "INTERVAL", "ENUM('a', 'it''s (, \"x')", "TIMESTAMP_S"),
    ]
)


def _named(word, names, parts):
    fields = dict(zip((name.lower() for name in names), parts, strict=False))
    return f"{word}({', '.join(f'{quote_identifier(n)} {t}' for n, t in fields.items())})"


def _nested(types):
    lists = st.lists(types, min_size=1, max_size=3)
    names = st.lists(NAMES, min_size=3, max_size=3)
    return st.one_of(
        types.map(lambda t: f"{t}[]"),
        types.map(lambda t: f"{t}[2]"),
        st.tuples(types, types).map(lambda pair: f"MAP({pair[0]}, {pair[1]})"),
        st.tuples(names, lists).map(lambda made: _named("STRUCT", *made)),
        st.tuples(names, lists).map(lambda made: _named("UNION", *made)),
    )


@settings(max_examples=30, deadline=None, derandomize=True)
@given(type=st.recursive(LEAVES, _nested, max_leaves=6))
def test_a_column_of_any_type_is_stored_and_read_back(duck, type):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/rows.parquet"
        query = f"SELECT CAST(NULL AS {type}) AS v"
        columns = columns_of(duck.sql(query))
        assert type_tree(columns[0].type).text == columns[0].type

        duck.execute(copy_statement(query, columns, path))

        assert columns_of(duck.sql(f"FROM {scan_of(path, columns)}")) == columns
