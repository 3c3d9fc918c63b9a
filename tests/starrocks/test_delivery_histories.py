"""Whatever happens to deliveries to StarRocks, each table holds what its mode promises."""

import pytest
from tests.deliveries.drawing import drawn
from tests.deliveries.places import StarRocks, served
from tests.deliveries.telling import Teller


@pytest.fixture
def teller(tmp_path):
    """Plays stories, each with a server of its own."""
    return Teller(served, tmp_path)


@pytest.mark.once
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [0, 2])
def test_every_table_holds_what_its_mode_promises(teller, seed):
    teller.check(*drawn(StarRocks, seed, length=12), patience=120)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", range(1000, 1200, 20))
def test_every_table_holds_it_in_many_histories(teller, first):
    for seed in range(first, first + 20):
        teller.check(*drawn(StarRocks, seed, length=20, spawns=True), patience=300)
