"""Which files of a table a delivery replaces, and what of their rows stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import DeliveryError, quote_identifier, quote_literal
from seeknal_iceberg.bounding import bounds_of, literal_ranges
from seeknal_iceberg.counting import check_kept
from seeknal_iceberg.deleting import write_deletes
from seeknal_iceberg.files import removed_unless_kept, write_files
from seeknal_iceberg.partitions import partition_key, partitions_of
from seeknal_iceberg.planning import planned
from seeknal_iceberg.resolving import parts_of
from seeknal_iceberg.scanning import (
    brought_here,
    deleted_places,
    deleted_rows,
    places_of_files,
    scan_of_files,
)
from seeknal_iceberg.types import cast_to_schema

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask, Table

    from seeknal.plugin import Context, Range, Relation
    from seeknal_iceberg.files import Layout
    from seeknal_iceberg.scanning import (
        Readable,
    )

MODE = "write.merge.mode"
"""The table property that says ``copy-on-write`` or ``merge-on-read``; without it, what is less
work for each file."""

CHEAP_ROWS = 200_000
"""A file of so many rows is written again in less time than its deletes cost its readers."""

CROWDED = 0.2
"""The part of a file's rows from which on deleting them one by one is no longer worth it."""


@frozen(kw_only=True)
class Rewritten:
    """``gone`` are files that are replaced; ``kept`` hold those of their rows that stay.

    ``deletes`` name rows of files that stay. ``changed`` stands after FROM: the delivered rows
    that are new or differ.
    """

    kept: Sequence[DataFile] = ()
    gone: Sequence[FileScanTask] = ()
    deletes: Sequence[DataFile] = ()
    changed: str = ""


def without_ranges(
    ranges: Sequence[Range],
    table: Table,
    layout: Layout,
    tasks: Sequence[FileScanTask],
    context: Context,
) -> Rewritten:
    """The table without the rows of some ranges of time."""
    test = " OR ".join(f"({_within(range)})" for range in ranges)
    kept: list[DataFile] = []
    gone: list[FileScanTask] = []
    for file in brought_here(table.io, _may_lie_in(ranges, table, tasks, context), context):
        rows = scan_of_files([file], layout.fields, context)
        if _count(f"SELECT count(*) FROM {rows} WHERE {test}", context) == 0:
            continue
        gone.append(file.task)
        rest = f"(SELECT * FROM {rows} WHERE NOT ({test}) OR ({test}) IS NULL)"
        kept += _write_again(file, rest, f"(FROM {rows} WHERE {test})", layout, context)
    return Rewritten(kept=kept, gone=gone)


def _write_again(
    file: Readable, rest: str, replaced: str, layout: Layout, context: Context
) -> list[DataFile]:
    """The rows of a file that stay, ``rest``, as new files; ``replaced`` are the others."""
    written = write_files(layout, rest, _names(layout), "", context)
    removed = [replaced, *deleted_rows([file], layout.fields, context)]
    with removed_unless_kept(layout, written):
        check_kept([file], removed, written, layout.fields, context)
    return written


def _within(range: Range) -> str:
    column, end = quote_identifier(range.column), "<=" if range.closed else "<"
    start, stop = quote_literal(str(range.start)), quote_literal(str(range.end))
    return f"{column} >= {start} AND {column} {end} {stop}"


def without_partitions(
    relation: Relation, layout: Layout, tasks: Sequence[FileScanTask], context: Context
) -> Rewritten:
    """The table without the partitions that the delivered rows fall into."""
    if not layout.spec.fields:
        raise DeliveryError(
            "the table has no partitions, which mode: overwrite_partitions replaces",
            code="SK1447",
            help="partition_by: [...] makes a new table with some; or mode: full",
        )
    if any(task.file.spec_id != layout.spec.spec_id for task in tasks):
        raise DeliveryError(
            "the table has files of an earlier partitioning, which mode: overwrite_partitions"
            " cannot replace",
            code="SK1447",
            help="write it once with mode: full, or rewrite those files with another engine",
        )
    rows = f"(SELECT {cast_to_schema(layout.schema, relation.names)} FROM {relation.scan})"
    replaced = partitions_of(layout.spec, layout.schema, rows, context, layout.private)
    return Rewritten(
        gone=[task for task in tasks if partition_key(parts_of(task.file)) in replaced]
    )


def without_keys(
    keys: Sequence[str],
    relation: Relation,
    table: Table,
    layout: Layout,
    tasks: Sequence[FileScanTask],
    context: Context,
) -> Rewritten | None:
    """The table without the rows that delivered ones replace; None when nothing differs.

    A file that loses few of its many rows stays, and position deletes name them; any other is
    written again.
    """
    duck = context.duckdb
    delivered = f"(SELECT {cast_to_schema(layout.schema, relation.names)} FROM {relation.scan})"
    duck.execute(f"CREATE OR REPLACE TEMPORARY TABLE seeknal_changed AS FROM {delivered}")
    candidates = brought_here(table.io, _may_hold(keys, table, tasks, context), context)
    _find_matches(keys, candidates, layout, context)
    if _count("SELECT count(*) FROM seeknal_changed", context) == 0:
        return None
    counts = "SELECT seeknal_file, count(*) FROM seeknal_matches GROUP BY ALL"
    hits = dict(context.duckdb.execute(counts).fetchall())
    hit = [file for file in candidates if str(file.path) in hits]
    again = [file for file in hit if _is_rewritten(file, hits[str(file.path)], layout)]
    kept = [
        written
        for file in again
        for written in _write_again(file, *_split(file, layout, context), layout, context)
    ]
    return Rewritten(
        kept=kept,
        gone=[file.task for file in again],
        deletes=write_deletes(
            layout, "seeknal_matches", [file for file in hit if file not in again], context
        ),
        changed="seeknal_changed",
    )


