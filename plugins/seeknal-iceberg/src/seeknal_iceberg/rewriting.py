"""Which files of a table a delivery replaces, and what of their rows stays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import Context, DeliveryError, Range, Relation, quote_identifier, quote_literal
from seeknal_iceberg.files import (
    Layout,
    cast_to_schema,
    local_path,
    scan_of_files,
    write_files,
)

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask, Table


@frozen(kw_only=True)
class Rewritten:
    """``gone`` are files that are replaced; ``kept`` hold those of their rows that stay.

    ``changed`` stands after FROM: the delivered rows that are new or differ.
    """

    kept: list[DataFile]
    gone: list[DataFile]
    changed: str = ""


def without_range(
    range: Range, table: Table, layout: Layout, tasks: Sequence[FileScanTask], context: Context
) -> Rewritten:
    """The table without the rows of a range of time."""
    test = _within(range)
    kept: list[DataFile] = []
    gone: list[DataFile] = []
    for task, rows in _readable(table, layout, tasks, context):
        inside = _count(f"SELECT count(*) FROM {rows} WHERE {test}", context)
        if inside == 0:
            continue
        gone.append(task.file)
        rest = f"(SELECT * FROM {rows} WHERE NOT ({test}) OR ({test}) IS NULL)"
        kept += write_files(layout, rest, _names(layout), "", context)
    return Rewritten(kept=kept, gone=gone)


def _within(range: Range) -> str:
    column, end = quote_identifier(range.column), "<=" if range.closed else "<"
    start, stop = quote_literal(str(range.start)), quote_literal(str(range.end))
    return f"{column} >= {start} AND {column} {end} {stop}"


def without_keys(
    keys: Sequence[str],
    relation: Relation,
    table: Table,
    layout: Layout,
    tasks: Sequence[FileScanTask],
    context: Context,
) -> Rewritten | None:
    """The table without the rows that delivered ones replace; None when nothing differs."""
    duck = context.duckdb
    names = _names(layout)
    delivered = f"(SELECT {cast_to_schema(layout.schema, relation.names)} FROM {relation.scan})"
    duck.execute(f"CREATE OR REPLACE TEMPORARY TABLE seeknal_changed AS FROM {delivered}")
    candidates = list(_readable(table, layout, _may_hold(keys, table, tasks, context), context))
    for _, rows in candidates:
        # What is there already, equal in every column, is not written again.
        same = " AND ".join(f"c.{_q(name)} IS NOT DISTINCT FROM t.{_q(name)}" for name in names)
        duck.execute(
            f"DELETE FROM seeknal_changed AS c USING (SELECT * FROM {rows}) AS t WHERE {same}"
        )
    if _count("SELECT count(*) FROM seeknal_changed", context) == 0:
        return None
    matches = " AND ".join(f"c.{_q(key)} = t.{_q(key)}" for key in keys)
    kept: list[DataFile] = []
    gone: list[DataFile] = []
    for task, rows in candidates:
        hit = f"EXISTS (SELECT 1 FROM seeknal_changed AS c WHERE {matches})"
        if _count(f"SELECT count(*) FROM {rows} AS t WHERE {hit}", context) == 0:
            continue
        gone.append(task.file)
        rest = f"(SELECT * FROM {rows} AS t WHERE NOT {hit})"
        kept += write_files(layout, rest, names, "", context)
    return Rewritten(kept=kept, gone=gone, changed="seeknal_changed")


def _may_hold(
    keys: Sequence[str], table: Table, tasks: Sequence[FileScanTask], context: Context
) -> list[FileScanTask]:
    """The files whose statistics do not exclude the delivered keys."""
    from pyiceberg import expressions

    # Their constructors are declared otherwise than they are.
    made: Any = expressions

    filters: list[Any] = []
    for key in keys:
        query = f"SELECT min({_q(key)}), max({_q(key)}) FROM seeknal_changed"
        least, most = context.duckdb.execute(query).fetchall()[0]
        if least is None:
            return []
        if type(least) in (int, str, float) and key in table.schema().column_names:
            filters += [made.GreaterThanOrEqual(key, least), made.LessThanOrEqual(key, most)]
    if not filters:
        return list(tasks)
    both = filters[0] if len(filters) == 1 else made.And(*filters)
    return list(table.scan(row_filter=both).plan_files())


def _readable(
    table: Table, layout: Layout, tasks: Sequence[FileScanTask], context: Context
) -> list[tuple[FileScanTask, str]]:
    """Each file with what stands after FROM to read its rows under the new schema."""
    found = []
    for task in tasks:
        if task.delete_files:
            raise DeliveryError(
                f"{task.file.file_path} has row-level deletes of another engine, which this mode"
                " cannot rewrite",
                code="SK1444",
                help="compact the table with that engine first, or use mode: full",
            )
        path = local_path(task.file.file_path) or _fetched(table, task, context)
        found.append((task, scan_of_files([path], layout.schema)))
    return found


def _fetched(table: Table, task: FileScanTask, context: Context) -> Path:
    """A copy of a file that lies in a store."""
    import shutil

    path = context.workdir / Path(task.file.file_path).name
    if not path.exists():
        with table.io.new_input(task.file.file_path).open() as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    return path


def _names(layout: Layout) -> list[str]:
    return [field.name for field in layout.schema.fields]


def _count(query: str, context: Context) -> int:
    return int(context.duckdb.execute(query).fetchall()[0][0])


def _q(name: str) -> str:
    return quote_identifier(name)
