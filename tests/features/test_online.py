"""What is kept in PostgreSQL is at each moment what the reference says."""

import random
from functools import partial

import pytest

from tests.features.histories import drawn_history
from tests.features.keeping import judged_by_history
from tests.features.online_project import keeper
from tests.features.there import needs_online

pytestmark = [pytest.mark.inside, needs_online]


@pytest.fixture
def make(seeknal_project, database):
    """Makes what keeps features of a new project in the database."""
    made = seeknal_project({"profiles.yml": database.profile})
    return partial(keeper, made.path, "pg")


@pytest.mark.parametrize("seed", range(3))
def test_what_is_read_online_is_as_the_reference_says(make, seed):
    history = drawn_history(random.Random(seed), 5)

    judged_by_history(make, history)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_what_is_read_online_is_as_the_reference_says_after_long_histories(make, seed):
    history = drawn_history(random.Random(seed), 15)

    judged_by_history(make, history)


@pytest.mark.slow
def test_ten_thousand_keys_are_read_online_as_the_reference_says(make):
    history = drawn_history(random.Random(5), 4, ids=15000, changes=20000, keys=10000)

    judged_by_history(make, history)
