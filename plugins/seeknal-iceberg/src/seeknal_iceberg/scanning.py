"""What DuckDB reads of a table: its data files by column id, without the rows that are deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plugin import DeliveryError, quote_identifier, quote_literal
from seeknal_iceberg.files import fetched, is_pattern, local_path
from seeknal_iceberg.resolving import Column, check_columns, constants_of, ids_of, values_of
from seeknal_iceberg.types import no_values

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.schema import Schema
    from pyiceberg.table import FileScanTask
    from pyiceberg.types import NestedField

    from seeknal_iceberg.resolving import Fields
    from seeknal_iceberg.workbench import Workbench

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
        known = tuple(path for path in deletes if path is not None and not is_pattern(path))
        if (
            path is None
            or is_pattern(path)
            or len(known) < len(deletes)
            or not deletes_by_position(task)
        ):
            return None
        found.append(Readable(task=task, path=path, deletes=known))
    return found


def brought_here(io: FileIO, tasks: Iterable[FileScanTask], context: Workbench) -> list[Readable]:
    """The files, copied here where they lie in a store. Raises DeliveryError."""
    found = []
    for task in tasks:
        if not deletes_by_position(task):
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


def deletes_by_position(task: FileScanTask) -> bool:
    from pyiceberg.manifest import FileFormat

    return all(file.file_format == FileFormat.PARQUET for file in task.delete_files)


def holds_structs(schema: Schema) -> bool:
    """Whether a list or a map holds structs, at any depth."""
    from pyiceberg import types

    kinds = [schema.find_type(id) for id in schema.field_ids]
    inner = [kind.element_type for kind in kinds if isinstance(kind, types.ListType)]
    inner += [kind.value_type for kind in kinds if isinstance(kind, types.MapType)]
    return any(isinstance(kind, types.StructType) for kind in inner)


def scan_of_files(files: Sequence[Readable], fields: Fields, context: Workbench) -> str:
    """What stands after FROM to read the rows of files, with the columns of ``fields.schema``.

    Raises NodeError for what cannot be found in a file by its id.
    """
    cut = [file for file in files if file.deletes]
    whole = [file for file in files if not file.deletes]
    return _united(
        [
            *_parts(whole, fields, context, placed=False),
            *_parts(cut, fields, context, placed=True),
        ],
        fields,
        "",
    )


def places_of_files(
    files: Sequence[Readable], fields: Fields, context: Workbench, *, deleted: bool = False
) -> str:
    """The same with where each row stands: ``seeknal_file`` and ``seeknal_row``.

    ``deleted``: with the rows that are deleted, too.
    """
    if deleted:
        files = [evolve(file, deletes=()) for file in files]
    places = f", {FILE}, {POSITION} AS {ROW}"
    return _united(_parts(files, fields, context, placed=True), fields, places)


def deleted_rows(files: Sequence[Readable], fields: Fields, context: Workbench) -> list[str]:
    """What stands after FROM for the rows that are deleted; nothing when none are."""
    cut = [file for file in files if file.deletes]
    if not cut:
        return []
    rows = places_of_files(cut, fields, context, deleted=True)
    return [
        f"(FROM {rows} AS r SEMI JOIN {deleted_places(cut)} AS d"
        f" ON r.{FILE} = d.path AND r.{ROW} = d.pos)"
    ]


@frozen(kw_only=True)
class _Part:
    """Files that are read alike: what stands after FROM, and for each column of the table."""

    rows: str
    values: Sequence[str]


def _united(parts: Sequence[_Part], fields: Fields, places: str) -> str:
    check_columns(fields.schema)
    if not parts:
        nowhere = f", '' AS {FILE}, 0 AS {ROW}" if places else ""
        return f"(SELECT {no_values(fields.schema)}{nowhere} WHERE false)"
    selects = [
        "SELECT "
        + ", ".join(
            f"{value} AS {quote_identifier(field.name)}"
            for field, value in zip(fields.schema.fields, part.values, strict=True)
        )
        + f"{places} FROM {part.rows}"
        for part in parts
    ]
    return f"({' UNION ALL '.join(selects)})"


def _parts(
    files: Sequence[Readable], fields: Fields, context: Workbench, *, placed: bool
) -> list[_Part]:
    return [
        _part(group, there, fields, context, placed)
        for alike in _groups(files, context)
        for there, group in _apart(alike, fields)
    ]


def _groups(files: Sequence[Readable], context: Workbench) -> list[list[Readable]]:
    """Files whose columns are the same."""
    shapes = _shapes(files, context)
    groups: dict[str, list[Readable]] = {}
    for file in files:
        groups.setdefault(shapes[file.path], []).append(file)
    return list(groups.values())


def _apart(files: Sequence[Readable], fields: Fields) -> list[tuple[Schema, list[Readable]]]:
    """The schema of files whose columns are the same, and those of them that are read alike.

    What they lack, their partition may say: then each is read by its own.
    """
    import pyarrow.parquet as parquet

    first = files[0]
    there = ids_of(parquet.read_schema(first.path), fields, first.task.file.file_path)
    lacking = fields.schema.field_ids - there.field_ids
    groups: dict[str, list[Readable]] = {}
    for file in files:
        constants = constants_of(fields, file.task.file) if lacking else {}
        known = sorted((id, value) for id, value in constants.items() if id in lacking)
        groups.setdefault(repr(known), []).append(file)
    return [(there, group) for group in groups.values()]


def _shapes(files: Sequence[Readable], context: Workbench) -> dict[Path, str]:
    """Each file's columns as one text: names, types and ids at every depth."""
    if not files:
        return {}
    listed = "[" + ", ".join(quote_literal(str(file.path)) for file in files) + "]"
    query = (
        "SELECT file_name, string_agg(concat_ws('|', name, type, converted_type, logical_type,"
        " num_children, field_id, precision, scale), ';')"
        f" FROM parquet_schema({listed}) GROUP BY file_name"
    )
    found = context.duckdb.execute(query).fetchall()
    return {Path(name): shape for name, shape in found}


