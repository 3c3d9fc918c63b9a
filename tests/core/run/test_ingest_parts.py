"""What ``seeknal ingest`` makes of words and marks before any source is read."""

import pytest

from seeknal.ingesting.fetching import Wanted
from seeknal.ingesting.marks import moved
from seeknal.ingesting.places import split_into
from seeknal.ingesting.state import Mark, Settled
from seeknal.testing.project import TestProject
from seeknal.values.loads import Horizon
from seeknal.values.names import NodeId
from seeknal.values.sources import Source


@pytest.mark.parametrize(
    ("text", "connection", "table"),
    [
        ("pg", "pg", None),
        ("pg:orders", "pg", "orders"),
        ("pg:dw.orders", "pg", "dw.orders"),
        ('pg:"My:Table"', "pg", '"My:Table"'),
        ("shop.yml:dw.*", "shop.yml", "dw.*"),
        ("postgresql://host/db", "postgresql://host/db", None),
        ("postgresql://host:5432/db", "postgresql://host:5432/db", None),
        ("postgresql://host:5432", "postgresql://host:5432", None),
        (
            "postgresql://u:${PW}@host:5432/db:dw.orders",
            "postgresql://u:${PW}@host:5432/db",
            "dw.orders",
        ),
    ],
)
def test_a_place_is_a_connection_and_perhaps_a_table(text, connection, table):
    assert split_into(text) == (connection, table)


def wanted(address):
    source = Source(node=NodeId("source.o"), type="http", options=None, table=(address,))
    return Wanted(source=source, protocol="http", name="o")


def test_a_load_asks_for_the_same_whatever_lets_it_in():
    address = "https://localhost/o.csv?day=1&token="

    first, again, other = wanted(f"{address}a"), wanted(f"{address}b"), wanted(f"{address}a&day=2")

    assert first.request == again.request
    assert first.request != other.request


def mark(value=None, *tries):
    return Mark(
        column="at",
        type="INTEGER",
        value=value,
        tries=tuple(Settled(value=value, open=open_) for value, open_ in tries),
    )


@pytest.mark.parametrize(
    ("before", "horizon", "after", "has_moved"),
    [
        (mark("1"), Horizon(value="5"), mark("5"), True),
        (mark("1"), Horizon(), mark("1"), False),
        (mark("1"), Horizon(value="5", open=("a",)), mark("1", ("5", ("a",))), False),
        (
            mark("1", ("5", ("a",))),
            Horizon(value="9", open=("a", "b")),
            mark("1", ("5", ("a",)), ("9", ("a", "b"))),
            False,
        ),
        (
            mark("1", ("5", ("a",)), ("9", ("a", "b"))),
            Horizon(value="12", open=("b",)),
            mark("5", ("9", ("a", "b")), ("12", ("b",))),
            True,
        ),
        (
            mark("1", ("5", ("a",)), ("9", ("b",))),
            Horizon(value="12", open=("c",)),
            mark("9", ("12", ("c",))),
            True,
        ),
    ],
)
def test_a_mark_moves_to_the_newest_value_at_which_nothing_is_open_any_more(
    before, horizon, after, has_moved
):
    assert moved(before, horizon) == (after, has_moved)


@pytest.mark.inside
def test_without_a_warehouse_it_says_what_would_be_one(tmp_path):
    place = TestProject(tmp_path)
    place.write(
        {
            "profiles.yml": "connections:\n  api: {type: rest_api, base_url: 'http://localhost'}\n",
            "a.csv": "x\n1\n",
        }
    )

    outcome = place.run("ingest", "--path", "a.csv", "--name", "a", "--into", "api:t")

    assert outcome.exit_code == 2
    assert "no warehouse" in outcome.stderr
