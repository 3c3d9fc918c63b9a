"""Reads and carries out INSERT and DELETE."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal_starrocks.testing.ddl.reader import Reader
from seeknal_starrocks.testing.engine import writing
from seeknal_starrocks.testing.engine.loads import BadLabel, LabelUsed
from seeknal_starrocks.testing.engine.queries import described, prepare, run
from seeknal_starrocks.testing.engine.results import Done
from seeknal_starrocks.testing.engine.zones import DEFAULT_ZONE
from seeknal_starrocks.testing.refusing import analysis
from seeknal_starrocks.testing.types import bytes_of_text, duckdb_type

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.queries import Query, Session
    from seeknal_starrocks.testing.engine.things import Table
    from seeknal_starrocks.testing.engine.world import World

_numbers = itertools.count(1)


@frozen(kw_only=True)
class Insert:
    name: tuple[str, ...]
    overwrite: bool
    label: str | None
    columns: tuple[str, ...] | None
    by_name: bool
    query: str


def read_insert(sql: str) -> Insert:
    """Raises Refused."""
    reader = Reader(sql)
    reader.expect("INSERT")
    overwrite = reader.one_of("INTO", "OVERWRITE") == "OVERWRITE"
    name = reader.names()
    label, columns, by_name = None, None, False
    while True:
        if reader.accept("WITH", "LABEL"):
            label = reader.name()
        elif reader.accept("BY", "NAME"):
            by_name = True
        elif columns is None and reader.ahead("(") and not reader.ahead("(", "SELECT"):
            columns = reader.listed(reader.name)
        else:
            break
    values = reader.ahead("VALUES")
    query = reader.rest()
    return Insert(
        name=name,
        overwrite=overwrite,
        label=label,
        columns=columns,
        by_name=by_name,
        query=f"SELECT * FROM ({query}) AS given" if values else query,
    )


def insert(world: World, session: Session, sql: str) -> Done:
    """Raises Refused; then no row is in the table."""
    given = read_insert(sql)
    place = world.place(given.name, session)
    with world.changing:
        table = world.table(place)
        if table.kind != "TABLE":
            raise analysis(f"The data of '{place[2]}' cannot be inserted, it is {table.kind}")
        query = prepare(world, session, given.query)
        rows = _rows(world, table, given, query)
        label = given.label or f"insert_{next(_numbers)}"
        try:
            load = world.loads.begin(label, place, "INSERT")
        except (LabelUsed, BadLabel) as error:
            raise analysis(str(error)) from None
        try:
            with world.transaction() as cursor:
                if given.overwrite:
                    run(cursor, f"DELETE FROM {table.stored}")
                _check_fit(cursor, table, rows)
                count = writing.put(cursor, table, rows)
        except BaseException:
            world.loads.change(load, state="ABORTED")
            raise
        world.loads.change(load, state="VISIBLE", rows=count)
    message = f"{{'label':'{label}', 'status':'VISIBLE', 'txnId':'{load.id}'}}"
    return Done(affected=count, message=message)


def _rows(world: World, table: Table, given: Insert, query: Query) -> str:
    """The query with a value for each column of the table."""
    found = [name for name, _ in described(world, query)]
    columns = given.columns or (found if given.by_name else [c.name for c in table.columns])
    if len(columns) != len(found):
        raise analysis(
            f"Inserted target column count: {len(columns)} doesn't match select/value column"
            f" count: {len(found)}"
        )
    for name in columns:
        if table.column(name) is None:
            raise analysis(f"Unknown column '{name}' in '{given.name[-1]}'")
    places = {name.lower(): f"c{at}" for at, name in enumerate(columns)}
    values = []
    for column in table.columns:
        value = places.get(column.name.lower())
        if value is None and not column.nullable and column.default is None:
            raise analysis(f"'{column.name}' must be explicitly mentioned in column permutation")
        values.append(f"{_value(column, value)} AS {writing.quoted(column.name)}")
    names = ", ".join(f"c{at}" for at in range(len(columns)))
    return (
        f"SELECT row_number() OVER () AS {writing.ORDER}, {', '.join(values)}"
        f" FROM ({query.sql}) AS given({names})"
    )


def _value(column: Any, value: str | None) -> str:
    from seeknal.plugin import quote_literal

    type = duckdb_type(column.type)
    if value is not None:
        return f"CAST({value} AS {type})"
    if column.default == "CURRENT_TIMESTAMP":
        return f"CAST(timezone('{DEFAULT_ZONE}', now()) AS {type})"
    return (
        f"CAST({quote_literal(column.default)} AS {type})" if column.default is not None else "NULL"
    )


def _check_fit(cursor: Any, table: Table, rows: str) -> None:
    for column in table.columns:
        name, longest = writing.quoted(column.name), bytes_of_text(column.type)
        unfit = [f"{name} IS NULL"] if not column.nullable else []
        unfit += [f"octet_length(encode({name})) > {longest}"] if longest is not None else []
        if unfit:
            run(cursor, f"SELECT count(*) FROM ({rows}) WHERE {' OR '.join(unfit)}")
            if cursor.fetchone()[0]:
                raise analysis(f"Insert has filtered data in strict mode, in column {column.name}")
    run(cursor, f"SELECT count(*) FROM ({rows}) WHERE {writing.too_long(table)}")
    if cursor.fetchone()[0]:
        raise analysis(writing.LONG_KEY)


def delete(world: World, session: Session, sql: str) -> Done:
    """Raises Refused."""
    reader = Reader(sql)
    reader.expect("DELETE", "FROM")
    name = reader.names()
    if not reader.ahead("WHERE"):
        raise analysis("Where clause is not set")
    written = ".".join(f"`{part}`" for part in name)
    with world.changing:
        table = world.table(world.place(name, session))
        if table.kind != "TABLE":
            raise analysis("DELETE is for tables")
        query = prepare(world, session, f"SELECT 1 AS n FROM {written} {reader.rest()}")
        with world.transaction() as cursor:
            run(cursor, query.sql.replace("SELECT 1 AS n FROM", "DELETE FROM", 1))
            return Done(affected=int(cursor.fetchone()[0]))
