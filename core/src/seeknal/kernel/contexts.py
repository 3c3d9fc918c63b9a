"""What core gives to a plugin while it works: one protocol for each kind of hook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import logging

    import duckdb

    from seeknal.values.deliveries import Extent, Undone
    from seeknal.values.node import Node
    from seeknal.values.project import Suffix
    from seeknal.values.relations import Interval, Relation
    from seeknal.values.targets import Target

OptionsT = TypeVar("OptionsT")


class Context(Protocol):
    """What every hook is given that works: where it is, and what it works with."""

    @property
    def duckdb(self) -> duckdb.DuckDBPyConnection:
        """A cursor for this thread, on the run's one DuckDB instance."""

    @property
    def environment(self) -> str: ...

    @property
    def run_id(self) -> str: ...

    @property
    def project(self) -> str:
        """The project's name, which tells its nodes from those of others in a shared target."""

    @property
    def project_root(self) -> Path: ...

    @property
    def workdir(self) -> Path:
        """A folder for temporary files of this node; removed when its step ends."""

    @property
    def log(self) -> logging.Logger: ...

    def connection(self, name: str, options: type[OptionsT]) -> OptionsT:
        """The options of a connection of profiles.yml, of the class that its type declared."""

    def pii(self, node: str) -> frozenset[str]:
        """Columns of a node whose values are shown to nobody, in lower case."""

    def cancelled_by(self, cancel: Callable[[], None]) -> AbstractContextManager[None]:
        """A block within which Ctrl-C or ``execution.timeout`` calls ``cancel``, which ends what
        the block waits for outside of DuckDB, such as a server's query. It is called in a thread
        of its own, perhaps several times, half a second apart, and never after the block, which
        for that waits 5 seconds at most. What the block then raises is told as interrupted.
        """

    def resolve(self, path: str) -> Path:
        """A path of the project's, absolute; raises NodeError when it leaves the project."""


class SourceContext(Context, Protocol):
    """For ``load_source`` and ``source_version``."""

    @property
    def known_version(self) -> object | None:
        """In ``source_version``: the token of the last load, or None."""

    def history(self, limit: int) -> Sequence[int]:
        """Row counts of this node's earlier successful runs, newest first."""


class AuditContext(Context, Protocol):
    """For ``audit``."""

    @property
    def is_check(self) -> bool:
        """Whether the project is only checked: ``relation`` has columns, and no rows."""

    @property
    def samples(self) -> Path:
        """The folder where failing rows of audits may be kept."""

    @property
    def interval(self) -> Interval | None:
        """The time that the run is about; None when it is about all of it."""

    def parent(self, node: str) -> Relation:
        """Another node's current output (for ``relationships`` and its like)."""

    def history(self, limit: int) -> Sequence[int]:
        """Row counts of this node's earlier successful runs, newest first."""


class TargetContext(Context, Protocol):
    """For ``isolate_target``, ``target_stands``, ``drop_target`` and ``roll_back_target``."""

    @property
    def suffix(self) -> Suffix:
        """The part of a target's name that an environment joins: ``environments.suffix``."""

    def holder(self, target: Target) -> str:
        """The environment whose target holds the rows that another node has in this one.

        Production for a node that the environment has not changed: it delivered nothing.
        """

    def landing(self, target: Target) -> str:
        """What a target is called where it holds the rows that its node has in this environment.

        It is what ``isolate_target`` says in the environment that is its ``holder``. Raises
        NodeError where it cannot be had there, and in a run where another node's target is owed
        what it is to hold: whoever reads it there would read older rows, and not be run again.
        """


class NodeContext(TargetContext, Protocol):
    """For ``run_node``; an engine may read other nodes where they were delivered."""

    @property
    def is_check(self) -> bool:
        """Whether the project is only checked: inputs have columns and no rows, and the body is
        not to be run."""

    @property
    def interval(self) -> Interval | None:
        """The time that the run is about; None when it is about all of it."""

    def definition(self, node: str) -> Node:
        """Another node as the project defines it."""

    def parent(self, node: str) -> Relation:
        """Another node's current output: an engine translates by the types of its columns."""


class DeliveryContext(TargetContext, Protocol):
    """For ``materialize``."""

    @property
    def interval(self) -> Interval | None:
        """The time that the run is about; None when it is about all of it."""

    @property
    def delivery_id(self) -> str:
        """Names this delivery; a retry has the same id."""

    @property
    def output_id(self) -> str:
        """Names the rows, for a target's own record of deliveries."""

    @property
    def recorded(self) -> bool:
        """Whether the project knows what the target took last.

        Where it does not, its record may have been lost: an append target whose own record
        says that the node's last delivery had this ``output_id`` holds the rows already.
        """

    @property
    def replaced(self) -> Sequence[Extent]:
        """The ranges of time whose rows in the target go; those that are delivered are all that
        is to be there then. Each range goes in the same transaction, also one of which no row
        is delivered. Empty where the delivery is not by range. `seeknal.plugin.rows_to_write`
        makes ranges of it.
        """

    @property
    def partial(self) -> bool:
        """Whether `replaced` is only a part of what the target is to hold.

        A target that is not there then would be made anew without the rest: raise
        ``TargetGone`` before anything is written or made, and all of it is delivered.
        """

    @property
    def anew(self) -> bool:
        """Whether the rows may only begin a target: what was delivered there is nothing that they
        go on from, and nobody could make it again. Where rows stand at the place raise
        ``TargetStands`` before they are touched, unless it has this very delivery.
        """

    def definition(self, node: str) -> Node:
        """A node as the project defines it."""

    def parent(self, node: str) -> Relation:
        """Another node's current output, for a target that holds several."""

    def audit(self, relation: Relation) -> None:
        """Hold the node's audits against other rows than its own, such as all that a table
        would hold. Raises NodeError when one of severity error fails.
        """

    def undone(self) -> Undone | None:
        """The time that a rollback puts back to what it was, instead of writing the delivered
        rows; None otherwise. `seeknal.plugin.put_back` makes rows of it.
        """
