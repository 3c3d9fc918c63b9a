"""What plugins declare and what they are given: the types in the hooks' signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from attrs import field, frozen

from seeknal.values.errors import PluginError
from seeknal.values.names import PRODUCTION, NodeId
from seeknal.values.node import Does
from seeknal.values.problems import Problem
from seeknal.values.relations import ParquetFiles, Relation, Scan
from seeknal.values.targets import Target

if TYPE_CHECKING:
    import duckdb

    from seeknal.values.project import Project

Rows = Scan | ParquetFiles | Any
"""`Scan`, `ParquetFiles`, a DuckDB relation, or an object with ``__arrow_c_stream__``."""

OptionsT = TypeVar("OptionsT")
Named = type | str
"""An attrs class, or where it is: ``module:Class``, which is imported when it is used."""


class _WithOptions:
    """What a plugin declares with options: their class is imported when it is first used."""

    __slots__ = ()
    _options: Named

    @property
    def options(self) -> type:
        """The attrs class. Raises PluginError where there is none of that name."""
        if not isinstance(self._options, str):
            return self._options
        module, _, name = self._options.partition(":")
        try:
            found: type = getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise PluginError(
                f"a plugin names options that there are not: {self._options!r}: {error}",
                help="install another version of the plugin",
            ) from error
        return found


@frozen(kw_only=True)
class NodeKind(_WithOptions):
    """A kind of node.

    ``options`` is the attrs class of the keys that the kind adds to the common ones.
    ``functional``: its options that can change rows; None means all.

    ``does`` says what a run does with its nodes, and which of the common keys they take: one that
    ``loads`` has ``source:``, one that ``delivers`` may have ``type:``. One that ``checks``,
    ``delivers`` or ``describes`` has no rows, and one that ``describes`` is no step of a run: its
    nodes are in graph, selection, lineage and plan. ``rows_of_body``: its rows are just those of
    the node's SQL or function, which names its inputs itself. An option of type `NodeId`, at any
    depth, names a node that is read.
    ``old_settings`` are keys of seeknal 2.x below ``materialization:`` that are no target, each
    with the option that it is now, or ``""``.
    """

    name: str
    folder: str
    _options: Named
    summary: str
    colour: str = "#8a8f98"
    does: Does = "computes"
    rows_of_body: bool = False
    functional: tuple[str, ...] | None = None
    accepts_sql: bool = True
    accepts_python: bool = True
    old_settings: Mapping[str, str] = field(factory=dict)

    @property
    def produces_rows(self) -> bool:
        """Whether its nodes have rows that others can read."""
        return self.does in ("loads", "computes")


@frozen(kw_only=True)
class SourceType(_WithOptions):
    """A value of ``source:``. ``aliases`` are accepted spellings.

    ``reads_files``: ``table`` is a path below the project. ``refresh`` is the policy when a
    source has none and no version is known. For ``draft``: ``table`` is an example of what
    stands after ``table:``, ``needs`` what most sources of this type have to say besides it:
    options, or ``connection``, which is one of the type of the same name.
    """

    name: str
    _options: Named
    summary: str
    aliases: tuple[str, ...] = ()
    reads_files: bool = False
    refresh: str = "always"
    table: str = ""
    needs: tuple[str, ...] = ()


@frozen(kw_only=True)
class TargetType(_WithOptions):
    """A value of a target's ``type:``.

    ``label_field`` is the option that names the destination to people. ``modes`` are the
    write modes it supports. ``exposure``: it may also stand as an exposure's ``type``.
    ``profile_section``: what its targets start with stands in profiles.yml. ``check`` is given a
    target and the options of its connection, None where it has none in profiles.yml or they are
    wrong; it connects to nothing, and raises SeeknalError where nothing may be delivered there.
    ``names`` is given the same and gives the names of the place that the target may be written
    with, first the one that is the same for all of them: under it deliveries are kept in mind.
    """

    name: str
    _options: Named
    summary: str
    label_field: str = "table"
    modes: tuple[str, ...] = ("full",)
    aliases: tuple[str, ...] = ()
    exposure: bool = False
    profile_section: ProfileSection | None = None
    check: Callable[[Target, Any], None] | None = None
    names: Callable[[Target, Any], Sequence[str]] | None = None


@frozen(kw_only=True)
class ProfileSection(_WithOptions):
    """A key of profiles.yml below which stands what the targets of a type start with.

    ``options`` is the attrs class of its keys. ``complete`` is given an instance, what a target
    says and the name of its node; it gives what the target says in full, or None for one that is
    left out. Targets that name no type are of the one whose section is ``materialization``.
    """

    name: str
    _options: Named
    complete: Callable[[Any, Mapping[str, object], str], Mapping[str, object] | None]


@frozen(kw_only=True)
class AuditType(_WithOptions):
    """A value of an audit's ``type:``.

    One that a file of a project makes has ``keep``: it is given the parameters and a function
    that fills in a template with further names, and gives the options that the audit keeps,
    which are of the declared type ``kept_as``. ``check`` is given that function and gives what is
    wrong with the file whatever its audits are given.
    """

    name: str
    _options: Named
    summary: str
    aliases: tuple[str, ...] = ()
    kept_as: str = ""
    keep: Callable[[Any, Callable[[str, Mapping[str, object]], str]], Any] | None = None
    check: Callable[[Callable[[str, Mapping[str, object]], str]], Iterable[Problem]] | None = None


@frozen(kw_only=True)
class AuditFile:
    """An .sql file of a project's folder for audits; ``path`` is relative to the project."""

    name: str
    path: str
    text: str


