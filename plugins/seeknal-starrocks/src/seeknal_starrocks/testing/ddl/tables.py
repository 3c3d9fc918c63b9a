"""Reads the statements about tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from seeknal_starrocks.testing.ddl import clauses
from seeknal_starrocks.testing.ddl.statements import (
    AddColumn,
    AlterTable,
    ColumnOfTable,
    CreatePlainView,
    CreateTable,
    Rename,
    SetComment,
    SetProperties,
    Swap,
)
from seeknal_starrocks.testing.types import read_type

if TYPE_CHECKING:
    from seeknal_starrocks.testing.ddl.reader import Reader

_MODELS = ("DUPLICATE", "AGGREGATE", "UNIQUE", "PRIMARY")


def create(reader: Reader) -> CreateTable:
    """What follows ``CREATE TABLE``."""
    if_not_exists = clauses.if_not_exists(reader)
    name = reader.names()
    if reader.accept("LIKE"):
        return _create_table(name, if_not_exists, like=reader.names())
    columns = _columns(reader)
    if reader.accept("ENGINE"):
        reader.expect("=", "OLAP")
    model, keys = _keys(reader)
    found: dict[str, Any] = {"comment": clauses.comment(reader)}
    if reader.accept("PARTITION", "BY"):
        found["partition_by"] = clauses.partitioning(reader)
    if reader.accept("DISTRIBUTED", "BY"):
        found["distribution"] = clauses.distribution(reader)
    if reader.accept("ORDER", "BY"):
        found["order_by"] = clauses.ordering(reader)
    if reader.accept("PROPERTIES"):
        found["properties"] = reader.properties()
    if reader.accept("AS"):
        found["query"] = reader.rest()
    elif not columns:
        reader.unexpected("(", "AS", "LIKE")
    elif any(not column.type for column in columns):
        raise reader.wrong("A column of a table without a query has a type")
    return _create_table(name, if_not_exists, columns=columns, model=model, keys=keys, **found)


def _create_table(name: tuple[str, ...], if_not_exists: bool, **given: Any) -> CreateTable:
    return CreateTable(
        name=name,
        if_not_exists=if_not_exists,
        **{
            **{"columns": (), "model": None, "keys": (), "comment": "", "partition_by": ()},
            **{"distribution": None, "order_by": (), "properties": {}},
            **given,
        },
    )


def _columns(reader: Reader) -> tuple[ColumnOfTable, ...]:
    return reader.listed(lambda: column(reader)) if reader.ahead("(") else ()


def column(reader: Reader) -> ColumnOfTable:
    """A column's name, type, whether it may be NULL, default and comment, in this order."""
    name = reader.column()
    if reader.ahead(",") or reader.ahead(")"):
        return ColumnOfTable(name=name, type="", nullable=None)
    type = read_type(reader)
    nullable = None
    if reader.accept("NULL"):
        nullable = True
    elif reader.accept("NOT", "NULL"):
        nullable = False
    default = _default(reader) if reader.accept("DEFAULT") else None
    return ColumnOfTable(
        name=name, type=type, nullable=nullable, default=default, comment=clauses.comment(reader)
    )


def _default(reader: Reader) -> str | None:
    """A text, NULL or CURRENT_TIMESTAMP: a number that is not quoted is none."""
    if reader.accept("NULL"):
        return None
    if reader.accept("CURRENT_TIMESTAMP"):
        return "CURRENT_TIMESTAMP"
    return reader.text()


def _keys(reader: Reader) -> tuple[Any, tuple[str, ...]]:
    for model in _MODELS:
        if reader.accept(model):
            reader.expect("KEY")
            return model, reader.listed(reader.name)
    return None, ()


def alter(reader: Reader) -> AlterTable:
    """What follows ``ALTER TABLE``."""
    return AlterTable(name=reader.names(), change=cast("Any", _change(reader)))


def _change(reader: Reader) -> object:
    word = reader.one_of("RENAME", "SWAP", "SET", "COMMENT", "ADD")
    if word == "RENAME":
        return Rename(to=reader.name())
    if word == "SWAP":
        reader.expect("WITH")
        return Swap(other=reader.name())
    if word == "SET":
        return SetProperties(properties=reader.properties())
    if word == "COMMENT":
        reader.expect("=")
        return SetComment(comment=reader.text())
    reader.expect("COLUMN")
    return AddColumn(column=column(reader))


def create_view(reader: Reader, *, or_replace: bool) -> CreatePlainView:
    """What follows ``CREATE VIEW``."""
    if_not_exists = clauses.if_not_exists(reader)
    name = reader.names()
    columns = clauses.columns_with_comments(reader)
    comment = clauses.comment(reader)
    reader.expect("AS")
    return CreatePlainView(
        name=name,
        or_replace=or_replace,
        if_not_exists=if_not_exists,
        columns=columns,
        comment=comment,
        query=reader.rest(),
    )
