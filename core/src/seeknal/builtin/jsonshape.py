"""What is in JSON files, and the columns that are to be read of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.builtin.declared import match_columns
from seeknal.builtin.jsonread import Records
from seeknal.builtin.jsontypes import Leaf, ListOf, StructOf, Type, overlay, type_tree
from seeknal.builtin.readers import shown_name, types_of
from seeknal.plugin import NodeError, did_you_mean

if TYPE_CHECKING:
    from seeknal.builtin.readers import Reading
    from seeknal.plugin import Context, Source

_SHOWN = 20
"""Keys that a message shows."""
_LONGEST = 60
"""Characters of a key that a message shows."""


@frozen(kw_only=True)
class Shape:
    """The columns that are read, and where in them the rows are.

    ``place``: the path that ``records:`` names; the rows' columns are the fields below it.
    """

    records: Records
    columns: Mapping[str, Type]
    place: tuple[str, ...] = ()

    @property
    def rows(self) -> Mapping[str, Type]:
        """The columns of a row."""
        if not self.place:
            return self.columns
        type: Any = self.columns[self.place[0]]
        for step in self.place[1:]:
            type = type.fields[step]
        fields: Mapping[str, Type] = type.item.fields
        return fields


def found_records(reading: Reading, source: Source, context: Context) -> Records:
    """What DuckDB finds in the files by its own rules."""
    import duckdb

    try:
        types = types_of(reading, source, context)
    except duckdb.NotImplementedException as error:
        name = str(error).partition("Duplicate name ")[2].partition(" in ")[0]
        name = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
        raise NodeError(
            f"{files_hold(reading, context)} objects in which keys differ only by upper and lower"
            f" case: {name}",
            code="SK0781",
            help="params: {maximum_depth: 1} keeps each column as JSON",
        ) from error
    folders = _folders(reading)
    found = {name: type_tree(type) for name, type in types.items() if name not in folders}
    whole = list(found) == ["json"] and _is_whole(reading, source, context)
    records = Records(reading=reading, found=found, whole=whole, folders=tuple(folders & {*types}))
    return evolve(records, keys=_keys(records, context))


def _folders(reading: Reading) -> set[str]:
    """The columns that come from folders such as ``day=1``."""
    if not reading.arguments.get("hive_partitioning"):
        return set()
    parts = (part for file in reading.files for part in file.split("/")[:-1])
    return {part.partition("=")[0] for part in parts if "=" in part}


def _is_whole(reading: Reading, source: Source, context: Context) -> bool:
    """Whether ``json`` is what DuckDB calls whole records, and no key of theirs."""
    types = types_of(reading.with_arguments(records=False), source, context)
    tree = type_tree(types["json"]) if list(types)[:1] == ["json"] else None
    return not (isinstance(tree, StructOf) and list(tree.fields) == ["json"])


def _keys(records: Records, context: Context) -> dict[str, str] | None:
    """The key of each column, where DuckDB numbered some because only case tells them apart."""
    names = {name.lower() for name in records.found}
    numbered = {
        name: base
        for name in records.found
        if (base := name.rpartition("_")[0]) and base.lower() in names and name[-1].isdigit()
    }
    if not numbered or records.whole:
        return None
    read = records.whole_objects()
    found = context.duckdb.execute(f"SELECT DISTINCT unnest(map_keys(json)) FROM {read}").fetchall()
    keys = {key for (key,) in found}
    if not any(name not in keys for name in numbered):
        return None
    return {name: name if name in keys else numbered[name] for name in records.found}


def shape_of(records: Records, declared: Mapping[str, Type], source: Source) -> Shape | None:
    """The columns as they are to be read: what is declared in place of what was found.

    None when there is a list for the rows which is empty in every record.
    """
    options: Any = source.options
    if not options.records:
        columns = {**records.found, **_placed(declared, records.found, records.folders, source)}
        folders = {name: declared[name] for name in declared if name in records.folders}
        return Shape(records=evolve(records, folder_types=folders), columns=columns)
    place = tuple(options.records.split("."))
    type: Any = _at(place, records.found, source)
    if isinstance(type, ListOf) and isinstance(type.item, StructOf):
        fields = {**type.item.fields, **_placed(declared, type.item.fields, (), source)}
        top = _replaced(records.found[place[0]], place[1:], ListOf(StructOf(fields)))
        return Shape(records=records, columns={place[0]: top}, place=place)
    if isinstance(type, ListOf) and type.item in (Leaf("JSON"), Leaf('"NULL"')):
        return None
    raise _no_list(options.records, f"there is a {_word(type)}")


def with_rows(shape: Shape, rows: Mapping[str, Type]) -> Shape:
    """The shape with other types of the rows' columns."""
    if not shape.place:
        return evolve(shape, columns=rows)
    first, *rest = shape.place
    top = _replaced(shape.columns[first], tuple(rest), ListOf(StructOf(rows)))
    return evolve(shape, columns={first: top})


def _placed(
    declared: Mapping[str, Type],
    found: Mapping[str, Type],
    folders: tuple[str, ...],
    source: Source,
) -> dict[str, Type]:
    texts = {name: str(type) for name, type in declared.items()}
    names = match_columns(texts, [*found, *folders], source)
    trees = {name.lower(): type for name, type in declared.items()}
    return {name: overlay(found[name], trees[name.lower()]) for name in names if name in found}


def _at(place: tuple[str, ...], found: Mapping[str, Type], source: Source) -> Type:
    """The type at the place of the rows."""
    fields: Any = found
    type: Type = StructOf(found)
    for step in place:
        if step not in fields:
            raise NodeError(
                f"the file has no {step!r} (records: {'.'.join(place)})",
                code="SK0745",
                help=did_you_mean(step, fields) or _has(fields),
            )
        type = fields[step]
        fields = type.fields if isinstance(type, StructOf) else {}
    return type


def _has(names: Collection[str]) -> str:
    shown = ", ".join(name[:_LONGEST] for name in islice(names, _SHOWN))
    return f"it has {shown or 'no keys'}{', ...' if len(names) > _SHOWN else ''}"


def _no_list(place: str, why: str) -> NodeError:
    return NodeError(f"the file holds no list of rows at {place!r}", code="SK0745", help=why)


def _word(type: Type) -> str:
    return "object" if isinstance(type, StructOf) else f"value of type {type}"


def _replaced(type: Any, steps: tuple[str, ...], with_: Type) -> Type:
    if not steps:
        return with_
    fields = {steps[0]: _replaced(type.fields[steps[0]], steps[1:], with_)}
    return StructOf(fields)


def files_hold(reading: Reading, context: Context) -> str:
    name = shown_name(reading.files[0], context)
    return f"{name} holds" if len(reading.files) == 1 else "one of the files holds"
