"""Values as other types: what they say arrives, or an error names it."""

import duckdb
import pytest

from seeknal.sql.exactly import converted

pytestmark = pytest.mark.inside


def of_json(text, type):
    made = converted("CAST(given AS JSON)", "JSON", type, "c")
    return duckdb.execute(f"SELECT CAST({made} AS VARCHAR) FROM (SELECT ? AS given)", [text])


@pytest.mark.parametrize(
    ("text", "type", "made"),
    [
        ('{"d": 1.50}', "STRUCT(d DECIMAL(5,1))", "{'d': 1.5}"),
        ('{"d": "1.5"}', "STRUCT(d DECIMAL(5,1))", "{'d': 1.5}"),
        ('{"d": null}', "STRUCT(d DECIMAL(5,1))", "{'d': NULL}"),
        ("[1.25, null]", "DECIMAL(4,2)[]", "[1.25, NULL]"),
        (f"[{'9' * 38}]", "DECIMAL(38,0)[]", f"[{'9' * 38}]"),
    ],
)
def test_numbers_within_json_arrive_as_they_are(text, type, made):
    assert of_json(text, type).fetchall() == [(made,)]


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("[1.25]", "DECIMAL(4,1)[]"),
        ('{"a": 99999.5}', "MAP(VARCHAR, DECIMAL(4,1))"),
        ('{"d": 12345678901234567890.01234567891}', "STRUCT(d DECIMAL(30,10))"),
        ("[1.9]", "INTEGER[]"),
    ],
)
def test_numbers_within_json_that_would_be_changed_are_errors(text, type):
    with pytest.raises(duckdb.Error, match="column 'c' holds"):
        of_json(text, type).fetchall()


def test_more_digits_than_a_double_has_arrive_within_json_or_are_an_error():
    number = "12345678901234567890.0123456789"

    try:
        found = of_json(f'{{"d": {number}}}', "STRUCT(d DECIMAL(30,10))").fetchall()
    except duckdb.Error as error:
        # DuckDB 1.5 makes a DOUBLE of it on the way.
        found = str(error)

    assert found == [(f"{{'d': {number}}}",)] or "column 'c' holds" in found
