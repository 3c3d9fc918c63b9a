"""A case as a project's folder: it is run, and asked as its users ask."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from tests.features.cases import NOW, Ask
from tests.features.documents import documents
from tests.features.judge import Told
from tests.features.reference import Frame, Group, token
from tests.features.tables import create, quoted, values_of


class ProjectAnswerer:
    """Groups in a folder, after ``seeknal run``; ``features`` is what answers of features."""

    def __init__(self, folder: Path, groups: Sequence[Group]) -> None:
        self.folder = folder
        self.groups = groups
        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'")
        self.number = 0
        write(self.db, folder, groups)
        run(folder)

    def ask(self, ask: Ask) -> Told:
        from seeknal import get_historical_features, get_latest_features
        from seeknal.values.errors import SeeknalError

        how: dict[str, Any] = {"full_names": ask.full_names, "project": str(self.folder)}
        try:
            entities = None if ask.frame is None else self.entities(ask.frame, ask.form)
            if ask.is_latest:
                as_of = NOW if ask.as_of is None else ask.as_of
                found = get_latest_features(ask.words, entities, as_of=as_of, **how)
            else:
                assert ask.frame is not None
                frame = ask.frame
                found = get_historical_features(
                    ask.words,
                    entities,
                    timestamp=frame.timestamp if ask.names_timestamp else None,
                    timezone=frame.timezone,
                    as_of=ask.as_of,
                    **how,
                )
            with found:
                return Told(
                    columns=tuple(found.columns),
                    rows=tuple(values_of(found.fetchall())),
                    types=tuple(map(str, found.relation.types)),
                )
        except SeeknalError as error:
            return Told(code=str(error.code))

    def entities(self, frame: Frame, form: str) -> Any:
        """The entities in that form."""
        self.number += 1
        name = f"entities_{self.number}"
        create(self.db, name, {**frame.columns, "_number_here": "BIGINT"}, _numbered(frame))
        listed = ", ".join(quoted(column) for column in frame.columns)
        relation = self.db.sql(f"SELECT {listed} FROM {name} ORDER BY _number_here")
        if form in ("parquet", "csv"):
            path = self.folder / f"{name}.{form}"
            self.db.execute(f"COPY (SELECT {listed} FROM {name} ORDER BY _number_here) TO '{path}'")
            return str(path)
        if form == "sql":
            self.db.execute(f"COPY {name} TO '{self.folder}/data/{name}.parquet'")
            (self.folder / "seeknal" / f"{name}.yml").write_text(
                f"{{kind: source, name: {name}, source: parquet, table: data/{name}.parquet}}\n"
            )
            run(self.folder)
            return f"SELECT {listed} FROM source.{name} ORDER BY _number_here"
        if form == "dicts":
            return [dict(row) for row in frame.rows]
        make = {"pandas": "df", "polars": "pl", "arrow": "to_arrow_table"}.get(form)
        return relation if make is None else getattr(relation, make)()


@contextlib.contextmanager
def project(groups: Sequence[Group]) -> Iterator[ProjectAnswerer]:
    """The groups in a project that has run."""
    folder = Path(tempfile.mkdtemp(prefix="features"))
    try:
        answerer = ProjectAnswerer(folder, groups)
        yield answerer
        answerer.db.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write(db: duckdb.DuckDBPyConnection, folder: Path, groups: Sequence[Group]) -> None:
    """Files of rows, and the nodes over them."""
    (folder / "data").mkdir(exist_ok=True)
    (folder / "seeknal").mkdir(exist_ok=True)
    (folder / "seeknal_project.yml").write_text("name: features\n")
    for group in groups:
        create(db, group.name, group.columns, group.events)
        path = folder / "data" / f"{group.name}.{group.written}"
        db.execute(f"COPY {quoted(group.name)} TO '{path}'")
        (folder / "seeknal" / f"{group.name}.yml").write_text(documents(group))


def run(folder: Path, *words: str) -> None:
    """``seeknal run``. Raises AssertionError with what it says where it fails."""
    from seeknal.testing import TestProject

    done = TestProject(folder).run("run", *words)
    assert done.exit_code == 0, f"{folder}: {done!r}"


def stored_differ(folder: Path, groups: Sequence[Group]) -> str | None:
    """How what a run has stored of the groups is other than the reference's rows."""
    from seeknal import open_project

    with open_project(folder) as opened:
        for group in groups:
            found = opened.table(f"feature_group.{group.name}")
            names = found.columns
            mine = [dict(zip(names, row, strict=True)) for row in values_of(found.fetchall())]
            if why := _rows_differ(group, mine):
                return f"{group.name}: {why}"
    return None


def _rows_differ(group: Group, found: Sequence[Mapping[str, Any]]) -> str | None:
    names = (*group.keys, *filter(None, (group.event_time, group.created_time)), *group.features)
    mine = [_as_stored(group, row) for row in group.rows]
    one, other = (sorted(repr(_plain(row, names)) for row in rows) for rows in (found, mine))
    return None if one == other else f"{one}, not {other}"


def _plain(row: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    return [_rounded(row[name]) for name in names]


def _as_stored(group: Group, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with numbers as its columns hold them."""
    return {
        name: float(value) if group.columns.get(name) == "DOUBLE" and value is not None else value
        for name, value in row.items()
    }


def _rounded(value: Any) -> Any:
    return float(f"{value:.9g}") if isinstance(value, float) else token(value)


def _numbered(frame: Frame) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(frame.rows):
        yield {**row, "_number_here": number}
