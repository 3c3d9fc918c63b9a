"""The DuckDB that a process has for what it asks itself."""

import duckdb
import pytest

from seeknal.sql.own import own_duckdb

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def test_a_file_that_took_the_place_of_another_is_read_anew(tmp_path):
    path = tmp_path / "rows.parquet"
    found = []

    for number in range(3):
        duckdb.sql(f"SELECT {number} AS n FROM range(1000)").write_parquet(str(path))
        with own_duckdb() as connection:
            found += connection.execute(f"SELECT DISTINCT n FROM '{path}'").fetchall()

    assert found == [(0,), (1,), (2,)]


def test_what_one_has_set_another_does_not_see():
    with own_duckdb() as one, own_duckdb() as other:
        one.execute("SET TimeZone = 'Asia/Tokyo'")
        zone = other.execute("SELECT current_setting('TimeZone')").fetchone()

    assert zone != ("Asia/Tokyo",)


def test_no_name_in_sql_is_a_variable_of_ours():
    rows = duckdb.sql("SELECT 1 AS n")  # noqa: F841 - the query may not see it

    with own_duckdb() as connection, pytest.raises(duckdb.CatalogException):
        connection.execute("FROM rows")
