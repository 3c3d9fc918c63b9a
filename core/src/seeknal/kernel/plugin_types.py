"""What plugins are given, and what they answer: types in the hooks' signatures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from attrs import field, frozen

from seeknal.values.names import PRODUCTION, NodeId
from seeknal.values.problems import Severity
from seeknal.values.relations import ParquetFiles, Relation, Scan

if TYPE_CHECKING:
    import duckdb

    from seeknal.values.columns import Column
    from seeknal.values.loads import Load, Loaded
    from seeknal.values.marks import Marks
    from seeknal.values.problems import Problem
    from seeknal.values.project import Project

Rows = Scan | ParquetFiles | Any
"""`Scan`, `ParquetFiles`, a DuckDB relation, or an object with ``__arrow_c_stream__``."""

OptionsT = TypeVar("OptionsT")


@frozen(kw_only=True)
class Garbage:
    """Something that a janitor removes: what it is, for people, and how large.

    ``error``: why it could not be removed.
    """

    what: str
    bytes: int = 0
    error: str | None = None


@frozen(kw_only=True)
class TemplateCall:
    """A call of a plugin's function in the SQL of ``node``; ``arguments`` are plain values.

    While a project is read ``project`` has the nodes that only describe, and ``columns`` is None;
    later both are whole, ``columns`` as far as the node reads them.
    """

    node: NodeId
    arguments: Mapping[str, object]
    project: Project
    columns: Mapping[NodeId, Sequence[Column]] | None = None


@frozen(kw_only=True)
class WrittenQuery:
    """A SELECT of DuckDB's SQL that names nodes as ``"kind"."name"``.

    ``reads`` are nodes that it depends on beside these, such as those that only describe.
    ``said`` tells queries apart for which these last say anything else that matters to rows;
    None: whatever they say matters.
    """

    sql: str
    reads: tuple[NodeId, ...] = ()
    said: str | None = None


@frozen(kw_only=True)
class Misfit:
    """Something that a node or a target names and that its rows do not have.

    ``key`` is the option that names it and ``word`` how it is written there, so that its place
    is found in the project's files. The rest is what a run would say of it; a ``warn`` is for
    what some rows let pass.
    """

    code: str
    message: str
    key: str
    word: str
    help: str | None = None
    severity: Severity = "error"


@frozen(kw_only=True)
class Standing:
    """What is on record of a target that nothing is delivered to any more.

    ``deliveries`` are the ids of which one is the last that was made, ``proof`` what
    ``Delivered.proof`` was then. The node may be gone.
    """

    node: NodeId
    deliveries: tuple[str, ...]
    proof: str = ""


@frozen(kw_only=True)
class Fate:
    """What became, or would become, of a target that is to be dropped.

    ``kept``: it stays, and ``why`` says what speaks against dropping it. ``gone``: nothing
    stands there. ``why`` may also say what else is to be known.
    """

    verdict: Literal["dropped", "kept", "gone"]
    why: str = ""


@frozen(kw_only=True)
class Look:
    """What stands at a target, held against what its node asks for.

    ``same``: nothing but new rows is to be brought. ``foreign``: it is somebody else's, and not
    written to. ``statements`` are those that a delivery would send to change it.
    """

    state: Literal["same", "differs", "missing", "foreign"]
    detail: str = ""
    statements: tuple[str, ...] = ()


@frozen(kw_only=True)
class Section:
    """What a plugin adds to a plan or a comparison: lines for people, and ``data`` for JSON."""

    name: str
    lines: tuple[str, ...] = ()
    data: object = None


@frozen(kw_only=True)
class NodeInputs:
    """What a node reads: each parent's stored output, and the rows of its own body.

    Of a kind whose rows are made from its earlier ones, ``earlier`` are these, None where there
    are none, and when a project is checked; ``edited`` says that another definition made them.
    The body of such a node is stored, and may be read several times. ``moment`` is that of the
    run, in UTC, the same for all of its nodes.
    """

    parents: Mapping[NodeId, Relation] = field(factory=dict)
    body: Rows | None = None
    earlier: Relation | None = None
    edited: bool = False
    moment: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def only(self) -> Relation:
        """The single parent; a kind that takes one input says so when it is not alone."""
        (relation,) = self.parents.values()
        return relation


class Session(Protocol):
    """A read-only conversation with one connection.

    Every method raises ConnectionFailed where the connection is lost. A session may have methods
    beside these, which the REPL asks for: ``databases()`` and ``catalogs()`` give the names of all,
    ``use(database)`` goes to another one, ``beginning(sql, rows)`` executes and reads no more rows
    than these, and ``interrupt()`` ends the statement that is carried out, if any. With that one,
    statements are carried out by another thread than it is called by.
    """

    def execute(self, sql: str) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        """Column names and rows of one statement."""

    def tables(self) -> Sequence[str]: ...

    def schema(self, table: str) -> Sequence[tuple[str, str]]:
        """(column, type) pairs."""

    def describe(self) -> str:
        """One line for ``connection test``: what is there, and its version."""

    def close(self) -> None: ...


class Warehouse(Protocol):
    """Where ``seeknal ingest`` loads rows, with a table of loads: ``etl_audit_log``.

    Every method raises ``ConnectionFailed`` or ``DeliveryError``.
    """

    def place(self, table: str) -> str:
        """The full name of a table. Raises NodeError where nothing may be loaded."""

    def committed(self, load: Load) -> int | None:
        """The rows of a load, if it was committed; waits until whoever is at it has ended."""

    def knows(self, load: Load) -> bool:
        """Whether rows of the load's pipeline and name were loaded into its table before."""

    def holds(self, load: Load) -> bool:
        """Whether rows of the load's files are in its table now, as far as it says of which."""

    def expected(self, table: str) -> Mapping[str, str]:
        """DuckDB's types as which rows are best read for the columns of a table, as far as it has
        an opinion; none where there is no table."""

    def load(self, load: Load, relation: Relation, told: Callable[[int], None]) -> Loaded:
        """Write the rows and the record of a success, in one transaction.

        ``told`` is called with the number of rows that are on their way, again and again.
        """

    def load_none(self, load: Load) -> Loaded:
        """Write the record of a success without rows, of which nobody knows the columns.

        No table is made; one that is loaded in full holds no rows then.
        """

    def fail(self, load: Load, error: str) -> None:
        """Write the record of a failure, unless the load was committed."""

    def close(self) -> None: ...


