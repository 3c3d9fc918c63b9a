"""A NULL of any type that a column can have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier
from seeknal.sql.typetree import type_tree

if TYPE_CHECKING:
    from seeknal.sql.typetree import TypeTree


def null_of(type: str) -> str:
    """An expression that is NULL and of the type, which is as DuckDB writes it."""
    if type.strip('"') == "NULL":
        return "NULL"
    try:
        return _null(type_tree(type))
    except ValueError:
        # What a later DuckDB writes, it reads.
        return f"CAST(NULL AS {type})"


def _null(tree: TypeTree) -> str:
    if not any(part.name == "STRUCT" and None in dict(part.fields) for part in tree.walk()):
        return f"CAST(NULL AS {tree.text})"
    # DuckDB 1.5 reads no type of a struct without names.
    return f"CASE WHEN false THEN {_some(tree)} END"


def _some(tree: TypeTree) -> str:
    """A value of a type with a struct without names in it."""
    parts = [_null(part) for part in tree.parts]
    match tree.name:
        case "LIST":
            return f"[{parts[0]}]"
        case "ARRAY":
            return f"array_value({', '.join(parts * tree.size)})"
        case "MAP":
            return f"MAP([{parts[0]}], [{parts[1]}])"
        case "STRUCT":
            names = [name for name, _ in tree.fields]
            if None in names:
                return f"row({', '.join(parts)})"
            items = (
                f"{quote_identifier(str(name))} := {part}"
                for name, part in zip(names, parts, strict=True)
            )
            return f"struct_pack({', '.join(items)})"
        case _:
            return f"CAST(NULL AS {tree.text})"
