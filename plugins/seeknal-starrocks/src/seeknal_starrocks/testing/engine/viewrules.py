"""What a materialized view has to be: the rules that StarRocks' analyzer has for its definition."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal_starrocks.testing.ddl.statements import CreateView, Hash, Refresh
from seeknal_starrocks.testing.ddl.views import UNITS
from seeknal_starrocks.testing.engine import grammar, properties
from seeknal_starrocks.testing.engine.fields import starrocks_type
from seeknal_starrocks.testing.engine.partitions import check_partitions
from seeknal_starrocks.testing.engine.queries import Query, described, prepare
from seeknal_starrocks.testing.engine.things import DEFAULT, Column, Place
from seeknal_starrocks.testing.refusing import analysis
from seeknal_starrocks.testing.types import may_be_key

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.queries import Session
    from seeknal_starrocks.testing.engine.world import World

SHORTEST_INTERVAL = 60
"""Seconds: the default of materialized_view_min_refresh_interval."""


@frozen(kw_only=True)
class Judged:
    """A definition that keeps every rule."""

    view: CreateView
    place: Place
    query: Query
    columns: tuple[Column, ...]


def judge_view(world: World, session: Session, view: CreateView) -> Judged:
    """Raises Refused for the first rule that a definition breaks."""
    place = _place(world, session, view)
    if view.refresh is None:
        view = evolve(view, refresh=_without_refresh(view))
    query = prepare(world, session, view.query)
    _check_query(world, query)
    columns = _columns(world, view, query)
    _check_keys(view, columns)
    partitioned = check_partitions(world, session, view, query.tree, columns)
    _check_distribution(view, columns)
    _check_refresh(world, view.refresh, query)
    properties.check_names(view.properties, properties.OF_VIEWS, "materialized view")
    properties.check_values(world, view.properties)
    properties.check_partitioned(
        view.properties,
        partitioned=partitioned is not None,
        by_list=partitioned is not None and partitioned.by_list,
    )
    _check_rewrite(view, query.tree)
    return Judged(view=view, place=place, query=query, columns=columns)


def _place(world: World, session: Session, view: CreateView) -> Place:
    catalog = view.name[0] if len(view.name) == 3 else session[0]
    if catalog != DEFAULT:
        raise analysis(
            "Materialized view can only be created in default_catalog. You could either create it"
            " with default_catalog.<database>.<mv>, or switch to default_catalog through"
            " `set catalog <default_catalog>` statement"
        )
    if len(view.name) > 1 and (DEFAULT, view.name[-2]) not in world.databases:
        raise analysis(f"Can not find database:{view.name[-2]} in {DEFAULT}")
    return world.place(view.name, session)


def _without_refresh(view: CreateView) -> Refresh:
    """Refreshed by hand, where it is distributed; without either it is none of this kind."""
    if view.distribution is None:
        raise analysis(
            "Without REFRESH and DISTRIBUTED BY it is a synchronous materialized view, which the"
            " stand-in does not have"
        )
    return Refresh(kind="MANUAL")


def _check_query(world: World, query: Query) -> None:
    from sqlglot import exp

    if not isinstance(query.tree, exp.Select | exp.SetOperation):
        raise analysis(
            "Materialized view query statement only supports a single query block or multiple"
            " query blocks in set operations"
        )
    if (name := grammar.is_random(query.tree)) is not None:
        raise analysis(
            f"Materialized view query statement select item {name}() not supported"
            " nondeterministic function"
        )
    if not query.bases:
        raise analysis("Can not find base table in query statement")
    for place, table in query.bases.items():
        if not table.active:
            raise analysis(
                f"Create/Rebuild materialized view from inactive materialized view: {place[2]}"
            )


def _columns(world: World, view: CreateView, query: Query) -> tuple[Column, ...]:
    found = described(world, query)
    names = [name for name, _ in found]
    comments = [""] * len(names)
    if view.columns is not None:
        if len(view.columns) != len(names):
            raise analysis("View's SELECT and view's field list have different column counts")
        names = [name for name, _ in view.columns]
        comments = [comment for _, comment in view.columns]
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise analysis(f"Duplicate column name '{name}'")
        seen.add(name.lower())
    return tuple(
        Column(name=name, type=starrocks_type(type, wide=query.wide), comment=comment)
        for name, (_, type), comment in zip(names, found, comments, strict=True)
    )


def _check_keys(view: CreateView, columns: tuple[Column, ...]) -> None:
    types = {column.name.lower(): column.type for column in columns}
    for name in view.order_by:
        if name.lower() not in types:
            raise analysis(f"Sort key not exists: {name}")
        if not may_be_key(types[name.lower()]):
            raise analysis(f"Type {types[name.lower()]} cannot be sort key: {name}")
    if not any(may_be_key(type) for type in types.values()):
        raise analysis("All columns of materialized view cannot be used for keys")


def _check_distribution(view: CreateView, columns: tuple[Column, ...]) -> None:
    if not isinstance(view.distribution, Hash):
        return
    types = {column.name.lower(): column.type for column in columns}
    for name in view.distribution.columns:
        if name.lower() not in types:
            raise analysis(f"Distribution column({name}) doesn't exist")
        if not may_be_key(types[name.lower()]):
            raise analysis(f"{types[name.lower()]} column can not be distribution column: {name}")


def _check_refresh(world: World, refresh: Refresh | None, query: Query) -> None:
    assert refresh is not None
    check_schedule(world, refresh)
    external = any(table.kind == "EXTERNAL" for table in query.bases.values())
    if refresh.kind == "ASYNC" and refresh.every is None and external:
        raise analysis(
            "Materialized view which type is ASYNC need to specify refresh interval for"
            " external table"
        )


def check_schedule(world: World, refresh: Refresh) -> None:
    """Raises Refused for a schedule that is never allowed."""
    if refresh.kind == "INCREMENTAL" and world.version < (4, 1):
        raise analysis("Incremental refresh is not supported before 4.1")
    if refresh.start is not None:
        try:
            datetime.fromisoformat(refresh.start)
        except ValueError:
            raise analysis(f"Invalid date time literal '{refresh.start}' in START") from None
    if refresh.every is not None:
        number, unit = refresh.every
        if number * UNITS[unit] < SHORTEST_INTERVAL:
            raise analysis(
                f"Refresh schedule interval {number} {unit} is too small which may cost a lot of"
                " memory/cpu resources to refresh the asynchronous materialized view, please"
                f" config an interval larger than {SHORTEST_INTERVAL} seconds"
            )


def _check_rewrite(view: CreateView, tree: Any) -> None:
    from sqlglot import exp

    if view.properties.get("enable_query_rewrite", "").lower() != "true":
        return
    for kind in (exp.Order, exp.Limit, exp.Window):
        found = tree.find(kind)
        if found is not None:
            raise analysis(
                f"Materialized view cannot be used for query rewrite, for it has"
                f" {kind.__name__.upper()}"
            )
