"""Going back to the snapshot of an earlier delivery, while nobody else has written since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import DeliveryError, SeeknalError
from seeknal_iceberg.catalogs import open_catalog, options_of, said
from seeknal_iceberg.delivering import DELIVERY
from seeknal_iceberg.isolating import table_of

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

    from seeknal.plugin import Target, TargetContext
    from seeknal_iceberg.options import IcebergTarget


def roll_back(
    target: Target,
    options: IcebergTarget,
    delivered: str,
    wanted: str,
    context: TargetContext,
    going: Callable[[Sequence[str]], None],
) -> bool | None:
    """Make the snapshot of delivery ``wanted`` the table's current one, unless it is.

    ``going`` is told what goes before it does. None when there is no such table or snapshot.
    Raises DeliveryError when the table's head is not delivery ``delivered``, or another writer
    came between.
    """
    from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

    name = table_of(target, options, context)
    catalog = open_catalog(
        options_of(target.connection, context), name.catalog, context.project_root
    )
    try:
        table = catalog.load_table(name.identifier)
    except (NoSuchTableError, NoSuchNamespaceError):
        return None
    line = _line(table)
    found = next((snapshot for snapshot in line if _delivery(snapshot) == wanted), None)
    if found is not None and found is line[0]:
        return True
    if not line or _delivery(line[0]) != delivered:
        raise DeliveryError(f"somebody else has written to {name} since", code="SK1449")
    if found is None:
        return None
    between = line[: line.index(found)]
    ids = [id for snapshot in reversed(between) if (id := _delivery(snapshot))]
    if len(ids) < len(between):
        raise DeliveryError(f"somebody else has written to {name} in between", code="SK1449")
    going(ids)
    try:
        table.manage_snapshots().rollback_to_snapshot(found.snapshot_id).commit()
    except SeeknalError:
        raise
    except Exception as error:
        raise DeliveryError(f"{name}: {said(error)}", code="SK1441") from error
    return True


def _line(table: Table) -> list[Snapshot]:
    """The current snapshot and those that it came from, newest first."""
    from pyiceberg.table.snapshots import ancestors_of

    return list(ancestors_of(table.current_snapshot(), table.metadata))


def _delivery(snapshot: Snapshot) -> str | None:
    return snapshot.summary[DELIVERY] if snapshot.summary is not None else None
