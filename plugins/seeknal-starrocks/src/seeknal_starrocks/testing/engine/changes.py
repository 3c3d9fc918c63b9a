"""Carries out statements of DDL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal_starrocks.testing.ddl.statements import (
    AlterTable,
    AlterView,
    CreateCatalog,
    CreateDatabase,
    CreatePlainView,
    CreateTable,
    CreateView,
    Drop,
    RefreshTable,
    RefreshView,
    Rename,
    SetComment,
    SetProperties,
    Swap,
    Truncate,
)
from seeknal_starrocks.testing.engine import properties, views
from seeknal_starrocks.testing.engine.catalogrules import judge_catalog
from seeknal_starrocks.testing.engine.fields import starrocks_type
from seeknal_starrocks.testing.engine.queries import described, prepare, run
from seeknal_starrocks.testing.engine.results import Done, texts
from seeknal_starrocks.testing.engine.tablerules import check_name, judge_table
from seeknal_starrocks.testing.engine.things import Catalog, Column, Table
from seeknal_starrocks.testing.refusing import Refused, analysis, unknown_catalog, unknown_database
from seeknal_starrocks.testing.types import duckdb_type

if TYPE_CHECKING:
    from seeknal_starrocks.testing.ddl.statements import (
        AddColumn,
        Statement,
    )
    from seeknal_starrocks.testing.engine.queries import Session
    from seeknal_starrocks.testing.engine.results import Result
    from seeknal_starrocks.testing.engine.things import Place
    from seeknal_starrocks.testing.engine.world import World


def carry_out(world: World, session: Session, statement: Statement) -> Result:
    """Raises Refused."""
    with world.changing:
        return _CHANGES[type(statement)](world, session, statement)


def _create_view(world: World, session: Session, statement: CreateView) -> Result:
    views.create(world, session, statement)
    return Done()


def _alter_view(world: World, session: Session, statement: AlterView) -> Result:
    views.alter(world, session, statement)
    return Done()


def _refresh_view(world: World, session: Session, statement: RefreshView) -> Result:
    return texts(("QUERY_ID",), [(views.refresh(world, session, statement),)])


def _refresh_table(world: World, session: Session, statement: RefreshTable) -> Result:
    place = world.place(statement.name, session)
    if world.table(place).kind != "EXTERNAL":
        raise analysis(f"Do not support refresh internal table: {place[2]}")
    if (newer := world.newer.pop(place, None)) is not None:
        # It is the same table to those who know it, views and rights among them.
        world.tables[place] = evolve(newer, id=world.tables[place].id, storage=newer.id)
    return Done()


def _create_table(world: World, session: Session, statement: CreateTable) -> Result:
    place = world.place(statement.name, session)
    check_name(place[2])
    if place in world.tables:
        if statement.if_not_exists:
            return Done()
        raise Refused(f"Table '{place[2]}' already exists", code=1050, state="42S01")
    if statement.like is not None:
        like = world.table(world.place(statement.like, session))
        made = evolve(like, id=world.next_id())
    else:
        if statement.query is not None:
            statement = _with_columns(world, session, statement)
        judged = judge_table(world, place, statement)
        made = Table(
            id=world.next_id(),
            columns=judged.columns,
            model=judged.model,
            comment=statement.comment,
            properties=dict(statement.properties),
            partitioned_by=tuple(partition.written for partition in statement.partition_by),
        )
    views.store(world, made)
    world.tables[place] = made
    return Done(affected=_filled(world, session, made, statement.query))


def _with_columns(world: World, session: Session, statement: CreateTable) -> CreateTable:
    """The definition with the columns of its query."""
    from seeknal_starrocks.testing.ddl.statements import ColumnOfTable

    query = prepare(world, session, statement.query or "")
    found = described(world, query)
    names = [column.name for column in statement.columns] or [name for name, _ in found]
    if len(names) != len(found):
        raise analysis("Number of columns don't equal number of SELECT statement's select list")
    columns = tuple(
        ColumnOfTable(name=name, type=starrocks_type(type, wide=query.wide), nullable=None)
        for name, (_, type) in zip(names, found, strict=True)
    )
    return evolve(statement, columns=columns)


def _filled(world: World, session: Session, table: Table, sql: str | None) -> int:
    if sql is None:
        return 0
    query = prepare(world, session, sql)
    with world.transaction() as cursor:
        run(cursor, f"INSERT INTO {table.stored} {query.sql}")
        return int(cursor.fetchone()[0])


def _alter_table(world: World, session: Session, statement: AlterTable) -> Result:
    place = world.place(statement.name, session)
    table = world.table(place)
    if table.kind != "TABLE":
        raise analysis(f"Table [{place[2]}] is not a OLAP table, ALTER TABLE is for such")
    change = statement.change
    if isinstance(change, Rename):
        views.rename(world, place, change.to)
    elif isinstance(change, Swap):
        views.swap(world, place, change.other)
    elif isinstance(change, SetComment):
        world.tables[place] = evolve(table, comment=change.comment)
    elif isinstance(change, SetProperties):
        properties.check_names(change.properties, properties.CHANGEABLE_OF_TABLES, "table")
        properties.check_values(world, change.properties)
        found = {**table.properties, **change.properties}
        world.tables[place] = evolve(table, properties=found)
    else:
        _add_column(world, place, change)
    return Done()


def _add_column(world: World, place: Place, change: AddColumn) -> None:
    from seeknal.plugin import quote_identifier

    table, added = world.table(place), change.column
    if table.column(added.name) is not None:
        raise analysis(f"Duplicate column name '{added.name}'")
    if added.nullable is False and added.default is None:
        raise analysis(f"Column {added.name} must have a default, for it is not nullable")
    name, type = quote_identifier(added.name), duckdb_type(added.type)
    with world.transaction() as cursor:
        run(cursor, f"ALTER TABLE {table.stored} ADD COLUMN {name} {type}")
        if added.default is not None:
            run(cursor, f"UPDATE {table.stored} SET {name} = CAST(? AS {type})", [added.default])
    column = Column(
        name=added.name,
        type=added.type,
        nullable=added.nullable is not False,
        default=added.default,
        comment=added.comment,
    )
    world.tables[place] = evolve(table, columns=(*table.columns, column))


def _create_plain_view(world: World, session: Session, statement: CreatePlainView) -> Result:
    place = world.place(statement.name, session)
    check_name(place[2])
    found = world.tables.get(place)
    if found is not None:
        if statement.if_not_exists:
            return Done()
        if not statement.or_replace or found.kind != "VIEW":
            raise Refused(f"Table '{place[2]}' already exists", code=1050, state="42S01")
    query = prepare(world, session, statement.query)
    columns = described(world, query)
    names = statement.columns or tuple((name, "") for name, _ in columns)
    if len(names) != len(columns):
        raise analysis("View's SELECT and view's field list have different column counts")
    world.tables[place] = Table(
        id=world.next_id(),
        kind="VIEW",
        columns=tuple(
            Column(name=name, type=starrocks_type(type, wide=query.wide), comment=comment)
            for (name, comment), (_, type) in zip(names, columns, strict=True)
        ),
        comment=statement.comment,
        query=statement.query,
        database=(session[0], session[1] or place[1]),
        bases=frozenset(base.id for base in query.bases.values()),
    )
    if found is not None:
        world.put_aside(found.id, f"base-view changed: {place[2]}")
    return Done()


def _create_database(world: World, session: Session, statement: CreateDatabase) -> Result:
    catalog, name = (session[0], *statement.name)[-2:]
    world.create_database(catalog, name, if_not_exists=statement.if_not_exists)
    return Done()


def _create_catalog(world: World, session: Session, statement: CreateCatalog) -> Result:
    if statement.name in world.catalogs and statement.if_not_exists:
        return Done()
    judge_catalog(statement.name, statement.properties)
    catalog = Catalog(comment=statement.comment, properties=dict(statement.properties))
    world.create_catalog(statement.name, catalog)
    return Done()


def _drop(world: World, session: Session, statement: Drop) -> Result:
    if statement.what == "CATALOG":
        return _drop_catalog(world, statement)
    if statement.what == "DATABASE":
        return _drop_database(world, session, statement)
    place = world.place(statement.name, session)
    found = world.tables.get(place)
    if found is None:
        if statement.if_exists:
            return Done()
        raise analysis(f"Unknown table '{'.'.join(place[1:])}'")
    if found.kind != statement.what:
        raise analysis(f"'{place[1]}'.'{place[2]}' is not '{statement.what}', it is {found.kind}")
    _forget(world, place)
    return Done()


def _forget(world: World, place: Place) -> None:
    table = world.tables.pop(place)
    if table.kind != "VIEW":
        with world.transaction() as cursor:
            run(cursor, f"DROP TABLE {table.stored}")
    world.grants = {grant for grant in world.grants if grant[2] != table.id}
    world.put_aside(table.id, f"base-table dropped: {place[2]}")


def _drop_catalog(world: World, statement: Drop) -> Result:
    (name,) = statement.name
    if name not in world.catalogs and not statement.if_exists:
        raise unknown_catalog(name)
    if name == "default_catalog":
        raise analysis("Can't drop the default internal catalog")
    for place in [place for place in world.tables if place[0] == name]:
        _forget(world, place)
    world.databases = {found for found in world.databases if found[0] != name}
    world.catalogs.pop(name, None)
    return Done()


def _drop_database(world: World, session: Session, statement: Drop) -> Result:
    catalog, name = (session[0], *statement.name)[-2:]
    if (catalog, name) not in world.databases:
        if statement.if_exists:
            return Done()
        raise unknown_database(name)
    for place in [place for place in world.tables if place[:2] == (catalog, name)]:
        _forget(world, place)
    world.databases.discard((catalog, name))
    return Done()


def _truncate(world: World, session: Session, statement: Truncate) -> Result:
    table = world.table(world.place(statement.name, session))
    if table.kind != "TABLE":
        raise analysis("TRUNCATE is for tables")
    with world.transaction() as cursor:
        run(cursor, f"DELETE FROM {table.stored}")
    return Done()


_CHANGES: dict[type, Callable[[World, Session, Any], Result]] = {
    CreateView: _create_view,
    AlterView: _alter_view,
    RefreshView: _refresh_view,
    RefreshTable: _refresh_table,
    CreateTable: _create_table,
    AlterTable: _alter_table,
    CreatePlainView: _create_plain_view,
    CreateDatabase: _create_database,
    CreateCatalog: _create_catalog,
    Drop: _drop,
    Truncate: _truncate,
}
