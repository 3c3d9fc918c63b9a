"""A delivery of an exposure: its query becomes the view, or the view is refreshed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import Delivered, DeliveryError
from seeknal_starrocks.isolating import connection_of
from seeknal_starrocks.options import property_text
from seeknal_starrocks.serving import rules
from seeknal_starrocks.serving.deploying import Deployment
from seeknal_starrocks.serving.desk import opened, see_what_is_new
from seeknal_starrocks.serving.facts import facts_of
from seeknal_starrocks.serving.origins import names_of, tree_of
from seeknal_starrocks.serving.places import place_of
from seeknal_starrocks.serving.schedule import schedule_of
from seeknal_starrocks.serving.view import View

if TYPE_CHECKING:
    from seeknal.plugin import DeliveryContext, NodeContext, Relation, Target
    from seeknal_starrocks.options import StarRocks
    from seeknal_starrocks.serving.desk import Desk
    from seeknal_starrocks.serving.options import StarRocksView
    from seeknal_starrocks.tablename import Table


def put_up(
    target: Target, options: StarRocksView, relation: Relation, context: DeliveryContext
) -> Delivered:
    """Raises DeliveryError or ConnectionFailed; then what served before still does."""
    place = place_of(target, context)
    with opened(target, context) as desk:
        desk.enter(place.database)
        query = _query_of(relation, context)
        see_what_is_new(names_of(tree_of(query), place.database), desk)
        view = view_of(query, place, target, options, desk, context)
        private = _is_private(target, context)
        done = Deployment(view=view, desk=desk, log=context.log, private=private).carry_out()
        rows = int(desk.ask(f"SELECT count(*) AS n FROM {place.quoted}")[0][0])
        return Delivered(rows=rows, detail=done)


def _query_of(relation: Relation, context: DeliveryContext) -> str:
    """The query as `seeknal_starrocks.engine` gives it."""
    row = context.duckdb.execute(f"SELECT query FROM {relation.scan}").fetchone()
    assert row is not None
    return str(row[0])


def view_of(
    query: str,
    place: Table,
    target: Target,
    options: StarRocksView,
    desk: Desk,
    context: DeliveryContext | NodeContext,
) -> View:
    """The view that is wanted. Raises DeliveryError with everything that StarRocks would refuse."""
    config, tree = options.config, tree_of(query)
    _refuse(place, rules.problems_of_query(tree, names_of(tree, place.database)))
    facts = facts_of(query, tree, place.database, desk)
    _refuse(place, rules.problems_of(config, facts))
    shape = rules.shape_of(config, facts)
    return View(
        place=place,
        query=query,
        columns=tuple(each.name for each in facts.outputs),
        partition_by=shape.partition_by,
        distributed_by=shape.distributed_by,
        order_by=shape.order_by,
        schedule=schedule_of(config.refresh),
        properties={
            **_copies(connection_of(target, context)[1]),
            **{key: property_text(value) for key, value in config.properties.items()},
        },
        project=context.project,
        environment=context.environment,
        node=str(target.node),
        description=context.definition(target.node).description or "",
    )


def _refuse(place: Table, wrong: list[str]) -> None:
    if wrong:
        raise DeliveryError(
            f"StarRocks would refuse {place}: {'; also '.join(wrong)}",
            code="SK1983",
            help="nothing was changed",
        )


def _copies(connection: StarRocks) -> dict[str, str]:
    """How many copies there are of what is made, where the connection says it."""
    copies = connection.replication_num
    return {"replication_num": str(copies)} if copies is not None else {}


def _is_private(target: Target, context: DeliveryContext) -> bool:
    """Whether what StarRocks says of a refresh may hold a value that is shown to nobody."""
    parents = context.definition(target.node).parents
    return any(context.pii(id) for id in (target.node, *parents))
