"""What is known of a query before a view is made of it: its tables, and its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal_starrocks.serving.bases import base_of
from seeknal_starrocks.serving.origins import Origins, names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeknal_starrocks.serving.bases import Base, Name, Origin
    from seeknal_starrocks.serving.desk import Desk

_TYPES = {
    **{1: "tinyint", 2: "smallint", 3: "int", 4: "float", 5: "double", 8: "bigint"},
    **{10: "date", 12: "datetime", 246: "decimal", 252: "varbinary"},
}
"""By the numbers of MySQL's protocol."""
_TEXTS = {253: 20, 254: 60}
"""Numbers of texts, and the length of those that may be JSON, or ARRAY, MAP or STRUCT instead."""
_NO_KEYS = (
    *("float", "double", "json", "array", "map", "struct", "varbinary", "binary", "bitmap"),
    *("hll", "percentile", "variant"),
)
UNSURE = "a text, or JSON, or nested"


@frozen(kw_only=True)
class Output:
    """A column that a query gives. ``origin``: the column of a table that it is."""

    name: str
    type: str
    origin: Origin | None = None

    @property
    def may_be_key(self) -> bool:
        return self.type != UNSURE and not self.type.startswith(_NO_KEYS)


@frozen(kw_only=True)
class Facts:
    """``tree`` is the query as sqlglot reads it, which is to look at alone."""

    tree: Any
    version: tuple[int, ...]
    tables: Mapping[Name, Base]
    outputs: tuple[Output, ...]


def facts_of(query: str, tree: Any, database: str, desk: Desk) -> Facts:
    """Raises DeliveryError for a query that StarRocks does not take."""
    tables = {name: base_of(name, desk) for name in names_of(tree, database)}
    _, described = desk.described(_without_rows(query, tree))
    origins = Origins(database=database, tables=tables)
    outputs = tuple(_output(column, origins, tree) for column in described)
    return Facts(tree=tree, version=desk.version, tables=tables, outputs=outputs)


def _without_rows(query: str, tree: Any) -> str:
    if tree.args.get("limit") is None and tree.args.get("offset") is None:
        return f"{query}\nLIMIT 0"
    return f"SELECT * FROM (\n{query}\n) AS seeknal_rows LIMIT 0"


def _output(described: Sequence[Any], origins: Origins, tree: Any) -> Output:
    name, number, length = str(described[0]), int(described[1]), described[3]
    origin = origins.of(tree, name)
    type = _TYPES.get(number, "varchar")
    if origin is not None:
        type = origin.table.columns[origin.column]
    elif _TEXTS.get(number) == length:
        type = UNSURE
    return Output(name=name, type=type, origin=origin)
