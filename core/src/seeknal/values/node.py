"""A node as project files say it, wherever it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import evolve, field, frozen

from seeknal.values.later import value_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.values.audits import Audit
    from seeknal.values.columns import ColumnSpec
    from seeknal.values.freshness import Freshness
    from seeknal.values.location import Location
    from seeknal.values.marks import Marks
    from seeknal.values.names import NodeId
    from seeknal.values.schedule import Schedule
    from seeknal.values.sources import Source
    from seeknal.values.targets import Target
    from seeknal.values.tracking import Tracking


@frozen(kw_only=True)
class Input:
    """A node that another one reads, and the name it has there when it was given one.

    ``for_audits``: nothing but audits of the reader's rows looks at it.
    """

    ref: NodeId
    alias: str | None = None
    location: Location | None = None
    for_audits: bool = False


@frozen(kw_only=True)
class SqlCall:
    """A call of a plugin's function in a template, and the query that it gave, in brackets.

    ``said`` is what matters to it of nodes that only describe; None: all that they say.
    """

    function: str
    arguments: Mapping[str, object]
    text: str
    said: str | None = None


@frozen(kw_only=True)
class Sql:
    """A node's SQL in three forms.

    ``text`` is what the user wrote; ``rendered`` is it after templating, with refs as the user
    wrote them; ``executable`` names inputs as ``"kind"."name"``, ready for DuckDB.
    ``location`` is the line of the file on which ``text`` begins.
    """

    text: str
    rendered: str
    executable: str
    location: Location
    dialect: str = "duckdb"
    edits: tuple[tuple[int, int, int], ...] | None = None
    """What of ``rendered`` was replaced, and by how many characters; None: it was written anew."""
    calls: tuple[SqlCall, ...] = ()
    """Queries that stand in ``rendered`` and in ``executable`` as they were written while the
    types of columns were not known."""
    incremental: Sql | None = None
    """What is run instead once the node has rows that new ones are merged into; None: the same."""
    reads_itself: bool = False
    """It reads the rows that its own node has had so far."""


@frozen(kw_only=True)
class PythonCode:
    """The function behind a Python node. ``script`` is its PEP 723 header, if it has one.

    ``reads`` are ends of paths of files that its code names, ``*`` standing for anything.
    ``outside``: code beside the folder ``seeknal/`` counts for it. ``computed``: what its
    decorators say may follow from files or the environment. ``this``: it may look at the rows that
    the node has.
    """

    file: str
    function: str
    line: int
    script: str | None = None
    reads: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    outside: bool = False
    computed: bool = False
    this: bool = False


Does = Literal["loads", "computes", "checks", "delivers", "describes"]
"""What a kind's nodes do: bring rows from outside, compute some, ask audits of their inputs,
deliver their inputs' rows, or only say something of them, which is no step of a run."""


@frozen(kw_only=True)
class Node:
    """One node of the pipeline, wherever it was written.

    ``definition`` is what its content hash was taken of, already hashed: it changes when the
    rows may change and only then. ``options`` is an instance of its kind's options class, or
    `Later` one.
    """

    id: NodeId
    location: Location
    _options: object = field(eq=value_of)
    definition: str
    frame: str = ""
    """The same without the SQL: two nodes of one frame differ in their SQL alone."""
    inputs: tuple[Input, ...] = ()
    source: Source | None = None
    sql: Sql | None = None
    python: PythonCode | None = None
    audits: tuple[Audit, ...] = ()
    targets: tuple[Target, ...] = ()
    columns: tuple[ColumnSpec, ...] = ()
    contract: bool = False
    materialized: str = "table"
    provenance: bool = False
    """Its rows may carry where they are from: it is a source that says so, or is above one."""
    description: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    meta: Mapping[str, object] = field(factory=dict)
    keys: tuple[str, ...] = ()
    """Columns that identify a row."""
    merges_by: tuple[str, ...] = ()
    """Columns by which its new rows are merged into those that it has; none: it has only these."""
    time_column: str | None = None
    """The column that says when."""
    timezone: str | None = None
    """The zone of its times that say none, where it names one."""
    schedule: Schedule | None = None
    """When it is due by itself; None: where nodes that it reads, or that read it, are."""
    tracking: Tracking | None = None
    """How its rows lie in time, where it remembers which ranges of it it has processed."""
    freshness: Freshness | None = None
    """How old its rows may be."""
    layer: str | None = None
    domain: str | None = None
    business_purpose: str | None = None
    engine: str | None = None
    params: Mapping[str, object] = field(factory=dict)
    volatile: str | None = None
    """Why the node runs each time (``now()``), or None when it does not."""
    time_dependent: Literal["date"] | None = None
    """``date`` when the node reads today's date, which is then part of its fingerprint."""
    files: tuple[str, ...] = ()
    """Files that a Python node declares to read."""
    env: tuple[str, ...] = ()
    """Environment variables that a Python node declares to read."""
    notes: Mapping[str, str] = field(factory=dict)
    """A hash for each key that says nothing of the rows, so that a plan can name what changed."""
    does: Does = "computes"
    """What a run does with a node of its kind."""
    rows_of_body: bool = False
    """Whether its rows are just those of its SQL or function, as its kind says."""
    from_earlier: bool = False
    """Whether its kind makes its rows from those that it has, and never starts over."""
    marks: Marks | None = field(default=None, eq=False, repr=False)
    """Where its keys stand; known while files are read, and not of a node from the cache."""

    def place(self, *path: str | int) -> Location:
        """Where the value at a path of its keys begins, or the nearest around it that is known."""
        found = self.marks.value(*path) if self.marks is not None else self.location
        return found if found.line else self.location

    @property
    def runs_elsewhere(self) -> bool:
        """Whether its SQL runs on another engine than DuckDB."""
        return self.engine not in (None, "duckdb")

    @property
    def options(self) -> object:
        """What its own keys say: an instance of its kind's options class."""
        return value_of(self._options)

    @property
    def kind(self) -> str:
        return self.id.kind

    @property
    def name(self) -> str:
        return self.id.name

    @property
    def goes_on(self) -> bool:
        """Whether its rows follow from those that it has, as well as from its inputs."""
        return bool(self.merges_by) or self.from_earlier

    @property
    def increment(self) -> Node:
        """The node as it is run once it has rows that new ones are merged into."""
        if self.sql is None or self.sql.incremental is None:
            return self
        return evolve(self, sql=self.sql.incremental)

    @property
    def with_itself(self) -> Node:
        """The node with itself as an input, where its SQL reads the rows that it has."""
        if self.sql is None or not self.sql.reads_itself:
            return self
        return evolve(self, inputs=(*self.inputs, Input(ref=self.id)))

    @property
    def queries(self) -> tuple[Node, ...]:
        """The node with its SQL, and with that which is run once it has rows, where it differs."""
        return (self,) if self.increment is self else (self, self.increment)

    @property
    def parents(self) -> tuple[NodeId, ...]:
        """The nodes of which its rows are made."""
        return tuple(dict.fromkeys(each.ref for each in self.inputs if not each.for_audits))

    @property
    def waits_for(self) -> tuple[NodeId, ...]:
        """Its parents, and the nodes that its audits look at."""
        return tuple(dict.fromkeys(entry.ref for entry in self.inputs))