def _part(
    files: Sequence[Readable], there: Schema, fields: Fields, context: Workbench, placed: bool
) -> _Part:
    first = files[0]
    listed = ", ".join(quote_literal(str(file.path)) for file in files)
    found = context.duckdb.sql(
        f"FROM read_parquet({quote_literal(str(first.path))}, hive_partitioning = false)"
    )
    names, mapping = list(found.columns), ""
    if placed and POSITION in (name.lower() for name in names):
        # That is what DuckDB calls the place of a row: names of our own for all columns.
        names = [f"field_{field.field_id}" for field in there.fields]
        mapping = f", schema = MAP {{{_renaming(there.fields, names, found.types)}}}"
    columns = [
        Column(field=field, place=quote_identifier(name), kind=kind)
        for field, name, kind in zip(there.fields, names, found.types, strict=True)
    ]
    places = f", filename = '{FILE}', {POSITION} = true" if placed else ""
    rows = f"read_parquet([{listed}]{mapping}, hive_partitioning = false{places})"
    if placed and any(file.deletes for file in files):
        rows = (
            f"(FROM {rows} AS r ANTI JOIN {deleted_places(files)} AS d"
            f" ON r.{FILE} = d.path AND r.{POSITION} = d.pos)"
        )
    return _Part(rows=rows, values=values_of(columns, fields, first.task.file))


def _renaming(fields: Sequence[NestedField], names: Sequence[str], kinds: Sequence[object]) -> str:
    return ", ".join(
        f"{field.field_id}: {{name: {quote_literal(name)}, type: {quote_literal(str(kind))},"
        " default_value: NULL}"
        for field, name, kind in zip(fields, names, kinds, strict=True)
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
