"""What is translated gives in PostgreSQL what it gives in DuckDB, and back."""

import itertools

import duckdb
import pytest
from tests.core.sql.test_translation import EXACT, SHOP

from seeknal.plugin import translate

SETUP = """
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id INTEGER, region TEXT, amount BIGINT);
INSERT INTO shop.orders VALUES (1, 'north', 10), (2, 'south', 20), (3, 'north', 5),
  (4, NULL, 7), (5, 'East', NULL), (6, 'west', -3), (7, 'North', 0);
CREATE TABLE shop.regions (region TEXT, name TEXT);
INSERT INTO shop.regions VALUES ('north', 'N'), ('south', 'S'), ('', NULL), ('West', 'W');
"""


@pytest.fixture
def both(database):
    """Asks DuckDB and PostgreSQL over the same rows: names of results, and rows in any order."""
    database.run(SETUP)
    with duckdb.connect() as here, database.connect() as there:
        here.execute(SETUP)

        def ask(connection, sql):
            found = connection.execute(sql)
            names = [entry[0] for entry in found.description]
            return names, sorted(map(tuple, found.fetchall()), key=repr)

        yield lambda sql: ask(here, sql), lambda sql: ask(there, sql)


@pytest.mark.parametrize("sql", EXACT)
def test_both_give_the_same(both, sql):
    here, there = both
    translated = translate(sql, "duckdb", "postgres", SHOP).sql()

    found = here(sql)

    assert there(translated) == found
    assert here(translate(translated, "postgres", "duckdb", SHOP).sql()) == found


OPERANDS = ("o.id", "o.amount", "3", "-2", "0", "NULL")
TESTS = ("=", "<>", "IN", "IS NOT DISTINCT FROM", "> 2 AND 1 <", "<")


def test_every_pair_of_operands_gives_the_same(both):
    here, there = both
    for one, test, other in itertools.product(OPERANDS, TESTS, OPERANDS):
        right = f"({other})" if test == "IN" else other
        sql = f"SELECT o.id, ({one} {test} {right}) AS told FROM shop.orders AS o"

        translated = translate(sql, "duckdb", "postgres", SHOP).sql()

        assert there(translated) == here(sql), sql
