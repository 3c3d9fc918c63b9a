"""Of every type that a column can have there is a NULL."""

import duckdb
import pytest

from seeknal.sql.nulls import null_of

pytestmark = [pytest.mark.inside, pytest.mark.versions]

VALUES = [
    "NULL",
    "[NULL]",
    "1::HUGEINT",
    "'it''s'::ENUM('it''s')",
    "union_value(a := 1)",
    "[[1, 2]]::INTEGER[2][]",
    "MAP {'a': 1}",
    "'{}'::JSON",
    "row(1, 'a')",
    "[row(1, 2)]",
    "MAP {1: row(1, 2)}",
    "array_value(row(1, 2), row(3, 4))",
    "{'a b': row(1, [1::HUGEINT]), 'c': 1}",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_null_has_the_type_that_is_asked_for(value):
    with duckdb.connect() as duck:
        ((type,),) = duck.execute(f"SELECT typeof({value})").fetchall()

        found = duck.execute(f"SELECT typeof(v), v FROM (SELECT {null_of(type)} AS v)").fetchall()

    assert found == [(type, None)]