@frozen(kw_only=True)
class OnlineTable:
    """The newest row of each key of a feature group, in one environment of a project.

    ``columns`` are all that the rows have, the keys among them, with DuckDB's types.
    """

    node: NodeId
    environment: str
    project: str
    keys: tuple[Column, ...]
    columns: tuple[Column, ...]


class OnlineStore(Protocol):
    """Where the newest rows of feature groups are kept, and looked up by their keys.

    Each table has a mark, a text that says what its rows are. Every method raises
    ``ConnectionFailed`` or ``DeliveryError``; what another project keeps under a table's name is
    refused. Any thread may look up, and several at once, also while rows are kept.
    """

    def mark(self, table: OnlineTable) -> str | None:
        """What ``keep`` noted last; None where nothing is kept."""

    def keep(
        self,
        table: OnlineTable,
        rows: Relation,
        gone: Relation | None,
        *,
        before: str | None,
        mark: str,
    ) -> int:
        """Keep rows and note ``mark``, in one transaction; gives how many rows changed.

        Without ``gone`` these are all rows: the table is made anew, with their columns. Else rows
        with the keys of ``gone`` are removed and ``rows`` put in place of those with their keys.
        Raises DeliveryError where the mark is not ``before`` any more, since somebody else was
        faster, and RowsRefused for values that would not come back as they are. The table then
        holds what it held.
        """

    def lookup(
        self,
        tables: Sequence[tuple[OnlineTable, Sequence[str]]],
        keys: Sequence[str],
        values: Sequence[Sequence[object]],
    ) -> list[tuple[object, ...]]:
        """For each of ``values``, those of ``keys`` in order, what the tables hold: in one query.

        Each answer has for each table whether there is a row, then the columns that are asked of
        it, None where there is no row. A table may have some of ``keys`` alone. Values are those
        that DuckDB gives in Python for the columns' types, times with a zone in UTC. Raises
        DeliveryError where nothing is kept, or not with these columns.
        """

    def close(self) -> None: ...


