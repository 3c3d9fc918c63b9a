"""A history told to a project: by the commands and calls of those who use it."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from seeknal.host import clock
from seeknal.testing import TestProject
from tests.features.histories import Read, Step
from tests.features.project import write
from tests.features.reference import Wanted
from tests.features.tables import values_of


class ProjectKeeper:
    """A project whose connection keeps features online.

    The one clock shows the history's moments, both to commands and to what reads online.
    """

    def __init__(self, folder: Path, connection: str) -> None:
        self.project = TestProject(folder)
        self.connection = connection
        self.db = duckdb.connect()

    def apply(self, step: Step) -> None:
        write(self.db, self.project.path, step.groups)
        with _at(step.moment):
            self.command("run")
            if step.materialized:
                as_of = [] if step.as_of is None else ["--as-of", step.as_of.isoformat()]
                full = ["--full"] if step.full else []
                where = ["--to", self.connection]
                self.command("features", "materialize", *step.materialized, *where, *as_of, *full)

    def command(self, *words: str) -> None:
        done = self.project.run(*words)
        assert done.exit_code == 0, f"{words}: {done!r}"

    def read(self, read: Read) -> list[dict[str, Any]]:
        from seeknal import features

        how = {"project": str(self.project.path)}
        with _at(read.moment), features.online(self.connection, **how) as kept:
            found = kept.get(_words(read.wanted), [dict(row) for row in read.keys.rows])
        return [dict(zip(row, *values_of([tuple(row.values())]), strict=True)) for row in found]

    def latest(self, read: Read) -> list[dict[str, Any]] | None:
        from seeknal import get_latest_features

        if not read.keys.rows or any(None in row.values() for row in read.keys.rows):
            return None
        with get_latest_features(
            _words(read.wanted),
            [dict(row) for row in read.keys.rows],
            as_of=read.moment,
            project=str(self.project.path),
        ) as found:
            names, rows = found.columns, values_of(found.fetchall())
        return [dict(zip(names, row, strict=True)) for row in rows]


@contextlib.contextmanager
def keeper(folder: Path, connection: str) -> Iterator[ProjectKeeper]:
    """The project in ``folder``, which has the connection in its profiles."""
    made = ProjectKeeper(folder, connection)
    try:
        yield made
    finally:
        made.db.close()


def _at(moment: dt.datetime) -> Any:
    return mock.patch.object(clock, "now", return_value=moment)


def _words(wanted: tuple[Wanted, ...]) -> list[str]:
    return [
        each.group if each.features is None else f"{each.group}:{','.join(each.features)}"
        for each in wanted
    ]
