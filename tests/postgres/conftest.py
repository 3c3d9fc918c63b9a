import pytest


@pytest.fixture
def project(seeknal_project, database):
    """Makes a project whose connection ``pg`` is the database."""

    def make(files):
        return seeknal_project({"profiles.yml": database.profile, **files})

    return make
