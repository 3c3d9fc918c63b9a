"""What DuckDB reads of a table: its data files by column id, without the rows that are deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plugin import DeliveryError, quote_identifier, quote_literal
from seeknal_iceberg.files import Workbench, fetched, local_path, no_values
from seeknal_iceberg.types import duckdb_type

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.schema import Schema
    from pyiceberg.table import FileScanTask

FILE = "seeknal_file"
POSITION = "file_row_number"
ROW = "seeknal_row"


@frozen(kw_only=True)
class Readable:
    """A data file on this machine, and the files that say which of its rows are deleted."""

    task: FileScanTask
    path: Path
    deletes: tuple[Path, ...] = ()


def in_place(tasks: Iterable[FileScanTask]) -> list[Readable] | None:
    """The files where they lie; None when DuckDB cannot read one of them as it is."""
    found = []
    for task in tasks:
        path = local_path(task.file.file_path)
        deletes = [local_path(file.file_path) for file in task.delete_files]
        known = tuple(path for path in deletes if path is not None)
        if path is None or len(known) < len(deletes) or not _deletes_by_position(task):
            return None
        found.append(Readable(task=task, path=path, deletes=known))
    return found


def brought_here(io: FileIO, tasks: Iterable[FileScanTask], context: Workbench) -> list[Readable]:
    """The files, copied here where they lie in a store. Raises DeliveryError."""
    found = []
    for task in tasks:
        if not _deletes_by_position(task):
            raise DeliveryError(
                f"{task.file.file_path} has deletion vectors of another engine, which this mode"
                " cannot rewrite",
                code="SK1444",
                help="compact the table with that engine first, or use mode: full",
            )
        deletes = [fetched(io, file.file_path, context.workdir) for file in task.delete_files]
        path = fetched(io, task.file.file_path, context.workdir)
        found.append(Readable(task=task, path=path, deletes=tuple(deletes)))
    return found


def _deletes_by_position(task: FileScanTask) -> bool:
    from pyiceberg.manifest import FileFormat

    return all(file.file_format == FileFormat.PARQUET for file in task.delete_files)


def scan_of_files(files: Sequence[Readable], schema: Schema, context: Workbench) -> str:
    """What stands after FROM to read the rows of files, with the columns of ``schema``.

    Columns are found by their ids: one that was renamed or added since a file was written is
    found, or NULL.
    """
    cut = [file for file in files if file.deletes]
    whole = [file for file in files if not file.deletes]
    return _united(
        [
            *_parts(whole, schema, context, placed=False),
            *_parts(cut, schema, context, placed=True),
        ],
        schema,
        "",
    )


def places_of_files(
    files: Sequence[Readable], schema: Schema, context: Workbench, *, deleted: bool = False
) -> str:
    """The same with where each row stands: ``seeknal_file`` and ``seeknal_row``.

    ``deleted``: with the rows that are deleted, too.
    """
    if deleted:
        files = [evolve(file, deletes=()) for file in files]
    places = f", {FILE}, {POSITION} AS {ROW}"
    return _united(_parts(files, schema, context, placed=True), schema, places)


@frozen(kw_only=True)
class _Part:
    """Files that are read alike: what stands after FROM, and what each column is called there."""

    rows: str
    names: Mapping[int, str]


def _united(parts: Sequence[_Part], schema: Schema, places: str) -> str:
    if not parts:
        nowhere = f", '' AS {FILE}, 0 AS {ROW}" if places else ""
        return f"(SELECT {no_values(schema)}{nowhere} WHERE false)"
    selects = [
        "SELECT "
        + ", ".join(
            f"{quote_identifier(part.names[field.field_id])} AS {quote_identifier(field.name)}"
            for field in schema.fields
        )
        + f"{places} FROM {part.rows}"
        for part in parts
    ]
    return f"({' UNION ALL '.join(selects)})"


def _parts(
    files: Sequence[Readable], schema: Schema, context: Workbench, *, placed: bool
) -> list[_Part]:
    plain = _as_declared(files, schema, context)
    groups = [
        ([file for file in files if file.path in plain], True),
        ([file for file in files if file.path not in plain], False),
    ]
    return [_part(group, schema, is_plain, placed) for group, is_plain in groups if group]


def _part(files: Sequence[Readable], schema: Schema, plain: bool, placed: bool) -> _Part:
    # Names of our own for the rest: columns may be called as those that say where a row stands.
    names = {
        field.field_id: field.name if plain else f"field_{field.field_id}"
        for field in schema.fields
    }
    mapping = "" if plain else f", schema = MAP {{{_mapping(schema, names)}}}"
    places = f", filename = '{FILE}', {POSITION} = true" if placed else ""
    listed = ", ".join(quote_literal(str(file.path)) for file in files)
    rows = f"read_parquet([{listed}]{mapping}, hive_partitioning = false{places})"
    if placed and any(file.deletes for file in files):
        rows = (
            f"(FROM {rows} AS r ANTI JOIN {deleted_places(files)} AS d"
            f" ON r.{FILE} = d.path AND r.{POSITION} = d.pos)"
        )
    return _Part(rows=rows, names=names)


def _mapping(schema: Schema, names: Mapping[int, str]) -> str:
    return ", ".join(
        f"{field.field_id}: {{name: {quote_literal(names[field.field_id])},"
        f" type: {quote_literal(duckdb_type(field.field_type))}, default_value: NULL}}"
        for field in schema.fields
    )


def _as_declared(files: Sequence[Readable], schema: Schema, context: Workbench) -> set[Path]:
    """The files whose own columns are those of the schema: names, types and ids.

    DuckDB skips row groups of these by their statistics and knows how many rows they have,
    neither of which it does for files that it reads by a mapping of ids.
    """
    if not files or POSITION in schema.column_names:
        return set()
    listed = "[" + ", ".join(quote_literal(str(file.path)) for file in files) + "]"
    shapes: dict[str, list[str]] = {}
    query = (
        "SELECT file_name, string_agg(concat_ws('|', name, type, converted_type, logical_type,"
        " num_children, field_id, precision, scale), ';')"
        f" FROM parquet_schema({listed}) GROUP BY file_name"
    )
    for name, shape in context.duckdb.execute(query).fetchall():
        shapes.setdefault(shape, []).append(name)
    fitting = [names for names in shapes.values() if _fits(names[0], schema, context)]
    return {Path(name) for names in fitting for name in names}


def _fits(path: str, schema: Schema, context: Workbench) -> bool:
    file = quote_literal(path)
    query = f"SELECT name, field_id FROM parquet_schema({file}) WHERE field_id IS NOT NULL"
    ids = dict(context.duckdb.execute(query).fetchall())
    described = context.duckdb.execute(f"DESCRIBE FROM read_parquet({file})").fetchall()
    types = {name: type for name, type, *_ in described}
    return all(
        ids.get(field.name) == field.field_id
        and types.get(field.name) == duckdb_type(field.field_type)
        for field in schema.fields
    )


def deleted_places(files: Sequence[Readable]) -> str:
    """What stands after FROM for the places of deleted rows: ``path`` and ``pos``."""
    cut = [file for file in files if file.deletes]
    named = ", ".join(
        f"({quote_literal(file.task.file.file_path)}, {quote_literal(str(file.path))})"
        for file in cut
    )
    deletes = dict.fromkeys(path for file in cut for path in file.deletes)
    listed = ", ".join(quote_literal(str(path)) for path in deletes)
    return (
        f"(SELECT n.path, p.pos FROM read_parquet([{listed}], hive_partitioning = false) AS p"
        f" JOIN (VALUES {named}) AS n (location, path) ON p.file_path = n.location)"
    )
