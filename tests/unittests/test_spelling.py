"""Rows that are written into a test's file are read back as they were."""

from __future__ import annotations

import random

import pytest

from seeknal.project.yaml_files import read_texts
from seeknal.sql.typetree import type_tree
from seeknal.unittests.given import select_of
from seeknal.unittests.reading import read_case
from seeknal.unittests.types import Types
from seeknal.unittests.values import read_rows
from seeknal.unittests.yamltext import row_text, written
from seeknal.values.problems import Problems

VALUES = {
    "BIGINT": "-9223372036854775808",
    "HUGEINT": "170141183460469231731687303715884105727",
    "DECIMAL(38,10)": "1234567890123456789012345678.0123456789",
    "DOUBLE": "0.1",
    "FLOAT": "3.4e38",
    "BOOLEAN": "true",
    "DATE": "0001-01-01",
    "TIME": "23:59:59.999999",
    "TIMESTAMP": "2026-02-08 06:30:00.000001",
    "TIMESTAMP_NS": "2026-02-08 06:30:00.000000001",
    "TIMESTAMP WITH TIME ZONE": "2026-02-08 06:30:00+00",
    "INTERVAL": "1 year 2 months -3 days 04:05:06.7",
    "UUID": "550e8400-e29b-41d4-a716-446655440000",
    "BLOB": "\\x00\\xFFab",
    "VARCHAR": "null",
    "JSON": '{"a": [1, 2.50, null], "b": "x: y"}',
    "INTEGER[]": "[1, NULL, 3]",
    'STRUCT(a VARCHAR, "b c" DOUBLE[])': "{'a': 'it''s', 'b c': [1.5, inf]}",
    "MAP(VARCHAR, INTEGER)": "{k=1, no=2}",
    "INTEGER[2]": "[1, 2]",
    "ENUM('on', 'off')": "on",
    "BIT": "0101",
}
ODD = ["", " ", "null", "~", "true", "no", "1", "1e3", "0x1f", "a: b", "# c", "- d", "{e}", "'f'"]
ODD += ['"g"', "h\ni", "\t", "\x85", "\u2028", "\ufeff", "é", "\U0001f600", "\\", "*j", "&k", "!l"]


def read_back(columns, rows):
    """The rows of a file with these columns, and rows as texts of YAML."""
    listed = "".join(f"\n      - {row}" for row in rows)
    problems = Problems()
    text = "test: transform.t\ninputs:\n  source.s:\n    rows:" + (listed or " []")
    text += "\nexpected_output: {row_count: 1}\n"
    documents, wrong = read_texts(text, "tests/t.yml")
    assert not list(wrong)
    case = read_case(documents[0], problems)
    assert case is not None
    with Types() as types:
        select = select_of(case.inputs["source.s"], columns, types, problems)
        assert not list(problems)
        trees = [(name, type_tree(type)) for name, type in columns.items()]
        return read_rows(types.duckdb, f"({select})", trees)


@pytest.mark.parametrize("type", VALUES)
def test_a_value_of_every_type_is_read_back(type):
    import duckdb

    tree = type_tree(str(duckdb.type(type)))
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE given AS SELECT unnest([?, NULL]) AS v", [VALUES[type]])
        scan = f"(SELECT CAST(v AS {type}) AS v FROM given)"
        rows = read_rows(connection, scan, [("v", tree)])

    found = read_back({"v": tree.text}, [row_text({"v": written(row[0], tree)}) for row in rows])

    assert found == rows


def test_every_text_is_read_back():
    drawn = random.Random(20)
    letters = "".join(ODD) + "abc"
    texts = ODD + ["".join(drawn.choices(letters, k=drawn.randrange(8))) for _ in range(200)]
    tree = type_tree("VARCHAR")

    found = read_back({"v": "VARCHAR"}, [row_text({"v": written(text, tree)}) for text in texts])

    assert found == [(text,) for text in texts]


@pytest.mark.parametrize("name", ["id", "order id", "no", "Null", "1st", "a.b", 'q"q', "é", "a: b"])
def test_every_name_is_read_back(name):
    tree = type_tree("INTEGER")

    found = read_back({name: "INTEGER"}, [row_text({name: written("7", tree)})])

    assert found == [("7",)]
