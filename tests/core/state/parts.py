"""Outputs made of parts, stored as a run stores them."""

from pathlib import Path

import duckdb

from seeknal.sql.storage import copy_statement
from seeknal.state.artifacts import Artifacts
from seeknal.state.composing import composed
from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Artifact, Part

NODE = NodeId("transform.events")
DAY = 86_400


class Store:
    """A project's stored parts, written by DuckDB."""

    def __init__(self, folder: Path, columns: tuple[Column, ...]) -> None:
        self.artifacts = Artifacts(folder / "target")
        self.columns = columns
        self.duck = duckdb.connect()
        self.duck.execute("SET TimeZone = 'UTC'")

    def part(self, select: str, start: int, end: int, *, wide: bool = False) -> Part:
        candidate = self.artifacts.candidate(NODE, "run")
        copied = copy_statement(select, self.columns, str(candidate), wide=wide)
        rows = self.duck.execute(copied).fetchall()[0][0]
        return self.artifacts.publish_part(
            NODE,
            candidate,
            fingerprint="f" * 16,
            rows=rows,
            columns=self.columns,
            start=start,
            end=end,
        )

    def composed(self, *parts: Part, timezone: str = "UTC") -> Artifact:
        return composed(
            NODE,
            fingerprint="f" * 16,
            columns=self.columns,
            parts=parts,
            time_column=self.columns[0].name,
            timezone=timezone,
        )

    def rows(self, scan: str) -> list[tuple]:
        return self.duck.execute(f"SELECT * FROM {scan}").fetchall()

    def types(self, scan: str) -> list[str]:
        described = self.duck.execute(f"DESCRIBE FROM {scan}").fetchall()
        return [row[1] for row in described]


def days(store: Store, *numbers: int) -> list[Part]:
    """A part of one row for each of these days, whose only number is the day's."""
    return [
        store.part(
            f"SELECT make_timestamp({day * DAY}000000) AS at, {day} AS n",
            day * DAY,
            (day + 1) * DAY,
        )
        for day in numbers
    ]
