"""What a table has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_starrocks.testing.ddl.statements import Hash, Random
from seeknal_starrocks.testing.engine import properties
from seeknal_starrocks.testing.engine.things import DEFAULT, Column
from seeknal_starrocks.testing.refusing import analysis
from seeknal_starrocks.testing.types import STATES, may_be_key, may_be_primary

if TYPE_CHECKING:
    from seeknal_starrocks.testing.ddl.statements import CreateTable
    from seeknal_starrocks.testing.engine.things import Place
    from seeknal_starrocks.testing.engine.world import World

_MODELS = ("DUPLICATE", "PRIMARY")
"""Models that the stand-in has; rows of AGGREGATE and UNIQUE tables are merged otherwise."""


_OF_TIME = ("date_trunc", "time_slice")
_TIMES = ("date", "datetime")
_LONGEST_NAME = 1024


@frozen(kw_only=True)
class JudgedTable:
    columns: tuple[Column, ...]
    model: str


def judge_table(world: World, place: Place, table: CreateTable) -> JudgedTable:
    """Raises Refused for the first rule that a definition breaks."""
    if place[0] != DEFAULT:
        raise analysis("The stand-in makes tables in default_catalog only")
    model = table.model or "DUPLICATE"
    if model not in _MODELS:
        raise analysis(f"The stand-in has no {model} KEY tables")
    columns = _columns(table, model)
    _check_model(table, model, columns)
    _check_spread(table, model, columns)
    properties.check_names(table.properties, properties.OF_TABLES, "table")
    properties.check_values(world, table.properties)
    return JudgedTable(columns=columns, model=model)


def check_name(name: str) -> None:
    """Of a table or view. Raises Refused."""
    if len(name) > _LONGEST_NAME:
        raise analysis(f"Incorrect table name '{name}'")


def _columns(table: CreateTable, model: str) -> tuple[Column, ...]:
    seen: set[str] = set()
    found = []
    for column in table.columns:
        if column.name.lower() in seen:
            raise analysis(f"Duplicate column name '{column.name}'")
        seen.add(column.name.lower())
        if column.type.upper() in STATES:
            raise analysis(f"No aggregate function specified for '{column.name}'")
        key = column.name.lower() in {name.lower() for name in table.keys}
        if model == "PRIMARY" and key and column.nullable:
            raise analysis(f"primary key column {column.name} cannot be nullable")
        nullable = column.nullable is not False and not (model == "PRIMARY" and key)
        found.append(
            Column(
                name=column.name,
                type=column.type,
                nullable=nullable,
                key=key,
                default=column.default,
                comment=column.comment,
            )
        )
    return tuple(found)


def _check_model(table: CreateTable, model: str, columns: tuple[Column, ...]) -> None:
    first = [column.name.lower() for column in columns][: len(table.keys)]
    if [name.lower() for name in table.keys] != first:
        raise analysis(
            "Key columns must be the first few columns of the schema and the order of the key"
            " columns must be consistent with the order of the schema"
        )
    for column in columns:
        fits = may_be_primary(column.type) if model == "PRIMARY" else may_be_key(column.type)
        if column.key and not fits:
            raise analysis(f"Invalid data type of key column '{column.name}': '{column.type}'")
    if not table.keys and not may_be_key(columns[0].type):
        raise analysis(f"Data type of first column cannot be {columns[0].type}")


def _check_spread(table: CreateTable, model: str, columns: tuple[Column, ...]) -> None:
    if model == "PRIMARY" and isinstance(table.distribution, Random):
        raise analysis("PRIMARY KEY must use hash distribution")
    types = {column.name.lower(): column for column in columns}
    for partition in table.partition_by:
        column = types.get(partition.column.lower())
        if column is not None and partition.function in _OF_TIME and column.type not in _TIMES:
            raise analysis(
                f"Unsupported partition expression {partition.written} of {column.type} column"
            )
    spread = table.distribution.columns if isinstance(table.distribution, Hash) else ()
    parts = tuple(partition.column for partition in table.partition_by)
    for what, names in (("Distribution", spread), ("Partition", parts), ("Sort", table.order_by)):
        seen: set[str] = set()
        for name in names:
            if (column := types.get(name.lower())) is None:
                raise analysis(f"{what} column({name}) doesn't exist")
            if name.lower() in seen:
                raise analysis(f"Duplicated {what.lower()} column {name}")
            seen.add(name.lower())
            if not may_be_key(column.type):
                raise analysis(f"{column.type} column can not be {what.lower()} column: {name}")
            if model == "PRIMARY" and what != "Sort" and not column.key:
                raise analysis(f"The {what.lower()} column {name} must be part of primary keys")
