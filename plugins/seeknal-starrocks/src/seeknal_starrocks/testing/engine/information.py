"""The tables of information_schema and sys, made anew each time that one is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from seeknal_starrocks.testing.engine import granted
from seeknal_starrocks.testing.engine.things import DEFAULT, INFORMATION
from seeknal_starrocks.testing.refusing import unknown_table

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.things import Column, Place, Table
    from seeknal_starrocks.testing.engine.world import World

_COLUMNS = {
    "schemata": (
        "CATALOG_NAME SCHEMA_NAME DEFAULT_CHARACTER_SET_NAME DEFAULT_COLLATION_NAME SQL_PATH"
    ),
    "tables": "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_TYPE ENGINE TABLE_ROWS:n TABLE_COMMENT",
    "columns": (
        "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION:n COLUMN_DEFAULT"
        " IS_NULLABLE DATA_TYPE CHARACTER_MAXIMUM_LENGTH:n NUMERIC_PRECISION:n NUMERIC_SCALE:n"
        " COLUMN_TYPE COLUMN_KEY EXTRA COLUMN_COMMENT COLUMN_SIZE:n DECIMAL_DIGITS:n"
    ),
    "materialized_views": (
        "MATERIALIZED_VIEW_ID:n TABLE_SCHEMA TABLE_NAME REFRESH_TYPE IS_ACTIVE INACTIVE_REASON"
        " PARTITION_TYPE TASK_NAME LAST_REFRESH_STATE LAST_REFRESH_ERROR_MESSAGE TABLE_ROWS:n"
        " MATERIALIZED_VIEW_DEFINITION"
    ),
    "views": "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME VIEW_DEFINITION",
    "tasks": "TASK_NAME SCHEDULE CATALOG DATABASE DEFINITION",
    "task_runs": "QUERY_ID TASK_NAME STATE CATALOG DATABASE ERROR_MESSAGE",
    "loads": "ID:n LABEL DB_NAME TABLE_NAME STATE TYPE SINK_ROWS:n FILTERED_ROWS:n ERROR_MSG",
}
"""Those of the columns that are known here, ``:n`` for whole numbers; StarRocks has more."""
MaySee = Callable[["Table"], bool]


def rows_of(world: World, place: Place, alias: str, may_see: MaySee) -> Any:
    """A subquery of sqlglot's with the rows of such a table. Raises Refused for no such table."""
    import sqlglot
    from sqlglot import exp

    name = place[2].lower()
    known = _COLUMNS if place[1] == INFORMATION else granted.COLUMNS
    if name not in known:
        raise unknown_table(*place[1:])
    columns = [column.partition(":") for column in known[name].split()]
    # No row at all, so that there are columns with types where nothing is.
    types = [exp.DataType.build("BIGINT" if number else "VARCHAR") for _, _, number in columns]
    first = exp.select(
        *(
            exp.alias_(exp.Cast(this=exp.null(), to=type), column, quoted=True)
            for (column, _, _), type in zip(columns, types, strict=True)
        )
    ).where(exp.false())
    rows = list(
        _ROWS[name](world, place[0], may_see)
        if place[1] == INFORMATION
        else granted.granted_rows(world, name, may_see)
    )
    found: Any = first
    if rows:
        values = exp.values([tuple(row) for row in rows], alias="v")
        found = exp.union(first, sqlglot.select("*").from_(values), distinct=False)
    return exp.Subquery(
        this=found, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    )


def _schemata(world: World, catalog: str, may_see: MaySee) -> Iterator[tuple[object, ...]]:
    for of, name in sorted(world.databases | {(catalog, INFORMATION)}):
        if of == catalog:
            yield "def", name, "utf8", "utf8_general_ci", None


def _of(world: World, catalog: str, may_see: MaySee) -> Iterator[tuple[Place, Table]]:
    for place, table in sorted(world.tables.items()):
        if place[0] == catalog and may_see(table):
            yield place, table


def count_of(world: World, table: Table) -> int | None:
    if table.kind == "VIEW":
        return None
    cursor = world.cursor()
    count = cursor.execute(f"SELECT count(*) FROM {table.stored}").fetchone()[0]
    cursor.close()
    return int(count)


