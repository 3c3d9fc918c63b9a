"""A DuckDB in which the groups that are asked for have the rows that they had at one moment."""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.features.ambiguous import refuse_ambiguous, told_columns
from seeknal.host.files import keep_text, kept_json, scratch_folder
from seeknal.plan.views import with_views
from seeknal.query.database import Views, connected
from seeknal.values.errors import RunError

if TYPE_CHECKING:
    from seeknal.features.wanted import Wanted
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Snapshot


class Opened:
    """Stored rows by their names, on a connection of its own; temporary files go with it."""

    def __init__(self, root: Path, snapshots: Mapping[NodeId, Snapshot]) -> None:
        self.root = root
        self.snapshots = snapshots
        self.connection = connected(root)
        self._views = Views(root, snapshots, self.connection)
        self._open = ExitStack()
        self._folder: Path | None = None
        # Of one that nobody closes nothing is left either.
        self._closing = weakref.finalize(self, self._open.close)

    def define(self, ids: Iterable[NodeId]) -> None:
        """Make nodes readable. Raises RunError where stored rows are not there any more."""
        wanted = list(ids)
        self._views.define_nodes(wanted)
        for id in self.read_by(wanted):
            if id not in self._views.defined and id in self.snapshots:
                raise RunError(
                    f"the stored rows of {id} are not there any more",
                    code="SK1810",
                    help=f"seeknal run --select {id} makes them again",
                )
            if id in self.snapshots and self.snapshots[id].failing:
                raise RunError(
                    f"an audit fails on the stored rows of {id}: nothing is read of them",
                    code="SK1810",
                    help=f"seeknal audit --select {id} says which",
                )

    def define_for(self, entities: object) -> None:
        """Make nodes readable that entities may name, where they are SQL or a node."""
        if isinstance(entities, str):
            self._views.define(entities)

    def read_by(self, ids: Iterable[NodeId]) -> list[NodeId]:
        """The nodes, and those that views among them read."""
        return with_views(self.snapshots, list(ids))

    def check(self, wanted: Wanted) -> None:
        """Raise RunError where rows of a group have no order; remembered for rows that have."""
        snapshot = self.snapshots[wanted.group.node]
        # What a view reads may be other rows tomorrow, under the same output.
        known = None if snapshot.artifact is None else snapshot.artifact.sha256
        path = self.root / "target" / "features" / f"{wanted.group.node}.json"
        mark = {"rows": known, "apart": told_columns(wanted.group)}
        if known is not None and kept_json(path) == mark:
            return
        apart = refuse_ambiguous(self.connection, wanted)
        if known is not None and apart:
            keep_text(path, json.dumps(mark))

    @property
    def folder(self) -> Path:
        """A folder for files of the connection's lifetime."""
        if self._folder is None:
            self._folder = self._open.enter_context(scratch_folder())
        return self._folder

    def close(self) -> None:
        self.connection.close()
        self._closing()
