"""JSON and Parquet files."""

import duckdb
import pytest

from seeknal.values.errors import NodeError
from seeknal.values.relations import ParquetFiles

pytestmark = [pytest.mark.inside, pytest.mark.versions]

NESTED = '{"meta": {"n": 2}, "data": {"items": [{"id": 1, "x": "a"}, {"id": 2, "x": "b"}]}}'


def test_rows_can_lie_deep_in_a_document(files):
    files.write("a.json", NESTED)

    found = files.read("json", "a.json", records="data.items", columns={"id": "VARCHAR"})

    assert found == (["id", "x"], [("1", "a"), ("2", "b")])


@pytest.mark.parametrize("records", ["dat.items", "data.itms", "meta.n", "meta"])
def test_a_wrong_place_of_the_rows_is_refused(files, records):
    files.write("a.json", NESTED)

    with pytest.raises(NodeError) as caught:
        files.read("json", "a.json", records=records)

    assert caught.value.code == "SK0745"
    assert records.split(".")[0] in caught.value.message


@pytest.mark.parametrize("content", ["", "[]", "\n"])
def test_json_without_rows_warns_and_has_the_declared_columns(files, content):
    files.write("a.json", content)

    assert files.read("json", "a.json", columns={"id": "BIGINT"}) == (["id"], [])
    assert files.warnings == ["a.json holds no rows"]


def test_broken_json_names_file_and_line(files):
    files.write("a.jsonl", '{"a": 1}\n{"a": \n')

    with pytest.raises(NodeError, match=r"a\.jsonl.* line [23]"):
        files.read("jsonl", "a.jsonl")


def test_several_json_files_keep_every_field(files):
    files.write("1.jsonl", '{"a": 1}\n')
    files.write("2.jsonl", '{"a": 2, "b": "x"}\n')

    assert files.read("jsonl", "*.jsonl") == (["a", "b"], [(1, None), (2, "x")])


def parquet(files, path, query):
    full = files.write(path)
    duckdb.sql(query).write_parquet(str(full))


def test_a_parquet_file_that_needs_no_cast_is_taken_as_it_is(files):
    parquet(files, "a.parquet", "SELECT 1::BIGINT AS id")
    source = files.source("parquet", "a.parquet", columns={"id": "INT8"})

    rows = files.hooks.load_source(source=source, context=files.context())

    assert rows == ParquetFiles((str(files.root / "a.parquet"),))


def test_declared_types_of_parquet_columns_are_casts(files):
    parquet(files, "a.parquet", "SELECT '7' AS id, 1 AS n")

    assert files.types("parquet", "a.parquet", columns={"ID": "BIGINT"}) == ["BIGINT", "INTEGER"]


def test_parquet_files_of_several_shapes_keep_every_column(files):
    parquet(files, "1.parquet", "SELECT 1 AS id")
    parquet(files, "2.parquet", "SELECT 'x' AS extra, 2::BIGINT AS id")

    found = files.read("parquet", "*.parquet")

    assert found == (["id", "extra"], [(1, None), (2, "x")])


def test_partition_folders_are_columns(files):
    parquet(files, "d/day=2026-01-01/a.parquet", "SELECT 1 AS id")
    parquet(files, "d/day=2026-01-02/a.parquet", "SELECT 2 AS id")

    columns, rows = files.read("parquet", "d/day=*/*.parquet")
    plain, _ = files.read("parquet", "d/day=*/*.parquet", hive_partitioning=False)

    assert columns == ["id", "day"]
    assert [row[0] for row in rows] == [1, 2]
    assert plain == ["id"]


def test_a_file_that_is_no_parquet_is_named(files):
    files.write("data/a.parquet", "hello")

    with pytest.raises(NodeError, match=r"a\.parquet"):
        files.read("parquet", "data/a.parquet")


def test_an_object_store_without_its_extension_says_what_is_needed(files):
    with pytest.raises(NodeError) as caught:
        files.read("parquet", "s3://bucket/a.parquet")

    assert "httpfs" in caught.value.help
    assert files.version(files.source("parquet", "s3://bucket/a.parquet")) is None


def test_versions_name_files_below_the_project_and_need_no_duckdb(files):
    files.write("data/1.csv", "a\n1\n")
    files.write("data/2.csv", "a\n1\n")

    token = files.version(files.source("csv", "data/*.csv"))

    assert [entry[0] for entry in token] == ["data/1.csv", "data/2.csv"]