def _tables(world: World, catalog: str, may_see: MaySee) -> Iterator[tuple[object, ...]]:
    for (_, database, name), table in _of(world, catalog, may_see):
        kind = "VIEW" if table.kind in ("VIEW", "MATERIALIZED VIEW") else world.faults.table_type
        engine = {"MATERIALIZED VIEW": "MATERIALIZED_VIEW", "VIEW": "", "TABLE": "StarRocks"}
        shown = engine.get(table.kind, "ICEBERG")
        yield "def", database, name, kind, shown, count_of(world, table), table.comment


def _columns(world: World, catalog: str, may_see: MaySee) -> Iterator[tuple[object, ...]]:
    for (_, database, name), table in _of(world, catalog, may_see):
        for at, column in enumerate(table.columns, 1):
            yield "def", database, name, *_column(at, column, table)


def _column(at: int, column: Column, table: Table) -> tuple[object, ...]:
    head = re.split(r"[(<]", column.type)[0]
    numbers = [int(number) for number in re.findall(r"\d+", column.type)]
    text = head in ("varchar", "char")
    digits = numbers if head == "decimal" else [None, None]
    key = {"PRIMARY": "PRI", "DUPLICATE": "DUP"}.get(table.model, "") if column.key else ""
    null = "YES" if column.nullable else "NO"
    length = numbers[0] if text else None
    return (
        *(column.name, at, column.default, null, head, length, *digits, column.type, key, ""),
        *(column.comment, length if text else digits[0], digits[1]),
    )


def _views(world: World, catalog: str, may_see: MaySee) -> Iterator[tuple[object, ...]]:
    for (_, database, name), table in _of(world, catalog, may_see):
        if table.definition is None:
            continue
        runs = [run for run in world.task_runs if run.view == (database, name)]
        last = (runs[-1].state, runs[-1].message) if runs else (None, None)
        refresh = table.definition.refresh
        kind = refresh.kind if refresh is not None else "MANUAL"
        yield (
            *(table.id, database, name, kind, str(table.active).lower(), table.inactive_reason),
            *("LIST" if table.partitioned_by else "UNPARTITIONED", f"mv-{table.id}", *last),
            *(count_of(world, table), table.query),
        )


def _plain_views(world: World, catalog: str, may_see: MaySee) -> Iterator[tuple[object, ...]]:
    for (_, database, name), table in _of(world, catalog, may_see):
        if table.kind == "VIEW":
            yield "def", database, name, table.query


def _tasks(world: World, catalog: str, may_see: MaySee) -> Iterator[tuple[object, ...]]:
    for (_, database, name), table in _of(world, catalog, may_see):
        if table.definition is not None:
            refresh = table.definition.refresh
            every = refresh.every if refresh is not None else None
            schedule = f"PERIODICAL EVERY({every[0]} {every[1]})" if every else "MANUAL"
            definition = f"insert overwrite `{name}` {table.query}"
            yield f"mv-{table.id}", schedule, DEFAULT, database, definition


def _task_runs(world: World, catalog: str, may_see: MaySee) -> Iterator[tuple[object, ...]]:
    for at, run in enumerate(world.task_runs):
        table = world.tables.get((DEFAULT, *run.view))
        if table is not None and not may_see(table):
            continue
        task = f"mv-{table.id}" if table is not None else None
        yield f"run-{at}", task, run.state, DEFAULT, run.view[0], run.message


def _loads(world: World, catalog: str, may_see: MaySee) -> Iterator[tuple[object, ...]]:
    shown = {"VISIBLE": "FINISHED", "ABORTED": "CANCELLED", "PREPARE": "LOADING"}
    for load in world.loads.all():
        table = world.tables.get(load.place)
        if table is not None and not may_see(table):
            continue
        state = shown.get(load.state, load.state)
        yield (
            *(load.id, load.label, load.place[1], load.place[2], state, load.kind),
            *(load.rows, load.filtered, load.message),
        )


_ROWS = {
    "schemata": _schemata,
    "tables": _tables,
    "columns": _columns,
    "materialized_views": _views,
    "views": _plain_views,
    "tasks": _tasks,
    "task_runs": _task_runs,
    "loads": _loads,
}
