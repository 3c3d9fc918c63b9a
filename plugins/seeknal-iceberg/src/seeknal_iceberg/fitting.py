"""Rows that a table cannot hold: NULL where it requires a value, times that Iceberg does not have.

All is asked in one query over the delivered rows, before a file is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import RowsRefused, quote_identifier, value_of
from seeknal_iceberg.types import duckdb_type

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType

    from seeknal.plugin import Relation
    from seeknal_iceberg.workbench import Workbench


@frozen(kw_only=True)
class Misfit:
    """Rows of which ``test`` is true do not fit."""

    column: str
    test: str
    problem: str
    code: str
    help: str
    value: str | None = None
    """What is shown of such a row; its first columns without it."""


def check_fit(
    relation: Relation, schema: Schema, context: Workbench, private: Collection[str] = ()
) -> None:
    """Raises DeliveryError that names the column, how many rows, and one of them.

    Values of columns that are ``private`` are not shown.
    """
    tests = [*_missing(relation, schema), *_times(relation, schema), *_finer(relation, schema)]
    if not tests:
        return
    counts = ", ".join(f"count_if({misfit.test})" for misfit in tests)
    [found] = context.duckdb.execute(f"SELECT {counts} FROM {relation.scan}").fetchall()
    for misfit, count in zip(tests, found, strict=True):
        if count:
            example = _example(misfit, relation, context, private)
            raise RowsRefused(
                f"column {misfit.column!r} {misfit.problem} in {count:,} of"
                f" {relation.rows:,} rows, such as {example}",
                code=misfit.code,
                help=misfit.help,
            )


def _example(
    misfit: Misfit, relation: Relation, context: Workbench, private: Collection[str]
) -> str:
    names = relation.names[:4]
    shown = [misfit.value] if misfit.value else [quote_identifier(name) for name in names]
    texts = ", ".join(f"coalesce(left(CAST({value} AS VARCHAR), 60), 'NULL')" for value in shown)
    query = f"SELECT {texts} FROM {relation.scan} WHERE {misfit.test} LIMIT 1"
    [row] = context.duckdb.execute(query).fetchall()
    if misfit.value:
        return value_of(misfit.column, row[0], private)
    return ", ".join(
        f"{name} = {value_of(name, value, private)}" for name, value in zip(names, row, strict=True)
    )


def _missing(relation: Relation, schema: Schema) -> Iterator[Misfit]:
    """NULL in required fields, at every depth."""
    for field in schema.fields:
        if field.name not in relation.names:
            continue
        place = quote_identifier(field.name)
        if field.required:
            yield _required(field.name, f"{place} IS NULL")
        for name, test in _missing_within((field.name,), place, field.field_type):
            yield _required(name, test)


def _required(name: str, test: str) -> Misfit:
    return Misfit(
        column=name,
        test=test,
        problem="is required by the table and NULL",
        code="SK1184",
        help="filter or fill them in the node's SQL, or make the column optional in the table",
    )


def _missing_within(
    path: tuple[str, ...], place: str, type: IcebergType
) -> Iterator[tuple[str, str]]:
    from pyiceberg import types

    if isinstance(type, types.StructType):
        for number, field in enumerate(type.fields):
            inner, inside = f"struct_extract_at({place}, {number + 1})", (*path, field.name)
            if field.required:
                yield ".".join(inside), f"({place} IS NOT NULL AND {inner} IS NULL)"
            yield from _missing_within(inside, inner, field.field_type)
    elif isinstance(type, types.ListType):
        inside = (*path, "element")
        yield from _any(place, inside, type.element_type, required=type.element_required)
    elif isinstance(type, types.MapType):
        values, keys = f"map_values({place})", f"map_keys({place})"
        yield from _any(keys, (*path, "key"), type.key_type, required=False)
        yield from _any(values, (*path, "value"), type.value_type, required=type.value_required)


def _any(
    place: str, path: tuple[str, ...], type: IcebergType, *, required: bool
) -> Iterator[tuple[str, str]]:
    each = f"e{len(path)}"
    found = [(".".join(path), f"{each} IS NULL")] if required else []
    for name, test in [*found, *_missing_within(path, each, type)]:
        yield name, f"coalesce(len(list_filter({place}, lambda {each}: {test})), 0) > 0"


_ENDLESS = ("date", "timestamp", "timestamptz")


def _times(relation: Relation, schema: Schema) -> Iterator[Misfit]:
    """What DuckDB has in its times and Iceberg has not: infinity, and 24:00."""
    for field in schema.fields:
        if field.name not in relation.names:
            continue
        for place, test in _unfit_times(quote_identifier(field.name), field.field_type, 0):
            yield Misfit(
                column=field.name,
                test=test,
                problem="is infinite or 24:00, which Iceberg has no value for,",
                code="SK1185",
                help="filter them, or write NULL or another time in the node's SQL",
                value=place,
            )


def _unfit_times(place: str, type: IcebergType, depth: int) -> Iterator[tuple[str, str]]:
    from pyiceberg import types

    if str(type) in _ENDLESS:
        yield place, f"isinf({place})"
    elif str(type) == "time":
        yield place, f"CAST({place} AS TIME) = TIME '24:00:00'"
    elif isinstance(type, types.StructType):
        for number, field in enumerate(type.fields):
            inner = f"struct_extract_at({place}, {number + 1})"
            yield from _unfit_times(inner, field.field_type, depth)
    elif isinstance(type, types.ListType):
        yield from _unfit_among(place, type.element_type, depth)
    elif isinstance(type, types.MapType):
        yield from _unfit_among(f"map_keys({place})", type.key_type, depth)
        yield from _unfit_among(f"map_values({place})", type.value_type, depth)


def _unfit_among(place: str, type: IcebergType, depth: int) -> Iterator[tuple[str, str]]:
    each = f"e{depth}"
    for _, test in _unfit_times(each, type, depth + 1):
        yield place, f"coalesce(len(list_filter({place}, lambda {each}: {test})), 0) > 0"


def _finer(relation: Relation, schema: Schema) -> Iterator[Misfit]:
    """Nanoseconds that microseconds do not hold, at every depth."""
    wanted = {field.name: duckdb_type(field.field_type) for field in schema.fields}
    for column in relation.columns:
        if "_NS" in column.type and column.name in wanted:
            place = quote_identifier(column.name)
            cut = f"CAST({place} AS {wanted[column.name]})"
            if column.type.startswith("TIME_NS"):
                # DuckDB 1.5 has no cast of TIME to TIME_NS.
                cut = f"CAST({cut} AS VARCHAR)"
            there_and_back = f"CAST({cut} AS {column.type})"
            yield Misfit(
                column=column.name,
                test=f"{there_and_back} IS DISTINCT FROM {place}",
                problem="has nanoseconds, which Iceberg has not,",
                code="SK1186",
                help=f"cut them in the node's SQL: CAST({column.name} AS {wanted[column.name]})",
                value=place,
            )
