"""What every table keeps that is brought to a node's output by the ranges that differ."""

from __future__ import annotations

from typing import ClassVar

from seeknal.values.columns import Column
from tests.deliveries.ranged import BASE, HOUR


class ByRange:
    """Tests of ``node`` and ``held``: a `Ranged` and what gives the rows of its table, by the hour.

    ``drop`` takes the table away; ``created`` is what is told of one that is made.
    """

    created: ClassVar[str]

    def test_moments_with_a_zone_are_told_by_their_moment(self, node, held):
        node.columns = (Column("at", "TIMESTAMP WITH TIME ZONE"), Column("one", "INTEGER"))
        node.has({0: [1], 1: [2], 2: [3]})

        node.has({0: [1], 1: [5], 2: []})

        assert held() == [1, 5]
        assert node.known().extents[0].spans == ((BASE, BASE + 3 * HOUR),)

    def test_a_table_that_was_dropped_gets_all_rows_again(self, node, held, drop):
        node.has({0: [1], 1: [2], 2: [3]})
        drop()

        (delivery,) = node.has({0: [1], 1: [7], 2: [3]})

        assert (delivery.status, delivery.detail) == ("delivered", self.created)
        assert held() == [1, 7, 3]

    def test_a_dropped_table_gets_all_rows_with_a_range_that_is_cleared(self, node, held, drop):
        node.has({0: [1], 1: [2], 2: [3]})
        drop()

        node.has({0: [1], 1: [], 2: [3]})

        assert held() == [1, 3]

    def test_a_rollback_clears_what_was_taken_back(self, node, held):
        node.has({0: [1], 1: [2]})
        node.has({0: [1], 1: [7], 2: [3], 3: [4]})

        done = node.roll_back()

        assert (done.left, held()) == ((), [1, 2])

    def test_a_rollback_over_several_outputs_is_one_difference(self, node, held):
        node.has({0: [1], 1: [2]})
        node.has({0: [5], 1: [2]})
        node.has({0: [5], 1: [2], 2: [9]})

        done = node.roll_back(1)

        assert (done.left, held()) == ((), [1, 2])
        assert node.known().stale == ()

    def test_a_promotion_brings_what_the_environment_has(self, node, held):
        node.has({0: [1], 1: [2]})
        node.edit("1 AS one", "8 AS one")
        node.has({0: [1], 1: [8], 2: [3]}, environment="dev")

        node.promote("dev")

        assert held() == [1, 8, 3]
