"""Makes, refreshes and changes materialized views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal_starrocks.testing.ddl.statements import (
    Rename,
    SetActive,
    SetProperties,
    Swap,
)
from seeknal_starrocks.testing.engine import properties
from seeknal_starrocks.testing.engine.queries import described, prepare, run
from seeknal_starrocks.testing.engine.tablerules import check_name
from seeknal_starrocks.testing.engine.things import Table, TaskRun
from seeknal_starrocks.testing.engine.viewrules import check_schedule, judge_view
from seeknal_starrocks.testing.faults import REFRESH
from seeknal_starrocks.testing.refusing import Refused, analysis
from seeknal_starrocks.testing.types import duckdb_type

if TYPE_CHECKING:
    from seeknal_starrocks.testing.ddl.statements import (
        AlterView,
        CreateView,
        Refresh,
        RefreshView,
    )
    from seeknal_starrocks.testing.engine.queries import Session
    from seeknal_starrocks.testing.engine.things import Place
    from seeknal_starrocks.testing.engine.world import World


def create(world: World, session: Session, statement: CreateView) -> None:
    """Makes the view, and refreshes it unless that is DEFERRED. Raises Refused."""
    judged = judge_view(world, session, statement)
    check_name(judged.place[2])
    if judged.place in world.tables:
        if statement.if_not_exists:
            return
        raise analysis(f"Table '{judged.place[2]}' already exists")
    table = Table(
        id=world.next_id(),
        kind="MATERIALIZED VIEW",
        columns=judged.columns,
        comment=statement.comment,
        properties=dict(statement.properties),
        partitioned_by=tuple(partition.written for partition in statement.partition_by),
        query=statement.query,
        database=(judged.place[0], session[1] or judged.place[1]),
        definition=judged.view,
        bases=frozenset(base.id for base in judged.query.bases.values()),
    )
    store(world, table)
    world.tables[judged.place] = table
    if judged.view.refresh is not None and judged.view.refresh.moment != "DEFERRED":
        _try_refresh(world, judged.place)


def store(world: World, table: Table) -> None:
    """Makes a table of DuckDB for the rows of a new one."""
    from seeknal.plugin import quote_identifier

    columns = ", ".join(
        f"{quote_identifier(column.name)} {duckdb_type(column.type)}" for column in table.columns
    )
    with world.transaction() as cursor:
        run(cursor, f"CREATE TABLE {table.stored} ({columns})")


def refresh(world: World, session: Session, statement: RefreshView) -> str:
    """Refreshes it now; its failure is told by who waits. Gives the name of the task run."""
    place = world.place(statement.name, session)
    if (table := world.tables.get(place)) is None:
        raise analysis(f"Can not find materialized view:{place[2]}")
    if table.kind != "MATERIALIZED VIEW":
        raise analysis(f"Can not refresh non materialized view:{place[2]}")
    if not table.active:
        raise analysis(
            f"Refresh materialized view failed because [{place[2]}] is not active. You can try to"
            f" active it with ALTER MATERIALIZED VIEW {place[2]} ACTIVE; "
        )
    if statement.partition is not None and not table.partitioned_by:
        raise analysis("Not support refresh by partition for single partition mv")
    failure = _try_refresh(world, place)
    if failure is not None and statement.waits:
        raise Refused(failure)
    return f"mv-{table.id}-{len(world.task_runs)}"


def _try_refresh(world: World, place: Place) -> str | None:
    """What went wrong; the rows then are as they were."""
    fault = world.faults.armed.reach(REFRESH)
    failure = fault.message if fault is not None else None
    if failure is None:
        try:
            _fill(world, place)
        except Refused as error:
            failure = error.message
    state: Any = "SUCCESS" if failure is None else "FAILED"
    world.task_runs.append(TaskRun(view=place[1:], state=state, message=failure or ""))
    return failure


def _fill(world: World, place: Place) -> None:
    table = world.table(place)
    assert table.query is not None
    assert table.database is not None
    query = prepare(world, table.database, table.query)
    with world.transaction() as cursor:
        run(cursor, f"DELETE FROM {table.stored}")
        run(cursor, f"INSERT INTO {table.stored} {query.sql}")


def alter(world: World, session: Session, statement: AlterView) -> None:
    """Raises Refused."""
    place = world.place(statement.name, session)
    if (table := world.tables.get(place)) is None:
        raise analysis(f"Materialized view {place[2]} is not found")
    if table.kind != "MATERIALIZED VIEW":
        raise analysis(f"{place[2]} is not async materialized view")
    change = statement.change
    if isinstance(change, Rename):
        rename(world, place, change.to)
    elif isinstance(change, Swap):
        swap(world, place, change.other)
    elif isinstance(change, SetActive):
        _set_active(world, session, place, change)
    elif isinstance(change, SetProperties):
        _set_properties(world, place, change.properties)
    else:
        _set_refresh(world, place, change)


def rename(world: World, place: Place, to: str) -> None:
    check_name(to)
    new = (*place[:2], to)
    if new in world.tables:
        raise analysis(f"Table '{to}' already exists")
    world.tables[new] = world.tables.pop(place)
    world.put_aside(world.tables[new].id, f"base-table renamed: {place[2]}")


def swap(world: World, place: Place, other: str) -> None:
    """Both change their names; what was granted on a table goes with its rows."""
    there = (*place[:2], other)
    one, two = world.table(place), world.table(there)
    if {one.kind, two.kind} == {"TABLE", "MATERIALIZED VIEW"} or "VIEW" in (one.kind, two.kind):
        raise analysis("Materialized view can only SWAP WITH materialized view")
    world.tables[place], world.tables[there] = two, one
    for table in (one, two):
        world.put_aside(table.id, f"base-table swapped: {place[2]}")


def _set_active(world: World, session: Session, place: Place, change: SetActive) -> None:
    table = world.table(place)
    if not change.active:
        reason = "user use alter materialized view set status to inactive"
        world.tables[place] = evolve(table, active=False, inactive_reason=reason)
        return
    assert table.query is not None
    assert table.database is not None
    try:
        query = prepare(world, table.database, table.query)
        described(world, query)
    except Refused as error:
        raise analysis(f"Can not active materialized view [{place[2]}]: {error.message}") from None
    inactive = [base for base, found in query.bases.items() if not found.active]
    if inactive:
        raise analysis(
            f"Can not active materialized view [{place[2]}]: {inactive[0][2]} is inactive"
        )
    bases = frozenset(base.id for base in query.bases.values())
    world.tables[place] = evolve(table, active=True, inactive_reason="", bases=bases)


def _set_properties(world: World, place: Place, given: Mapping[str, str]) -> None:
    properties.check_names(given, properties.CHANGEABLE_OF_VIEWS, "materialized view")
    properties.check_values(world, given)
    table = world.table(place)
    partitioned = bool(table.partitioned_by)
    properties.check_partitioned(given, partitioned=partitioned, by_list=False)
    world.tables[place] = evolve(table, properties={**table.properties, **given})


def _set_refresh(world: World, place: Place, change: Refresh) -> None:
    check_schedule(world, change)
    table = world.table(place)
    assert table.definition is not None
    world.tables[place] = evolve(table, definition=evolve(table.definition, refresh=change))
