"""The types of JSON values, as trees: what is found in them is looked at leaf by leaf."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from seeknal.plugin import quote_identifier

ITEMS, VALUES, KEYS = "[]", "{}", "{keys}"
"""Steps of a path: the items of a list, the values and keys of a map. Fields stand in tuples."""

Path = tuple[Any, ...]
"""Where a leaf is, from its column down: ``(("address",), ("lines",), "[]")``."""


@frozen
class Leaf:
    """A type that has no others in it. ``declared``: it is what a user asked for."""

    type: str
    declared: bool = False

    def __str__(self) -> str:
        return self.type


@frozen
class ListOf:
    item: Any

    def __str__(self) -> str:
        return f"{self.item}[]"


@frozen
class StructOf:
    fields: Mapping[str, Any]

    def __str__(self) -> str:
        pairs = (f"{quote_identifier(name)} {type}" for name, type in self.fields.items())
        return f"STRUCT({', '.join(pairs)})"


@frozen
class MapOf:
    value: Any
    key: str = "VARCHAR"

    def __str__(self) -> str:
        return f"MAP({self.key}, {self.value})"


Type = Leaf | ListOf | StructOf | MapOf


def type_tree(found: Any, *, declared: bool = False) -> Type:
    """A type of DuckDB's as a tree. What JSON has no counterpart for is a leaf."""
    if found.id == "struct":
        fields = {name: type_tree(type, declared=declared) for name, type in found.children}
        return StructOf(fields)
    if found.id == "list":
        return ListOf(type_tree(found.children[0][1], declared=declared))
    if found.id == "map":
        key, value = (type for _, type in found.children)
        return MapOf(type_tree(value, declared=declared), str(key))
    return Leaf(str(found), declared)


def leaves(type: Type, path: Path) -> Iterator[tuple[Path, Leaf]]:
    """Each leaf below ``path`` and where it is."""
    if isinstance(type, Leaf):
        yield path, type
    elif isinstance(type, ListOf):
        yield from leaves(type.item, (*path, ITEMS))
    elif isinstance(type, MapOf):
        if type.key != "VARCHAR":
            # Keys are text until a user declares another type for them.
            yield (*path, KEYS), Leaf(type.key, declared=True)
        yield from leaves(type.value, (*path, VALUES))
    else:
        for name, field in type.fields.items():
            yield from leaves(field, (*path, (name,)))


def all_leaves(columns: Mapping[str, Type]) -> Iterator[tuple[Path, Leaf]]:
    """The leaves of every column, with their paths."""
    for name, type in columns.items():
        yield from leaves(type, ((name,),))


def with_leaves(type: Type, path: Path, change: Callable[[Path, Leaf], Leaf]) -> Type:
    """The tree with other leaves."""
    if isinstance(type, Leaf):
        return change(path, type)
    if isinstance(type, ListOf):
        return ListOf(with_leaves(type.item, (*path, ITEMS), change))
    if isinstance(type, MapOf):
        return MapOf(with_leaves(type.value, (*path, VALUES), change), type.key)
    return StructOf(
        {name: with_leaves(field, (*path, (name,)), change) for name, field in type.fields.items()}
    )


def columns_with_leaves(
    columns: Mapping[str, Type], change: Callable[[Path, Leaf], Leaf]
) -> dict[str, Type]:
    return {name: with_leaves(type, ((name,),), change) for name, type in columns.items()}


def readable(type: Type) -> Type:
    """The type as which DuckDB's reader takes the values: what it has no way to read is text."""
    if isinstance(type, Leaf):
        known = type.type in _READABLE or type.type.startswith(("DECIMAL", "UNION"))
        return type if known else Leaf("VARCHAR", type.declared)
    if isinstance(type, ListOf):
        return ListOf(readable(type.item))
    if isinstance(type, MapOf):
        return MapOf(readable(type.value))
    return StructOf({name: readable(field) for name, field in type.fields.items()})


_READABLE = frozenset(
    (
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
        *("BOOLEAN", "FLOAT", "DOUBLE", "VARCHAR", "JSON", "UUID"),
        *("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIME"),
    )
)


def overlay(found: Type, declared: Type) -> Type:
    """What is declared, its fields under the names that the values really have."""
    if isinstance(found, ListOf) and isinstance(declared, ListOf):
        return ListOf(overlay(found.item, declared.item))
    if isinstance(found, MapOf) and isinstance(declared, MapOf):
        return MapOf(overlay(found.value, declared.value), declared.key)
    if isinstance(found, StructOf) and isinstance(declared, StructOf):
        real = {name.lower(): name for name in found.fields}
        return StructOf(
            {
                real.get(name.lower(), name): overlay(
                    found.fields.get(real.get(name.lower(), name), field), field
                )
                for name, field in declared.fields.items()
            }
        )
    return declared


def shown(path: Path) -> str:
    """A path as people write it: ``address.lines[]``."""
    text = ""
    for step in path:
        text += step if isinstance(step, str) else f".{step[0]}" if text else step[0]
    return text
