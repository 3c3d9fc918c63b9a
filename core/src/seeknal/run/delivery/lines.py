"""Rows that go on from earlier ones, at the places where they are delivered.

A place that holds such rows is not given others that would leave some of them behind: those of
another beginning, or of a line that has gone back behind what the place has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.values.errors import RowsRefused
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from seeknal.state.destinations import Destination, Destinations
    from seeknal.values.deliveries import Delivery
    from seeknal.values.errors import TargetStands
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.targets import Target

Line = tuple[str, ...]
_MOST = 8
"""Outputs of which a place may hold any, after attempts that nobody has told the end of."""


def left_behind_by(
    owed: Delivery, target: Target, places: Iterable[Destination], sharing: Collection[NodeId]
) -> Destination | None:
    """The one of a target's places that has rows which a delivery would leave behind, if any.

    What the nodes that are ``sharing`` the place bring on is left to them.
    """
    if not _concerns(owed, target):
        return None
    for place in places:
        # What a deleted environment left may be replaced, but stays beside nothing.
        if place.orphaned and not target.accumulates:
            continue
        own = place.lines.get(target.node)
        # Beside its own rows those of a node that has shared the place stay as they are.
        lines = [line for node, line in place.lines.items() if node not in sharing]
        lines = [own] if own else lines
        if any(not _goes_on(owed.line, line, target) for line in lines):
            return place
    return None


def is_unknown(owed: Delivery, target: Target, places: Sequence[Destination]) -> bool:
    """Whether nothing is on record of the place of rows that go on from earlier ones.

    What an environment replaces as a whole, it may have left there before.
    """
    if not _concerns(owed, target) or places:
        return False
    return target.accumulates or owed.environment == PRODUCTION


def _concerns(owed: Delivery, target: Target) -> bool:
    """Whether rows that go on from earlier ones come to a target that may lose some of them."""
    return bool(owed.line) and target.mode != "append" and not target.by_range


def _goes_on(line: Line, held: Line, target: Target) -> bool:
    """Whether the rows of a line leave none of those behind that a target holds of another.

    A target that is replaced as a whole goes back where a rollback does.
    """
    if line[0] == held[0] and not target.accumulates:
        return True
    return {*held[1:]} <= {*line[1:]}


def places_of(
    target: Target, landing: Destination, known: Iterable[Destination]
) -> Iterator[Destination]:
    """What is on record of the place where a target lands, under all of its names."""
    for place in known:
        here = place.environment == landing.environment
        if here and (place.key == landing.key or place.place in target.places):
            yield place


def sharing(target: Target, nodes: Mapping[NodeId, Node]) -> frozenset[NodeId]:
    """The other nodes that deliver to a target's place."""
    return frozenset(
        id
        for id, node in nodes.items()
        if id != target.node and any(map(target.shares_place, node.targets))
    )


def attempting(place: Destination, owed: Delivery) -> Destination:
    """``place`` once it may hold what is owed beside what it held."""
    if not owed.line:
        return place
    begun, *outputs = place.lines.get(place.node, owed.line[:1])
    may = (begun, *dict.fromkeys((*outputs[1 - _MOST :], owed.line[-1])))
    return evolve(place, lines={**place.lines, place.node: may})


def back_at(place: Destination, output: str) -> Destination:
    """``place`` once it has the rows of an earlier output of its node's line again."""
    line = place.lines.get(place.node)
    return evolve(place, lines={**place.lines, place.node: (line[0], output)}) if line else place


def put_taken(
    destinations: Destinations,
    place: Destination,
    target: Target,
    owed: Delivery,
    sharing: Collection[NodeId],
) -> None:
    """Keep in mind that ``place`` has taken what was owed."""
    if not owed.line:
        # Of rows that may be made anew a target that accumulates has these beside others.
        lines = place.lines if target.accumulates or target.by_range else {}
        destinations.put(evolve(place, lines=lines))
        return
    for other in places_of(target, place, destinations.all().values()):
        if other.key != place.key and other.lines:
            destinations.put(evolve(other, lines=_of(other, sharing)))
    lines = {**_of(place, sharing), place.node: (owed.line[0], owed.line[-1])}
    destinations.put(evolve(place, lines=lines))


def _of(place: Destination, nodes: Collection[NodeId]) -> dict[str, Line]:
    return {id: line for id, line in place.lines.items() if id in nodes}


def refused(error: TargetStands, place: Destination | None, owed: Delivery) -> RowsRefused:
    """Why rows are not delivered to a place, and what lets them be; it is None where unknown."""
    if place is None:
        return RowsRefused(
            f"{error.message}, and nothing on record says that its rows are in these",
            code=error.code,
            help="put .seeknal/ and target/ back from a backup; or take it away, or name another"
            " one, and all rows are delivered",
        )
    at = f" of {place.at[:16].replace('T', ' ')} UTC" if place.at else ""
    there = f"{error.message}, with rows of {place.node}{at}"
    if any(line[0] == owed.line[0] for line in place.lines.values()):
        return RowsRefused(
            f"{there} that are no longer its: they would stay beside these",
            code=error.code,
            help="take it away, and all rows are delivered; or mode: full, which replaces them",
        )
    return RowsRefused(
        f"{there} that these do not go on from, and which nobody could make again",
        code=error.code,
        help="put target/ back from a backup, and give up with seeknal deliveries drop what is"
        " owed of the new beginning; or take it away, or name another one, and all rows are"
        " delivered",
    )
