"""Two bags of rows are held against each other as someone with patience would do it."""

import itertools
import random

import pytest

from seeknal.unittests.matching import match
from seeknal.unittests.values import alike

TOLERANCE = 0.1


def drawn(seed):
    """Two bags of few rows of a text, a float and a list of floats, many of them nearly equal."""
    draw = random.Random(seed)

    def number():
        return draw.choice([1.0, 1.05, 1.08, 1.1, 1.15, 1.2, 0.0, float("inf"), "nan", None])

    def row():
        return (draw.choice(["a", "b", None]), number(), (number(),) * draw.randint(0, 1))

    rows = [row() for _ in range(draw.randint(0, 5))]
    other = [each if draw.random() < 0.8 else row() for each in rows]
    draw.shuffle(other)
    return rows, other[: draw.choice([5, 5, 5, 2])]


def same(one, other):
    return all(alike(a, b, TOLERANCE) for a, b in zip(one, other, strict=True))


def pairs_at_best(rows, other):
    """How many rows can be paired, by trying every order."""
    short, long = sorted((rows, other), key=len)
    found = (
        sum(same(one, two) for one, two in zip(short, order, strict=False))
        for order in itertools.permutations(long)
    )
    return max(found)


@pytest.mark.parametrize("seed", range(300))
def test_as_many_rows_are_equal_as_can_be_paired(seed):
    rows, other = drawn(seed)

    found = match(rows, other, TOLERANCE)

    assert len(found.equal) == pairs_at_best(rows, other)
    assert all(same(rows[one], other[two]) for one, two in found.equal)


@pytest.mark.parametrize("seed", range(50))
def test_every_row_is_told_once(seed):
    rows, other = drawn(seed)

    found = match(rows, other, TOLERANCE, keys=[0])

    pairs = [*found.equal, *found.changed]
    assert sorted([one for one, _ in pairs] + [*found.missing]) == list(range(len(rows)))
    assert sorted([two for _, two in pairs] + [*found.unexpected]) == list(range(len(other)))
    assert all(rows[one][0] == other[two][0] for one, two in found.changed)


def test_many_rows_are_matched_in_short_time():
    rows = [(str(n), "x", 1.0) for n in range(3000)]
    other = [(str(n), "y", 1.0) for n in range(3000)]

    by_key = match(rows, other, TOLERANCE, keys=[0])
    without = match(rows, other, TOLERANCE)

    assert len(by_key.changed) == 3000
    assert len(without.missing) == len(without.unexpected) == 3000
