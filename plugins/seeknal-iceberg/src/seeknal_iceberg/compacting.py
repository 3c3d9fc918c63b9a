"""Many small files, and files whose rows are deleted one by one, become few whole ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_iceberg.committing import Changes, commit
from seeknal_iceberg.counting import check_kept
from seeknal_iceberg.files import Layout, remove_files, removed_unless_kept, write_files
from seeknal_iceberg.ownership import ALONE, HOLDS, told
from seeknal_iceberg.partitions import check_parts_are_exact
from seeknal_iceberg.scanning import brought_here, deleted_rows, scan_of_files

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask, Table

    from seeknal_iceberg.workbench import Workbench

SMALL = 0.5
"""Of the size that files of the table should have: below it a file is worth joining to others."""

ENOUGH = 4
"""So many small files in a partition make it worth the work."""

DELETED = 0.1
"""The part of a partition's rows from which on their deletes cost readers too much."""


@frozen(kw_only=True)
class Compacted:
    before: int = 0
    after: int = 0


def worth_compacting(table: Table) -> list[FileScanTask]:
    """The files that fewer should take the place of."""
    layout = Layout.of(table.metadata, table.io)
    groups: dict[tuple[int, str], list[FileScanTask]] = {}
    for task in table.scan().plan_files():
        groups.setdefault((task.file.spec_id, repr(task.file.partition)), []).append(task)
    return [task for tasks in groups.values() for task in _chosen(tasks, layout)]


def _chosen(tasks: Sequence[FileScanTask], layout: Layout) -> list[FileScanTask]:
    small = [task for task in tasks if task.file.file_size_in_bytes < layout.file_size * SMALL]
    deletes = {file.file_path: file for task in tasks for file in task.delete_files}
    deleted = sum(file.record_count for file in deletes.values())
    crowded = deleted > DELETED * sum(task.file.record_count for task in tasks)
    cut = [task for task in tasks if task.delete_files] if crowded else []
    joined = small if len(small) >= ENOUGH else []
    # By path: that a file is small and has deletes are two reasons for one rewrite.
    return list({task.file.file_path: task for task in [*joined, *cut]}.values())


def compact(table: Table, bench: Workbench) -> Compacted:
    """Rewrite what is worth it, in one commit that changes no row.

    Raises CommitFailedException when somebody else committed meanwhile; nothing is lost then.
    """
    from pyiceberg.table.snapshots import Operation

    chosen = worth_compacting(table)
    if not chosen:
        return Compacted()
    table.metadata.properties["commit.retry.num-retries"] = "0"
    layout = Layout.of(table.metadata, table.io)
    tasks = list(table.scan().plan_files())
    check_parts_are_exact(tasks, layout.fields)
    added = _rewrite(table, chosen, layout, bench)
    gone = {task.file.file_path for task in chosen}
    kept = [task for task in tasks if task.file.file_path not in gone]
    changes = Changes(added=added, gone=chosen, kept=kept)
    try:
        properties = {"seeknal.mode": "compaction", **_carried(table)}
        commit(table.transaction(), changes, properties, operation=Operation.REPLACE)
    except Exception:
        remove_files(table.io, added)
        raise
    return Compacted(before=len(chosen), after=len(added))


def _carried(table: Table) -> dict[str, str]:
    """What stays true of the rows that are put together, and has to be said by whoever is last."""
    head = table.current_snapshot()
    if head is None:
        return {}
    known = {
        ALONE: told(head, ALONE),
        HOLDS: told(head, "seeknal.delivery-id") or told(head, HOLDS),
    }
    return {key: value for key, value in known.items() if value}


def _rewrite(
    table: Table, chosen: Sequence[FileScanTask], layout: Layout, bench: Workbench
) -> list[DataFile]:
    files = brought_here(table.io, chosen, bench)
    rows = scan_of_files(files, layout.fields, bench)
    names = [field.name for field in layout.schema.fields]
    written = write_files(layout, rows, names, "", bench)
    removed = deleted_rows(files, layout.fields, bench)
    with removed_unless_kept(layout, written):
        check_kept(files, removed, written, layout.fields, bench)
    return written
