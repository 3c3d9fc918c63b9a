"""Going back to a snapshot, and removing what no snapshot needs any more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from seeknal.plugin import NodeError

if TYPE_CHECKING:
    from pyiceberg.table import Table


def roll_back(table: Table, snapshot: int) -> None:
    """Make ``snapshot`` the current one. Raises NodeError for one that is not there."""
    if table.snapshot_by_id(snapshot) is None:
        known = ", ".join(str(found.snapshot_id) for found in table.snapshots()[-5:])
        raise NodeError(
            f"there is no snapshot {snapshot}", code="SK1407", help=f"the newest: {known or 'none'}"
        )
    table.manage_snapshots().set_current_snapshot(snapshot_id=snapshot).commit()


def expire(table: Table, keep: int, days: float) -> tuple[int, int]:
    """(snapshots, data files) that were removed: old ones, but never the newest ``keep``.

    Branches and tags keep theirs. PyIceberg leaves the files behind: those that only expired
    snapshots name are removed here.
    """
    limit = (time.time() - days * 86_400) * 1000
    ordered = sorted(table.snapshots(), key=lambda snapshot: snapshot.timestamp_ms)
    held = {ref.snapshot_id for ref in table.metadata.refs.values()}
    old = [
        snapshot.snapshot_id
        for snapshot in (ordered[:-keep] if keep > 0 else ordered)
        if snapshot.timestamp_ms < limit and snapshot.snapshot_id not in held
    ]
    if not old:
        return 0, 0
    before = files_of(table)
    table.maintenance.expire_snapshots().by_ids(old).commit()
    gone = before - files_of(table.refresh())
    for location in gone:
        table.io.delete(location)
    return len(old), len(gone)


def files_of(table: Table) -> set[str]:
    """Locations of every data file that a snapshot of the table names."""
    found = set()
    for snapshot in table.snapshots():
        for manifest in snapshot.manifests(table.io):
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                found.add(entry.data_file.file_path)
    return found
