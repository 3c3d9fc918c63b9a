"""What a table itself says of whether all of its rows are seeknal's, though its history expires."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

MADE, MADE_BY = "seeknal.made-by", "seeknal"
"""A property of tables that seeknal has made; those of others may be delivered to as well."""
ALONE = "seeknal.alone"
"""Of a snapshot: ``true`` where seeknal made the table and all of its rows, up to there."""
HOLDS = "seeknal.holds-delivery"
"""Of a compaction: the id of the delivery whose rows it has put together."""


def is_made(table: Table) -> bool:
    return table.metadata.properties.get(MADE) == MADE_BY


def is_alone(table: Table) -> bool:
    """Whether all that the table holds now is ours, by its newest snapshot."""
    head = table.current_snapshot()
    if not is_made(table):
        return False
    return head is None or told(head, ALONE) == "true"


def told(snapshot: Snapshot, key: str) -> str | None:
    return snapshot.summary[key] if snapshot.summary is not None else None
