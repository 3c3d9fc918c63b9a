"""Fixtures that more than one folder of tests uses."""

import gc
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

# What fails in what tests share explains itself as well.
pytest.register_assert_rewrite("tests.deliveries")


HERE = Path(__file__).parent
ALONE = {"core", "audits", "postgres", "iceberg", "semantic", "starrocks"}
"""Folders of tests that are run with one package alone, but for those marked ``inside``."""


def pytest_collection_modifyitems(items):
    """No test is run with the oldest DuckDB only."""
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        alone = item.path.relative_to(HERE).parts[0] in ALONE
        if "versions" in marks and "inside" not in marks and not alone:
            raise pytest.UsageError(f"{item.nodeid} is run with everything only: mark it `inside`")


def pytest_collection_finish():
    """What was collected stays: to look through it again and again is a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _secrets_of_each_test_alone():
    """A password of one test must not be masked in the values of another."""
    from seeknal.values.secret import separate_secrets

    with separate_secrets():
        yield


HOMES = (
    *("server", "*/server"),
    *(f"{below}.seeknal/postgres/*/server" for below in ("", "*/", "*/*/")),
)
"""Where a folder of a test leads to what a server of root's keeps elsewhere."""


@pytest.fixture(scope="session", autouse=True)
def _no_servers_are_left(tmp_path_factory):
    """Servers of root run as another user, who may not enter here: what they keep goes too."""
    yield
    base = tmp_path_factory.getbasetemp()
    for link in (link for home in HOMES for link in base.glob(f"*/{home}")):
        if link.is_symlink():
            shutil.rmtree(link.readlink(), ignore_errors=True)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Lets a new project run. One with the very files of another gets what that one's run made."""
    runs = {}

    def build(project):
        below = (path for path in project.path.rglob("*") if path.is_file())
        files = frozenset((path.relative_to(project.path), path.read_bytes()) for path in below)
        if files in runs:
            shutil.copytree(runs[files], project.path, symlinks=True, dirs_exist_ok=True)
        else:
            project.run("run").assert_ok()
            kept = tmp_path_factory.mktemp("run") / "project"
            runs[files] = shutil.copytree(project.path, kept, symlinks=True)
        return project

    return build


@pytest.fixture
def at(monkeypatch):
    """Lets it be a moment in UTC: by it the ranges are due that are over."""

    def let(moment):
        now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        monkeypatch.setattr("seeknal.host.clock.now", lambda: now)

    return let


@pytest.fixture
def at_end_of(at):
    """Lets it be the end of a day, counted from the first of June 2024."""
    return lambda day: at(str(datetime(2024, 6, 1) + timedelta(days=day)))


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
    found.give_back()


@pytest.fixture
def lake():
    """Opens a table of a project's own catalog with PyIceberg alone."""

    def table(made, name):
        from pyiceberg.catalog import load_catalog

        folder = Path(made.path) / ".seeknal" / "iceberg"
        first, *rest = name.split(".")
        catalog = load_catalog(
            first,
            type="sql",
            uri=f"sqlite:///{folder / 'catalog.db'}",
            warehouse=(folder / "warehouse").as_uri(),
        )
        return catalog.load_table(tuple(rest))

    return table
