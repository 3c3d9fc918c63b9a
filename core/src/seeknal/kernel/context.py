"""What a plugin, or a Python node, is given while it works for one node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, field, frozen

from seeknal.values.errors import NodeError

if TYPE_CHECKING:
    import logging

    import duckdb

    from seeknal.kernel.calls import Calls
    from seeknal.kernel.plugin_types import Rows
    from seeknal.values.deliveries import Extent, Undone
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.project import Suffix
    from seeknal.values.relations import Interval, Relation
    from seeknal.values.targets import Target

OptionsT = TypeVar("OptionsT")


def _unknown(node: str) -> Node:
    raise NodeError(f"there is no node {node!r} here", code="SK0709")


def _nothing(relation: Relation) -> None:
    """Nothing is asked of rows where no node's audits are at hand."""


def _no_spans() -> Undone | None:
    """Nothing is put back."""
    return None


@frozen(kw_only=True)
class StepContext:
    """The services of one node's step; implements every context of `seeknal.kernel.contexts`."""

    node: NodeId
    environment: str
    run_id: str
    project: str = ""
    project_root: Path
    scratch: Path
    samples: Path
    _log: logging.Logger | None = None
    cursor: Callable[[], duckdb.DuckDBPyConnection]
    connections: Callable[[str], Any]
    relation_of: Callable[[str], Relation]
    definition_of: Callable[[str], Node] = _unknown
    audit_of: Callable[[Relation], None] = _nothing
    undone_spans: Callable[[], Undone | None] = _no_spans
    pii_of: Callable[[str], frozenset[str]] = lambda node: frozenset()
    row_counts: Callable[[int], Sequence[int]]
    holder_of: Callable[[Target], str] | None = None
    name_of: Callable[[Target, StepContext], str | None] = lambda target, context: None
    """What a target is called in the environment of a context, as the plugin of its type says."""
    suffix: Suffix = "schema"
    interval: Interval | None = None
    known_version: object | None = None
    delivery_id: str = ""
    output_id: str = ""
    recorded: bool = True
    replaced: tuple[Extent, ...] = ()
    partial: bool = False
    anew: bool = False
    is_check: bool = False
    allow_outside: bool = False
    variables: Mapping[str, object] = field(factory=dict)
    params: Mapping[str, object] = field(factory=dict)
    source_rows: Rows | None = None
    calls: Calls | None = None
    folders: dict[Path, Path] = field(factory=dict, repr=False)
    """Where folders really are, as far as it was asked; many sources read from one."""

    @property
    def log(self) -> logging.Logger:
        if self._log is not None:
            return self._log
        from seeknal.kernel.logs import node_logger

        return node_logger(self.node, self.run_id)[0]

    @property
    def workdir(self) -> Path:
        self.scratch.mkdir(parents=True, exist_ok=True)
        return self.scratch

    @property
    def duckdb(self) -> duckdb.DuckDBPyConnection:
        return self.cursor()

    def connection(self, name: str, options: type[OptionsT]) -> OptionsT:
        found = self.connections(name)
        if not isinstance(found.options, options):
            use = f"{self.node} cannot use" if self.node else "cannot be used here"
            raise NodeError(
                f"connection {name!r} is of type {found.type}, which {use}", code="SK0602"
            )
        return found.options

    def cancelled_by(self, cancel: Callable[[], None]) -> AbstractContextManager[None]:
        return self.calls.during(self.node, cancel) if self.calls else nullcontext()

    def resolve(self, path: str) -> Path:
        full = self._real(self.project_root / path)
        if not self.allow_outside and not self._is_inside(full):
            raise NodeError(
                f"{path!r} lies outside the project",
                code="SK0703",
                help="keep it below the project, or say allow_outside: true",
            )
        return full

    def _real(self, path: Path) -> Path:
        """What ``Path.resolve`` gives, without a look at each folder above for each file."""
        folder, name = path.parent, path.name
        if name in ("", ".."):
            return path.resolve()
        if folder not in self.folders:
            self.folders[folder] = folder.resolve()
        found = self.folders[folder] / name
        return path.resolve() if found.is_symlink() else found

    def _is_inside(self, full: Path) -> bool:
        # What is below the root as it is written needs no look at links in the root's own path.
        root = self.project_root
        return full.is_relative_to(root) or full.is_relative_to(root.resolve())

    def audit(self, relation: Relation) -> None:
        self.audit_of(relation)

    def undone(self) -> Undone | None:
        return self.undone_spans()

    def parent(self, node: str) -> Relation:
        return self.relation_of(node)

    def definition(self, node: str) -> Node:
        return self.definition_of(node)

    def pii(self, node: str) -> frozenset[str]:
        return self.pii_of(node)

    def holder(self, target: Target) -> str:
        return self.holder_of(target) if self.holder_of else self.environment

    def landing(self, target: Target) -> str:
        there = evolve(self, environment=self.holder(target), holder_of=None)
        return self.name_of(target, there) or target.label

    def history(self, limit: int) -> Sequence[int]:
        return self.row_counts(limit)
