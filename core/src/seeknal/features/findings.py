"""What is wrong with feature groups by themselves, and as features of given entities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.features.ambiguous import (
    differing,
    how_to_tell_apart,
    missing_created,
    several,
    told_columns,
)
from seeknal.features.clocks import ZONED, Moments, clock_of
from seeknal.features.wanted import Wanted
from seeknal.sql.quote import quote_literal
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    import duckdb

    from seeknal.features.groups import Group
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Snapshot


@frozen(kw_only=True)
class Finding:
    """One thing that is wrong: its ``name``, the group, what was found, and what to do.

    ``feature`` is the one that it is about, where it is about one.
    """

    name: str
    node: NodeId
    feature: str | None = None
    message: str
    help: str


def of_group(
    connection: duckdb.DuckDBPyConnection, group: Group, snapshot: Snapshot
) -> Iterator[Finding]:
    """What is wrong with a group's rows, whoever asks for them."""
    if missing := missing_created(connection, group):
        yield Finding(
            name="created-missing",
            node=group.node,
            message=f"{group.rows.created_time} is NULL in {missing:,} rows",
            help="fill it in the node: nobody knows from when on such rows were known",
        )
    whole = Wanted(group=group, features=group.rows.features)
    if several(connection, group) and (count := differing(connection, whole)):
        yield Finding(
            name="duplicate-rows",
            node=group.node,
            message=f"rows of the same {told_columns(group)} differ, {count:,} times",
            help=how_to_tell_apart(group),
        )
    yield from _from_the_future(connection, group, snapshot)
    yield from _own_zones(group)


def _own_zones(group: Group) -> Iterator[Finding]:
    types = {name: group.types[name] for name in group.rows.times}
    zoned = [name for name, type in types.items() if type == ZONED]
    plain = [name for name in types if name not in zoned]
    if zoned and plain and group.timezone is None:
        yield Finding(
            name="mixed-zones",
            node=group.node,
            message=f"{zoned[0]} has a zone, and {plain[0]} has none",
            help=f"say the zone of {plain[0]}: timezone: UTC",
        )


def _from_the_future(
    connection: duckdb.DuckDBPyConnection, group: Group, snapshot: Snapshot
) -> Iterator[Finding]:
    event = group.rows.event_time
    if event is None or not snapshot.made_at:
        return
    at = f"CAST({quote_literal(snapshot.made_at)} AS TIMESTAMP WITH TIME ZONE)"
    try:
        clock = clock_of(Moments(sql=at, type=ZONED, others="UTC"), group)
    except UsageError:
        return
    # A row of a day may be stored before that is over.
    day = " - INTERVAL 1 DAY" if group.types[event] == "DATE" else ""
    query = f"SELECT count(*) FROM {group.table} WHERE {clock.times[event]}{day} > {clock.moment}"
    ((count,),) = connection.execute(query).fetchall()
    if count:
        yield Finding(
            name="from-the-future",
            node=group.node,
            message=f"{event} of {count:,} rows is after the rows were stored"
            f" ({snapshot.made_at[:19].replace('T', ' ')} UTC)",
            help="let it say since when a row holds; times without a zone are UTC here unless"
            " timezone: says another",
        )


def same_zones(groups: Sequence[Group]) -> Iterator[Finding]:
    """Groups of which some have times with a zone, and others times whose zone nobody says."""
    zoned = [g for g in groups if ZONED in (g.types[name] for name in g.rows.times)]
    for group in groups:
        plain = group.rows.times and group not in zoned and group.timezone is None
        if zoned and plain:
            yield Finding(
                name="mixed-zones",
                node=group.node,
                message=f"its times have no zone, and those of {zoned[0].node} have one",
                help="say their zone: timezone: UTC",
            )
