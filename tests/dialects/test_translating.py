"""What seeknal translates gives the origin's values, or is refused: over the corpus, at random,
and with the queries of TPC-H and TPC-DS."""

from collections import Counter

import pytest

from seeknal.plugin import SqlRefused, translate
from tests.dialects.corpus import load
from tests.dialects.engines import Engine, asked_postgres, engine
from tests.dialects.generator import Search, cases, search, told
from tests.dialects.judge import Outcome, Refused, judge
from tests.dialects.loading import schema
from tests.dialects.servers import NoEngine
from tests.dialects.tpc import SUITES, duckdb_with, postgres_with, spark_with, suite, verdicts

NAMED = "has no counterpart there"
"""What a value says that cannot be told before it is met."""


def translated(sql, origin, target, known):
    try:
        found = translate(sql, origin, target, known)
    except SqlRefused as refused:
        return Refused(reason=str(refused))
    if found.tree is None:
        return Refused(reason="; ".join(refusal.message for refusal in found.refusals))
    return found.sql()


LOUD = "Overflow in addition of INT64"
"""SQLite goes on with a REAL where a whole number has no room."""


@pytest.fixture(scope="module")
def there():
    """PostgreSQL with the tables as DuckDB has them, texts in a language's order where it can."""
    with engine("postgres", "duckdb") as opened:
        yield opened


@pytest.fixture(scope="module")
def here():
    """DuckDB with the tables as PostgreSQL has them."""
    with engine("duckdb", "postgres") as opened:
        yield opened


def judged_all(origin, target):
    found = list(judge(translated, target, load(origin)))
    bad = [
        str(verdict)
        for verdict in found
        if verdict.outcome in (Outcome.WRONG, Outcome.FAILED) and NAMED not in verdict.detail
    ]
    return Counter(verdict.outcome for verdict in found), bad


def test_duckdbs_corpus_gives_its_values_in_postgresql_or_is_refused(there):
    counts, bad = judged_all("duckdb", there)

    assert bad == []
    assert counts[Outcome.EQUAL] >= 690


EQUAL = {
    **{"postgres": 640, "mysql": 150, "sqlite": 75, "spark": 260, "snowflake": 70, "bigquery": 100},
    "starrocks": 14,
}
"""How many of a corpus are known to mean the same, at least."""


@pytest.mark.inside
@pytest.mark.versions
@pytest.mark.parametrize("dialect", EQUAL)
def test_a_dialects_corpus_gives_its_values_in_duckdb_or_is_refused(dialect):
    with engine("duckdb", dialect) as target:
        counts, bad = judged_all(dialect, target)

    assert [each for each in bad if LOUD not in each] == []
    assert counts[Outcome.EQUAL] >= EQUAL[dialect]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_duckdbs_corpus_gives_its_values_in_spark_or_is_refused():
    try:
        with engine("spark", "duckdb") as target:
            counts, bad = judged_all("duckdb", target)
    except NoEngine as missing:
        pytest.skip(str(missing))

    assert bad == []
    assert counts[Outcome.EQUAL] >= 320


def differences(origin, target, seed, tries, together=1):
    found = Search(translate=translated, origin=origin, target=target, known=schema(origin.dialect))
    wrong = [
        told(found.shrunk(finding), origin.dialect, target.dialect, seed)
        for finding in search(found, cases(origin.dialect, seed, range(tries)), together=together)
        if finding.outcome == Outcome.WRONG
    ]
    return wrong, found.counts


TRIES = [(7, 250), pytest.param(1, 50_000, marks=[pytest.mark.slow, pytest.mark.timeout(7200)])]


@pytest.mark.parametrize(("seed", "tries"), TRIES)
def test_random_duckdb_has_no_silent_difference_in_postgresql(there, seed, tries):
    with engine("duckdb") as own:
        wrong, counts = differences(own, there, seed, tries)

    assert wrong == []
    assert counts[Outcome.EQUAL.value] > tries / 3


@pytest.mark.parametrize(("seed", "tries"), TRIES)
def test_random_postgresql_has_no_silent_difference_in_duckdb(server, here, seed, tries):
    with asked_postgres(server) as ask:
        wrong, counts = differences(Engine("postgres", ask), here, seed, tries)

    assert wrong == []
    assert counts[Outcome.EQUAL.value] > tries / 3


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_random_duckdb_has_no_silent_difference_in_spark():
    try:
        with engine("duckdb") as own, engine("spark", "duckdb") as target:
            wrong, counts = differences(own, target, 1, 20_000, together=20)
    except NoEngine as missing:
        pytest.skip(str(missing))

    assert wrong == []
    assert counts[Outcome.EQUAL.value] > 20_000 / 3


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_random_spark_has_no_silent_difference_in_duckdb():
    try:
        with engine("spark") as own, engine("duckdb", "spark") as target:
            wrong, counts = differences(own, target, 1, 10_000, together=20)
    except NoEngine as missing:
        pytest.skip(str(missing))

    assert wrong == []
    assert counts[Outcome.EQUAL.value] > 10_000 / 3


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("there", [postgres_with, spark_with])
@pytest.mark.parametrize(("name", "most"), [("tpch", 0), ("tpcds", 4)])
def test_the_queries_of_a_suite_give_their_rows_elsewhere(name, most, there):
    try:
        with (
            suite(name, 0.05) as found,
            duckdb_with(found) as origin,
            there(found) as target,
        ):
            told_of = list(verdicts(translated, found, origin=origin, target=target))
    except NoEngine as missing:
        pytest.skip(str(missing))

    counts = Counter(verdict.outcome for _, verdict in told_of)
    assert sum(counts.values()) == SUITES[name]
    assert counts[Outcome.REFUSED] <= most
    assert counts[Outcome.EQUAL] + counts[Outcome.REFUSED] == SUITES[name], [
        str(verdict) for _, verdict in told_of if verdict.outcome != Outcome.EQUAL
    ]
