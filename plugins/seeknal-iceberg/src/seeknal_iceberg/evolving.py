"""How a table's schema follows the rows that are delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import RowsRefused
from seeknal_iceberg.types import schema_of

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.table import Transaction
    from pyiceberg.types import IcebergType, NestedField

    from seeknal.plugin import Column


@frozen(kw_only=True)
class Change:
    """What the schema needs to hold the rows."""

    added: tuple[NestedField, ...] = ()
    widened: tuple[NestedField, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.widened or self.renamed or self.removed)

    def __str__(self) -> str:
        parts = [
            *(f"{field.name} is new ({field.field_type})" for field in self.added),
            *(f"{field.name} becomes {field.field_type}" for field in self.widened),
            *(f"{old} is called {new}" for old, new in self.renamed),
            *(f"{name} is gone" for name in self.removed),
        ]
        return "; ".join(parts)


def change_of(table: Schema, columns: Sequence[Column], *, replacing: bool) -> Change:
    """What changes; raises DeliveryError for what Iceberg forbids, naming column and types.

    ``replacing``: no row stays, so a column that is gone is dropped, and one that stands in its
    place with its type is taken for the same under another name.
    """
    wanted = schema_of(columns)
    there = {field.name: field for field in table.fields}
    added = [field for field in wanted.fields if field.name not in there]
    gone = [field for field in table.fields if field.name not in {c.name for c in columns}]
    widened = []
    for field in wanted.fields:
        old = there.get(field.name)
        if old is not None and not _same(old.field_type, field.field_type):
            if _holds(old.field_type, field.field_type):
                continue
            if not _widens(old.field_type, field.field_type):
                raise RowsRefused(
                    f"column {field.name!r} is {old.field_type} in the table and"
                    f" {field.field_type} in the rows, which Iceberg cannot become",
                    code="SK1431",
                    help="cast it in the node's SQL, or deliver to another table",
                )
            widened.append(field)
    renamed = _renamed(table, wanted, gone, added) if replacing else []
    old_names, new_names = {old for old, _ in renamed}, {new for _, new in renamed}
    left = [field for field in gone if field.name not in old_names]
    if not replacing and (needed := [field.name for field in left if field.required]):
        raise RowsRefused(
            f"the table requires {', '.join(needed)}, which the rows do not have", code="SK1432"
        )
    return Change(
        added=tuple(field for field in added if field.name not in new_names),
        widened=tuple(widened),
        renamed=tuple(renamed),
        removed=tuple(field.name for field in left) if replacing else (),
    )


def _renamed(
    table: Schema, wanted: Schema, gone: Sequence[NestedField], added: Sequence[NestedField]
) -> list[tuple[str, str]]:
    places = {field.name: place for place, field in enumerate(table.fields)}
    new = dict(enumerate(wanted.fields))
    found = []
    for field in gone:
        other = new.get(places[field.name])
        if other in added and other is not None and _same(field.field_type, other.field_type):
            found.append((field.name, other.name))
    return found


def _same(one: IcebergType, other: IcebergType) -> bool:
    """Whether two types are equal but for the ids within."""
    from seeknal_iceberg.types import duckdb_type

    return duckdb_type(one) == duckdb_type(other)


def _holds(table: IcebergType, rows: IcebergType) -> bool:
    """Whether the table's type is the wider one already."""
    return _widens(rows, table)


def _widens(old: IcebergType, new: IcebergType) -> bool:
    """The promotions that Iceberg allows."""
    from pyiceberg.types import DecimalType

    if isinstance(old, DecimalType) and isinstance(new, DecimalType):
        return old.scale == new.scale and new.precision >= old.precision
    return (str(old), str(new)) in (("int", "long"), ("float", "double"))


def evolve_schema(transaction: Transaction, change: Change) -> None:
    """Carry out a change in the transaction that delivers the rows."""
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        for old, new in change.renamed:
            update.rename_column(old, new)
        for name in change.removed:
            update.delete_column(name)
        for field in change.added:
            update.add_column(field.name, _plain(field.field_type))
        for field in change.widened:
            update.update_column(field.name, _plain(field.field_type))


def _plain(type: Any) -> Any:
    return type
