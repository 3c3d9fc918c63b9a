"""Whatever happens to deliveries to PostgreSQL, each table holds what its mode promises."""

import contextlib

import pytest
from tests.deliveries.drawing import drawn
from tests.deliveries.places import Postgres
from tests.deliveries.telling import Teller
from tests.postgres.server import Database


@pytest.fixture
def teller(server, tmp_path):
    """Plays stories, each in an empty database."""
    from seeknal_postgres.pool import close_idle

    @contextlib.contextmanager
    def make():
        database = Database(server)
        yield Postgres(database)
        close_idle()
        database.give_back()

    return Teller(make, tmp_path)


@pytest.mark.once
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [0, 2, 3, 7])
def test_every_table_holds_what_its_mode_promises(teller, seed):
    teller.check(*drawn(Postgres, seed, length=12), patience=120)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", range(1000, 1400, 20))
def test_every_table_holds_it_in_many_histories(teller, first):
    for seed in range(first, first + 20):
        teller.check(*drawn(Postgres, seed, length=20, spawns=True), patience=300)
