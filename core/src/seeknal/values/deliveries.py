"""What targets got, hold and are owed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.values.faults import Fault
    from seeknal.values.relations import Relation
    from seeknal.values.snapshot import Artifact
    from seeknal.values.tracking import Spans


@frozen(kw_only=True)
class Span:
    """The time that a delivered batch replaced, its ends included, and the output that it was.

    The ends are texts that the time column's type is read from. All is empty for the moment at
    which seeknal made the table: nothing was in it before.
    """

    output_id: str = ""
    start: str = ""
    end: str = ""
    number: int = 0
    """That of the batch."""


@frozen(kw_only=True)
class Extent:
    """Where rows lie in time: those of which ``column``, of DuckDB's ``type``, is in the spans.

    A DATE counts as midnight of ``timezone``, a TIMESTAMP without a zone as one in UTC.
    """

    column: str
    type: str
    timezone: str = "UTC"
    spans: Spans = ()


@frozen(kw_only=True)
class Delivery:
    """What is known of one node's delivery to one target: the newest that it was handed.

    ``number`` counts the batches of a target that accumulates; it is 0 for others.
    ``label`` is what people call the target, ``detail`` what it said of this delivery.
    """

    key: str
    status: Literal["delivered", "owed", "dropped"]
    output_id: str
    delivery_id: str
    rows: int = 0
    label: str = ""
    detail: str = ""
    error: Fault | None = None
    at: str = ""
    environment: str = PRODUCTION
    """Whose target it is: an environment takes over what it has not changed."""
    undoes: tuple[Span, ...] = ()
    """What a rollback puts back to what it was; until that is done."""
    back: tuple[Span, ...] = ()
    """What `spans` are once that is done."""
    place: str = ""
    site: str = ""
    mode: str = ""
    number: int = 0
    away: bool = False
    """Of a target that is replaced as a whole: it was left out since, and is written again."""
    refused: bool = False
    """The target will not take these rows as they are, however often they are sent."""
    holds_as: str = ""
    """Of a target that accumulates: the id of the delivery that it was written by last."""
    held: tuple[Artifact, ...] = ()
    """Of an append target: the batch that it took last, and those that a rollback left in it."""
    recalled: tuple[Owed, ...] = ()
    """Of an append target: batches that a rollback took back while they were owed.

    A run that was killed may have delivered them: under their ids the target knows.
    """
    spans: tuple[Span, ...] = ()
    """Of an incremental_by_time target: what its rows come from, in order; later ones replace.

    Where the first is not the making of the table, there may be other rows.
    """
    extents: tuple[Extent, ...] = ()
    """Of a target that is brought to an output by range: all that may be rows of its node's.

    The last is by the column that says the time now; earlier ones are of definitions before.
    """
    stale: Spans = ()
    """Of the last extent: where the target may hold other rows than ``output_id`` has."""
    line: tuple[str, ...] = ()
    """Of rows that go on from earlier ones: their beginning, and the outputs until them."""

    @property
    def order(self) -> tuple[str, ...]:
        """Sorts deliveries by age: an id begins with the microsecond in which its run did."""
        return self.delivery_id[:21], self.at, self.delivery_id


@frozen(kw_only=True)
class Owed:
    """A batch that a target which accumulates has yet to get, and its rows.

    ``definition`` and ``inputs`` say what they were computed by and from. ``passed``: later
    batches went before it, so that only the user may say that it is sent. ``taken``: the target
    had it, and a rollback that has not ended took it out or was about to.
    """

    delivery: Delivery
    artifact: Artifact
    definition: str = ""
    inputs: str = ""
    passed: bool = False
    taken: bool = False


@frozen(kw_only=True)
class Account:
    """What the targets of a node in one environment hold and are owed.

    It outlives the node's outputs, which can be rebuilt: this cannot.
    """

    deliveries: Mapping[str, Delivery] = field(factory=dict)
    backlog: tuple[Owed, ...] = ()


@frozen(kw_only=True)
class Delivered:
    """What a target plugin did: the rows it wrote and what a reader wants to know."""

    rows: int
    detail: str = ""
    created: bool = False
    """There was no table before it, so that no other rows are there."""
    wrote: bool = True
    """False where there was nothing to write: the table is as the delivery before left it."""
    span: Span | None = None
    """The time that it replaced."""
    proof: str = ""
    """What tells later that the target holds this delivery, where it keeps no record itself."""


@frozen(kw_only=True)
class Kept:
    """What a table's rows in a span come from; ``relation`` is None where they are gone."""

    span: Span
    relation: Relation | None = None


@frozen(kw_only=True)
class Undone:
    """What a rollback puts right: the spans, and what their rows are to come from, in order."""

    spans: tuple[Span, ...]
    kept: tuple[Kept, ...]
