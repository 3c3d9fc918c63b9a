"""What is stored of a node, and what its reuse depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.values.digests import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seeknal.values.audits import AuditResult
    from seeknal.values.columns import Column
    from seeknal.values.deliveries import Account, Delivery, Owed
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.tracking import Covered, Spans


@frozen(kw_only=True)
class Fingerprint:
    """What a node is, in three hashes (hex text). ``notes`` only say which keys ``config`` is of.

    ``content``: what changes its rows. ``config``: what does not (description, tags, audits,
    targets). ``upstream``: its parents' content, in order.
    """

    content: str
    config: str
    upstream: str
    notes: Mapping[str, str] = field(factory=dict, eq=False)

    @property
    def of_rows(self) -> tuple[str, str]:
        """What rows follow from: equal where they are of one definition over equal ones."""
        return self.content, self.upstream

    @property
    def short(self) -> str:
        """Content and upstream together, short enough for a file name."""
        return digest(self.content, self.upstream)[:16]


@frozen(kw_only=True)
class Part:
    """The rows of a tracked node of one span of time, and what they were computed by and from.

    ``start`` and ``end`` are seconds since 1970 UTC. ``path`` is relative to the project's
    ``target``, and empty where there are no rows; ``size``, ``sha256`` and ``stat`` are those of
    the file. ``rows`` are those of the span: ``whole`` says that the file holds no others.
    ``definition`` is the content hash of the node, ``inputs`` the output id of each input; None
    where they differ within the span. ``number`` tells which of several readings is newer.
    ``digest``: two sums over the rows of hashes of all columns, which add up over parts.
    ``columns`` are those of the file, where they may be others than the artifact's. ``wide``: it
    has integers as text, for some have more digits than a number that is stored.
    """

    start: int
    end: int
    path: str = ""
    size: int = 0
    sha256: str = ""
    rows: int = 0
    stat: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    whole: bool = True
    definition: str = ""
    inputs: Mapping[NodeId, str] | None = None
    number: int = 0
    digest: tuple[int, int] | None = None
    gaps: Spans = ()
    """Moments of the span that are not done; there are no rows of them."""
    columns: tuple[Column, ...] = ()
    wide: bool = False


@frozen(kw_only=True)
class Artifact:
    """One stored output: immutable Parquet that its hash vouches for.

    ``path`` is relative to the project's ``target``. ``stat`` is (size, mtime_ns, ctime_ns,
    inode, device) as last verified: while it holds, the hash is not taken again.

    The output of a tracked node is ``parts`` in the order of their time, of which no two overlap:
    ``path`` then only names it, ``size`` and ``rows`` are those of all, and ``sha256`` is a hash
    of what each part is.
    """

    path: str
    size: int
    sha256: str
    rows: int
    columns: tuple[Column, ...]
    stat: tuple[int, int, int, int, int]
    typed: bool = True
    """Readers get the types of ``columns``; what older versions stored came back as others."""
    time_column: str = ""
    """Of the output of a tracked node: the column by which its parts are told apart."""
    timezone: str = "UTC"
    """And the zone whose days its dates are."""
    parts: tuple[Part, ...] = ()

    @property
    def composed(self) -> bool:
        """Whether it is made of parts, of which there may be none, and is no file itself."""
        return bool(self.time_column)

    @property
    def files(self) -> tuple[str, ...]:
        """The files that hold its rows, each once; relative to the project's ``target``."""
        if not self.composed:
            return (self.path,)
        return tuple(dict.fromkeys(part.path for part in self.parts if part.path))

    @property
    def output_id(self) -> str:
        """Names the content: equal bytes are equal rows in equal order."""
        return self.sha256[:16]


@frozen(kw_only=True)
class View:
    """What a view stands for where it was defined; what the files say later does not count.

    ``sql`` is complete: templates are filled in, and inputs are named ``"kind"."name"``, which
    mean the nodes of the same environment. ``columns`` and ``location`` are those of its
    definition.
    """

    sql: str
    columns: tuple[Column, ...]
    location: Location
    run: str = ""
    """Of a volatile view: the run that defined it. What it gives is other rows in each."""


