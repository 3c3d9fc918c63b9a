"""One delivery: one commit, which the table's next snapshot names."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen
from pyiceberg.table.refs import MAIN_BRANCH

from seeknal.plugin import (
    Delivered,
    DeliveryContext,
    DeliveryError,
    Range,
    Relation,
    RowsRefused,
    SeeknalError,
    Target,
    TargetGone,
    TargetStands,
    rows_to_write,
    span_of,
)
from seeknal_iceberg.catalogs import (
    MAKING,
    TableName,
    open_catalog,
    options_of,
    told,
)
from seeknal_iceberg.committing import Changes, commit
from seeknal_iceberg.evolving import change_of, evolve_schema
from seeknal_iceberg.files import Layout, remove_files, write_files
from seeknal_iceberg.fitting import check_fit
from seeknal_iceberg.isolating import table_of
from seeknal_iceberg.options import IcebergTarget
from seeknal_iceberg.ownership import ALONE, MADE, MADE_BY, is_alone, is_made
from seeknal_iceberg.partitions import check_partitions, check_parts_are_exact, spec_of
from seeknal_iceberg.publishing import begin_branch, drop_branch, publish
from seeknal_iceberg.rewriting import (
    Rewritten,
    without_keys,
    without_partitions,
    without_ranges,
)
from seeknal_iceberg.sorting import sorted_by
from seeknal_iceberg.types import schema_of

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog as PyCatalog
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask, Table

ATTEMPTS = 8
DELIVERY = "seeknal.delivery-id"
OUTPUT = "seeknal.output-id"
NODE = "seeknal.node"
PROJECT = "seeknal.project"
ENVIRONMENT = "seeknal.environment"
_TOLD = 20
"""Ranges that a snapshot names."""

_ADDING = ("append", "upsert_by_key", "overwrite_partitions")
"""Modes that do nothing with no rows."""


@frozen(kw_only=True)
class Work:
    """A delivery as it was asked for."""

    target: Target
    options: IcebergTarget
    name: TableName
    relation: Relation
    context: DeliveryContext
    ranges: tuple[Range, ...] = ()

    @property
    def mode(self) -> str:
        return self.target.mode

    @property
    def private(self) -> frozenset[str]:
        """Columns whose values no message shows."""
        return self.context.pii(self.relation.node)

    @property
    def properties(self) -> dict[str, str]:
        """What the snapshot says of where it came from."""
        context = self.context
        found = {
            DELIVERY: context.delivery_id,
            OUTPUT: context.output_id,
            PROJECT: context.project,
            NODE: str(self.relation.node),
            ENVIRONMENT: context.environment,
            "seeknal.run-id": context.run_id,
            "seeknal.mode": self.mode,
        }
        if self.ranges:
            found["seeknal.range"] = _told(self.ranges)
        return found


def _told(ranges: Sequence[Range]) -> str:
    """The ranges for people, the first of many."""
    listed = [f"{entry.start} - {entry.end}" for entry in ranges[:_TOLD]]
    more = len(ranges) - len(listed)
    return ", ".join(listed) + (f" and {more:,} more" if more else "")


def deliver(
    target: Target, options: IcebergTarget, relation: Relation, context: DeliveryContext
) -> Delivered:
    """Write ``relation`` to its table. Raises DeliveryError or ConnectionFailed."""
    name = table_of(target, options, context)
    catalog = open_catalog(
        options_of(target.connection, context), name.catalog, context.project_root
    )
    found = rows_to_write(
        target,
        relation,
        context,
        keys=options.unique_keys,
        time_column=options.time_column,
        lookback=options.lookback,
    )
    if target.mode == "incremental_by_time" and not found.ranges:
        asked = context.partial or not context.recorded
        new = asked and not catalog.table_exists(name.identifier)
        if new and context.partial:
            raise _gone(name)
        return Delivered(rows=0, detail="no rows: nothing to replace", created=new, wrote=False)
    work = Work(
        target=target,
        options=options,
        name=name,
        relation=found.relation,
        context=context,
        ranges=found.ranges,
    )
    try:
        return evolve(_attempt_until_committed(work, catalog), span=span_of(work.ranges))
    except SeeknalError:
        raise
    except Exception as error:
        raise DeliveryError(f"{name}: {told(error, work.private)}", code="SK1441") from error


def _gone(name: TableName) -> TargetGone:
    return TargetGone(f"there is no table {name} any more")


def _attempt_until_committed(work: Work, catalog: PyCatalog) -> Delivered:
    """Try until nobody else commits in between; each time on what is there then."""
    from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException

    for attempt in range(ATTEMPTS):
        try:
            return _attempt(work, catalog)
        except CommitFailedException as error:
            if attempt + 1 == ATTEMPTS:
                raise DeliveryError(
                    f"{work.name} was changed by others {ATTEMPTS} times in a row",
                    code="SK1442",
                    help="run again when they have ended",
                ) from error
            time.sleep(random.uniform(0, 0.1 * 2**attempt))
        except (CommitStateUnknownException, OSError) as error:
            # The answer was lost: the table itself knows whether the commit was made.
            found = _delivered(catalog.load_table(work.name.identifier), work)
            if found is not None:
                return Delivered(rows=found, detail="the answer was lost after it was committed")
            raise DeliveryError(
                f"{work.name}: {told(error, work.private)}", code="SK1441"
            ) from error
    raise AssertionError("unreachable")


def _attempt(work: Work, catalog: PyCatalog) -> Delivered:
    table, created = _open_table(work, catalog)
    before = _delivered(table, work)
    if before is not None:
        return Delivered(rows=before, detail="was delivered before")
    if not created and work.context.anew:
        raise TargetStands(f"there is a table {work.name}")
    if _is_there(table, work):
        return Delivered(rows=0, detail="was delivered already")
    if not created and not work.relation.rows and work.mode in _ADDING:
        return Delivered(rows=0, detail="no rows", wrote=False)
    # A commit that lost its race is made again from the start, never merged unseen.
    table.metadata.properties["commit.retry.num-retries"] = "0"
    change = change_of(
        table.schema(), work.relation.columns, replacing=work.mode == "full" and not created
    )
    if change and work.options.schema_change == "fail":
        raise RowsRefused(
            f"{work.name} does not fit the rows: {change}",
            code="SK1433",
            help="schema_change: evolve lets the table follow",
        )
    branch = begin_branch(table, work.context.delivery_id) if work.options.wap else MAIN_BRANCH
    transaction = table.transaction()
    if change:
        evolve_schema(transaction, change)
    layout = evolve(Layout.of(transaction.table_metadata, table.io), private=work.private)
    if not created:
        check_fit(work.relation, layout.schema, work.context, work.private)
    changes = _write_changes(work, table, layout)
    if not changes and not change and not created:
        drop_branch(table, branch)
        return Delivered(rows=0, detail="nothing changed", wrote=False)
    try:
        commit(transaction, changes, {**work.properties, **_alone(table, work)}, branch)
    except BaseException:
        if not isinstance(_safe_delivered(catalog, work, branch), int):
            remove_files(table.io, changes.written)
        raise
    if branch != MAIN_BRANCH:
        publish(catalog.load_table(work.name.identifier), branch, work.relation.node, work.context)
    detail = f"Created table {work.name}" if created else f"schema: {change}" if change else ""
    return Delivered(rows=changes.rows, detail=detail, created=created)


def _alone(table: Table, work: Work) -> dict[str, str]:
    """What the snapshot says of whose rows there are: those of before stay in all modes but one."""
    alone = is_made(table) if work.mode == "full" else is_alone(table)
    return {ALONE: "true"} if alone else {}


def _safe_delivered(catalog: PyCatalog, work: Work, branch: str) -> int | None:
    """Whether the commit was made after all; when that cannot be asked, it may have been."""
    try:
        return _delivered(catalog.load_table(work.name.identifier), work, branch)
    except Exception:
        return 0


def _write_changes(work: Work, table: Table, layout: Layout) -> Changes:
    """Write the files that come; gives these and those that go, falsy for no change."""
    rows, options = work.relation, work.options
    if work.mode == "append":
        return _write_change(work, layout, Rewritten(changed=rows.scan)) if rows.rows else Changes()
    tasks = list(table.scan().plan_files())
    check_parts_are_exact(tasks, layout.fields, layout.private)
    found: Rewritten | None
    if work.mode == "full":
        found = Rewritten(gone=tasks)
    elif work.mode == "incremental_by_time":
        found = without_ranges(work.ranges, table, layout, tasks, work.context)
    elif work.mode == "overwrite_partitions":
        found = without_partitions(rows, layout, tasks, work.context)
    else:
        found = without_keys(options.unique_keys, rows, table, layout, tasks, work.context)
    return Changes() if found is None else _write_change(work, layout, found, tasks)


def _write_change(
    work: Work, layout: Layout, found: Rewritten, tasks: Sequence[FileScanTask] = ()
) -> Changes:
    gone = {task.file.file_path for task in found.gone}
    return Changes(
        added=[*found.kept, *_write_data_files(work, layout, found.changed or work.relation.scan)],
        gone=found.gone,
        deletes=found.deletes,
        kept=[task for task in tasks if task.file.file_path not in gone],
        rows=work.relation.rows,
    )


def _write_data_files(work: Work, layout: Layout, rows: str) -> list[DataFile]:
    keys = work.options.sort_by
    order = (
        f" ORDER BY {', '.join(sorted_by(key, work.relation.names) for key in keys)}"
        if keys
        else ""
    )
    return write_files(layout, rows, work.relation.names, order, work.context)


def _delivered(table: Table, work: Work, branch: str = MAIN_BRANCH) -> int | None:
    """How many rows this very delivery wrote, when the branch's history has it."""
    from pyiceberg.table.snapshots import ancestors_of

    for snapshot in ancestors_of(table.snapshot_by_name(branch), table.metadata):
        summary = snapshot.summary
        if summary is not None and summary[DELIVERY] == work.context.delivery_id:
            return work.relation.rows
    return None


