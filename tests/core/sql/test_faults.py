"""A query in which one name is wrong has no other fault than that."""

import re

import duckdb
import pytest
from tests.core.lineage.tpch import QUERIES, SCHEMA

from seeknal.sql.faults import faults_of
from seeknal.sql.tokens import tokenize

COLUMNS = [name for columns in SCHEMA.values() for name in columns]


@pytest.fixture(scope="module")
def tables():
    connection = duckdb.connect()
    for table, columns in SCHEMA.items():
        typed = ", ".join(f"{name} {type}" for name, type in columns.items())
        connection.execute(f"CREATE TABLE {table} ({typed})")
    return connection


def with_one_wrong(sql):
    """The query with some of its columns and tables misspelt, one each time, and which it is."""
    named = [token for token in tokenize(sql) if token.key in COLUMNS or token.key in SCHEMA]
    for token in named[::2]:
        yield f"{sql[: token.end]}zq{sql[token.end :]}", token


@pytest.mark.parametrize("number", QUERIES)
def test_what_follows_from_a_misspelt_name_is_not_told(tables, number):
    sql, _ = QUERIES[number]

    told = [
        (wrong, token, faults_of(tables, wrong, COLUMNS).faults)
        for wrong, token in with_one_wrong(sql)
    ]

    assert any(faults for _, _, faults in told)
    for wrong, token, faults in told:
        about = [re.search(rf"\b{token.text}(zq)?\b", fault.message) for fault in faults]
        assert all(about), (wrong, faults)


@pytest.mark.parametrize("number", [1, 3, 6, 10, 14, 19])
def test_two_misspelt_columns_are_told_at_both_places(tables, number):
    sql, _ = QUERIES[number]
    columns = [token for token in tokenize(sql) if token.key in COLUMNS]
    first, last = columns[0], columns[-1]
    wrong = f"{sql[: first.end]}zq{sql[first.end : last.end]}qz{sql[last.end :]}"

    faults = faults_of(tables, wrong, COLUMNS).faults

    assert [fault.offset for fault in faults] == [first.start, last.start + 2]
