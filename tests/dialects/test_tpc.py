"""TPC-H and TPC-DS give their rows, and a translator's mistakes among them are seen."""

import pytest

from tests.dialects.judge import Outcome
from tests.dialects.servers import NoEngine
from tests.dialects.tpc import SUITES, duckdb_with, suite, verdicts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", params=SUITES)
def benchmark(request):
    try:
        with suite(request.param, 0.01) as found, duckdb_with(found) as opened:
            yield SUITES[request.param], found, opened
    except NoEngine as missing:
        pytest.skip(str(missing))


def test_every_query_of_a_suite_gives_its_own_rows(benchmark):
    number, found, opened = benchmark

    outcomes = [
        verdict.outcome
        for _, verdict in verdicts(lambda sql, *_: sql, found, origin=opened, target=opened)
    ]

    assert outcomes == [Outcome.EQUAL] * number


def test_a_translation_that_loses_rows_is_seen(benchmark):
    number, found, opened = benchmark

    def losing(sql, *_):
        return f"SELECT * FROM ({sql}) AS q LIMIT 0"

    outcomes = [
        verdict.outcome for _, verdict in verdicts(losing, found, origin=opened, target=opened)
    ]

    assert outcomes.count(Outcome.WRONG) > number * 0.6


def test_rows_in_another_order_are_seen(benchmark):
    number, found, opened = benchmark

    def backwards(sql, *_):
        counted = f"SELECT *, row_number() OVER () AS place FROM ({sql}) AS q"
        return f"SELECT * EXCLUDE (place) FROM ({counted}) AS p ORDER BY place DESC"

    outcomes = [
        verdict.outcome for _, verdict in verdicts(backwards, found, origin=opened, target=opened)
    ]

    assert outcomes.count(Outcome.WRONG) > number * 0.4
