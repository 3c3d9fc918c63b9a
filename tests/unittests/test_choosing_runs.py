"""Rows are chosen for functions too, by what they give."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from seeknal.unittests.choosing.goals import NeverRunsError
from seeknal.unittests.choosing.running import Ran, choose_by
from seeknal.values.columns import Column
from seeknal.values.names import NodeId

pytestmark = [pytest.mark.inside]

ORDERS, CUSTOMERS = NodeId("source.orders"), NodeId("source.customers")
TABLES = {
    ORDERS: [
        Column("id", "BIGINT"),
        Column("customer_id", "BIGINT"),
        Column("amount", "BIGINT"),
        Column("status", "VARCHAR"),
    ],
    CUSTOMERS: [Column("id", "BIGINT"), Column("name", "VARCHAR")],
}


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA source")
        connection.execute(
            "CREATE TABLE source.orders AS SELECT i AS id, 1 + i * 7 % 90 AS customer_id,"
            " CASE WHEN i % 20 <> 3 THEN i * 13 % 200 END AS amount,"
            " CASE i % 3 WHEN 0 THEN 'open' WHEN 1 THEN 'done' END AS status"
            " FROM range(500) AS t(i)"
        )
        connection.execute(
            "CREATE TABLE source.customers AS SELECT i + 1 AS id, 'name ' || i AS name"
            " FROM range(60) AS t(i)"
        )
        yield connection


class Function:
    """A function over the rows of the shop: names of customers with dear orders that are done."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.rows = {
            node: {
                row[0]: row[1:]
                for row in connection.execute(f"SELECT rowid, * FROM {node}").fetchall()
            }
            for node in TABLES
        }
        self.runs = 0

    def __call__(self, given) -> Ran | None:
        self.runs += 1
        names = {
            self.rows[CUSTOMERS][row][0]: self.rows[CUSTOMERS][row][1] for row in given[CUSTOMERS]
        }
        found = []
        reached = set()
        for row in given[ORDERS]:
            number, customer, amount, status = self.rows[ORDERS][row]
            if status == "done" and (amount or 0) > 120:
                reached.add("a dear order")
                if amount > 190:
                    reached.add("a very dear order")
                found.append((number, names.get(customer, "nobody")))
        return Ran(names=("id", "name"), rows=found, reached=frozenset(reached))


def test_a_function_gives_rows_over_what_was_chosen(shop):
    function = Function(shop)

    choice = choose_by(function, shop.cursor(), TABLES, budget=60)

    given = function(choice.kept)
    without = function({**choice.kept, CUSTOMERS: ()})
    assert given is not None
    assert given.rows
    assert without != given
    assert all(len(rows) <= 25 for rows in choice.kept.values())


def test_every_place_of_a_function_that_rows_reach_is_reached(shop):
    function = Function(shop)

    choice = choose_by(function, shop.cursor(), TABLES, budget=60)

    given = function(choice.kept)
    assert given is not None
    assert given.reached == {"a dear order", "a very dear order"}


def test_special_values_of_each_column_are_there(shop):
    function = Function(shop)

    choice = choose_by(function, shop.cursor(), TABLES, budget=60)

    orders = [function.rows[ORDERS][row] for row in choice.kept[ORDERS]]
    assert {status for _, _, _, status in orders} == {None, "open", "done"}
    assert {None, 0, 198} <= {amount for _, _, amount, _ in orders}


def test_rows_with_which_a_function_fails_are_not_taken(shop):
    function = Function(shop)

    def failing(given):
        if any(function.rows[ORDERS][row][2] is None for row in given[ORDERS]):
            return None
        return function(given)

    choice = choose_by(failing, shop.cursor(), TABLES, budget=60)

    assert failing(choice.kept).rows
    assert "NULL in source.orders.amount" in [one.goal.words for one in choice.unreached]


def test_columns_of_a_function_that_change_by_themselves_are_told(shop):
    function = Function(shop)

    def numbered(given):
        found = function(given)
        return Ran(names=(*found.names, "run"), rows=[(*row, function.runs) for row in found.rows])

    choice = choose_by(numbered, shop.cursor(), TABLES, budget=60)

    assert choice.unstable == ("run",)


def test_a_text_of_a_sum_that_another_order_rounds_otherwise_is_determined(shop):
    def added(given):
        total = 0.0
        for row in given[ORDERS]:
            total += 0.1 * (row + 1)
        return Ran(names=("total",), rows=[(repr(total),)])

    choice = choose_by(added, shop.cursor(), TABLES, budget=60)

    kept = choice.kept[ORDERS]
    assert added({ORDERS: kept}).rows != added({ORDERS: kept[::-1]}).rows
    assert choice.unstable == ()


def test_a_function_that_always_fails_is_not_tried_over_and_over(shop):
    tried = []

    def failing(given):
        tried.append(given)

    with pytest.raises(NeverRunsError):
        choose_by(failing, shop.cursor(), TABLES, budget=60)

    assert 0 < len(tried) <= 12
