"""A row that comes again is known, though its batch gives its columns other types."""

import duckdb
import pytest

from seeknal.ingesting.sameness import comparable

pytestmark = pytest.mark.inside


def same(one, other):
    """Whether two values, each a text and its type, are taken for one."""
    (first, own), (second, another) = one, other
    left, right = comparable("x", own, another), comparable("y", another, own)
    with duckdb.connect() as connection:
        connection.execute("SET timezone = 'UTC'")
        values = f"SELECT CAST({first} AS {own}) AS x, CAST({second} AS {another}) AS y"
        query = f"SELECT {left} IS NOT DISTINCT FROM {right} FROM ({values})"
        ((found,),) = connection.execute(query).fetchall()
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("7", "DECIMAL(38,0)"), ("7", "DECIMAL(38,3)")),
        (("100", "BIGINT"), ("100", "DECIMAL(38,3)")),
        (("7", "BIGINT"), ("7", "DOUBLE")),
        (("0.1", "FLOAT"), ("0.1", "DECIMAL(3,2)")),
        (("[[1.5]]", "DECIMAL(38,1)[][]"), ("[[1.5]]", "DECIMAL(38,2)[][]")),
        (("[1, 2]", "INTEGER[2]"), ("[1, 2]", "BIGINT[]")),
        (("{'a': 1, 'b': NULL}", "STRUCT(a INTEGER, b INTEGER)"), ("{'a': 1}", "STRUCT(a BIGINT)")),
        (
            ("{'n': {'z': 1, 'y': 2}}", "STRUCT(n STRUCT(z INTEGER, y INTEGER))"),
            ("{'n': {'y': 2, 'z': 1}}", "STRUCT(n STRUCT(y DOUBLE, z INTEGER))"),
        ),
        (("[{'a': 1}]", "STRUCT(a INTEGER)[]"), ("[{'a': 1}]", "STRUCT(a INTEGER, q VARCHAR)[]")),
        (("'{\"a\":1}'", "JSON"), ("{'a': 1}", "STRUCT(a INTEGER)")),
        (("'2026-01-01'", "DATE"), ("'2026-01-01'", "TIMESTAMP")),
        (
            ("'2026-01-01T00:00:00Z'", "VARCHAR"),
            ("'2026-01-01 00:00+00'", "TIMESTAMP WITH TIME ZONE"),
        ),
        (("'7.0'", "VARCHAR"), ("7", "DOUBLE")),
        (("'7'", "VARCHAR"), ("7", "DECIMAL(38,3)")),
        (("'7.50'", "VARCHAR"), ("7.5", "DECIMAL(38,1)")),
        (("['7', NULL]", "VARCHAR[]"), ("[7, NULL]", "DECIMAL(38,3)[]")),
        (("'{1,NULL,3}'", "VARCHAR"), ("[1, NULL, 3]", "INTEGER[]")),
        (("'{t,f}'", "VARCHAR"), ("[true, false]", "BOOLEAN[]")),
        (('\'{a,"b, c","d\\"e"}\'', "VARCHAR"), ("['a', 'b, c', 'd\"e']", "VARCHAR[]")),
        (("'{{1,2},{3,4}}'", "VARCHAR"), ("[[1, 2], [3, 4]]", "INTEGER[][]")),
        (("'1 mon 2 days'", "VARCHAR"), ("INTERVAL '1 month 2 days'", "INTERVAL")),
        (("NULL", '"NULL"'), ("NULL", "STRUCT(a INTEGER)")),
    ],
)
def test_equal_values_of_other_types_are_one(one, other):
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("7", "DECIMAL(38,0)"), ("70", "DECIMAL(38,3)")),
        (("{'a': 1, 'b': 3}", "STRUCT(a INTEGER, b INTEGER)"), ("{'a': 1}", "STRUCT(a BIGINT)")),
        (("NULL", "STRUCT(a INTEGER)"), ("{'a': NULL}", "STRUCT(a BIGINT)")),
        (("'7.55'", "VARCHAR"), ("7.6", "DECIMAL(38,1)")),
        (("'NaN'", "VARCHAR"), ("7", "DECIMAL(38,1)")),
        (("INTERVAL 30 DAYS", "INTERVAL"), ("INTERVAL 1 MONTH", "INTERVAL")),
        (("'-0.0'", "DOUBLE"), ("0.0", "DOUBLE")),
        (("'12:00:00+01'", "TIME WITH TIME ZONE"), ("'11:00:00+00'", "TIME WITH TIME ZONE")),
    ],
)
def test_values_that_differ_are_two(one, other):
    assert not same(one, other)