@frozen(kw_only=True)
class ConnectionType(_WithOptions):
    """A value of ``type:`` below ``connections:``.

    ``check`` is given a connection's name and options, connects to nothing, and raises
    SeeknalError where nobody could connect with these. ``implicit`` is the name of a connection
    that every project has without writing it, with all options as they are by default.
    Its options may also stand in ``profile_section`` of profiles.yml, a path of keys such as
    ``("materialization", "catalog")``; ``type:`` means the option ``section_type`` there.
    ``server`` is given the options and says where they lead, alike for all that lead to one
    place; None where that cannot be told. It is compared, and neither shown nor kept.
    """

    name: str
    _options: Named
    summary: str
    aliases: tuple[str, ...] = ()
    check: Callable[[str, Any], None] | None = None
    implicit: str | None = None
    profile_section: tuple[str, ...] = ()
    section_type: str | None = None
    server: Callable[[Any], str | None] | None = None


@frozen(kw_only=True)
class EngineType:
    """A value of a transform's ``engine:``; ``run_node`` of the same plugin runs it.

    ``dialect`` is sqlglot's name of the SQL that it speaks. Where it is given, columns that SQL of
    the engine names and none of its inputs has are told before anything runs.
    """

    name: str
    summary: str
    aliases: tuple[str, ...] = ()
    dialect: str | None = None


@frozen(kw_only=True)
class Garbage:
    """Something that a janitor removes: what it is, for people, and how large.

    ``error``: why it could not be removed.
    """

    what: str
    bytes: int = 0
    error: str | None = None


@frozen(kw_only=True)
class Misfit:
    """Something that a node or a target names and that its rows do not have.

    ``key`` is the option that names it and ``word`` how it is written there, so that its place
    is found in the project's files. The rest is what a run would say of it.
    """

    code: str
    message: str
    key: str
    word: str
    help: str | None = None


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
class Section:
    """What a plugin adds to a plan or a comparison: lines for people, and ``data`` for JSON."""

    name: str
    lines: tuple[str, ...] = ()
    data: object = None


@frozen(kw_only=True)
class NodeInputs:
    """What a node reads: each parent's stored output, and the rows of its own body."""

    parents: Mapping[NodeId, Relation] = field(factory=dict)
    body: Rows | None = None

    @property
    def only(self) -> Relation:
        """The single parent; a kind that takes one input says so when it is not alone."""
        (relation,) = self.parents.values()
        return relation


class Session(Protocol):
    """A read-only conversation with one connection."""

    def execute(self, sql: str) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        """Column names and rows of one statement."""

    def tables(self) -> Sequence[str]: ...

    def schema(self, table: str) -> Sequence[tuple[str, str]]:
        """(column, type) pairs."""

    def describe(self) -> str:
        """One line for ``connection test``: what is there, and its version."""

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


class Command(Protocol):
    """What `this_command` gives: the project that a plugin's command works on."""

    def project_root(self) -> Path:
        """The project's folder. Raises UsageError where there is none."""

    def project(self) -> Project:
        """The project as its files say it. Raises ProjectError with all that is wrong."""

    def outputs(
        self, environment: str = PRODUCTION, generation: int | None = None
    ) -> AbstractContextManager[Outputs]:
        """What runs have stored: of the newest generation that is complete, or an earlier one.

        Raises UsageError for an unknown environment, and for a generation that is not kept.
        """

    def session(self, connection: str) -> AbstractContextManager[Session]:
        """A read-only session on a connection. Raises UsageError for an unknown one."""

    def connections(self, options: type[OptionsT]) -> Mapping[str, OptionsT]:
        """The connections of profiles.yml whose options are of that class, by name."""

    def print_json(self, value: object) -> None:
        """Write a list, or a mapping with ``status``, as the answer of ``--format json``.

        Values of attrs classes become objects, a `Problem` the one that errors are everywhere;
        secrets are masked.
        """

    def print_rows(
        self, names: Sequence[str], rows: Sequence[Sequence[object]], format_: str = "table"
    ) -> None:
        """Write rows as ``table``, ``json`` or ``csv``, as ``seeknal sql`` writes them."""
