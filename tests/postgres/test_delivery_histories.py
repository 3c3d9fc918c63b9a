"""Whatever happens to deliveries to PostgreSQL, each table holds what its mode promises."""

import contextlib

import pytest
from tests.deliveries.drawing import drawn
from tests.deliveries.places import HookedPostgres, Postgres
from tests.deliveries.telling import Teller
from tests.postgres.server import Database


@pytest.fixture
def teller(server, tmp_path):
    """Plays stories, each in an empty database."""
    return Teller(lambda: empty(server, Postgres), tmp_path)


@pytest.fixture
def hooked(server, tmp_path):
    """The same, where each delivery runs statements that count it."""
    return Teller(lambda: empty(server, HookedPostgres), tmp_path)


@contextlib.contextmanager
def empty(server, place):
    from seeknal_postgres.pool import close_idle

    database = Database(server)
    yield place(database)
    close_idle()
    database.give_back()


@pytest.mark.once
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [0, 2, 3, 7])
def test_every_table_holds_what_its_mode_promises(teller, seed):
    teller.check(*drawn(Postgres, seed, length=12), patience=120)


@pytest.mark.once
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "seed", [4, *(pytest.param(n, marks=pytest.mark.slow) for n in range(40) if n != 4)]
)
def test_hooks_run_once_with_each_delivery_and_with_none_that_is_taken_back(hooked, seed):
    hooked.check(*drawn(HookedPostgres, seed, length=12), patience=120)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", range(1000, 1400, 20))
def test_every_table_holds_it_in_many_histories(teller, first):
    for seed in range(first, first + 20):
        teller.check(*drawn(Postgres, seed, length=20, spawns=True), patience=300)
