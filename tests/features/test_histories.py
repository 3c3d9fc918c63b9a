"""Histories of what is kept online are judged rightly, and the usual mistakes are noticed."""

import random
import time
from functools import partial

import pytest

from tests.features.histories import drawn_history, offline, online, with_kept
from tests.features.judge import Wrong
from tests.features.keeping import MISTAKES, judged_by_history, plain

pytestmark = pytest.mark.inside


@pytest.mark.parametrize("seed", range(40))
def test_what_keeps_the_newest_rows_in_memory_is_right(seed):
    history = drawn_history(random.Random(seed))

    judged_by_history(plain, history)


@pytest.mark.parametrize("name", MISTAKES)
def test_it_is_noticed_that(name):
    make = partial(plain, MISTAKES[name])

    with pytest.raises(Wrong):
        _judge_many(make, 60)


def test_online_is_offline_right_after_all_is_kept():
    history = drawn_history(random.Random(7), 12)

    pairs = [
        (online(kept, read), offline(step, read))
        for step, kept in with_kept(history)
        for read in step.reads
        if len(step.materialized) == len(step.groups)
        and step.as_of is None
        and read.moment == step.moment
    ]

    assert pairs
    assert all(repr(one.rows) == repr(other.rows) for one, other in pairs)


def test_a_history_of_many_keys_is_told_quickly():
    history = drawn_history(random.Random(1), 2, ids=3000, changes=3000, keys=2000)

    begun = time.process_time()
    rows = sum(
        len(online(kept, read).rows) for step, kept in with_kept(history) for read in step.reads
    )

    assert rows >= 2000
    assert time.process_time() - begun < 10


def _judge_many(make, count):
    for seed in range(count):
        judged_by_history(make, drawn_history(random.Random(seed)))
