"""Fields of a table in one of its data files: found by id at every depth, or refused.

A file has ids of its own, or none; then the table's name mapping gives them. What PyIceberg would
not read is not read here either, and what it reads by losing digits is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import NodeError, quote_identifier
from seeknal_iceberg.casting import cast_of
from seeknal_iceberg.literals import literal
from seeknal_iceberg.types import duckdb_type

if TYPE_CHECKING:
    import pyarrow
    from duckdb.sqltypes import DuckDBPyType
    from pyiceberg.manifest import DataFile
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.name_mapping import NameMapping
    from pyiceberg.types import IcebergType, NestedField


@frozen(kw_only=True)
class Fields:
    """The columns that are wanted of a table, and what it knows of files without ids."""

    schema: Schema
    table: Schema
    mapping: NameMapping | None = None
    specs: Mapping[int, PartitionSpec]

    @classmethod
    def of(cls, metadata: TableMetadata, schema: Schema | None = None) -> Fields:
        return cls(
            schema=schema or metadata.schema(),
            table=metadata.schema(),
            mapping=metadata.name_mapping(),
            specs=metadata.specs(),
        )


@frozen(kw_only=True)
class Column:
    """A column of a file as it stands in a query, with its type in Iceberg and in DuckDB."""

    field: NestedField
    place: str
    kind: DuckDBPyType | None


def ids_of(arrow: pyarrow.Schema, fields: Fields, location: str) -> Schema:
    """The schema of a file with the ids of its fields. Raises NodeError."""
    from pyiceberg.io.pyarrow import UnsupportedPyArrowTypeException, pyarrow_to_schema

    try:
        # Version 3 knows nanoseconds: whether they fit is for the column to say that is wanted.
        found = pyarrow_to_schema(arrow, fields.mapping, format_version=3)
    except UnsupportedPyArrowTypeException as error:
        raise _unresolved(location, f"{error.args[-1]}".rstrip(".")) from None
    except (ValueError, StopIteration) as error:
        raise _without_ids(location, fields.mapping, str(error)) from None
    numbers = list(_numbers(found.fields))
    if len(set(numbers)) < len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        name = fields.table.find_column_name(twice) or twice
        raise _unresolved(location, f"two of its columns stand for one of the table's, {name}")
    given = list(_given(arrow))
    if any(own not in (None, number) for own, number in zip(given, numbers, strict=True)):
        raise _unresolved(location, "some of its columns have ids that the name mapping denies")
    return found


def _without_ids(location: str, mapping: NameMapping | None, text: str) -> NodeError:
    if mapping is None:
        return NodeError(
            f"{location} has no field ids, and the table has no name mapping for such files",
            code="SK1180",
            help="set the table's property schema.name-mapping.default, as PyIceberg's add_files"
            " does",
        )
    _, _, name = text.partition(": ")
    return NodeError(
        f"{location} has no field ids, and the table's name mapping has no field"
        f" {name or 'for one of its columns'}",
        code="SK1180",
        help="add it to the table's property schema.name-mapping.default",
    )


def _unresolved(location: str, text: str) -> NodeError:
    return NodeError(
        f"{location}: {text}",
        code="SK1181",
        help="write the file again with types and names of the table's, and replace it",
    )


def _numbers(fields: Sequence[NestedField]) -> Iterator[int]:
    """The ids of fields and of all within, each before those within it."""
    for field in fields:
        yield field.field_id
        yield from _numbers(_inner(field.field_type))


def _inner(type: IcebergType) -> Sequence[NestedField]:
    from pyiceberg import types

    if isinstance(type, types.StructType):
        return type.fields
    if isinstance(type, types.ListType):
        return (type.element_field,)
    if isinstance(type, types.MapType):
        return (type.key_field, type.value_field)
    return ()


def _given(fields: Any) -> Iterator[int | None]:
    """The ids that a file itself gives, in the same order."""
    import pyarrow

    for field in fields:
        text = (field.metadata or {}).get(b"PARQUET:field_id")
        yield int(text) if text is not None else None
        kind = field.type
        if pyarrow.types.is_struct(kind):
            yield from _given(kind)
        elif pyarrow.types.is_map(kind):
            yield from _given([kind.key_field, kind.item_field])
        elif hasattr(kind, "value_field"):
            yield from _given([kind.value_field])


def has_ids(arrow: pyarrow.Schema) -> bool:
    """Whether a file has ids of its own for all that it holds."""
    return None not in _given(arrow)


def check_columns(schema: Schema) -> None:
    """Raises NodeError for columns that DuckDB cannot tell apart, or cannot hold."""
    _check_names(schema.fields, ())


def _check_names(fields: Sequence[NestedField], above: tuple[str, ...]) -> None:
    seen: dict[str, str] = {}
    for field in fields:
        name = ".".join((*above, field.name))
        other = seen.setdefault(field.name.lower(), name)
        if other != name:
            raise NodeError(
                f"columns {other!r} and {name!r} differ in nothing but case, and DuckDB does not"
                " tell them apart",
                code="SK1182",
                help="rename one of them, or name those to read in columns:",
            )
        if hasattr(field.field_type, "fields") and not field.field_type.fields:
            raise NodeError(
                f"column {name!r} is a struct without fields, which DuckDB does not have",
                code="SK1182",
                help="drop it, or name the columns to read in columns:",
            )
        _check_names(_inner(field.field_type), (*above, field.name))


def values_of(columns: Sequence[Column], fields: Fields, file: DataFile) -> list[str]:
    """For each wanted column what stands for it in a query over the file.

    Raises NodeError for a column whose type cannot be read as the table's, or is required and
    not there.
    """
    known = {column.field.field_id: column for column in columns}
    found = _Finding(location=file.file_path, constants=constants_of(fields, file))
    return [found.field(field, known, (field.name,)) for field in fields.schema.fields]


def unresolved(there: Schema, fields: Fields, file: DataFile) -> NodeError | None:
    """Why the table's fields cannot be found in a file of schema ``there``."""
    found = _Finding(location=file.file_path, constants=constants_of(fields, file))
    try:
        known = {
            field.field_id: Column(field=field, place="c", kind=None) for field in there.fields
        }
        for field in fields.schema.fields:
            found.field(field, known, (field.name,))
    except NodeError as error:
        return error
    return None