def _is_there(table: Table, work: Work) -> bool:
    """Whether an append was made before, of which only the table's own history is left."""
    from pyiceberg.table.snapshots import ancestors_of

    if work.mode != "append" or work.context.recorded:
        return False
    context = work.context
    own = (context.project, str(work.relation.node), context.environment)
    for snapshot in ancestors_of(table.current_snapshot(), table.metadata):
        summary = snapshot.summary
        if summary is not None and (summary[PROJECT], summary[NODE], summary[ENVIRONMENT]) == own:
            return bool(summary[OUTPUT] == work.context.output_id)
    return False


def _open_table(work: Work, catalog: PyCatalog) -> tuple[Table, bool]:
    """Open the table, or make it; gives whether it was made now."""
    from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError

    identifier = work.name.identifier
    try:
        return catalog.load_table(identifier), False
    except NoSuchTableError:
        if work.context.partial:
            raise _gone(work.name) from None
        if not work.options.create_table:
            raise DeliveryError(
                f"there is no table {work.name}, and create_table is false",
                code="SK1443",
                help="create it, or leave create_table out",
            ) from None
    schema = schema_of(work.relation.columns)
    spec = spec_of(work.options.partition_by, schema)
    check_fit(work.relation, schema, work.context, work.private)
    check_partitions(spec, schema, work.relation, work.context, work.private)
    with MAKING:
        for depth in range(1, len(work.name.namespace) + 1):
            above = work.name.namespace[:depth]
            catalog.create_namespace_if_not_exists(above, {MADE: MADE_BY})
    try:
        made = catalog.create_table(
            identifier,
            schema,
            partition_spec=spec,
            properties={"format-version": "2", **work.options.properties, MADE: MADE_BY},
        )
    except TableAlreadyExistsError:
        return catalog.load_table(identifier), False
    return made, True
