"""Random expressions find a planted difference, and say it as small as it is."""

import duckdb
import pytest

from tests.dialects.engines import Engine, ask_duckdb, asked_postgres, engine
from tests.dialects.generator import Search, cases, search, told
from tests.dialects.judge import Outcome
from tests.dialects.loading import schema

TRIES = 250


def as_it_is(sql, origin, target, schema):
    return sql


def searching(translate, origin, target):
    return Search(translate=translate, origin=origin, target=target, known=schema(origin.dialect))


@pytest.fixture(scope="module")
def here():
    with engine("duckdb") as opened:
        yield opened


def test_a_seed_draws_the_same_again_and_each_try_apart():
    first = [case.sql for case in cases("duckdb", 7, range(30))]

    assert [case.sql for case in cases("duckdb", 7, range(30))] == first
    assert next(cases("duckdb", 7, range(12, 13))).sql == first[12]
    assert [case.sql for case in cases("duckdb", 8, range(30))] != first


def test_duckdb_understands_what_is_drawn_and_agrees_with_itself(here):
    found = searching(as_it_is, here, here)

    findings = list(search(found, cases("duckdb", 1, range(TRIES))))

    assert findings == []
    assert found.counts == {Outcome.EQUAL.value: TRIES}


def test_postgres_understands_what_is_drawn_and_agrees_with_itself(server):
    with asked_postgres(server) as ask:
        there = Engine("postgres", ask)
        found = searching(as_it_is, there, there)

        findings = list(search(found, cases("postgres", 1, range(TRIES))))

    assert findings == []
    assert found.counts == {Outcome.EQUAL.value: TRIES}


def swapped(sql, origin, target, schema):
    """A translator with one silent mistake."""
    return sql.replace("greatest(", "least(")


def test_a_planted_difference_is_found_and_shrunk_to_itself(here):
    found = searching(swapped, here, here)

    every = search(found, cases("duckdb", 1, range(1000)))
    first = next(each for each in every if each.case.shape == "value")
    smallest = found.shrunk(first)

    assert smallest.outcome == Outcome.WRONG
    assert smallest.case.expression.text.startswith("greatest(")
    assert smallest.case.expression.size() == 3


def test_what_is_printed_runs_alone(here):
    found = searching(swapped, here, here)
    smallest = found.shrunk(next(search(found, cases("duckdb", 1, range(1000)))))

    printed = told(smallest, "duckdb", "duckdb", 1)

    written = printed.partition("-- gives")[0]
    with duckdb.connect() as alone:
        alone.execute(written)
        answer = ask_duckdb(alone, smallest.case.sql)
    assert str(answer.rows) == smallest.expected


def test_expressions_asked_for_at_once_are_judged_as_each_alone(here):
    alone, together = (searching(swapped, here, here) for _ in range(2))

    one = [found.case.number for found in search(alone, cases("duckdb", 1, range(90)))]
    other = [
        found.case.number for found in search(together, cases("duckdb", 1, range(90)), together=20)
    ]

    assert sorted(other) == sorted(one) != []
    assert together.counts == alone.counts
