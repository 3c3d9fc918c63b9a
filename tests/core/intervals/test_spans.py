"""The algebra of spans, compared with sets of moments."""

from itertools import pairwise
from random import Random

import pytest

from seeknal.intervals import spans as algebra

pytestmark = pytest.mark.inside


def drawn(chance):
    edges = [(chance.randrange(40), chance.randrange(1, 6)) for _ in range(chance.randrange(9))]
    return algebra.merged((start, start + length) for start, length in edges)


def moments(spans):
    return {moment for start, end in spans for moment in range(start, end)}


def are_spans(spans):
    return all(start < end for start, end in spans) and all(
        before[1] < after[0] for before, after in pairwise(spans)
    )


@pytest.mark.parametrize("seed", range(300))
def test_spans_hold_the_moments_that_sets_of_them_do(seed):
    chance = Random(seed)
    one, two = drawn(chance), drawn(chance)

    both = {
        "union": (algebra.union(one, two), moments(one) | moments(two)),
        "minus": (algebra.minus(one, two), moments(one) - moments(two)),
        "common": (algebra.common(one, two), moments(one) & moments(two)),
    }

    assert {name: moments(found) for name, (found, _) in both.items()} == {
        name: known for name, (_, known) in both.items()
    }, f"seed {seed}"
    assert all(are_spans(found) for found, _ in both.values())


@pytest.mark.parametrize("seed", range(100))
def test_what_is_asked_of_one_span_is_what_sets_of_moments_say(seed):
    chance = Random(seed)
    spans, start = drawn(chance), chance.randrange(45)
    end = start + chance.randrange(6)
    asked = set(range(start, end))

    found = algebra.touches(spans, start, end)

    assert found == bool(asked & moments(spans)), f"seed {seed}"
    assert algebra.overlapping(spans, (start, end)) == tuple(
        span for span in spans if moments((span,)) & asked
    )


def test_pairs_in_any_order_are_merged_where_they_overlap_or_touch():
    pairs = [(7, 9), (5, 5), (1, 3), (3, 4), (2, 3), (8, 8), (9, 8)]

    found = algebra.merged(pairs)

    assert found == ((1, 4), (7, 9))
