"""Two answers are the same when they have the same rows, in any order and up to a rounding."""

from decimal import Decimal

import duckdb
import pytest

from tests.unittests.results import TooLong, answer, same


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as found:
        yield found


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("VALUES (1), (2)", "VALUES (2), (1)", True),
        ("VALUES (1), (1), (2)", "VALUES (1), (2), (2)", False),
        ("VALUES (1), (1)", "VALUES (1)", False),
        ("SELECT 1 AS a", "SELECT 1 AS b", False),
        ("SELECT NULL AS a", "SELECT 0 AS a", False),
        ("SELECT 0.1e0 + 0.2e0 AS a", "SELECT 0.3e0 AS a", True),
        ("SELECT 0.3e0 AS a", "SELECT 0.300001e0 AS a", False),
        ("SELECT 'nan'::DOUBLE AS a", "SELECT 'nan'::DOUBLE AS a", True),
        ("SELECT 1.50::DECIMAL(5, 2) AS a", "SELECT 1.5e0 AS a", True),
        ("SELECT true AS a", "SELECT 1 AS a", False),
        ("SELECT [1, 2] AS a", "SELECT [2, 1] AS a", False),
        (
            "VALUES ('x', 0.1e0 + 0.2e0), ('y', 7e0)",
            "VALUES ('y', 7e0), ('x', 0.3e0)",
            True,
        ),
    ],
)
def test_what_is_the_same(one, other, expected, connection):
    found = same(answer(connection, one), answer(connection, other))

    assert found is expected


def test_an_answer_with_more_rows_than_asked_for_says_so(connection):
    found = answer(connection, "FROM range(5)", most=3)

    assert (len(found.rows), found.more) == (3, True)


def test_a_query_that_takes_too_long_is_stopped(connection):
    endless = "SELECT sum(hash(a.range + b.range)) FROM range(1000000) a, range(1000000) b"

    with pytest.raises(TooLong):
        answer(connection, endless, seconds=0.1)

    assert answer(connection, "SELECT 1").rows == [(1,)]


def test_decimals_keep_all_their_digits(connection):
    found = answer(connection, "SELECT 12345678901234567890.12::DECIMAL(30, 2) AS a")

    assert found.rows == [(Decimal("12345678901234567890.12"),)]