class Outputs(Protocol):
    """The stored rows of an environment at one moment: those of a generation that is complete."""

    @property
    def environment(self) -> str: ...

    @property
    def generation(self) -> int: ...

    @property
    def duckdb(self) -> duckdb.DuckDBPyConnection:
        """Reads these rows and nothing else: each node is a view ``kind.name``."""

    def relation(self, node: str) -> Relation:
        """A node's rows. Raises UsageError for an unknown one, and where nothing is stored."""


class Elsewhere(Protocol):
    """What an environment holds, as the engine of a connection reads it: where it was delivered."""

    @property
    def dialect(self) -> str:
        """sqlglot's name of the SQL that the engine speaks."""

    def columns(self, node: str) -> Sequence[Column]:
        """The columns of a node's rows, with DuckDB's types. Raises UsageError as ``rows`` does."""

    def rows(self, node: str, columns: Sequence[Column]) -> str:
        """A query, in the dialect, of these columns of a node's rows.

        Raises UsageError where they are not delivered there, or appended to other ones. So it does
        where a delivery is owed, or another output of the node is there than the environment's
        generation has, unless that is allowed.
        """

    def execute(self, sql: str) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        """Column names and rows of one statement.

        Raises RunError where any of the ``rows`` was delivered anew meanwhile.
        """


class Command(Protocol):
    """What `this_command` gives: the project that a plugin's command works on."""

    def project_root(self) -> Path:
        """The project's folder. Raises UsageError where there is none."""

    def project(self) -> Project:
        """The project as its files say it. Raises ProjectError with all that is wrong."""

    def read_foreign_yaml(self, path: Path) -> Sequence[tuple[object, Marks]]:
        """The documents of another program's file, each with the places of its keys.

        What readers of YAML differ over, such as ``yes``, is text. Raises ProjectError with all
        that is wrong in it.
        """

    def problems_with(self, files: Mapping[str, str]) -> Sequence[Problem]:
        """What would be wrong in the project if these YAML files stood below ``seeknal/``.

        ``files`` are texts by their paths from the project; nothing is written. Problems are
        those that ``seeknal validate`` would report as errors.
        """

    def outputs(
        self, environment: str = PRODUCTION, generation: int | None = None
    ) -> AbstractContextManager[Outputs]:
        """What runs have stored: of the newest generation that is complete, or an earlier one.

        Raises UsageError for an unknown environment, and for a generation that is not kept.
        """

    def columns(self, environment: str = PRODUCTION) -> Mapping[NodeId, Sequence[Column]]:
        """The columns of the rows that nodes have by the project's files, as far as these tell.

        What a run has stored says it of nodes that are as they were then. Nothing is run.
        """

    def session(self, connection: str) -> AbstractContextManager[Session]:
        """A read-only session on a connection. Raises UsageError for an unknown one."""

    def delivered(
        self, connection: str, environment: str = PRODUCTION, *, allow_stale: bool = False
    ) -> AbstractContextManager[Elsewhere]:
        """The newest generation that is complete, where a connection has it: to read only.

        Raises UsageError for an unknown connection or environment, and for a connection of whose
        engine it is not known which SQL it takes.
        """

    def connections(
        self, options: type[OptionsT], connection: str | None = None
    ) -> Mapping[str, OptionsT]:
        """The connections of profiles.yml whose options are of that class, or one, by name.

        Raises ProjectError for one that is not complete.
        """

    def options_of(
        self, type: str, connection: str | None = None
    ) -> Mapping[str, Mapping[str, object]]:
        """The connections of profiles.yml of a type that another plugin declares, or one, by name.

        Each has its options by their keys, secrets as `Secret`. Raises ProjectError for one that
        is not complete, or whose plugin is not installed.
        """

    def print_json(self, value: object) -> None:
        """Write a list, or a mapping with ``status``, as the answer of ``--format json``.

        Values of attrs classes become objects, a `Problem` the one that errors are everywhere;
        secrets are masked.
        """

    def print_rows(
        self, names: Sequence[str], rows: Sequence[Sequence[object]], format_: str = "table"
    ) -> None:
        """Write rows as ``table``, ``json`` or ``csv``, as ``seeknal sql`` writes them."""
