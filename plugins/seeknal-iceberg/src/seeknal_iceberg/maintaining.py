"""Going back to a snapshot, and removing what no snapshot needs any more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.plugin import NodeError
from seeknal_iceberg.compacting import Compacted, compact, worth_compacting
from seeknal_iceberg.publishing import PREFIX
from seeknal_iceberg.referenced_files import named_files, orphans

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from seeknal_iceberg.workbench import Workbench


@frozen(kw_only=True)
class Retention:
    """What stays: the newest ``keep`` snapshots and those of the last ``days``.

    Files that nobody names stay for ``orphan_days``.
    """

    keep: int = 5
    days: float = 7
    orphan_days: float = 3
    compacts: bool = True


@frozen(kw_only=True)
class Maintained:
    """What was done, or would be."""

    compacted: Compacted = field(factory=Compacted)
    branches: int = 0
    snapshots: int = 0
    files: int = 0
    bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.compacted.before or self.branches or self.snapshots or self.files)


def roll_back(table: Table, snapshot: int) -> None:
    """Make ``snapshot`` the current one. Raises NodeError for one that is not there."""
    if table.snapshot_by_id(snapshot) is None:
        known = ", ".join(str(found.snapshot_id) for found in table.snapshots()[-5:])
        raise NodeError(
            f"there is no snapshot {snapshot}", code="SK1407", help=f"the newest: {known or 'none'}"
        )
    table.manage_snapshots().set_current_snapshot(snapshot_id=snapshot).commit()


def maintain(table: Table, retention: Retention, bench: Workbench) -> Maintained:
    """Compact, drop left branches, expire snapshots and remove files that nobody names."""
    compacted = compact(table, bench) if retention.compacts else Compacted()
    branches = _old_branches(table, retention)
    for branch in branches:
        table.manage_snapshots().remove_branch(branch).commit()
    table.refresh()
    snapshots, files, freed = expire(table, retention)
    for orphan in orphans(table, retention.orphan_days):
        table.io.delete(orphan.location)
        files, freed = files + 1, freed + orphan.size
    return Maintained(
        compacted=compacted,
        branches=len(branches),
        snapshots=snapshots,
        files=files,
        bytes=freed,
    )


def would_maintain(table: Table, retention: Retention) -> Maintained:
    """What `maintain` would do; files that only expired snapshots name are not counted."""
    chosen = worth_compacting(table) if retention.compacts else []
    left = orphans(table, retention.orphan_days)
    return Maintained(
        compacted=Compacted(before=len(chosen)),
        branches=len(_old_branches(table, retention)),
        snapshots=len(_old_snapshots(table, retention)),
        files=len(left),
        bytes=sum(file.size for file in left),
    )


def expire(table: Table, retention: Retention) -> tuple[int, int, int]:
    """(snapshots, files, bytes) that were removed: old ones, but never the newest ``keep``.

    Branches and tags keep theirs. PyIceberg leaves the files behind: those that only expired
    snapshots name are removed here.
    """
    old = _old_snapshots(table, retention)
    if not old:
        return 0, 0, 0
    before = named_files(table)
    table.maintenance.expire_snapshots().by_ids(old).commit()
    after = named_files(table.refresh())
    # Metadata files are the catalog's: it drops the oldest itself when it is told to.
    log = {entry.metadata_file for entry in table.metadata.metadata_log}
    gone = {location: size for location, size in before.items() if location not in {*after, *log}}
    for location in gone:
        table.io.delete(location)
    return len(old), len(gone), sum(size or 0 for size in gone.values())


def _old_snapshots(table: Table, retention: Retention) -> list[int]:
    limit = (time.time() - retention.days * 86_400) * 1000
    ordered = sorted(table.snapshots(), key=lambda snapshot: snapshot.timestamp_ms)
    held = {ref.snapshot_id for ref in table.metadata.refs.values()}
    return [
        snapshot.snapshot_id
        for snapshot in (ordered[: -retention.keep] if retention.keep > 0 else ordered)
        if snapshot.timestamp_ms < limit and snapshot.snapshot_id not in held
    ]


def _old_branches(table: Table, retention: Retention) -> list[str]:
    """Branches of failed audits, kept to be looked at for as long as snapshots are."""
    limit = (time.time() - retention.days * 86_400) * 1000
    found = []
    for name in table.metadata.refs:
        snapshot = table.snapshot_by_name(name)
        if name.startswith(PREFIX) and (snapshot is None or snapshot.timestamp_ms < limit):
            found.append(name)
    return found
