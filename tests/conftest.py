"""Fixtures that more than one folder of tests uses."""

import pytest


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One PostgreSQL server for the whole session."""
    from tests.postgres.server import start

    found = start(tmp_path_factory.mktemp("postgres"))
    yield found
    found.stop()


@pytest.fixture
def database(server):
    """An empty PostgreSQL database."""
    from seeknal_postgres.pool import close_idle
    from tests.postgres.server import Database

    found = Database(server)
    yield found
    close_idle()
    found.drop()
