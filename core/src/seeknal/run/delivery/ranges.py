"""What a target that is brought to its node's output by range is owed: the ranges that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.intervals.spans import common, overlapping, union
from seeknal.run.intervals.changes import changed_spans, spans_of
from seeknal.values.columns import Column
from seeknal.values.deliveries import Extent

if TYPE_CHECKING:
    from seeknal.values.deliveries import Account, Delivery
    from seeknal.values.relations import Relation
    from seeknal.values.snapshot import Artifact, Part
    from seeknal.values.tracking import Spans


@frozen(kw_only=True)
class Known:
    """What is on record of a target, and the parts of the output that it is of, if these are known.

    ``there``: nothing says that it holds anything else by now.
    """

    entry: Delivery | None = None
    output: Artifact | None = None
    there: bool = True


@frozen(kw_only=True)
class Current:
    """An output that targets are brought to: where it lies, and what of it they are owed.

    ``record`` puts on record what targets are owed. ``run_id``: the run that delivers.
    """

    extent: Extent
    rows_of: Callable[[Delivery], Relation]
    record: Callable[[Account], None]
    run_id: str


def owed_by_range(owed: Delivery, known: Known, now: Artifact, fresh: str) -> Delivery:
    """``owed`` with the ranges in which the target may not hold ``now``; delivered without any.

    Where it is not known what the target holds, these are all that it has ever been given and
    all of ``now``. ``fresh`` is an id for what has not been attempted before: a target does not
    take two deliveries of one.
    """
    own, entry = extent_of(now), known.entry
    former = _former(known)
    mine = [extent.spans for extent in former if _alike(extent, own)]
    others = tuple(extent for extent in former if not _alike(extent, own))
    for spans in mine:
        own = evolve(own, spans=union(own.spans, spans))
    stale = own.spans
    if entry is not None and known.there and known.output is not None and not others:
        stale = union(entry.stale, changed_spans(known.output, now))
        if entry.status == "delivered" and not stale:
            return brought(evolve(entry, output_id=owed.output_id, rows=0, detail=""), now)
    found = evolve(owed, delivery_id=_unused(fresh, entry), extents=(*others, own), stale=stale)
    if entry is not None and _is_same(entry, found):
        # Whether it has arrived or not: the target is asked.
        return evolve(found, delivery_id=entry.delivery_id)
    return found


def _is_same(one: Delivery, other: Delivery) -> bool:
    """Whether both write the same rows to the same ranges."""
    first, second = (
        (entry.status, entry.output_id, entry.extents, entry.stale) for entry in (one, other)
    )
    return first == second


def brought(delivery: Delivery, now: Artifact) -> Delivery:
    """What is known of a target that holds an output as a whole."""
    return evolve(delivery, extents=(extent_of(now),), stale=())


def extent_of(artifact: Artifact) -> Extent:
    """Where the rows of an output that is made of parts lie in time."""
    name = artifact.time_column
    named = (entry for entry in artifact.columns if entry.name.lower() == name.lower())
    # Without any part, its columns may not be known yet.
    column = next(named, Column(name, ""))
    return Extent(
        column=column.name,
        type=column.type,
        timezone=artifact.timezone,
        spans=spans_of(artifact),
    )


def replaced_by(owed: Delivery) -> tuple[Extent, ...]:
    """Where a delivery replaces the rows of its target."""
    *former, own = owed.extents
    return (*former, evolve(own, spans=owed.stale))


def is_partial(owed: Delivery) -> bool:
    """Whether a delivery replaces only a part of what its target is to hold."""
    return owed.stale != owed.extents[-1].spans


def as_a_whole(owed: Delivery, fresh: str) -> Delivery:
    """``owed`` with all that its target is to hold, under an id that the target cannot know.

    ``fresh`` is an id for what has not been attempted before.
    """
    return evolve(owed, delivery_id=_unused(fresh, owed), stale=owed.extents[-1].spans)


def rows_within(artifact: Artifact, spans: Spans) -> Artifact:
    """What of an output lies in the spans; ``rows`` are -1 where nobody has counted them."""
    parts = tuple(cut for part in artifact.parts for cut in _cut(part, spans))
    counted = all(part.rows >= 0 for part in parts)
    return evolve(artifact, parts=parts, rows=sum(part.rows for part in parts) if counted else -1)


def _cut(part: Part, spans: Spans) -> Iterator[Part]:
    for start, end in common(overlapping(spans, (part.start, part.end)), ((part.start, part.end),)):
        if (start, end) == (part.start, part.end):
            yield part
        else:
            rows = -1 if part.path else 0
            yield evolve(part, start=start, end=end, whole=False, rows=rows)


def _former(known: Known) -> tuple[Extent, ...]:
    """Where the target may hold rows of its node's by what is on record."""
    if known.entry is None:
        return ()
    if known.entry.extents:
        return known.entry.extents
    return (extent_of(known.output),) if known.output is not None else ()


def _alike(one: Extent, other: Extent) -> bool:
    """Whether both tell the same rows by the same moments."""
    return evolve(one, spans=()) == evolve(other, spans=())


def _unused(fresh: str, entry: Delivery | None) -> str:
    """An id that the delivery on record does not have, nor one before it of the same run."""
    if entry is None or not entry.delivery_id.startswith(fresh):
        return fresh
    number = entry.delivery_id.removeprefix(fresh).lstrip("/")
    return f"{fresh}/{int(number or 1) + 1}"
