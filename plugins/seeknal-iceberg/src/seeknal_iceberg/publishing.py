"""Write-audit-publish: rows go to a branch, and to readers once the audits have passed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyiceberg.table.refs import MAIN_BRANCH

from seeknal.plugin import Column, NodeError, Relation, RowsRefused
from seeknal_iceberg.resolving import Fields
from seeknal_iceberg.scanning import brought_here, scan_of_files
from seeknal_iceberg.types import duckdb_type

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from seeknal.plugin import DeliveryContext, NodeId

PREFIX = "seeknal_audit_"


def audit_branch(delivery: str) -> str:
    """The branch of a delivery; a retry has the same."""
    from hashlib import sha256

    return PREFIX + sha256(delivery.encode()).hexdigest()[:12]


def begin_branch(table: Table, delivery: str) -> str:
    """The branch that rows go to, which starts where the table is now.

    An empty table has no branches and needs none: all that it would hold was audited as the
    node's own rows.
    """
    branch = audit_branch(delivery)
    drop_branch(table, branch)
    head = table.current_snapshot()
    if head is None:
        return MAIN_BRANCH
    table.manage_snapshots().create_branch(head.snapshot_id, branch).commit()
    return branch


def drop_branch(table: Table, branch: str) -> None:
    """Remove a branch of `audit_branch`, if it is there."""
    if branch.startswith(PREFIX) and branch in table.metadata.refs:
        table.manage_snapshots().remove_branch(branch).commit()


def publish(table: Table, branch: str, node: NodeId, context: DeliveryContext) -> None:
    """Audit what the table would hold and make it what the table holds.

    Raises DeliveryError, and leaves the branch to be looked at, when an audit fails;
    CommitFailedException when the table was changed since the branch began.
    """
    from pyiceberg.exceptions import CommitFailedException

    head = table.current_snapshot()
    try:
        context.audit(_relation(table, branch, node, context))
    except NodeError as error:
        raise RowsRefused(
            f"{error.message}; the table is unchanged, and branch {branch} has the rows",
            code="SK1448",
            help=error.help,
        ) from error
    # Others may have committed since: what was audited is not what would be published.
    table.refresh()
    if table.current_snapshot() != head or not _follows(table, branch):
        drop_branch(table, branch)
        raise CommitFailedException("the table was changed while its branch was audited")
    table.manage_snapshots().set_current_snapshot(ref_name=branch).remove_branch(branch).commit()


def _follows(table: Table, branch: str) -> bool:
    """Whether the branch is the table's current snapshot and one more."""
    head, found = table.current_snapshot(), table.snapshot_by_name(branch)
    return bool(head and found and found.parent_snapshot_id == head.snapshot_id)


def _relation(table: Table, branch: str, node: NodeId, context: DeliveryContext) -> Relation:
    snapshot = table.snapshot_by_name(branch)
    tasks = table.scan(snapshot_id=snapshot.snapshot_id if snapshot else None).plan_files()
    files = brought_here(table.io, tasks, context)
    rows = scan_of_files(files, Fields.of(table.metadata), context)
    columns = tuple(
        Column(name=field.name, type=duckdb_type(field.field_type))
        for field in table.schema().fields
    )
    count = context.duckdb.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0]
    return Relation(node=node, scan=rows, columns=columns, rows=count)