def constants_of(fields: Fields, file: DataFile) -> dict[int, object]:
    """What a file's partition says of columns that it may lack, by their ids."""
    from pyiceberg.transforms import IdentityTransform

    spec = fields.specs.get(file.spec_id or 0)
    if spec is None:
        return {}
    return {
        part.source_id: value
        for part, value in zip(spec.fields, parts_of(file), strict=False)
        if isinstance(part.transform, IdentityTransform) and value is not None
    }


def parts_of(file: DataFile) -> list[object]:
    """The values of the partition that a file belongs to."""
    return [file.partition[place] for place in range(len(file.partition))]


@frozen(kw_only=True)
class _Value:
    """A value of a file: the SQL of it, its type in the table and there, and in DuckDB."""

    place: str
    wanted: Any
    there: Any
    kind: DuckDBPyType | None
    path: tuple[str, ...]


@frozen(kw_only=True)
class _Finding:
    """One file; ``constants`` are its partition's values by the ids of their columns."""

    location: str
    constants: Mapping[int, object]

    def field(self, wanted: NestedField, known: Mapping[int, Column], path: tuple[str, ...]) -> str:
        there = known.get(wanted.field_id)
        if there is None:
            return self.absent(wanted, path)
        return self.value(
            _Value(
                place=there.place,
                wanted=wanted.field_type,
                there=there.field.field_type,
                kind=there.kind,
                path=path,
            )
        )

    def absent(self, wanted: NestedField, path: tuple[str, ...]) -> str:
        constant = self.constants.get(wanted.field_id)
        if constant is not None and str(wanted.field_type) == "double":
            # PyIceberg 0.12 reads these with the precision of a float.
            raise _unresolved(self.location, f"{'.'.join(path)} is known from its partition alone")
        value = wanted.initial_default if constant is None else constant
        if value is not None:
            return literal(wanted.field_type, value)
        if wanted.required:
            raise _unresolved(self.location, f"it lacks {'.'.join(path)}, which is required")
        return f"CAST(NULL AS {duckdb_type(wanted.field_type)})"

    def value(self, each: _Value) -> str:
        """SQL of the value as the table has it."""
        from pyiceberg import types

        for nested, made in (
            (types.StructType, self.struct),
            (types.ListType, self.list),
            (types.MapType, self.map),
        ):
            if isinstance(each.wanted, nested) and isinstance(each.there, nested):
                return made(each)
        cast = None
        if each.wanted.is_primitive and each.there.is_primitive:
            cast = cast_of(each.place, each.wanted, each.there, str(each.kind))
        if cast is None:
            raise self.mismatch(each)
        return cast

    def struct(self, each: _Value) -> str:
        # By number: DuckDB renames fields that differ in nothing but case.
        place = each.place
        kinds = _children(each.kind, len(each.there.fields))
        places = [f"struct_extract_at({place}, {number + 1})" for number in range(len(kinds))]
        columns = (
            Column(field=field, place=inner, kind=kind)
            for field, inner, (_, kind) in zip(each.there.fields, places, kinds, strict=True)
        )
        known = {column.field.field_id: column for column in columns}
        parts = [
            (field, self.field(field, known, (*each.path, field.name)))
            for field in each.wanted.fields
        ]
        if [(field.name, value) for field, value in parts] == [
            (name, inner) for (name, _), inner in zip(kinds, places, strict=True)
        ]:
            return place
        packed = ", ".join(f"{quote_identifier(field.name)} := {value}" for field, value in parts)
        return f"CASE WHEN {place} IS NULL THEN NULL ELSE struct_pack({packed}) END"

    def list(self, each: _Value) -> str:
        [(_, kind)] = _children(each.kind, 1)
        item = f"e{len(each.path)}"
        value = self.inner(each, "element", item, kind)
        place = each.place
        return place if value == item else f"list_transform({place}, lambda {item}: {value})"

    def map(self, each: _Value) -> str:
        (_, keys), (_, values) = _children(each.kind, 2)
        place, item = each.place, f"e{len(each.path)}"
        key, value = self.inner(each, "key", item, keys), self.inner(each, "value", item, values)
        if key == value == item:
            return place
        return (
            f"CASE WHEN {place} IS NULL THEN NULL ELSE"
            f" map(list_transform(map_keys({place}), lambda {item}: {key}),"
            f" list_transform(map_values({place}), lambda {item}: {value})) END"
        )

    def inner(self, outer: _Value, part: str, place: str, kind: DuckDBPyType | None) -> str:
        """The elements of a list, or the keys or values of a map, each of which is ``place``."""
        path = (*outer.path, part)
        wanted, there = (getattr(type, f"{part}_id") for type in (outer.wanted, outer.there))
        if wanted != there:
            raise _unresolved(
                self.location, f"{'.'.join(path)} is field {there} there and {wanted} in the table"
            )
        wanted, there = (getattr(type, f"{part}_type") for type in (outer.wanted, outer.there))
        return self.value(_Value(place=place, wanted=wanted, there=there, kind=kind, path=path))

    def mismatch(self, each: _Value) -> NodeError:
        return _unresolved(
            self.location,
            f"column {'.'.join(each.path)} is {each.there} there and {each.wanted} in the table,"
            " as which it cannot be read",
        )


def _children(kind: DuckDBPyType | None, count: int) -> list[tuple[str, Any]]:
    return [("", None)] * count if kind is None else kind.children


def unreadable(table: Table) -> list[str]:
    """What of the table's current files cannot be read as its columns, a line each.

    Files that are not there are left to who looks for those.
    """
    import pyarrow.parquet as parquet

    fields = Fields.of(table.metadata)
    found = []
    for task in table.scan().plan_files():
        source = table.io.new_input(task.file.file_path)
        if not source.exists():
            continue
        try:
            with source.open() as file:
                there = ids_of(parquet.read_schema(file), fields, task.file.file_path)
            error = unresolved(there, fields, task.file)
        except NodeError as raised:
            error = raised
        except Exception as raised:
            error = NodeError(f"{task.file.file_path} cannot be read: {raised}")
        if error is not None:
            found.append(_short(error.message))
    return found


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 500 else line[:499] + "…"
