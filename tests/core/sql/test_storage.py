"""Rows that are stored and read back are the rows that were stored, whatever their types."""

import duckdb
import pytest

from seeknal.sql.storage import copy_statement, scan_of
from seeknal.values.columns import Column

pytestmark = [pytest.mark.inside, pytest.mark.versions]

VALUES = [
    "9007199254740993::HUGEINT",
    "{'a b': 9007199254740993::HUGEINT}",
    'struct_pack("it\'s" := [INTERVAL \'-1 microsecond\'], "HUGEINT" := 1)',
    "MAP {'k': {'INTERVAL x': 9007199254740993::HUGEINT}}",
    "'INTERVAL'::ENUM('INTERVAL', 'BIT')",
    "TIME_NS '01:02:03.123456789'",
    "[TIME_NS '01:02:03.123456789']",
    "'12345678901234567890123456789012345678901234567890'::BIGNUM",
    "TIMESTAMP_NS '2024-01-01 00:00:00.123456789'",
    "TIMETZ '12:00:00.5-11:30'",
    "INTERVAL '14 months -3 days 4 hours'",
    "to_microseconds(9223372036854775807)",
    "to_microseconds(-9223372036854775808)",
    "'10101'::BIT",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_stored_value_is_read_back_as_it_was(tmp_path, value):
    path = str(tmp_path / "rows.parquet")
    with duckdb.connect() as duck:
        ((type, text),) = duck.sql(
            f"SELECT typeof(v), v::VARCHAR FROM (SELECT {value} AS v)"
        ).fetchall()
        columns = [Column("v", type)]

        duck.execute(copy_statement(f"SELECT {value} AS v", columns, path))

        rows = duck.sql(f"SELECT v::VARCHAR FROM {scan_of(path, columns)}").fetchall()
    assert rows == [(text,)]
