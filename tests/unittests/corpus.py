"""The projects whose nodes are judged, each run once: the examples, TPC-H, and a shop."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import duckdb
from attrs import frozen

from seeknal.testing import TestProject
from tests.examples import EXAMPLES, LEFT_OUT, fill, script, seeknal
from tests.unittests import shop, tpch
from tests.unittests.around import Schema
from tests.unittests.cases import named
from tests.unittests.shop import data
from tests.unittests.subjects import Subject, subjects_of

MINIMAL = EXAMPLES.parent / "core" / "src" / "seeknal" / "examples" / "minimal"
NOW = datetime(2025, 9, 15, 9, 30, tzinfo=UTC)
"""The morning after the last day of the example of events."""
_WITH_API = {"SHOP_URL": "http://127.0.0.1:1/v1", "SHOP_TOKEN": "of-a-test"}


def _example(name: str) -> Callable[[Path], None]:
    def lay_out(folder: Path) -> None:
        shutil.copytree(EXAMPLES / name, folder, ignore=LEFT_OUT)

    return lay_out


def _minimal(folder: Path) -> None:
    shutil.copytree(MINIMAL, folder, ignore=LEFT_OUT)


def _shop(folder: Path) -> None:
    here = Path(shop.__file__).parent
    shutil.copytree(here, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    data.fill(folder / "data")


def _run(project: TestProject) -> None:
    with at_its_moment():
        project.run("run").assert_ok()


def _run_filled(project: TestProject) -> None:
    fill(project)
    seeknal(project, "run")


def _run_served(project: TestProject) -> None:
    script(project, "run.py")


PROJECTS: dict[str, tuple[Callable[[Path], None], Callable[[TestProject], None]]] = {
    "minimal": (_minimal, _run),
    "events": (_example("events"), _run),
    "occupations": (_example("occupations"), _run),
    "semantic": (_example("semantic"), _run),
    "rest": (_example("rest"), _run_served),
    "lineage_inspect": (_example("lineage_inspect"), _run_filled),
    "medallion": (_example("medallion"), _run_filled),
    "shop": (_shop, _run),
    "tpch": (tpch.lay_out, _run),
}
"""How each is laid out, and how it is run."""


@contextmanager
def at_its_moment() -> Iterator[None]:
    """The time at which the projects are run, and what their profiles ask for."""
    with (
        mock.patch("seeknal.host.clock.now", return_value=NOW),
        mock.patch.dict(os.environ, _WITH_API),
    ):
        yield


@frozen(kw_only=True)
class Prepared:
    """A project that has run, with the columns of each output."""

    name: str
    folder: Path
    columns: Schema
    subjects: tuple[Subject, ...]

    @contextmanager
    def stored(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A database with all that its nodes have stored."""
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'; SET threads = 1; SET memory_limit = '2GB'")
            for id, files in outputs(self.folder).items():
                kind, name = id.split(".", 1)
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {named(kind)}")
                table = f"{named(kind)}.{named(name)}"
                connection.execute(
                    f"CREATE TABLE {table} AS FROM read_parquet(?, hive_partitioning = false)",
                    [files],
                )
            yield connection


def prepared(name: str, folder: Path) -> Prepared:
    """A project of the corpus below ``folder``, laid out and run where it was not yet."""
    from seeknal.plan.session import Request, load

    lay_out, run = PROJECTS[name]
    place, done = folder / name, folder / f"{name}.done"
    if not done.exists():
        shutil.rmtree(place, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        lay_out(place)
        run(TestProject(place))
        done.touch()
    with at_its_moment():
        project = load(place, Request()).project
    columns = {id: _columns(files) for id, files in outputs(place).items()}
    subjects = tuple(subjects_of(name, project, columns))
    return Prepared(name=name, folder=place, columns=columns, subjects=subjects)


def outputs(folder: Path) -> dict[str, str]:
    """Where the rows of each node are stored, by its id."""
    found = {}
    for path in sorted((folder / "target" / "intermediate").glob("[!.]*")):
        kind = next(kind for kind in _KINDS if path.name.startswith(f"{kind}_"))
        id = f"{kind}.{path.name.removeprefix(f'{kind}_').removesuffix('.parquet')}"
        found[id] = str(path / "*.parquet") if path.is_dir() else str(path)
    return found


_KINDS = (
    "source",
    "transform",
    "feature_group",
    "second_order_aggregation",
    "aggregation",
    "snapshot",
    "profile",
)


def _columns(files: str) -> dict[str, str]:
    rows = duckdb.sql(f"DESCRIBE FROM read_parquet('{files}', hive_partitioning = false)")
    return {row[0]: row[1] for row in rows.fetchall()}