@frozen(kw_only=True)
class Merged:
    """How the rows of a node came about that are made from those that it had.

    ``into`` is the output id of those, empty where it began anew. ``times`` counts since then.
    ``earlier`` are the last outputs on the way, oldest first, each by a digest of the inputs that
    were merged then.
    """

    into: str = ""
    times: int = 0
    earlier: tuple[tuple[str, str], ...] = ()
    begun: str = ""
    """Names the beginning of rows that last: they are told by it from those of another one."""

    @property
    def lasting(self) -> bool:
        """Whether the node never starts over: no definition, and no environment's rows, replace
        what it has."""
        return bool(self.begun)

    def line(self, output: str) -> tuple[str, ...]:
        """What rows that last go on from, as ``output``: their beginning, and the outputs since.

        The last of these is themselves. Empty for rows that may start over.
        """
        if not self.lasting:
            return ()
        return (self.begun, *dict.fromkeys((*(id for _, id in self.earlier), output)))

    @property
    def told(self) -> str:
        """What that means for who reads the rows."""
        if self.lasting:
            runs = "one run" if not self.times else f"{self.times + 1:,} runs"
            return f"its rows are of {runs}: its inputs as they are do not say what they are"
        times = "once" if self.times == 1 else f"{self.times:,} times"
        done = f"merged into earlier ones {times}" if self.times else "merged into none yet"
        return f"new rows were {done}: its inputs as they are do not say what its rows are"


FORWARD_ONLY = "rows of an earlier definition were kept (--forward-only)"


@frozen(kw_only=True)
class Snapshot:
    """A node's current output in an environment, and all that its reuse depends on.

    ``inputs`` maps each parent to the output id that was read. A view has no artifact but a
    ``view``; its ``output_id`` is derived from its definition and inputs.
    """

    node: NodeId
    fingerprint: Fingerprint
    inputs: Mapping[NodeId, str]
    output_id: str
    artifact: Artifact | None = None
    source_version: object = None
    audits: tuple[AuditResult, ...] = ()
    audits_key: str = ""
    """Hash of the audits that ``audits`` answers."""
    failing: bool = False
    """An error-severity audit fails on the current rows: they are not delivered or read."""
    deliveries: Mapping[str, Delivery] = field(factory=dict)
    backlog: tuple[Owed, ...] = ()
    """The batches that targets which accumulate are owed, oldest first."""
    run_id: str = ""
    finished_at: str = ""
    first_run: str = ""
    """Of rows that were computed again and came out the same: the run that made them first."""
    first_at: str = ""
    """And when that was."""
    layer: str | None = None
    """The layer that its rows are of, empty for none; None where that is not on record."""
    seconds: float = 0.0
    dated: str | None = None
    """The definition, when its rows hold for one day only."""
    query: str | None = None
    """The SQL that a Python node's rows are, where its function only put queries together."""
    untraced: str | None = None
    """Why no such SQL is known of a Python node."""
    delivers: bool = False
    """The node has targets."""
    forward_only: bool = False
    """Rows of an earlier definition that were kept: they are not what this one computes."""
    view: View | None = None
    merged: Merged | None = None
    """Of a node whose rows are made from those that it had: how, as ``inputs`` do not say it."""
    covered: Covered | None = None
    """Of a tracked node: the moments that its rows are of."""
    unfinished: tuple[Part, ...] = ()
    """What is stored of a tracked node's newer definition, which is shown once all of it is."""

    @property
    def note(self) -> str | None:
        """What who reads its rows has to know, where its inputs alone do not tell what they are."""
        if self.merged is not None:
            return self.merged.told
        return FORWARD_ONLY if self.forward_only else None

    @property
    def columns(self) -> tuple[Column, ...] | None:
        """Those of its output, stored or not; None for a node without rows."""
        if self.artifact is not None:
            return self.artifact.columns
        return self.view.columns if self.view else None

    def layer_among(self, defined: str | None) -> str | None:
        """The layer of its rows, which is the ``defined`` one where none is on record."""
        return defined if self.layer is None else self.layer or None

    @property
    def made_by(self) -> str:
        """The run that made its rows, whichever has found since that they are the same."""
        return self.first_run or self.run_id

    @property
    def made_at(self) -> str:
        """When its rows were made, by that run."""
        return self.first_at or self.finished_at

    @property
    def files(self) -> Iterator[str]:
        """All that is stored of it or owed, also more than once; relative to ``target``."""
        if self.artifact is not None:
            yield from self.artifact.files
        for owed in self.backlog:
            yield from owed.artifact.files
        for part in self.unfinished:
            if part.path:
                yield part.path

    @property
    def account(self) -> Account:
        """What its node's targets hold and are owed."""
        from seeknal.values.deliveries import Account

        return Account(deliveries=self.deliveries, backlog=self.backlog)

    def with_account(self, account: Account) -> Snapshot:
        """The same output, of which targets hold and are owed something else."""
        return evolve(self, deliveries=account.deliveries, backlog=account.backlog)
