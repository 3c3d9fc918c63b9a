"""Which columns the nodes have that a test gives rows of, or leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from seeknal.unittests.given import types_of

if TYPE_CHECKING:
    from seeknal.lineage.fitting import Fitter
    from seeknal.lineage.schemas import Schema
    from seeknal.plan.session import Loaded
    from seeknal.unittests.case import Case, Given
    from seeknal.unittests.given import Columns
    from seeknal.values.names import NodeId


def with_others(columns: Columns, others: Columns) -> Columns:
    """Columns and those of the others that are not among them; types are the first that are known.

    Names are the same whatever their case.
    """
    types = {name.lower(): type for name, type in others.items()}
    lower = {name.lower() for name in columns}
    more = {name: type for name, type in others.items() if name.lower() not in lower}
    return {**{name: type or types.get(name.lower()) for name, type in columns.items()}, **more}


class Schemas:
    """Finds columns in the project's files and in its tests; reads no source and no state."""

    def __init__(self, loaded: Loaded, cases: Sequence[Case]) -> None:
        self.nodes = loaded.project.nodes
        self.loaded = loaded
        self.cases = cases
        self._open = ExitStack()
        self._fitter: Fitter | None = None
        self._bound: dict[NodeId, Schema | None] = {}
        self._given: dict[NodeId, list[tuple[str, Given]]] | None = None

    def close(self) -> None:
        self._open.close()

    def declared(self, id: NodeId) -> Columns:
        """The columns that the node's file names, with the types that it says."""
        node = self.nodes.get(id)
        return {} if node is None else {column.name: column.type for column in node.columns}

    def left_out(self, id: NodeId, case: Case) -> Columns | None:
        """The columns of an input that a test leaves out; None where nothing tells them.

        Those that its file names need not be all, as where it says which are private.
        """
        return with_others(self.declared(id), self.others(id, case)) or None

    def others(self, id: NodeId, case: Case) -> Columns:
        """The columns that other tests or the node's SQL know of an input."""
        return self._in_other_tests(id, case) or self._as_bound(id) or {}

    def is_said(self, id: NodeId) -> bool:
        """Whether any test says which columns an input has: then it has no others."""
        return any(given.columns is not None for _, given in self._given_of(id))

    def _in_other_tests(self, id: NodeId, case: Case) -> Columns | None:
        """As the nearest test that gives it says: of the file, else of the folder, else any."""
        folder = PurePosixPath(case.file).parent

        def far(found: tuple[str, Given]) -> tuple[bool, bool, bool]:
            file, given = found
            return not given.columns, file != case.file, PurePosixPath(file).parent != folder

        for _, given in sorted(self._given_of(id), key=far):
            if columns := types_of(given, self.declared(id)):
                return columns
        return None

    def _given_of(self, id: NodeId) -> Sequence[tuple[str, Given]]:
        """What tests give of an input, with the file of each."""
        if self._given is None:
            self._given = {}
            for each in self.cases:
                for node, given in each.inputs.items():
                    self._given.setdefault(node, []).append((each.file, given))
        return self._given.get(id, ())

    def _as_bound(self, id: NodeId) -> Columns | None:
        schema = self._schema(id)
        if schema is None:
            return None
        return {column.name: column.type or None for column in schema.columns}

    def _schema(self, id: NodeId) -> Schema | None:
        """A node's columns as its SQL gives them over declared ones."""
        if id not in self._bound:
            self._bound[id] = None
            self._bound[id] = self._found(id)
        return self._bound[id]

    def _found(self, id: NodeId) -> Schema | None:
        from seeknal.lineage.schemas import Schema
        from seeknal.values.columns import Column

        node = self.nodes.get(id)
        declared = self.declared(id)
        if declared and all(declared.values()):
            columns = tuple(Column(name, str(type)) for name, type in declared.items())
            return Schema(columns=columns)
        if node is None or node.sql is None or node.source is not None:
            return None
        known: dict[NodeId, Schema | None] = {
            parent: self._schema(parent) for parent in node.parents
        }
        return self._fit.fit(node, known).schema

    @property
    def _fit(self) -> Fitter:
        if self._fitter is None:
            from seeknal.lineage.binding import Binder
            from seeknal.lineage.fitting import Fitter

            binder = self._open.enter_context(
                closing(Binder(self.loaded.project, self.loaded.plugins))
            )
            self._fitter = Fitter(binder)
        return self._fitter