def _find_matches(
    keys: Sequence[str], files: Sequence[Readable], layout: Layout, context: Context
) -> None:
    """Makes ``seeknal_matches``, the places of rows that are replaced, in one pass over the files.

    What is there once, equal in every column, is not written again: it leaves
    ``seeknal_changed``.
    """
    duck = context.duckdb
    matches = " AND ".join(f"c.{_q(key)} = t.{_q(key)}" for key in keys)
    equal = [f"c.{_q(name)} IS NOT DISTINCT FROM t.{_q(name)}" for name in _names(layout)]
    places = places_of_files(files, layout.fields, context, deleted=True)
    duck.execute(
        "CREATE OR REPLACE TEMPORARY TABLE seeknal_matches AS"
        f" SELECT c.rowid AS id, {' AND '.join(equal)} AS same, t.seeknal_file, t.seeknal_row"
        f" FROM {places} AS t JOIN seeknal_changed AS c ON {matches}"
    )
    if any(file.deletes for file in files):
        # After the join: few rows are left of which it has to be known.
        duck.execute(
            f"DELETE FROM seeknal_matches AS m USING {deleted_places(files)} AS d"
            " WHERE m.seeknal_file = d.path AND m.seeknal_row = d.pos"
        )
    duck.execute(
        "CREATE OR REPLACE TEMPORARY TABLE seeknal_equal AS SELECT id FROM seeknal_matches"
        " GROUP BY id HAVING count(*) = 1 AND bool_and(same)"
    )
    # The matches first: what is deleted from a table moves the ids of its other rows.
    duck.execute("DELETE FROM seeknal_matches WHERE id IN (FROM seeknal_equal)")
    duck.execute("DELETE FROM seeknal_changed WHERE rowid IN (FROM seeknal_equal)")


def _is_rewritten(file: Readable, hits: int, layout: Layout) -> bool:
    chosen = layout.properties.get(MODE)
    if layout.version != 2 or chosen == "copy-on-write":
        # Version 3 wants deletion vectors, which PyIceberg does not write.
        return True
    rows = file.task.file.record_count
    if chosen == "merge-on-read":
        return hits >= rows
    # Deletes of earlier deliveries count by the file that names them: rather too many.
    before = sum(deletes.record_count for deletes in file.task.delete_files)
    return bool(rows <= CHEAP_ROWS or hits + before >= rows * CROWDED)


def _split(file: Readable, layout: Layout, context: Context) -> tuple[str, str]:
    """The rows of a file that no delivered row replaces, and those that one does."""
    names = ", ".join(_q(name) for name in _names(layout))
    rows = f"{places_of_files([file], layout.fields, context)} AS t"
    matches = (
        "seeknal_matches AS m ON t.seeknal_file = m.seeknal_file AND t.seeknal_row = m.seeknal_row"
    )
    return (
        f"(SELECT {names} FROM {rows} ANTI JOIN {matches})",
        f"(SELECT {names} FROM {rows} SEMI JOIN {matches})",
    )


def _may_hold(
    keys: Sequence[str], table: Table, tasks: Sequence[FileScanTask], context: Context
) -> list[FileScanTask]:
    """The files whose statistics do not exclude the delivered keys."""
    from pyiceberg import expressions

    # Their constructors are declared otherwise than they are.
    made: Any = expressions

    filters: list[Any] = []
    kinds = {field.name: field.field_type for field in table.schema().fields}
    for key in keys:
        least, most = bounds_of(kinds.get(key), _q(key), "seeknal_changed", context)
        if least is not None and most is not None:
            filters += [made.GreaterThanOrEqual(key, least), made.LessThanOrEqual(key, most)]
    if not filters:
        return list(tasks)
    both = filters[0] if len(filters) == 1 else made.And(*filters)
    return planned(table.scan(row_filter=both))


def _may_lie_in(
    ranges: Sequence[Range], table: Table, tasks: Sequence[FileScanTask], context: Context
) -> list[FileScanTask]:
    """The files whose statistics do not exclude all of the ranges."""
    from pyiceberg import expressions

    # Their constructors are declared otherwise than they are.
    made: Any = expressions

    kinds = {field.name: field.field_type for field in table.schema().fields}
    filters: list[Any] = []
    for column in dict.fromkeys(entry.column for entry in ranges):
        ends = [(str(each.start), str(each.end)) for each in ranges if each.column == column]
        spans = literal_ranges(kinds.get(column), ends, context)
        if spans is None:
            return list(tasks)
        filters += [
            made.And(made.GreaterThanOrEqual(column, start), made.LessThanOrEqual(column, end))
            for start, end in spans
        ]
    if not filters:
        return []
    return planned(table.scan(row_filter=filters[0] if len(filters) == 1 else made.Or(*filters)))


def _names(layout: Layout) -> list[str]:
    return [field.name for field in layout.schema.fields]


def _count(query: str, context: Context) -> int:
    return int(context.duckdb.execute(query).fetchall()[0][0])


def _q(name: str) -> str:
    return quote_identifier(name)
