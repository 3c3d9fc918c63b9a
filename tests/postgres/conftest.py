import pytest
from tests.postgres.server import Database, start

pytest_plugins = ()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for the whole session."""
    found = start(tmp_path_factory.mktemp("postgres"))
    yield found
    found.stop()


@pytest.fixture
def database(server):
    """An empty database."""
    from seeknal_postgres.pool import close_idle

    found = Database(server)
    yield found
    close_idle()
    found.drop()


@pytest.fixture
def project(seeknal_project, database):
    """Makes a project whose connection ``pg`` is the database."""

    def make(files):
        return seeknal_project({"profiles.yml": database.profile, **files})

    return make
